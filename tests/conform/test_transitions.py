import numpy as np
import pytest

from conform.boundaries import BLACK, WHITE, laid
from conform.panorama import HEIGHT_PX, WIDTH_PX, Picture, mixed, moving
from offcut.conform.transitions import Transition, between, bridged


def boundary(release: list[Picture], at: int, *, sides: tuple[int | None, int | None]) -> Transition:
    """The boundary at `at` of a release in which frame t shows frame t of recording `sides[k]`."""
    first, last = sides
    canvas, pieces, fitters = laid(release, [(0, at, first), (at, len(release), last)])
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


def wiped(style: str, length: int = 16, first: int = 40, total: int = 90) -> list[Picture]:
    a, b = moving(1).pictures, moving(2).pictures
    found = []
    for t in range(total):
        r = float(np.clip((t - first + 0.5) / length, 0, 1))
        shown = a[t].copy()
        across, down = round(r * WIDTH_PX), round(r * HEIGHT_PX)
        where: tuple[slice, slice] = {
            "from left": np.s_[:, :across],
            "from right": np.s_[:, WIDTH_PX - across :],
            "from top": np.s_[:down, :],
            "from bottom": np.s_[HEIGHT_PX - down :, :],
        }[style]
        shown[where] = b[t][where]
        found.append(shown)
    return found


def dipped(colour: Picture, half: int = 8, at: int = 45, total: int = 90) -> list[Picture]:
    a, b = moving(1).pictures, moving(2).pictures
    strength = [max(0.0, 1 - abs((t - at + 0.5) / half)) for t in range(total)]
    return [mixed(a[t] if t < at else b[t], colour, strength[t]) for t in range(total)]


@pytest.mark.parametrize("style", ["from left", "from right", "from top", "from bottom"])
def test_a_wipe_is_measured_with_its_direction(style: str) -> None:
    found = boundary(wiped(style), 48, sides=(0, 1))
    assert (found.kind, found.style) == ("wipe", style)
    assert [found.first, found.last] == pytest.approx([40, 56], abs=1)


@pytest.mark.parametrize(("colour", "style"), [(WHITE, "through white"), (BLACK, "through black")])
def test_a_way_over_a_plain_picture_is_a_fade_that_meets_in_its_middle(colour: Picture, style: str) -> None:
    found = boundary(dipped(colour), 45, sides=(0, 1))
    assert (found.kind, found.style) == ("fade", style)
    assert [found.first, found.meets, found.last] == pytest.approx([37, 45, 53], abs=1)


@pytest.mark.parametrize("frames", [2, 4, 6])
def test_a_flash_over_a_cut_is_a_flash(frames: int) -> None:
    a, b = moving(1).pictures, moving(2).pictures
    release = [a[t] if t < 40 else b[t] for t in range(90)]
    for t in range(40 - frames // 2, 40 + frames // 2):
        release[t] = mixed(release[t], WHITE, 0.92)
    found = boundary(release, 40, sides=(0, 1))
    assert (found.kind, found.style) == ("fade", "flash")
    assert [found.first, found.last] == pytest.approx([40 - frames // 2, 40 + frames // 2], abs=1)


def test_a_fade_names_the_plain_side() -> None:
    a = moving(1).pictures
    release = [a[t] if t < 40 else mixed(a[t], BLACK, min(1.0, (t - 39.5) / 12)) for t in range(70)]
    assert boundary(release, 48, sides=(0, None)).style == "to black"


def test_a_dissolve_between_two_moments_of_one_recording_is_measured() -> None:
    a = moving(1).pictures
    release = [mixed(a[t], a[t + 20], float(np.clip((t - 29.5) / 12, 0, 1))) for t in range(78)]
    canvas, pieces, fitters = laid(release, [(0, 36, 0), (36, 78, 0)], late_frames=20)
    found = between(canvas, pieces[0], pieces[1], fitters)
    assert found.kind == "dissolve"
    assert [found.first, found.last] == pytest.approx([30, 42], abs=1)


def test_one_run_that_goes_on_has_no_transition() -> None:
    a = moving(1).pictures
    release = [*a[:40], *a[42:90]]
    canvas, pieces, fitters = laid(release, [(0, 40, 0), (40, 86, 0)], late_frames=2)
    assert between(canvas, pieces[0], pieces[1], fitters).kind == "cut"


def test_a_gap_that_is_only_a_change_is_bridged() -> None:
    canvas, pieces, fitters = laid(dipped(WHITE), [(0, 40, 0), (40, 50, None), (50, 90, 1)])
    found = bridged(canvas, pieces, fitters)
    assert [(p.first, p.last) for p in found] == [(0, found[0].last), (found[0].last, 90)]
    assert found[0].last == pytest.approx(45, abs=1)


@pytest.mark.parametrize("between_them", [list(moving(9).pictures[:16]), [BLACK] * 16])
def test_footage_or_black_between_two_pieces_is_not_bridged(between_them: list[Picture]) -> None:
    release = [*moving(1).pictures[:40], *between_them, *moving(2).pictures[56:96]]
    canvas, pieces, fitters = laid(release, [(0, 40, 0), (40, 56, None), (56, 96, 1)])
    assert bridged(canvas, pieces, fitters) == pieces
