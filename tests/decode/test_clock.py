import itertools
from collections.abc import Sequence
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from offcut.decode.clock import Clock
from offcut.decode.damage import has_two_clocks

TICK_S = Fraction(1, 1000)

any_times = st.lists(st.none() | st.integers(-(10**9), 10**9), max_size=60)


def shown(times: Sequence[int | None]) -> tuple[list[int], list[str]]:
    clock = Clock(TICK_S)
    return [clock.rising(pts) for pts in times], list(clock.damage())


@given(any_times)
def test_times_rise_whatever_the_file_says(times: list[int | None]) -> None:
    assert all(a < b for a, b in itertools.pairwise(shown(times)[0]))


@given(st.sets(st.integers(-(10**9), 10**9)))
def test_times_that_rise_are_left_alone_and_nothing_is_said(times: set[int]) -> None:
    assert shown(sorted(times)) == (sorted(times), [])


@given(any_times)
def test_whoever_changes_a_time_says_so(times: list[int | None]) -> None:
    made, lines = shown(times)
    assert bool(lines) == (made != times)


def test_a_clock_that_goes_back_is_counted_on() -> None:
    made, lines = shown([0, 40, 80, 120, 160, 200, 240, 0, 40, 90])
    assert made == [0, 40, 80, 120, 160, 200, 240, 280, 320, 370]
    assert lines == [
        "the clock of the file goes back by 0.240 s at frame 7; "
        "later frames are counted on from the one before"
    ]
    assert has_two_clocks(lines)


def test_a_second_jump_is_counted() -> None:
    _, lines = shown([0, 40, 80, 120, 160, 200, 240, 0, 40, 80, 120, 160, 200, 240, 280, 0])
    assert "(and 1 more times)" in lines[0]


def test_one_frame_out_of_order_moves_no_other() -> None:
    made, lines = shown([0, 40, 80, 120, 160, 200, 240, 280, 320, 0, 400, 440])
    assert made[-2:] == [400, 440]
    assert len(lines) == 1


def test_a_neighbours_time_moves_one_frame_by_one_tick() -> None:
    made, lines = shown([0, 40, 40, 120])
    assert made == [0, 40, 41, 120]
    assert lines == [
        "frames whose time is not after that of the one before: 1, the first is frame 2; "
        "each was placed one tick after it"
    ]


def test_a_frame_without_a_time_comes_one_step_later() -> None:
    made, lines = shown([0, 40, None, 120])
    assert made == [0, 40, 80, 120]
    assert lines[0].startswith("frames without a time: 1, the first is frame 2;")


def test_one_pause_is_not_the_usual_step() -> None:
    clock = Clock(TICK_S)
    for pts in (0, 40, 80, 10_000):
        clock.rising(pts)
    assert clock.step == 160
