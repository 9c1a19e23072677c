from fractions import Fraction

import cv2
import numpy as np
import pytest
from conform.panorama import frames_of, panned, still

from analysers.streams import fed
from offcut.analysers import features
from offcut.analysers.features import (
    DENSE_KEYFRAMES,
    FEATURE_PX,
    LONGEST_STEP_S,
    MAX_POINTS,
    STEP_S,
    Features,
    described,
    layout,
)
from offcut.conform.hypotheses import MIRROR
from offcut.records import Frame


def keyframes(frames: list[Frame]) -> list[int]:
    return [int(pts) for pts in np.unique(fed(Features(), list(frames))[0].pts)]


def test_a_mirrored_patch_has_the_same_description_with_its_numbers_in_another_order() -> None:
    # 257 wide: halving keeps the same columns from either side.
    picture = np.ascontiguousarray(panned(5, 1)[0].repeat(2, 0).repeat(2, 1)[:, :257])
    here, descriptors = described(picture)
    there, mirrored = described(np.ascontiguousarray(picture[:, ::-1]))
    here[:, 0] = picture.shape[1] - 1 - here[:, 0]
    apart = np.abs(here[:, None] - there[None]).max(axis=2)
    same = apart.argmin(axis=1)
    pairs = apart.min(axis=1) < 0.01
    assert pairs.mean() > 0.9
    # OpenCV weighs the middle of a patch a little to one side.
    off = np.abs(descriptors[pairs][:, MIRROR].astype(int) - mirrored[same[pairs]].astype(int))
    assert np.median(off.max(axis=1)) <= 30


def test_the_order_of_a_mirrored_description_is_its_own_inverse() -> None:
    assert sorted(MIRROR) == list(range(128))
    assert (MIRROR[MIRROR] == np.arange(128)).all()


def test_points_lie_inside_the_picture_in_fractions_of_it() -> None:
    points, descriptors = fed(Features(), list(frames_of(panned(5, 40))))
    assert points.values.shape[1:] == (2,)
    assert descriptors.values.shape[1:] == (128,)
    assert descriptors.values.dtype == np.uint8
    assert (points.values >= 0).all()
    assert (points.values <= 1).all()
    assert (points.pts == descriptors.pts).all()


@pytest.mark.parametrize("times", [1, 2, 4])
def test_a_point_is_found_at_its_place_to_half_a_pixel_at_any_size(times: int) -> None:
    small = np.zeros((90, 160), np.uint8)
    cv2.circle(small, (40, 30), 6, 255, -1)
    size = (160 * times, 90 * times)
    picture = np.asarray(cv2.resize(small, size, interpolation=cv2.INTER_CUBIC), np.uint8)
    points = fed(Features(), list(frames_of([picture])))[0].values
    measured_px = np.minimum(size, FEATURE_PX)[0]
    apart = np.abs(points - (40.5 / 160, 30.5 / 90)) * (measured_px, measured_px * 9 / 16)
    assert apart.max(axis=1).min() < 0.5


def test_a_fixed_camera_is_described_once_in_three_seconds() -> None:
    assert keyframes(frames_of(still(3, 200))) == [0, 90, 180]
    assert LONGEST_STEP_S == 3


def test_a_moving_camera_is_described_twice_a_second() -> None:
    steps = np.diff(keyframes(frames_of(panned(5, 90)))) / 30
    assert (steps >= 0.25).all()
    assert (steps <= float(STEP_S) + 0.05).all()


def test_a_long_recording_is_described_half_as_often_after_its_first_minutes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert DENSE_KEYFRAMES >= 120, "a minute is described densely"
    monkeypatch.setattr(features, "DENSE_KEYFRAMES", 4)
    steps = np.diff(keyframes(frames_of(panned(5, 240)))) / 30
    assert (steps[:3] <= float(STEP_S) + 0.05).all()
    assert (steps[3:] >= 0.5).all()
    assert (steps[3:] <= 2 * float(STEP_S) + 0.05).all()


def test_after_a_cut_the_next_frame_is_described_within_a_quarter_second() -> None:
    found = keyframes(frames_of([*still(3, 50), *still(4, 50)]))
    assert any(50 <= k <= 57 for k in found)


def test_a_picture_without_detail_gives_no_points_and_no_error() -> None:
    flat = [np.full((90, 160), 80, np.uint8)] * 5
    points, descriptors = fed(Features(), list(frames_of(flat)))
    assert len(points.pts) == len(descriptors.pts) == 0


def test_a_busy_picture_gives_a_bounded_number_of_points() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (360, 640)).astype(np.uint8)
    cells = np.asarray(cv2.resize(noise[:40, :70], (640, 360), interpolation=cv2.INTER_CUBIC), np.uint8)
    points = fed(Features(), list(frames_of([cells])))[0]
    assert 50 < len(points.pts) <= MAX_POINTS


def test_the_layout_does_not_see_brightness_or_contrast() -> None:
    view = panned(5, 1)[0]
    graded = np.clip(view * 0.6 + 30, 0, 255).astype(np.uint8)
    assert float(layout(view) @ layout(graded)) > 0.99
    assert float(layout(view) @ layout(panned(6, 1)[0])) < 0.5
    assert np.linalg.norm(layout(view)) == pytest.approx(1, abs=1e-5)
    assert layout(np.full((90, 160), 9, np.uint8)) == pytest.approx(0, abs=1e-5)


def test_times_are_those_of_the_frames() -> None:
    frames = frames_of(panned(5, 30), Fraction(25))
    signal = fed(Features(), list(frames))[0]
    assert signal.tick_s == Fraction(1, 25)
    assert set(signal.pts.tolist()) <= {f.pts for f in frames}
