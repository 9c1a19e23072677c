"""From hypotheses to geometries that hold for a whole stretch of the release.

A keyframe of the release is matched with a raw keyframe up to half a second away from its true
moment, and while the camera moves, a wrong moment and a shifted picture explain each other. So each
hypothesis is first brought to the moment where the pictures agree best (an *anchor*), and then the
anchors of a stretch vote: the edit placed the picture once, so the right geometry serves them all.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from offcut.conform.canvas import Canvas, normalised
from offcut.conform.hypotheses import Geometry, Hypothesis

LEAST_PIXELS = 150
SEARCH_S = 0.7
"""How far from the matched raw keyframe the moment is looked for: keyframes lie within 0.5 s of a change."""

SEARCH_STEP_S = 0.066
SEARCH_SHIFT_PX = 5
LEAST_MATCH = 0.3
ENOUGH_TRIED, GOOD_MATCH = 2, 0.85
SAME_PX = 0.7
"""Two geometries are one if no corner of what is seen moves by more than this on the canvas."""

GAP_S = 4.0
"""Anchors of one recording and mirror this near each other in the release form one run."""

BLOCKS, BLOCK_AGREES = (8, 6), 0.35
PLAINLY_SAME = 0.9
MOST_COVERED, COVERED_COST = 0.5, 0.3
"""Graphics may cover half of a picture; each share that is left out lowers the agreement by this much."""

CANDIDATES = 8
PICKS = 6
SUPPORT_PX = 1.5
VOTE_S = 0.2
EXPLAINED = 0.1
"""An anchor is explained by another's geometry if it agrees at most this much less than with its own."""

WORTH_EXPLAINING = 0.5


@dataclass(frozen=True, slots=True)
class Anchor:
    """A hypothesis brought to the moment and the sub-pixel place where the pictures agree best."""

    release_frame: int
    raw_frame: int
    geometry: Geometry
    match: float


def anchor(canvas: Canvas, hypothesis: Hypothesis) -> Anchor | None:
    """Move a hypothesis to the raw frame and place where the normalised pictures agree best, or drop it."""
    geometry = hypothesis.geometry
    times = canvas.recordings[geometry.recording].frames
    step_s = max(times.median_step_s, 1e-3)
    reach, step = max(1, int(SEARCH_S / step_s)), max(1, round(SEARCH_STEP_S / step_s))
    found = _best_moment(canvas, hypothesis, hypothesis.raw_frame, (reach, step))
    if found is None:
        return None
    if step > 1:
        found = max(found, _best_moment(canvas, hypothesis, found[2], (step - 1, 1)) or found)
    match, (dx, dy), frame = found
    if match < LEAST_MATCH:
        return None
    matrix = canvas.matrix(geometry)
    matrix[0, 2] -= dx
    matrix[1, 2] -= dy
    moved = canvas.geometry_from(matrix, geometry)
    return _sharpened(canvas, Anchor(hypothesis.release_frame, frame, moved, match))


def anchors_of(canvas: Canvas, likeliest_first: Iterable[Hypothesis]) -> list[Anchor]:
    """Anchors of one release keyframe, recording and orientation; goes on past the first two only in need.

    A camera that pans over a scene sees the same background at many moments, and the keyframe with
    most matches may be of another moment; then the pictures agree poorly and more are tried.
    """
    found: list[Anchor] = []
    for tried, hypothesis in enumerate(likeliest_first):
        if tried >= ENOUGH_TRIED and max((a.match for a in found), default=0.0) >= GOOD_MATCH:
            break
        one = anchor(canvas, hypothesis)
        if one is not None:
            found.append(one)
    return sorted(found, key=lambda a: -a.match)[:ENOUGH_TRIED]


def _best_moment(
    canvas: Canvas, hypothesis: Hypothesis, around: int, reach_step: tuple[int, int]
) -> tuple[float, tuple[int, int], int] | None:
    geometry = hypothesis.geometry
    rows, columns = np.nonzero(canvas.mask(geometry))
    if len(rows) < LEAST_PIXELS:
        return None
    top, bottom, left, right = rows.min(), rows.max() + 1, columns.min(), columns.max() + 1
    pad = SEARCH_SHIFT_PX
    seen = canvas.release_picture(hypothesis.release_frame)[
        top + pad : bottom - pad, left + pad : right - pad
    ]
    if min(seen.shape) < 12:
        return None
    total = len(canvas.recordings[geometry.recording].frames)
    best: tuple[float, tuple[int, int], int] | None = None
    reach, step = reach_step
    for frame in range(max(0, around - reach), min(total, around + reach + 1), step):
        raw = normalised(canvas.warped(geometry, frame))[top:bottom, left:right]
        scores = cv2.matchTemplate(raw, seen, cv2.TM_CCOEFF_NORMED)
        _, score, _, place = cv2.minMaxLoc(scores)
        if best is None or score > best[0]:
            best = (float(score), (place[0] - pad, place[1] - pad), frame)
    return best


def _sharpened(canvas: Canvas, found: Anchor) -> Anchor:
    """Sub-pixel similarity by ECC on the normalised pictures; kept only where it agrees better."""
    seen = canvas.release_picture(found.release_frame)
    mask = canvas.mask(found.geometry)
    before = agreement(seen, normalised(canvas.warped(found.geometry, found.raw_frame)), mask)
    matrix = sharpened(canvas, found.geometry, (found.release_frame, found.raw_frame), mask)
    if matrix is None:
        return Anchor(found.release_frame, found.raw_frame, found.geometry, before)
    geometry = canvas.geometry_from(matrix, found.geometry)
    after = agreement(seen, normalised(canvas.warped(geometry, found.raw_frame)), canvas.mask(geometry))
    if after <= before:
        return Anchor(found.release_frame, found.raw_frame, found.geometry, before)
    return Anchor(found.release_frame, found.raw_frame, geometry, after)


def sharpened(
    canvas: Canvas, geometry: Geometry, frames: tuple[int, int], mask: NDArray[np.bool_]
) -> NDArray[np.float64] | None:
    """Canvas matrix (2, 3) that lays one raw frame best on one release frame; None where ECC finds none.

    Source:
        Evangelidis and Psarakis, "Parametric image alignment using enhanced correlation coefficient
        maximization", PAMI 2008, as in OpenCV, on locally normalised pictures.
    """
    release_frame, raw_frame = frames
    seen = canvas.release_picture(release_frame)
    raw = normalised(canvas.warped(geometry, raw_frame))
    update = np.eye(2, 3, dtype=np.float32)
    stop = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 25, 1e-4)
    try:
        _, update = cv2.findTransformECC(  # type: ignore[assignment]
            seen, raw, update, cv2.MOTION_AFFINE, stop, mask.astype(np.uint8), 3
        )
    except cv2.error:
        return None
    inverse = cv2.invertAffineTransform(np.asarray(update, np.float64))
    matrix = (np.vstack([inverse, [0, 0, 1]]) @ np.vstack([canvas.matrix(geometry), [0, 0, 1]]))[:2]
    return _nearest_similarity(matrix)


def _nearest_similarity(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    a = (matrix[0, 0] + matrix[1, 1]) / 2
    b = (matrix[1, 0] - matrix[0, 1]) / 2
    return np.array([[a, -b, matrix[0, 2]], [b, a, matrix[1, 2]]])


def agreement(a: NDArray[np.float32], b: NDArray[np.float32], mask: NDArray[np.bool_]) -> float:
    """Correlation of two pictures inside `mask` (h, w) where they show the same; 0 where too little does.

    Graphics cover part of a picture that otherwise agrees. Blocks that disagree are left out, half of the
    area at most, and what is left out is paid for: pictures of different things gain nothing by it.
    """
    area = int(mask.sum())
    if area < LEAST_PIXELS:
        return 0.0
    inside = mask.astype(np.float32)
    x = np.where(mask, a - float(a[mask].mean()), np.float32(0))
    y = np.where(mask, b - float(b[mask].mean()), np.float32(0))
    sums = [
        cv2.resize(p, BLOCKS, interpolation=cv2.INTER_AREA).ravel() for p in (x * y, x * x, y * y, inside)
    ]
    xy, xx, yy, here = (np.asarray(one, np.float64) for one in sums)
    whole = float(xy.sum() / np.sqrt(xx.sum() * yy.sum() + 1e-9))
    if whole >= PLAINLY_SAME:
        return whole
    own = xy / np.sqrt(xx * yy + 1e-9)
    worst = np.argsort(own, kind="stable")
    dropped = worst[(own[worst] < BLOCK_AGREES) & (np.cumsum(here[worst]) <= MOST_COVERED * here.sum())]
    kept = np.full(len(own), True)
    kept[dropped] = False
    rest = float(xy[kept].sum() / np.sqrt(xx[kept].sum() * yy[kept].sum() + 1e-9))
    return max(whole, rest - COVERED_COST * float(here[~kept].sum() / here.sum()))


def runs(canvas: Canvas, anchors: list[Anchor]) -> list[list[Anchor]]:
    """Group anchors of one recording and mirror whose release frames follow each other closely."""
    step_s = max(canvas.release.frames.median_step_s, 1e-3)
    found: list[list[Anchor]] = []
    last: dict[tuple[int, bool], list[Anchor]] = {}
    for one in sorted(anchors, key=lambda a: a.release_frame):
        key = (one.geometry.recording, one.geometry.mirrored)
        run = last.get(key)
        if run is None or one.release_frame - run[-1].release_frame > GAP_S / step_s:
            run = last[key] = []
            found.append(run)
        run.append(one)
    return found


def agreed(canvas: Canvas, run: list[Anchor]) -> list[tuple[Geometry, list[Anchor]]]:
    """The few geometries that explain a run, each with the anchors it explains, the best first.

    Candidates are those that most release frames support: while a camera pans, every wrong moment
    matches in a geometry of its own, but only the right ones agree on one.
    """
    at = np.array([a.release_frame for a in run])
    candidates = _candidates(canvas, run, at)
    votes = np.array([[_vote(canvas, run[c].geometry, a) for a in run] for c in candidates])
    frames = np.unique(at)
    by_frame = np.stack([votes[:, at == f].max(axis=1) for f in frames], axis=1)
    own = np.array([max(a.match for a in run if a.release_frame == f) for f in frames])
    level = dict(zip(frames.tolist(), own.tolist(), strict=True))
    open_ = own >= min(WORTH_EXPLAINING, float(own.max()))
    left = by_frame.copy()
    picked: list[tuple[Geometry, list[Anchor]]] = []
    while open_.any() and len(picked) < PICKS:
        best = int(np.argmax(left[:, open_].sum(axis=1)))
        explained = by_frame[best] >= own - EXPLAINED
        if not (explained & open_).any():
            explained = by_frame[best] >= by_frame[best].max()
        good = set(frames[explained].tolist())
        group = [
            a
            for a, vote in zip(run, votes[best], strict=True)
            if a.release_frame in good and vote >= level[a.release_frame] - EXPLAINED
        ]
        picked.append((run[candidates[best]].geometry, group or [run[candidates[best]]]))
        open_ &= ~explained
        left[best] = -1e3
    return picked


def _candidates(canvas: Canvas, run: list[Anchor], at: NDArray[np.int64]) -> list[int]:
    """Indices of anchors whose geometries differ, those that most release frames support first."""
    apart = np.array([[distance_px(canvas, a.geometry, b.geometry) for b in run] for a in run])
    support = [len(set(at[row < SUPPORT_PX].tolist())) for row in apart]
    kept: list[int] = []
    for k in sorted(range(len(run)), key=lambda k: (-support[k], -run[k].match)):
        if all(apart[k, c] > SAME_PX for c in kept):
            kept.append(k)
        if len(kept) == CANDIDATES:
            break
    return kept


def _vote(canvas: Canvas, geometry: Geometry, one: Anchor) -> float:
    """How well `geometry` serves an anchor of its run, at the best moment near the anchor's own."""
    times = canvas.recordings[geometry.recording].frames
    step_s = max(times.median_step_s, 1e-3)
    reach, step = max(1, round(VOTE_S / step_s)), max(1, round(SEARCH_STEP_S / step_s))
    reach -= reach % step  # so that the anchor's own frame is among those tried
    mask = canvas.mask(geometry)
    if mask.sum() < LEAST_PIXELS:
        return 0.0
    seen = canvas.release_picture(one.release_frame)
    frames = range(max(0, one.raw_frame - reach), min(len(times), one.raw_frame + reach + 1), step)
    return max((agreement(seen, normalised(canvas.warped(geometry, j)), mask) for j in frames), default=0.0)


def distance_px(canvas: Canvas, a: Geometry, b: Geometry) -> float:
    """Largest distance on the canvas between the places that two geometries give to what both show."""
    raw_height, raw_width = canvas.raw_shape(a.recording)
    corners = np.array([[x, y, 1.0] for x in (0, canvas.width) for y in (0, canvas.height)])
    inverse = cv2.invertAffineTransform(canvas.matrix(a))
    seen = np.clip(corners @ inverse.T, 0, [raw_width, raw_height])
    seen = np.column_stack([seen, np.ones(4)])
    return float(np.abs(seen @ (canvas.matrix(a) - canvas.matrix(b)).T).max())
