from fractions import Fraction

import pytest

from conform.boundaries import laid
from conform.panorama import moving
from conform.test_overlays import LOGO, panel
from offcut.conform.laid_over import overlap, with_overlays
from offcut.conform.segments import Placed
from offcut.records import Box, Opening, Segment

WHOLE = Box(0.0, 0.0, 1.0, 1.0)


def placed(time_is: str, box: Box = WHOLE, recording: int = 0) -> Placed:
    span = (Fraction(0), Fraction(80, 30))
    assert time_is in ("exact", "ambiguous")
    return Placed(
        Segment(
            *span,
            recording,
            *span,
            Fraction(1),
            False,
            WHOLE,
            box,
            0.9,
            "exact" if time_is == "exact" else "ambiguous",
            (),
            Opening("start", span[0], span[0], 1.0),
        ),
        (),
    )


def kinds(*segments: Placed) -> list[list[str]]:
    release = [panel(p, LOGO, 10) for p in moving(1).pictures[:80]]
    canvas, pieces, fitters = laid(release, [(0, 80, 0)])
    found = with_overlays(canvas, pieces, fitters, [], segments)
    return [[o.kind for o in one.segment.overlays] for one in found]


def test_an_overlay_is_brought_to_its_segment() -> None:
    assert kinds(placed("exact")) == [["logo"]]


def test_over_an_ambiguous_moment_no_logo_is_named() -> None:
    assert kinds(placed("ambiguous")) == [[]]


def test_another_picture_set_in_is_no_overlay() -> None:
    inset = placed("exact", Box(0.0, 0.0, 0.3, 0.3), recording=1)
    assert kinds(placed("exact"), inset) == [[], []]


@pytest.mark.parametrize(("x", "expected"), [(0.0, 1.0), (0.05, 1 / 3), (0.5, 0.0)])
def test_overlap_is_intersection_over_union(x: float, expected: float) -> None:
    assert overlap(Box(0.0, 0.0, 0.1, 0.1), Box(x, 0.0, 0.1, 0.1)) == pytest.approx(expected)
