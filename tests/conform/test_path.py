from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from conform.panorama import aired, measured, moving
from offcut.conform.anchors import Anchor
from offcut.conform.canvas import Canvas
from offcut.conform.hypotheses import Geometry
from offcut.conform.lines import Fitter, Line
from offcut.conform.path import (
    MEET_COST,
    NONE_GAIN,
    OFF,
    SWITCH_COST,
    best_path,
    candidates,
    gains,
    pieces,
    standing,
)
from offcut.conform.planes import plane

WHOLE = Geometry(0, False, np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]))
FIRST, COUNT = 20, 50

earnings = st.floats(-9, 1.25, width=32)
tables = arrays(np.float32, st.tuples(st.integers(1, 6), st.integers(1, 3)), elements=earnings)


def line(raw_frame: float, *, number: int = 0) -> Line:
    return Line(number, 0.0, (raw_frame + 0.5) / 30, 1.0, 0.95, 0.9)


def earned(table: np.ndarray, path: np.ndarray, cost: float) -> float:
    return float(table[np.arange(len(path)), path].sum() - cost * np.count_nonzero(np.diff(path)))


@pytest.fixture(scope="module")
def copy() -> Fitter:
    release = measured(list(aired(1)[FIRST : FIRST + COUNT]))
    group = [Anchor(t, FIRST + t, WHOLE, 0.95) for t in (10, 25, 40)]
    found = plane(Canvas(release, [moving(1).measurement]), WHOLE, group)
    assert found is not None
    return Fitter(found, 0, release.frames, moving(1).measurement.frames)


@settings(deadline=None)
@given(tables, st.floats(0, 3))
def test_no_other_path_earns_more(table: np.ndarray, cost: float) -> None:
    best = max(
        earned(table, np.array(path), cost) for path in product(range(table.shape[1]), repeat=table.shape[0])
    )
    assert earned(table, best_path(table, cost), cost) == pytest.approx(best, abs=1e-4)


@st.composite
def met(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    """A table of earnings, and where its lines stand: some meet at some frames, some never."""
    table = draw(arrays(np.float32, st.tuples(st.integers(1, 5), st.integers(2, 4)), elements=earnings))
    shape = (table.shape[0], table.shape[1] - 1)
    return table, draw(arrays(np.float64, shape, elements=st.sampled_from([0.0, 0.6, 1.2, 9.0])))


def spent(path: np.ndarray, table: np.ndarray, meeting: np.ndarray, costs: tuple[float, float]) -> float:
    """What the changes of a path cost: (any, between lines that meet and have a picture on both sides)."""
    total, lines = 0.0, table.shape[1] - 1
    for t in np.flatnonzero(np.diff(path)) + 1:
        a, b = int(path[t - 1]), int(path[t])
        meets = max(a, b) < lines and abs(meeting[t, a] - meeting[t, b]) < 1
        meets = meets and (table[t - 1 : t + 1, [a, b]] > OFF).all()
        total += min(costs) if meets else costs[0]
    return total


@settings(deadline=None, max_examples=150)
@given(met(), st.floats(0.1, 3), st.floats(0, 1))
def test_no_other_path_earns_more_where_lines_meet(
    drawn: tuple[np.ndarray, np.ndarray], cost: float, share: float
) -> None:
    table, meeting = drawn
    costs = (cost, share * cost)

    def worth(path: np.ndarray) -> float:
        return earned(table, path, 0.0) - spent(path, table, meeting, costs)

    best = max(worth(np.array(path)) for path in product(range(table.shape[1]), repeat=table.shape[0]))
    found = best_path(table, cost, meeting=meeting, meet_cost=costs[1])
    assert worth(found) == pytest.approx(best, abs=1e-4)


@settings(deadline=None)
@given(arrays(np.float32, st.integers(1, 60), elements=earnings), st.integers(2, 5))
def test_states_that_earn_the_same_and_meet_everywhere_never_change(row: np.ndarray, states: int) -> None:
    table = np.repeat(row[:, None], states, axis=1)
    path = best_path(table, meeting=np.zeros((len(row), states - 1)))
    assert len(set(path.tolist())) == 1


def test_a_change_between_lines_that_meet_is_worth_less_gain() -> None:
    """The second line earns, in all, more than such a change costs and less than any other."""
    frames, gain = 20, (MEET_COST + SWITCH_COST) / 2 / 10
    table = np.full((frames, 3), 0.5, np.float32)
    table[10:, 1] += gain
    table[:10, 1] = OFF + 1
    table[:, 2] = -1
    apart = np.tile([0.0, 5.0], (frames, 1))
    meeting = apart.copy()
    meeting[10] = [3.0, 3.5]
    assert best_path(table, meeting=apart).tolist() == [0] * frames
    assert best_path(table, meeting=meeting).tolist() == [0] * 10 + [1] * 10


def test_lines_meet_where_they_name_nearly_the_same_raw_frame_of_one_plane(copy: Fitter) -> None:
    release = measured(list(aired(1)[FIRST : FIRST + COUNT])).frames
    straight, slow = line(FIRST), Line(0, 1.0, (FIRST + 30.5) / 30, 0.5, 0.9, 0.9)
    table = standing([straight, slow, line(FIRST, number=1)], [copy, copy], release)
    assert table.shape == (COUNT, 3)
    near = np.abs(table[:, 0] - table[:, 1]) < 1
    assert np.flatnonzero(near).tolist() == [28, 29, 30, 31, 32]
    assert (np.abs(table[:, 2] - table[:, 0]) > 1).all()


@settings(deadline=None)
@given(arrays(np.float32, st.tuples(st.integers(1, 80), st.integers(1, 6)), elements=earnings), st.data())
def test_the_path_never_switches_where_one_line_earns_everywhere(
    table: np.ndarray, data: st.DataObject
) -> None:
    column = data.draw(st.integers(0, table.shape[1] - 1))
    table[:, column] = table.max(axis=1)
    assert np.count_nonzero(np.diff(best_path(table))) == 0


@settings(deadline=None)
@given(st.integers(1, 30), st.integers(1, 30))
def test_the_path_changes_at_the_frame_where_the_earnings_do(before: int, after: int) -> None:
    table = np.full((before + after, 3), 0.0, np.float32)
    table[:before, 0] = table[before:, 1] = 1.0
    table[:, 2] = NONE_GAIN
    path = best_path(table)
    # A change pays if what it brings is more than what it costs.
    if min(before, after) * (1 - NONE_GAIN) > 2 * SWITCH_COST:
        assert path.tolist() == [0] * before + [1] * after


@settings(deadline=None)
@given(arrays(np.int64, st.integers(1, 60), elements=st.integers(0, 2)))
def test_pieces_cover_every_frame_once_and_neighbours_differ(path: np.ndarray) -> None:
    lines = [line(0), line(50)]
    found = pieces(path, lines)
    assert [k for p in found for k in range(p.first, p.last)] == list(range(len(path)))
    assert all(a.line is not b.line for a, b in pairwise(found))
    for piece in found:
        state = {int(s) for s in path[piece.first : piece.last]}
        assert len(state) == 1
        assert (piece.line is None) == (state == {2})


def test_a_frame_without_a_source_earns_the_same_everywhere(copy: Fitter) -> None:
    table = gains([], [copy], COUNT)
    assert table.shape == (COUNT, 1)
    assert table == pytest.approx(NONE_GAIN)


def test_the_right_line_earns_more_than_none_and_a_line_off_the_recording_less(copy: Fitter) -> None:
    table = gains([line(FIRST), line(90)], [copy], COUNT)
    assert (table[:, 0] > NONE_GAIN + 0.5).all()
    assert (table[15:, 1] == -9).all()


def test_frames_outside_a_plane_cannot_be_on_its_lines(copy: Fitter) -> None:
    table = gains([line(FIRST)], [copy], COUNT + 30)
    assert (table[COUNT:, 0] == -9).all()
    assert (best_path(table)[COUNT:] == 1).all()


def test_lines_are_fitted_where_anchors_are_and_the_right_one_is_among_them(copy: Fitter) -> None:
    release = measured(list(aired(1)[FIRST : FIRST + COUNT])).frames
    found = candidates([copy], release, [0])
    assert any(abs(float(one.raw_at(0.0)) * 30 - FIRST) <= 1 and one.speed == 1 for one in found)


def test_a_window_does_not_reach_over_a_hard_cut(copy: Fitter) -> None:
    release = measured(list(aired(1)[FIRST : FIRST + COUNT])).frames
    assert candidates([copy], release, list(range(0, COUNT, 7))) == []
