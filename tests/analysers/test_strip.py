from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysers.streams import fed, frame
from offcut.analysers.strip import MOST, Strip
from offcut.records import Frame

LUMA, CHROMA = np.zeros((36, 64), np.uint8), np.zeros((2, 18, 32), np.uint8)


def seconds_long(seconds: int, rate_hz: int = 4) -> list[Frame]:
    return [Frame(k, k, Fraction(1, rate_hz), LUMA, CHROMA) for k in range(seconds * rate_hz)]


@settings(max_examples=12, deadline=None)
@given(st.integers(1, 1500))
def test_any_length_gives_at_most_240_pictures_evenly_spaced(seconds: int) -> None:
    luma, _ = fed(Strip(), list(seconds_long(seconds)))
    assert 1 <= len(luma.pts) <= MOST
    assert luma.pts[0] == 0
    steps = set(np.diff(luma.pts).tolist())
    assert len(steps) <= 1
    if seconds > MOST:
        assert len(luma.pts) > MOST // 2 - 1


def test_a_short_file_has_two_pictures_a_second() -> None:
    luma, _ = fed(Strip(), list(seconds_long(10)))
    assert luma.pts.tolist() == list(range(0, 40, 2))


def test_what_is_held_on_the_way_is_bounded_too() -> None:
    strip = Strip()
    most = 0
    for one in seconds_long(700):
        strip.push(one)
        most = max(most, len(strip._kept))
    assert most <= MOST


@pytest.mark.parametrize("size", [(640, 360), (360, 640), (321, 181), (64, 36)])
def test_the_colour_is_half_the_size_of_the_brightness(size: tuple[int, int]) -> None:
    luma, chroma = fed(Strip(), [frame(0, 0, width_px=size[0], height_px=size[1])])
    height, width = luma.values.shape[1:]
    assert (height % 2, width % 2) == (0, 0)
    assert chroma.values.shape == (1, 2, height // 2, width // 2)
    assert width / height == pytest.approx(size[0] / size[1], rel=0.03)


def test_nothing_is_given_before_the_end() -> None:
    strip = Strip()
    for one in seconds_long(5):
        strip.push(one)
    assert all(len(s.pts) == 0 for s in strip.take(last=False))
    assert all(len(s.pts) == 10 for s in strip.take(last=True))
