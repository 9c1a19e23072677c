from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysers.streams import fed, frame
from offcut.analysers.sound_level import FLOOR_DB, SoundLevel
from offcut.measure import Item
from offcut.records import Sound

RATE_HZ = 48_000


def sine(seconds: float, *, level: float = 1.0, channels: int = 2, hz: float = 1000, pts: int = 0) -> Sound:
    times = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    wave = (level * np.sin(2 * np.pi * hz * times)).astype(np.float32)
    return Sound(pts, RATE_HZ, np.repeat(wave[None], channels, axis=0))


def test_a_full_sine_is_3_db_below_its_peak() -> None:
    (signal,) = fed(SoundLevel(), [sine(1.0)])
    assert signal.values[:, 0] == pytest.approx(-3.01, abs=0.01)
    assert signal.values[:, 1] == pytest.approx(0.0, abs=0.01)


@pytest.mark.parametrize("channels", [1, 2, 6])
def test_half_the_amplitude_is_6_db_less_on_any_number_of_channels(channels: int) -> None:
    (signal,) = fed(SoundLevel(), [sine(0.2, level=0.5, channels=channels)])
    assert signal.values[:, 0] == pytest.approx(-9.03, abs=0.01)
    assert signal.values[:, 1] == pytest.approx(-6.02, abs=0.01)


def test_silence_is_the_floor_and_not_minus_infinity() -> None:
    (signal,) = fed(SoundLevel(), [Sound(0, RATE_HZ, np.zeros((1, 4800), np.float32))])
    assert (signal.values == FLOOR_DB).all()


def test_there_are_50_rows_a_second_in_microseconds() -> None:
    (signal,) = fed(SoundLevel(), [sine(1.0)])
    assert signal.tick_s == Fraction(1, 1_000_000)
    assert signal.pts.tolist() == list(range(0, 1_000_000, 20_000))


def test_a_rest_shorter_than_20_ms_is_measured_at_the_end() -> None:
    (signal,) = fed(SoundLevel(), [sine(0.05)])
    assert signal.pts.tolist() == [0, 20_000, 40_000]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(1, 3000), min_size=1, max_size=12))
def test_levels_do_not_depend_on_how_the_sound_is_cut_into_runs(lengths: list[int]) -> None:
    wave = np.random.default_rng(0).uniform(-1, 1, (2, sum(lengths))).astype(np.float32)
    edges = np.cumsum([0, *lengths])
    runs: list[Item] = [Sound(int(a), RATE_HZ, wave[:, a:b]) for a, b in pairwise(edges)]
    (parts,) = fed(SoundLevel(), runs)
    (whole,) = fed(SoundLevel(), [Sound(0, RATE_HZ, wave)])
    assert (parts.pts == whole.pts).all()
    assert (parts.values == whole.values).all()


def test_after_a_gap_the_times_go_on_where_the_sound_does() -> None:
    (signal,) = fed(SoundLevel(), [sine(0.1), sine(0.1, pts=RATE_HZ)])
    assert signal.pts.tolist() == [*range(0, 100_000, 20_000), *range(1_000_000, 1_100_000, 20_000)]


def test_a_change_of_channels_or_rate_closes_the_open_step() -> None:
    other = Sound(round(0.03 * 8000), 8000, np.ones((1, 160), np.float32))
    (signal,) = fed(SoundLevel(), [sine(0.03), other])
    assert signal.pts.tolist() == [0, 20_000, 30_000]
    assert signal.values[-1, 1] == pytest.approx(0.0, abs=0.01)


def test_pictures_are_not_listened_to() -> None:
    (signal,) = fed(SoundLevel(), [frame(0, 0), frame(1, 1)])
    assert len(signal.pts) == 0
