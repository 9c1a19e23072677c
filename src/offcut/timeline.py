"""Spans and frame times on the clock of one exhibit.

Times are exact: a Fraction of a second, never a float, because half a frame of rounding is
enough to move a cut. Spans are half-open, so neighbours share no instant. The clock is the one a
browser shows: presentation time after the edit list. A frame is named by its index in
presentation order and its time, never by a frame number divided by a declared rate.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """The half-open time [start_s, end_s)."""

    start_s: Fraction
    end_s: Fraction

    def __post_init__(self) -> None:
        if self.end_s < self.start_s:
            raise ValueError(f"span ends at {self.end_s} s but starts at {self.start_s} s")

    @property
    def duration_s(self) -> Fraction:
        """Length in seconds."""
        return self.end_s - self.start_s


def union(spans: Iterable[Span]) -> list[Span]:
    """Merge `spans` into the fewest sorted, disjoint, non-empty spans that cover the same time."""
    merged: list[Span] = []
    for span in sorted(s for s in spans if s.duration_s > 0):
        if merged and span.start_s <= merged[-1].end_s:
            merged[-1] = Span(merged[-1].start_s, max(merged[-1].end_s, span.end_s))
        else:
            merged.append(span)
    return merged


def subtract(whole: Iterable[Span], taken: Iterable[Span]) -> list[Span]:
    """Return what of `whole` lies in none of `taken`, sorted and disjoint."""
    left: list[Span] = []
    cuts = union(taken)
    for span in union(whole):
        start_s = span.start_s
        for cut in cuts:
            if cut.end_s <= start_s or cut.start_s >= span.end_s:
                continue
            if cut.start_s > start_s:
                left.append(Span(start_s, cut.start_s))
            start_s = max(start_s, cut.end_s)
        if start_s < span.end_s:
            left.append(Span(start_s, span.end_s))
    return left


@dataclass(frozen=True, slots=True)
class FrameTimes:
    """When each frame of an exhibit is shown.

    Attributes:
        tick_s: Exact length of one tick in seconds.
        pts: Presentation time of every frame in ticks, shape (frames,), int64, increasing.
        end_pts: When the last frame stops being shown, in ticks.
    """

    tick_s: Fraction
    pts: NDArray[np.int64]
    end_pts: int

    def __len__(self) -> int:
        return int(self.pts.shape[0])

    def time_s(self, index: int) -> Fraction:
        """Time at which frame `index` appears; `index == len` is the end of the last frame."""
        ticks = self.end_pts if index == len(self) else int(self.pts[index])
        return ticks * self.tick_s

    @property
    def start_s(self) -> Fraction:
        """Time of the first frame."""
        return self.time_s(0)

    @property
    def end_s(self) -> Fraction:
        """Time at which the last frame stops being shown."""
        return self.time_s(len(self))

    def index_at(self, time_s: Fraction) -> int:
        """Index of the frame on screen at `time_s`; clamped to the first and last frame."""
        ticks = math.floor(Fraction(time_s) / self.tick_s)
        return int(np.clip(np.searchsorted(self.pts, ticks, side="right") - 1, 0, len(self) - 1))

    def seconds(self) -> NDArray[np.float64]:
        """Frame times as floats, for arithmetic that ends in an index or a rounded figure."""
        return self.pts.astype(np.float64) * float(self.tick_s)

    @property
    def median_step_s(self) -> float:
        """Median time between neighbouring frames in seconds."""
        if len(self) < 2:
            return float((self.end_pts - int(self.pts[0])) * self.tick_s)
        return float(np.median(np.diff(self.pts))) * float(self.tick_s)


def exact(time_s: Fraction) -> str:
    """Write a time as the result document does: `"1001/30000"` or `"5"`."""
    return str(time_s)


def clock(time_s: Fraction | float, *, decimals: int = 3) -> str:
    """Write a time for people: `0:07.200`, `1:02:03.000`; rounded, never parsed again."""
    scale = 10**decimals
    units = round(time_s * scale)
    sign, units = ("-", -units) if units < 0 else ("", units)
    seconds, fraction = divmod(units, scale)
    hours, rest = divmod(seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    head = f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"
    return f"{sign}{head}" + (f".{fraction:0{decimals}d}" if decimals else "")
