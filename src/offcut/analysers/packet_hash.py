"""A short hash of every compressed picture, in the order of the file: what a copy leaves as it is."""

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from offcut.measure import Item
from offcut.records import Frame, Packet, Signal

VERSION = 1

DIGEST_BYTES = 16

AT_BYTE, SIZE_BYTES, IS_KEY, HAS_TIME = range(4)
"""Columns of `packet_hash.place`."""


class PacketHash:
    """Keeps hash, place, size and kind of every video packet that was hashed."""

    def __init__(self) -> None:
        self._tick_s = Fraction(1)
        self._pts: list[int] = []
        self._places: list[tuple[int, int, int, int]] = []
        self._digests: list[bytes] = []

    def push(self, item: Item) -> None:
        """Note one packet; without a presentation time of its own its time is 0, and said to be none."""
        if isinstance(item, Frame):
            self._tick_s = item.tick_s
        if isinstance(item, Packet) and len(item.digest) == DIGEST_BYTES:
            at_byte = -1 if item.at_byte is None else item.at_byte
            self._pts.append(item.pts or 0)
            self._places.append((at_byte, item.size_bytes, int(item.is_key), int(item.pts is not None)))
            self._digests.append(item.digest)

    def take(self, *, last: bool) -> Sequence[Signal]:
        """Return the packets since the last call, in file order.

        `packet_hash.digest` (packets, 16): the hash. `packet_hash.place` (packets, 4): byte in the file
        or -1, size in bytes, 1 for a key packet, 1 if the packet has a presentation time of its own.
        """
        pts = np.asarray(self._pts, np.int64)
        digests = np.frombuffer(b"".join(self._digests), np.uint8).reshape(-1, DIGEST_BYTES)
        places = np.asarray(self._places, np.int64).reshape(-1, 4)
        self._pts, self._places, self._digests = [], [], []
        return (
            Signal("packet_hash.digest", VERSION, "1", self._tick_s, pts, digests),
            Signal("packet_hash.place", VERSION, "1", self._tick_s, pts, places),
        )
