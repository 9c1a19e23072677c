from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conform.panorama import Picture, aired, aired_still, fixed, measured, moving
from offcut.conform.anchors import Anchor
from offcut.conform.canvas import Canvas
from offcut.conform.hypotheses import Geometry
from offcut.conform.lines import LEAST_PROMISING, MOST_ROWS, REGULAR, SPEEDS, Fitter, Line
from offcut.conform.planes import plane
from offcut.records import Measurement

WHOLE = Geometry(0, False, np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]))
FRAME_S = 1 / 30


def fitted(release: list[Picture], recording: Measurement) -> Fitter:
    ours = measured(release)
    canvas = Canvas(ours, [recording])
    anchors = [Anchor(len(release) // 2, 20, WHOLE, 0.9)]
    found = plane(canvas, WHOLE, anchors)
    assert found is not None
    return Fitter(found, 0, ours.frames, recording.frames)


def at(speed: float, count: int, first: int = 20) -> list[Picture]:
    return [aired(1)[first + int(np.floor(speed * k + 1e-9))] for k in range(count)]


@pytest.fixture(scope="module")
def copy() -> Fitter:
    return fitted(at(1, 50), moving(1).measurement)


@pytest.mark.parametrize(("speed", "count"), [(0.5, 60), (1.0, 50), (1.5, 40), (2.0, 36), (2.7, 28)])
def test_the_moment_of_a_copy_is_found_at_the_nearest_of_the_speeds_tried(speed: float, count: int) -> None:
    fitter = fitted(at(speed, count), moving(1).measurement)
    best = fitter.best(np.arange(count), SPEEDS)[0]
    assert best.speed == min((s for s in SPEEDS if s > 0), key=lambda s: abs(np.log2(s / speed)))
    middle = count // 2
    assert float(best.raw_at(middle * FRAME_S)) * 30 == pytest.approx(20 + speed * middle, abs=1)
    assert best.where > 0.9
    assert best.when > 0.85


@pytest.mark.parametrize(("speed", "count"), [(-0.5, 60), (-1.0, 50), (-2.0, 36)])
def test_backwards_is_a_speed(speed: float, count: int) -> None:
    fitter = fitted(at(speed, count, first=90), moving(1).measurement)
    best = fitter.best(np.arange(count), SPEEDS)[0]
    assert best.speed == speed
    assert float(best.raw_at(0.0)) * 30 == pytest.approx(90, abs=1)


@pytest.mark.parametrize("frame", [25, 47, 88])
def test_a_held_frame_has_no_speed_and_its_own_moment(frame: int) -> None:
    fitter = fitted([aired(1)[frame]] * 40, moving(1).measurement)
    rows = np.arange(40)
    best = fitter.best(rows, SPEEDS)[0]
    assert best.speed == 0
    assert {fitter.raw_index(best, int(t)) for t in rows} == {frame}
    assert fitter.refined(rows, best).speed == 0


@pytest.mark.parametrize(
    ("speed", "count"), [(0.83, 60), (0.96, 55), (1.04, 55), (1.21, 55), (1.37, 55), (2.7, 32), (-0.7, 60)]
)
def test_a_speed_off_those_tried_is_refined_to_a_hundredth_of_itself(speed: float, count: int) -> None:
    fitter = fitted(at(speed, count, first=10 if speed > 0 else 90), moving(1).measurement)
    rows = np.arange(count)
    best = max((fitter.refined(rows, one) for one in fitter.best(rows, SPEEDS)[:3]), key=lambda o: o.total)
    assert best.speed == pytest.approx(speed, rel=0.01)


def test_refining_never_loses(copy: Fitter) -> None:
    rows = np.arange(50)
    for line in copy.best(rows, SPEEDS):
        refined = copy.refined(rows, line)
        assert refined.where + refined.when >= line.where + line.when - 0.02


def test_where_nothing_moves_the_place_is_sure_and_the_moment_open() -> None:
    fitter = fitted(list(aired_still(3)[30:70]), fixed(3).measurement)
    best = fitter.best(np.arange(40), (1.0,))[0]
    assert best.where > 0.95
    assert best.when < 0.15


def test_a_line_that_leaves_the_recording_is_not_scored(copy: Fitter) -> None:
    rows = np.arange(50)
    where, when = copy.scores(rows, 0.0, 1.0, np.array([-0.5, 0.5, 60 * FRAME_S, 5.0]))
    assert np.isnan(where).tolist() == np.isnan(when).tolist() == [True, False, True, True]


def test_the_search_stays_where_it_is_told_to(copy: Fitter) -> None:
    # The moment of the middle frame is 1.5 s.
    lines = copy.best(np.arange(50), SPEEDS, (1.3, 1.45))
    assert lines
    assert all(1.3 <= line.raw_s <= 1.45 for line in lines)
    assert copy.best(np.arange(50), SPEEDS, (90.0, 91.0)) == []


def test_moments_whose_picture_is_another_are_not_looked_at(copy: Fitter) -> None:
    assert float(copy.match[24:27, 78:].max()) < LEAST_PROMISING
    assert copy.best(np.arange(50), SPEEDS, (2.65, 2.9)) == []


def test_a_long_window_is_compared_on_few_frames_and_gives_the_same_moment() -> None:
    rows = np.arange(70)
    fitter = fitted(at(1, 70), moving(1).measurement)
    assert len(rows) > 4 * MOST_ROWS
    offsets = fitter.raw_s + FRAME_S / 2
    where, when = fitter.scores(rows, float(fitter.release_s[35]), 1.0, offsets)
    best = fitter.best(rows, (1.0,))[0]
    assert best.raw_s == pytest.approx(float(offsets[np.nanargmax(where + when)]))


@settings(deadline=None)
@given(st.floats(-4, 4), st.floats(0, 3.3), st.integers(-5, 60))
def test_the_raw_frame_of_a_line_is_the_one_on_screen_at_that_time(
    copy: Fitter, speed: float, raw_s: float, frame: int
) -> None:
    line = Line(0, 0.0, raw_s, speed, 0.9, 0.9)
    index = copy.raw_index(line, frame)
    shown_s = float(line.raw_at(frame * FRAME_S))
    if index is not None:
        assert 0 <= index < 100
        assert index * FRAME_S - 1e-4 <= max(shown_s, 0.0)
        assert min(shown_s, 99.9 * FRAME_S) < (index + 1) * FRAME_S + 1e-4
    else:
        assert not 0 <= shown_s < 100 * FRAME_S


@pytest.mark.parametrize(("first", "speed"), [(20, 1.0), (22, 0.5), (20, 1.2), (69, -1.0), (24, 0.9)])
def test_what_moves_is_scored_as_from_the_pixels_themselves(copy: Fitter, first: int, speed: float) -> None:
    """Each pixel's own mean over the frames compared is taken away, on either side."""
    rows = np.arange(0, 40)
    recording = moving(1).measurement
    canvas = Canvas(measured(at(1, 50)), [recording])
    where = canvas.mask(WHOLE)
    where[1::2], where[:, 1::2] = False, False
    start_s = (first + 0.5) * FRAME_S
    index = [int((start_s + speed * t * FRAME_S) / FRAME_S + 1e-6) for t in rows]
    ours, theirs = canvas.release_pixels(rows, where), canvas.raw_pixels(WHOLE, index, where)
    x, y = ours - ours.mean(axis=0), theirs - theirs.mean(axis=0)
    floor = REGULAR * float((ours**2).sum())
    expected = float((x * y).sum()) / np.sqrt(((x**2).sum() + floor) * ((y**2).sum() + floor))
    alike = Fitter(
        replace(copy.plane, motion=copy.plane.pictures), 0, canvas.release.frames, recording.frames
    )
    _, when = alike.scores(rows, 0.0, speed, np.array([start_s]))
    assert float(when[0]) == pytest.approx(float(expected), abs=0.003)


def test_scores_are_at_most_1(copy: Fitter) -> None:
    for speed in SPEEDS:
        where, when = copy.scores(np.arange(50), 25 * FRAME_S, speed, copy.raw_s)
        assert np.nan_to_num(where, nan=0.0).max() <= 1.001
        assert np.nan_to_num(when, nan=0.0).max() <= 1.001


def test_along_a_line_frames_off_the_recording_are_unknown(copy: Fitter) -> None:
    values = copy.along(Line(0, 0.0, 80.5 * FRAME_S, 1.0, 0.9, 0.9))
    assert np.isfinite(values[:20]).all()
    assert np.isnan(values[22:]).all()
    right = copy.along(Line(0, 0.0, 20.5 * FRAME_S, 1.0, 0.9, 0.9))
    assert right == pytest.approx(1, abs=2e-3)


def test_a_release_time_beyond_the_plane_goes_on_at_its_rate(copy: Fitter) -> None:
    assert [copy.release_time_s(k) for k in (-3, 0, 49, 60)] == pytest.approx(
        [-3 * FRAME_S, 0.0, 49 * FRAME_S, 60 * FRAME_S]
    )


def test_recordings_of_another_rate_are_compared_in_seconds() -> None:
    slow = measured(list(moving(1).pictures), rate_hz=Fraction(15))
    best = fitted(at(1, 50), slow).best(np.arange(50), SPEEDS)[0]
    assert best.speed == 2
    assert float(best.raw_at(0.0)) * 15 == pytest.approx(20, abs=1)


def test_of_two_lines_that_fit_alike_the_one_at_the_recorded_speed_counts_more() -> None:
    plain, slow = Line(0, 0.0, 0.0, 1.0, 0.9, 0.5), Line(0, 0.0, 0.0, 0.5, 0.9, 0.5)
    assert plain.total > slow.total
