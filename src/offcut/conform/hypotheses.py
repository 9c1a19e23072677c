"""From local features to hypotheses: this release keyframe shows that recording, in this geometry.

Every keyframe of the release is looked up in an index of every recording, as it is and mirrored, and
compared exactly with the few keyframes that hold most of its words. Mirroring costs nothing: the
descriptor of a mirrored patch is a permutation of the descriptor of the patch (checked to the bit).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from offcut.analysers.features import FEATURE_PX
from offcut.conform.index import Index, index_of, rooted, votes
from offcut.measure import let_go
from offcut.records import Measurement

RATIO = 0.75
"""A match must be this much nearer than the next point of the same picture (Lowe 2004, section 7.1)."""

LEAST_MATCHES = 8
LEAST_INLIERS = 10
LEAST_SHARE = 0.35
RANSAC_PX = 2.5
FINE_PX = (2.0, 1.5, 1.0)
SCALES = (0.2, 5.0)
MAX_TURN_DEG = 15.0
NEAR_KEYFRAMES = 8
"""Only the 8 raw keyframes with most votes get the exact ratio test: on the shared cases a keyframe that a
search through all accepts is among them 97 % of the time, and every segment has several."""

LET_GO_EVERY = 64
"""Keyframes of the release after which the memory of compared descriptors is given back."""

LEAST_VOTES = 0.13
"""Votes per point, both pictures' points taken together, below which a keyframe is not compared exactly: the
best keyframe of an unrelated recording stays below in three of four cases."""

MIRROR = np.array([(r * 4 + 3 - c) * 8 + (4 - o) % 8 for r in range(4) for c in range(4) for o in range(8)])


@dataclass(frozen=True, slots=True)
class Geometry:
    """Where a recording's picture lies in the release's.

    Attributes:
        recording: Index of the recording.
        mirrored: The raw picture is mirrored left to right before `matrix` applies.
        matrix: Similarity from raw to release coordinates, shape (2, 3); both pictures are measured in
            pixels of a copy whose longest side is FEATURE_PX.
    """

    recording: int
    mirrored: bool
    matrix: NDArray[np.float64]
    is_usual: bool = False
    """The whole picture, fitted into the release or cut to fill it."""

    tilt: NDArray[np.float64] | None = None
    """Homography that applies after `matrix`, shape (3, 3), where the picture was filmed at an angle."""

    def homography(self) -> NDArray[np.float64]:
        """Raw picture, mirrored if it is, to release, in the units of `matrix`, shape (3, 3)."""
        whole = np.vstack([self.matrix, [0.0, 0.0, 1.0]])
        return whole if self.tilt is None else np.asarray(self.tilt @ whole, np.float64)


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """One release keyframe explained by one raw keyframe."""

    release_frame: int
    raw_frame: int
    geometry: Geometry
    inliers: int


@dataclass(frozen=True, slots=True)
class _Points:
    """Features of one file, grouped by keyframe."""

    frames: NDArray[np.int64]
    starts: NDArray[np.int64]
    xy: NDArray[np.float64]
    descriptors: NDArray[np.uint8]
    """As measured; a memory map, so that ten hours of recordings need no memory."""

    def group(self, k: int) -> slice:
        end = self.starts[k + 1] if k + 1 < len(self.starts) else len(self.xy)
        return slice(int(self.starts[k]), int(end))

    def sizes(self) -> NDArray[np.int64]:
        """Points of each keyframe."""
        return np.diff(self.starts, append=len(self.xy))

    def group_of_points(self) -> NDArray[np.int32]:
        """Number of the keyframe that each point is of."""
        return np.repeat(np.arange(len(self.starts), dtype=np.int32), self.sizes())


def canvas_px(measurement: Measurement) -> tuple[int, int]:
    """Width and height of a picture in the unit that geometries use."""
    width, height = measurement.stream.width_px, measurement.stream.height_px
    scale = FEATURE_PX / max(width, height)
    return max(1, round(width * scale)), max(1, round(height * scale))


def propose(release: Measurement, recording: Measurement, number: int) -> Iterator[Iterator[Hypothesis]]:
    """Yield, for each release keyframe and orientation, what RANSAC accepts, the likeliest first.

    The inner iterators are lazy: who has found enough stops asking.
    """
    ours, theirs = _points(release), _points(recording)
    if len(theirs.starts) == 0:
        return
    index = index_of(theirs.descriptors, theirs.group_of_points(), len(theirs.starts))
    let_go(theirs.descriptors)
    width = canvas_px(recording)[0]
    for k in range(len(ours.starts)):
        query = rooted(ours.descriptors[ours.group(k)])
        for mirrored in (False, True):
            matches = _matches(query[:, MIRROR] if mirrored else query, theirs, index)
            blank = Geometry(number, mirrored, np.eye(2, 3))
            yield _accepted((ours, k), (theirs, matches), blank, width if mirrored else 0)
        if k % LET_GO_EVERY == LET_GO_EVERY - 1:
            let_go(theirs.descriptors)


def _accepted(
    ours_at: tuple[_Points, int],
    theirs_at: tuple[_Points, list[tuple[int, NDArray[np.int64]]]],
    blank: Geometry,
    mirror_width: int,
) -> Iterator[Hypothesis]:
    (ours, k), (theirs, matches) = ours_at, theirs_at
    for g, pairs in matches:
        fit = _similarity(ours.xy[ours.group(k)], theirs.xy[theirs.group(g)], pairs, mirror_width)
        if fit is not None:
            geometry = Geometry(blank.recording, blank.mirrored, fit[0])
            yield Hypothesis(int(ours.frames[k]), int(theirs.frames[g]), geometry, fit[1])


def _points(measurement: Measurement) -> _Points:
    points, descriptors = measurement.signals["features.points"], measurement.signals["features.descriptors"]
    pts, starts = np.unique(points.pts, return_index=True)
    frames = np.searchsorted(measurement.frames.pts, pts)
    xy = points.values[:, :2].astype(np.float64) * np.asarray(canvas_px(measurement), np.float64)
    return _Points(frames, starts.astype(np.int64), xy, descriptors.values)


def _matches(
    query: NDArray[np.float32], theirs: _Points, index: Index
) -> list[tuple[int, NDArray[np.int64]]]:
    """The raw keyframes with most ratio-tested matches, each with pairs (query point, point in the group)."""
    found: list[tuple[int, NDArray[np.int64]]] = []
    shared = votes(index, query) / np.sqrt(max(1, len(query)) * theirs.sizes())
    for g in np.argsort(-shared, kind="stable")[:NEAR_KEYFRAMES].tolist():
        if shared[g] < LEAST_VOTES:
            break
        pairs = _ratio_test(query @ rooted(theirs.descriptors[theirs.group(g)]).T)
        if len(pairs) >= LEAST_MATCHES:
            found.append((g, pairs))
    found.sort(key=lambda pair: -len(pair[1]))
    return found


def _ratio_test(near: NDArray[np.float32]) -> NDArray[np.int64]:
    """Pairs (row, column) whose cosine is clearly the best of its row."""
    rows = np.arange(len(near))
    nearest = near.argmax(axis=1)
    best = near[rows, nearest]
    rest = near.copy()
    rest[rows, nearest] = -1
    keep = np.flatnonzero((1 - best) < RATIO**2 * (1 - rest.max(axis=1)))
    return np.stack([keep, nearest[keep]], axis=1)


def _similarity(
    ours: NDArray[np.float64], theirs: NDArray[np.float64], pairs: NDArray[np.int64], mirror_width: int
) -> tuple[NDArray[np.float64], int] | None:
    raw, seen = theirs[pairs[:, 1]].copy(), ours[pairs[:, 0]]
    if mirror_width:
        raw[:, 0] = mirror_width - raw[:, 0]
    matrix, mask = cv2.estimateAffinePartial2D(
        raw, seen, method=cv2.RANSAC, ransacReprojThreshold=RANSAC_PX, maxIters=500, confidence=0.99
    )
    if matrix is None:
        return None
    inliers = int(mask.sum())
    scale = float(np.hypot(matrix[0, 0], matrix[1, 0]))
    turn_deg = float(np.degrees(np.arctan2(matrix[1, 0], matrix[0, 0])))
    if inliers < LEAST_INLIERS or inliers < LEAST_SHARE * len(pairs):
        return None
    if not SCALES[0] < scale < SCALES[1] or abs(turn_deg) > MAX_TURN_DEG:
        return None
    return _refined(np.asarray(matrix, np.float64), raw, seen), inliers


def _refined(
    matrix: NDArray[np.float64], raw: NDArray[np.float64], seen: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The similarity that serves best, in least squares, points that lie nearer and nearer to it.

    RANSAC takes coarse points too, which are placed to two pixels only; on the picture of a fixed camera
    that leaves a shift of up to four pixels, and what moves in it is then measured against the wrong place.
    """
    for near_px in FINE_PX:
        near = np.linalg.norm(raw @ matrix[:, :2].T + matrix[:, 2] - seen, axis=1) < near_px
        if near.sum() < LEAST_INLIERS:
            break
        x, y = raw[near].T
        one, none = np.ones_like(x), np.zeros_like(x)
        rows = np.concatenate([np.stack([x, -y, one, none], axis=1), np.stack([y, x, none, one], axis=1)])
        (a, b, right, down), *_ = np.linalg.lstsq(rows, seen[near].T.ravel(), rcond=None)
        matrix = np.array([[a, -b, right], [b, a, down]])
    return matrix
