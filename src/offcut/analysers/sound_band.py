"""The sound in a narrow band, on one time grid for all files: what sound is compared by.

12,000 samples a second hold what is compared (300 to 5,000 Hz) and cost 86 MB an hour. They stand on
whole ticks of 1/12,000 s of the file's clock, whatever rate and start its sound has, so that two files
can be compared without asking for either.
"""

from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from offcut.measure import Item
from offcut.records import Signal, Sound

VERSION = 2

RATE_HZ = 12_000
ROW_SAMPLES = 600
"""Samples a row, 50 ms: one time a row costs next to nothing."""

STEP_SAMPLES = 40
"""Samples made by one matrix: 40 are a whole number of samples at 44,100 and 48,000 Hz."""

BLOCK_ROWS = 20
"""Rows made at once, always as many, so that the arithmetic is the same however the sound comes in."""

PHASES = 480
"""Parts of a sample to which the start of a step is rounded; exact for every usual rate."""

PASS_HZ, STOP_HZ = 5200.0, 6800.0
"""What lies between is folded to above 5,200 Hz, where nothing is compared."""

OPPOSITE = 10.0
"""Two channels whose difference has this many times the power of their sum are opposites; that is kept."""

WHOLE = 1 << 20
"""Samples and filter are rounded to whole parts of this: products of whole numbers add up to the same in any
order, and a matrix product does not depend on the number of threads or the processor."""

LOUDEST = 4.0
"""Samples beyond this many times full scale are cut: 22 bits by 20 bits by 1,000 terms stay exact in 53."""

JITTER_S = 0.01
"""Times that are off by less belong to one run: containers round them."""


def _half_width(rate_hz: int) -> int:
    """Half the length of the low-pass in samples of the file: 53 dB of a Hamming window."""
    return int(np.ceil(1.65 * rate_hz / (STOP_HZ - PASS_HZ))) if rate_hz > RATE_HZ else 16


@lru_cache(maxsize=512)
def _step(rate_hz: int, phase: int) -> NDArray[np.float64]:
    """The matrix that makes STEP_SAMPLES from the samples around them, shape (inputs, STEP_SAMPLES)."""
    half = _half_width(rate_hz)
    inputs = -(-STEP_SAMPLES * rate_hz // RATE_HZ) + 2 * half + 1
    at = phase / PHASES + np.arange(STEP_SAMPLES) * (rate_hz / RATE_HZ)
    away = (np.arange(inputs) - half)[:, None] - at[None, :]
    cut = min(0.5, (PASS_HZ + STOP_HZ) / 2 / rate_hz)
    window = np.where(np.abs(away) <= half, 0.54 + 0.46 * np.cos(np.pi * away / half), 0.0)
    kernel = 2 * cut * np.sinc(2 * cut * away) * window
    matrix: NDArray[np.float64] = np.rint(kernel / kernel.sum(axis=0) * WHOLE)
    return matrix


class _Run:
    """Sound without a gap at one rate, resampled to the grid as it comes in."""

    def __init__(self, start: int, rate_hz: int) -> None:
        self.rate_hz = rate_hz
        self.end = start
        """In samples of the file: where the next run is expected."""
        self._half = _half_width(rate_hz)
        self.tick = -(-start * RATE_HZ // rate_hz)
        """Of the next sample to be made."""
        self._waiting = np.zeros((2, self._half), np.float32)
        self._first = start - self._half
        """Sample of the file that `_waiting` begins with; zeros stand before the sound."""
        self._runs: list[NDArray[np.float32]] = []
        self._count = 0

    def push(self, samples: NDArray[np.float32]) -> bool:
        """Take in samples, shape (channels, samples); True if a block may be made."""
        # Written so that what is no number is met, too.
        if not float(np.abs(samples).max()) <= LOUDEST:
            samples = np.clip(np.nan_to_num(samples), -LOUDEST, LOUDEST)
        mean = samples.mean(axis=0, dtype=np.float32)
        apart = (samples[0] - samples[1]) / 2 if samples.shape[0] == 2 else np.zeros_like(mean)
        self._runs.append(np.stack([mean, apart]).astype(np.float32))
        self._count += samples.shape[1]
        self.end += samples.shape[1]
        return self._count >= self.rate_hz // 2

    def blocks(self, *, closing: bool) -> list[NDArray[np.int16]]:
        """Make the blocks that can be made, shape (BLOCK_ROWS, ROW_SAMPLES) each; all if closing."""
        self._waiting = np.concatenate([self._waiting, *self._runs], axis=1)
        self._runs, self._count = [], 0
        last = (self.end - 1) * RATE_HZ // self.rate_hz
        size = BLOCK_ROWS * ROW_SAMPLES
        made: list[NDArray[np.int16]] = []
        if closing:
            rows = max(0, -(-(last + 1 - self.tick) // ROW_SAMPLES))
            tail = (rows * ROW_SAMPLES + size) * self.rate_hz // RATE_HZ + 4 * self._half + 4
            self._waiting = np.pad(self._waiting, ((0, 0), (0, tail)))
            while rows > 0:
                made.append(self._block()[: min(rows, BLOCK_ROWS)])
                rows -= BLOCK_ROWS
        else:
            reach = self._half + STEP_SAMPLES * self.rate_hz // RATE_HZ + 4
            while (self.tick + size) * self.rate_hz // RATE_HZ + reach < self.end:
                made.append(self._block())
        return made

    def _block(self) -> NDArray[np.int16]:
        steps = BLOCK_ROWS * ROW_SAMPLES // STEP_SAMPLES
        ticks = self.tick + STEP_SAMPLES * np.arange(steps, dtype=np.int64)
        parts = (ticks * self.rate_hz * PHASES + RATE_HZ // 2) // RATE_HZ
        starts, phases = parts // PHASES - self._half - self._first, parts % PHASES
        length = int(starts[-1]) + _step(self.rate_hz, 0).shape[0]
        source = self._mixed(self._waiting[:, int(starts[0]) : length])
        starts -= int(starts[0])
        made = np.empty((steps, STEP_SAMPLES), np.float64)
        for phase in np.unique(phases):
            matrix = _step(self.rate_hz, int(phase))
            windows = np.lib.stride_tricks.sliding_window_view(source, matrix.shape[0])
            made[phases == phase] = windows[starts[phases == phase]] @ matrix
        self.tick += steps * STEP_SAMPLES
        keep = self.tick * self.rate_hz // RATE_HZ - self._half - 1 - self._first
        self._waiting = self._waiting[:, max(0, keep) :].copy()
        self._first += max(0, keep)
        loud = np.clip(np.rint(made * (32767 / WHOLE**2)), -32768, 32767)
        return loud.astype(np.int16).reshape(BLOCK_ROWS, ROW_SAMPLES)

    @staticmethod
    def _mixed(both: NDArray[np.float32]) -> NDArray[np.float64]:
        """The sum of the channels; their difference where they are opposites, and their sum is silence."""
        mean, apart = (float(np.square(one, dtype=np.float64).sum()) for one in both)
        kept: NDArray[np.float64] = (both[1] if apart > OPPOSITE * mean else both[0]).astype(np.float64)
        return np.asarray(np.rint(kept * WHOLE), np.float64)


class SoundBand:
    """Keeps all channels as one, 12,000 samples a second, on whole ticks of the file's clock."""

    def __init__(self) -> None:
        self._run: _Run | None = None
        self._channels = 0
        self._end = -(2**62)
        self._pts: list[NDArray[np.int64]] = []
        self._rows: list[NDArray[np.int16]] = []

    def push(self, item: Item) -> None:
        """Take in a run of sound; a gap or a change of format ends the row."""
        if not isinstance(item, Sound) or item.samples.size == 0:
            return
        run, channels = self._run, item.samples.shape[0]
        same = run is not None and item.rate_hz == run.rate_hz and channels == self._channels
        if run is None or not same or abs(item.pts - run.end) > item.rate_hz * JITTER_S:
            self._close()
            run = self._run = _Run(item.pts, item.rate_hz)
            self._channels = channels
        if run.push(item.samples):
            self._make(run, closing=False)

    def _make(self, run: _Run, *, closing: bool) -> None:
        first = run.tick
        for rows in run.blocks(closing=closing):
            self._rows.append(rows)
            self._pts.append(first + ROW_SAMPLES * np.arange(len(rows), dtype=np.int64))
            first += rows.size

    def _close(self) -> None:
        if self._run is not None:
            self._make(self._run, closing=True)
            self._run = None

    def take(self, *, last: bool) -> Sequence[Signal]:
        """Return `sound_band.mono` (rows, ROW_SAMPLES), int16, full scale 32,767.

        A row's pts, in ticks of 1/12,000 s, is that of its first sample. After the last sample before a
        gap or the end, a row is filled with zeros; where sound goes on before they end, the later row holds.
        """
        if last:
            self._close()
        pts = np.concatenate(self._pts) if self._pts else np.empty(0, np.int64)
        rows = np.concatenate(self._rows) if self._rows else np.empty((0, ROW_SAMPLES), np.int16)
        self._pts, self._rows = [], []
        return (Signal("sound_band.mono", VERSION, "1/32767", Fraction(1, RATE_HZ), pts, rows),)
