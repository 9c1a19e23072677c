import numpy as np
import pytest

from conform.listening import ambience, at_db, music
from offcut.conform.sound_common import BY_CHANCE, SPREAD, STEP, Pair, follow
from offcut.conform.waves import Samples, levelled

REACH = 60


def pair(heard: Samples, raw: Samples) -> Pair:
    """Of the same moments, both levelled."""
    steps = len(heard) // STEP
    return Pair(levelled(heard)[: steps * STEP], np.pad(levelled(raw)[: steps * STEP], REACH), REACH)


def test_the_same_sound_has_all_in_common_and_no_shift() -> None:
    wave = ambience(4, seed=1)
    (found,) = follow([pair(wave, wave)], [1])
    assert np.median(found.shares) > 0.9 - BY_CHANCE
    assert not found.shifts[2:-2].any()


def test_a_shift_in_the_middle_is_followed() -> None:
    own = ambience(6, seed=1)
    heard = np.concatenate([own[:36_000], own[36_000 - 25 :]])[: len(own)] + music(6, seed=2)
    (found,) = follow([pair(heard, own)], [1])
    assert np.median(found.shifts[:100]) == 0
    assert np.median(found.shifts[140:]) == -25
    assert found.shares[140:].mean() > 0.1


def test_unrelated_noises_have_nothing_in_common_on_average() -> None:
    waves = [ambience(20, seed=k) for k in range(6)]
    found = follow([pair(a, b) for a, b in zip(waves[:3], waves[3:], strict=True)], [1, 1, 1])
    shares = np.concatenate([f.shares for f in found])
    assert abs(float(shares.mean())) < 0.02
    assert float(shares.std()) == pytest.approx(SPREAD, rel=0.25)


def test_inverted_sound_has_all_in_common_once_its_polarity_is_said() -> None:
    wave = ambience(4, seed=1)
    (found,) = follow([pair(-wave, wave)], [-1])
    assert np.median(found.shares) > 0.9 - BY_CHANCE


def test_silence_on_either_side_says_nothing() -> None:
    wave = ambience(4, seed=1)
    quiet = wave.copy()
    quiet[12_000:24_000] = 0
    for heard, raw in ((quiet, wave), (wave, quiet)):
        (found,) = follow([pair(heard, raw)], [1])
        assert np.isnan(found.shares[45:75]).all()
        assert np.isfinite(found.shares[:35]).all()


def test_pairs_are_followed_alone_or_together_alike() -> None:
    bed = music(5, seed=9)
    pairs = [
        pair(at_db(wave, -26) + bed[: len(wave)], wave)
        for wave in (ambience(seconds, seed=k) for k, seconds in enumerate((5, 2, 3)))
    ]
    together = follow(pairs, [1, 1, 1])
    for one, found in zip(pairs, together, strict=True):
        (alone,) = follow([one], [1])
        assert np.array_equal(alone.shares, found.shares, equal_nan=True)
        assert np.array_equal(alone.shifts, found.shifts)


def test_a_pair_without_a_whole_step_has_no_rows() -> None:
    (found,) = follow([Pair(np.zeros(0, np.float32), np.zeros(2 * REACH, np.float32), REACH)], [1])
    assert len(found.shares) == len(found.shifts) == 0
