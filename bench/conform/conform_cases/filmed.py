"""The release filmed from a screen: bent, with a grid of pixels, soft, and brightness that rolls."""

import cv2
import numpy as np
from numpy.typing import NDArray

from conform_cases.clips import Picture
from conform_cases.placing import Matrix

MARGIN = 0.09
"""The screen's corners lie at most this far inside the picture."""
ROLL_SHARE, ROLL_FRAMES = 0.07, 43
GRID_SHARE, GRID_PX = 0.05, 3.15
BLUR_PX = 0.6
ROOM = (14, 13, 16)


class Screen:
    """One screen in front of one camera; both stand still."""

    def __init__(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        unit = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32)
        inwards = np.array([[1, 1], [-1, 1], [-1, -1], [1, -1]]) * rng.uniform(0.015, MARGIN, (4, 2))
        self.matrix: Matrix = np.asarray(
            cv2.getPerspectiveTransform(unit, (unit + inwards).astype(np.float32)), np.float64
        )
        """Release as it was edited to release as it was filmed, both in fractions; shape (3, 3)."""
        self._turn = float(rng.uniform(0.5, 3.0))

    def filmed(self, view: Picture, n: int) -> Picture:
        """Release frame `n` as the camera sees it."""
        height, width = view.shape[:2]
        half = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1]])
        size = np.diag([1 / width, 1 / height, 1.0])
        placed = np.linalg.inv(size @ half) @ self.matrix @ size @ half
        shown = cv2.warpPerspective(view, placed, (width, height), flags=cv2.INTER_LINEAR, borderValue=ROOM)
        shown = cv2.GaussianBlur(shown, (0, 0), BLUR_PX)
        rows = np.arange(height) / height
        roll = 1 + ROLL_SHARE * np.sin(2 * np.pi * (rows - n / ROLL_FRAMES))
        gain = (self._grid(width, height) * roll[:, None])[:, :, None]
        return np.asarray(np.clip(shown * gain, 0, 255), np.uint8)

    def _grid(self, width: int, height: int) -> NDArray[np.float32]:
        """The pixels of the screen against those of the camera: a slow pattern over the picture."""
        x, y = np.arange(width)[None, :], np.arange(height)[:, None]
        turn = np.radians(self._turn)
        along = x * np.cos(turn) + y * np.sin(turn)
        down = y * np.cos(turn) - x * np.sin(turn)
        grid = np.cos(2 * np.pi * along / GRID_PX) + np.cos(2 * np.pi * down / GRID_PX)
        return np.asarray(1 + GRID_SHARE * grid, np.float32)
