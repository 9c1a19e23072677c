from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from conform.panorama import Picture, aired, aired_still, fixed, measured, moving, noisy, passed, still
from offcut.conform.ambiguity import Doubt, doubt
from offcut.conform.anchors import Anchor
from offcut.conform.canvas import Canvas
from offcut.conform.hypotheses import Geometry
from offcut.conform.lines import SPEEDS, Fitter
from offcut.conform.planes import plane
from offcut.records import Measurement

WHOLE = Geometry(0, False, np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]), is_usual=True)
COUNT = 40


def doubted(release: list[Picture], recording: Measurement, first: int) -> Doubt:
    ours = measured(release)
    group = [Anchor(t, first + t, WHOLE, 0.95) for t in (10, 30)]
    found = plane(Canvas(ours, [recording]), WHOLE, group)
    assert found is not None
    fitter = Fitter(found, 0, ours.frames, recording.frames)
    rows = np.arange(COUNT)
    return doubt(fitter, rows, fitter.best(rows, (1.0,))[0])


def held(release: list[Picture], recording: Measurement) -> Doubt:
    """The doubt about a release that holds one frame."""
    ours = measured(release)
    found = plane(Canvas(ours, [recording]), WHOLE, [Anchor(20, 40, WHOLE, 0.95)])
    assert found is not None
    fitter = Fitter(found, 0, ours.frames, recording.frames)
    rows = np.arange(COUNT)
    line = fitter.best(rows, SPEEDS)[0]
    return doubt(fitter, rows, replace(line, speed=0.0, raw_s=float(line.raw_at(line.at_s))))


def test_where_much_moves_no_other_moment_fits() -> None:
    found = doubted(list(aired(1)[20:60]), moving(1).measurement, 20)
    assert not found.is_ambiguous
    assert list(found.ranges_s) == []
    assert found.margin > 0.3


def test_where_nothing_moves_every_moment_fits() -> None:
    found = doubted(list(aired_still(3)[30:70]), fixed(3).measurement, 30)
    assert found.is_ambiguous
    covered = sum(high - low for low, high in found.ranges_s)
    assert covered == pytest.approx(3.0, abs=0.05)


def test_fitting_moments_are_merged_and_in_order() -> None:
    found = doubted(list(aired_still(3)[30:70]), fixed(3).measurement, 30)
    assert all(low <= high for low, high in found.ranges_s)
    assert all(a[1] < b[0] for a, b in pairwise(found.ranges_s))


def test_a_still_scene_with_one_passer_is_no_clock_where_nobody_passes() -> None:
    raw = [p.copy() for p in fixed(3).pictures]
    for k in range(60, 90):
        raw[k][30:60, 5 * (k - 60) : 5 * (k - 60) + 12] = 230
    release = still(3, 40, take=4)
    found = doubted(release, measured(raw), 10)
    assert found.is_ambiguous
    covered = sum(max(0.0, min(high, 50 / 30) - max(low, 10 / 30)) for low, high in found.ranges_s)
    assert covered == pytest.approx(40 / 30, abs=0.05), "the true moment is among those that fit"


def test_a_small_passer_fixes_the_moment_before_a_fixed_camera() -> None:
    """All else is noise, and more of it in the release."""
    release = passed(3, 90, take=1, spread=5)[20:60]
    found = doubted(release, measured(passed(3, 90)), 20)
    assert not found.is_ambiguous


def test_a_passer_whose_walk_is_seen_twice_fixes_no_moment() -> None:
    walk = passed(3, 45), passed(3, 45, take=2)
    release = passed(3, 45, take=1)[2:42]
    found = doubted(release, measured([*walk[0], *walk[1]]), 2)
    assert found.is_ambiguous
    for first in (2, 47):
        true = first / 30, (first + 39) / 30
        assert any(low <= true[0] + 0.05 and true[1] - 0.05 <= high for low, high in found.ranges_s)


@pytest.mark.parametrize("frame", [22, 57])
def test_a_held_frame_of_a_moving_camera_has_one_moment(frame: int) -> None:
    found = held([aired(1)[frame]] * COUNT, moving(1).measurement)
    assert not found.is_ambiguous
    assert list(found.ranges_s) == []


def test_a_held_frame_of_a_still_scene_may_be_any_frame_of_it() -> None:
    found = held([aired_still(3)[40]] * COUNT, fixed(3).measurement)
    assert found.is_ambiguous
    covered = sum(high - low for low, high in found.ranges_s)
    assert covered == pytest.approx(3.0, abs=0.1)


def test_a_held_frame_may_be_any_frame_of_a_pause_and_no_other() -> None:
    """The camera rests for twenty frames and then moves on."""
    pause = [noisy(p.astype(np.float32), np.random.default_rng(k)) for k, p in enumerate([aired(1)[40]] * 20)]
    raw = [*moving(1).pictures[10:40], *pause, *moving(1).pictures[41:80]]
    found = held([aired(1)[40]] * COUNT, measured(raw))
    assert found.is_ambiguous
    assert min(low for low, _ in found.ranges_s) == pytest.approx(30 / 30, abs=0.06)
    assert max(high for _, high in found.ranges_s) == pytest.approx(50 / 30, abs=0.06)
