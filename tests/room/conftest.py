"""Rooms and small films for the tests of the room."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from offcut.decode.encode import write_video
from offcut.room import Room
from offcut.room.launch import _FIND, Keeper

FAULTY = (
    _FIND + f"sys.path.insert(0, {str(Path(__file__).parent)!r}); import faulty_keeper; faulty_keeper.main()"
)


@pytest.fixture(scope="module")
def room() -> Iterator[Room]:
    with Room() as opened:
        yield opened


@pytest.fixture(scope="module")
def faulty_room() -> Iterator[Room]:
    """A room whose decoder goes wrong as the file orders; see faulty_keeper."""
    opened = Room()
    opened._keeper = Keeper(FAULTY)
    with opened:
        yield opened


@pytest.fixture(scope="session")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Thirty frames of moving noise with half a second of sound."""
    rng = np.random.default_rng(7)
    wide = rng.integers(0, 256, (96, 300, 3), np.uint8)
    sound = (0.1 * rng.standard_normal((1, 24_000))).astype(np.float32)
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    frames = (np.ascontiguousarray(wide[:, 3 * k : 3 * k + 128]) for k in range(30))
    write_video(path, frames, rate_hz=Fraction(25), sound=sound)
    return path
