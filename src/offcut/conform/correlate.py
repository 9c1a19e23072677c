"""Where in a recording a piece of levelled sound fits, by correlation over the whole of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from offcut.conform.waves import RATE_HZ, Samples, Wave

__all__ = ["Peak", "across", "near"]

LARGEST_FFT = 1 << 19
APART = RATE_HZ // 20
"""Ticks between two peaks that count as two: 50 ms."""

PEAKS = 6
"""Peaks kept of each piece and recording."""

LEAST_Z = 6.0
"""A peak below so many times the RMS of the correlation is not kept: of a million values one reaches 4.9."""


@dataclass(frozen=True, slots=True)
class Peak:
    """A place of a recording where a piece fits.

    Attributes:
        tick: Of the recording, at the start of the piece.
        value: Height over the RMS of the correlation around it; negative if the polarity is inverted.
    """

    tick: int
    value: float


def across(pieces: list[Samples], wave: Wave) -> list[list[Peak]]:
    """The highest peaks of each piece in the whole of `wave`, highest first, at least LEAST_Z high.

    All pieces are compared with each block of the recording while its spectrum is at hand, so that
    memory holds the spectra of the pieces and one block.
    """
    longest = max((len(piece) for piece in pieces), default=0)
    found: list[list[Peak]] = [[] for _ in pieces]
    if not longest or not len(wave):
        return found
    size = _fft_size(longest, len(wave))
    spectra = [np.conj(np.fft.rfft(piece, size)).astype(np.complex64) for piece in pieces]
    step = size - longest
    # A piece may begin before the recording does, if that was cut off.
    for start in range(wave.start - longest, wave.stop, step):
        block = wave.levelled(start, start + size)
        if not block.any():
            continue
        spectrum = np.fft.rfft(block)
        for number, piece in enumerate(spectra):
            values = np.fft.irfft(spectrum * piece, size)[:step]
            found[number] += [Peak(start + p.tick, p.value) for p in _peaks(values)]
    return [_apart(peaks) for peaks in found]


def near(piece: Samples, wave: Wave, tick: int, reach: int) -> Peak | None:
    """The highest peak of `piece` within `reach` ticks of `tick`; None where either is silent."""
    if len(piece) < 2:
        return None
    # Much wider than asked for, since the peak is measured against what lies around it.
    around = max(4 * reach, RATE_HZ)
    block = wave.levelled(tick - around, tick + around + len(piece))
    size = 1 << (len(block) - 1).bit_length()
    values = np.fft.irfft(np.fft.rfft(block, size) * np.conj(np.fft.rfft(piece, size)), size)
    values = values[: 2 * around + 1]
    rms = float(np.sqrt(np.mean(values**2)))
    if rms <= 1e-3:
        return None
    inside = values[around - reach : around + reach + 1]
    best = int(np.argmax(np.abs(inside)))
    return Peak(tick - reach + best, float(inside[best]) / rms)


def _fft_size(longest: int, length: int) -> int:
    needed = 1 << (2 * longest + length - 1).bit_length()
    return min(max(LARGEST_FFT, 1 << (2 * longest - 1).bit_length()), needed)


def _peaks(values: NDArray[np.floating[Any]]) -> Iterator[Peak]:
    rms = float(np.sqrt(np.mean(values**2, dtype=np.float64)))
    if rms <= 1e-3:
        return
    heights = np.abs(values)
    for _ in range(PEAKS):
        best = int(heights.argmax())
        if heights[best] < LEAST_Z * rms:
            return
        yield Peak(best, float(values[best]) / rms)
        heights[max(0, best - APART) : best + APART + 1] = 0


def _apart(peaks: list[Peak]) -> list[Peak]:
    kept: list[Peak] = []
    for peak in sorted(peaks, key=lambda p: -abs(p.value)):
        if all(abs(peak.tick - other.tick) > APART for other in kept):
            kept.append(peak)
    return kept[:PEAKS]
