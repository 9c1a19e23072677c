"""Evidence for one geometry: every release frame of a stretch against every raw frame.

A plane holds all frame-to-frame products at once, so that any line through it (raw time against
release time, at any speed) costs a few look-ups. Two scores answer two questions: *where* (is this
the place?) is high on every line of a fixed camera; *when* (is this the moment?) compares only what
moves, because each pixel's own mean over the stretch is taken away first.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from offcut.conform.anchors import Anchor
from offcut.conform.canvas import Canvas, Pixels, centred, normalised
from offcut.conform.hypotheses import Geometry

LEAST_PIXELS = 150
SPREAD_S = 4.0
"""A plane covers the release this far before and after the keyframes that support it."""

RAW_REACH_S = 20.0
WHOLE_RAW_FRAMES = 2000
"""Recordings up to this long are searched whole; longer ones near the matched keyframes, so that the square
table of their frames stays at 32 MB."""

STRETCHES = 4
"""Of a long recording, at most so many separate stretches are searched for one geometry."""

MOSTLY_MOVING = 0.75
BLOCK = (16, 12)
BLOCK_AGREES = 0.35


MOVES_LAG_S, MOVES_PERCENT = 0.2, 90.0
"""A raw pixel counts by what it changes in a fifth of a second, in the tenth of the time in which it changes
most: on fixed cameras the right moment then stood out by a fifth more than with all pixels alike."""

MOST_COMPARED = 400
"""Pairs of raw frames on which that is measured."""


@dataclass(slots=True)
class Products:
    """All products of the pictures of one stretch of the release with those of one recording.

    Attributes:
        both: Pixel products, shape (release frames, raw frames).
        release_energy, raw_energy: Squared lengths of the rows.
        raw_integral: Two-dimensional integral of `raw_gram`, shape (raw + 1, raw + 1).
        raw_gram, release_gram: Products of raw frames, and of release frames, with each other.
    """

    both: NDArray[np.float32]
    release_energy: NDArray[np.float64]
    raw_energy: NDArray[np.float64]
    raw_integral: NDArray[np.float64]
    raw_gram: NDArray[np.float32]
    release_gram: NDArray[np.float32]

    @classmethod
    def of(cls, ours: Pixels, theirs: Pixels) -> "Products":
        """Multiply rows of pixels, shapes (release frames, pixels) and (raw frames, pixels)."""
        gram = theirs @ theirs.T
        integral = np.zeros((len(theirs) + 1, len(theirs) + 1))
        integral[1:, 1:] = gram.cumsum(axis=0, dtype=np.float64).cumsum(axis=1)
        energy = np.einsum("ij,ij->i", ours, ours).astype(np.float64)
        return cls(ours @ theirs.T, energy, np.diag(gram).astype(np.float64), integral, gram, ours @ ours.T)

    def match(self) -> NDArray[np.float32]:
        """Normalised correlation of every release frame with every raw frame."""
        scale = np.sqrt(np.outer(self.release_energy, self.raw_energy)) + 1e-6
        return np.asarray(self.both / scale, np.float32)


@dataclass(slots=True)
class Plane:
    """One stretch of the release against one recording in one geometry.

    Attributes:
        release_frames: First and last + 1 release frame.
        raw_frames: First and last + 1 raw frame.
        pictures: Products of all pixels compared: is this the place?
        motion: Products of the pixels at which something moves in the recording: is this the moment?
    """

    geometry: Geometry
    anchors: list[Anchor]
    release_frames: tuple[int, int]
    raw_frames: tuple[int, int]
    mask: NDArray[np.bool_]
    pictures: Products
    motion: Products
    agreeing_share: float
    """How much of what the geometry covers agrees anywhere; the rest is overlays or a wrong geometry."""

    is_window: bool = False
    """It was compared through a window of the release, as a picture set into another."""

    def match(self) -> NDArray[np.float32]:
        """Normalised correlation of every release frame with every raw frame, on all pixels compared."""
        return self.pictures.match()


def plane(
    canvas: Canvas, geometry: Geometry, group: list[Anchor], *, raw_frames: tuple[int, int] | None = None
) -> Plane | None:
    """Compute the evidence of one geometry around its anchors; None where too little is compared.

    `raw_frames` bounds the recording; without it all of it is searched, or in a long one what lies
    near the anchors.
    """
    mask = _agreeing(canvas, geometry, group)
    where = mask.copy()
    where[1::2, :] = False
    where[:, 1::2] = False
    if where.sum() < LEAST_PIXELS // 4:
        return None
    first, last = _release_range(canvas, group)
    start, end = raw_frames or _raw_range(canvas, group)
    ours = canvas.release_pixels(range(first, last), where)
    theirs = canvas.raw_pixels(geometry, range(start, end), where)
    pictures = Products.of(ours, theirs)
    step_s = max(canvas.recordings[geometry.recording].frames.median_step_s, 1e-3)
    weights = _moving(theirs, max(1, round(MOVES_LAG_S / step_s)))
    motion = pictures
    if weights is not None:
        motion = Products.of(ours * weights, theirs * weights)
    return Plane(
        geometry,
        group,
        (first, last),
        (start, end),
        mask,
        pictures,
        motion,
        float(mask.sum()) / max(1, int(canvas.mask(geometry).sum())),
    )


def _moving(theirs: Pixels, lag: int) -> Pixels | None:
    """How much each raw pixel counts where moments are told apart, from 0 to 1; None where all move alike.

    A fixed camera shows noise wherever nothing moves, and compression makes more of it.
    """
    if len(theirs) <= 2 * lag:
        return None
    at = np.arange(0, len(theirs) - lag, -(-(len(theirs) - lag) // MOST_COMPARED))
    change = np.percentile((theirs[at + lag] - theirs[at]) ** 2, MOVES_PERCENT, axis=0) ** 0.5
    weights = np.sqrt(change / max(float(change.max()), 1e-6))
    return None if weights.mean() > MOSTLY_MOVING else np.asarray(weights, np.float32)


def _agreeing(canvas: Canvas, geometry: Geometry, group: list[Anchor]) -> NDArray[np.bool_]:
    """The picture without blocks that never agree with the recording: a logo, a lower third."""
    mask = canvas.mask(geometry)
    best = sorted(group, key=lambda a: -a.match)[:4]
    pairs = [
        (canvas.release_picture(a.release_frame), normalised(canvas.warped(a.geometry, a.raw_frame)))
        for a in best
    ]
    kept = np.zeros_like(mask)
    width, height = BLOCK
    for top in range(0, canvas.height, height):
        for left in range(0, canvas.width, width):
            block = np.s_[top : top + height, left : left + width]
            inside = mask[block]
            if inside.sum() < 60:
                continue
            x = np.concatenate([centred(p[block][inside]) for p, _ in pairs])
            y = np.concatenate([centred(q[block][inside]) for _, q in pairs])
            agreement = float(x @ y / (np.linalg.norm(x) * np.linalg.norm(y) + 1e-6))
            kept[block] = inside & (agreement > BLOCK_AGREES)
    return kept if kept.sum() >= 500 else mask


def _release_range(canvas: Canvas, group: list[Anchor]) -> tuple[int, int]:
    reach = round(SPREAD_S / max(canvas.release.frames.median_step_s, 1e-3))
    frames = [a.release_frame for a in group]
    return max(0, min(frames) - reach), min(len(canvas.release.frames), max(frames) + reach + 1)


def stretches(canvas: Canvas, geometry: Geometry, group: list[Anchor]) -> list[list[Anchor]]:
    """Split anchors that lie far apart in a long recording, the most promising stretches first."""
    times = canvas.recordings[geometry.recording].frames
    if len(times) <= WHOLE_RAW_FRAMES:
        return [group]
    reach = RAW_REACH_S / max(times.median_step_s, 1e-3)
    found: list[list[Anchor]] = []
    for one in sorted(group, key=lambda a: a.raw_frame):
        if found and one.raw_frame - found[-1][-1].raw_frame <= reach:
            found[-1].append(one)
        else:
            found.append([one])
    return sorted(found, key=lambda s: -sum(a.match for a in s))[:STRETCHES]


def _raw_range(canvas: Canvas, group: list[Anchor]) -> tuple[int, int]:
    times = canvas.recordings[group[0].geometry.recording].frames
    if len(times) <= WHOLE_RAW_FRAMES:
        return 0, len(times)
    reach = round(RAW_REACH_S / max(times.median_step_s, 1e-3))
    low = min(a.raw_frame for a in group) - reach
    high = max(a.raw_frame for a in group) + reach + 1
    if high - low > WHOLE_RAW_FRAMES:
        centre = max(group, key=lambda a: a.match).raw_frame
        low, high = centre - WHOLE_RAW_FRAMES // 2, centre + WHOLE_RAW_FRAMES // 2
    return max(0, low), min(len(times), high)
