import math
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from offcut.timeline import FrameTimes, Span, clock, exact, subtract, union

moments = st.fractions(-50, 50, max_denominator=30)


@st.composite
def spans(draw: st.DrawFn) -> Span:
    start_s = draw(moments)
    return Span(start_s, start_s + draw(st.fractions(0, 20, max_denominator=30)))


many_spans = st.lists(spans(), max_size=8)


@st.composite
def frame_times(draw: st.DrawFn) -> FrameTimes:
    """Any clock: variable frame rate, any tick, any start."""
    steps = draw(st.lists(st.integers(1, 5000), min_size=1, max_size=40))
    start = draw(st.integers(-5000, 100_000))
    pts = start + np.concatenate([[0], np.cumsum(steps[:-1])]).astype(np.int64)
    tick_s = draw(st.sampled_from([Fraction(1, 90_000), Fraction(1, 15_360), Fraction(1001, 30_000)]))
    return FrameTimes(tick_s, pts, int(pts[-1]) + steps[-1])


def holds(found: list[Span], at_s: Fraction) -> bool:
    return any(s.start_s <= at_s < s.end_s for s in found)


def total_s(found: list[Span]) -> Fraction:
    return sum((s.duration_s for s in found), Fraction(0))


def test_a_span_cannot_end_before_it_starts() -> None:
    with pytest.raises(ValueError, match="ends at 1 s but starts at 2 s"):
        Span(Fraction(2), Fraction(1))


def test_neighbours_share_no_instant_and_are_merged() -> None:
    assert union([Span(Fraction(1), Fraction(2)), Span(Fraction(0), Fraction(1))]) == [
        Span(Fraction(0), Fraction(2))
    ]


@settings(deadline=None)
@given(many_spans, moments)
def test_a_union_holds_exactly_what_one_of_its_spans_holds(given_: list[Span], at_s: Fraction) -> None:
    assert holds(union(given_), at_s) == holds(given_, at_s)


@settings(deadline=None)
@given(many_spans)
def test_a_union_is_sorted_apart_and_without_empty_spans(given_: list[Span]) -> None:
    found = union(given_)
    assert all(a.end_s < b.start_s for a, b in pairwise(found))
    assert all(s.duration_s > 0 for s in found)
    assert union(found) == found
    assert union(reversed(given_)) == found


@settings(deadline=None)
@given(many_spans, many_spans, moments)
def test_what_is_subtracted_is_gone_and_nothing_else(
    whole: list[Span], taken: list[Span], at_s: Fraction
) -> None:
    assert holds(subtract(whole, taken), at_s) == (holds(whole, at_s) and not holds(taken, at_s))


@settings(deadline=None)
@given(many_spans, many_spans)
def test_what_is_left_and_what_was_taken_make_up_the_whole(whole: list[Span], taken: list[Span]) -> None:
    left = subtract(whole, taken)
    shared = subtract(whole, left)
    assert total_s(left) + total_s(shared) == total_s(union(whole))
    assert union([*left, *shared]) == union(whole)
    assert subtract(left, taken) == left


@settings(deadline=None)
@given(frame_times(), st.data())
def test_a_frame_is_on_screen_from_its_time_until_the_next(times: FrameTimes, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(times) - 1))
    start_s, end_s = times.time_s(index), times.time_s(index + 1)
    assert times.index_at(start_s) == index
    assert times.index_at((start_s + end_s) / 2) == index
    assert times.index_at(end_s - Fraction(1, 10**9)) == index


@settings(deadline=None)
@given(frame_times(), st.fractions(-10, 10**6))
def test_any_time_names_a_frame(times: FrameTimes, time_s: Fraction) -> None:
    index = times.index_at(time_s)
    assert 0 <= index < len(times)
    if times.start_s <= time_s < times.end_s:
        assert times.time_s(index) <= time_s < times.time_s(index + 1)


@settings(deadline=None)
@given(frame_times())
def test_seconds_are_the_exact_times_to_a_float(times: FrameTimes) -> None:
    assert times.seconds() == pytest.approx([float(times.time_s(k)) for k in range(len(times))], abs=1e-9)


def test_one_frame_lasts_its_own_step() -> None:
    times = FrameTimes(Fraction(1, 1000), np.array([500], np.int64), 540)
    assert times.median_step_s == pytest.approx(0.04)
    assert (times.start_s, times.end_s) == (Fraction(1, 2), Fraction(27, 50))


def test_the_median_step_ignores_one_long_frame() -> None:
    times = FrameTimes(Fraction(1, 25), np.array([0, 1, 2, 50, 51, 52], np.int64), 53)
    assert times.median_step_s == pytest.approx(0.04)


@settings(deadline=None)
@given(st.fractions(max_denominator=90_000))
def test_an_exact_time_reads_back_as_itself(time_s: Fraction) -> None:
    assert Fraction(exact(time_s)) == time_s


@settings(deadline=None)
@given(st.fractions(-(10**5), 10**5, max_denominator=90_000), st.integers(0, 6))
def test_a_clock_reads_back_to_its_last_digit(time_s: Fraction, decimals: int) -> None:
    shown = clock(time_s, decimals=decimals)
    sign = -1 if shown.startswith("-") else 1
    parts = [Fraction(p) for p in shown.lstrip("-").split(":")]
    back_s = sign * sum(p * 60**k for k, p in enumerate(reversed(parts)))
    assert abs(back_s - time_s) <= Fraction(1, 2 * 10**decimals)
    assert all(p < 60 for p in parts[1:])


@pytest.mark.parametrize(
    ("time_s", "decimals", "shown"),
    [
        (Fraction(36, 5), 3, "0:07.200"),
        (Fraction(3723), 3, "1:02:03.000"),
        (Fraction(59_9999, 10_000), 3, "1:00.000"),
        (Fraction(-1, 2), 1, "-0:00.5"),
        (Fraction(3599), 0, "59:59"),
        (Fraction(-1, 10_000), 3, "0:00.000"),
    ],
)
def test_a_clock_carries_over(time_s: Fraction, decimals: int, shown: str) -> None:
    assert clock(time_s, decimals=decimals) == shown


def test_a_clock_of_no_number_is_refused() -> None:
    with pytest.raises(ValueError, match="NaN"):
        clock(math.nan)
