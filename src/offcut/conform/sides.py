"""One side of a boundary as a source of pictures: what the release would show if this side were alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from offcut.conform.canvas import Canvas, Pixels
from offcut.conform.lines import Fitter
from offcut.conform.path import Piece

LONE_PICTURES = 7
"""Frames from the middle of a piece on which its grading is measured."""

FLAT = 6.0
"""Standard deviation in grey levels below which a picture is plain (black, white, one colour)."""

STILL = 2.0
"""Mean change in grey levels below which a span without a source is one picture: a title, a card."""

LEAST_AGREEMENT = 0.3
"""Share of the variance that the graded raw picture must explain where a side is alone."""

TURNS = 4
"""Rounds of reweighting in `grading`; on the footage looked at, the curve no longer changed after three."""

OUTLYING = 12.0
"""Grey levels beyond which a pixel has next to no say in the grading: an overlay, not a grade."""


@dataclass(frozen=True, slots=True)
class Side:
    """A piece as a source of pictures.

    Attributes:
        canvas: Where pictures are compared.
        piece: The span of the release this side was found for.
        fitter: Of the piece's line; None for a plain or still side.
        curve: Grey level of the release for each raw grey level, shape (256,).
        rest: What the release shows beyond the graded raw while the side is alone: vignette, logo; (h, w).
        still: The one picture of a side without a source; None where there is a line.
        mask: Where the side's pictures can be compared, (h, w).
    """

    canvas: Canvas
    piece: Piece
    fitter: Fitter | None
    curve: NDArray[np.float64]
    rest: Pixels
    still: Pixels | None
    mask: NDArray[np.bool_]

    def picture(self, frame: int) -> Pixels:
        """Grey levels (h, w) that release frame `frame` would have; beyond the recording its last frame."""
        if self.still is not None:
            return self.still
        return self.graded(self.raw_frame(frame)) + self.rest

    def graded(self, raw_frame: int) -> Pixels:
        """A raw frame as it would lie in the release, graded, without what lies over it."""
        assert self.fitter is not None
        warped = self.canvas.warped(self.fitter.plane.geometry, raw_frame)
        return np.asarray(np.interp(warped, np.arange(256), self.curve), np.float32)

    def raw_frame(self, frame: int) -> int:
        """The raw frame that the line names for a release frame; the nearest one beyond the recording."""
        assert self.fitter is not None
        assert self.piece.line is not None
        times = self.canvas.recordings[self.fitter.plane.geometry.recording].frames
        raw_s = float(self.piece.line.raw_at(self.fitter.release_time_s(frame)))
        return times.index_at(Fraction(max(raw_s, 0.0)).limit_denominator(1_000_000))


def side_of(canvas: Canvas, piece: Piece, fitters: Sequence[Fitter]) -> Side | None:
    """What is known of one side; None where it has neither a source that agrees nor a picture that stays."""
    if piece.line is None:
        return _still_side(canvas, piece)
    fitter = fitters[piece.line.plane]
    line_only = Side(canvas, piece, fitter, np.arange(256.0), _nothing(canvas), None, fitter.plane.mask)
    frames = _lone(piece)
    ours = np.stack([canvas.luma[t].astype(np.float32) for t in frames])
    theirs = np.stack([canvas.warped(fitter.plane.geometry, line_only.raw_frame(t)) for t in frames])
    inside = np.broadcast_to(fitter.plane.mask, ours.shape)
    curve = grading(theirs[inside], ours[inside])
    graded = np.interp(theirs, np.arange(256), curve).astype(np.float32)
    left = (ours - graded)[inside]
    spread = float(ours[inside].var()) + FLAT**2
    if float((left**2).mean()) > (1 - LEAST_AGREEMENT) * spread:
        return None
    rest = np.median(ours - graded, axis=0).astype(np.float32)
    return Side(canvas, piece, fitter, curve, rest, None, fitter.plane.mask)


def grading(raw: NDArray[np.float32], seen: NDArray[np.float32]) -> NDArray[np.float64]:
    """The rising cubic that takes raw grey levels to those of the release, shape (256,).

    Reweighted least squares: pixels far from the curve (overlays, what moved) lose their say.

    Source:
        Weights of Geman and McClure, as in Zhang, "Parameter estimation techniques", IVC 1997.
    """
    step = max(1, len(raw) // 6000)
    x, y = raw[::step].astype(np.float64) / 255, seen[::step].astype(np.float64)
    basis = np.stack([np.ones_like(x), x, x**2, x**3], axis=1)
    pull = np.diag([0.0, 0.0, 1e-3, 1e-3]) * len(x)
    weights = np.ones_like(x)
    levels = np.linspace(0, 1, 256)
    line = np.stack([np.ones(256), levels, levels**2, levels**3], axis=1)
    coefficients = np.zeros(4)
    for _ in range(TURNS):
        weighted = basis * weights[:, None]
        coefficients = np.linalg.solve(weighted.T @ basis + pull + 1e-6 * np.eye(4), weighted.T @ y)
        weights = 1 / (1 + ((y - basis @ coefficients) / OUTLYING) ** 2) ** 2
    # Only levels that were seen fix the cubic; beyond them it is held, for it may turn anywhere.
    low, high = np.quantile(x, [0.005, 0.995])
    curve = np.maximum.accumulate(line @ coefficients)
    return np.asarray(np.interp(np.clip(levels, low, high), levels, curve), np.float64)


def is_plain(canvas: Canvas, frame: int) -> bool:
    """Whether a release frame is of one brightness."""
    return float(canvas.luma[min(max(frame, 0), len(canvas.luma) - 1)].std()) < FLAT


def _still_side(canvas: Canvas, piece: Piece) -> Side | None:
    frames = np.arange(max(piece.first, 0), min(piece.last, len(canvas.luma)))
    if len(frames) == 0:
        return None
    # Only the middle: at either end a neighbour may still be seen, or a way over white begins.
    third = len(frames) // 3
    middle = frames[third : max(third + 1, len(frames) - third)]
    middle = middle[np.unique(np.linspace(0, len(middle) - 1, 12).round().astype(int))]
    spreads = np.array([float(canvas.luma[t].std()) for t in middle])
    plainest = int(middle[int(spreads.argmin())])
    whole = np.ones((canvas.height, canvas.width), np.bool_)
    if float(np.median(spreads)) < FLAT:
        level = float(np.median(canvas.luma[plainest]))
        plain = np.full((canvas.height, canvas.width), level, np.float32)
        return Side(canvas, piece, None, np.arange(256.0), _nothing(canvas), plain, whole)
    pictures = np.stack([canvas.luma[t].astype(np.float32) for t in middle])
    if len(middle) < 3 or float(np.abs(pictures - pictures[0]).mean(axis=(1, 2)).max()) > STILL:
        return None
    still = np.median(pictures, axis=0).astype(np.float32)
    return Side(canvas, piece, None, np.arange(256.0), _nothing(canvas), still, whole)


def _lone(piece: Piece) -> list[int]:
    """Frames in the middle half of a piece, where neighbours are hardly seen."""
    length = piece.last - piece.first
    low, high = piece.first + length / 4, piece.first + 3 * length / 4
    return sorted({round(t) for t in np.linspace(low, max(low, high - 1), LONE_PICTURES)})


def _nothing(canvas: Canvas) -> Pixels:
    return np.zeros((canvas.height, canvas.width), np.float32)
