"""Single frames picked out of an open file by their exact time.

A seek goes by the file's index, which may be missing or wrong; what comes is checked by its own time,
and where no seek helps the file is decoded from its first byte.
"""

from collections.abc import Iterator
from fractions import Fraction
from typing import BinaryIO

import av
from av.video.frame import VideoFrame

from offcut.decode.clock import Clock
from offcut.decode.opened import READ_ERRORS, decoded, open_container, video_stream

NEAR_S = Fraction(3)
"""Decoding on is cheaper than seeking for a frame this near."""

FURTHER_BACK_S = (Fraction(0), Fraction(2), Fraction(10))
"""How much sooner a seek starts that came out too late, as in transport streams, which have no index."""


class Picker:
    """Finds frames by their time, the times asked for rising.

    Args:
        file: The open file.
        container: The same file, opened by the decoder library; the picker closes and opens it as it needs.
        tick_s: Length of a tick.
        start_pts: Tick of the file that counts as zero.
        threads: That decode.
    """

    def __init__(
        self,
        file: BinaryIO,
        container: "av.container.InputContainer",
        *,
        tick_s: Fraction,
        start_pts: int,
        threads: int,
    ) -> None:
        self._file, self._container, self._threads = file, container, threads
        self._tick_s, self._start_pts = tick_s, start_pts
        self._frames: Iterator[VideoFrame | None] = iter(())
        self._clock: Clock | None = None
        self._is_doubtful = False
        self._frame: VideoFrame | None = None
        self._at: int | None = None

    def at(self, pts: int) -> VideoFrame | None:
        """Return the frame that appears at tick `pts`, None if there is none."""
        if self._at is not None and self._at <= pts and (pts - self._at) * self._tick_s <= NEAR_S:
            found = self._forward(pts)
            if self._clock is not None or not self._is_doubtful:
                return found
        for back_s in FURTHER_BACK_S:
            if self._seek(pts - int(back_s / self._tick_s)):
                found = self._forward(pts)
                if found is not None and not self._is_doubtful:
                    return found
        self._start_over()
        return self._forward(pts)

    def _seek(self, pts: int) -> bool:
        stream = video_stream(self._container)
        try:
            self._container.seek(pts + self._start_pts, stream=stream, backward=True)
        except READ_ERRORS:
            return False
        self._decode(clock=None)
        return True

    def _start_over(self) -> None:
        """Decode from the first byte: times are made, and damage completed, as when it was measured."""
        self._container.close()
        self._file.seek(0)
        self._container = open_container(self._file, threads=self._threads)
        self._decode(clock=Clock(self._tick_s))

    def _decode(self, *, clock: Clock | None) -> None:
        self._frames = decoded(self._container, video_stream(self._container))
        self._clock, self._is_doubtful, self._frame, self._at = clock, False, None, None

    def _forward(self, pts: int) -> VideoFrame | None:
        while self._at is None or self._at < pts:
            try:
                frame = next(self._frames)
            except StopIteration:
                self._frame = self._at = None
                return None
            # Damage goes on into the pictures that are built on a damaged one.
            self._is_doubtful = self._is_doubtful or frame is None or frame.is_corrupt
            if frame is not None:
                stored = frame.pts if frame.pts is not None else frame.dts
                shown = None if stored is None else stored - self._start_pts
                self._frame = frame
                self._at = shown if self._clock is None else self._clock.rising(shown)
        return self._frame if self._at == pts else None
