"""Both documents brought to one numbering of recordings, with the span arithmetic they share."""

import bisect
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from offcut.timeline import Span, subtract, union

FRAME_TOLERANCE = Fraction(101, 100)
"""One frame, with 1 % for clocks such as 1001/30000 beside 1/30."""
MOVING = 1.5
"""Mean change of grey level between raw frames below which a segment is nearly static."""
TRANSITIONS = frozenset({"dissolve", "fade", "wipe"})


@dataclass(frozen=True, slots=True)
class Segment:
    """A segment of either document; `recording` is the truth's index, negative if unknown to it."""

    start_s: Fraction
    end_s: Fraction
    recording: int | None
    raw_start_s: Fraction | None
    raw_end_s: Fraction | None
    speed: Fraction | None
    opening: str
    opening_s: Span
    alternatives: tuple[Span, ...]
    fields: dict[str, Any]

    def shows(self, time_s: Fraction) -> bool:
        return self.start_s <= time_s < self.end_s

    def raw_at(self, time_s: Fraction) -> Fraction | None:
        if self.raw_start_s is None or self.speed is None:
            return None
        return self.raw_start_s + self.speed * (time_s - self.start_s)

    def overlap_s(self, other: "Segment") -> Fraction:
        return max(Fraction(0), min(self.end_s, other.end_s) - max(self.start_s, other.start_s))


@dataclass(frozen=True, slots=True)
class Recording:
    """Frame times of a true recording."""

    name: str
    sha256: str
    times_s: tuple[Fraction, ...]
    end_s: Fraction
    step_s: Fraction

    def shown_at(self, time_s: Fraction) -> Fraction:
        """Time of the frame on screen at `time_s`; clamped to the first and last frame."""
        return self.times_s[max(0, bisect.bisect_right(self.times_s, time_s) - 1)]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Both documents, read and brought to one numbering of recordings."""

    frame_s: Fraction
    recordings: tuple[Recording, ...]
    frames: Sequence[Sequence[Sequence[Any]]]
    true: tuple[Segment, ...]
    found: tuple[Segment, ...]
    truth: dict[str, Any]
    result: dict[str, Any]
    index_of: dict[int, int]

    @property
    def sourced(self) -> list[Segment]:
        return [s for s in self.true if s.recording is not None]

    @property
    def transitions(self) -> list[Segment]:
        return [s for s in self.true if s.opening in TRANSITIONS and s.opening_s.duration_s > 0]

    def tolerance_s(self, recording: int) -> Fraction:
        return FRAME_TOLERANCE * max(self.frame_s, self.recordings[recording].step_s)


def read(result: dict[str, Any], truth: dict[str, Any]) -> Comparison:
    recordings = tuple(
        Recording(
            name=Path(r["path"]).stem,
            sha256=r["sha256"],
            times_s=(times := tuple(Fraction(t) for t in r["frame_times_s"])),
            end_s=Fraction(r["end_s"]),
            step_s=_median_step(times, Fraction(r["end_s"])),
        )
        for r in truth["recordings"]
    )
    places = {r.sha256: i for i, r in enumerate(recordings)}
    index_of = {i: places.get(r["sha256"], -1 - i) for i, r in enumerate(result["recordings"])}
    return Comparison(
        frame_s=1 / Fraction(truth["release"]["fps"]),
        recordings=recordings,
        frames=truth["frames"],
        true=tuple(_segment(s, lambda i: i) for s in truth["segments"]),
        found=tuple(_segment(s, index_of.__getitem__) for s in result["segments"]),
        truth=truth,
        result=result,
        index_of=index_of,
    )


def _median_step(times_s: Sequence[Fraction], end_s: Fraction) -> Fraction:
    steps = sorted(b - a for a, b in zip(times_s, (*times_s[1:], end_s), strict=True))
    return steps[len(steps) // 2]


def _time(value: Any) -> Fraction | None:
    return None if value is None else Fraction(str(value))


def _segment(fields: dict[str, Any], index_of: Callable[[int], int]) -> Segment:
    opening = fields["opening"]
    recording = fields["recording"]
    return Segment(
        start_s=Fraction(str(fields["start_s"])),
        end_s=Fraction(str(fields["end_s"])),
        recording=None if recording is None else index_of(recording),
        raw_start_s=_time(fields["raw_start_s"]),
        raw_end_s=_time(fields["raw_end_s"]),
        speed=_time(fields["speed"]),
        opening=opening["kind"],
        opening_s=span(opening["start_s"], opening["end_s"]),
        alternatives=tuple(
            span(*sorted((Fraction(str(a["raw_start_s"])), Fraction(str(a["raw_end_s"])))))
            for a in fields.get("alternatives") or ()
        ),
        fields=fields,
    )


def span(start_s: Any, end_s: Any) -> Span:
    return Span(Fraction(str(start_s)), Fraction(str(end_s)))


def length(spans: Iterable[Span]) -> Fraction:
    return sum((s.duration_s for s in union(spans)), Fraction(0))


def intersect(a: Iterable[Span], b: Iterable[Span]) -> list[Span]:
    a = list(a)
    return subtract(a, subtract(a, b))


def share(part: Fraction | int, whole: Fraction | int) -> float | None:
    return float(Fraction(part) / whole) if whole else None


def raw_extent(segment: Segment, case: Comparison) -> Span:
    """Raw span of a segment, whichever way it plays; a freeze frame lasts one raw frame."""
    if segment.raw_start_s is None or segment.raw_end_s is None:
        return Span(Fraction(0), Fraction(0))
    low_s, high_s = sorted((segment.raw_start_s, segment.raw_end_s))
    if low_s == high_s and segment.recording is not None and segment.recording >= 0:
        high_s = low_s + case.recordings[segment.recording].step_s
    return Span(low_s, high_s)


def moves(segment: Segment) -> bool:
    return float(segment.fields.get("motion") or 0) >= MOVING
