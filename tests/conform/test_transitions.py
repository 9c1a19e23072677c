import numpy as np
import pytest

from conform.panorama import HEIGHT_PX, WIDTH_PX, Picture, measured, mixed, moving
from offcut.conform.anchors import Anchor
from offcut.conform.canvas import Canvas
from offcut.conform.hypotheses import Geometry
from offcut.conform.lines import Fitter, Line
from offcut.conform.path import Piece
from offcut.conform.planes import plane
from offcut.conform.transitions import Transition, between

FRAME_S = 1 / 30
BLACK: Picture = np.full((HEIGHT_PX, WIDTH_PX), 4, np.uint8)


def whole(recording: int) -> Geometry:
    return Geometry(recording, False, np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]))


def boundary(release: list[Picture], at: int, *, sides: tuple[int | None, int | None]) -> Transition:
    """The boundary at `at` of a release in which frame t shows frame t of recording `sides[k]`."""
    ours = measured(release)
    recordings = [moving(1).measurement, moving(2).measurement]
    canvas = Canvas(ours, recordings)
    fitters: list[Fitter] = []
    pieces: list[Piece] = []
    for number, (first, last) in zip(sides, ((0, at), (at, len(release))), strict=True):
        if number is None:
            pieces.append(Piece(first, last, None))
            continue
        picks = (first + 3, (first + last) // 2, last - 4)
        found = plane(canvas, whole(number), [Anchor(t, t, whole(number), 0.9) for t in picks])
        assert found is not None
        fitters.append(Fitter(found, len(fitters), ours.frames, recordings[number].frames))
        pieces.append(Piece(first, last, Line(len(fitters) - 1, 0.0, FRAME_S / 2, 1.0, 0.95, 0.9)))
    return between(canvas, pieces[0], pieces[1], fitters)


def dissolved(length: int, first: int = 40, total: int = 90) -> list[Picture]:
    a, b = moving(1).pictures, moving(2).pictures
    return [
        a[t] if t < first else b[t] if t >= first + length else mixed(a[t], b[t], (t - first + 0.5) / length)
        for t in range(total)
    ]


@pytest.mark.parametrize("length", [5, 6, 9, 12, 15, 20, 30])
def test_a_dissolve_is_measured_to_the_frame(length: int) -> None:
    found = boundary(dissolved(length), 40 + length // 2, sides=(0, 1))
    assert (found.kind, found.first, found.last) == ("dissolve", 40, 40 + length)


@pytest.mark.parametrize("off", [-4, 0, 4])
def test_the_place_that_the_path_gave_does_not_move_a_dissolve(off: int) -> None:
    found = boundary(dissolved(12), 46 + off, sides=(0, 1))
    assert (found.kind, found.first, found.last) == ("dissolve", 40, 52)


def test_a_cut_is_a_cut() -> None:
    found = boundary(dissolved(0), 40, sides=(0, 1))
    assert (found.kind, found.first, found.last) == ("cut", 40, 40)


def test_one_mixed_frame_at_a_cut_is_no_dissolve() -> None:
    assert boundary(dissolved(1), 40, sides=(0, 1)).kind == "cut"


def test_grading_one_side_does_not_change_the_extent_of_a_dissolve() -> None:
    a, b = moving(1).pictures, moving(2).pictures
    graded = [np.rint(40 + 0.6 * p.astype(np.float32)).astype(np.uint8) for p in b]
    release = [
        a[t] if t < 40 else graded[t] if t >= 52 else mixed(a[t], graded[t], (t - 39.5) / 12)
        for t in range(90)
    ]
    found = boundary(release, 46, sides=(0, 1))
    assert (found.kind, found.first, found.last) == ("dissolve", 40, 52)


def test_a_fade_to_black_is_measured_to_a_frame() -> None:
    a = moving(1).pictures
    release = [a[t] if t < 40 else mixed(a[t], BLACK, min(1.0, (t - 39.5) / 12)) for t in range(70)]
    found = boundary(release, 48, sides=(0, None))
    assert found.kind == "fade"
    assert [found.first, found.last] == pytest.approx([40, 52], abs=1)


def test_a_fade_from_black_is_measured_to_a_frame() -> None:
    b = moving(2).pictures
    release = [b[t] if t >= 32 else mixed(BLACK, b[t], max(0.0, (t - 19.5) / 12)) for t in range(70)]
    found = boundary(release, 24, sides=(None, 1))
    assert found.kind == "fade"
    assert [found.first, found.last] == pytest.approx([20, 32], abs=1)


def test_a_cut_to_footage_without_a_source_stays_a_cut() -> None:
    release = [*moving(1).pictures[:40], *moving(9).pictures[:30]]
    found = boundary(release, 40, sides=(0, None))
    assert (found.kind, found.first, found.last) == ("cut", 40, 40)


def test_between_two_spans_without_a_source_nothing_is_measured() -> None:
    found = boundary(list(moving(9).pictures[:40]), 20, sides=(None, None))
    assert found == Transition("cut", 20, 20, 0.0)
