"""A plan on the clock of its release: where each cut lies, which raw it shows, and where in the picture."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from conform_cases.clips import Clip
from conform_cases.plans import Cut, Plan
from offcut.records import Box
from offcut.timeline import Span


@dataclass(frozen=True, slots=True)
class Laid:
    """A cut in release frames [start, end); `opens_after` is the length of the next cut's opening.

    Attributes:
        seen: The window of the raw picture that is shown, before mirroring.
        placed: Where in the release it is shown.
    """

    cut: Cut
    clip: Clip | None
    start: int
    end: int
    opens_after: int
    rate_hz: Fraction
    seen: Box
    placed: Box

    def raw_s(self, n: int) -> Fraction:
        """Raw time at release frame `n`."""
        assert self.clip is not None
        return self.clip.times.time_s(self.cut.raw_frame) + self.cut.speed * (n - self.start) / self.rate_hz

    def raw_index(self, n: int) -> int:
        """Which raw frame release frame `n` shows: the one on screen at that raw time."""
        assert self.clip is not None
        time_s = self.raw_s(n)
        if not self.clip.times.start_s <= time_s < self.clip.times.end_s:
            raise ValueError(f"{self.clip.name} has no picture at {float(time_s):.3f} s")
        return self.clip.times.index_at(time_s)

    def raw_span(self) -> Span:
        """Raw time that the cut shows."""
        assert self.clip is not None
        return Span(self.raw_s(self.start), min(self.raw_s(self.end), self.clip.times.end_s))

    def share(self, n: int) -> float:
        """How strongly the cut is seen in release frame `n`."""
        rising, falling = 1.0, 1.0
        if self.cut.opening_frames:
            rising = (n - self.start + 1) / (self.cut.opening_frames + 1)
        if self.opens_after:
            falling = (self.end - n) / (self.opens_after + 1)
        return min(1.0, rising, falling)


def lay_out(plan: Plan, clips: Mapping[str, Clip]) -> list[Laid]:
    """Put the cuts of a plan behind each other.

    Raises:
        ValueError: A cut asks for raw that its clip does not have.
    """
    laid: list[Laid] = []
    end = 0
    for number, cut in enumerate(plan.cuts):
        after = plan.cuts[number + 1].opening_frames if number + 1 < len(plan.cuts) else 0
        source = clips[cut.clip] if cut.clip is not None else None
        start = end - cut.opening_frames
        end = start + cut.frames
        seen, placed = _boxes(cut, source, plan.width_px / plan.height_px)
        one = Laid(cut, source, start, end, after, plan.rate_hz, seen, placed)
        if source is not None:
            for n in (start, end - 1):
                one.raw_index(n)
        laid.append(one)
    return laid


def _boxes(cut: Cut, source: Clip | None, shape: float) -> tuple[Box, Box]:
    whole = Box(0.0, 0.0, 1.0, 1.0)
    if source is None:
        return whole, whole
    own = source.width_px / source.height_px
    crop = cut.crop
    seen_shape = crop.width * own / crop.height
    if cut.fit == "fill":
        width, height = crop.width, crop.width * own / shape
        if height > crop.height:
            width, height = crop.height * shape / own, crop.height
        left, top = crop.x + (crop.width - width) / 2, crop.y + (crop.height - height) / 2
        return Box(left, top, width, height), whole
    if seen_shape < shape:
        return crop, Box((1 - seen_shape / shape) / 2, 0.0, seen_shape / shape, 1.0)
    return crop, Box(0.0, (1 - shape / seen_shape) / 2, 1.0, shape / seen_shape)


def matrix(laid: Laid, width_px: int, height_px: int) -> NDArray[np.float64]:
    """Raw pixels to release pixels, shape (2, 3); pixel centres lie at half pixels."""
    assert laid.clip is not None
    own_width, own_height = laid.clip.width_px, laid.clip.height_px
    across = laid.placed.width * width_px / (laid.seen.width * own_width)
    down = laid.placed.height * height_px / (laid.seen.height * own_height)
    left, top = laid.placed.x * width_px, laid.placed.y * height_px
    x0, y0 = laid.seen.x * own_width, laid.seen.y * own_height
    lower = [0.0, down, top + down * (0.5 - y0) - 0.5]
    if laid.cut.mirrored:
        right = x0 + laid.seen.width * own_width
        return np.array([[-across, 0.0, left + across * (right - 0.5) - 0.5], lower])
    return np.array([[across, 0.0, left + across * (0.5 - x0) - 0.5], lower])


def length_frames(laid: Sequence[Laid]) -> int:
    """Frames of the release."""
    return laid[-1].end
