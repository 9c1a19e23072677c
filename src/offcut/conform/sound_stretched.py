"""Whether a picture's own sound is heard where its length was changed and its pitch kept.

Programs that do so in the time domain lay short pieces of the sound, at recorded speed, nearer together or
further apart. Such a piece still agrees with the recording, somewhere near where the picture says. How much
the best agreement near there is worth is told by the same measure at other places of the same recording.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from offcut.conform.sound_common import STEP
from offcut.conform.waves import RATE_HZ, Wave

__all__ = ["Stretched", "stretched"]

REACH = RATE_HZ // 20
"""Ticks on either side of where the picture says in which a piece is looked for: 50 ms."""

APART = round(0.41 * RATE_HZ)
"""Ticks between the other places of the recording that serve for comparison."""

LEAST_OTHERS, MOST_OTHERS = 5, 24

LEAST_EXCESS, LEAST_RATIO = 6.0, 1.3
"""By how many spreads of the other places, and by which factor of the best, the own place is ahead."""

_SILENT = 0.1


@dataclass(frozen=True, slots=True)
class Stretched:
    """Own sound found in short pieces.

    Attributes:
        share: Mean over steps of the best that a step has in common near its place.
        excess: By how many spreads that is more than at other places of the recording.
        ratio: Of `share` to that of the best other place.
        raw_at: Tick of the recording at the start of the span: the picture's, moved by the median shift.
    """

    share: float
    excess: float
    ratio: float
    raw_at: int


def stretched(
    release: Wave, wave: Wave, span: tuple[int, int], raw_at: float, speed: float
) -> Stretched | None:
    """Look for pieces of a recording's sound along a picture's span.

    Args:
        release: The sound of the release.
        wave: That of the recording.
        span: Ticks of the release.
        raw_at: Tick of the recording that the picture names for the start of the span.
        speed: Ticks of the recording per tick of the release, not 0.

    Returns:
        None where it was not found, or where the recording has too few other places to compare with.
    """
    first, last = max(span[0], release.start), min(span[1], release.stop)
    steps = (last - first) // STEP
    if steps < 8:
        return None
    heard = release.levelled(first, first + steps * STEP).reshape(steps, STEP)
    at = np.rint(raw_at + speed * (first - span[0] + (np.arange(steps) + 0.5) * STEP) - STEP / 2)
    own, shifts = _best(heard, wave, at.astype(np.int64))
    others = [_best(heard, wave, at.astype(np.int64) + away)[0] for away in _elsewhere(wave, at)]
    known = [x for x in others if x is not None]
    if own is None or len(known) < LEAST_OTHERS:
        return None
    excess = (own - float(np.mean(known))) / max(float(np.std(known)), 0.003)
    ratio = own / max(known)
    if excess < LEAST_EXCESS or ratio < LEAST_RATIO:
        return None
    return Stretched(own, excess, ratio, round(raw_at) + round(float(np.median(shifts))))


def _elsewhere(wave: Wave, at: NDArray[np.float64]) -> list[int]:
    """Distances to other places of the recording, the nearest first, none so near as to meet the own one."""
    low, high = wave.start - int(at.min()), wave.stop - int(at.max()) - STEP
    ways = [k * APART * side for k in range(1, 10 * MOST_OTHERS) for side in (1, -1)]
    return [way for way in ways if low <= way <= high and abs(way) > 4 * REACH][:MOST_OTHERS]


def _best(
    heard: NDArray[np.float32], wave: Wave, at: NDArray[np.int64]
) -> tuple[float | None, NDArray[np.int64]]:
    """The mean over steps of the most that each has in common within REACH, and the shifts of these."""
    width = STEP + 2 * REACH
    low = int(at.min()) - REACH
    whole = wave.levelled(low, int(at.max()) + STEP + REACH)
    raw = np.lib.stride_tricks.sliding_window_view(whole, width)[at - low - REACH]
    size = 1 << (width - 1).bit_length()
    product = np.fft.rfft(raw, size) * np.conj(np.fft.rfft(heard, size))
    table = np.abs(np.fft.irfft(product, size)[:, : 2 * REACH + 1]) / STEP
    middle = raw[:, REACH : REACH + STEP]
    sounding = (np.mean(heard**2, axis=1) > _SILENT) & (np.mean(middle**2, axis=1) > _SILENT)
    if sounding.sum() < 8:
        return None, np.zeros(0, np.int64)
    best = table[sounding].argmax(axis=1)
    return float(table[sounding].max(axis=1).mean()), best - REACH
