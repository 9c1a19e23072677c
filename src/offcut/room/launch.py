"""Starting rooms: through the keeper where processes can be forked safely, else one process a job.

Only Linux forks: on macOS the system libraries under NumPy and OpenCV do not survive it.
"""

import contextlib
import functools
import importlib.util
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from offcut.errors import OffcutError, printable

CAN_FORK = sys.platform == "linux"

_LENGTH_BYTES = 4
_PIPE_BYTES = 2**20
_WAIT_S = 10.0
_MOST_ARGUMENT = 24_000
"""Windows takes 32,767 characters on a command line."""

_FIND = "import json, sys; own, rest = json.loads(sys.argv[1]); sys.path[:0] = own; sys.path += rest; "
KEEPER = (
    _FIND + "import socket; from offcut.room import keeper; "
    "keeper.main(socket.socket(fileno=int(sys.argv[2])))"
)
ALONE = _FIND + "from offcut.room import keeper; keeper.main_alone(sys.argv[2])"


KEPT_ENVIRONMENT = ("LD_LIBRARY_PATH", "SYSTEMROOT")
"""Without these some installations do not find the libraries they came with."""

OWN_ENVIRONMENT: Mapping[str, str] = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OPENCV_FOR_THREADS_NUM": "1",
    "OPENCV_OPENCL_RUNTIME": "disabled",
    "MALLOC_ARENA_MAX": "2",
}
"""One thread each: the same numbers every time, and no thread that a fork would lose."""


class RoomError(OffcutError):
    """No room can be opened on this machine, so no file can be decoded."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a room ended.

    Attributes:
        code: Exit code, negative for a signal, None if it is not known.
        cpu_s: Processor time it used.
        peak_bytes: The most memory it held at once; 0 where the system does not say.
        words: Why the exit code is not known.
    """

    code: int | None
    cpu_s: float = 0.0
    peak_bytes: int = 0
    words: str = ""


class Running(Protocol):
    """A room at work."""

    answer: int
    """Descriptor to read its messages from."""

    def kill(self) -> None:
        """End it now; may be called from any thread and more than once."""

    def finish(self) -> Ended:
        """Make sure it has ended, release everything, and say how it ended."""


class Keeper:
    """The keeper process, started when first needed and again if it should die.

    Args:
        code: What the keeper runs; another only in tests.
    """

    def __init__(self, code: str = KEEPER) -> None:
        self._code = code
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._owner = 0
        self._lock = threading.Lock()

    def start(self) -> None:
        """Start the process if it does not run; it loads its libraries while the caller goes on."""
        with self._lock:
            self._started()

    def run(self, job: Mapping[str, Any], media: int) -> Running:
        """Have a room opened for `job` on the open descriptor `media`.

        Raises:
            RoomError: the keeper cannot be started.
        """
        answer, out = os.pipe()
        line, far = socket.socketpair()
        try:
            with self._lock:
                for is_last in (False, True):
                    control = self._started()
                    try:
                        _send(control, job, (media, out, far.fileno()))
                        break
                    except OSError:
                        problem = self._end()
                        if is_last:
                            raise RoomError(f"no room can be opened: {problem}") from None
        except BaseException:
            os.close(answer)
            line.close()
            raise
        finally:
            os.close(out)
            far.close()
        _widen(answer)
        return _Forked(answer, line, functools.partial(self.last_words, self._process))

    def last_words(self, process: "subprocess.Popen[bytes] | None") -> str:
        """Why `process`, which dropped a job, is gone; it is given up if it still is the keeper."""
        with self._lock:
            return self._end() if process is self._process else ""

    def close(self) -> None:
        """End the keeper and every room in it."""
        with self._lock:
            self._end()

    def _started(self) -> socket.socket:
        if self._owner != os.getpid():
            # After a fork of the caller the keeper belongs to the other process.
            self._process, self._control = None, None
        if self._process is not None and self._process.poll() is not None:
            self._end()
        if self._control is None:
            near, far = socket.socketpair()
            with far:
                self._process = _start(self._code, str(far.fileno()), passed=(far.fileno(),))
            self._control, self._owner = near, os.getpid()
        return self._control

    def _end(self) -> str:
        process, control = self._process, self._control
        self._process, self._control = None, None
        if process is None or control is None or self._owner != os.getpid():
            return ""
        words = b""
        with control, contextlib.suppress(OSError):
            control.shutdown(socket.SHUT_WR)
            control.settimeout(_WAIT_S)
            words = control.recv(2000)
        try:
            process.wait(_WAIT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        return printable(words.decode("utf-8", "replace")) or f"its keeper ended with {process.returncode}"


class _Forked:
    """A room forked by the keeper."""

    def __init__(self, answer: int, line: socket.socket, last_words: Callable[[], str]) -> None:
        self.answer = answer
        self._line = line
        self._last_words = last_words

    def kill(self) -> None:
        with contextlib.suppress(OSError):
            self._line.sendall(b"k")

    def finish(self) -> Ended:
        self.kill()
        os.close(self.answer)
        report = bytearray()
        with self._line, contextlib.suppress(OSError):
            self._line.settimeout(_WAIT_S)
            while part := self._line.recv(1000):
                report += part
        if not report:
            return Ended(None, words=self._last_words() or "its keeper does not answer")
        told = json.loads(report)
        return Ended(told["code"], told["cpu_s"], told["peak_bytes"])


class Alone:
    """A room that is a fresh process of its own, for systems without a safe fork."""

    def __init__(self, job: Mapping[str, Any], media: int, code: str = ALONE) -> None:
        text = json.dumps(job)
        if len(text) > _MOST_ARGUMENT:
            raise ValueError("the job is too long for a command line")
        self._lock = threading.Lock()
        self._ended: Ended | None = None
        self._process = _start(code, text, stdin=media, stdout=subprocess.PIPE)
        assert self._process.stdout is not None
        self.answer = self._process.stdout.fileno()

    def kill(self) -> None:
        """End it now."""
        with self._lock:
            if self._ended is None and sys.platform == "win32":
                self._process.kill()
            elif self._ended is None:
                # Popen.kill would collect an ended process, and its use of the machine with it.
                os.kill(self._process.pid, signal.SIGKILL)

    def finish(self) -> Ended:
        """End it if need be, and say how it ended."""
        self.kill()
        assert self._process.stdout is not None
        self._process.stdout.close()
        with self._lock:
            if sys.platform == "win32":
                self._ended = Ended(self._process.wait())
            else:
                _, status, usage = os.wait4(self._process.pid, 0)
                self._process.returncode = os.waitstatus_to_exitcode(status)
                unit = 1 if sys.platform == "darwin" else 1024
                cpu_s = usage.ru_utime + usage.ru_stime
                self._ended = Ended(self._process.returncode, cpu_s, usage.ru_maxrss * unit)
        return self._ended


def _start(
    code: str,
    argument: str,
    *,
    passed: tuple[int, ...] = (),
    stdin: int = subprocess.DEVNULL,
    stdout: int = subprocess.DEVNULL,
) -> "subprocess.Popen[bytes]":
    """Start Python on `code`, cut off from the caller's environment, folder, terminal and session."""
    if not sys.executable:
        raise RoomError("no room can be opened: the path of the Python interpreter is not known")
    kept = {k: os.environ[k] for k in KEPT_ENVIRONMENT if k in os.environ}
    try:
        return subprocess.Popen(
            [sys.executable, "-I", "-c", code, json.dumps(_where_modules_lie()), argument],
            stdin=stdin,
            stdout=stdout,
            stderr=subprocess.DEVNULL,
            pass_fds=passed,
            env={**kept, **OWN_ENVIRONMENT},
            cwd=Path(sys.executable).anchor,
            start_new_session=True,
        )
    except OSError as error:
        raise RoomError(f"no room can be opened: {error.strerror}") from error


def _where_modules_lie() -> tuple[list[str], list[str]]:
    """Folders to search before and after those that an isolated Python knows by itself."""
    sites = [p for p in sys.path if Path(p).name in ("site-packages", "dist-packages")]
    spec = importlib.util.find_spec("offcut")
    found = spec.submodule_search_locations if spec else None
    own = [str(Path(folder).absolute().parent) for folder in found or ()]
    return [p for p in own if p not in sites], [str(Path(p).absolute()) for p in sites]


def _send(control: socket.socket, job: Mapping[str, Any], descriptors: tuple[int, int, int]) -> None:
    text = json.dumps(job).encode()
    socket.send_fds(control, [len(text).to_bytes(_LENGTH_BYTES, "little")], descriptors)
    control.sendall(text)


def _widen(pipe: int) -> None:
    """Let a room run ahead by 1 MB, where the system allows it: fewer turns between two processes."""
    if sys.platform == "linux":
        import fcntl

        with contextlib.suppress(OSError):
            fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
