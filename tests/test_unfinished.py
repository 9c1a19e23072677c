import json
import multiprocessing
import os
import shutil
import signal
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from offcut import room, unfinished
from offcut.analysers import BUILT_IN
from offcut.decode import libav
from offcut.decode.limits import Limits
from offcut.records import Measurement
from offcut.room.frozen import frozen, thawed
from offcut.signals import measured
from offcut.testing.odd_shapes import film, hiss, moving
from offcut.unfinished import Writer

pytestmark = pytest.mark.skipif(
    sys.platform != "linux",
    reason="rooms are forked, and folders locked, on Linux only: elsewhere a file starts over",
)

assert libav, "loaded, so that its state can be read here"
LIMITS = Limits(leave_every_frames=512)
FRAMES = 1300
ALL = tuple(sorted(BUILT_IN))


@pytest.fixture(scope="session")
def films(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("films")
    pictures = moving(FRAMES, width=96, height=64)
    sound = hiss(FRAMES / 25)
    made = {
        "h264.mp4": film(folder / "h264.mp4", pictures, sound=sound),
        "hevc.mkv": film(folder / "hevc.mkv", pictures, codec="libx265", sound=sound),
        "mpeg2.ts": film(folder / "mpeg2.ts", pictures, codec="mpeg2video", sound=sound),
    }
    one_key = {"g": "100000", "sc_threshold": "0"}
    made["one_key.mp4"] = film(folder / "one_key.mp4", pictures, options=one_key)
    return made


def _killed(path: Path, folder: Path, at: int) -> None:
    truly = Writer.keep

    def keep(writer: Writer, state: bytes) -> None:
        truly(writer, state)
        seen.append(0)
        if len(seen) == at:
            os.kill(os.getpid(), signal.SIGKILL)

    seen: list[int] = []
    unfinished.Writer.keep = keep  # type: ignore[method-assign, assignment]
    measured(path, ALL, folder=folder, limits=LIMITS)


def kill_midway(path: Path, folder: Path, at: int = 1) -> Path:
    """Measure in a process that is killed after it noted for the nth time where it can be gone on from."""
    process = multiprocessing.get_context("spawn").Process(target=_killed, args=(path, folder, at))
    process.start()
    process.join(60)
    assert process.exitcode == -signal.SIGKILL
    (note,) = folder.glob("*/*/.part-*/left.json")
    return note.parent


def same(one: Measurement, other: Measurement) -> bool:
    return (
        (one.stream, one.versions, one.damage) == (other.stream, other.versions, other.damage)
        and one.frames.end_pts == other.frames.end_pts
        and np.array_equal(one.frames.pts, other.frames.pts)
        and all(
            np.array_equal(one.signals[name].values, other.signals[name].values)
            and np.array_equal(one.signals[name].pts, other.signals[name].pts)
            for name in one.signals
        )
    )


@pytest.fixture
def begun_with(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """For every room that was opened, how many rows of small pictures it began with."""
    begun: list[int] = []
    truly = room.measure_file

    def watched(path: Path, *, stages: room.Stages, **rest: Any) -> room.RoomReport:
        begun.append(stages.rows.get("picture.luma", 0))
        return truly(path, stages=stages, **rest)

    monkeypatch.setattr(room, "measure_file", watched)
    return begun


@pytest.fixture(scope="session")
def whole(films: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Measurement]:
    """Every film as an unbroken pass measures it."""
    folder = tmp_path_factory.mktemp("whole")
    return {name: measured(path, ALL, folder=folder, limits=LIMITS) for name, path in films.items()}


@pytest.fixture(scope="session")
def killed(films: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a process that measured h264.mp4 left when it was killed."""
    folder = tmp_path_factory.mktemp("killed")
    kill_midway(films["h264.mp4"], folder)
    return folder


@pytest.fixture
def left(killed: Path, tmp_path: Path) -> Path:
    """A copy of it, under `kept`."""
    shutil.copytree(killed, tmp_path / "kept")
    (note,) = tmp_path.glob("kept/*/*/.part-*/left.json")
    return note.parent


@pytest.mark.parametrize(
    ("name", "at"), [("h264.mp4", 1), ("hevc.mkv", 2), ("mpeg2.ts", 1), ("one_key.mp4", 1)]
)
def test_after_a_kill_the_rows_are_those_of_an_unbroken_pass(
    name: str,
    at: int,
    films: dict[str, Path],
    whole: dict[str, Measurement],
    tmp_path: Path,
    begun_with: list[int],
) -> None:
    kill_midway(films[name], tmp_path / "kept", at)
    again = measured(films[name], ALL, folder=tmp_path / "kept", limits=LIMITS)
    assert begun_with == [512 * at]
    assert len(again.frames) == FRAMES
    assert same(whole[name], again)
    assert list((tmp_path / "kept").glob("*/*/.part-*")) == []


def test_it_can_be_killed_more_than_once(
    left: Path, films: dict[str, Path], whole: dict[str, Measurement], tmp_path: Path, begun_with: list[int]
) -> None:
    kill_midway(films["h264.mp4"], tmp_path / "kept")
    again = measured(films["h264.mp4"], ALL, folder=tmp_path / "kept", limits=LIMITS)
    assert same(whole["h264.mp4"], again)
    assert begun_with == [1024]


def test_an_interruption_leaves_what_can_be_gone_on_from(
    films: dict[str, Path], tmp_path: Path, begun_with: list[int]
) -> None:
    def stop(stage: str, done: float, total: float | None = 1.0) -> None:
        if list(tmp_path.glob("kept/*/*/.part-*/left.json")):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        measured(films["h264.mp4"], ALL, folder=tmp_path / "kept", limits=LIMITS, progress=stop)
    measured(films["h264.mp4"], ALL, folder=tmp_path / "kept", limits=LIMITS)
    assert begun_with[0] == 0
    assert begun_with[1] in (512, 1024)


def flip_rows(left: Path) -> None:
    place = left / "picture.luma.bin"
    whole = bytearray(place.read_bytes())
    whole[100] ^= 1
    place.write_bytes(whole)


def cut_rows(left: Path) -> None:
    place = left / "packets.size.bin"
    place.write_bytes(place.read_bytes()[:100])


def flip_state(left: Path) -> None:
    (place,) = left.glob("left-*.bin")
    place.write_bytes(place.read_bytes()[:-1] + b"\0")


def break_note(left: Path) -> None:
    (left / "left.json").write_text("{")


@pytest.mark.parametrize("damage", [flip_rows, cut_rows, flip_state, break_note])
def test_what_was_left_and_is_broken_is_not_gone_on_from(
    damage: Callable[[Path], None],
    left: Path,
    films: dict[str, Path],
    whole: dict[str, Measurement],
    begun_with: list[int],
) -> None:
    damage(left)
    again = measured(films["h264.mp4"], ALL, folder=left.parents[2], limits=LIMITS)
    assert same(whole["h264.mp4"], again)
    assert begun_with == [0]
    assert not left.exists()


def test_pictures_that_come_out_differently_are_measured_from_the_start_and_that_is_said(
    left: Path, films: dict[str, Path], whole: dict[str, Measurement], begun_with: list[int]
) -> None:
    (place,) = left.glob("left-*.bin")
    state = with_another_witness(place.read_bytes())
    place.write_bytes(state)
    told = json.loads((left / "left.json").read_text())
    told["state_crc"] = zlib.crc32(state)
    (left / "left.json").write_text(json.dumps(told))
    stages: list[str] = []
    again = measured(
        films["h264.mp4"],
        ALL,
        folder=left.parents[2],
        limits=LIMITS,
        progress=lambda stage, done, total=1.0: stages.append(stage),
    )
    assert same(whole["h264.mp4"], again)
    assert begun_with == [512, 0]
    assert "measuring from its start" in stages
    assert not left.exists()


def with_another_witness(state: bytes) -> bytes:
    """The same state with another checksum of its last picture."""
    value = thawed(state)
    pts, checksum = value["media"]["bookmark"].witnesses[-1]
    value["media"]["bookmark"].witnesses[-1] = (pts, checksum ^ 1)
    return frozen(value)


def test_what_another_process_is_writing_is_left_alone(left: Path) -> None:
    job = json.loads((left / "left.json").read_text())["job"]
    first = unfinished.taken_over(left.parent, job)
    assert first is not None
    assert unfinished.taken_over(left.parent, job) is None
    assert unfinished.taken_over(left.parent, {**job, "threads": 1}) is None
    first.abandon(for_later=True)
    second = unfinished.taken_over(left.parent, job)
    assert second is not None
    second.abandon()
    assert not left.exists()


def test_other_analysers_do_not_go_on_from_it_and_leave_it(left: Path, films: dict[str, Path]) -> None:
    measured(films["h264.mp4"], ("packets",), folder=left.parents[2], limits=LIMITS)
    assert left.is_dir()
