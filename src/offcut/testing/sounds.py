"""Invented sound: wind, steps, engines, reports, and a bed of music to lay over it.

All functions return shape (2, samples), float32, full scale 1, at RATE_HZ.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["RATE_HZ", "engine", "music", "reports", "steps", "wind"]

RATE_HZ = 48000

Samples = NDArray[np.float32]
Random = np.random.Generator


def wind(rng: Random, samples: int, *, level: float = 0.05) -> Samples:
    """Noise that falls with frequency and swells slowly; the two channels are half alike."""
    bins = np.fft.rfftfreq(samples, 1 / RATE_HZ)
    fall = 1 / np.sqrt(1 + (bins / 240.0) ** 2)
    both = rng.standard_normal(samples)
    gusts = rng.uniform(0.4, 1.0, samples // RATE_HZ + 3)
    swell = np.interp(np.arange(samples) / RATE_HZ, np.arange(gusts.size), gusts)
    sides = [np.fft.irfft(np.fft.rfft(both + rng.standard_normal(samples)) * fall, samples) for _ in range(2)]
    sound = np.stack(sides) * swell
    return _scaled(sound, level)


def steps(rng: Random, samples: int, *, every_s: float, level: float = 0.25) -> Samples:
    """Footsteps: short bursts, not quite regular, on either side in turn."""
    sound = np.zeros((2, samples))
    length = int(0.09 * RATE_HZ)
    fade = np.exp(-np.arange(length) / (0.016 * RATE_HZ))
    at_s, side = 0.3 * every_s, 0
    while int(at_s * RATE_HZ) + length < samples:
        start = int(at_s * RATE_HZ)
        burst = (
            np.convolve(rng.standard_normal(length), np.ones(9) / 9, "same") * fade * rng.uniform(0.6, 1.0)
        )
        sound[:, start : start + length] += np.array([[1.0], [0.6]] if side else [[0.6], [1.0]]) * burst
        at_s, side = at_s + every_s * rng.uniform(0.92, 1.08), 1 - side
    return np.asarray(level * sound, np.float32)


def engine(rng: Random, samples: int, *, pitch_hz: float, level: float = 0.08) -> Samples:
    """A motor whose pitch wanders, and a horn now and then."""
    t = np.arange(samples) / RATE_HZ
    bends = rng.uniform(0.85, 1.25, samples // RATE_HZ + 3)
    wander = np.interp(t, np.arange(bends.size), bends)
    phase = 2 * np.pi * np.cumsum(pitch_hz * wander) / RATE_HZ
    hum = sum(np.sin(phase * k + rng.uniform(0, 6)) / k for k in (1, 2, 3, 5, 8))
    horn = np.zeros(samples)
    for at_s in np.arange(1.7, samples / RATE_HZ, 4.3):
        inside = (t >= at_s) & (t < at_s + 0.35)
        horn[inside] += np.sin(2 * np.pi * 440 * t[inside]) + np.sin(2 * np.pi * 554 * t[inside])
    mono = level * np.asarray(hum) + 0.09 * horn
    return np.asarray(np.stack([mono, 0.8 * mono]), np.float32)


def reports(rng: Random, samples: int, at_s: Sequence[float], *, level: float = 0.8) -> Samples:
    """Loud cracks with an echo 0.24 s later, at the times given."""
    sound = np.zeros((2, samples))
    for time_s in at_s:
        for delay_s, gain in ((0.0, 1.0), (0.24, 0.3)):
            start = int((time_s + delay_s) * RATE_HZ)
            length = min(int(0.25 * RATE_HZ), samples - start)
            if length <= 0:
                continue
            fade = np.exp(-np.arange(length) / (0.03 * RATE_HZ))
            sound[:, start : start + length] += gain * fade * rng.standard_normal((2, length)) * 0.4
    return np.asarray(np.clip(level * sound, -1, 1), np.float32)


def music(rng: Random, samples: int, *, beat_s: float = 0.5) -> Samples:
    """A slow sequence of chords with a bass and a beat."""
    t = np.arange(samples) / RATE_HZ
    chords = ((220.0, 261.6, 329.6), (174.6, 220.0, 261.6), (196.0, 246.9, 293.7), (164.8, 196.0, 246.9))
    bar = (t / (4 * beat_s)).astype(int) % len(chords)
    within = t % (4 * beat_s)
    sound = np.zeros(samples)
    for voice in range(3):
        pitch = np.array([chord[voice] for chord in chords])[bar]
        sound += np.sin(2 * np.pi * pitch * within) + 0.3 * np.sin(4 * np.pi * pitch * within + 0.4)
    bass = np.array([chord[0] / 2 for chord in chords])[bar]
    sound = sound * np.exp(-0.5 * within) + 1.2 * np.sin(2 * np.pi * bass * within)
    beat = np.exp(-(t % beat_s) / 0.04) * np.sin(2 * np.pi * 70 * (t % beat_s))
    hiss = np.exp(-((t + beat_s / 2) % beat_s) / 0.02) * rng.standard_normal(samples) * 0.3
    mono = sound * 0.25 + beat + hiss
    return _scaled(np.stack([mono, np.roll(mono, 240)]), 0.12)


def _scaled(sound: NDArray[np.float64], level: float) -> Samples:
    rms = float(np.sqrt(np.mean(sound**2))) or 1.0
    return np.asarray(np.clip(sound * (level / rms), -1, 1), np.float32)
