import pytest

from conform.boundaries import WHITE, laid
from conform.panorama import Picture, mixed, moving
from offcut.conform.sides import side_of
from offcut.conform.strays import goes_on, is_held, is_own_flash, strays


@pytest.mark.parametrize(("late", "expected"), [(0, True), (2, True), (20, False)])
def test_two_pieces_go_on_only_where_they_meet_in_raw_time(late: int, expected: bool) -> None:
    a = moving(1).pictures
    release = [*a[:40], *a[40 + late : 80 + late]]
    canvas, pieces, fitters = laid(release, [(0, 40, 0), (40, 80 if late < 20 else 78, 0)], late_frames=late)
    assert goes_on(canvas, pieces[0], pieces[1], fitters) is expected


def test_two_recordings_do_not_go_on() -> None:
    release = [*moving(1).pictures[:40], *moving(2).pictures[40:80]]
    canvas, pieces, fitters = laid(release, [(0, 40, 0), (40, 80, 1)])
    assert not goes_on(canvas, pieces[0], pieces[1], fitters)


def test_a_held_frame_is_known_from_footage_that_goes_on() -> None:
    a = moving(1).pictures
    held, other = [*a[:40], *[a[39]] * 30], [*a[:40], *moving(9).pictures[:30]]
    assert is_held(laid(held, [])[0], 40, (20, 70), after=True)
    assert not is_held(laid(other, [])[0], 40, (20, 70), after=True)


def test_footage_that_goes_on_at_another_moment_strays_and_a_dissolve_does_not() -> None:
    a, x = moving(1).pictures, moving(9).pictures
    slower: list[Picture] = [*a[:40], *[a[40 + k // 2] for k in range(40)]]
    dissolved = [a[t] if t < 40 else mixed(a[t], x[t], min(1.0, (t - 39.5) / 20)) for t in range(80)]
    for release, expected in ((slower, True), (dissolved, False)):
        canvas, pieces, fitters = laid(release, [(0, 50, 0)])
        side = side_of(canvas, pieces[0], fitters)
        assert strays(canvas, (side, None), 40, 60) is expected


def test_without_a_source_nothing_strays() -> None:
    assert not strays(laid(list(moving(1).pictures[:10]), [])[0], (None, None), 2, 6)


def test_a_recording_without_a_flash_has_none() -> None:
    a = moving(1).pictures
    release = [a[t] if not 38 <= t < 41 else mixed(a[t], WHITE, 0.9) for t in range(80)]
    canvas, pieces, fitters = laid(release, [(0, 80, 0)])
    side = side_of(canvas, pieces[0], fitters)
    assert side is not None
    assert not is_own_flash(side, (38, 41))
