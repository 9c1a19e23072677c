"""Pictures filmed at an angle: a homography over the placement found, where it agrees clearly better.

An editor moves, scales and turns; a camera in front of a screen also tilts. One homography serves a
whole piece, and it is taken only if the pictures gain by it.
"""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from offcut.conform.anchors import agreement
from offcut.conform.canvas import Canvas, normalised
from offcut.conform.hypotheses import Geometry

ENOUGH = 0.94
"""Pictures that agree this well are not filmed at an angle that could be seen in 128 pixels."""

GAIN = 0.02
"""How much better the pictures have to agree through the homography."""

MOST_PX, LEAST_PX = 16.0, 0.5
"""How far a corner of the small picture may move, and the least that counts."""

STEPS = 40


def tilted(
    canvas: Canvas, geometry: Geometry, pairs: Sequence[tuple[int, int]], mask: NDArray[np.bool_]
) -> Geometry | None:
    """The geometry with a homography that lays raw frames clearly better; None where none does.

    Args:
        canvas: Where the pictures are compared.
        geometry: As found, without a tilt.
        pairs: Release frames and the raw frames they show.
        mask: Where the recording is seen, shape (height, width).

    Source:
        Evangelidis and Psarakis, "Parametric image alignment using enhanced correlation coefficient
        maximization", PAMI 2008, as in OpenCV.
    """
    before = _agreement(canvas, geometry, pairs, mask)
    if before >= ENOUGH:
        return None
    corners = np.array(
        [[0, 0], [canvas.width - 1, 0], [canvas.width - 1, canvas.height - 1], [0, canvas.height - 1]],
        np.float32,
    )
    moved = []
    for release_frame, raw_frame in pairs:
        seen = canvas.release_picture(release_frame)
        raw = normalised(canvas.warped(geometry, raw_frame))
        stop = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, STEPS, 1e-4)
        try:
            _, update = cv2.findTransformECC(
                seen, raw, np.eye(3, dtype=np.float32), cv2.MOTION_HOMOGRAPHY, stop, mask.astype(np.uint8), 3
            )
        except cv2.error:
            continue
        back = np.linalg.inv(np.asarray(update, np.float64))
        moved.append(cv2.perspectiveTransform(corners[None], back)[0])
    if not moved:
        return None
    middle = np.median(np.stack(moved), axis=0).astype(np.float32)
    if not LEAST_PX <= float(np.abs(middle - corners).max()) <= MOST_PX:
        return None
    on_canvas = np.asarray(cv2.getPerspectiveTransform(corners, middle), np.float64)
    found = canvas.tilted(geometry, on_canvas)
    return found if _agreement(canvas, found, pairs, mask) >= before + GAIN else None


def _agreement(
    canvas: Canvas, geometry: Geometry, pairs: Sequence[tuple[int, int]], mask: NDArray[np.bool_]
) -> float:
    inside = canvas.mask(geometry) & mask
    return float(
        np.mean(
            [
                agreement(canvas.release_picture(t), normalised(canvas.warped(geometry, j)), inside)
                for t, j in pairs
            ]
        )
    )
