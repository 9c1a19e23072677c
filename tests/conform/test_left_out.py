from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conform.panorama import moving
from offcut.conform.anchors import Anchor
from offcut.conform.hypotheses import Geometry
from offcut.conform.left_out import EDGE_FRAMES, RESEMBLES, offcuts
from offcut.conform.segments import Placed
from offcut.records import Box, Exhibit, Measurement, Offcut, Opening, Segment
from offcut.timeline import FrameTimes, Span, subtract, union

WHOLE = Box(0.0, 0.0, 1.0, 1.0)
RELEASE = FrameTimes(Fraction(1, 30), np.arange(300, dtype=np.int64), 300)


def recording(frames: int, *, rate_hz: int = 25, first: int = 0) -> Measurement:
    times = FrameTimes(Fraction(1, rate_hz), np.arange(first, first + frames, dtype=np.int64), first + frames)
    exhibit = Exhibit(Path("raw.mp4"), f"{frames:064d}", 1, times.end_s)
    return replace(moving(1).measurement, exhibit=exhibit, frames=times)


def shows(
    number: int | None,
    start_s: Fraction,
    end_s: Fraction,
    *,
    may_be: tuple[Span, ...] = (),
    like: tuple[tuple[int, Span], ...] = (),
    at_s: int = 0,
) -> Placed:
    """A second of the release from `at_s` on that shows raw [start_s, end_s) of a recording, or none."""
    release_s = Fraction(at_s)
    segment = Segment(
        release_s,
        release_s + 1,
        number,
        None if number is None else start_s,
        None if number is None else end_s,
        None if number is None else end_s - start_s,
        None if number is None else False,
        None if number is None else WHOLE,
        None if number is None else WHOLE,
        0.9,
        None if number is None else "ambiguous" if may_be else "exact",
        (),
        Opening("cut", release_s, release_s, 0.9),
    )
    return Placed(segment, may_be, like)


@st.composite
def edits(draw: st.DrawFn) -> tuple[list[Measurement], list[Placed], list[Anchor]]:
    """Some recordings, any segments on them (forwards, backwards, overlapping, running out), any anchors."""
    recordings = [
        recording(
            draw(st.integers(1, 500)),
            rate_hz=draw(st.sampled_from((10, 25, 50))),
            first=draw(st.integers(0, 90)),
        )
        for _ in range(draw(st.integers(1, 3)))
    ]
    seconds = st.fractions(0, 24, max_denominator=50)
    placed = []
    for at_s in range(draw(st.integers(0, 6))):
        number = draw(st.none() | st.integers(0, len(recordings) - 1))
        doubts = tuple(
            Span(low, low + length) for low, length in draw(st.lists(st.tuples(seconds, seconds), max_size=2))
        )
        which = st.integers(0, len(recordings) - 1)
        like = tuple((draw(which), s) for s in doubts) if number is None else ()
        may_be = () if number is None else doubts
        placed.append(shows(number, draw(seconds), draw(seconds), may_be=may_be, like=like, at_s=at_s))
    anchors = [
        Anchor(
            draw(st.integers(0, 299)),
            draw(st.integers(0, len(recordings[n].frames) - 1)),
            Geometry(n, False, np.eye(2, 3)),
            draw(st.floats(0, 1)),
        )
        for n in draw(st.lists(st.integers(0, len(recordings) - 1), max_size=4))
    ]
    return recordings, placed, anchors


def named(one: Placed) -> Span:
    ends = [e for e in (one.segment.raw_start_s, one.segment.raw_end_s) if e is not None]
    return Span(min(ends), max(ends))


def spans(found: list[Offcut], number: int, finding: str | None = None) -> list[Span]:
    return [Span(o.start_s, o.end_s) for o in found if o.recording == number and finding in (None, o.finding)]


def told(found: list[Offcut]) -> list[tuple[float, float, str]]:
    """In seconds, which are exact in a float for what is told here."""
    return [(float(o.start_s), float(o.end_s), o.finding) for o in found]


def total_s(some: list[Span]) -> Fraction:
    return sum((s.duration_s for s in some), Fraction(0))


@settings(deadline=None)
@given(edits())
def test_segments_left_out_and_undecidable_make_up_every_recording_exactly(
    edit: tuple[list[Measurement], list[Placed], list[Anchor]],
) -> None:
    recordings, placed, anchors = edit
    found = offcuts(recordings, RELEASE, placed, anchors)
    for number, one in enumerate(recordings):
        whole = Span(one.frames.start_s, one.frames.end_s)
        used = [named(p) for p in placed if p.segment.recording == number]
        rest = spans(found, number)
        assert union(rest) == subtract([whole], used)
        assert total_s(rest) == total_s(union(rest)), "no instant is reported twice"


@settings(deadline=None)
@given(edits())
def test_what_may_have_been_used_is_never_left_out(
    edit: tuple[list[Measurement], list[Placed], list[Anchor]],
) -> None:
    recordings, placed, anchors = edit
    found = offcuts(recordings, RELEASE, placed, anchors)
    for number in range(len(recordings)):
        open_ = [s for p in placed if p.segment.recording == number for s in p.may_be]
        open_ += [s for p in placed for k, s in p.like if k == number]
        accused = spans(found, number, "left_out")
        assert union(subtract(accused, open_)) == union(accused)


@settings(deadline=None)
@given(edits())
def test_every_doubt_has_its_reason_and_nothing_else_has(
    edit: tuple[list[Measurement], list[Placed], list[Anchor]],
) -> None:
    found = offcuts(*_ordered(edit))
    assert all((o.finding == "undecidable") == bool(o.reason) for o in found)
    assert found == sorted(found, key=lambda o: (o.recording, o.start_s))
    assert all(o.start_s < o.end_s for o in found)


def _ordered(
    edit: tuple[list[Measurement], list[Placed], list[Anchor]],
) -> tuple[list[Measurement], FrameTimes, list[Placed], list[Anchor]]:
    recordings, placed, anchors = edit
    return recordings, RELEASE, placed, anchors


def test_a_recording_that_is_not_used_is_left_out_whole() -> None:
    (only,) = offcuts([recording(100)], RELEASE, [], [])
    assert told([only]) == [(0, 4, "left_out")]


@pytest.mark.parametrize("backwards", [False, True])
def test_beside_a_used_span_two_frames_of_the_slower_clock_are_open(backwards: bool) -> None:
    ends = (Fraction(2), Fraction(1)) if backwards else (Fraction(1), Fraction(2))
    found = offcuts([recording(100)], RELEASE, [shows(0, *ends)], [])
    edge_s = EDGE_FRAMES / 25
    assert told(found) == [
        (0, 1 - edge_s, "left_out"),
        (1 - edge_s, 1, "undecidable"),
        (2, 2 + edge_s, "undecidable"),
        (2 + edge_s, 4, "left_out"),
    ]


def test_what_resembles_a_span_without_a_source_is_open() -> None:
    like = Anchor(15, 50, Geometry(0, False, np.eye(2, 3)), RESEMBLES + 0.01)
    found = offcuts([recording(200)], RELEASE, [shows(None, Fraction(0), Fraction(0))], [like])
    assert told(found) == [(0, 1, "left_out"), (1, 3, "undecidable"), (3, 8, "left_out")]
    assert all("resembles" in o.reason for o in found if o.finding == "undecidable")


@pytest.mark.parametrize(("frame", "match"), [(45, 0.9), (15, RESEMBLES - 0.01)])
def test_what_resembles_only_a_span_with_a_source_or_too_little_is_left_out(frame: int, match: float) -> None:
    like = Anchor(frame, 150, Geometry(0, False, np.eye(2, 3)), match)
    placed = [shows(None, Fraction(0), Fraction(0)), shows(0, Fraction(0), Fraction(1), at_s=1)]
    found = offcuts([recording(200)], RELEASE, placed, [like])
    assert max(o.end_s for o in found if o.finding == "undecidable") == 1 + Fraction(EDGE_FRAMES, 25)


def test_another_take_of_the_place_is_open_and_says_why() -> None:
    like = ((0, Span(Fraction(1), Fraction(3))),)
    found = offcuts([recording(100)], RELEASE, [shows(None, Fraction(0), Fraction(0), like=like)], [])
    assert told(found) == [
        (0, 1, "left_out"),
        (1, 3, "undecidable"),
        (3, 4, "left_out"),
    ]
    assert "what moves differs" in found[1].reason


def test_what_one_recording_shows_says_nothing_of_another() -> None:
    found = offcuts([recording(100), recording(100)], RELEASE, [shows(1, Fraction(0), Fraction(4))], [])
    assert told(found) == [(0, 4, "left_out")]
    assert found[0].recording == 0
