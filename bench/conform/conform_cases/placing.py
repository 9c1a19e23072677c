"""Where raw pixels lie in the release: windows, turns, bent and stabilised pictures, as one matrix."""

import math
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from conform_cases.clips import Clip
from conform_cases.cuts import WHOLE, View
from offcut.records import Box

Matrix = NDArray[np.float64]
"""Shape (3, 3): a homography of the plane; boxes and pictures in fractions, unless said otherwise."""

STEADY_ZOOM = 1.04
STEADY_SHIFT = 0.009
STEADY_TURN_DEG = 0.35
STEADY_FRAMES = 400
_UNIT = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float64)


def seen_and_placed(view: View | None, source: Clip | None, shape: float) -> tuple[Box, Box]:
    """The window of the raw picture and where it lies, before any turn; `shape` is width over height."""
    if view is None or source is None:
        return WHOLE, WHOLE
    area, own, crop = view.area, source.width_px / source.height_px, view.crop
    shape = shape * area.width / area.height
    seen_shape = crop.width * own / crop.height
    if view.fit == "fill":
        width, height = crop.width, crop.width * own / shape
        if height > crop.height:
            width, height = crop.height * shape / own, crop.height
        left, top = crop.x + (crop.width - width) / 2, crop.y + (crop.height - height) / 2
        return Box(left, top, width, height), area
    width, height = min(1.0, seen_shape / shape), min(1.0, shape / seen_shape)
    left, top = area.x + area.width * (1 - width) / 2, area.y + area.height * (1 - height) / 2
    return crop, Box(left, top, area.width * width, area.height * height)


def raw_to_release(view: View, seen: Box, placed: Box, shape: float, at: int | None = None) -> Matrix:
    """Raw picture (before mirroring) to release, both in fractions.

    Args:
        view: How the clip is shown.
        seen: From `seen_and_placed`.
        placed: From `seen_and_placed`.
        shape: Of the release, width over height.
        at: Release frames since the view's start; None leaves out what a stabiliser does.
    """
    into = _scaled(1 / seen.width, 1 / seen.height) @ _moved(-seen.x, -seen.y)
    if view.mirrored:
        into = np.array([[-1.0, 0, 1], [0, 1, 0], [0, 0, 1]]) @ into
    onto = _moved(placed.x, placed.y) @ _scaled(placed.width, placed.height)
    own = shape * placed.width / placed.height
    return np.asarray(onto @ _warp(view, own, at) @ into, np.float64)


def _warp(view: View, own: float, at: int | None) -> Matrix:
    """What happens to the window inside its place; unit square to more than the unit square."""
    warp = np.eye(3)
    if view.tilt_deg:
        angle = math.radians(abs(view.tilt_deg))
        zoom = math.cos(angle) + max(own, 1 / own) * math.sin(angle)
        warp = _turned(view.tilt_deg, zoom, own)
    if view.corners is not None:
        outwards = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * np.reshape(view.corners, (4, 2))
        warp = np.asarray(
            cv2.getPerspectiveTransform(_UNIT.astype(np.float32), (_UNIT + outwards).astype(np.float32)),
            np.float64,
        )
    if view.steady_seed is not None:
        dx, dy, turn = _sway(view.steady_seed)[(at or 0) % STEADY_FRAMES] if at is not None else (0, 0, 0)
        warp = _moved(dx, dy) @ _turned(turn, STEADY_ZOOM, own) @ warp
    return warp


def _turned(degrees: float, zoom: float, own: float) -> Matrix:
    """Turn clockwise about the middle of a place of shape `own`, and enlarge."""
    c, s = zoom * math.cos(math.radians(degrees)), zoom * math.sin(math.radians(degrees))
    turn = np.array([[c, -s / own, 0], [s * own, c, 0], [0, 0, 1]])
    return np.asarray(_moved(0.5, 0.5) @ turn @ _moved(-0.5, -0.5), np.float64)


@lru_cache(maxsize=64)
def _sway(seed: int) -> NDArray[np.float64]:
    """Shift across and down in shares of the place and turn in degrees, for every frame."""
    rng = np.random.default_rng(seed)
    steps = rng.standard_normal((STEADY_FRAMES + 20, 3))
    kernel = np.hanning(13)
    smooth = np.stack([np.convolve(column, kernel / kernel.sum(), "same") for column in steps.T], axis=1)
    smooth = np.clip(smooth[10:-10] / (2 * smooth.std(axis=0)), -1, 1)
    return np.asarray(smooth * (STEADY_SHIFT, STEADY_SHIFT, STEADY_TURN_DEG), np.float64)


def _moved(x: float, y: float) -> Matrix:
    return np.array([[1, 0, x], [0, 1, y], [0, 0, 1]], np.float64)


def _scaled(x: float, y: float) -> Matrix:
    return np.diag([x, y, 1.0])


def pixels(fractions: Matrix, raw_px: tuple[int, int], release_px: tuple[int, int]) -> Matrix:
    """The same map between pixel indices (centres at whole numbers); sizes are width, height."""
    onto = _moved(-0.5, -0.5) @ _scaled(*release_px)
    into = _scaled(1 / raw_px[0], 1 / raw_px[1]) @ _moved(0.5, 0.5)
    return np.asarray(onto @ fractions @ into, np.float64)


def mapped(matrix: Matrix, points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Points, shape (n, 2), through a homography."""
    carried = np.hstack([points, np.ones((len(points), 1))]) @ matrix.T
    return np.asarray(carried[:, :2] / carried[:, 2:], np.float64)


def corners(box: Box) -> NDArray[np.float64]:
    """Top left, top right, bottom right, bottom left; shape (4, 2)."""
    return np.asarray(_UNIT * (box.width, box.height) + (box.x, box.y), np.float64)


def around(points: NDArray[np.float64]) -> Box:
    """The smallest box around points, clipped to the picture."""
    low, high = np.clip(points.min(axis=0), 0, 1), np.clip(points.max(axis=0), 0, 1)
    return Box(float(low[0]), float(low[1]), float(high[0] - low[0]), float(high[1] - low[1]))
