"""Where two lists of hashes hold the same hashes in the same order, as long as possible."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MOST_PLACES = 16
"""A packet that lies in more places than this of one file names none; black can repeat for hours."""

_BLOCK = 256

Digests = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, order=True)
class Run:
    """`packets` packets of the release from `release` on equal those of a recording from `raw` on."""

    release: int
    raw: int
    packets: int


def equal_runs(
    release: Digests, raw: Digests, *, release_keys: NDArray[np.bool_], raw_keys: NDArray[np.bool_]
) -> list[Run]:
    """Find every run of equal hashes that holds a key packet, each extended as far as it goes.

    Args:
        release: Hashes in file order, shape (packets, 16), uint8.
        raw: Those of a recording, likewise.
        release_keys: Which packets of the release can be decoded alone, shape (packets,).
        raw_keys: Which of the recording.

    Returns:
        The runs, sorted. One that holds no key packet, or only such as lie in more than `MOST_PLACES`
        places of the recording, is not among them.
    """
    one, other = _words(release), _words(raw)
    from_release, from_raw = _meetings(one, other, release_keys, raw_keys)
    offset = from_raw - from_release
    order = np.lexsort((from_release, offset))
    found: list[Run] = []
    for at in order:
        i, j = int(from_release[at]), int(from_raw[at])
        last = found[-1] if found else None
        if last and last.raw - last.release == j - i and i < last.release + last.packets:
            continue
        back = _equal_rows(one[:i][::-1], other[:j][::-1])
        on = _equal_rows(one[i:], other[j:])
        found.append(Run(i - back, j - back, back + on))
    return sorted(found)


def _words(digests: Digests) -> NDArray[np.uint64]:
    """Each hash as two numbers, which compare faster than bytes; shape (packets, 2)."""
    return np.ascontiguousarray(digests).view(np.uint64).reshape(-1, 2)


def _meetings(
    one: NDArray[np.uint64],
    other: NDArray[np.uint64],
    one_keys: NDArray[np.bool_],
    other_keys: NDArray[np.bool_],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pairs of key packets that are equal: positions in the one list and in the other."""
    mine, theirs = np.nonzero(one_keys)[0], np.nonzero(other_keys)[0]
    theirs = theirs[np.argsort(other[theirs, 0], kind="stable")]
    sought, held = one[mine, 0], other[theirs, 0]
    first, end = np.searchsorted(held, sought, side="left"), np.searchsorted(held, sought, side="right")
    places = np.where(end - first <= MOST_PLACES, end - first, 0)
    pairs = int(places.sum())
    nth = np.arange(pairs) - np.repeat(np.cumsum(places) - places, places)
    i, j = np.repeat(mine, places), theirs[np.repeat(first, places) + nth]
    same = one[i, 1] == other[j, 1]
    return i[same].astype(np.int64), j[same].astype(np.int64)


def _equal_rows(one: NDArray[np.uint64], other: NDArray[np.uint64]) -> int:
    """How many rows agree from the start on."""
    length, done = min(len(one), len(other)), 0
    while done < length:
        stop = min(length, done + _BLOCK)
        unlike = np.nonzero((one[done:stop] != other[done:stop]).any(axis=1))[0]
        if len(unlike):
            return done + int(unlike[0])
        done = stop
    return done
