from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from conform.panorama import fixed, measured, moving
from offcut.conform.canvas import VIEW_PX, Canvas, centred, correlation, detail, normalised
from offcut.conform.hypotheses import Geometry

IDENTITY = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])

pictures = arrays(np.float32, (20, 30), elements=st.floats(0, 255, width=32))


def canvas() -> Canvas:
    return Canvas(moving(1).measurement, [moving(1).measurement, fixed(3).measurement])


@cache
def few() -> Canvas:
    """The same with a release of a few frames."""
    return Canvas(measured(list(moving(1).pictures[:5])), [moving(1).measurement, fixed(3).measurement])


@st.composite
def similarities(draw: st.DrawFn) -> np.ndarray:
    scale, turn = draw(st.floats(0.25, 4)), draw(st.floats(-0.26, 0.26))
    x, y = draw(st.floats(-300, 300)), draw(st.floats(-200, 200))
    a, b = scale * np.cos(turn), scale * np.sin(turn)
    return np.array([[a, -b, x], [b, a, y]])


@settings(deadline=None)
@given(similarities(), st.integers(0, 1), st.booleans())
def test_a_geometry_is_recovered_from_its_matrix_on_the_canvas(
    matrix: np.ndarray, recording: int, mirrored: bool
) -> None:
    space, geometry = canvas(), Geometry(recording, mirrored, matrix)
    back = space.geometry_from(space.matrix(geometry), geometry)
    assert (back.recording, back.mirrored) == (recording, mirrored)
    assert back.matrix == pytest.approx(matrix, abs=1e-6)


@settings(deadline=None)
@given(pictures, st.floats(-80, 80, width=32))
def test_brightness_is_removed(picture: np.ndarray, by: float) -> None:
    assert normalised(picture + np.float32(by)) == pytest.approx(normalised(picture), abs=0.02)


@settings(deadline=None)
@given(st.floats(0.4, 2.5))
def test_contrast_is_nearly_removed_where_there_is_any(factor: float) -> None:
    view = moving(1).measurement.signals["picture.luma"].values[0].astype(np.float32)
    a, b = normalised(view), normalised(view * np.float32(factor))
    assert correlation(a.ravel(), b.ravel()) > 0.99


@settings(deadline=None)
@given(pictures, pictures, st.floats(0, 1))
def test_the_detail_of_a_mixture_is_the_mixture_of_the_details(
    a: np.ndarray, b: np.ndarray, share: float
) -> None:
    mixed = np.asarray((1 - share) * a + share * b, np.float32)
    expected = (1 - share) * detail(a) + share * detail(b)
    assert detail(mixed) == pytest.approx(expected, abs=0.01)


def test_a_flat_picture_stays_flat_and_its_noise_small() -> None:
    noise = np.random.default_rng(0).normal(100, 1, (40, 60)).astype(np.float32)
    assert float(np.abs(normalised(noise)).mean()) < 0.2
    assert normalised(np.full((40, 60), 7, np.uint8)) == pytest.approx(0, abs=1e-3)


def test_a_picture_laid_where_it_is_stays_as_it_is() -> None:
    space = canvas()
    raw = moving(1).measurement.signals["picture.luma"].values[5]
    assert space.warped(Geometry(0, False, IDENTITY), 5) == pytest.approx(raw, abs=0.01)
    assert space.warped(Geometry(0, True, IDENTITY), 5) == pytest.approx(raw[:, ::-1], abs=0.01)
    assert space.mask(Geometry(0, False, IDENTITY)).all()


@st.composite
def boxes(draw: st.DrawFn) -> tuple[float, float, float, float]:
    """(left, top, width, height) of windows of the release, in fractions of it."""
    width, height = draw(st.floats(0.1, 1)), draw(st.floats(0.1, 1))
    return draw(st.floats(0, 1 - width)), draw(st.floats(0, 1 - height)), width, height


@settings(deadline=None, max_examples=40)
@given(boxes(), similarities(), st.integers(0, 1), st.booleans())
def test_a_geometry_found_through_a_window_lays_the_recording_where_the_window_showed_it(
    box: tuple[float, float, float, float], matrix: np.ndarray, recording: int, mirrored: bool
) -> None:
    whole = few()
    view, seen = whole.view(box), Geometry(recording, mirrored, matrix)
    there = whole.through(seen, box)
    assert (there.recording, there.mirrored) == (recording, mirrored)
    points = np.array([[0, 0, 1], [60, 0, 1], [0, 40, 1], [127, 71, 1]], np.float64)
    in_view = (points @ view.matrix(seen).T + 0.5) / (view.width, view.height)
    in_whole = (points @ whole.matrix(there).T + 0.5) / (whole.width, whole.height)
    assert in_whole == pytest.approx(np.array(box[:2]) + in_view * box[2:], abs=1e-6)


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 30), st.integers(0, 18), st.integers(34, 90), st.integers(24, 50))
def test_through_a_window_a_copy_lies_on_its_recording_to_a_fraction_of_a_pixel(
    left: int, top: int, width: int, height: int
) -> None:
    whole = few()
    box = (left / whole.width, top / whole.height, width / whole.width, height / whole.height)
    view = whole.view(box)
    moved = IDENTITY.copy()
    moved[:, 2] = -box[0] * whole.size_px[0], -box[1] * whole.size_px[1]
    seen = Geometry(0, False, moved)
    assert whole.through(seen, box).matrix == pytest.approx(IDENTITY, abs=1e-9)
    inner = np.s_[3:-3, 3:-3]
    for frame in (0, 3):
        raw = view.warped(seen, frame)
        assert np.abs(view.luma[frame].astype(np.float32) - raw)[inner].mean() < 1.0
        assert correlation(view.release_picture(frame)[inner].ravel(), normalised(raw)[inner].ravel()) > 0.98


def test_a_view_leaves_the_canvas_it_was_taken_from_as_it_was() -> None:
    whole = few()
    before, picture = whole.luma.copy(), whole.release_picture(1).copy()
    view = whole.view((0.5, 0.5, 0.25, 0.25))
    view.release_picture(1)
    view.matrix(Geometry(0, False, IDENTITY))
    assert (whole.luma == before).all()
    assert (whole.release_picture(1) == picture).all()
    assert whole.mask(Geometry(0, False, IDENTITY)).all()
    assert view.width >= VIEW_PX


def test_half_a_picture_covers_a_quarter_of_the_canvas() -> None:
    space = canvas()
    half = Geometry(0, False, IDENTITY * 0.5)
    mask = space.mask(half)
    assert mask[: space.height // 2 - 2, : space.width // 2 - 2].all()
    assert not mask[space.height // 2 + 1 :].any()
    assert not mask[:, space.width // 2 + 1 :].any()


def test_a_picture_laid_off_the_canvas_covers_nothing() -> None:
    away = np.array([[1.0, 0.0, 5000.0], [0.0, 1.0, 0.0]])
    assert not canvas().mask(Geometry(0, False, away)).any()


def test_rows_of_pixels_have_no_mean_and_may_be_none() -> None:
    space = canvas()
    geometry = Geometry(0, False, IDENTITY)
    where = space.mask(geometry)
    rows = space.raw_pixels(geometry, range(3), where)
    assert rows.shape == (3, where.sum())
    assert rows.mean(axis=1) == pytest.approx(0, abs=1e-4)
    assert space.raw_pixels(geometry, range(0), where).shape == (0, where.sum())
    assert space.release_pixels(range(0), where).shape == (0, where.sum())
    assert space.release_pixels(range(3), where) == pytest.approx(rows, abs=1e-3)


def test_another_aspect_is_measured_in_its_own_units() -> None:
    upright = measured([np.ascontiguousarray(p.T) for p in moving(1).pictures[:3]])
    space = Canvas(moving(1).measurement, [upright])
    # Height 426 of the upright picture onto height 240 of the wide one, and centred: bars left and right.
    scale = 240 / 426
    geometry = Geometry(0, False, np.array([[scale, 0, 213 - 120 * scale], [0, scale, 0]]))
    covered = space.mask(geometry).any(axis=0).sum() / space.width
    assert covered == pytest.approx((240 * scale) / 426, abs=0.03)


@settings(deadline=None)
@given(arrays(np.float32, 50, elements=st.floats(-50, 50, width=32)), st.integers(0, 9))
def test_a_correlation_is_bounded_symmetric_and_0_for_a_flat_row(row: np.ndarray, seed: int) -> None:
    other = np.random.default_rng(seed).normal(0, 10, 50).astype(np.float32)
    value = correlation(row, other)
    assert -1.00001 <= value <= 1.00001
    assert value == pytest.approx(correlation(other, row), abs=1e-5)
    assert correlation(np.full(50, 3, np.float32), other) == 0
    assert correlation(other, other * 2 + 5) == pytest.approx(1, abs=1e-4)
    assert centred(row).mean() == pytest.approx(0, abs=1e-3)
