"""Sizes and kinds of the compressed pictures, in the order of the file."""

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from offcut.measure import Item
from offcut.records import Frame, Packet, Signal

VERSION = 1


class Packets:
    """Keeps the size of every video packet and whether it can be decoded alone."""

    def __init__(self) -> None:
        self._tick_s = Fraction(1)
        self._pts: list[int] = []
        self._rows: list[tuple[int, int]] = []
        self._last = 0

    def push(self, item: Item) -> None:
        """Note one packet; a packet without a time takes the one before it."""
        if isinstance(item, Frame):
            self._tick_s = item.tick_s
        if isinstance(item, Packet):
            self._last = (
                item.pts if item.pts is not None else item.dts if item.dts is not None else self._last
            )
            self._pts.append(self._last)
            self._rows.append((item.size_bytes, int(item.is_key)))

    def take(self, *, last: bool) -> Sequence[Signal]:
        """Return `packets.size` (packets, 2): bytes, and 1 for a key packet; in file order."""
        pts = np.asarray(self._pts, np.int64)
        rows = np.asarray(self._rows, np.int32).reshape(-1, 2)
        self._pts, self._rows = [], []
        return (Signal("packets.size", VERSION, "bytes", self._tick_s, pts, rows),)
