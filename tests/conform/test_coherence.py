import numpy as np
import pytest

from conform.listening import ambience, at_db, music, silence
from offcut.conform.coherence import audible_at, explained

OWN = ambience(6, seed=1, level_db=-26)


@pytest.mark.parametrize("level_db", [20, 10, 0, -10])
def test_the_share_and_the_gain_fit_what_was_mixed(level_db: float) -> None:
    noise = at_db(ambience(6, seed=2), -26 - level_db)
    found = explained(0.5 * OWN + 0.5 * noise, OWN)
    assert found.share == pytest.approx(1 / (1 + 10 ** (-level_db / 10)), abs=0.12)
    assert found.gain == pytest.approx(0.5, rel=0.25)


def test_unlike_sound_explains_nothing() -> None:
    assert explained(music(6, seed=3), OWN).share < 0.03


def test_an_equaliser_is_fitted() -> None:
    filtered = np.convolve(OWN, [0.5, 0.4, -0.2], mode="same").astype(np.float32)
    assert explained(filtered, OWN).share > 0.95


def test_silence_explains_nothing_and_is_not_explained() -> None:
    assert explained(silence(6), OWN).share == 0
    assert explained(OWN, silence(6)).share == 0
    assert explained(silence(0), silence(0)).share == 0


def test_a_trial_tells_whether_added_sound_would_be_found() -> None:
    bed = music(6, seed=3, level_db=-20)
    loud, quiet, nothing = (audible_at(bed, OWN, gain) for gain in (1.0, 0.1, 0.0))
    assert loud > 0.1
    assert loud > quiet > nothing == 0
