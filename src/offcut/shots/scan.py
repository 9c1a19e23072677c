"""The cheap look at every frame: change, brightness, texture, and where the picture blends into another.

Frames are read in blocks, so an hour of video costs a few megabytes. Everything expensive is left to the
candidates that come out of here.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from offcut.measure import let_go
from offcut.timeline import FrameTimes

Floats = NDArray[np.float32]

BLOCK_FRAMES = 512
_BLEND_SIDE_PX = 32
_LONGEST_BLEND_S = 2.2
_SHORTEST_BLEND_S = 0.2
_BLEND_STEP = 1.22
"""Ratio of neighbouring widths: an extent is at most a tenth off before it is refined."""
_LONGEST_BLEND_FRAMES = 140

_LEAST_DIFFERENCE = 60.0
"""Mean squared difference of the two sides, in squared code values; below it noise decides."""
DISSOLVE_RESIDUAL, DISSOLVE_BEND = 0.62, 0.08
WIPE_RESIDUAL, WIPE_BEND = (0.3, 0.62), 0.13
"""A hard-edged wipe leaves at most half of the difference unexplained by one mixing ratio; noise adds."""


@dataclass(frozen=True, slots=True)
class Blends:
    """Spans of frames that look like mixtures of the frame before and the frame after; by first frame.

    Attributes:
        first: Index of the first mixed frame, shape (spans,), int32.
        last: Index of the last mixed frame.
        residual: Root mean square of what no mixture explains, over that of the difference of the sides.
        bend: Mean distance of the mixing ratios from an even ramp.
        difference: Mean squared difference of the two sides, squared code values.
    """

    first: NDArray[np.int32]
    last: NDArray[np.int32]
    residual: Floats
    bend: Floats
    difference: Floats

    def __len__(self) -> int:
        return len(self.first)

    def chosen(self, index: NDArray[np.bool_] | NDArray[np.intp]) -> "Blends":
        """The spans that `index` selects."""
        return Blends(
            self.first[index],
            self.last[index],
            self.residual[index],
            self.bend[index],
            self.difference[index],
        )


@dataclass(frozen=True, slots=True)
class Scan:
    """Figures of every frame.

    Attributes:
        change: Mean absolute change from the frame before, luma plus both chroma planes; 0 for the first.
        mean: Mean luma, code values.
        spread: Standard deviation of luma, code values.
        identical: The small picture equals the one before in every luma and chroma value.
        blends: Candidates for gradual changes; most are false.
    """

    change: Floats
    mean: Floats
    spread: Floats
    identical: NDArray[np.bool_]
    blends: Blends


def widths(step_s: float) -> list[int]:
    """Numbers of mixed frames to try at a frame duration of `step_s`, each at least 2."""
    shortest = max(2, round(_SHORTEST_BLEND_S / step_s))
    longest = min(_LONGEST_BLEND_FRAMES, max(shortest, round(_LONGEST_BLEND_S / step_s)))
    tried = [shortest]
    while tried[-1] < longest:
        tried.append(max(tried[-1] + 1, round(tried[-1] * _BLEND_STEP)))
    return tried


def scan(luma: NDArray[np.uint8], chroma: NDArray[np.uint8], times: FrameTimes) -> Scan:
    """Look at every frame once.

    Args:
        luma: Shape (frames, h, w), uint8; may be a memory map.
        chroma: Shape (frames, 2, h', w'), uint8.
        times: When each frame is shown.

    Returns:
        Figures of shape (frames,) and the candidates for gradual changes.
    """
    count = len(luma)
    change = np.zeros(count, np.float32)
    mean, spread = np.zeros(count, np.float32), np.zeros(count, np.float32)
    identical = np.zeros(count, np.bool_)
    tried = widths(times.median_step_s or 1 / 25)
    reach = tried[-1] + 1
    blends: list[Blends] = []
    thumbs = np.empty((0, 1), np.float32)
    for start, block, colour in _blocks(luma, chroma):
        rows = len(block) - (start > 0)
        here = slice(start, start + rows)
        fresh = block[-rows:] if rows else block[:0]
        pixels = fresh.reshape(rows, -1).astype(np.float32)
        mean[here] = pixels.mean(axis=1)
        spread[here] = pixels.std(axis=1)
        steps = _mean_step(block) + _mean_step(colour[:, 0]) + _mean_step(colour[:, 1])
        change[start + rows - len(steps) : start + rows] = steps
        identical[start + rows - len(steps) : start + rows] = steps == 0
        small = np.stack([_thumb(p) for p in fresh]) if rows else thumbs[:0]
        known = len(thumbs) if start else 0
        thumbs = np.concatenate([thumbs, small]) if start else small
        blends += _blends(thumbs, tried, known=known, offset=start + rows - len(thumbs))
        thumbs = thumbs[-reach:]
    return Scan(change, mean, spread, identical, _together(blends))


def _blocks(
    luma: NDArray[np.uint8], chroma: NDArray[np.uint8]
) -> Iterator[tuple[int, NDArray[np.uint8], NDArray[np.uint8]]]:
    """Blocks with the index of their first new frame; all but the first begin with one old frame."""
    for start in range(0, len(luma), BLOCK_FRAMES):
        before = max(0, start - 1)
        end = start + BLOCK_FRAMES
        yield start, np.asarray(luma[before:end]), np.asarray(chroma[before:end])
        let_go(luma)
        let_go(chroma)


def _mean_step(pictures: NDArray[np.uint8]) -> Floats:
    flat = pictures.reshape(len(pictures), -1)
    steps = np.maximum(flat[1:], flat[:-1]) - np.minimum(flat[1:], flat[:-1])
    return np.asarray(steps.mean(axis=1, dtype=np.float32), np.float32)


def _thumb(picture: NDArray[np.uint8]) -> Floats:
    height, width = picture.shape
    scale = min(1.0, _BLEND_SIDE_PX / max(height, width))
    size = (max(4, round(width * scale)), max(4, round(height * scale)))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.float32).ravel()


def _blends(thumbs: Floats, tried: list[int], *, known: int, offset: int) -> list[Blends]:
    """All spans of `thumbs` whose inner frames lie near the line between the outer two.

    Inner products of all pairs are taken once; every width and place is then arithmetic on them.
    Spans that end among the first `known` rows were found in the block before.
    """
    count, pixels = thumbs.shape
    if count < tried[0] + 2:
        return []
    # Without the common mean the differences would drown in float32 rounding.
    centred = thumbs - thumbs.mean(axis=0)
    products = (centred @ centred.T) / np.float32(pixels)
    squares = np.diagonal(products)
    found: list[Blends] = []
    for width in tried:
        starts = np.arange(max(0, known - width - 1), count - width - 1)
        if not len(starts):
            continue
        ends = starts + width + 1
        across = products[starts, ends]
        at_start, at_end = squares[starts], squares[ends]
        difference = at_end - 2 * across + at_start
        usable = difference >= _LEAST_DIFFERENCE
        starts, ends, across = starts[usable], ends[usable], across[usable]
        at_start, difference = at_start[usable], difference[usable]
        if not len(starts):
            continue
        inner = starts[:, None] + np.arange(1, width + 1)
        to_start = products[inner, starts[:, None]]
        toward = products[inner, ends[:, None]] - to_start - across[:, None] + at_start[:, None]
        ratio = toward / difference[:, None]
        distance = squares[inner] - 2 * to_start + at_start[:, None]
        unexplained = np.maximum(distance / difference[:, None] - ratio**2, 0)
        residual = np.sqrt(unexplained.max(axis=1))
        bend = np.abs(ratio - np.arange(1, width + 1) / (width + 1)).mean(axis=1)
        even = (residual < DISSOLVE_RESIDUAL) & (bend < DISSOLVE_BEND)
        edged = (residual > WIPE_RESIDUAL[0]) & (residual < WIPE_RESIDUAL[1]) & (bend < WIPE_BEND)
        good = even | edged
        first = (offset + 1 + starts[good]).astype(np.int32)
        found.append(
            Blends(
                first,
                first + np.int32(width - 1),
                residual[good].astype(np.float32),
                bend[good].astype(np.float32),
                difference[good].astype(np.float32),
            )
        )
    return found


def _together(parts: list[Blends]) -> Blends:
    """All spans, by first frame and then by last."""
    if not parts:
        none = np.empty(0, np.float32)
        return Blends(none.astype(np.int32), none.astype(np.int32), none, none, none)
    whole = Blends(
        np.concatenate([p.first for p in parts]),
        np.concatenate([p.last for p in parts]),
        np.concatenate([p.residual for p in parts]),
        np.concatenate([p.bend for p in parts]),
        np.concatenate([p.difference for p in parts]),
    )
    return whole.chosen(np.lexsort((whole.last, whole.first)))
