import numpy as np
import pytest

from conform.listening import Samples, ambience, at_db, cut, measured, music
from offcut.conform.sound_stretched import stretched
from offcut.conform.waves import RATE_HZ, Wave

RAW = ambience(30, seed=1)
WAVE = Wave(measured(RAW))


def in_pieces(wave: Samples, speed: float, *, piece: int = 480) -> Samples:
    """Change the length by overlapping pieces at recorded speed; the pitch stays."""
    count = int(len(wave) / speed) // piece - 2
    out = np.zeros((count + 2) * piece, np.float32)
    shape = np.sin(np.pi * (np.arange(2 * piece) + 0.5) / (2 * piece)).astype(np.float32) ** 2
    for k in range(count):
        at = round(k * piece * speed)
        part = wave[at : at + 2 * piece]
        out[k * piece : k * piece + len(part)] += part * shape[: len(part)]
    return out


@pytest.mark.parametrize("speed", [0.5, 0.8, 1.2, 1.5, 2.0])
def test_sound_with_another_length_and_its_own_pitch_is_found_under_music(speed: float) -> None:
    own = in_pieces(cut(RAW, 10, 10 + 4 * speed), speed)
    release = Wave(measured(at_db(own, -24) + music(len(own) / RATE_HZ, seed=2)))
    found = stretched(release, WAVE, (0, len(own)), 10 * RATE_HZ, speed)
    assert found is not None
    assert found.raw_at / RATE_HZ == pytest.approx(10, abs=0.04)


@pytest.mark.parametrize("speed", [0.5, 2.0])
@pytest.mark.parametrize("seed", range(2))
def test_other_sound_is_not_found(speed: float, seed: int) -> None:
    other = ambience(4, seed=20 + seed)
    for wave in (other, at_db(other, -24) + music(4, seed=seed)):
        assert stretched(Wave(measured(wave)), WAVE, (0, len(wave)), 10 * RATE_HZ, speed) is None


def test_another_moment_of_the_recording_is_not_found() -> None:
    own = in_pieces(cut(RAW, 20, 24), 1.2)
    assert stretched(Wave(measured(own)), WAVE, (0, len(own)), 5 * RATE_HZ, 1.2) is None


def test_a_recording_without_other_places_gives_nothing_to_compare_with() -> None:
    short = ambience(4, seed=3)
    own = in_pieces(short, 1.2)
    assert stretched(Wave(measured(own)), Wave(measured(short)), (0, len(own)), 0, 1.2) is None


def test_a_moment_is_too_short() -> None:
    assert stretched(Wave(measured(cut(RAW, 10, 10.1))), WAVE, (0, 1200), 10 * RATE_HZ, 1.2) is None
