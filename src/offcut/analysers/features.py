"""Local features of content keyframes: how a release finds the recording it was cut from.

Points are extrema of differences of Gaussians, described as in SIFT, but upright: a picture that is
turned by more than 15 degrees is not proposed anyhow, a direction of its own makes a point less
distinctive, and without doubling the picture first this costs a third of OpenCV's detector.
"""

import functools
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from offcut.analysers.picture import small_size
from offcut.measure import Item
from offcut.records import Frame, Signal

VERSION = 7

FEATURE_PX = 320
"""Longest side of the picture that features are taken from: 400 costs half as much again, finds no more."""

MAX_POINTS = 200
CONTRAST = 0.085
"""Least difference of Gaussians, in grey levels. Low: the strongest points are kept anyhow, and grey roads
under compression have few."""

LAYERS, OCTAVES, SIGMA_PX = 3, 4, 1.6
EDGE = 10.0
"""Points on a line, whose two curvatures differ by more than this factor, have no place along it."""

BORDER_PX = 5

SAME = 0.97
"""A frame this like the last one kept (correlation of normalised 32 x 18 pictures) shows nothing new."""

OTHER = 0.7
"""Below this the content has changed so much that the next frame is kept sooner."""

STEP_S, QUICK_STEP_S, LONGEST_STEP_S = Fraction(1, 2), Fraction(1, 4), Fraction(3)
"""Least time between kept frames, the same after a large change, and the longest without one."""

DENSE_KEYFRAMES = 300
"""After so many, two or three minutes of a moving camera, the least times double and points are fewer: every
moment of a long recording still lies within half a second of a kept frame."""

THIN_POINTS = 140


def layout(luma: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The coarse layout of a picture, shape (576,): 32 x 18, blurred background removed, unit length."""
    coarse = cv2.resize(luma, (32, 18), interpolation=cv2.INTER_AREA).astype(np.float32)
    detail = (coarse - cv2.GaussianBlur(coarse, (0, 0), 4)).ravel()
    length = float(np.linalg.norm(detail))
    return (detail / length if length > 1e-6 else detail).astype(np.float32)


def described(
    picture: NDArray[np.uint8], *, most: int = MAX_POINTS
) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """Find and describe the strongest points of a picture.

    Args:
        picture: Brightness, shape (h, w), scaled as features are to be taken.
        most: Points.

    Returns:
        Places in pixels, (points, 2): x, y from the middle of the first pixel; and descriptors (points, 128).

    Source:
        Lowe, "Distinctive image features from scale-invariant keypoints", IJCV 2004, without the first
        doubling and without directions; the descriptor as in OpenCV.
    """
    found = [points for points in _extrema(picture) if len(points)]
    if not found:
        return np.empty((0, 2), np.float32), np.empty((0, 128), np.uint8)
    points = np.concatenate(found)
    points = points[np.argsort(-points[:, 0], kind="stable")[:most]]
    keypoints = []
    for strength, x, y, octave, layer in points.tolist():
        size = SIGMA_PX * 2.0 ** (layer / LAYERS + octave + 1)
        # The same patch has a quarter of the pixels in the next octave, which shows it nearly as sharply.
        level = int(octave) | 1 << 8 if layer == 1 else int(octave) + 1
        keypoints.append(cv2.KeyPoint(x, y, size, 0.0, strength, level))
    kept, descriptors = _sift().compute(picture, keypoints)
    places = np.array([k.pt for k in kept], np.float32).reshape(-1, 2)
    return places, np.clip(np.rint(descriptors), 0, 255).astype(np.uint8)


@functools.cache
def _sift() -> "cv2.SIFT":
    return cv2.SIFT_create(nOctaveLayers=LAYERS, sigma=SIGMA_PX)  # type: ignore[attr-defined,no-any-return]


def _extrema(picture: NDArray[np.uint8]) -> Iterator[NDArray[np.float32]]:
    """Yield the extrema of every layer, shape (n, 5): strength, x, y in pixels, octave, layer."""
    sigmas = [SIGMA_PX * 2 ** (k / LAYERS) for k in range(LAYERS + 3)]
    steps = [float(np.sqrt(b * b - a * a)) for a, b in pairwise(sigmas)]
    square = np.ones((3, 3), np.uint8)
    start = cv2.GaussianBlur(picture.astype(np.float32), (0, 0), float(np.sqrt(SIGMA_PX**2 - 0.25)))
    for octave in range(OCTAVES):
        if min(start.shape) <= 2 * BORDER_PX:
            return
        levels = [start]
        for step in steps:
            levels.append(cv2.GaussianBlur(levels[-1], (0, 0), step))
        differences = [cv2.subtract(b, a) for a, b in pairwise(levels)]
        strengths = [np.abs(d) for d in differences]
        highest = [cv2.dilate(s, square) for s in strengths]
        for layer in range(1, LAYERS + 1):
            around = cv2.max(cv2.max(highest[layer - 1], highest[layer + 1]), highest[layer])
            is_top = cv2.compare(strengths[layer], around, cv2.CMP_GE)[
                BORDER_PX:-BORDER_PX, BORDER_PX:-BORDER_PX
            ]
            places = cv2.findNonZero(is_top)
            if places is None:
                continue
            points = _localised(differences[layer], places.reshape(-1, 2) + BORDER_PX)
            points[:, 1:3] *= 2**octave
            yield np.column_stack([points, np.full((len(points), 2), (octave, layer))]).astype(np.float32)
        height, width = levels[LAYERS].shape
        start = cv2.resize(levels[LAYERS], (width // 2, height // 2), interpolation=cv2.INTER_NEAREST)


def _localised(d: NDArray[Any], places: NDArray[Any]) -> NDArray[np.float32]:
    """Keep what is strong and lies on no line, at its place to a fraction of a pixel: strength, x, y."""
    places = places[np.abs(d[places[:, 1], places[:, 0]]) > CONTRAST]
    x, y = places.T
    here, east, west, south, north = d[y, x], d[y, x + 1], d[y, x - 1], d[y + 1, x], d[y - 1, x]
    xx, yy = east + west - 2 * here, south + north - 2 * here
    xy = (d[y + 1, x + 1] - d[y + 1, x - 1] - d[y - 1, x + 1] + d[y - 1, x - 1]) / 4
    bend = xx * yy - xy * xy
    keep = (bend > 0) & ((xx + yy) ** 2 * EDGE < (EDGE + 1) ** 2 * bend)
    x, y, here, xx, yy, xy, bend = (v[keep] for v in (x, y, here, xx, yy, xy, bend))
    right, down = ((east - west) / 2)[keep], ((south - north) / 2)[keep]
    dx = np.clip((xy * down - yy * right) / bend, -0.5, 0.5)
    dy = np.clip((xy * right - xx * down) / bend, -0.5, 0.5)
    return np.column_stack([np.abs(here), x + dx, y + dy]).astype(np.float32)


class Features:
    """Describes frames whose content is new: a fixed camera yields few, a moving one two a second."""

    def __init__(self) -> None:
        self._tick_s = Fraction(1)
        self._kept_layout: NDArray[np.float32] | None = None
        self._kept_s = Fraction(0)
        self._keyframes = 0
        self._pts: list[NDArray[np.int64]] = []
        self._points: list[NDArray[np.float32]] = []
        self._descriptors: list[NDArray[np.uint8]] = []

    def push(self, item: Item) -> None:
        """Describe one frame if it is new."""
        if not isinstance(item, Frame):
            return
        self._tick_s = item.tick_s
        time_s = item.pts * item.tick_s
        thin = 1 if self._keyframes < DENSE_KEYFRAMES else 2
        if self._kept_layout is not None and time_s - self._kept_s < QUICK_STEP_S * thin:
            return
        now = layout(item.luma)
        if self._kept_layout is not None:
            like = float(now @ self._kept_layout)
            step_s = QUICK_STEP_S if like < OTHER else STEP_S if like <= SAME else LONGEST_STEP_S
            if time_s - self._kept_s < min(step_s * thin, LONGEST_STEP_S):
                return
        self._kept_layout, self._kept_s = now, time_s
        self._keyframes += 1
        self._describe(item)

    def _describe(self, frame: Frame) -> None:
        size = small_size(frame.luma.shape[1], frame.luma.shape[0], FEATURE_PX)
        picture = np.asarray(cv2.resize(frame.luma, size, interpolation=cv2.INTER_AREA), np.uint8)
        most = MAX_POINTS if self._keyframes <= DENSE_KEYFRAMES else THIN_POINTS
        places, descriptors = described(picture, most=most)
        self._pts.append(np.full(len(places), frame.pts, np.int64))
        self._points.append(((places + 0.5) / np.asarray(size)).astype(np.float32))
        self._descriptors.append(descriptors)

    def take(self, *, last: bool) -> Sequence[Signal]:
        """Return `features.points` (points, 2) and `features.descriptors` (points, 128).

        Rows of one frame share its pts. A point is x, y in fractions of the picture.
        """
        pts = np.concatenate(self._pts) if self._pts else np.empty(0, np.int64)
        points = np.concatenate(self._points) if self._points else np.empty((0, 2), np.float32)
        descriptors = np.concatenate(self._descriptors) if self._descriptors else np.empty((0, 128), np.uint8)
        self._pts, self._points, self._descriptors = [], [], []
        return (
            Signal("features.points", VERSION, "1", self._tick_s, pts, points),
            Signal("features.descriptors", VERSION, "1", self._tick_s, pts, descriptors),
        )
