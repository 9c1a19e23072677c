from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conform.panorama import measured, moving
from offcut.conform.canvas import Canvas
from offcut.conform.edit import Assembly
from offcut.conform.hypotheses import Geometry, canvas_px
from offcut.conform.path import Piece
from offcut.conform.segments import SNAP, crop, placed_segments, placement, raw_to_release
from offcut.records import Box

UPRIGHT = measured([np.ascontiguousarray(p.T) for p in moving(1).pictures[:2]])
CANVAS = Canvas(moving(1).measurement, [moving(1).measurement, UPRIGHT])
SLACK = SNAP + 2e-4
"""Sides are rounded to four digits and moved to the edge when they are this near."""


@st.composite
def geometries(draw: st.DrawFn) -> Geometry:
    """Any scale and place at which some of the recording is seen."""
    recording = draw(st.integers(0, 1))
    scale = draw(st.floats(0.3, 3))
    width, height = (s * scale for s in canvas_px(CANVAS.recordings[recording]))
    x = draw(st.floats(30 - width, CANVAS.size_px[0] - 30))
    y = draw(st.floats(30 - height, CANVAS.size_px[1] - 30))
    return Geometry(recording, draw(st.booleans()), np.array([[scale, 0, x], [0, scale, y]]))


def window_of(geometry: Geometry) -> Box:
    """What is seen of the recording where it is shown."""
    return crop(CANVAS, geometry, placement(CANVAS, geometry))


@settings(deadline=None, max_examples=200)
@given(geometries())
def test_the_window_of_the_recording_lands_where_it_is_said_to_be_shown(geometry: Geometry) -> None:
    window, place = window_of(geometry), placement(CANVAS, geometry)
    width, height = canvas_px(CANVAS.recordings[geometry.recording])
    left = 1 - window.x - window.width if geometry.mirrored else window.x
    corners = np.array([[left, window.y, 1], [left + window.width, window.y + window.height, 1]])
    shown = (corners * [width, height, 1]) @ geometry.matrix.T / CANVAS.size_px
    scale = geometry.matrix[0, 0] * max(width, height) / min(CANVAS.size_px)
    expected = [[place.x, place.y], [place.x + place.width, place.y + place.height]]
    assert shown == pytest.approx(np.array(expected), abs=SLACK * (1 + scale))


@settings(deadline=None)
@given(geometries())
def test_boxes_lie_inside_their_pictures(geometry: Geometry) -> None:
    for box in (window_of(geometry), placement(CANVAS, geometry)):
        assert min(box.x, box.y, box.width, box.height) >= 0
        assert max(box.x + box.width, box.y + box.height) <= 1 + 2e-4


@settings(deadline=None)
@given(geometries(), st.floats(0, 0.7), st.floats(0, 0.7), st.floats(0.3, 1))
def test_of_a_smaller_box_a_smaller_window_is_named(
    geometry: Geometry, across: float, down: float, share: float
) -> None:
    """As in a split screen: the edges of the box, not of the recording, bound what is seen."""
    whole = placement(CANVAS, geometry)
    share = min(share, 1 - max(across, down))
    part = Box(
        whole.x + across * whole.width,
        whole.y + down * whole.height,
        share * whole.width,
        share * whole.height,
    )
    inner, outer = crop(CANVAS, geometry, part), window_of(geometry)
    assert inner.x >= outer.x - SLACK
    assert inner.y >= outer.y - SLACK
    assert inner.x + inner.width <= outer.x + outer.width + SLACK
    assert inner.y + inner.height <= outer.y + outer.height + SLACK
    corners = np.array([[inner.x, inner.y, 1], [inner.x + inner.width, inner.y + inner.height, 1]])
    shown = corners @ np.array(raw_to_release(CANVAS, geometry)).reshape(3, 3).T
    xs, ys = sorted(shown[:, 0]), sorted(shown[:, 1])
    scale = geometry.matrix[0, 0] * max(canvas_px(CANVAS.recordings[geometry.recording])) / 200
    expected = (part.x, part.x + part.width, part.y, part.y + part.height)
    assert (*xs, *ys) == pytest.approx(expected, abs=SLACK * (1 + scale))


@settings(deadline=None)
@given(geometries(), st.floats(0, 1), st.floats(0, 1))
def test_the_homography_takes_a_point_of_the_raw_picture_to_where_it_is_shown(
    geometry: Geometry, x: float, y: float
) -> None:
    width, height = canvas_px(CANVAS.recordings[geometry.recording])
    seen = np.array([(1 - x if geometry.mirrored else x) * width, y * height, 1])
    expected = geometry.matrix @ seen / CANVAS.size_px
    found = np.array(raw_to_release(CANVAS, geometry)).reshape(3, 3) @ [x, y, 1]
    assert found[:2] / found[2] == pytest.approx(expected, abs=1e-5)


@settings(deadline=None)
@given(geometries())
def test_mirroring_turns_the_window_and_leaves_the_place(geometry: Geometry) -> None:
    other = Geometry(geometry.recording, not geometry.mirrored, geometry.matrix)
    a, b = window_of(geometry), window_of(other)
    assert (b.x, b.y, b.width, b.height) == pytest.approx(
        (1 - a.x - a.width, a.y, a.width, a.height), abs=2e-4
    )
    assert placement(CANVAS, other) == placement(CANVAS, geometry)


@settings(deadline=None)
@given(st.floats(0.1, 1), st.floats(0, 1), st.floats(0, 1))
def test_a_window_that_was_cut_is_read_back(share: float, across: float, down: float) -> None:
    """The inverse: from the crop that an edit made to the geometry and back."""
    left, top = across * (1 - share), down * (1 - share)
    width, height = CANVAS.size_px
    matrix = np.array([[1 / share, 0, -left * width / share], [0, 1 / share, -top * height / share]])
    box = window_of(Geometry(0, False, matrix))
    assert (box.x, box.y, box.width, box.height) == pytest.approx((left, top, share, share), abs=2 * SLACK)
    assert placement(CANVAS, Geometry(0, False, matrix)) == placement(
        CANVAS, Geometry(0, False, np.array([[1.0, 0, 0], [0, 1.0, 0]]))
    )


def test_an_upright_picture_on_bars_is_placed_in_the_middle() -> None:
    width, height = CANVAS.size_px
    scale = height / canvas_px(UPRIGHT)[1]
    shown = canvas_px(UPRIGHT)[0] * scale
    geometry = Geometry(1, False, np.array([[scale, 0, (width - shown) / 2], [0, scale, 0]]))
    place = placement(CANVAS, geometry)
    assert (place.y, place.height) == (0, 1)
    assert place.width == pytest.approx(shown / width, abs=1e-3)
    assert place.x == pytest.approx((1 - place.width) / 2, abs=1e-3)
    assert window_of(geometry).width == 1


def test_a_release_without_any_source_is_one_segment_that_names_none() -> None:
    (only,) = placed_segments(CANVAS, Assembly([Piece(0, 100, None)], [], []), [])
    segment = only.segment
    assert (segment.start_s, segment.end_s) == (Fraction(0), Fraction(100, 30))
    assert (segment.recording, segment.raw_start_s, segment.speed, segment.crop) == (None, None, None, None)
    assert segment.opening.kind == "start"
    assert list(only.may_be) == []
