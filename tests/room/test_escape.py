import subprocess
import sys
from pathlib import Path

import pytest

from offcut.room import landlock, seccomp
from offcut.room.escape import ATTEMPTS, SelfTest, self_test

HAS_BOTH = landlock.version() > 0 and seccomp.is_known_machine()

UNCONFINED = """
import json, socket, sys
from pathlib import Path
from offcut.room import escape
with socket.create_server(("127.0.0.1", 0)) as server:
    bait = escape.new_bait(Path(sys.argv[1]), server.getsockname()[1])
    for name in sys.argv[2:]:
        print(json.dumps([name, *escape.attempt(name, bait)]))
"""


@pytest.fixture(scope="module")
def forked() -> SelfTest:
    return self_test()


@pytest.mark.skipif(not HAS_BOTH, reason="this system offers no Landlock or no system call filter")
def test_all_fifteen_attempts_are_denied_where_both_walls_stand(forked: SelfTest) -> None:
    assert len(forked.attempts) == 15
    assert [f"{a.name}: {a.how}" for a in forked.attempts if not a.denied] == []
    assert forked.confinement.startswith("L2: landlock ABI ")
    assert "seccomp, resource limits" in forked.confinement


@pytest.mark.skipif(sys.platform != "linux", reason="the denials are the Linux kernel's")
def test_the_system_and_not_an_accident_denied_each_attempt(forked: SelfTest) -> None:
    answers = {a.name: a.how for a in forked.attempts}
    by_limit = {"take 3 GB of memory": "Cannot allocate memory", "spin without end": "processor time"}
    for name in ATTEMPTS.keys() - {"read the environment"}:
        assert by_limit.get(name, "Operation not permitted") in answers[name], name


@pytest.mark.skipif(sys.platform != "linux", reason="the attempts are Linux's")
def test_the_same_attempts_succeed_outside_a_room(tmp_path: Path) -> None:
    names = ["read other files", "write a file", "open a socket", "connect to this machine"]
    names += ["start a process", "take 3 GB of memory", "write 100 MB", "signal the keeper"]
    names += ["reach another process", "read the environment"]
    command = [sys.executable, "-c", UNCONFINED, str(tmp_path), *names]
    lines = subprocess.run(command, capture_output=True, check=True, text=True).stdout.splitlines()
    assert len(lines) == len(names)
    assert [line for line in lines if ", true, " in line] == []
    assert [path.name for path in tmp_path.iterdir()] == ["secret.txt"]
