"""Sound made from numbers: ambience, music, and files that hold them."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from offcut.analysers.sound_band import ROW_SAMPLES
from offcut.conform.waves import RATE_HZ
from offcut.records import Exhibit, Measurement, Opening, RawSpan, Segment, Signal, StreamView
from offcut.timeline import FrameTimes

Samples = NDArray[np.float32]

VIEW = StreamView(
    "test", "test", 320, 180, 320, 180, 0, "yuv420p", Fraction(1), None, False, None, None, None
)


def at_db(wave: Samples, level_db: float) -> Samples:
    """Bring a wave to a level (RMS)."""
    return np.asarray(wave * 10 ** (level_db / 20) / np.sqrt(np.mean(wave**2)), np.float32)


def ambience(seconds: float, *, seed: int, level_db: float = -26.0) -> Samples:
    """Coloured noise whose loudness wanders: a street, wind, people."""
    rng = np.random.default_rng((1, seed))
    count = round(seconds * RATE_HZ)
    spectrum = np.fft.rfft(rng.normal(size=count))
    hz = np.fft.rfftfreq(count, 1 / RATE_HZ)
    wave = np.fft.irfft(spectrum / np.maximum(hz, 100.0) ** 0.5, count)
    coarse = rng.normal(size=max(2, round(seconds * 4)))
    loud = np.exp(0.5 * np.interp(np.arange(count), np.linspace(0, count, len(coarse)), coarse))
    return at_db((wave * loud).astype(np.float32), level_db)


def music(seconds: float, *, seed: int, level_db: float = -20.0) -> Samples:
    """Struck chords with overtones and a drum, two a second, never the same twice."""
    rng = np.random.default_rng((2, seed))
    count, beat = round(seconds * RATE_HZ), RATE_HZ // 2
    wave = np.zeros(count + 4 * beat)
    times = np.arange(4 * beat) / RATE_HZ
    for start in range(0, count, beat):
        for note in rng.choice(30, 3, replace=False):
            hz = 110 * 2 ** (note / 12) * (1 + 0.002 * rng.normal())
            for part in range(1, 9):
                tone = np.sin(2 * np.pi * (hz * part * times + rng.uniform()))
                wave[start : start + 4 * beat] += tone * np.exp(-3 * times) / part
        drum = rng.normal(size=600) * np.exp(-np.arange(600) / 120)
        wave[start : start + 600] += 2 * drum
    return at_db(wave[:count].astype(np.float32), level_db)


def silence(seconds: float) -> Samples:
    return np.zeros(round(seconds * RATE_HZ), np.float32)


def measured(wave: Samples | None, *, seconds: float | None = None, rate_hz: int = 25) -> Measurement:
    """A measured file with this sound, or without any."""
    length_s = seconds if seconds is not None else (0 if wave is None else len(wave) / RATE_HZ)
    heard = np.zeros(0, np.float32) if wave is None else wave
    rows = -(-len(heard) // ROW_SAMPLES)
    values = np.zeros((rows, ROW_SAMPLES), np.int16)
    values.ravel()[: len(heard)] = np.clip(np.rint(heard * 32767), -32768, 32767)
    pts = ROW_SAMPLES * np.arange(rows, dtype=np.int64)
    signal = Signal("sound_band.mono", 1, "1/32767", Fraction(1, RATE_HZ), pts, values)
    frames = FrameTimes(Fraction(1, rate_hz), np.arange(round(length_s * rate_hz)), round(length_s * rate_hz))
    return Measurement(
        Exhibit(Path("made"), "0" * 64, 1), VIEW, frames, {"sound_band.mono": signal}, {}, "none"
    )


def segment(
    start_s: float,
    end_s: float,
    recording: int | None,
    raw_start_s: float = 0.0,
    *,
    speed: float = 1.0,
    others: Sequence[tuple[float, float]] | None = None,
) -> Segment:
    """What the pictures say of a span."""
    start, end, raw = (Fraction(t).limit_denominator(1000) for t in (start_s, end_s, raw_start_s))
    rate = Fraction(speed).limit_denominator(1000)
    named = recording is not None
    return Segment(
        start,
        end,
        recording,
        raw if named else None,
        raw + rate * (end - start) if named else None,
        rate if named else None,
        False if named else None,
        None,
        None,
        0.9,
        None if not named else "exact" if others is None else "ambiguous",
        tuple(
            RawSpan(Fraction(a).limit_denominator(1000), Fraction(b).limit_denominator(1000))
            for a, b in others or ()
        ),
        Opening("cut", start, start, 0.95),
    )


def cut(wave: Samples, start_s: float, end_s: float) -> Samples:
    return wave[round(start_s * RATE_HZ) : round(end_s * RATE_HZ)]
