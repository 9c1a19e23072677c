from itertools import pairwise

import numpy as np
import pytest

from conform.panorama import HEIGHT_PX, WIDTH_PX, Picture, aired, aired_still, fixed, measured, moving, noisy, still, window
from offcut.conform.ambiguity import Doubt, doubt
from offcut.conform.anchors import Anchor
from offcut.conform.canvas import Canvas
from offcut.conform.hypotheses import Geometry
from offcut.conform.lines import Fitter
from offcut.conform.planes import plane
from offcut.records import Measurement

WHOLE = Geometry(0, False, np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]))
COUNT = 40


def doubted(release: list[Picture], recording: Measurement, first: int) -> Doubt:
    ours = measured(release)
    group = [Anchor(t, first + t, WHOLE, 0.95) for t in (10, 30)]
    found = plane(Canvas(ours, [recording]), WHOLE, group)
    assert found is not None
    fitter = Fitter(found, 0, ours.frames, recording.frames)
    rows = np.arange(COUNT)
    return doubt(fitter, rows, fitter.best(rows, (1.0,))[0])


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
