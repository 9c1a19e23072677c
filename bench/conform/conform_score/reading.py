"""Both documents brought to one numbering of recordings, with the span arithmetic they share."""

import bisect
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Any

from offcut.timeline import Span, subtract, union

FRAME_TOLERANCE = Fraction(101, 100)
"""One frame, with 1 % for clocks such as 1001/30000 beside 1/30."""
ROUNDED_S = Fraction(1, 2000)
"""Release times of a result this near to a frame's are that frame's: it may print three decimals."""
MOVING = 1.5
"""Mean change of grey level between raw frames below which a segment is nearly static."""
TRANSITIONS = frozenset({"dissolve", "fade", "wipe"})
INSET = "inset"
"""Role of a recording seen as a picture in picture; a side of a split screen is asked like any other."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A segment of either document; `recording` is the truth's index, negative if unknown to it.

    `opening` is a kind of the result document, or `flash` where its style says so. `ramped` is given by the
    truth: the speed changes within the segment.
    """

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
    style: str | None = None
    ramped: bool = False

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

    def over_at(self, time_s: Fraction) -> Fraction:
        """When the frame on screen at `time_s` is over."""
        after = max(1, bisect.bisect_right(self.times_s, time_s))
        return self.times_s[after] if after < len(self.times_s) else self.end_s


@dataclass(frozen=True)
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

    @cached_property
    def inset_numbers(self) -> frozenset[int]:
        """True segments that are seen as a picture in picture wherever they are seen."""
        roles: dict[int, set[str]] = {}
        for entries in self.frames:
            for segment, _, _, _, role in entries:
                roles.setdefault(segment, set()).add(role)
        return frozenset(number for number, seen in roles.items() if seen == {INSET})

    @cached_property
    def sourced(self) -> list[Segment]:
        """True segments with a source, without pictures in picture."""
        return [s for i, s in enumerate(self.true) if s.recording is not None and i not in self.inset_numbers]

    @cached_property
    def insets(self) -> list[Segment]:
        """True segments that are pictures in picture."""
        return [s for i, s in enumerate(self.true) if s.recording is not None and i in self.inset_numbers]

    @cached_property
    def transitions(self) -> list[Segment]:
        """True segments that begin with a transition; one that both sides of a split screen share is one."""
        first: dict[tuple[str, Span], Segment] = {}
        for segment in filter(is_transition, self.true):
            first.setdefault((segment.opening, segment.opening_s), segment)
        return list(first.values())

    def of_inset(self, found: Segment) -> bool:
        """Whether a predicted segment speaks of a picture in picture: it overlaps most with one."""
        same = [s for s in (*self.sourced, *self.insets) if s.recording == found.recording]
        best = max(same, key=found.overlap_s, default=None)
        return best is not None and found.overlap_s(best) > 0 and any(best is s for s in self.insets)

    def tolerance_s(self, recording: int) -> Fraction:
        return FRAME_TOLERANCE * max(self.frame_s, self.recordings[recording].step_s)


def is_transition(segment: Segment) -> bool:
    """Whether a segment begins with something that takes time; a flash over a cut may be one frame long."""
    return segment.opening == "flash" or (segment.opening in TRANSITIONS and segment.opening_s.duration_s > 0)


def read(result: dict[str, Any], truth: dict[str, Any]) -> Comparison:
    """Bring a result and the truth together.

    Raises:
        KeyError: A field is missing that every result owes: see docs/benchmark.md.
        ValueError: A time is no number, or a span ends before it begins.
    """
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
    frame_s = 1 / Fraction(truth["release"]["fps"])
    return Comparison(
        frame_s=frame_s,
        recordings=recordings,
        frames=truth["frames"],
        true=tuple(_segment(s, lambda i: i, None) for s in truth["segments"]),
        found=tuple(_segment(s, index_of.__getitem__, frame_s) for s in result["segments"]),
        truth=truth,
        result=result,
        index_of=index_of,
    )


def _median_step(times_s: Sequence[Fraction], end_s: Fraction) -> Fraction:
    steps = sorted(b - a for a, b in zip(times_s, (*times_s[1:], end_s), strict=True))
    return steps[len(steps) // 2]


def _time(value: Any) -> Fraction | None:
    return None if value is None else Fraction(str(value))


def _on_grid(value: Any, frame_s: Fraction | None) -> Fraction:
    time_s = Fraction(str(value))
    if frame_s is None:
        return time_s
    nearest_s = round(time_s / frame_s) * frame_s
    return nearest_s if abs(nearest_s - time_s) <= ROUNDED_S else time_s


def _segment(fields: dict[str, Any], index_of: Callable[[int], int], frame_s: Fraction | None) -> Segment:
    start_s, end_s = _on_grid(fields["start_s"], frame_s), _on_grid(fields["end_s"], frame_s)
    opening = fields.get("opening") or {"kind": "cut", "start_s": start_s, "end_s": start_s}
    recording = fields["recording"]
    raw_start_s, raw_end_s = _time(fields.get("raw_start_s")), _time(fields.get("raw_end_s"))
    speed = _time(fields.get("speed"))
    if speed is None and raw_start_s is not None and raw_end_s is not None and end_s > start_s:
        speed = (raw_end_s - raw_start_s) / (end_s - start_s)
    style = opening.get("style")
    return Segment(
        start_s=start_s,
        end_s=end_s,
        recording=None if recording is None else index_of(recording),
        raw_start_s=raw_start_s,
        raw_end_s=raw_end_s,
        speed=speed,
        opening="flash" if style == "flash" else opening["kind"],
        opening_s=Span(_on_grid(opening["start_s"], frame_s), _on_grid(opening["end_s"], frame_s)),
        alternatives=tuple(
            span(*sorted((Fraction(str(a["raw_start_s"])), Fraction(str(a["raw_end_s"])))))
            for a in fields.get("alternatives") or ()
        ),
        fields=fields,
        style=style,
        ramped=bool(fields.get("ramp")),
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
    """Raw span of a segment, whichever way it plays.

    A frame is shown from when it appears until the next one: a freeze shows one whole frame, and what plays
    backwards begins with the whole of its first one.
    """
    if segment.raw_start_s is None or segment.raw_end_s is None:
        return Span(Fraction(0), Fraction(0))
    low_s, high_s = sorted((segment.raw_start_s, segment.raw_end_s))
    if segment.recording is None or segment.recording < 0 or segment.raw_end_s > segment.raw_start_s:
        return Span(low_s, high_s)
    recording = case.recordings[segment.recording]
    if low_s == high_s:
        low_s = recording.shown_at(low_s)
    return Span(low_s, max(high_s, recording.over_at(high_s)))


def moves(segment: Segment) -> bool:
    """Whether raw frames of a true segment differ enough for its raw time to be told from the picture."""
    return float(segment.fields.get("motion") or 0) >= MOVING
