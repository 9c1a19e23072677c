import cv2
import numpy as np

from conform.panorama import aired, measured, moving
from offcut.conform.canvas import Canvas
from offcut.conform.hypotheses import Geometry
from offcut.conform.tilt import tilted

WHOLE = Geometry(0, False, np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]))


def filmed(picture: np.ndarray, by: float) -> np.ndarray:
    """The picture with its right side `by` of its height shorter, as a screen seen at an angle."""
    height, width = picture.shape
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    seen = corners + np.array([[0, 0], [0, by * height], [0, -by * height], [0, 0]], np.float32)
    return np.asarray(
        cv2.warpPerspective(
            picture,
            cv2.getPerspectiveTransform(corners, seen),
            (width, height),
            borderMode=cv2.BORDER_REPLICATE,
        )
    )


def found(by: float) -> tuple[Canvas, Geometry | None]:
    release = measured([filmed(p, by) for p in aired(1)[20:50]])
    canvas = Canvas(release, [moving(1).measurement])
    pairs = [(t, 20 + t) for t in (3, 9, 15, 21, 27)]
    return canvas, tilted(canvas, WHOLE, pairs, canvas.mask(WHOLE))


def test_a_picture_filmed_at_an_angle_is_laid_by_a_homography() -> None:
    canvas, geometry = found(0.08)
    assert geometry is not None
    width, height = canvas.size_px
    corner = geometry.homography() @ np.array([width, 0, 1.0])
    assert abs(corner[1] / corner[2] / height - 0.08) < 0.02


def test_a_picture_seen_straight_is_left_as_it_is() -> None:
    assert found(0.0)[1] is None


def test_a_tilt_beyond_what_the_small_picture_can_show_is_not_claimed() -> None:
    canvas, _ = found(0.0)
    other = Canvas(measured(list(moving(2).pictures[:30])), [moving(1).measurement])
    pairs = [(t, 20 + t) for t in (3, 15, 27)]
    assert tilted(other, WHOLE, pairs, canvas.mask(WHOLE)) is None
