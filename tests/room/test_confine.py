import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from offcut.room import landlock, seccomp
from offcut.room.confine import Confinement

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="confinement is Linux's")

SCRIPT = """
import json, os, resource, socket, sys, threading
from offcut.decode.limits import Limits
from offcut.room import confine, landlock, seccomp
exhibit = os.open(sys.argv[1], os.O_RDONLY)
{before}
done = confine.confine(Limits(memory_bytes=2**28, cpu_s=5))
def answer(call):
    try:
        call()
    except OSError as error:
        return error.errno
    return 0
print(json.dumps({{
    "level": done.level, "words": done.words, "user": os.geteuid(),
    "open": answer(lambda: os.open(sys.argv[1], os.O_RDONLY)),
    "stat": answer(lambda: os.stat("/etc/passwd")),
    "chmod": answer(lambda: os.fchmod(exhibit, 0o600)),
    "socket": answer(socket.socket),
    "read": answer(lambda: os.read(exhibit, 1)),
    "limits": [resource.getrlimit(getattr(resource, "RLIMIT_" + n)) for n in ("FSIZE", "CORE", "NOFILE")],
    "children": answer(lambda: os.fork() or os._exit(0)),
    "thread": answer(lambda: threading.Thread(target=str).start()),
}}))
"""


def confined(tmp_path: Path, before: str = "") -> dict[str, Any]:
    path = tmp_path / "exhibit"
    path.write_bytes(b"x")
    path.chmod(0o644)
    command = [sys.executable, "-c", SCRIPT.format(before=before), str(path)]
    done = subprocess.run(
        command, capture_output=True, text=True, env={**os.environ, "OPENBLAS_NUM_THREADS": "1"}
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.strip().splitlines()[0])
    assert isinstance(told, dict)
    return told


@pytest.mark.skipif(not landlock.version(), reason="no Landlock here")
@pytest.mark.skipif(not seccomp.is_known_machine(), reason="no filter for this machine")
def test_both_walls_make_level_two_and_leave_the_open_file_readable(tmp_path: Path) -> None:
    told = confined(tmp_path)
    assert told["level"] == "L2"
    assert told["words"].startswith(f"L2: landlock ABI {landlock.version()}, seccomp, resource limits")
    assert told["read"] == told["thread"] == 0
    assert {told[name] for name in ("open", "stat", "chmod", "socket", "children")} == {1}
    assert told["limits"] == [[0, 0], [0, 0], [64, 64]]


@pytest.mark.skipif(not landlock.version(), reason="no Landlock here")
def test_landlock_alone_still_keeps_files_closed_and_says_level_one(tmp_path: Path) -> None:
    told = confined(tmp_path, before="seccomp.install = lambda: False")
    assert told["level"] == "L1"
    assert "seccomp" not in told["words"]
    assert told["open"] == 13
    assert told["socket"] == 0


@pytest.mark.skipif(not seccomp.is_known_machine(), reason="no filter for this machine")
def test_the_filter_alone_still_keeps_files_closed_and_says_level_one(tmp_path: Path) -> None:
    told = confined(tmp_path, before="landlock.version = lambda: 0")
    assert told["level"] == "L1"
    assert "landlock" not in told["words"]
    assert told["open"] == told["socket"] == 1


def test_without_either_the_level_says_so_and_the_limits_still_hold(tmp_path: Path) -> None:
    told = confined(tmp_path, before="landlock.version = lambda: 0; seccomp.install = lambda: False")
    assert told["level"] == "L0"
    assert told["words"].startswith("L0: resource limits")
    assert told["limits"][0] == [0, 0]


@pytest.mark.skipif(not landlock.version(), reason="no Landlock here")
def test_landlock_is_not_claimed_where_it_would_not_bind_every_thread(tmp_path: Path) -> None:
    told = confined(tmp_path, before="threading.Thread(target=threading.Event().wait, daemon=True).start()")
    assert told["level"] == "L1"
    assert "landlock" not in told["words"]


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root has privileges to lose"
)
def test_root_becomes_nobody(tmp_path: Path) -> None:
    told = confined(tmp_path)
    assert told["user"] == 65534
    assert "no privileges" in told["words"]


def test_a_process_without_any_part_is_called_what_it_is() -> None:
    assert Confinement("L0", ()).words == "L0: a process of its own"
