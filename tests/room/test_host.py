import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from offcut.analysers import BUILT_IN, SIGNALS
from offcut.decode import libav
from offcut.decode.limits import Limits
from offcut.errors import LimitError, UnreadableError
from offcut.measure import measure
from offcut.records import Frame, Signal
from offcut.room import Room, RoomError, RoomReport
from offcut.room.launch import _FIND, Keeper

FOOTAGE = Path(__file__).resolve().parents[3] / "shared" / "footage"
ON_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="rooms are forked on Linux only")


def measured(room: Room, path: Path, limits: Limits | None = None) -> tuple[RoomReport, dict[str, Signal]]:
    blocks: dict[str, list[Signal]] = {}
    report = room.measure_file(
        path, analysers=list(BUILT_IN), sink=lambda b: blocks.setdefault(b.name, []).append(b), limits=limits
    )
    return report, joined(blocks)


def joined(blocks: dict[str, list[Signal]]) -> dict[str, Signal]:
    return {
        name: Signal(
            name,
            parts[0].version,
            parts[0].unit,
            parts[0].tick_s,
            np.concatenate([p.pts for p in parts]),
            np.concatenate([p.values for p in parts]),
        )
        for name, parts in blocks.items()
    }


def outside(path: Path) -> tuple[list[int], dict[str, Signal]]:
    """The same pass without a room."""
    pts: list[int] = []
    blocks: dict[str, list[Signal]] = {}
    with path.open("rb") as file:
        media = libav.open_media(file, limits=Limits())
        items = list(media.items())
        pts = [item.pts for item in items if isinstance(item, Frame)]
        for block in measure(items, [new() for new in BUILT_IN.values()]):
            blocks.setdefault(block.name, []).append(block)
    with_rows = {k: [b for b in v if len(b.pts)] or v[:1] for k, v in blocks.items()}
    return pts, joined(with_rows)


def assert_same(one: dict[str, Signal], other: dict[str, Signal]) -> None:
    assert one.keys() == other.keys()
    for name, signal_ in one.items():
        twin = other[name]
        assert (signal_.version, signal_.unit, signal_.tick_s) == (twin.version, twin.unit, twin.tick_s)
        assert signal_.pts.tobytes() == twin.pts.tobytes()
        assert signal_.values.dtype == twin.values.dtype
        assert signal_.values.tobytes() == twin.values.tobytes()


def faulty(tmp_path: Path, fault: str) -> Path:
    path = tmp_path / f"{fault}.mp4"
    path.write_bytes(f"FAULT {fault}\n".encode() + bytes(1000))
    return path


SMALL = Limits(cpu_s=2, wall_s=30, idle_s=20, memory_bytes=2**28, output_bytes=32 * 2**20)


def test_the_room_measures_what_the_same_pass_outside_measures(room: Room, film: Path) -> None:
    report, signals = measured(room, film)
    pts, truth = outside(film)
    assert_same(signals, truth)
    assert set(signals) == {name for names in SIGNALS.values() for name in names}
    assert report.frames.pts.tolist() == pts
    assert report.view.width_px == 128
    assert report.view.audio_rate_hz == 48000
    assert report.frames.end_s > report.frames.start_s
    assert report.damage == ()
    assert report.peak_bytes > 0
    assert {f"analyser.{name}" for name in BUILT_IN} < set(report.versions)


def test_a_second_room_gives_the_same_numbers_bit_for_bit(room: Room, film: Path) -> None:
    first, one = measured(room, film)
    second, other = measured(room, film)
    assert_same(one, other)
    assert first.frames.pts.tobytes() == second.frames.pts.tobytes()


def test_a_fresh_process_per_file_gives_the_same_numbers_and_pictures(room: Room, film: Path) -> None:
    report, forked = measured(room, film)
    alone = Room(forks=False)
    assert_same(measured(alone, film)[1], forked)
    wanted = report.frames.pts[[3, 17]].tolist()
    one, other = (r.grab(film, wanted, longest_px=64) for r in (room, alone))
    assert list(one) == wanted
    assert all(one[pts].tobytes() == other[pts].tobytes() for pts in wanted)


@pytest.mark.skipif(not FOOTAGE.exists(), reason="the shared footage is not here")
@pytest.mark.parametrize("name", ["sign_learn.mkv", "drone.mp4"])
def test_real_footage_decodes_in_the_room_as_it_does_outside(room: Room, name: str) -> None:
    assert_same(measured(room, FOOTAGE / name)[1], outside(FOOTAGE / name)[1])


def test_a_picture_is_the_exact_frame_asked_for_and_a_missing_one_is_absent(room: Room, film: Path) -> None:
    pts = measured(room, film)[0].frames.pts.tolist()
    done: list[float] = []
    pictures = room.grab(film, [pts[5], pts[20], pts[-1] + 1], longest_px=64, progress=done.append)
    with film.open("rb") as file:
        truth = dict(libav.pictures(file, [pts[5], pts[20]], longest_px=64, limits=Limits()))
    assert pictures.keys() == truth.keys() == {pts[5], pts[20]}
    assert all((pictures[p] == truth[p]).all() for p in truth)
    assert done == [1, 2]


def test_progress_is_told_in_seconds_of_the_file(room: Room, film: Path) -> None:
    told: list[float] = []
    room.measure_file(film, analysers=["packets"], sink=lambda _: None, progress=told.append)
    assert told
    assert all(0 <= seconds < 1.2 for seconds in told)


def test_an_unknown_analyser_is_a_wrong_call_and_not_a_broken_file(room: Room, film: Path) -> None:
    with pytest.raises(KeyError, match="nonsense"):
        room.measure_file(film, analysers=["nonsense"], sink=lambda _: None)


def test_what_the_sink_raises_reaches_the_caller_and_ends_the_room(room: Room, film: Path) -> None:
    def full(_: Signal) -> None:
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        room.measure_file(film, analysers=["picture"], sink=full)
    assert children_of(keeper_pid(room)) == []
    measured(room, film)


def test_a_file_that_is_no_video_is_refused_with_its_name(room: Room, tmp_path: Path) -> None:
    path = tmp_path / "letter.mp4"
    path.write_text("Dear editor, " * 100)
    with pytest.raises(UnreadableError, match=r"^letter\.mp4: it is not a video of a known kind"):
        measured(room, path)


# --- what goes wrong in one room stays there --------------------------------------------------


@ON_LINUX
@pytest.mark.parametrize(
    ("fault", "kind", "words"),
    [
        ("crash", UnreadableError, "the decoder crashed on it (signal 11)"),
        ("abort", UnreadableError, "the decoder crashed on it (signal 6)"),
        ("spin", LimitError, "more than 2 s of processor time"),
        ("bomb", LimitError, "more memory than the limit allows"),
        ("fork", UnreadableError, "Operation not permitted"),
        ("flood", LimitError, "come to more than 33,554,432 bytes"),
        ("leave", UnreadableError, "ended early (exit 7)"),
        ("unforeseen", UnreadableError, "measuring it failed (KeyError"),
    ],
)
def test_one_bad_file_is_one_clear_line_and_the_next_file_is_measured(
    faulty_room: Room, film: Path, tmp_path: Path, fault: str, kind: type[Exception], words: str
) -> None:
    with pytest.raises(UnreadableError) as caught:
        measured(faulty_room, faulty(tmp_path, fault), SMALL)
    line = str(caught.value)
    assert type(caught.value) is kind
    assert line.startswith(f"{fault}.mp4: ")
    assert words in line
    assert line.endswith("nothing measured from it is used")
    assert line.isprintable()
    assert children_of(keeper_pid(faulty_room)) == []
    assert len(measured(faulty_room, film)[0].frames) == 30


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


@ON_LINUX
@pytest.mark.parametrize(
    "lie",
    [
        *("lie-other-signal", "lie-huge-block", "lie-huge-shape", "lie-type", "lie-backwards", "lie-text"),
        *("lie-nan", "lie-nesting", "lie-no-json", "lie-order", "lie-room", "lie-header"),
    ],
)
def test_a_room_that_lies_is_not_believed(faulty_room: Room, tmp_path: Path, lie: str) -> None:
    with pytest.raises(UnreadableError, match="the room's answer was not valid: ") as caught:
        measured(faulty_room, faulty(tmp_path, lie), SMALL)
    assert len(str(caught.value)) < 400


@ON_LINUX
def test_memory_that_runs_out_in_the_decoder_is_a_limit_and_not_damage(room: Room, tmp_path: Path) -> None:
    from fractions import Fraction

    from offcut.decode.encode import write_video

    path = tmp_path / "large.mp4"
    write_video(path, (np.full((2160, 3840, 3), 40 * k, np.uint8) for k in range(3)), rate_hz=Fraction(25))
    with pytest.raises(LimitError, match="more memory than the limit allows"):
        measured(room, path, Limits(memory_bytes=24 * 2**20))


@ON_LINUX
def test_a_keeper_that_cannot_start_says_why(film: Path) -> None:
    code = _FIND + (
        "sys.modules['offcut.room.child'] = None; from offcut.room import keeper; import socket; "
        "keeper.main(socket.socket(fileno=int(sys.argv[2])))"
    )
    with Room() as broken:
        broken._keeper = Keeper(code)
        with pytest.raises(RoomError, match=r"no room can be opened: (Import|ModuleNotFound)Error: "):
            measured(broken, film)


@ON_LINUX
def test_a_keeper_that_was_killed_is_started_again(film: Path) -> None:
    with Room() as room:
        measured(room, film)
        os.kill(keeper_pid(room), signal.SIGKILL)
        assert len(measured(room, film)[0].frames) == 30


@ON_LINUX
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_no_process_is_left_when_the_caller_dies(tmp_path: Path, how: signal.Signals) -> None:
    script = (
        "import sys; from pathlib import Path; sys.path.insert(0, sys.argv[1]); import conftest\n"
        "from offcut.room import Room; from offcut.room.launch import _FIND, Keeper\n"
        "room = Room(); room._keeper = Keeper(conftest.FAULTY); room._keeper.start()\n"
        "print(room._keeper._process.pid, flush=True)\n"
        "room.measure_file(Path(sys.argv[2]), analysers=['picture'], sink=print)"
    )
    here = str(Path(__file__).parent)
    command = [sys.executable, "-c", script, here, str(faulty(tmp_path, "hang"))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as caller:
        assert caller.stdout is not None
        keeper = int(caller.stdout.readline())
        assert within(20, lambda: children_of(keeper))
        (child,) = children_of(keeper)
        caller.send_signal(how)
        caller.wait(20)
    assert within(10, lambda: not alive(keeper) and not alive(child))


@ON_LINUX
def test_two_files_can_be_measured_at_the_same_time(film: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    with Room() as room, ThreadPoolExecutor(3) as pool:
        results = list(pool.map(lambda _: measured(room, film)[1], range(3)))
    assert_same(results[0], results[1])
    assert_same(results[0], results[2])


@ON_LINUX
def test_importing_the_room_loads_no_codec_and_no_command_line() -> None:
    script = (
        "import offcut.room, sys; print(sorted({'av', 'cv2', 'typer', 'rich', 'jinja2'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, check=True).stdout == b"[]\n"


def keeper_pid(room: Room) -> int:
    assert room._keeper is not None
    assert room._keeper._process is not None
    return room._keeper._process.pid


def children_of(pid: int) -> list[int]:
    path = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(word) for word in path.read_text().split()] if path.exists() else []


def alive(pid: int) -> bool:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def within(seconds: float, holds: object) -> bool:
    assert callable(holds)
    end_s = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end_s:
            return False
        time.sleep(0.02)
    return True
