"""How much of what is heard a recording's sound at a known place explains, and how loud that is in it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from offcut.conform.waves import HIGH_HZ, HOP, LOW_HZ, RATE_HZ, WINDOW, Samples, levelled

__all__ = ["Explained", "audible_at", "explained"]

BANDS = 24
"""Of equal width: in each, one gain is fitted, so that an equaliser does not count as something added."""

FIT_WINDOWS = 48
"""Short windows fitted together, about 1 s: a limiter or a fader may change the gain from one to the next."""


@dataclass(frozen=True, slots=True)
class Explained:
    """What of a span of the release is a recording's sound.

    Attributes:
        share: Of the power between 300 and 5,000 Hz, 0 to 1.
        gain: Of the recording's sound in the release, as a factor.
    """

    share: float
    gain: float


def explained(heard: Samples, raw: Samples) -> Explained:
    """Fit `raw` to `heard` by one gain for each band and second.

    Args:
        heard: The release, shape (samples,).
        raw: The recording at the same moments, same shape.

    Returns:
        The median over seconds of the share that the fit explains, chance taken away, and the gain.
    """
    one, other = _spectra(heard), _spectra(raw)
    shares: list[float] = []
    gains: list[float] = []
    for start in range(0, len(one), FIT_WINDOWS):
        a, b = one[start : start + FIT_WINDOWS], other[start : start + FIT_WINDOWS]
        if len(a) < FIT_WINDOWS // 3 and shares:
            break
        power, raw_power = (np.square(np.abs(x)).sum(axis=(0, 2)) for x in (a, b))
        cross = (a * np.conj(b)).sum(axis=(0, 2))
        ends = power > 1e-9
        if not ends.any():
            continue
        # Windows overlap by three quarters: two of four neighbours count.
        chance = 2.0 / (a.shape[0] * a.shape[2])
        coherence = np.abs(cross) ** 2 / np.maximum(power * raw_power, 1e-18)
        coherence = np.clip((coherence - chance) / (1 - chance), 0, 1)
        shares.append(float((coherence * power).sum() / power.sum()))
        # Weighed by the inverse of what is heard, so that loud music does not decide.
        weight = 1 / np.maximum(power, 1e-9)
        gains.append(
            float(np.abs((cross.real * weight).sum()) / max(float((raw_power * weight).sum()), 1e-12))
        )
    return Explained(float(np.median(shares)), float(np.median(gains))) if shares else Explained(0.0, 0.0)


def _spectra(wave: Samples) -> NDArray[np.complex64]:
    """Short spectra of the compared band, shape (windows, BANDS, components of a band)."""
    padded = np.pad(wave, (0, max(0, WINDOW - len(wave))))
    windows = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::HOP]
    spectra = np.fft.rfft(windows * np.hanning(WINDOW).astype(np.float32), axis=1)
    low, high = round(LOW_HZ * WINDOW / RATE_HZ), round(HIGH_HZ * WINDOW / RATE_HZ)
    each = (high - low) // BANDS
    kept = spectra[:, low : low + each * BANDS].reshape(len(windows), BANDS, each)
    return np.asarray(kept, np.complex64)


def audible_at(heard: Samples, raw: Samples, gain: float) -> float:
    """What `raw`, if it were added to `heard` with `gain`, would have in common with the sum: a trial.

    Returns:
        The mean product of the levelled sounds, less what is in common without adding anything.
    """
    reference = levelled(raw)
    with_it = np.mean(levelled(heard + np.float32(gain) * raw) * reference)
    return float(with_it - np.mean(levelled(heard) * reference))
