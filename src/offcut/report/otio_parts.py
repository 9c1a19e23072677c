"""What every timeline we write is made of: clocks a float can keep, references to files, metadata."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

import opentimelineio as otio

from offcut.report import plain

_MOST_TICKS_HZ = 10**9
"""Finest clock written: a float holds whole nanoseconds exactly up to 104 days."""

_RATE_DENOMINATORS = (1, 1001)
"""Frame rates that survive as a float: whole ones, and NTSC's, which tools know by sight."""


@dataclass(frozen=True, slots=True)
class Clock:
    """A rate at which the times of one exhibit are whole numbers."""

    rate_hz: Fraction

    @classmethod
    def of(cls, times_s: Iterable[Fraction], frame_hz: Fraction | None) -> "Clock":
        """The frame rate if all times lie on frames, else the coarsest that holds them, else 1 ns."""
        times = set(times_s)
        if frame_hz and all((time_s * frame_hz).denominator == 1 for time_s in times):
            return cls(frame_hz)
        ticks_hz = 1
        for time_s in times:
            ticks_hz = math.lcm(ticks_hz, time_s.denominator)
            if ticks_hz >= _MOST_TICKS_HZ:
                return cls(Fraction(_MOST_TICKS_HZ))
        return cls(Fraction(ticks_hz))

    def time(self, from_s: Fraction, to_s: Fraction) -> otio.opentime.RationalTime:
        """The time between two instants; both are rounded, so that sums do not drift."""
        ticks = round(to_s * self.rate_hz) - round(from_s * self.rate_hz)
        return otio.opentime.RationalTime(ticks, float(self.rate_hz))

    def range(self, from_s: Fraction, to_s: Fraction) -> otio.opentime.TimeRange:
        """A range that starts at zero and lasts from one instant to the other."""
        return otio.opentime.TimeRange(self.time(Fraction(0), Fraction(0)), self.time(from_s, to_s))


def frame_rate_hz(exhibit: Mapping[str, Any]) -> Fraction | None:
    """The rate of an exhibit whose frames come at a usual steady rate; None where that is not known."""
    frames = exhibit.get("frames")
    end_s = exhibit.get("end_s") or exhibit.get("duration_s")
    if not isinstance(frames, int) or frames <= 0 or end_s is None:
        return None
    duration_s = Fraction(end_s) - Fraction(exhibit.get("start_s") or 0)
    rate_hz = frames / duration_s if duration_s > 0 else Fraction(0)
    return rate_hz if rate_hz and rate_hz.denominator in _RATE_DENOMINATORS else None


def reference(recording: Mapping[str, Any], index: int, clock: Clock) -> otio.schema.ExternalReference:
    """Point at recording number `index` of a document, with all the document says of it."""
    duration_s = recording["duration_s"]
    made = otio.schema.ExternalReference(
        target_url=url(recording["path"]),
        available_range=None if duration_s is None else clock.range(Fraction(0), Fraction(duration_s)),
        metadata={"offcut": kept({"recording": index, **recording})},
    )
    made.name = file_name(recording["path"])
    return made


def kept(value: Any) -> Any:
    """Plain values as the library can hold them: its strings end at a NUL, so that becomes an escape."""
    value = plain.plain(value)
    if isinstance(value, str):
        return value.replace("\0", "\\x00")
    if isinstance(value, dict):
        return {kept(key): kept(item) for key, item in value.items()}
    return [kept(item) for item in value] if isinstance(value, list) else value


def url(path: str) -> str:
    """The path as a URL reference; a name that looks like a host or a scheme stays a file."""
    quoted = quote(plain.readable(path), safe="/")
    # Two slashes at the start would name a host (RFC 3986, 4.2).
    return f"/.{quoted}" if quoted.startswith("//") else quoted


def file_name(path: str) -> str:
    """The last part of a path, as one printable line."""
    return plain.one_line(PurePath(path).name) or "unnamed"
