"""The comparison space: release and warped raw pictures, free of grading, in one small frame.

Local contrast normalisation subtracts the neighbourhood's mean (brightness grading) and divides by
its spread (contrast grading); a constant keeps flat areas from amplified noise. Pictures compared
here have the release's small size; a raw picture is warped into it by the geometry.
"""

import copy
from collections.abc import Iterable
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from offcut.conform.hypotheses import Geometry, canvas_px
from offcut.records import Measurement

NEAR_PX = 13
"""Side of the square neighbourhood. A box, not a Gaussian: as good on the shared cases, ten times cheaper."""

KEPT_PICTURES = 3000
"""Normalised release pictures kept in memory: 110 MB."""

VIEW_PX = 64
"""Least width of a view through a window."""

FLOOR = 4.0
"""Grey levels: the spread below which an area counts as flat."""

Pixels = NDArray[np.float32]


def normalised(picture: NDArray[np.uint8] | Pixels) -> Pixels:
    """Remove local brightness and contrast from one picture (h, w)."""
    x = detail(picture)
    spread = cv2.blur(x * x, (NEAR_PX, NEAR_PX))
    return np.asarray(x / (np.sqrt(np.maximum(spread, 0)) + FLOOR), np.float32)


def detail(picture: NDArray[np.uint8] | Pixels) -> Pixels:
    """Remove local brightness only: linear, so a mixture of pictures is the mixture of their details."""
    x = picture.astype(np.float32)
    return np.asarray(x - cv2.blur(x, (NEAR_PX, NEAR_PX)), np.float32)


class Canvas:
    """Small pictures of one release and the way recordings are brought into them."""

    def __init__(self, release: Measurement, recordings: list[Measurement]) -> None:
        # On pictures this small more threads cost more than they bring.
        cv2.setNumThreads(1)
        self.release = release
        self.recordings = recordings
        # Plain views: slicing a memory map costs more than what is done with the slice.
        self.luma = np.asarray(release.signals["picture.luma"].values)
        self._raw = [np.asarray(r.signals["picture.luma"].values) for r in recordings]
        self._seen: dict[int, Pixels] = {}
        self.height, self.width = self.luma.shape[1:3]
        self.size_px: tuple[float, float] = canvas_px(release)
        self._matrices: dict[tuple[int, bytes], NDArray[np.float64]] = {}

    def view(self, box: tuple[float, float, float, float]) -> "Canvas":
        """The same release seen through a window of its picture: (left, top, width, height) in fractions.

        Where a second picture is set into the first, its surroundings would count as its neighbourhood.
        """
        left, top, width, height = box
        own = copy.copy(self)
        own._seen, own._matrices = {}, {}
        own.size_px = (width * self.size_px[0], height * self.size_px[1])
        scale = max(1.0, VIEW_PX / (width * self.width))
        own.width, own.height = round(scale * width * self.width), round(scale * height * self.height)
        across, down = own.width / (width * self.width), own.height / (height * self.height)
        shown = np.array([[across, 0, -left * self.width * across], [0, down, -top * self.height * down]])
        shown[:, 2] += (shown[:, :2].sum(axis=1) - 1) / 2
        own.luma = np.stack(
            [
                cv2.warpAffine(one, shown, (own.width, own.height), borderMode=cv2.BORDER_REPLICATE)
                for one in self.luma
            ]
        )
        return own

    def through(self, geometry: Geometry, box: tuple[float, float, float, float]) -> Geometry:
        """The geometry in this canvas of one that was found in its view through `box`."""
        matrix = geometry.matrix.copy()
        matrix[0, 2] += box[0] * self.size_px[0]
        matrix[1, 2] += box[1] * self.size_px[1]
        return Geometry(geometry.recording, geometry.mirrored, matrix)

    def release_picture(self, frame: int) -> Pixels:
        """Normalised release frame, shape (height, width)."""
        known = self._seen.get(frame)
        if known is None:
            if len(self._seen) >= KEPT_PICTURES:
                self._seen.clear()
            known = self._seen[frame] = normalised(self.luma[frame])
        return known

    def matrix(self, geometry: Geometry) -> NDArray[np.float64]:
        """Map pixel centres of the (mirrored) small raw picture to pixel centres of the canvas, (2, 3)."""
        key = (geometry.recording, geometry.matrix.tobytes())
        known = self._matrices.get(key)
        if known is not None:
            return known.copy()
        recording = self.recordings[geometry.recording]
        raw_height, raw_width = self.raw_shape(geometry.recording)
        unit_width, unit_height = canvas_px(recording)
        to_units = _scaling(unit_width / raw_width, unit_height / raw_height)
        to_canvas = _scaling(self.width / self.size_px[0], self.height / self.size_px[1])
        half, back = _shift(0.5), _shift(-0.5)
        whole = back @ to_canvas @ _square(geometry.matrix) @ to_units @ half
        found = np.asarray(whole[:2], np.float64)
        self._matrices[key] = found
        return found.copy()

    def geometry_from(self, matrix: NDArray[np.float64], like: Geometry) -> Geometry:
        """The geometry whose `matrix(...)` is `matrix`; recording and mirror as in `like`."""
        recording = self.recordings[like.recording]
        raw_height, raw_width = self.raw_shape(like.recording)
        unit_width, unit_height = canvas_px(recording)
        from_units = _scaling(raw_width / unit_width, raw_height / unit_height)
        from_canvas = _scaling(self.size_px[0] / self.width, self.size_px[1] / self.height)
        whole = from_canvas @ _shift(0.5) @ _square(matrix) @ _shift(-0.5) @ from_units
        return Geometry(like.recording, like.mirrored, np.asarray(whole[:2], np.float64))

    def warped(self, geometry: Geometry, frame: int) -> Pixels:
        """Raw frame `frame` as it would lie in the release, shape (height, width), grey levels."""
        raw = self._raw[geometry.recording][frame].astype(np.float32)
        if geometry.mirrored:
            raw = raw[:, ::-1]
        matrix = self.matrix(geometry)
        scale = float(np.hypot(matrix[0, 0], matrix[1, 0]))
        sigma = 0.35 / scale - 0.3
        if sigma > 0.3:
            raw = cv2.GaussianBlur(np.ascontiguousarray(raw), (0, 0), sigma)
        return self._moved(np.ascontiguousarray(raw), geometry, cv2.BORDER_REPLICATE)

    def _moved(self, raw: Pixels, geometry: Geometry, border: int) -> Pixels:
        size = (self.width, self.height)
        if geometry.tilt is None:
            moved = cv2.warpAffine(
                raw, self.matrix(geometry), size, flags=cv2.INTER_LINEAR, borderMode=border
            )
        else:
            whole = self._to_canvas() @ geometry.tilt @ np.linalg.inv(self._to_canvas())
            whole = whole @ _square(self.matrix(geometry))
            moved = cv2.warpPerspective(raw, whole, size, flags=cv2.INTER_LINEAR, borderMode=border)
        return np.asarray(moved, np.float32)

    def _to_canvas(self) -> NDArray[np.float64]:
        """Units of geometries in the release to pixel centres of the canvas, (3, 3)."""
        return _shift(-0.5) @ _scaling(self.width / self.size_px[0], self.height / self.size_px[1])

    def tilted(self, geometry: Geometry, on_canvas: NDArray[np.float64]) -> Geometry:
        """`geometry` seen through a homography of the canvas, (3, 3)."""
        to = self._to_canvas()
        before = np.eye(3) if geometry.tilt is None else geometry.tilt
        return replace(geometry, tilt=np.linalg.inv(to) @ on_canvas @ to @ before, is_usual=False)

    def mask(self, geometry: Geometry) -> NDArray[np.bool_]:
        """Where the raw picture lies on the canvas, one pixel inside its edge, shape (height, width)."""
        ones = np.ones(self.raw_shape(geometry.recording), np.float32)
        seen = self._moved(ones, geometry, cv2.BORDER_CONSTANT)
        inside = (seen > 0.99).astype(np.uint8)
        eroded = cv2.erode(inside, np.ones((3, 3), np.uint8), borderType=cv2.BORDER_CONSTANT, borderValue=1)
        return np.asarray(eroded, np.bool_)

    def raw_pixels(self, geometry: Geometry, frames: Iterable[int], where: NDArray[np.bool_]) -> Pixels:
        """Normalised warped raw pictures at `where`, each row of zero mean, shape (frames, pixels)."""
        return _rows((normalised(self.warped(geometry, j)) for j in frames), where)

    def release_pixels(self, frames: Iterable[int], where: NDArray[np.bool_]) -> Pixels:
        """Normalised release pictures at `where`, each row of zero mean, shape (frames, pixels)."""
        return _rows((self.release_picture(t) for t in frames), where)

    def raw_shape(self, recording: int) -> tuple[int, int]:
        """Height and width of a recording's small pictures."""
        height, width = self._raw[recording].shape[1:3]
        return height, width


def _rows(pictures: Iterable[Pixels], where: NDArray[np.bool_]) -> Pixels:
    picked = np.flatnonzero(where)
    rows = np.stack([np.empty(len(picked), np.float32), *(p.ravel()[picked] for p in pictures)])[1:]
    rows -= rows.mean(axis=1, keepdims=True)
    return np.asarray(rows, np.float32)


def centred(row: Pixels) -> Pixels:
    """Subtract the mean."""
    return np.asarray(row - row.mean(), np.float32)


def correlation(a: Pixels, b: Pixels) -> float:
    """Zero-mean normalised correlation of two pixel rows; 0 where one of them is flat."""
    a, b = centred(a), centred(b)
    scale = float(np.linalg.norm(a) * np.linalg.norm(b))
    return float(a @ b) / scale if scale > 1e-6 else 0.0


def _scaling(x: float, y: float) -> NDArray[np.float64]:
    return np.diag([x, y, 1.0])


def _shift(by: float) -> NDArray[np.float64]:
    return np.array([[1.0, 0.0, by], [0.0, 1.0, by], [0.0, 0.0, 1.0]])


def _square(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.vstack([matrix, [0.0, 0.0, 1.0]])
