"""Moving textured pictures made from numbers, as the small pictures of a measurement."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from offcut.records import Exhibit, Measurement, Signal, StreamView
from offcut.timeline import FrameTimes

HEIGHT_PX, WIDTH_PX = 54, 96
Clip = tuple[NDArray[np.float32], NDArray[np.float32]]
"""Luma (frames, h, w) and chroma (frames, 2, 9, 16)."""


def place(seed: int, count: int, *, speed_px: float = 0.6) -> Clip:
    """A camera that pans over a place of its own: soft blobs of several sizes, one mean colour."""
    rng = np.random.default_rng(seed)
    width = WIDTH_PX + int(abs(speed_px) * count) + 3
    wide: NDArray[np.float64] = np.zeros((HEIGHT_PX, width))
    for cell in (24, 12, 6, 3):
        coarse = rng.normal(0, 1, (HEIGHT_PX // cell + 2, width // cell + 2))
        blocks = np.kron(coarse, np.ones((cell, cell)))[:HEIGHT_PX, :width].astype(np.float64)
        wide += _soft(blocks) * cell**0.5
    wide = 120 + 40 * wide / wide.std()
    luma = np.stack([_window(wide, abs(speed_px) * i) for i in range(count)])
    colour = 128 + rng.normal(0, 18, (2, 1, 1)) + rng.normal(0, 6, (2, 9, 16))
    chroma = np.repeat(colour[None].astype(np.float32), count, axis=0)
    luma += rng.normal(0, 1, luma.shape)
    return np.clip(luma, 17, 235).astype(np.float32), np.clip(chroma, 16, 240)


def _soft(picture: NDArray[np.float64]) -> NDArray[np.float64]:
    for axis in (0, 1):
        picture = (np.roll(picture, 1, axis) + picture + np.roll(picture, -1, axis)) / 3
    return picture


def _window(wide: NDArray[np.float64], shift: float) -> NDArray[np.float64]:
    whole, part = int(shift), shift % 1
    here, next_column = wide[:, whole : whole + WIDTH_PX], wide[:, whole + 1 : whole + 1 + WIDTH_PX]
    return (1 - part) * here + part * next_column


def black(count: int, level: int = 16) -> Clip:
    """Even black."""
    return (
        np.full((count, HEIGHT_PX, WIDTH_PX), level, np.float32),
        np.full((count, 2, 9, 16), 128, np.float32),
    )


def joined(*clips: Clip) -> Clip:
    """Clips one after the other."""
    return np.concatenate([c[0] for c in clips]), np.concatenate([c[1] for c in clips])


def dissolved(first: Clip, second: Clip, mixed: int) -> Clip:
    """`first` turns into `second` over `mixed` frames that both share."""
    parts = []
    for old, new in zip(first, second, strict=True):
        share = (np.arange(mixed, dtype=np.float32) + 1) / (mixed + 1)
        share = share.reshape(-1, *[1] * (old.ndim - 1))
        parts.append(
            np.concatenate([old[:-mixed], old[-mixed:] * (1 - share) + new[:mixed] * share, new[mixed:]])
        )
    return parts[0], parts[1]


def measurement(
    clip: Clip,
    *,
    rate: Fraction = Fraction(25),
    pts: Sequence[int] | None = None,
    tick_s: Fraction | None = None,
) -> Measurement:
    """A measurement that holds `clip`; frames at `rate`, or at `pts` ticks of `tick_s`."""
    luma, chroma = (np.clip(np.rint(part), 0, 255).astype(np.uint8) for part in clip)
    ticks = np.arange(len(luma), dtype=np.int64) if pts is None else np.asarray(pts, np.int64)
    tick = tick_s or 1 / rate
    last_step = int(ticks[-1] - ticks[-2]) if len(ticks) > 1 else 1
    times = FrameTimes(tick, ticks, (int(ticks[-1]) if len(ticks) else 0) + last_step)
    signals = {
        "picture.luma": Signal("picture.luma", 1, "code value", tick, ticks, luma),
        "picture.chroma": Signal("picture.chroma", 1, "code value", tick, ticks, chroma),
    }
    view = StreamView("mp4", "h264", 96, 54, 96, 54, 0, "yuv420p", Fraction(1), rate, False, None, None, None)
    exhibit = Exhibit(Path("clip.mp4"), "0" * 64, 1, times.end_s)
    return Measurement(exhibit, view, times, signals, {}, "none")
