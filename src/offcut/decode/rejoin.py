"""Taking a pass over a file up where another was left, and proving that it goes on as that would have.

The file is read again from its first byte, and its sound decoded, which costs little; pictures are
decoded from a key frame before the place on. The last pictures before it must come out as they did,
to the bit; otherwise nothing of the earlier pass can be used. No seek is needed, so this works
in every container.
"""

import zlib
from collections import deque
from dataclasses import dataclass, field

import numpy as np
from av.video.frame import VideoFrame

from offcut.decode.limits import Refused

WITNESSES = 32
"""Pictures that must come out alike."""

LEAD_PACKETS = 40
"""Pictures a decoder may hold back: 16 to bring them in order, and one a thread."""

LOST_PACKETS = 2000
"""Packets after which a picture that did not come will not come."""

REJOIN_FAILED = "it cannot be taken up where it was left"


@dataclass
class Bookmark:
    """Where a pass stands, in counts from the start of the file.

    Attributes:
        packets: Packets read, of picture and sound.
        key_packet: One of them, from which pictures are to be decoded; None if there is none.
        runs: Runs of sound decoded.
        witnesses: Time as stored and checksum of the last pictures.
    """

    packets: int
    key_packet: int | None
    runs: int
    witnesses: list[tuple[int | None, int]]


@dataclass
class Trail:
    """Notes where the pass is, and finds the place where an earlier one was left.

    Attributes:
        every: Pictures between two places where a pass may be left.
        goal: Where the earlier pass was left.
    """

    every: int
    goal: Bookmark | None = None
    packets: int = 0
    runs: int = 0
    _keys: deque[int] = field(default_factory=lambda: deque(maxlen=256))
    _witnesses: deque[tuple[int | None, int]] = field(default_factory=lambda: deque(maxlen=WITNESSES))
    _first_witness_at: int = 0
    _met: int = 0

    def bookmark(self) -> Bookmark:
        """Where the pass stands now."""
        early = [k for k in self._keys if k + LEAD_PACKETS <= self._first_witness_at]
        return Bookmark(self.packets, early[-1] if early else None, self.runs, list(self._witnesses))

    def packet(self, *, is_key_picture: bool) -> bool:
        """Count a packet; True if the earlier pass had it already."""
        if is_key_picture:
            self._keys.append(self.packets)
        self.packets += 1
        if self.is_before_goal and self.goal and self.packets > self.goal.packets + LOST_PACKETS:
            raise Refused(f"{REJOIN_FAILED}: its last pictures do not come")
        return self.goal is not None and self.packets <= self.goal.packets

    def skips_picture(self) -> bool:
        """Whether the picture packet counted last need not be decoded."""
        goal = self.goal
        return goal is not None and goal.key_packet is not None and self.packets <= goal.key_packet

    def run_is_known(self) -> bool:
        """Count a run of sound; True if the earlier pass had it already."""
        self.runs += 1
        return self.goal is not None and self.runs <= self.goal.runs

    @property
    def is_before_goal(self) -> bool:
        """Whether pictures of the earlier pass are still to come."""
        return self.goal is not None and self._met < len(self.goal.witnesses)

    def compare(self, picture: VideoFrame) -> None:
        """Hold a picture that comes before the goal against what was noted of it.

        Raises:
            Refused: it is another.
        """
        assert self.goal is not None
        pts, checksum = self.goal.witnesses[self._met]
        if self._met == 0 and picture.pts != pts:
            return
        if (picture.pts, _checksum(picture)) != (pts, checksum):
            raise Refused(f"{REJOIN_FAILED}: a picture came out differently")
        self._met += 1

    def note(self, picture: VideoFrame, index: int) -> None:
        """Keep the checksum of a picture if the pass may be left soon after it."""
        place = (index + WITNESSES) % self.every
        if place < WITNESSES:
            if place == 0:
                self._witnesses.clear()
                self._first_witness_at = self.packets
            self._witnesses.append((picture.pts, _checksum(picture)))


def _checksum(picture: VideoFrame) -> int:
    found = 0
    for plane in picture.planes:
        rows = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
        # Beyond the width there is padding, which nobody decoded.
        width = min(plane.line_size, plane.width)
        found = zlib.crc32(np.ascontiguousarray(rows[: plane.height, :width]).data, found)
    return found
