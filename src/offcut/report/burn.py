"""Words burned into the pictures of a working copy, on bands above and below: nothing is covered.

The letters are those that OpenCV draws, which are ASCII's; others are written as escapes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from offcut.report import plain
from offcut.report.timecode import Grid
from offcut.timeline import clock

Picture = NDArray[np.uint8]

_LEAST_WIDTH_PX = 480
"""Narrower pictures get bars at their sides, so that the words can be read."""

_LINE_PX = 18
_EDGE_PX = 8
_FONT = cv2.FONT_HERSHEY_SIMPLEX
_SCALE = 0.45
_BAND = (24, 24, 24)
_WHITE = (255, 255, 255)
_COLOURS = {"left_out": (255, 120, 110), "undecidable": (255, 220, 90)}
_WORDS = {"left_out": "LEFT OUT", "undecidable": "UNDECIDABLE: may have been used"}
_NOTE = "Working copy, not evidence. Left out: relative to the recordings given. No sound."


@dataclass(frozen=True, slots=True)
class Label:
    """What is the same on every picture of one span.

    Attributes:
        exhibit: The recording, as in the result document.
        finding: Of the span.
        number: Of the span among those of the copy, from 1.
        spans: How many there are.
        grid: For the timecode; None where the recording keeps no usual rate.
    """

    exhibit: Mapping[str, Any]
    finding: str
    number: int
    spans: int
    grid: Grid | None


def canvas(width_px: int, height_px: int) -> tuple[int, int]:
    """Width and height of a working copy of pictures of this size, both even."""
    width = max(width_px, _LEAST_WIDTH_PX)
    height = height_px + 2 * (2 * _LINE_PX + _EDGE_PX)
    return width + width % 2, height + height % 2


def burned(
    picture: Picture | None, label: Label, *, size_px: tuple[int, int], frame: int, time_s: Fraction
) -> Picture:
    """Set a picture between two bands of words.

    Args:
        picture: Shape (height_px, width_px, 3), uint8, RGB; None where it could not be decoded.
        label: Of its span.
        size_px: Width and height that pictures of this copy have; one of another size is scaled to fit.
        frame: Number of the frame in the recording, from 0.
        time_s: When it is shown in the recording.

    Returns:
        Shape (height, width, 3) of `canvas(*size_px)`.
    """
    width, height = canvas(*size_px)
    made = np.full((height, width, 3), _BAND, np.uint8)
    top = 2 * _LINE_PX + _EDGE_PX
    left = (width - size_px[0]) // 2
    inside = made[top : top + size_px[1], left : left + size_px[0]]
    if picture is None:
        inside[:] = 96
        _put(inside, "this frame could not be decoded again", size_px[1] // 2, _WHITE)
    else:
        inside[:] = _fitted(picture, *size_px)
    sha256 = str(label.exhibit["sha256"])[:16]
    _put(made, _named(str(label.exhibit["path"]), f"  sha256 {sha256}...", width), _LINE_PX, _WHITE)
    words = f"{_WORDS.get(label.finding, label.finding)}  (span {label.number} of {label.spans})"
    _put(made, words, 2 * _LINE_PX, _COLOURS.get(label.finding, _WHITE))
    below = top + size_px[1]
    _put(made, source_time(label.grid, frame, time_s), below + _LINE_PX, _WHITE)
    _put(made, _NOTE, below + 2 * _LINE_PX, _WHITE)
    return made


def source_time(grid: Grid | None, frame: int, time_s: Fraction) -> str:
    """Write where a frame stands in its recording: number, seconds, and timecode from zero."""
    words = f"frame {frame}   {float(round(time_s, 6)):.6f} s   ({clock(time_s)})"
    counted = grid.frame(time_s) if grid else -1
    if grid is None or not grid.names(counted):
        return words
    name = grid.drop_timecode(counted) if grid.has_drop else grid.timecode(counted)
    return f"{words}   TC {name} at {float(grid.rate_hz):.5g}"


def _fitted(picture: Picture, width: int, height: int) -> Picture:
    if picture.shape[:2] == (height, width):
        return picture
    scale = min(width / picture.shape[1], height / picture.shape[0])
    inner = max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale))
    made = np.full((height, width, 3), _BAND, np.uint8)
    x, y = (width - inner[0]) // 2, (height - inner[1]) // 2
    made[y : y + inner[1], x : x + inner[0]] = cv2.resize(picture, inner, interpolation=cv2.INTER_AREA)
    return made


def _named(path: str, rest: str, width: int) -> str:
    """The file's name with `rest` behind it; a long name is cut in its middle until the line fits."""
    name = _ascii(plain.one_line(path.replace("\\", "/").rsplit("/", 1)[-1]))[:4000]
    shown = name
    while len(name) > 8 and _width_px(shown + rest) > width - 2 * _EDGE_PX:
        half = (len(name) - 1) // 2
        name = name[:half] + name[-half:] if half > 4 else name[:8]
        shown = f"{name[: len(name) // 2]}...{name[len(name) // 2 :]}"
    return shown + rest


def _put(made: Picture, text: str, base: int, colour: tuple[int, int, int]) -> None:
    text = _ascii(text)
    room_px = made.shape[1] - 2 * _EDGE_PX
    scale = _SCALE * min(1.0, room_px / max(1, _width_px(text)))
    # The slice of a picture is no array of its own, which is what OpenCV draws on.
    drawn = np.ascontiguousarray(made)
    cv2.putText(drawn, text, (_EDGE_PX, base), _FONT, scale, colour, 1, cv2.LINE_AA)
    if drawn is not made:
        made[:] = drawn


def _width_px(text: str) -> int:
    return int(cv2.getTextSize(text, _FONT, _SCALE, 1)[0][0])


def _ascii(text: str) -> str:
    return text.encode("ascii", "backslashreplace").decode("ascii")
