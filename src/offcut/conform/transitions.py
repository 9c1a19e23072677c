"""How one piece goes over into the next: a cut, a dissolve, a fade, and from which frame to which.

Each release frame near a boundary is taken for a mixture of the two raw pictures that the lines
name there. Only local brightness is removed before (a linear step), so the mixture of the pictures
is the mixture of their details, and least squares gives both shares frame by frame.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from offcut.conform.canvas import Canvas, Pixels, correlation, detail
from offcut.conform.lines import Fitter
from offcut.conform.path import Piece

REACH_FRAMES = 50
LONGEST_FRAMES = 90
LEAST_DISSOLVE_FRAMES = 3
"""A mixture of one or two frames is what re-encoding and frame-rate conversion leave at a cut."""

BETTER = 0.5
"""A dissolve must leave at most this share of the squared error that a cut leaves."""

WORST_ERROR = 0.06
"""Mean squared error of the shares above which neither model describes the boundary."""

LEAST_PIXELS = 250
HELD = 0.97
"""Correlation above which the unknown side of a boundary still shows what the known one ended with."""

FLAT = 6.0
"""Standard deviation in grey levels below which a picture is plain (black, white, one colour)."""


@dataclass(frozen=True, slots=True)
class Transition:
    """Release frames [first, last) in which both sides are seen; first == last for a cut."""

    kind: Literal["cut", "dissolve", "fade"]
    first: int
    last: int
    error: float


def between(canvas: Canvas, before: Piece, after: Piece, fitters: Sequence[Fitter]) -> Transition:
    """Measure the boundary of two neighbouring pieces, of which at least one has a source."""
    at = after.first
    cut = Transition("cut", at, at, 0.0)
    low = max(0, at - REACH_FRAMES, (before.first + before.last) // 2 if before.line else before.first)
    high = min(
        len(canvas.luma), at + REACH_FRAMES, (after.first + after.last) // 2 + 1 if after.line else after.last
    )
    frames = np.arange(low, high)
    sides = [_Side.of(canvas, piece, fitters) for piece in (before, after)]
    if len(frames) < 2 * LEAST_DISSOLVE_FRAMES or not any(sides):
        return cut
    if None in (before.line, after.line) and _is_held(canvas, at, frames, after=after.line is None):
        return cut
    shares = _shares(canvas, frames, sides)
    if shares is None:
        return cut
    first, last, error, cut_error = _ramp(frames, shares, at)
    if last - first < LEAST_DISSOLVE_FRAMES or error > WORST_ERROR or error > BETTER * cut_error:
        return cut
    plain = (
        _is_plain(canvas, before if before.line is None else after)
        if None in (before.line, after.line)
        else False
    )
    return Transition("fade" if plain else "dissolve", first, last, error)


@dataclass(frozen=True, slots=True)
class _Side:
    """One piece as a source of pictures: its fitter, and how strongly it shows where it is alone."""

    canvas: Canvas
    piece: Piece
    fitter: Fitter
    gain: float

    @classmethod
    def of(cls, canvas: Canvas, piece: Piece, fitters: Sequence[Fitter]) -> "_Side | None":
        if piece.line is None:
            return None
        side = cls(canvas, piece, fitters[piece.line.plane], 1.0)
        middle = np.unique(np.linspace(piece.first, piece.last - 1, 9).round().astype(int))[2:-2]
        gains = []
        for frame in middle if len(middle) else [(piece.first + piece.last) // 2]:
            raw = side.picture(int(frame))
            if raw is None:
                continue
            mask = side.fitter.plane.mask
            x, y = detail(canvas.luma[frame])[mask], raw[mask]
            gains.append(float(x @ y / (y @ y + 1e-6)))
        gain = float(np.median(gains)) if gains else 0.0
        return cls(canvas, piece, side.fitter, gain) if gain > 0.1 else None

    def picture(self, frame: int) -> Pixels | None:
        """Detail of the raw picture that the line names for a release frame; None off the recording."""
        line = self.piece.line
        assert line is not None
        geometry = self.fitter.plane.geometry
        times = self.canvas.recordings[geometry.recording].frames
        raw_s = float(line.raw_at(self.fitter.release_time_s(frame)))
        slack = times.median_step_s
        if raw_s < float(times.start_s) - slack or raw_s >= float(times.end_s) + slack:
            return None
        index = times.index_at(Fraction(max(raw_s, 0.0)).limit_denominator(1_000_000))
        return detail(self.canvas.warped(geometry, index))


def _shares(
    canvas: Canvas, frames: NDArray[np.int64], sides: Sequence[_Side | None]
) -> NDArray[np.float64] | None:
    """How much of each side shows in each frame, shape (frames, 2); NaN where a side has no picture."""
    known = [s for s in sides if s is not None]
    mask = np.logical_and.reduce([s.fitter.plane.mask for s in known])
    if mask.sum() < LEAST_PIXELS:
        mask = known[-1].fitter.plane.mask
    shares = np.full((len(frames), 2), np.nan)
    for row, frame in enumerate(frames):
        pictures = [None if s is None else s.picture(int(frame)) for s in sides]
        present = [k for k, p in enumerate(pictures) if p is not None]
        if not present:
            continue
        basis = np.stack([p[mask] for p in pictures if p is not None], axis=1).astype(np.float64)
        seen = detail(canvas.luma[frame])[mask].astype(np.float64)
        ridge = 1e-3 * np.trace(basis.T @ basis) * np.eye(len(present))
        weights = np.linalg.solve(basis.T @ basis + ridge + 1e-6 * np.eye(len(present)), basis.T @ seen)
        for k, weight in zip(present, weights, strict=True):
            side = sides[k]
            shares[row, k] = weight / side.gain if side is not None else np.nan
    return shares if np.isfinite(shares).any() else None


def _ramp(frames: NDArray[np.int64], shares: NDArray[np.float64], at: int) -> tuple[int, int, float, float]:
    """First and last + 1 frame of the linear change that fits the shares best, its error, and a cut's."""
    wanted = np.clip(shares, -0.2, 1.2)
    best = (at, at, np.inf)
    cut_error = np.inf
    known = np.isfinite(wanted)
    filled = np.where(known, wanted, 0.0)
    weights = known / max(1, int(known.sum()))
    for length in range(min(LONGEST_FRAMES, len(frames) - 2) + 1):
        firsts = np.arange(int(frames[0]), int(frames[-1]) - length + 2)
        since = frames[None, :] - firsts[:, None]
        rise = np.clip((since + 0.5) / length, 0, 1) if length else (since >= 0).astype(np.float64)
        errors = ((filled[:, 0] - (1 - rise)) ** 2) @ weights[:, 0] + ((filled[:, 1] - rise) ** 2) @ weights[
            :, 1
        ]
        k = int(errors.argmin())
        if length <= 1:
            cut_error = min(cut_error, float(errors[k]))
        if errors[k] < best[2] - 1e-9:
            best = (int(firsts[k]), int(firsts[k]) + length, float(errors[k]))
    return best[0], best[1], best[2], cut_error


def _is_held(canvas: Canvas, at: int, frames: NDArray[np.int64], *, after: bool) -> bool:
    """Whether the unknown side goes on showing the last picture of the known one: a held frame."""
    known, unknown = (at - 1, int(frames[-1])) if after else (at, int(frames[0]))
    pictures = [canvas.release_picture(max(0, frame)).ravel() for frame in (known, unknown)]
    return correlation(*pictures) > HELD


def _is_plain(canvas: Canvas, piece: Piece) -> bool:
    middle = (piece.first + piece.last) // 2
    return float(canvas.luma[min(middle, len(canvas.luma) - 1)].std()) < FLAT
