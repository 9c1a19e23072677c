import signal
import subprocess
import sys
from pathlib import Path

import pytest
from room_cases import ON_LINUX, alive, assert_same, children_of, faulty, measured, within

from offcut.room import Room, RoomError
from offcut.room.launch import _FIND, Keeper


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
def test_a_keeper_that_cannot_start_says_why(film: Path) -> None:
    code = _FIND + (
        "sys.modules['offcut.room.child'] = None; from offcut.room import keeper; import socket; "
        "keeper.main(socket.socket(fileno=int(sys.argv[2])))"
    )
    with Room() as broken:
        broken._keeper = Keeper(code)
        with pytest.raises(RoomError, match=r"no room can be opened: (Import|ModuleNotFound)Error: "):
            measured(broken, film)
