"""The kept sound of one file, read by ticks, and made comparable: loud and quiet, shrill and dull alike.

Under music, what is left of the own sound is many weak components between strong ones. Each component of
each short window is brought to the same strength and only its phase is kept, so that the strong ones do
not decide alone. On a quiet walk under music this finds what whitening of whole spectra does not.
"""

from collections import OrderedDict

import numpy as np
from numpy.typing import NDArray

from offcut.measure import let_go
from offcut.records import Measurement

__all__ = ["RATE_HZ", "Wave", "level_db", "levelled", "retimed"]

RATE_HZ = 12_000
"""Of the signal `sound_band.mono`; ticks are samples."""

WINDOW, HOP = 1024, 256
"""Samples of a short window (85 ms) and between two."""

LOW_HZ, HIGH_HZ = 300.0, 5000.0
"""Below lie wind and hum, above what the kept band folds."""

FLOOR_DB = -84.0
"""Noise of this level counts as nothing: it is what 16 bits, and silence after a codec, leave."""

BLOCK = 1 << 16
_BLOCKS_KEPT = 96

Samples = NDArray[np.float32]

_SHAPE = np.sin(np.pi * (np.arange(WINDOW) + 0.5) / WINDOW).astype(np.float32)
_HZ = np.fft.rfftfreq(WINDOW, 1 / RATE_HZ)
_BAND = ((_HZ >= LOW_HZ) & (_HZ <= HIGH_HZ)).astype(np.float32)
_FLOOR = np.float32(10 ** (FLOOR_DB / 10) * float(np.square(_SHAPE).sum()))
# Measured, not derived: it makes the levelled form of white noise have a power of 1.
_GAIN = np.float32(WINDOW / (WINDOW / HOP / 2) / np.sqrt(2 * _BAND.sum()) / 1.319)


class Wave:
    """The sound of one measured file.

    Args:
        measurement: Measured with the analyser `sound_band`, or a file without sound.
    """

    def __init__(self, measurement: Measurement) -> None:
        signal = measurement.signals.get("sound_band.mono")
        self._rows = signal.values if signal is not None else np.empty((0, 1), np.int16)
        pts = np.asarray(signal.pts) if signal is not None else np.empty(0, np.int64)
        # Runs may overlap by less than a tenth of a second, so rows are nearly in order.
        self._order = np.argsort(pts, kind="stable")
        self._pts = pts[self._order]
        self._levelled: OrderedDict[int, Samples] = OrderedDict()
        self.start = int(self._pts[0]) if len(pts) else 0
        self.stop = int(self._pts[-1]) + self._rows.shape[1] if len(pts) else 0

    def __len__(self) -> int:
        """Ticks from the first sample to the last, gaps included."""
        return self.stop - self.start

    def samples(self, start: int, stop: int) -> Samples:
        """Samples of the ticks [start, stop), full scale 1; zeros where the file has none."""
        wave = np.zeros(max(0, stop - start), np.float32)
        width = self._rows.shape[1]
        first, last = np.searchsorted(self._pts, (start - width + 1, stop))
        for at, row in zip(self._pts[first:last], self._order[first:last], strict=True):
            low, high = max(start, int(at)), min(stop, int(at) + width)
            wave[low - start : high - start] = self._rows[row, low - int(at) : high - int(at)]
        return wave / np.float32(32767)

    def levelled(self, start: int, stop: int) -> Samples:
        """As `levelled` of the whole file, for the ticks [start, stop)."""
        parts = [
            self._block(k)[max(0, start - k * BLOCK) : stop - k * BLOCK]
            for k in range(start // BLOCK, -(-stop // BLOCK))
        ]
        return np.concatenate(parts) if parts else np.empty(0, np.float32)

    def _block(self, number: int) -> Samples:
        if number in self._levelled:
            self._levelled.move_to_end(number)
            return self._levelled[number]
        start = number * BLOCK
        block = levelled(self.samples(start - WINDOW, start + BLOCK + WINDOW))[WINDOW : WINDOW + BLOCK]
        self._levelled[number] = block
        if len(self._levelled) > _BLOCKS_KEPT:
            self._levelled.popitem(last=False)
            let_go(self._rows)
        return block


def levelled(wave: Samples) -> Samples:
    """Bring every component of every short window to the same strength; keep its phase.

    Args:
        wave: Shape (samples,), full scale 1.

    Returns:
        The same shape; a power of about 1 where something is heard, of 0 in silence.

    Source:
        The phase transform of Knapp and Carter, "The generalized correlation method for estimation of
        time delay", IEEE Transactions on Acoustics, Speech, and Signal Processing 1976; here window by
        window.
    """
    count = -(-len(wave) // HOP) + WINDOW // HOP - 1
    padded = np.zeros((count - 1) * HOP + WINDOW, np.float32)
    padded[WINDOW - HOP : WINDOW - HOP + len(wave)] = wave
    windows = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::HOP]
    spectra = np.fft.rfft(windows * _SHAPE, axis=1)
    power = spectra.real**2 + spectra.imag**2
    spectra *= _BAND / np.sqrt(power + _FLOOR)
    made = np.fft.irfft(spectra, WINDOW, axis=1).astype(np.float32) * (_SHAPE * _GAIN)
    out = np.zeros((count + WINDOW // HOP - 1, HOP), np.float32)
    for part in range(WINDOW // HOP):
        out[part : part + count] += made[:, part * HOP : (part + 1) * HOP]
    return out.ravel()[WINDOW - HOP : WINDOW - HOP + len(wave)]


def retimed(wave: Samples, speed: float) -> Samples:
    """Play `wave` at another speed, pitch included: len(wave) * |speed| samples, backwards if negative."""
    count = round(len(wave) * abs(speed))
    if count < 2 or len(wave) < 2:
        return np.zeros(max(0, count), np.float32)
    # Padded so that the length is changed by the exact factor, as near as whole numbers allow.
    spectrum = np.fft.rfft(wave)
    made = np.zeros(count // 2 + 1, np.complex64)
    kept = min(len(made), len(spectrum))
    made[:kept] = spectrum[:kept]
    out = (np.fft.irfft(made, count) * (count / len(wave))).astype(np.float32)
    return out[::-1].copy() if speed < 0 else out


def level_db(wave: Samples) -> float:
    """RMS in dB relative to full scale; -120 for silence."""
    return float(10 * np.log10(np.mean(np.square(wave, dtype=np.float64)) + 1e-12)) if len(wave) else -120.0
