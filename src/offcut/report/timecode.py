"""Frames of a steady rate and their timecode, as editing programs count.

Timecode is a name for a frame, not a time: at 30000/1001 frames a second non-drop timecode falls behind a
clock by 3.6 s an hour, and drop-frame timecode leaves out names so that it does not.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

_USUAL_HZ = (
    *(Fraction(n) for n in (24, 25, 30, 48, 50, 60)),
    *(Fraction(n * 1000, 1001) for n in (24, 30, 60)),
)
_NEAR = Fraction(1, 500)
"""Clocks of phones are off by less; 24 and 24000/1001 part by 1/1001, and the nearer one is taken."""

_DROPS = {Fraction(30000, 1001): 2, Fraction(60000, 1001): 4}
"""Names left out at the start of every minute but each tenth (SMPTE ST 12-1)."""


@dataclass(frozen=True, slots=True)
class Grid:
    """Frames at `rate_hz`, written as timecode of `base` frames a second."""

    rate_hz: Fraction
    base: int

    @classmethod
    def of(cls, rate_hz: Fraction) -> "Grid":
        """The grid of a rate; its base is the nearest whole number."""
        return cls(Fraction(rate_hz), math.floor(rate_hz + Fraction(1, 2)))

    @property
    def has_drop(self) -> bool:
        """Whether drop-frame timecode exists at this rate."""
        return self.rate_hz in _DROPS

    def frame(self, time_s: Fraction) -> int:
        """Nearest frame boundary to a time; halves go up, so that order is kept."""
        return math.floor(time_s * self.rate_hz + Fraction(1, 2))

    def names(self, frame: int) -> bool:
        """Whether timecode, which ends at a hundred hours, has a name for a frame boundary."""
        return 0 <= frame < 99 * 3600 * self.base

    def timecode(self, frame: int) -> str:
        """Write a frame boundary as non-drop `HH:MM:SS:FF`.

        Raises:
            ValueError: It lies a hundred hours or more from zero, or before it.
        """
        return self._written(frame, ":")

    def drop_timecode(self, frame: int) -> str:
        """Write a frame boundary as drop-frame `HH:MM:SS;FF`.

        Raises:
            ValueError: The rate has none, or as `timecode`.

        Source:
            SMPTE ST 12-1: at 30000/1001 the names of frames 0 and 1 are left out at the start of every
            minute that is not a multiple of ten; at 60000/1001 the names of frames 0 to 3.
        """
        if not self.has_drop:
            raise ValueError(f"{self.rate_hz} frames a second have no drop-frame timecode")
        drop = _DROPS[self.rate_hz]
        minute = 60 * self.base - drop
        ten_minutes = 600 * self.base - 9 * drop
        tens, rest = divmod(frame, ten_minutes)
        left_out = 9 * drop * tens
        if rest >= 60 * self.base:
            left_out += drop * (1 + (rest - 60 * self.base) // minute)
        return self._written(frame + left_out, ";")

    def _written(self, name: int, mark: str) -> str:
        seconds, frames = divmod(name, self.base)
        minutes, seconds = divmod(seconds, 60)
        hours, minutes = divmod(minutes, 60)
        if not 0 <= hours <= 99:
            raise ValueError(f"{hours} hours do not fit the timecode of an edit list")
        return f"{hours:02d}:{minutes:02d}:{seconds:02d}{mark}{frames:02d}"


def usual_rate_hz(exhibit: Mapping[str, Any]) -> Fraction | None:
    """The usual frame rate that an exhibit of a document keeps on average; else its average.

    None where the document does not say how many frames it has, as with exhibits that were not decoded.
    """
    frames, end_s = exhibit.get("frames"), exhibit.get("end_s")
    if not frames or end_s is None:
        return None
    length_s = Fraction(end_s) - Fraction(exhibit.get("start_s") or 0)
    if length_s <= 0:
        return None
    measured_hz = Fraction(frames) / length_s
    nearest = min(_USUAL_HZ, key=lambda rate: abs(rate - measured_hz))
    near = abs(nearest - measured_hz) < nearest * _NEAR
    return nearest if near else measured_hz.limit_denominator(1001)
