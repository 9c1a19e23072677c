"""A boundary of which one side has no source: what the other side's share alone can tell."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from offcut.conform.canvas import Pixels, detail
from offcut.conform.ramps import DIRECTIONS, STAGES, Ramp, Table, best_ramp, share_table

PLAIN_CONTRAST = 0.3
"""Share of the usual contrast below which a frame shows next to nothing but a plain picture."""

LIKENESSES = (2, 6, 12)
"""Frames after a change (before, where the unknown side comes first) whose pictures stand for the unknown
side when the known share is measured again."""

LEAST_MISS = 0.1
"""Rows and columns in which both sides differ less than this, of the most, say nothing about an edge."""

EDGE_BETTER = 0.7
"""A moving edge must leave at most this share of the error that a mixture leaves."""


@dataclass(frozen=True, slots=True)
class HalfKnown:
    """The release and the known side's pictures around a boundary, the known side first.

    Where the known side comes second, time runs backwards here; see `forwards`.

    Attributes:
        seen: Release pictures in grey levels, (frames, h, w).
        known: The known side's, (frames, h, w).
        mask: Where they are compared, (h, w).
        is_first: The known side comes first, so that time runs forwards.
    """

    seen: Pixels
    known: Pixels
    mask: NDArray[np.bool_]
    is_first: bool

    @classmethod
    def of(cls, seen: Pixels, known: Pixels, mask: NDArray[np.bool_], *, is_first: bool) -> "HalfKnown":
        """Bring the known side to the front."""
        return cls(seen, known, mask, True) if is_first else cls(seen[::-1], known[::-1], mask, False)

    def forwards(self, ramp: Ramp) -> Ramp:
        """A ramp found here, in rows of the true order of time."""
        count = len(self.seen)
        return ramp if self.is_first else Ramp(count - ramp.last, count - ramp.first, ramp.error)

    def mixture(self) -> Table:
        """Errors of the known side's share, as it should fall from 1 to 0."""
        ours = np.stack([detail(p)[self.mask] for p in self.seen]).astype(np.float64)
        theirs = np.stack([detail(p)[self.mask] for p in self.known]).astype(np.float64)
        ramp = best_ramp(share_table(_shares(ours, theirs, []), rising=False))
        alone = [ramp.last + by for by in LIKENESSES if ramp.last + by < len(ours)]
        shares = share_table(_shares(ours, theirs, [ours[t] for t in alone]), rising=False)
        # How far the levels are off grows with the unknown share; sharp where that is small.
        misses = ((self.seen - self.known)[:, self.mask].astype(np.float64) ** 2).mean(axis=1)
        outer = max(3, len(misses) // 5)
        least, usual = float(np.median(misses[:outer])), float(np.median(misses[-outer:]))
        unknown = np.sqrt(np.clip((misses - least) / max(usual - least, 1.0), 0, 1.44))
        return (shares + share_table(unknown, rising=True)) / 2

    def edge(self) -> tuple[str, Ramp] | None:
        """Direction and extent of a moving edge with the known side on one hand, if there is one."""
        misses = np.where(self.mask, (self.seen - self.known) ** 2, 0)
        outer = np.median(misses[-max(3, len(misses) // 5) :], axis=0)
        found: list[tuple[float, str, Ramp]] = []
        for axis, names in ((1, DIRECTIONS[:2]), (2, DIRECTIONS[2:])):
            usual = outer.sum(axis=axis - 1)
            used = usual > LEAST_MISS * usual.max() + 1e-6
            profile = np.clip(misses.sum(axis=axis)[:, used] / usual[used], 0, 1.5)
            stages = np.linspace(0, 1, STAGES + 1)
            table = ((profile[:, None, :] - (stages**2)[None, :, None]) ** 2).mean(axis=2)
            mixed = best_ramp(table).error
            where = (np.flatnonzero(used) + 0.5) / len(used)
            for name, side in zip(names, (where, 1 - where), strict=True):
                passed = side[None, :] < stages[:, None]
                table = ((profile[:, None, :] - passed[None, :, :]) ** 2).mean(axis=2)
                ramp = best_ramp(table)
                # Backwards, what comes from the left goes away to the left.
                shown = name if self.is_first else _opposite(name)
                found.append((ramp.error / (mixed + 1e-9), shown, ramp))
        share, name, ramp = min(found, key=lambda one: one[0])
        return (name, self.forwards(ramp)) if share < EDGE_BETTER else None

    def by_plain(self) -> tuple[Table, Table, float] | None:
        """Tables of a fall to a plain picture and of the unknown side's contrast as it rises; its level."""
        spreads = np.array([float(detail(p)[self.mask].std()) for p in self.seen])
        third = max(3, len(spreads) // 3)
        usual = float(np.median(spreads[-third:]))
        row = int(spreads.argmin())
        if spreads[row] > PLAIN_CONTRAST * min(usual, float(np.median(spreads[:third]))) or row == 0:
            return None
        level = float(self.seen[row][self.mask].mean())
        plain = np.float32(level)
        seen, known = self.seen[:, self.mask], self.known[:, self.mask]
        change = (plain - known).astype(np.float64)
        share = 1 - ((seen - known) * change).sum(axis=1) / ((change**2).sum(axis=1) + 1e-6)
        rise = np.clip(spreads / (usual + 1e-6), 0, 1)
        return share_table(np.clip(share, -0.2, 1.2), rising=False), share_table(rise, rising=True), level


def _opposite(name: str) -> str:
    return {
        "from left": "from right",
        "from right": "from left",
        "from top": "from bottom",
        "from bottom": "from top",
    }[name]


def _shares(
    ours: NDArray[np.float64], theirs: NDArray[np.float64], likenesses: list[NDArray[np.float64]]
) -> NDArray[np.float64]:
    """The known side's share of each frame by least squares, beside likenesses of the unknown side."""
    found = []
    usual = float((theirs**2).sum(axis=1).mean())
    for seen, known in zip(ours, theirs, strict=True):
        basis = np.stack([known, *likenesses], axis=1)
        gram = basis.T @ basis
        gram += 0.02 * usual * np.eye(len(gram))
        found.append(float(np.linalg.solve(gram, basis.T @ seen)[0]))
    return np.asarray(np.clip(found, -0.2, 1.2), np.float64)
