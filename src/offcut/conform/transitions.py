"""How one piece goes over into the next: cut, dissolve, fade, wipe or flash, and from which frame to which.

Each release frame near a boundary is compared with what a cut, a mixture, an edge that moves over the
picture, and a way over a plain picture would show there, made from the two raw pictures that the
lines name, graded as the release grades them. The simplest that leaves a small error is claimed.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from offcut.conform.canvas import Canvas, Pixels
from offcut.conform.lines import Fitter
from offcut.conform.path import Piece
from offcut.conform.ramps import (
    DIRECTIONS,
    Dip,
    Ramp,
    Table,
    best_cut,
    best_dip,
    best_ramp,
    mixture_table,
    wipe_table,
)
from offcut.conform.sides import FLAT, Side, side_of
from offcut.conform.strays import goes_on, is_held, is_own_flash, strays
from offcut.conform.unknown_side import HalfKnown

REACH_FRAMES = 50
LEAST_DISSOLVE_FRAMES = 3
"""A mixture of one or two frames is what re-encoding and frame-rate conversion leave at a cut."""

BETTER = 0.5
"""A change must leave at most this share of the squared error that a cut leaves."""

LEAST_GAIN = 0.12
"""And so much less of it, in frames that show the wrong side: a dissolve over three frames is worth .23."""

WORST_ERROR = 0.06
"""Mean squared error, in shares, above which no model describes the boundary."""

WORST_HALF_KNOWN = 0.02
"""The same where one side has no source: then less is compared, and another take of the place looks alike."""

EXTRA = {"dissolve": 0.0, "wipe": 0.1, "dip": 0.2}
"""What a model with more freedom has to leave less, in the same unit as `LEAST_GAIN`."""

LEAST_CHANGE = 8.0
"""Mean squared difference of both sides, in grey levels, below which no change between them can be followed:
two moments of an empty room differed by 3, of which most is what two encodings leave."""

MOST_DRAG, SETTLED_FRAMES = 0.2, 2
"""Encoders keep traces of the other side on frames that show one: so much of it is allowed for, measured
where the change is over by so many frames."""

LEAST_PIXELS = 250
FLASH_FRAMES = 8
"""A way over white in at most so many frames that begins or ends with a jump is a flash."""

DARK, BRIGHT = 60.0, 190.0
"""Grey levels of a plain picture: below is called black, above white."""

LONGEST_PLATEAU = 5
"""Frames that stay plain between a fall and a rise; a longer stay is a span of its own."""

BRIDGED_S = 1.5
"""Longest span without a source that may be nothing but a change between its neighbours."""

GAP_EDGE_FRAMES = 2
UNEXPLAINED = 0.03
"""Share of a bridged span's error, against no picture at all, that the change may leave."""


@dataclass(frozen=True, slots=True)
class Transition:
    """Release frames [first, last) in which the change happens; first == last for a cut.

    Attributes:
        error: Mean squared error of the shares in the change.
        style: What the kind leaves open, as in `records.Opening`.
        meets: For a change by way of a plain picture, the frame from which the second side shows; the two
            sides are then never seen together.
    """

    kind: Literal["cut", "dissolve", "fade", "wipe"]
    first: int
    last: int
    error: float
    style: str | None = None
    meets: int | None = None


def between(canvas: Canvas, before: Piece, after: Piece, fitters: Sequence[Fitter]) -> Transition:
    """Measure the boundary of two neighbouring pieces, of which at least one has a source."""
    at = after.first
    cut = Transition("cut", at, at, 0.0)
    low = max(0, at - REACH_FRAMES, (before.first + before.last) // 2)
    high = min(len(canvas.luma), at + REACH_FRAMES, (after.first + after.last) // 2 + 1)
    if high - low < 2 * LEAST_DISSOLVE_FRAMES or before.line is None is after.line:
        return cut
    if goes_on(canvas, before, after, fitters):
        return cut
    sides = (side_of(canvas, before, fitters), side_of(canvas, after, fitters))
    unsourced = sides[0] if before.line is None else sides[1]
    has_gap = None in (before.line, after.line)
    if (
        has_gap
        and (unsourced is None or not _is_plain(unsourced))
        and is_held(canvas, at, (low, high), after=after.line is None)
    ):
        return cut
    if not any(s is not None and s.fitter is not None for s in sides):
        return cut
    boundary = _Boundary.of(canvas, (low, high), sides)
    found = None if boundary is None else boundary.measured()
    return found or cut


def bridged(canvas: Canvas, pieces: Sequence[Piece], fitters: Sequence[Fitter]) -> list[Piece]:
    """Take out short spans without a source that are nothing but a change between their neighbours.

    Where a change takes long, or goes by way of white, neither side agrees well enough for a while, and
    the path calls these frames "no source".
    """
    kept = list(pieces)
    longest = BRIDGED_S / max(canvas.release.frames.median_step_s, 1e-3)
    for k in range(len(kept) - 2, 0, -1):
        before, gap, after = kept[k - 1 : k + 2]
        if gap.line is not None or before.line is None or after.line is None:
            continue
        if gap.last - gap.first > longest or (at := _bridge(canvas, before, after, fitters)) is None:
            continue
        kept[k - 1 : k + 2] = [replace(before, last=at), replace(after, first=at)]
    return kept


def _bridge(canvas: Canvas, before: Piece, after: Piece, fitters: Sequence[Fitter]) -> int | None:
    """Where two pieces meet if a change between them explains the gap; None if it does not."""
    sides = (side_of(canvas, before, fitters), side_of(canvas, after, fitters))
    if None in sides:
        return None
    low = max(0, before.last - REACH_FRAMES, (before.first + before.last) // 2)
    high = min(len(canvas.luma), after.first + REACH_FRAMES, (after.first + after.last) // 2 + 1)
    boundary = _Boundary.of(canvas, (low, high), sides)
    found = None if boundary is None else boundary.measured()
    if boundary is None or found is None:
        return None
    if boundary.unexplained(found, range(before.last, after.first)) > UNEXPLAINED:
        return None
    at = found.meets or (found.first + found.last) // 2
    # Measured as it will be once the gap is gone: what does not hold there is no change.
    again = between(canvas, replace(before, last=at), replace(after, first=at), fitters)
    covers = again.first <= before.last + GAP_EDGE_FRAMES and again.last >= after.first - GAP_EDGE_FRAMES
    return at if again.kind == found.kind and covers else None


@dataclass(frozen=True, slots=True)
class _Option:
    """A change that may explain a boundary.

    Attributes:
        cost: By which options are compared; grey levels squared where both sides have pictures.
        left, cut: Errors of the change and of a cut, in frames that show the wrong side.
    """

    found: Transition
    model: Literal["dissolve", "fade", "wipe", "dip"]
    cost: float
    left: float
    cut: float


@dataclass(frozen=True, slots=True)
class _Boundary:
    """The pictures around a boundary: of the release, of both sides, as far as they are known."""

    canvas: Canvas
    first: int
    sides: tuple[Side | None, Side | None]
    seen: Pixels
    pictures: tuple[Pixels | None, Pixels | None]
    mask: NDArray[np.bool_]

    @classmethod
    def of(
        cls, canvas: Canvas, window: tuple[int, int], sides: tuple[Side | None, Side | None]
    ) -> "_Boundary | None":
        known = [s for s in sides if s is not None]
        mask = np.logical_and.reduce([s.mask for s in known])
        if mask.sum() < LEAST_PIXELS:
            mask = next(s.mask for s in known if s.fitter is not None)
        frames = range(*window)
        seen = np.stack([canvas.luma[t].astype(np.float32) for t in frames])
        pictures = tuple(None if s is None else np.stack([s.picture(t) for t in frames]) for s in sides)
        return cls(canvas, window[0], sides, seen, (pictures[0], pictures[1]), mask)

    def measured(self) -> Transition | None:
        """The change that is clearly better than a cut, if there is one."""
        options = self._known() if None not in self.sides else self._half_known()
        if not options:
            return None
        best = min(options, key=lambda one: one.cost)
        share = best.found.error
        if best.left > BETTER * best.cut or best.left + EXTRA[best.model] > best.cut - LEAST_GAIN:
            return None
        worst = WORST_ERROR if None not in self.sides else WORST_HALF_KNOWN
        return None if share > worst else self._sound(best.found)

    def unexplained(self, found: Transition, frames: range) -> float:
        """Share of the release's variance on `frames` that the change leaves unexplained."""
        rows = np.array([t - self.first for t in frames if 0 <= t - self.first < len(self.seen)])
        if len(rows) == 0 or None in self.sides:
            return 0.0
        a, b = self.pictures
        assert a is not None
        assert b is not None
        picked = self.seen[rows][:, self.mask]
        base = [p[rows][:, self.mask] for p in (a, b)]
        if found.kind == "wipe":
            left = np.minimum((picked - base[0]) ** 2, (picked - base[1]) ** 2).mean()
        else:
            left = np.mean([_residual(p, x, y) for p, x, y in zip(picked, *base, strict=True)])
        spread = max(float(np.mean([p.var() for p in (*base[0], *base[1])])), FLAT**2)
        return float(left) / spread

    def _known(self) -> list[_Option]:
        """All changes, where both sides have pictures."""
        a, b = self.pictures
        assert a is not None
        assert b is not None
        seen, one, two = (x[:, self.mask] for x in (self.seen, a, b))
        change = float(((two - one) ** 2).mean())
        tables = {"dissolve": mixture_table(seen, *_undragged(seen, one, two))}
        errors = [np.where(self.mask, (self.seen - p) ** 2, 0) / np.float32(self.mask.sum()) for p in (a, b)]
        tables |= {d: wipe_table(errors[0], errors[1], d) for d in DIRECTIONS}
        dips = self._dip_tables(seen, one, two)
        # What no stage of any change explains is no argument for one of them.
        every = (*tables.values(), *(t for dip in dips.values() for t in dip))
        least = np.min([t.min(axis=1) for t in every], axis=0)[:, None]
        cut = best_cut(tables["dissolve"] - least).error
        options = []
        if change >= LEAST_CHANGE:
            for name, table in tables.items():
                style = None if name == "dissolve" else name
                options.append(self._straight(style, best_ramp(table - least), cut, change))
        for level, dip in dips.items():
            away = float(np.mean([((p - np.float32(level)) ** 2).mean() for p in (one, two)]))
            found = best_dip(dip[0] - least, dip[1] - least)
            options.append(self._dipped(found, level, cut, max(away, 1.0)))
        return options

    def _dip_tables(self, seen: Pixels, one: Pixels, two: Pixels) -> dict[float, tuple[Table, Table]]:
        """Falls to and rises from plain pictures, by their grey level, if any shows through."""
        level = _plain_level(seen, one, two)
        if level is None or any(s is not None and _is_plain(s) for s in self.sides):
            return {}
        means = seen.mean(axis=1)
        utmost = float(means.max() if level > BRIGHT else means.min())
        found = {}
        for each in {level, utmost}:
            plain = np.full_like(seen, each)
            found[each] = (mixture_table(seen, one, plain), mixture_table(seen, plain, two))
        return found

    def _half_known(self) -> list[_Option]:
        """Where one side is moving footage without a source: only the other's share is known."""
        known = 0 if self.sides[0] is not None else 1
        pictures = self.pictures[known]
        assert pictures is not None
        half = HalfKnown.of(self.seen, pictures, self.mask, is_first=known == 0)
        plain = half.by_plain()
        if plain is not None and (plain[2] < DARK or plain[2] > BRIGHT):
            found = best_dip(plain[0], plain[1])
            if known == 1:
                count = len(self.seen)
                rows = (count - found.last, count - found.back, count - found.plain, count - found.first)
                found = Dip(*rows, found.error)
            return [self._dipped(found, plain[2], best_cut(plain[0]).error, 1.0)]
        mixture = half.mixture()
        cut, ramp = best_cut(mixture).error, half.forwards(best_ramp(mixture))
        edge = half.edge()
        if edge is not None:
            return [self._straight(edge[0], Ramp(edge[1].first, edge[1].last, ramp.error), cut, 1.0)]
        return [self._straight(None, ramp, cut, 1.0)]

    def _straight(self, style: str | None, ramp: Ramp, cut: float, scale: float) -> _Option:
        kind: Literal["dissolve", "fade", "wipe"] = "dissolve" if style is None else "wipe"
        model = kind
        plain = next((s for s in self.sides if s is not None and _is_plain(s)), None)
        if kind == "dissolve" and plain is not None and plain.still is not None:
            kind = "fade"
            style = f"{'from' if plain is self.sides[0] else 'to'} {_colour(float(plain.still.mean()))}"
        share = ramp.error / scale / max(ramp.last - ramp.first, 1)
        found = Transition(kind, self.first + ramp.first, self.first + ramp.last, share, style)
        return _Option(found, model, ramp.error + EXTRA[model] * scale, ramp.error / scale, cut / scale)

    def _dipped(self, dip: Dip, level: float, cut: float, scale: float) -> _Option:
        length = max(dip.last - dip.first, 1)
        colour = _colour(level)
        jumps = dip.plain - dip.first <= 1 or dip.last - dip.back <= 1
        flash = colour == "white" and length <= FLASH_FRAMES and (jumps or length <= FLASH_FRAMES // 2)
        style = "flash" if flash else f"through {colour}"
        meets = self.first + (dip.plain + dip.back + 1) // 2
        first, last = self.first + dip.first, self.first + dip.last
        found = Transition("fade", first, last, dip.error / scale / length, style, meets)
        too_long = dip.back - dip.plain > LONGEST_PLATEAU + (FLASH_FRAMES if flash else 0)
        cost = np.inf if too_long else dip.error + EXTRA["dip"] * scale
        return _Option(found, "dip", cost, dip.error / scale, cut / scale)

    def _sound(self, found: Transition) -> Transition | None:
        """The claim, unless what was measured can be had without any editing."""
        length = found.last - found.first
        if found.style == "flash":
            flashed = any(
                s is not None and s.fitter is not None and is_own_flash(s, (found.first, found.last))
                for s in self.sides
            )
            return None if flashed or length < 2 else found
        if length < LEAST_DISSOLVE_FRAMES:
            return None
        if None in self.sides and strays(self.canvas, self.sides, found.first, found.last):
            return None
        return found


def _undragged(seen: Pixels, one: Pixels, two: Pixels) -> tuple[Pixels, Pixels]:
    """Both sides as the release shows them alone: with the traces of the other that encoding leaves."""
    ramp = best_ramp(mixture_table(seen, one, two))
    change = two - one
    shares = ((seen - one) * change).sum(axis=1) / ((change**2).sum(axis=1) + 1e-6)
    outer = (shares[: max(0, ramp.first - SETTLED_FRAMES)], shares[ramp.last + SETTLED_FRAMES :])
    low, high = (float(np.median(s)) if len(s) >= 3 else k for k, s in enumerate(outer))
    low, high = (low if abs(low) < MOST_DRAG else 0.0), (high if abs(1 - high) < MOST_DRAG else 1.0)
    return one + np.float32(low) * change, one + np.float32(high) * change


def _is_plain(side: Side) -> bool:
    return side.still is not None and float(side.still.std()) < FLAT


def _colour(level: float) -> str:
    return "black" if level < DARK else "white" if level > BRIGHT else "grey"


def _residual(seen: Pixels, one: Pixels, two: Pixels) -> float:
    """Mean squared error of the best mixture of two pictures and a plain one."""
    basis = np.stack([one, two, np.full_like(one, 128.0)], axis=1).astype(np.float64)
    gram = basis.T @ basis
    weights = np.linalg.solve(gram + 1e-4 * np.trace(gram) * np.eye(3), basis.T @ seen)
    return float(((seen - basis @ weights) ** 2).mean())


def _plain_level(seen: Pixels, one: Pixels, two: Pixels) -> float | None:
    """Brightness of the plain picture that shows through where the contrast of both sides falls."""
    levels, weights = [], []
    for p, x, y in zip(seen, one, two, strict=True):
        means = (float(p.mean()), float(x.mean()), float(y.mean()))
        basis = np.stack([x - means[1], y - means[2]], axis=1).astype(np.float64)
        gram = basis.T @ basis
        gram += (1e-2 * np.trace(gram) + 1e-3) * np.eye(2)
        a, b = np.clip(np.linalg.solve(gram, basis.T @ (p - means[0])), 0, 1)
        if a + b < 0.75:
            levels.append((means[0] - a * means[1] - b * means[2]) / (1 - a - b))
            weights.append((1 - a - b) ** 2)
    if not levels:
        return None
    level = float(np.average(np.clip(levels, 0, 255), weights=weights))
    return level if level < DARK or level > BRIGHT else None
