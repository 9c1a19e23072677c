"""The self-test of the room: fifteen things a hostile file would try, tried for real inside one.

Every attempt does no harm if it succeeds: the fork ends at once, the signal is number 0, the memory
is not touched. An attempt that is ended by a limit, as it should be, counts as denied.
"""

import contextlib
import ctypes
import mmap
import os
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from offcut.decode.limits import Limits
from offcut.room.host import Room
from offcut.room.launch import CAN_FORK, KEPT_ENVIRONMENT, OWN_ENVIRONMENT

SPIN_LIMIT_S = 1
"""Processor time allowed to the attempt that spins, so that the self-test does not take a minute."""

MEMORY_LIMIT_BYTES = 2 * 2**30

Bait = Mapping[str, Any]

_PTRACE_SEIZE = 0x4206
_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000
_MS_BIND = 4096


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt and what came of it.

    Attributes:
        name: Key of `ATTEMPTS`.
        denied: The room held.
        how: The answer of the system, or what was reached.
    """

    name: str
    denied: bool
    how: str


@dataclass(frozen=True, slots=True)
class SelfTest:
    """What the room on this machine is worth.

    Attributes:
        confinement: What each room reported before its attempt, in words.
        attempts: All of `ATTEMPTS`, in order.
    """

    confinement: str
    attempts: tuple[Attempt, ...]

    @property
    def denied(self) -> int:
        """How many attempts came to nothing."""
        return sum(a.denied for a in self.attempts)


class _Held(Exception):  # noqa: N818 - not an error: the room held
    """The attempt came to nothing without the system answering with an error."""


def attempt(name: str, bait: Bait) -> tuple[bool, str]:
    """Try `name` in this process, which should be confined; returns (denied, how)."""
    try:
        return False, ATTEMPTS[name](bait)
    except (OSError, MemoryError, _Held) as answer:
        return True, f"{type(answer).__name__}: {answer}"


def self_test(*, forks: bool = CAN_FORK) -> SelfTest:
    """Make every attempt, each in a room of its own.

    Raises:
        RoomError: no room can be opened at all.
    """
    limits = Limits(cpu_s=SPIN_LIMIT_S, memory_bytes=MEMORY_LIMIT_BYTES, wall_s=20, idle_s=20)
    confinements, attempts = set(), []
    with tempfile.TemporaryDirectory() as folder, socket.create_server(("127.0.0.1", 0)) as server:
        bait = new_bait(Path(folder), server.getsockname()[1])
        with Room(forks=forks) as room:
            for name in ATTEMPTS:
                confinement, denied, how = room.attempt(name, bait, limits)
                confinements.add(confinement.words if confinement else "not known")
                attempts.append(Attempt(name, denied, how))
    return SelfTest(" / ".join(sorted(confinements)), tuple(attempts))


def new_bait(folder: Path, port: int) -> dict[str, Any]:
    """Lay out in `folder` what the attempts reach for: a secret file, this process, a listening port."""
    secret = folder / "secret.txt"
    secret.write_text("the name of a witness")
    secret.chmod(0o644)
    return {
        "secret": str(secret),
        "home": str(Path.home()),
        "folders": [str(folder), tempfile.gettempdir(), "/tmp", "/dev/shm"],
        "port": port,
        "pid": os.getpid(),
    }


def _read_files(bait: Bait) -> str:
    for path in ("/etc/passwd", bait["secret"]):
        with contextlib.suppress(OSError), open(path, "rb") as file:  # noqa: PTH123
            return f"read {len(file.read(16))} bytes of {path}"
    return f"listed {len(os.listdir(bait['home']))} names at home"  # noqa: PTH208


def _write_file(bait: Bait) -> str:
    return _written(bait, b"x")


def _write_much(bait: Bait) -> str:
    return _written(bait, bytes(2**20) * 100)


def _written(bait: Bait, content: bytes) -> str:
    answer: OSError = FileNotFoundError("no folder to write to")
    for folder in bait["folders"]:
        path = f"{folder}/offcut-self-test-{os.getpid()}"
        try:
            with open(path, "wb", buffering=0) as file:  # noqa: PTH123
                return f"wrote {file.write(content):,} bytes into {folder}"
        except OSError as error:
            answer = error
        finally:
            with contextlib.suppress(OSError):
                os.unlink(path)  # noqa: PTH108
    raise answer


def _socket(bait: Bait) -> str:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM):
        return "has a socket"


def _loopback(bait: Bait) -> str:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as line:
        line.settimeout(2)
        line.connect(("127.0.0.1", bait["port"]))
        return "connected to this machine"


def _ptrace(bait: Bait) -> str:
    _call("ptrace", _PTRACE_SEIZE, bait["pid"], 0, 0)
    return "traces the process that asked"


def _fork(bait: Bait) -> str:
    if not hasattr(os, "fork"):
        raise _Held("this system has no fork")
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
    return "started a process"


def _take_memory(bait: Bait) -> str:
    with mmap.mmap(-1, 3 * 2**30):
        return "was given 3 GB"


def _spin(bait: Bait) -> str:
    start_s = time.process_time()
    while time.process_time() - start_s < 3 * SPIN_LIMIT_S + 2:
        pass
    return f"had more than {SPIN_LIMIT_S} s of processor time"


def _unshare(bait: Bait) -> str:
    _call("unshare", _CLONE_NEWUSER | _CLONE_NEWNET)
    return "made a user and network of its own"


def _mount(bait: Bait) -> str:
    _call("mount", b"/dev/null", b"/dev/null", b"none", _MS_BIND, None)
    _call("umount2", b"/dev/null", 0)
    return "mounted a file"


def _foreign_memory(bait: Bait) -> str:
    with open("/proc/1/mem", "rb"):  # noqa: PTH123
        return "opened the memory of process 1"


def _signal_parent(bait: Bait) -> str:
    os.kill(os.getppid(), 0)
    return "may signal its keeper"


def _other_process(bait: Bait) -> str:
    with contextlib.suppress(OSError):
        os.kill(bait["pid"], 0)
        return "may signal the process that asked"
    return f"sees {len(list(Path('/proc', str(bait['pid']), 'fd').iterdir()))} open files of that process"


def _environment(bait: Bait) -> str:
    # LC_CTYPE is set by Python itself where no locale is named.
    seen = sorted(set(os.environ) - {*OWN_ENVIRONMENT, *KEPT_ENVIRONMENT, "LC_CTYPE"})
    if not seen:
        raise _Held("the environment of the caller is not there")
    return f"knows {', '.join(seen[:5])}"


def _call(name: str, *arguments: int | bytes | None) -> None:
    if sys.platform != "linux":
        raise _Held(f"{name} is not tried on this system")
    libc = ctypes.CDLL(None, use_errno=True)
    words = [ctypes.c_ulong(a) if isinstance(a, int) else a for a in arguments]
    if getattr(libc, name)(*words) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


ATTEMPTS: Mapping[str, Callable[[Bait], str]] = {
    "read other files": _read_files,
    "write a file": _write_file,
    "open a socket": _socket,
    "connect to this machine": _loopback,
    "trace another process": _ptrace,
    "start a process": _fork,
    "take 3 GB of memory": _take_memory,
    "write 100 MB": _write_much,
    "spin without end": _spin,
    "make namespaces": _unshare,
    "mount a file": _mount,
    "open the memory of process 1": _foreign_memory,
    "signal the keeper": _signal_parent,
    "reach another process": _other_process,
    "read the environment": _environment,
}
"""The attempts by what they do."""
