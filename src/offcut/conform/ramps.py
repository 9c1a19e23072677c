"""Which straight change from one picture to another leaves the smallest error, and from which frame to which.

A table says, for every frame and every stage of a change from 0 to 1, how far the release is from
what that stage would show. A change is then a line through the table; a cut is a jump through it.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from offcut.conform.canvas import Pixels

STAGES = 64
"""A change is looked at in this many steps: finer than a frame of the longest one measured."""

LONGEST_FRAMES = 90

Table = NDArray[np.float64]
"""Mean squared error, shape (frames, STAGES + 1)."""

DIRECTIONS = ("from left", "from right", "from top", "from bottom")


@dataclass(frozen=True, slots=True)
class Ramp:
    """Rows [first, last) of a table in which the change happens, and the error summed over all its rows."""

    first: int
    last: int
    error: float


@dataclass(frozen=True, slots=True)
class Dip:
    """A fall to a plain picture over rows [first, plain) and a rise from it over [back, last)."""

    first: int
    plain: int
    back: int
    last: int
    error: float


def mixture_table(seen: Pixels, before: Pixels, after: Pixels) -> Table:
    """Errors of (1 - r) before + r after; pictures as rows, shape (frames, pixels)."""
    change = (after - before).astype(np.float64)
    since = (seen - before).astype(np.float64)
    constant, linear, square = (since**2).mean(1), (since * change).mean(1), (change**2).mean(1)
    r = np.linspace(0, 1, STAGES + 1)[None, :]
    return np.asarray(constant[:, None] - 2 * r * linear[:, None] + r**2 * square[:, None], np.float64)


def wipe_table(
    error_before: NDArray[np.floating], error_after: NDArray[np.floating], direction: str
) -> Table:
    """Errors of an edge that moves over the picture, from squared errors (frames, h, w)."""
    axis = 1 if direction in ("from left", "from right") else 2
    old, new = (e.sum(axis=axis, dtype=np.float64) for e in (error_before, error_after))
    if direction in ("from right", "from bottom"):
        old, new = old[:, ::-1], new[:, ::-1]
    length = old.shape[1]
    steps = np.concatenate([np.zeros((len(old), 1)), np.cumsum(new - old, axis=1)], axis=1)
    edge = np.linspace(0, length, STAGES + 1)
    low = np.minimum(edge.astype(np.int64), length - 1)
    part = edge - low
    return np.asarray(old.sum(axis=1)[:, None] + steps[:, low] * (1 - part) + steps[:, low + 1] * part)


def share_table(shares: NDArray[np.float64], *, rising: bool) -> Table:
    """Errors of a share (frames,) that should go from 1 to 0, or with `rising` from 0 to 1."""
    r = np.linspace(0, 1, STAGES + 1)[None, :]
    return np.asarray((shares[:, None] - (r if rising else 1 - r)) ** 2, np.float64)


def best_ramp(table: Table, *, shortest: int = 2, longest: int = LONGEST_FRAMES) -> Ramp:
    """The straight change of at least `shortest` rows that leaves the smallest error."""
    best = Ramp(0, 0, np.inf)
    rows = np.arange(len(table))
    for length in range(shortest, min(longest, len(table)) + 1):
        firsts = np.arange(len(table) - length + 1)
        stage = np.clip((rows[None, :] - firsts[:, None] + 0.5) / length, 0, 1)
        errors = table[rows[None, :], np.rint(stage * STAGES).astype(np.int64)].sum(axis=1)
        k = int(errors.argmin())
        if errors[k] < best.error - 1e-12:
            best = Ramp(k, k + length, float(errors[k]))
    return best


def best_cut(table: Table) -> Ramp:
    """The jump from stage 0 to stage 1 that leaves the smallest error, a mixed frame at it allowed for."""
    before = np.concatenate([[0.0], np.cumsum(table[:, 0])])
    after = np.concatenate([np.cumsum(table[::-1, -1])[::-1], [0.0]])
    errors = before + after
    k = int(errors.argmin())
    mixed = before[:-1] + after[1:] + table.min(axis=1)
    m = int(mixed.argmin())
    return Ramp(k, k, min(float(errors[k]), float(mixed[m])))


def best_dip(fall: Table, rise: Table, *, longest: int = LONGEST_FRAMES // 2) -> Dip:
    """The fall along one table and rise along the other that leave the smallest error together.

    `fall` goes from the picture before to the plain one, `rise` from the plain one to the picture after;
    a fall or rise of no rows is a jump.
    """
    falls, starts = _falls(fall, longest)
    rises, ends = _falls(rise[::-1, ::-1], longest)
    rises, ends = rises[::-1], len(rise) - ends[::-1]
    plain = np.concatenate([[0.0], np.cumsum(fall[:, -1])])
    # total(l, f) = falls[l] + plain[f] - plain[l] + rises[f] for l <= f
    left = falls - plain
    lowest = np.minimum.accumulate(left)
    at = int((lowest + plain + rises).argmin())
    back = at
    down = int(left[: back + 1].argmin())
    error = float(left[down] + plain[back] + rises[back])
    return Dip(int(starts[down]), down, back, int(ends[back]), error)


def _falls(table: Table, longest: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """For every end, the least error of rows before it with a fall that ends there, and where it starts."""
    count = len(table)
    before = np.concatenate([[0.0], np.cumsum(table[:, 0])])
    best = before.copy()
    starts = np.arange(count + 1)
    for length in range(1, min(longest, count) + 1):
        firsts = np.arange(count - length + 1)
        stages = np.rint((np.arange(length) + 0.5) / length * STAGES).astype(np.int64)
        inside = sum(table[firsts + k, stages[k]] for k in range(length))
        errors = before[firsts] + inside
        better = errors < best[firsts + length] - 1e-12
        best[firsts + length] = np.where(better, errors, best[firsts + length])
        starts[firsts + length] = np.where(better, firsts, starts[firsts + length])
    return best, starts
