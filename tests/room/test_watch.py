import time
from pathlib import Path

import pytest
from room_cases import ON_LINUX, children_of, faulty, keeper_pid, measured

from offcut.decode.limits import Limits
from offcut.errors import LimitError
from offcut.room import Room


@ON_LINUX
@pytest.mark.parametrize(
    ("limits", "words"),
    [
        (Limits(wall_s=1, idle_s=60), "took longer than 1 s"),
        (Limits(wall_s=60, idle_s=1), "gave no sign of progress for 1 s"),
    ],
)
def test_a_room_that_hangs_is_ended_by_the_clock(
    faulty_room: Room, tmp_path: Path, limits: Limits, words: str
) -> None:
    with pytest.raises(LimitError, match=words):
        measured(faulty_room, faulty(tmp_path, "hang"), limits)
    assert children_of(keeper_pid(faulty_room)) == []


def test_the_time_the_caller_takes_is_not_held_against_the_file(room: Room, film: Path) -> None:
    limits = Limits(wall_s=3, idle_s=3)
    room.measure_file(film, analysers=["picture"], sink=lambda _: time.sleep(1.7), limits=limits)
