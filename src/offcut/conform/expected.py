"""What a piece of the release would show if nothing lay over its recording."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import cv2
import numpy as np
from numpy.typing import NDArray

from offcut.conform.canvas import Canvas, Pixels
from offcut.conform.hypotheses import Geometry, canvas_px
from offcut.conform.lines import Fitter
from offcut.conform.path import Piece

TOLERANCE = 12.0
"""Grey levels that grading, colour and compression may leave beside every raw level near a pixel."""

FITTED_FRAMES, FITTED_PIXELS = 8, 8000
LEVELS = 16
OUTLYING = (60.0, 40.0, 25.0, 15.0, 10.0, 10.0)
"""Grey levels beyond which a pixel loses its say, in each round: wide at first, to find a bent curve."""

UNIFORM = 3.0
"""Mean absolute deviation, in grey levels, up to which what lies around a picture is of one colour."""

BACKDROP_BLUR_PX, BACKDROP_MISS = 3.0, 7.0

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Expected:
    """Release frames beside what they should show.

    Attributes:
        seen: Release frames, grey levels, (frames, h, w).
        picture: The raw frames that the line names, graded, (frames, h, w).
        low, high: Darkest and brightest raw level within a pixel and a raw frame, graded, (frames, h, w).
        inside: Where the recording's picture lies, (h, w).
        compared: Where anything is expected: inside, and around it where that is understood, (h, w).
    """

    seen: Pixels
    picture: Pixels
    low: Pixels
    high: Pixels
    inside: Mask
    compared: Mask

    def disagrees(self) -> Mask:
        """Where no raw pixel near explains the release, (frames, h, w)."""
        off = (self.seen > self.high + TOLERANCE) | (self.seen < self.low - TOLERANCE)
        return np.asarray(off & self.compared, np.bool_)


def expected(
    canvas: Canvas, piece: Piece, fitter: Fitter, frames: Sequence[int], *, edge_px: int = 0
) -> Expected:
    """Lay the raw frames that a piece's line names, graded, beside its release frames.

    Nothing is expected of the outermost `edge_px` pixels of the release.
    """
    assert piece.line is not None
    geometry = fitter.plane.geometry
    times = canvas.recordings[geometry.recording].frames
    raw_s = [float(piece.line.raw_at(fitter.release_time_s(t))) for t in frames]
    index = [times.index_at(Fraction(max(s, 0.0)).limit_denominator(1_000_000)) for s in raw_s]
    inside = canvas.mask(geometry)
    if edge_px:
        inside[:edge_px] = inside[-edge_px:] = False
        inside[:, :edge_px] = inside[:, -edge_px:] = False
    seen = np.stack([canvas.luma[t].astype(np.float32) for t in frames])
    raws: dict[int, tuple[Pixels, Pixels, Pixels]] = {}
    near = np.ones((3, 3), np.uint8)
    for j in sorted({min(max(i + by, 0), len(times) - 1) for i in index for by in (-1, 0, 1)}):
        raw = canvas.warped(geometry, j)
        raws[j] = (raw, np.asarray(cv2.erode(raw, near)), np.asarray(cv2.dilate(raw, near)))
    picture = np.stack([raws[i][0] for i in index])
    around = [[min(max(i + by, 0), len(times) - 1) for by in (-1, 0, 1)] for i in index]
    low = np.stack([np.min([raws[j][1] for j in js], axis=0) for js in around])
    high = np.stack([np.max([raws[j][2] for j in js], axis=0) for js in around])
    grade = _Grade.of(picture, seen, inside)
    laid = Expected(seen, grade.of_raw(picture), grade.of_raw(low), grade.of_raw(high), inside, inside)
    return laid if inside.all() or edge_px else _with_surround(canvas, geometry, index, laid)


@dataclass(frozen=True, slots=True)
class _Grade:
    """Brightness as a cubic of the raw brightness, less towards the corners: grade and vignette."""

    weights: NDArray[np.float64]
    radius: NDArray[np.float64]
    low: float
    high: float

    @classmethod
    def of(cls, raw: Pixels, seen: Pixels, inside: Mask) -> "_Grade":
        """Fit by reweighted least squares, so that overlays do not count."""
        picks = np.unique(np.linspace(0, len(raw) - 1, FITTED_FRAMES).round().astype(int))
        y, x = np.mgrid[-1 : 1 : inside.shape[0] * 1j, -1 : 1 : inside.shape[1] * 1j]
        radius = np.asarray((x**2 + y**2) / 2, np.float64)
        r, p = raw[picks][:, inside].astype(np.float64) / 255, seen[picks][:, inside].astype(np.float64)
        rho = np.broadcast_to(radius[inside], r.shape)
        step = max(1, r.size // FITTED_PIXELS)
        r, p, rho = (v.ravel()[::step] for v in (r, p, rho))
        basis = _terms(r, rho)
        pull = np.diag([0.0, 0.0, 1e-3, 1e-3, 1e-3, 1e-3]) * len(r) + 1e-6 * np.eye(6)
        # Few pixels are very dark or very bright; unweighted, the curve would not be asked to serve them.
        bins = np.minimum((r * LEVELS).astype(np.int64), LEVELS - 1)
        rare = 1 / np.sqrt(np.bincount(bins, minlength=LEVELS)[bins])
        rare *= len(r) / rare.sum()
        say, weights = rare, np.zeros(6)
        for outlying in OUTLYING:
            said = basis * say[:, None]
            weights = np.linalg.solve(said.T @ basis + pull, said.T @ p)
            say = rare / (1 + ((p - basis @ weights) / outlying) ** 2) ** 2
        low, high = np.quantile(r, [0.002, 0.998])
        return cls(weights, radius, float(low), float(high))

    def of_raw(self, raw: Pixels) -> Pixels:
        """Raw grey levels (frames, h, w) as the release would show them."""
        levels = np.clip(raw.astype(np.float64) / 255, self.low, self.high)
        w, rho = self.weights, self.radius[None]
        graded = w[0] + levels * (w[1] + w[4] * rho + w[5] * rho**2 + levels * (w[2] + levels * w[3]))
        return np.asarray(graded, np.float32)


def _terms(r: NDArray[np.float64], rho: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.stack([np.ones_like(r), r, r**2, r**3, r * rho, r * rho**2], axis=1)


def _with_surround(canvas: Canvas, geometry: Geometry, index: Sequence[int], laid: Expected) -> Expected:
    """Expect one colour around the picture, or a blurred copy of it, where that is what is seen."""
    outside = ~cv2.dilate(laid.inside.astype(np.uint8), np.ones((5, 5), np.uint8)).astype(np.bool_)
    if not outside.any():
        return laid
    levels = laid.seen[:, outside]
    usual = float(np.median(levels))
    if float(np.median(np.abs(levels - usual))) <= UNIFORM:
        around = np.full_like(laid.seen, usual)
    else:
        around = _backdrop(canvas, geometry, index, laid, outside)
        if float(np.median(np.abs(laid.seen - around)[:, outside])) > BACKDROP_MISS:
            return laid
    picture, low, high = (np.where(outside, around, p) for p in (laid.picture, laid.low, laid.high))
    return replace(laid, picture=picture, low=low, high=high, compared=laid.inside | outside)


def _backdrop(
    canvas: Canvas, geometry: Geometry, index: Sequence[int], laid: Expected, outside: Mask
) -> Pixels:
    """The same raw frames cut to fill the release, blurred, in the brightness that is seen."""
    width, height = canvas_px(canvas.recordings[geometry.recording])
    wide, high = canvas.size_px
    scale = max(wide / width, high / height)
    matrix = np.array([[scale, 0, (wide - scale * width) / 2], [0, scale, (high - scale * height) / 2]])
    filled = Geometry(geometry.recording, geometry.mirrored, matrix)
    known: dict[int, Pixels] = {}
    for j in set(index):
        known[j] = np.asarray(cv2.GaussianBlur(canvas.warped(filled, j), (0, 0), BACKDROP_BLUR_PX))
    blurred = np.stack([known[j] for j in index])
    grade = _Grade.of(blurred, laid.seen, outside)
    return grade.of_raw(blurred)
