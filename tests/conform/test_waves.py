import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conform.listening import ambience, at_db, measured, music
from offcut.conform.waves import BLOCK, HOP, RATE_HZ, Wave, level_db, levelled, retimed
from offcut.records import Measurement


def test_samples_come_back_at_their_ticks() -> None:
    wave = ambience(3, seed=0)
    part = Wave(measured(wave)).samples(1000, 9000)
    assert np.abs(part - wave[1000:9000]).max() < 1e-4


def test_nothing_is_heard_before_after_and_in_gaps() -> None:
    whole = measured(ambience(1, seed=0))
    signal = whole.signals["sound_band.mono"]
    kept = np.arange(len(signal.pts)) != 10
    gapped = type(signal)(signal.name, 1, signal.unit, signal.tick_s, signal.pts[kept], signal.values[kept])
    wave = Wave(_with(whole, gapped))
    assert not wave.samples(-500, 0).any()
    assert not wave.samples(6000, 6600).any()
    assert wave.samples(5990, 6000).any()
    assert not wave.samples(12_000, 13_000).any()


def _with(whole: Measurement, signal: object) -> Measurement:
    from dataclasses import replace

    return replace(whole, signals={"sound_band.mono": signal})  # type: ignore[dict-item]


@settings(max_examples=15, deadline=None)
@given(st.integers(-3000, 2 * BLOCK), st.integers(1, 40_000))
def test_the_levelled_form_of_a_part_is_a_part_of_the_levelled_form(start: int, length: int) -> None:
    wave = Wave(measured(ambience(12, seed=1)))
    whole = wave.levelled(-4 * HOP * 4, 3 * BLOCK)
    part = wave.levelled(start, start + length)
    first = start + 4 * HOP * 4
    assert len(part) == length
    inside = whole[first : first + length] if first >= 0 else part
    assert np.array_equal(part[: len(inside)], inside)


def test_loud_and_quiet_are_levelled_alike_and_silence_stays_silent() -> None:
    noise = ambience(4, seed=2)
    loud, quiet = levelled(at_db(noise, -10)), levelled(at_db(noise, -60))
    assert float(np.mean(loud**2)) == pytest.approx(float(np.mean(quiet**2)), rel=0.05)
    assert 0.7 < float(np.mean(loud**2)) < 1.3
    assert not levelled(np.zeros(20_000, np.float32)).any()


def test_unlike_sounds_have_nothing_in_common() -> None:
    one, other = levelled(ambience(8, seed=3)), levelled(music(8, seed=4))
    assert abs(float(np.mean(one * other))) < 0.03


def test_a_quiet_sound_under_a_loud_one_keeps_much_in_common() -> None:
    own, bed = at_db(ambience(8, seed=3), -32), music(8, seed=4, level_db=-20)
    assert float(np.mean(levelled(own) * levelled(own + bed))) > 0.15


@pytest.mark.parametrize("speed", [0.5, 0.8, 1.25, 2.0])
def test_retiming_changes_the_pitch_and_the_length(speed: float) -> None:
    tone = np.sin(2 * np.pi * 500 * np.arange(RATE_HZ) / RATE_HZ).astype(np.float32)
    made = retimed(tone, speed)
    assert len(made) == round(RATE_HZ * speed)
    spectrum = np.abs(np.fft.rfft(made))
    assert spectrum.argmax() * RATE_HZ / len(made) == pytest.approx(500 / speed, abs=2)


def test_retiming_back_and_forth_returns_the_sound() -> None:
    wave = ambience(2, seed=5)
    smooth = retimed(retimed(wave, 0.5), 2.0)
    again = retimed(retimed(smooth, 1.25), 0.8)
    assert np.abs(again - smooth).max() < 1e-4
    assert np.array_equal(retimed(wave, -1.0), retimed(wave, 1.0)[::-1])


def test_the_level_is_in_db_of_full_scale() -> None:
    assert level_db(np.full(100, 0.1, np.float32)) == pytest.approx(-20, abs=0.01)
    assert level_db(np.zeros(100, np.float32)) == -120
    assert level_db(np.zeros(0, np.float32)) == -120
