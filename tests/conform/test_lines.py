from fractions import Fraction

import numpy as np
import pytest

from conform.panorama import Picture, fixed, measured, moving
from offcut.conform.anchors import Anchor
from offcut.conform.canvas import Canvas
from offcut.conform.hypotheses import Geometry
from offcut.conform.lines import SPEEDS, Fitter, Line
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
    return [moving(1).pictures[first + int(speed * k + 1e-9)] for k in range(count)]


@pytest.fixture(scope="module")
def copy() -> Fitter:
    return fitted(at(1, 50), moving(1).measurement)


@pytest.mark.parametrize(("speed", "count"), [(0.5, 60), (1.0, 50), (1.5, 40), (2.0, 36)])
def test_the_speed_and_the_moment_of_a_copy_are_found_among_the_usual_ones(speed: float, count: int) -> None:
    fitter = fitted(at(speed, count), moving(1).measurement)
    best = fitter.best(np.arange(count), SPEEDS)[0]
    assert best.speed == speed
    assert float(best.raw_at(0.0)) * 30 == pytest.approx(20, abs=1)
    assert best.where > 0.98
    assert best.when > 0.85


def test_backwards_is_a_speed() -> None:
    fitter = fitted(list(reversed(at(1, 50))), moving(1).measurement)
    best = fitter.best(np.arange(50), SPEEDS)[0]
    assert best.speed == -1
    assert float(best.raw_at(0.0)) * 30 == pytest.approx(69, abs=1)


@pytest.mark.parametrize("speed", [0.96, 1.04, 1.21, 1.46])
def test_a_speed_near_a_usual_one_is_refined_to_a_hundredth(speed: float) -> None:
    count = 55
    fitter = fitted(at(speed, count), moving(1).measurement)
    rows = np.arange(count)
    best = max((fitter.refined(rows, one) for one in fitter.best(rows, SPEEDS)[:3]), key=lambda o: o.total)
    assert best.speed == pytest.approx(speed, abs=0.012)


def test_refining_never_loses(copy: Fitter) -> None:
    rows = np.arange(50)
    for line in copy.best(rows, SPEEDS):
        refined = copy.refined(rows, line)
        assert refined.where + refined.when >= line.where + line.when - 0.02


def test_where_nothing_moves_the_place_is_sure_and_the_moment_open() -> None:
    fitter = fitted(list(fixed(3).pictures[30:70]), fixed(3).measurement)
    best = fitter.best(np.arange(40), (1.0,))[0]
    assert best.where > 0.95
    assert best.when < 0.15


def test_a_line_that_leaves_the_recording_is_not_scored(copy: Fitter) -> None:
    rows = np.arange(50)
    where, when = copy.scores(rows, 0.0, 1.0, np.array([-0.5, 0.5, 60 * FRAME_S, 5.0]))
    assert np.isnan(where).tolist() == np.isnan(when).tolist() == [True, False, True, True]


def test_the_search_stays_where_it_is_told_to(copy: Fitter) -> None:
    lines = copy.best(np.arange(50), SPEEDS, (2.0, 2.2))
    assert lines
    assert all(2.0 <= line.raw_s <= 2.2 for line in lines)
    assert copy.best(np.arange(50), SPEEDS, (90.0, 91.0)) == []


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
    assert right == pytest.approx(1, abs=1e-3)


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
