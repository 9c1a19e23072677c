from functools import cache
from itertools import chain

import cv2
import numpy as np
import pytest

from conform.panorama import Picture, aired, inset, measured, moving, side_by_side
from offcut.conform.anchors import Anchor
from offcut.conform.canvas import Canvas
from offcut.conform.hypotheses import Geometry, propose
from offcut.conform.insets import inset_planes, unexplained, unfilled
from offcut.conform.lines import Fitter, Line
from offcut.conform.path import Piece
from offcut.conform.planes import plane

WHOLE = Geometry(0, False, np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]))
OUTER, INNER, COUNT = 20, 10, 40
PIECE = Piece(0, COUNT, Line(0, 0.0, (OUTER + 0.5) / 30, 1.0, 0.95, 0.9))


def plain(picture: Picture) -> Picture:
    """The same picture without anything sharp enough to be a point."""
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), 4), np.uint8)


@cache
def known(release: str) -> tuple[Canvas, Fitter]:
    """A release whose larger part is recording 0, and that recording's own fitter."""
    outer = aired(1)[OUTER : OUTER + COUNT]
    inner = [plain(p) for p in aired(2)[INNER : INNER + COUNT]]
    pictures = {
        "as it is": list(outer),
        "inset": [inset(p, q, 98, 8, 52) for p, q in zip(outer, inner, strict=True)],
        "graded": [np.asarray(np.clip(p * 0.7 + 40, 0, 255), np.uint8) for p in outer],
        "logo": [inset(p, np.full((90, 160), 230, np.uint8), 140, 6, 14) for p in outer],
    }[release]
    ours = measured(pictures)
    recordings = [moving(1).measurement, measured([plain(p) for p in moving(2).pictures], name="plain")]
    canvas = Canvas(ours, recordings)
    found = plane(canvas, WHOLE, [Anchor(t, OUTER + t, WHOLE, 0.95) for t in (5, 20, 35)])
    assert found is not None
    return canvas, Fitter(found, 0, ours.frames, recordings[0].frames)


def test_a_picture_set_into_another_is_the_box_that_is_not_explained() -> None:
    canvas, fitter = known("inset")
    assert any(
        box == pytest.approx((98 / 160, 8 / 90, 52 / 160, 29 / 90), abs=0.03)
        for box in unexplained(canvas, PIECE, fitter)
    )


@pytest.mark.parametrize("release", ["as it is", "graded", "logo"])
def test_a_release_that_its_recording_explains_has_no_such_box(release: str) -> None:
    canvas, fitter = known(release)
    assert unexplained(canvas, PIECE, fitter) == []
    assert inset_planes(canvas, [PIECE], [fitter]) == []


def test_an_inset_of_no_recording_that_was_found_is_unfilled() -> None:
    outer, inner = aired(1)[OUTER : OUTER + COUNT], aired(2)[INNER : INNER + COUNT]
    ours = measured([inset(p, q, 98, 8, 52) for p, q in zip(outer, inner, strict=True)])
    canvas = Canvas(ours, [moving(1).measurement])
    found = plane(canvas, WHOLE, [Anchor(t, OUTER + t, WHOLE, 0.95) for t in (5, 20, 35)])
    assert found is not None
    fitter = Fitter(found, 0, ours.frames, moving(1).measurement.frames)
    assert unfilled(canvas, [PIECE], [fitter], []) == [range(COUNT)]


@pytest.mark.parametrize("release", ["as it is", "graded", "logo"])
def test_where_the_recording_explains_the_picture_nothing_is_unfilled(release: str) -> None:
    canvas, fitter = known(release)
    assert unfilled(canvas, [PIECE], [fitter], []) == []


def test_boxes_lie_inside_the_picture() -> None:
    for left, top, width, height in unexplained(*_inset()):
        assert min(left, top) >= 0
        assert min(width, height) > 0
        assert max(left + width, top + height) <= 1 + 1e-9


def _inset() -> tuple[Canvas, Piece, Fitter]:
    canvas, fitter = known("inset")
    return canvas, PIECE, fitter


def test_an_inset_in_a_corner_with_few_points_is_found_through_its_window() -> None:
    canvas, fitter = known("inset")
    assert list(chain.from_iterable(propose(canvas.release, canvas.recordings[1], 1))) == [], "no points tell"
    found = [p for p in inset_planes(canvas, [PIECE], [fitter]) if p.geometry.recording == 1]
    assert found
    assert all(p.is_window for p in found)
    best = max(found, key=lambda p: float(p.match().max()))
    placed = best.geometry.matrix @ np.array([[0, 0, 1], [*canvas.size_px, 1]]).T
    placed = placed.T / canvas.size_px
    assert placed.ravel() == pytest.approx([98 / 160, 8 / 90, 150 / 160, 37 / 90], abs=0.02)
    line = Fitter(best, 1, canvas.release.frames, canvas.recordings[1].frames).best(np.arange(COUNT), (1.0,))[
        0
    ]
    assert float(line.raw_at(0.0)) * 30 == pytest.approx(INNER + 0.5, abs=1)


def test_the_other_half_of_a_split_screen_is_not_explained() -> None:
    pictures = [side_by_side(p, q) for p, q in zip(aired(1)[OUTER:60], aired(2)[INNER:50], strict=True)]
    ours = measured(pictures)
    canvas = Canvas(ours, [moving(1).measurement, moving(2).measurement])
    unit = canvas.size_px[0]
    left = Geometry(0, False, np.array([[1.0, 0.0, -unit / 4], [0.0, 1.0, 0.0]]))
    found = plane(canvas, left, [Anchor(t, OUTER + t, left, 0.95) for t in (5, 20, 35)])
    assert found is not None
    boxes = unexplained(canvas, PIECE, Fitter(found, 0, ours.frames, canvas.recordings[0].frames))
    assert boxes
    assert max(min(b[0] + b[2], 1) - max(b[0], 0.5) for b in boxes) > 0.2


def test_what_is_too_short_is_not_searched() -> None:
    canvas, fitter = known("inset")
    assert inset_planes(canvas, [Piece(0, 8, PIECE.line)], [fitter]) == []
    assert inset_planes(canvas, [Piece(0, COUNT, None)], [fitter]) == []
