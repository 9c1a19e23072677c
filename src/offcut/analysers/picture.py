"""A very small copy of every frame: what shots, flashes, freezes and conform work on."""

from collections.abc import Sequence
from fractions import Fraction

import cv2
import numpy as np
from numpy.typing import NDArray

from offcut.measure import Item
from offcut.records import Frame, Signal

VERSION = 2

SMALL_PX = 128
"""Longest side of the small luma, 9 KB a frame: at 96 px upright footage in a wide picture lost its place."""

CHROMA_SHAPE = (9, 16)


def small_size(width_px: int, height_px: int, longest_px: int = SMALL_PX) -> tuple[int, int]:
    """Width and height of a picture scaled to `longest_px`, aspect kept, each at least 8."""
    scale = min(1.0, longest_px / max(width_px, height_px))
    return max(8, round(width_px * scale)), max(8, round(height_px * scale))


def reduced(luma: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """Scale a picture down by area to `size` (width, height), halving first because that is nearly free."""
    while luma.shape[0] >= 2 * size[1] and luma.shape[1] >= 2 * size[0]:
        height, width = luma.shape[0] // 2, luma.shape[1] // 2
        even = luma[: 2 * height, : 2 * width]
        luma = np.asarray(cv2.resize(even, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
    if luma.shape != (size[1], size[0]):
        luma = np.asarray(cv2.resize(luma, size, interpolation=cv2.INTER_AREA), np.uint8)
    return luma


class Picture:
    """Keeps luma at 128 px and chroma at 16 x 9 of every frame."""

    def __init__(self) -> None:
        self._tick_s = Fraction(1)
        self._size = (SMALL_PX, 54)
        self._pts: list[int] = []
        self._luma: list[NDArray[np.uint8]] = []
        self._chroma: list[NDArray[np.uint8]] = []

    def push(self, item: Item) -> None:
        """Reduce one frame."""
        if not isinstance(item, Frame):
            return
        self._tick_s = item.tick_s
        self._size = small_size(item.luma.shape[1], item.luma.shape[0])
        self._pts.append(item.pts)
        self._luma.append(reduced(item.luma, self._size))
        rows, columns = CHROMA_SHAPE
        self._chroma.append(
            np.stack(
                [cv2.resize(c, (columns, rows), interpolation=cv2.INTER_AREA) for c in item.chroma]
            ).astype(np.uint8)
        )

    def take(self, *, last: bool) -> Sequence[Signal]:
        """Return `picture.luma` (frames, h, w) and `picture.chroma` (frames, 2, 9, 16)."""
        pts = np.asarray(self._pts, np.int64)
        width, height = self._size
        luma = np.stack(self._luma) if self._luma else np.empty((0, height, width), np.uint8)
        chroma = np.stack(self._chroma) if self._chroma else np.empty((0, 2, *CHROMA_SHAPE), np.uint8)
        self._pts, self._luma, self._chroma = [], [], []
        return (
            Signal("picture.luma", VERSION, "code value", self._tick_s, pts, luma),
            Signal("picture.chroma", VERSION, "code value", self._tick_s, pts, chroma),
        )
