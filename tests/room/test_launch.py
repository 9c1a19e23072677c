import os
import signal
from pathlib import Path

import pytest
from room_cases import (
    ON_LINUX,
    SMALL,
    alive,
    assert_same,
    keeper_pid,
    measured,
)

from offcut.errors import UnreadableError
from offcut.room import Room


@ON_LINUX
def test_a_keeper_that_was_killed_is_started_again(film: Path) -> None:
    with Room() as room:
        measured(room, film)
        os.kill(keeper_pid(room), signal.SIGKILL)
        assert len(measured(room, film)[0].frames) == 30


def test_a_fresh_process_per_file_gives_the_same_numbers_and_pictures(room: Room, film: Path) -> None:
    report, forked = measured(room, film)
    alone = Room(forks=False)
    assert_same(measured(alone, film)[1], forked)
    wanted = report.frames.pts[[3, 17]].tolist()
    one, other = (r.grab(film, wanted, longest_px=64) for r in (room, alone))
    assert list(one) == wanted
    assert all(one[pts].tobytes() == other[pts].tobytes() for pts in wanted)


def test_the_keeper_starts_only_when_a_file_is_there_to_open(tmp_path: Path) -> None:
    with Room() as room:
        with pytest.raises(UnreadableError):
            measured(room, tmp_path / "gone.mp4")
        if room._keeper:
            assert room._keeper._process is None


@ON_LINUX
def test_a_closed_room_ends_its_keeper_and_can_be_used_again(film: Path) -> None:
    room = Room()
    measured(room, film)
    pid = keeper_pid(room)
    room.close()
    room.close()
    assert not alive(pid)
    assert len(measured(room, film)[0].frames) == 30
    room.close()


@ON_LINUX
def test_nothing_of_the_callers_environment_is_handed_on(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OFFCUT_SECRET", "the name of a witness")
    with Room() as fresh:
        _, denied, how = fresh.attempt("read the environment", {}, SMALL)
        assert fresh._keeper is not None
        environment = Path(f"/proc/{keeper_pid(fresh)}/environ").read_bytes()
    assert (denied, b"OFFCUT_SECRET" in environment) == (True, False), how


def test_many_frames_are_asked_for_in_parts_where_the_job_is_an_argument(
    film: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("offcut.room.host._MOST_WANTED_ALONE", 2)
    with Room() as room:
        wanted = measured(room, film)[0].frames.pts[:3].tolist()
    assert list(Room(forks=False).grab(film, wanted, longest_px=32)) == wanted
