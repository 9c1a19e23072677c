"""Where the picture breaks off, stands still or is black, and what that points to."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from offcut.indicators.picture_rules import RULES
from offcut.indicators.rule import Rule
from offcut.measure import let_go
from offcut.records import Flash, Indicator, Measurement, Shot
from offcut.timeline import FrameTimes, Span, clock

__all__ = ["RULES", "read"]

SURE = 0.95
"""From this probability on, that at least one break is there, the indicator is strong."""
LEAST_STILL_S = Fraction(1, 2)
LEAST_BLACK_S = Fraction(1, 5)
_MOVING = 1.0
"""Mean change of luma and chroma per frame, in code values; a fixed camera on a still scene stays below."""
_AROUND_FRAMES = 8
_BLACK_BELOW, _BLACK_RANGE, _NEUTRAL, _NEUTRAL_RANGE = 20, 1, 128, 2
_TEXTURED, _LEAST_SHOWN = 2.0, 0.9
_PLACES = 5
_BLOCK_FRAMES = 512

Found = tuple[list[Span], dict[str, Any]]
Reader = Callable[[Measurement, Sequence[Shot], Sequence[Flash]], Found | None]


def read(measurement: Measurement, shots: Sequence[Shot], flashes: Sequence[Flash]) -> list[Indicator]:
    """State every rule about the picture that holds, in the order of `RULES`.

    Args:
        measurement: With the signals `picture.luma` and `picture.chroma`.
        shots: As `offcut.shots.find` gives them for this measurement.
        flashes: Likewise.

    Returns:
        Indicators with the spans of the frames they rest on: for a cut the first frame of the new shot,
        for a gradual transition its extent.
    """
    indicators = []
    for rule in RULES:
        found = _READERS[rule.id](measurement, shots, flashes)
        if found is None:
            continue
        spans, measured = found
        stated = replace(rule, strength="weak") if measured.get("sure") is False else rule
        indicators.append(_indicator(stated, spans, measured))
    return indicators


def _indicator(rule: Rule, spans: Sequence[Span], measured: Mapping[str, Any]) -> Indicator:
    statement = rule.statement.format_map(measured)
    return Indicator(rule.id, statement, rule.points_to, rule.strength, spans, measured, rule.source)


def _breaks(kinds: tuple[str, ...]) -> Reader:
    def found(measurement: Measurement, shots: Sequence[Shot], flashes: Sequence[Flash]) -> Found | None:
        openings = [shot.opening for shot in shots if shot.opening.kind in kinds]
        if not openings:
            return None
        none_true = math.prod(1 - o.confidence for o in openings)
        frames = measurement.frames
        spans = [
            Span(o.start_s, o.end_s if o.end_s > o.start_s else _frame_end(o.start_s, frames))
            for o in openings
        ]
        return spans, {
            "count": len(openings),
            "places": _places([o.start_s for o in openings]),
            "kinds": {kind: n for kind in kinds if (n := sum(o.kind == kind for o in openings))},
            "confidences": [o.confidence for o in openings],
            "at_least_one": round(min(1 - none_true, 0.999), 3),
            "flashes_not_counted": len(flashes),
            "sure": 1 - none_true >= SURE,
        }

    return found


def _frame_end(start_s: Fraction, frames: FrameTimes) -> Fraction:
    return frames.time_s(frames.index_at(start_s) + 1)


def _no_break(measurement: Measurement, shots: Sequence[Shot], flashes: Sequence[Flash]) -> Found | None:
    frames = measurement.frames
    if len(frames) < 2 or any(shot.opening.kind != "start" for shot in shots):
        return None
    # Where there is nothing to see, that no break was seen says nothing.
    shown_share = _textured_share(measurement)
    if shown_share < _LEAST_SHOWN:
        return None
    duration_s = frames.end_s - frames.start_s
    return [Span(frames.start_s, frames.end_s)], {
        "frames": len(frames),
        "textured_share": round(shown_share, 3),
        "duration_s": round(float(duration_s), 3),
        "flashes_not_counted": len(flashes),
    }


def _textured_share(measurement: Measurement) -> float:
    """Share of the frames that are not all of one brightness."""
    luma = measurement.signals["picture.luma"].values
    textured = 0
    for start in range(0, len(luma), _BLOCK_FRAMES):
        block = np.asarray(luma[start : start + _BLOCK_FRAMES])
        textured += int((block.reshape(len(block), -1).std(axis=1, dtype=np.float32) >= _TEXTURED).sum())
        let_go(luma)
    return textured / len(luma)


def _repeated(measurement: Measurement, shots: Sequence[Shot], _: Sequence[Flash]) -> Found | None:
    """Runs of exactly equal pictures inside a shot, with movement before and after."""
    frames = measurement.frames
    change = _changes(measurement)
    bounds = [frames.index_at(shot.start_s) for shot in shots] + [len(frames)]
    spans = []
    for first, end in _runs(change == 0):
        # A run of equal changes starts one frame after the picture it repeats.
        start = first - 1
        shot_start = max(b for b in bounds if b <= start)
        shot_end = min(b for b in bounds if b > start)
        before = change[max(shot_start + 1, start - _AROUND_FRAMES) : start + 1]
        after = change[end : min(shot_end, end + _AROUND_FRAMES)]
        moves = all(len(part) >= 3 and float(np.median(part)) > _MOVING for part in (before, after))
        span = Span(frames.time_s(start), frames.time_s(end))
        if moves and end < shot_end and span.duration_s >= LEAST_STILL_S:
            spans.append(span)
    return _spans_found(spans)


def _black(measurement: Measurement, _: Sequence[Shot], __: Sequence[Flash]) -> Found | None:
    """Even black, away from the ends of the file."""
    frames = measurement.frames
    black = np.concatenate([np.zeros(0, np.bool_), *_black_frames(measurement)])
    spans = [
        span
        for first, end in _runs(black)
        if first > 0
        and end < len(frames)
        and (span := Span(frames.time_s(first), frames.time_s(end))).duration_s >= LEAST_BLACK_S
    ]
    return _spans_found(spans)


def _spans_found(spans: list[Span]) -> Found | None:
    if not spans:
        return None
    lengths_s = [span.duration_s for span in spans]
    return spans, {
        "count": len(spans),
        "places": _places([span.start_s for span in spans]),
        "longest_s": round(float(max(lengths_s)), 3),
        "together_s": round(float(sum(lengths_s)), 3),
    }


def _runs(flags: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Half-open runs of true values."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(np.int8)))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def _changes(measurement: Measurement) -> NDArray[np.float64]:
    """Mean absolute change of luma plus chroma from the frame before; NaN for the first."""
    luma = measurement.signals["picture.luma"].values
    chroma = measurement.signals["picture.chroma"].values
    change = np.full(len(luma), np.nan)
    for start in range(1, len(luma), _BLOCK_FRAMES):
        end = min(start + _BLOCK_FRAMES, len(luma))
        change[start:end] = _steps(luma[start - 1 : end]) + _steps(chroma[start - 1 : end])
        let_go(luma)
        let_go(chroma)
    return change


def _steps(pictures: NDArray[np.uint8]) -> NDArray[np.float64]:
    flat = np.asarray(pictures).reshape(len(pictures), -1).astype(np.int16)
    return np.asarray(np.abs(np.diff(flat, axis=0)).mean(axis=1), np.float64)


def _black_frames(measurement: Measurement) -> Iterator[NDArray[np.bool_]]:
    luma = measurement.signals["picture.luma"].values
    chroma = measurement.signals["picture.chroma"].values
    for start in range(0, len(luma), _BLOCK_FRAMES):
        grey = np.asarray(luma[start : start + _BLOCK_FRAMES]).reshape(-1, luma[0].size)
        colour = np.asarray(chroma[start : start + _BLOCK_FRAMES]).reshape(len(grey), -1).astype(np.int16)
        lowest, highest = grey.min(axis=1), grey.max(axis=1)
        even = (highest < _BLACK_BELOW) & (highest - lowest <= _BLACK_RANGE)
        yield even & (np.abs(colour - _NEUTRAL).max(axis=1) <= _NEUTRAL_RANGE)
        let_go(luma)
        let_go(chroma)


def _places(times_s: Sequence[Fraction]) -> str:
    """The first few times, and how many more there are."""
    shown = ", ".join(clock(t) for t in times_s[:_PLACES])
    more = len(times_s) - _PLACES
    return f"{shown} and {more} more" if more > 0 else shown


_READERS: Mapping[str, Reader] = {
    "picture.cut": _breaks(("cut",)),
    "picture.gradual_transition": _breaks(("dissolve", "fade", "wipe")),
    "picture.no_break_found": _no_break,
    "picture.repeated_frames": _repeated,
    "picture.black_span": _black,
}
