import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conform.boundaries import BLACK, laid
from conform.panorama import moving, place
from offcut.conform.path import Piece
from offcut.conform.sides import grading, is_plain, side_of

LEVELS = np.random.default_rng(5).uniform(10, 240, 4000).astype(np.float32)


@settings(max_examples=25, deadline=None)
@given(st.floats(0.5, 1.4), st.floats(-30, 30))
def test_a_grade_of_gain_and_offset_is_measured(gain: float, offset: float) -> None:
    curve = grading(LEVELS, (gain * LEVELS + offset).astype(np.float32))
    assert curve[60:200] == pytest.approx(gain * np.arange(60, 200) + offset, abs=2)


def test_what_lies_over_a_quarter_of_the_picture_does_not_bend_the_grade() -> None:
    seen = 0.8 * LEVELS + 20
    seen[: len(seen) // 4] = 250
    assert grading(LEVELS, seen)[60:180] == pytest.approx(0.8 * np.arange(60, 180) + 20, abs=4)


def test_a_grade_never_falls() -> None:
    seen = (255 * (LEVELS / 255) ** 1.5).astype(np.float32)
    assert (np.diff(grading(LEVELS, seen)) >= 0).all()


def test_a_side_shows_what_the_release_shows() -> None:
    graded = [np.rint(30 + 0.7 * p.astype(np.float32)).astype(np.uint8) for p in moving(1).pictures[:60]]
    canvas, pieces, fitters = laid(graded, [(0, 60, 0)])
    side = side_of(canvas, pieces[0], fitters)
    assert side is not None
    assert np.abs(side.picture(30) - canvas.luma[30]).mean() < 3


def test_a_side_that_does_not_agree_is_no_side() -> None:
    canvas, pieces, fitters = laid(list(moving(9).pictures[:60]), [(0, 60, 0)])
    assert side_of(canvas, pieces[0], fitters) is None


def test_a_card_is_a_side_without_a_source() -> None:
    card = np.rint(place(3, width_px=160, height_px=90)).astype(np.uint8)
    canvas, _, _ = laid([card] * 40, [])
    side = side_of(canvas, Piece(0, 40, None), [])
    assert side is not None
    assert side.still is not None


def test_moving_footage_without_a_source_is_no_side() -> None:
    canvas, _, _ = laid(list(moving(9).pictures[:60]), [])
    assert side_of(canvas, Piece(0, 60, None), []) is None


def test_black_is_plain_and_footage_is_not() -> None:
    canvas, _, _ = laid([BLACK] * 5 + list(moving(1).pictures[:5]), [])
    assert is_plain(canvas, 2)
    assert not is_plain(canvas, 7)
