from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysers.streams import fed, frame
from offcut.analysers.sound_band import LOUDEST, RATE_HZ, ROW_SAMPLES, WHOLE, SoundBand, _step
from offcut.measure import Item
from offcut.records import Signal, Sound

RATES = (8000, 11_025, 16_000, 22_050, 32_000, 44_100, 47_999, 48_000, 96_000)


def runs_of(wave: np.ndarray, rate_hz: int, *, start: int = 0, step: int = 1024) -> list[Item]:
    samples = np.atleast_2d(wave).astype(np.float32)
    return [
        Sound(start + k, rate_hz, samples[:, k : k + step].copy()) for k in range(0, samples.shape[1], step)
    ]


def kept(items: list[Item]) -> tuple[np.ndarray, np.ndarray]:
    """Times in seconds and samples at full scale 1, gaps left out."""
    (signal,) = fed(SoundBand(), items)
    ticks = (signal.pts[:, None] + np.arange(ROW_SAMPLES)).ravel()
    return ticks / RATE_HZ, signal.values.ravel() / 32767


@pytest.mark.parametrize("rate_hz", RATES)
def test_a_tone_comes_out_at_its_own_time_whatever_the_rate(rate_hz: int) -> None:
    start = rate_hz // 2 + 3
    times = (start + np.arange(2 * rate_hz)) / rate_hz
    at, wave = kept(runs_of(0.5 * np.sin(2 * np.pi * 1000 * times), rate_hz, start=start))
    inside = (at > 0.6) & (at < 2.4)
    expected = 0.5 * np.sin(2 * np.pi * 1000 * at[inside])
    assert np.abs(wave[inside] - expected).max() < 2e-3


@pytest.mark.parametrize("rate_hz", [44_100, 48_000])
def test_what_lies_above_the_band_is_not_folded_into_what_is_compared(rate_hz: int) -> None:
    times = np.arange(rate_hz) / rate_hz
    for hz in (7200, 9500, 13_000, 19_000):
        _, wave = kept(runs_of(np.sin(2 * np.pi * hz * times), rate_hz))
        assert np.abs(wave[600:-1200]).max() < 0.01


def test_times_are_whole_ticks_of_the_clock_and_rows_follow_each_other() -> None:
    (signal,) = fed(SoundBand(), runs_of(np.ones(96_000), 48_000, start=7))
    assert signal.tick_s == Fraction(1, RATE_HZ)
    assert signal.values.dtype == np.int16
    assert signal.pts[0] == 2
    assert (np.diff(signal.pts) == ROW_SAMPLES).all()


def test_a_sound_before_time_zero_keeps_its_negative_times() -> None:
    (signal,) = fed(SoundBand(), runs_of(np.ones(48_000), 48_000, start=-1024))
    assert signal.pts[0] == -256


def test_after_a_gap_the_times_go_on_where_the_sound_does() -> None:
    click = np.zeros(4800)
    click[2400] = 1.0
    at, wave = kept([*runs_of(click, 48_000), *runs_of(click, 48_000, start=480_000)])
    assert at[wave > 0.1].min() == pytest.approx(0.05, abs=2e-4)
    assert at[wave > 0.1].max() == pytest.approx(10.05, abs=2e-4)
    assert at.size < RATE_HZ


def test_opposite_channels_do_not_cancel() -> None:
    wave = np.random.default_rng(0).uniform(-0.5, 0.5, 48_000)
    _, both = kept(runs_of(np.stack([wave, -wave]), 48_000))
    _, one = kept(runs_of(wave, 48_000))
    assert (both == one).all()


def test_the_sum_of_unlike_channels_is_kept() -> None:
    rng = np.random.default_rng(0)
    left, right = rng.uniform(-0.5, 0.5, (2, 48_000))
    _, both = kept(runs_of(np.stack([left, right]), 48_000))
    _, mean = kept(runs_of((left + right) / 2, 48_000))
    assert np.abs(both - mean).max() <= 2 / 32767


def test_an_hour_takes_less_than_ninety_megabytes() -> None:
    (signal,) = fed(SoundBand(), runs_of(np.zeros(480_000), 48_000))
    assert (signal.values.nbytes + signal.pts.nbytes) * 360 < 90e6


@settings(max_examples=20, deadline=None)
@given(
    st.lists(st.integers(1, 9000), min_size=1, max_size=8),
    st.sampled_from(RATES),
    st.integers(-5000, 5000),
)
def test_samples_do_not_depend_on_how_the_sound_is_cut_into_runs(
    lengths: list[int], rate_hz: int, start: int
) -> None:
    wave = np.random.default_rng(0).uniform(-1, 1, (2, sum(lengths))).astype(np.float32)
    edges = np.cumsum([0, *lengths])
    runs: list[Item] = [Sound(start + int(a), rate_hz, wave[:, a:b]) for a, b in pairwise(edges)]

    def only(items: list[Item]) -> Signal:
        (signal,) = fed(SoundBand(), items)
        return signal

    parts, whole = only(runs), only([Sound(start, rate_hz, wave)])
    assert (parts.pts == whole.pts).all()
    assert (parts.values == whole.values).all()


@settings(max_examples=20, deadline=None)
@given(st.integers(100, 200_000), st.sampled_from(RATES), st.integers(-5000, 5000))
def test_every_instant_of_the_sound_is_kept_once(count: int, rate_hz: int, start: int) -> None:
    (signal,) = fed(SoundBand(), runs_of(np.zeros(count), rate_hz, start=start, step=50_000))
    first, last = signal.pts[0] / RATE_HZ, (signal.pts[-1] + ROW_SAMPLES) / RATE_HZ
    assert 0 <= first - start / rate_hz <= 1 / RATE_HZ
    assert -2 / RATE_HZ <= last - (start + count) / rate_hz <= ROW_SAMPLES / RATE_HZ
    assert (np.diff(signal.pts) == ROW_SAMPLES).all()


def test_pictures_are_not_listened_to() -> None:
    (signal,) = fed(SoundBand(), [frame(0, 0), frame(1, 1)])
    assert len(signal.pts) == 0


def test_samples_that_are_no_numbers_and_far_too_loud_ones_are_taken_in() -> None:
    wave = np.zeros(48_000, np.float32)
    wave[[10_000, 20_000, 30_000, 40_000]] = (np.nan, np.inf, -np.inf, 3e38)
    _, kept_wave = kept(runs_of(np.stack([wave, wave]), 48_000))
    assert np.isfinite(kept_wave).all()
    assert np.abs(kept_wave[:2000]).max() == 0


def test_what_is_kept_does_not_depend_on_the_order_of_adding_up() -> None:
    wave = np.random.default_rng(0).uniform(-1, 1, 48_000).astype(np.float32)
    _, whole = kept(runs_of(wave, 48_000))
    matrix = _step(48_000, 0)
    assert (matrix == np.rint(matrix)).all()
    assert np.abs(matrix).sum(axis=0).max() * LOUDEST * WHOLE < 2**53
    assert whole.any()
