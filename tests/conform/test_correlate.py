from itertools import pairwise

import numpy as np
import pytest

from conform.listening import ambience, at_db, cut, measured, music, silence
from offcut.conform.correlate import APART, across, near
from offcut.conform.waves import RATE_HZ, Wave, levelled

RAW = ambience(60, seed=1)
WAVE = Wave(measured(RAW))


@pytest.mark.parametrize("at_s", [0.0, 13.25, 54.5])
def test_a_piece_is_found_to_the_sample_anywhere_in_a_recording(at_s: float) -> None:
    piece = levelled(at_db(cut(RAW, at_s, at_s + 5), -30) + music(5, seed=2))
    ((best, *_),) = across([piece], WAVE)
    assert abs(best.tick - round(at_s * RATE_HZ)) <= 1
    assert best.value > 10


def test_it_is_found_where_blocks_meet() -> None:
    long = Wave(measured(ambience(100, seed=3)))
    for at_s in (37.0, 38.0, 39.0, 43.0):
        at = round(at_s * RATE_HZ)
        ((best, *_),) = across([long.levelled(at, at + 5 * RATE_HZ)], long)
        assert best.tick == at


def test_a_piece_that_begins_before_the_recording_is_found() -> None:
    piece = levelled(np.concatenate([music(3, seed=2), cut(RAW, 0, 3)]))
    ((best, *_),) = across([piece], WAVE)
    assert best.tick == pytest.approx(-3 * RATE_HZ, abs=2)


def test_inverted_polarity_gives_a_negative_peak() -> None:
    ((best, *_),) = across([levelled(-cut(RAW, 10, 14))], WAVE)
    assert best.value < -10
    assert best.tick == pytest.approx(10 * RATE_HZ, abs=1)


def test_peaks_are_apart_and_the_highest_comes_first() -> None:
    (peaks,) = across([levelled(cut(RAW, 10, 14))], WAVE)
    heights = [abs(p.value) for p in peaks]
    assert heights == sorted(heights, reverse=True)
    ticks = sorted(p.tick for p in peaks)
    assert all(b - a > APART for a, b in pairwise(ticks))


def test_silence_has_no_peak() -> None:
    assert across([levelled(silence(4))], WAVE) == [[]]
    assert across([levelled(cut(RAW, 0, 4))], Wave(measured(silence(10)))) == [[]]
    assert across([levelled(cut(RAW, 0, 4))], Wave(measured(None, seconds=4))) == [[]]
    assert across([], WAVE) == []


def test_the_nearest_peak_is_looked_for_only_within_reach() -> None:
    piece = levelled(cut(RAW, 10, 14))
    found = near(piece, WAVE, 10 * RATE_HZ + 300, 600)
    assert found is not None
    assert found.tick == 10 * RATE_HZ
    away = near(piece, WAVE, 10 * RATE_HZ + 3000, 600)
    assert away is None or abs(away.value) < 6
    assert near(piece, Wave(measured(silence(20))), 0, 600) is None
