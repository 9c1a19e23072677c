"""How loud the sound is, 50 times a second."""

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from offcut.measure import Item
from offcut.records import Signal, Sound

VERSION = 1

STEPS_PER_S = 50
FLOOR_DB = -120.0


class SoundLevel:
    """RMS and peak of all channels together over 20 ms, in dB relative to full scale."""

    def __init__(self) -> None:
        self._rate_hz = 0
        self._start = 0
        self._waiting: NDArray[np.float32] = np.empty((1, 0), np.float32)
        self._runs: list[NDArray[np.float32]] = []
        self._count = 0
        self._pts: list[NDArray[np.int64]] = []
        self._levels: list[NDArray[np.float32]] = []

    def push(self, item: Item) -> None:
        """Take in a run of sound; a gap or a change of format closes the open 20 ms."""
        if not isinstance(item, Sound) or item.samples.size == 0:
            return
        expected = self._start + self._waiting.shape[1] + self._count
        same = item.rate_hz == self._rate_hz and item.samples.shape[0] == self._waiting.shape[0]
        if not same or abs(item.pts - expected) > item.rate_hz // 100:
            self._close()
            self._rate_hz, self._start = item.rate_hz, item.pts
            self._waiting = np.empty((item.samples.shape[0], 0), np.float32)
        self._runs.append(item.samples)
        self._count += item.samples.shape[1]
        if self._count >= self._rate_hz:
            self._gather()

    def _gather(self) -> None:
        """Measure what has come in: a second at a time, since runs hold a few milliseconds each."""
        if self._runs:
            self._waiting = np.concatenate([self._waiting, *self._runs], axis=1)
            self._runs, self._count = [], 0
            self._measure(self._rate_hz // STEPS_PER_S)

    def _measure(self, step: int) -> None:
        count = self._waiting.shape[1] // step if step else 0
        if count == 0:
            return
        blocks = self._waiting[:, : count * step].reshape(-1, count, step).astype(np.float64)
        power = np.mean(blocks**2, axis=(0, 2))
        peak = np.abs(blocks).max(axis=(0, 2))
        levels = np.stack([10 * np.log10(power + 1e-12), 20 * np.log10(peak + 1e-6)], axis=1)
        times = (self._start + np.arange(count) * step) * 1_000_000 // self._rate_hz
        self._pts.append(times.astype(np.int64))
        self._levels.append(np.maximum(levels, FLOOR_DB).astype(np.float32))
        self._waiting = self._waiting[:, count * step :]
        self._start += count * step

    def _close(self) -> None:
        self._gather()
        if self._rate_hz and self._waiting.shape[1]:
            self._measure(self._waiting.shape[1])
            self._waiting = self._waiting[:, :0]

    def take(self, *, last: bool) -> Sequence[Signal]:
        """Return `sound.level` (steps, 2): RMS and peak in dB; ticks are microseconds."""
        if last:
            self._close()
        pts = np.concatenate(self._pts) if self._pts else np.empty(0, np.int64)
        levels = np.concatenate(self._levels) if self._levels else np.empty((0, 2), np.float32)
        self._pts, self._levels = [], []
        return (Signal("sound.level", VERSION, "dB", Fraction(1, 1_000_000), pts, levels),)
