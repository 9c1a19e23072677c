"""Local features of content keyframes: how a release finds the recording it was cut from."""

from collections.abc import Sequence
from fractions import Fraction

import cv2
import numpy as np
from numpy.typing import NDArray

from offcut.analysers.picture import small_size
from offcut.measure import Item
from offcut.records import Frame, Signal

VERSION = 3

FEATURE_PX = 320
"""Longest side of the picture that features are taken from: 426 costs half as much again, finds no more."""

MAX_POINTS = 240
CONTRAST = 0.002
"""Low: the strongest points are kept anyhow, and grey roads under compression have few."""


SAME = 0.97
"""A frame this like the last one kept (correlation of normalised 32 x 18 pictures) shows nothing new."""

OTHER = 0.7
"""Below this the content has changed so much that the next frame is kept sooner."""

STEP_S, QUICK_STEP_S, LONGEST_STEP_S = Fraction(1, 2), Fraction(1, 4), Fraction(3)
"""Least time between kept frames, the same after a large change, and the longest without one."""


def layout(luma: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The coarse layout of a picture, shape (576,): 32 x 18, blurred background removed, unit length."""
    coarse = cv2.resize(luma, (32, 18), interpolation=cv2.INTER_AREA).astype(np.float32)
    detail = (coarse - cv2.GaussianBlur(coarse, (0, 0), 4)).ravel()
    length = float(np.linalg.norm(detail))
    return (detail / length if length > 1e-6 else detail).astype(np.float32)


class Features:
    """Takes SIFT points of frames whose content is new: a fixed camera yields few, a moving one two a second.

    Source:
        Lowe, "Distinctive image features from scale-invariant keypoints", IJCV 2004, as in OpenCV.
    """

    def __init__(self) -> None:
        self._sift = cv2.SIFT_create(nfeatures=MAX_POINTS, contrastThreshold=CONTRAST)  # type: ignore[attr-defined]
        self._tick_s = Fraction(1)
        self._kept_layout: NDArray[np.float32] | None = None
        self._kept_s = Fraction(0)
        self._pts: list[NDArray[np.int64]] = []
        self._points: list[NDArray[np.float32]] = []
        self._descriptors: list[NDArray[np.uint8]] = []

    def push(self, item: Item) -> None:
        """Describe one frame if it is new."""
        if not isinstance(item, Frame):
            return
        self._tick_s = item.tick_s
        time_s = item.pts * item.tick_s
        if self._kept_layout is not None and time_s - self._kept_s < QUICK_STEP_S:
            return
        now = layout(item.luma)
        if self._kept_layout is not None:
            like = float(now @ self._kept_layout)
            step_s = QUICK_STEP_S if like < OTHER else STEP_S if like <= SAME else LONGEST_STEP_S
            if time_s - self._kept_s < step_s:
                return
        self._kept_layout, self._kept_s = now, time_s
        self._describe(item)

    def _describe(self, frame: Frame) -> None:
        size = small_size(frame.luma.shape[1], frame.luma.shape[0], FEATURE_PX)
        picture = cv2.resize(frame.luma, size, interpolation=cv2.INTER_AREA)
        keypoints, descriptors = self._sift.detectAndCompute(picture, None)
        if descriptors is None or len(keypoints) == 0:
            return
        points = np.array([(*k.pt, k.size, k.angle) for k in keypoints], np.float32)
        points[:, :2] = (points[:, :2] + 0.5) / np.asarray(size, np.float32)
        points[:, 2] /= max(size)
        self._pts.append(np.full(len(points), frame.pts, np.int64))
        self._points.append(points)
        self._descriptors.append(np.clip(np.rint(descriptors), 0, 255).astype(np.uint8))

    def take(self, *, last: bool) -> Sequence[Signal]:
        """Return `features.points` (points, 4) and `features.descriptors` (points, 128).

        Rows of one frame share its pts. A point is x, y in fractions of the picture, size in
        fractions of the longest side, angle in degrees.
        """
        pts = np.concatenate(self._pts) if self._pts else np.empty(0, np.int64)
        points = np.concatenate(self._points) if self._points else np.empty((0, 4), np.float32)
        descriptors = np.concatenate(self._descriptors) if self._descriptors else np.empty((0, 128), np.uint8)
        self._pts, self._points, self._descriptors = [], [], []
        return (
            Signal("features.points", VERSION, "1", self._tick_s, pts, points),
            Signal("features.descriptors", VERSION, "1", self._tick_s, pts, descriptors),
        )
