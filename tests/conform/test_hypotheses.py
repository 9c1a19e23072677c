from itertools import chain

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conform.panorama import HEIGHT_PX, WIDTH_PX, Picture, cropped, fixed, measured, moving
from offcut.analysers.features import FEATURE_PX
from offcut.conform.hypotheses import LEAST_INLIERS, MAX_TURN_DEG, Hypothesis, canvas_px, propose
from offcut.records import Measurement, StreamView


def found(release: list[Picture], recording: Measurement) -> list[Hypothesis]:
    return list(chain.from_iterable(propose(measured(release), recording, 7)))


def scale_of(one: Hypothesis) -> float:
    return float(np.hypot(one.geometry.matrix[0, 0], one.geometry.matrix[1, 0]))


def test_a_copy_is_found_at_its_own_scale_and_the_right_way_round() -> None:
    some = found(list(moving(1).pictures[20:60]), moving(1).measurement)
    assert some
    assert {one.geometry.recording for one in some} == {7}
    assert {one.geometry.mirrored for one in some} == {False}
    assert all(scale_of(one) == pytest.approx(1, abs=0.03) for one in some)
    assert all(one.inliers >= LEAST_INLIERS for one in some)


def test_frames_are_numbered_by_their_place_in_each_file() -> None:
    release, recording = measured(list(moving(1).pictures[20:60])), moving(1).measurement
    some = list(chain.from_iterable(propose(release, recording, 0)))
    keyframes = [set(m.signals["features.points"].pts.tolist()) for m in (release, recording)]
    assert {one.release_frame for one in some} <= keyframes[0]
    assert {one.raw_frame for one in some} <= keyframes[1]
    assert len({one.release_frame for one in some}) > 1


def test_a_mirrored_copy_is_found_mirrored_only() -> None:
    some = found([np.ascontiguousarray(p[:, ::-1]) for p in moving(1).pictures[20:60]], moving(1).measurement)
    assert some
    assert {one.geometry.mirrored for one in some} == {True}


def test_a_crop_is_found_at_its_scale() -> None:
    some = found([cropped(p, 0.1, 0.1, 0.8) for p in moving(1).pictures[20:60]], moving(1).measurement)
    assert some
    assert np.median([scale_of(one) for one in some]) == pytest.approx(1.25, rel=0.02)


def test_footage_of_another_place_gives_nothing() -> None:
    assert found(list(moving(9).pictures[:40]), moving(1).measurement) == []


def test_a_picture_turned_further_than_the_limit_is_not_accepted() -> None:
    turn = cv2.getRotationMatrix2D((WIDTH_PX / 2, HEIGHT_PX / 2), MAX_TURN_DEG + 8, 1.2)
    turned = [
        np.asarray(cv2.warpAffine(p, turn, (WIDTH_PX, HEIGHT_PX)), np.uint8)
        for p in moving(1).pictures[20:40]
    ]
    assert found(turned, moving(1).measurement) == []


def test_files_without_detail_give_nothing_and_no_error() -> None:
    flat = [np.full((HEIGHT_PX, WIDTH_PX), 90, np.uint8)] * 12
    assert found(flat, moving(1).measurement) == []
    assert found(list(moving(1).pictures[:12]), measured(flat)) == []
    assert found(flat, measured(flat)) == []


def test_the_same_files_give_the_same_hypotheses() -> None:
    first, second = (found(list(fixed(3).pictures[:40]), fixed(3).measurement) for _ in range(2))
    assert [(h.release_frame, h.raw_frame, h.inliers) for h in first] == [
        (h.release_frame, h.raw_frame, h.inliers) for h in second
    ]
    assert all((a.geometry.matrix == b.geometry.matrix).all() for a, b in zip(first, second, strict=True))


@settings(deadline=None)
@given(st.integers(1, 8192), st.integers(1, 8192))
def test_geometries_are_measured_on_a_copy_with_one_longest_side(width: int, height: int) -> None:
    measurement = fixed(3).measurement
    view = measurement.stream
    sized = StreamView(
        **{f: getattr(view, f) for f in StreamView.__slots__ if f not in {"width_px", "height_px"}},
        width_px=width,
        height_px=height,
    )
    unit = canvas_px(
        Measurement(measurement.exhibit, sized, measurement.frames, measurement.signals, {}, "none")
    )
    assert max(unit) == FEATURE_PX
    assert min(unit) >= 1
    scale = FEATURE_PX / max(width, height)
    assert abs(unit[0] - width * scale) <= 1
    assert abs(unit[1] - height * scale) <= 1
