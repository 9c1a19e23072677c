"""Records as plain JSON values: exact times as text, nothing that a JSON reader would refuse.

Whatever cannot be written without loss or guessing raises here, before a half-true document exists.
"""

import dataclasses
import math
from collections.abc import Mapping
from fractions import Fraction
from pathlib import PurePath
from typing import Any

import numpy as np

from offcut.records import Box, Exhibit, Measurement, Opening
from offcut.timeline import Span, exact


def plain(value: Any) -> Any:
    """Return `value` as JSON values; bytes become hexadecimal, figures not finite null.

    Args:
        value: What a module measured or read: numbers, text, records, mappings, sequences.

    Raises:
        TypeError: A value has no JSON form (an open file); the module that gave it is wrong.
    """
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, str):
        return readable(value)
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, Fraction):
        return exact(value)
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, PurePath):
        return readable(str(value))
    if isinstance(value, Mapping):
        return {readable(str(key)): plain(item) for key, item in value.items()}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    raise TypeError(f"{type(value).__name__} has no place in a result document")


def readable(text: str) -> str:
    """Return `text` as valid Unicode; what was no text in a file name becomes an escape."""
    return str.encode(text, "utf-8", "backslashreplace").decode("utf-8")


def one_line(text: str) -> str:
    """Return `text` without anything that steers a terminal or the direction of a line."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in readable(text))


def time(time_s: Fraction | None) -> str | None:
    """Write an exact time; None stays None."""
    return None if time_s is None else exact(time_s)


def span(of: Span) -> dict[str, Any]:
    """Write a span."""
    return {"start_s": exact(of.start_s), "end_s": exact(of.end_s)}


def box(of: Box | None) -> dict[str, float] | None:
    """Write a box; None, which is "not measured", stays None."""
    if of is None:
        return None
    return {"x": float(of.x), "y": float(of.y), "width": float(of.width), "height": float(of.height)}


def opening(of: Opening) -> dict[str, Any]:
    """Write how a shot or segment begins; `style` only where more than the kind is known."""
    return {
        "kind": of.kind,
        "start_s": exact(of.start_s),
        "end_s": exact(of.end_s),
        "confidence": float(of.confidence),
        **({} if of.style is None else {"style": one_line(of.style)}),
    }


def exhibit(of: Exhibit) -> dict[str, Any]:
    """Write the four fields that name a file."""
    return {
        "path": one_line(str(of.path)),
        "sha256": of.sha256,
        "size_bytes": int(of.size_bytes),
        "duration_s": time(of.duration_s),
    }


def measured_exhibit(of: Measurement) -> dict[str, Any]:
    """Write a file that was decoded: its name, how much of it was seen, and what could not be read.

    `start_s` and `end_s` are when the first frame appears and when the last stops being shown; next to
    `duration_s`, their difference is a fact about the file.
    """
    return {
        **exhibit(of.exhibit),
        "frames": len(of.frames),
        "start_s": exact(of.frames.start_s),
        "end_s": exact(of.frames.end_s),
        "width_px": int(of.stream.width_px),
        "height_px": int(of.stream.height_px),
        "damage": [one_line(line) for line in of.damage],
    }
