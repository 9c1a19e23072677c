"""Some pictures in colour, evenly spaced: what a person is shown of a file."""

from collections.abc import Sequence
from fractions import Fraction

import cv2
import numpy as np
from numpy.typing import NDArray

from offcut.analysers.picture import small_size
from offcut.measure import Item
from offcut.records import Frame, Signal

VERSION = 1

STRIP_PX = 192
FIRST_STEP_S = Fraction(1, 2)
MOST = 240
"""When a file has given this many, every second one is dropped and the step doubles: any length, 6 MB."""


class Strip:
    """Keeps at most 240 colour pictures of a file, a power of two of half seconds apart."""

    def __init__(self) -> None:
        self._tick_s = Fraction(1)
        self._step_s = FIRST_STEP_S
        self._next_s: Fraction | None = None
        self._shape = (108, STRIP_PX)
        self._kept: list[tuple[int, NDArray[np.uint8], NDArray[np.uint8]]] = []

    def push(self, item: Item) -> None:
        """Keep one frame if its turn has come."""
        if not isinstance(item, Frame):
            return
        time_s = item.pts * item.tick_s
        if self._next_s is not None and time_s < self._next_s:
            return
        self._tick_s = item.tick_s
        width, height = small_size(item.luma.shape[1], item.luma.shape[0], STRIP_PX)
        width, height = width + width % 2, height + height % 2
        self._shape = (height, width)
        luma = cv2.resize(item.luma, (width, height), interpolation=cv2.INTER_AREA)
        chroma = [cv2.resize(c, (width // 2, height // 2), interpolation=cv2.INTER_AREA) for c in item.chroma]
        self._kept.append((item.pts, np.asarray(luma, np.uint8), np.stack(chroma).astype(np.uint8)))
        if len(self._kept) > MOST:
            self._kept = self._kept[::2]
            self._step_s *= 2
        self._next_s = self._kept[-1][0] * item.tick_s + self._step_s

    def take(self, *, last: bool) -> Sequence[Signal]:
        """Return `strip.luma` (pictures, h, w) and `strip.chroma` (pictures, 2, h/2, w/2), all at the end."""
        height, width = self._shape
        kept = self._kept if last else []
        pts = np.asarray([pts for pts, _, _ in kept], np.int64)
        luma = np.stack([y for _, y, _ in kept]) if kept else np.empty((0, height, width), np.uint8)
        chroma = (
            np.stack([c for _, _, c in kept]) if kept else np.empty((0, 2, height // 2, width // 2), np.uint8)
        )
        if last:
            self._kept = []
        return (
            Signal("strip.luma", VERSION, "code value", self._tick_s, pts, luma),
            Signal("strip.chroma", VERSION, "code value", self._tick_s, pts, chroma),
        )
