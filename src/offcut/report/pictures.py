"""The few pictures a page shows: which ones it wants, and how they are put into it.

A page for an hour of video must stay small enough to be sent, so the number of pictures, their size and
their bytes together are bounded; what did not fit is said on the page.
"""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Rgb = NDArray[np.uint8]
"""An upright picture, shape (height_px, width_px, 3)."""

STRIP_PICTURES = 48
STRIP_PX = 160
FRAME_PX = 320
PAIRS = 200
"""Segments, and as many spans left out, that are shown with pictures."""

BUDGET_BYTES = 12_000_000
"""For all pictures of a page as text; 15 MB is what mail still carries, and the words need some."""

_ALL_STRIPS = 960
_WEBP_QUALITY = 72


@dataclass(frozen=True, slots=True)
class Wanted:
    """The times of one exhibit at which a page would show a picture, in order."""

    strip_s: Sequence[Fraction] = ()
    frames_s: Sequence[Fraction] = ()


@dataclass(frozen=True, slots=True)
class Pictures:
    """Pictures by exhibit: of a comparison, 0 is the release and 1 the first recording.

    Attributes:
        strips: Evenly spaced pictures of each exhibit with their times, at most `STRIP_PX` wide.
        frames: Pictures by exhibit and the time they were asked for, at most `FRAME_PX` wide.
    """

    strips: Mapping[int, Sequence[tuple[Fraction, Rgb]]] = field(default_factory=dict)
    frames: Mapping[tuple[int, Fraction], Rgb] = field(default_factory=dict)

    def strip(self, exhibit: int) -> Sequence[tuple[Fraction, Rgb]]:
        """Pictures along `exhibit`; empty where it was not decoded for the page."""
        return self.strips.get(exhibit, ())

    def frame(self, exhibit: int, time_s: Fraction) -> Rgb | None:
        """The frame of `exhibit` on screen at `time_s`, or None where there is none."""
        return self.frames.get((exhibit, time_s))


def wanted(document: Mapping[str, Any], *, first: int = 0, files: int = 1) -> dict[int, Wanted]:
    """List the pictures that the page of `document` shows, so that each file is decoded once.

    Args:
        document: A result document.
        first: Number of the first exhibit of the document; for examinations, its place on the page.
        files: How many files the page shows; many files get fewer pictures each.

    Returns:
        By exhibit number. `Pictures.frames` is to be keyed with exactly these times.
    """
    if document["schema"] == "offcut.examination/1":
        exhibit = document["exhibit"]
        times = [f["time_s"] for i in document["indicators"] for f in i["frames"][:FRAMES_OF_INDICATOR]]
        return {first: Wanted(strip_times(exhibit, exhibits=files), _distinct(times[: 2 * PAIRS]))}
    exhibits = [document["release"], *document["recordings"]]
    frames: dict[int, list[str]] = {at: [] for at in range(len(exhibits))}
    for segment in document["segments"][:PAIRS]:
        frames[0].append(segment["shown_s"])
        if segment["recording"] is not None:
            frames[segment["recording"] + 1].append(segment["raw_shown_s"])
    for offcut in document["left_out"][:PAIRS]:
        frames[offcut["recording"] + 1].append(offcut["shown_s"])
    return {
        first + at: Wanted(strip_times(exhibit, exhibits=len(exhibits)), _distinct(frames[at]))
        for at, exhibit in enumerate(exhibits)
    }


FRAMES_OF_INDICATOR = 8
"""An indicator with hundreds of spans shows the frames of the first few; all are in the document."""


def strip_times(exhibit: Mapping[str, Any], *, exhibits: int) -> list[Fraction]:
    """Times halfway through equal parts of an exhibit: the fewer, the more exhibits the page has."""
    if not exhibit["frames"]:
        return []
    start_s, end_s = Fraction(exhibit["start_s"]), Fraction(exhibit["end_s"])
    count = min(
        STRIP_PICTURES, exhibit["frames"], max(6, _ALL_STRIPS // exhibits), 24 if exhibits > 1 else 48
    )
    return [start_s + (end_s - start_s) * Fraction(2 * at + 1, 2 * count) for at in range(count)]


class Album:
    """Puts pictures into a page as data URIs until the budget is spent; counts what it had to refuse."""

    def __init__(self, budget_bytes: int = BUDGET_BYTES) -> None:
        self._left_bytes = budget_bytes
        self.refused = 0

    def uri(self, picture: Rgb | None, longest_px: int) -> str | None:
        """Return `picture` as a WebP data URI at most `longest_px` on its longest side, or None."""
        if picture is None:
            return None
        if self._left_bytes <= 0:
            self.refused += 1
            return None
        uri = data_uri(picture, longest_px)
        if len(uri) > self._left_bytes:
            # Spent for good: the pictures end at one place of the page instead of thinning out.
            self._left_bytes = 0
            self.refused += 1
            return None
        self._left_bytes -= len(uri)
        return uri


def data_uri(picture: Rgb, longest_px: int) -> str:
    """Encode a picture for an `img` element.

    Args:
        picture: Shape (height_px, width_px, 3), RGB.
        longest_px: Larger pictures are scaled down to this; smaller ones are left.

    Raises:
        ValueError: `picture` is not an RGB picture with at least one pixel.
    """
    if picture.ndim != 3 or picture.shape[2] != 3 or not picture.size:
        raise ValueError(f"an array of shape {picture.shape} is no RGB picture")
    height_px, width_px = picture.shape[:2]
    scale = longest_px / max(width_px, height_px)
    bgr = cv2.cvtColor(np.ascontiguousarray(picture, np.uint8), cv2.COLOR_RGB2BGR)
    if scale < 1:
        size = (max(1, round(width_px * scale)), max(1, round(height_px * scale)))
        bgr = cv2.resize(bgr, size, interpolation=cv2.INTER_AREA)
    _, encoded = cv2.imencode(".webp", bgr, [cv2.IMWRITE_WEBP_QUALITY, _WEBP_QUALITY])
    return "data:image/webp;base64," + base64.b64encode(encoded.tobytes()).decode("ascii")


def _distinct(times: Sequence[str]) -> list[Fraction]:
    return sorted({Fraction(time) for time in times})
