"""Sound made longer or shorter without another pitch: overlap and add, each piece where it fits best."""

import numpy as np
from numpy.typing import NDArray

PIECE = 2048
HOP = PIECE // 2
SEARCH = 480
"""Samples that a piece may be moved by to continue the one before it."""


def stretched(track: NDArray[np.float32], start: float, speed: float, samples: int) -> NDArray[np.float64]:
    """`samples` of sound from sample `start` of `track`, shape (2, n), played `speed` times as fast."""
    window = np.hanning(PIECE + 1)[:-1]
    out = np.zeros((2, samples + 2 * PIECE))
    padded = np.pad(track.astype(np.float64), ((0, 0), (PIECE + SEARCH, 4 * PIECE + SEARCH)))
    mono, follows = padded.mean(axis=0), None
    highest = padded.shape[1] - PIECE - HOP - SEARCH
    for at in range(0, samples + HOP, HOP):
        wanted = int(np.clip(start + speed * at + PIECE + SEARCH, SEARCH, highest))
        if follows is not None:
            around = mono[wanted - SEARCH : wanted + SEARCH + HOP]
            wanted += int(np.argmax(np.correlate(around, mono[follows : follows + HOP], "valid"))) - SEARCH
        out[:, at : at + PIECE] += padded[:, wanted : wanted + PIECE] * window
        follows = wanted + HOP
    return out[:, HOP // 2 : HOP // 2 + samples] if samples else out[:, :0]
