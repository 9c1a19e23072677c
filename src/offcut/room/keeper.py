"""The process that keeps the libraries loaded and forks one disposable room per job (Linux).

Started as `python -I -c ...` with a cleared environment and one socket to the parent. For each job
the parent sends the JSON and three descriptors: the exhibit (opened for reading by the parent), the
pipe for the answer and a socket for this job alone, on which the parent may order the kill and is
told how the room ended. The keeper itself never reads a byte of an exhibit.

Where nothing can be forked safely, `main_alone` does a single job and ends.
"""

import codecs
import contextlib
import ctypes
import gc
import json
import os
import selectors
import signal
import socket
import struct
import sys
from dataclasses import dataclass
from typing import Any

LENGTH = struct.Struct("<I")

_MEDIA, _OUT = 3, 4
_CHECK_PARENT_EVERY_S = 2.0


@dataclass
class _Job:
    pid: int
    line: socket.socket


def main(control: socket.socket) -> None:
    """Serve jobs until the parent is gone; every room dies with the keeper."""
    parent = os.getppid()
    try:
        _load()
    except Exception as error:
        with contextlib.suppress(OSError):
            control.sendall(f"{type(error).__name__}: {error}"[:1000].encode())
            # Closed with a job unread, the socket would take these last words with it.
            while control.recv(65536):
                pass
        return
    wake_read, wake_write = os.pipe()
    os.set_blocking(wake_read, False)
    os.set_blocking(wake_write, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
    jobs: dict[int, _Job] = {}
    with selectors.DefaultSelector() as ready:
        ready.register(control, selectors.EVENT_READ, "control")
        ready.register(wake_read, selectors.EVENT_READ, "ended")
        while True:
            for key, _ in ready.select(_CHECK_PARENT_EVERY_S):
                if key.data == "control":
                    job = _accept(control)
                    if job is None:
                        _kill_all(jobs)
                        return
                    jobs[job.pid] = job
                    ready.register(job.line, selectors.EVENT_READ, job)
                elif key.data == "ended":
                    with contextlib.suppress(BlockingIOError):
                        os.read(wake_read, 4096)
                else:
                    # Whatever comes here, an order or the end of the line, means: stop it.
                    ready.unregister(key.data.line)
                    os.kill(key.data.pid, signal.SIGKILL)
            _reap(jobs, ready)
            if os.getppid() != parent:
                _kill_all(jobs)
                return


def _load() -> None:
    """Load and touch all that a room may need: inside, nothing can be loaded any more."""
    import importlib
    import pkgutil

    import numpy.fft
    import numpy.random  # noqa: F401

    from offcut.room import child

    for encoding in ("ascii", "latin-1", "utf-8", "unicode_escape"):
        codecs.lookup(encoding)
    # PyAV loads some of its modules when a file first needs them.
    for module in pkgutil.walk_packages(sys.modules["av"].__path__, "av."):
        if not module.name.endswith(("__main__", ".datasets")):
            importlib.import_module(module.name)
    child.rehearse()
    if sys.platform == "linux":
        # A thread that ends by cancellation loads libgcc_s at that moment, which a room could not.
        with contextlib.suppress(OSError):
            ctypes.CDLL("libgcc_s.so.1")
    # What is there now is never freed, so it is not touched and stays shared with the rooms.
    gc.collect()
    gc.freeze()


def _accept(control: socket.socket) -> _Job | None:
    try:
        prefix, descriptors, _, _ = socket.recv_fds(control, LENGTH.size, 3)
        if len(prefix) < LENGTH.size or len(descriptors) != 3:
            return None
        text = _receive(control, LENGTH.unpack(prefix)[0])
    except OSError:
        return None
    media, out, line = descriptors
    job = json.loads(text)
    keeper = os.getpid()
    pid = os.fork()
    if pid == 0:
        _become_room(job, media, out, keeper)
    os.close(media)
    os.close(out)
    return _Job(pid, socket.socket(fileno=line))


def _receive(control: socket.socket, length: int) -> bytes:
    received = bytearray()
    while len(received) < length:
        part = control.recv(length - len(received))
        if not part:
            raise ConnectionError("the parent is gone")
        received += part
    return bytes(received)


def _become_room(job: dict[str, Any], media: int, out: int, keeper: int) -> None:
    """Keep two descriptors, close all others, work, and end without any clean-up of the keeper's."""
    code = 70
    try:
        from offcut.room import child, confine

        confine.die_with_parent()
        if os.getppid() != keeper:
            return
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        # First above both targets, so that neither is overwritten before it was copied.
        high_media, high_out = _copied_above(media), _copied_above(out)
        os.dup2(high_media, _MEDIA)
        os.dup2(high_out, _OUT)
        most = os.sysconf("SC_OPEN_MAX")
        os.closerange(_OUT + 1, most if most > 0 else 2**20)
        gc.enable()
        child.serve(job, _MEDIA, _OUT)
        code = 0
    finally:
        os._exit(code)


def _copied_above(descriptor: int) -> int:
    import fcntl

    return fcntl.fcntl(descriptor, fcntl.F_DUPFD, _OUT + 1)


def _reap(jobs: dict[int, _Job], ready: selectors.BaseSelector) -> None:
    """Collect every room that has ended and tell its parent's side how."""
    for pid in list(jobs):
        ended, status, usage = os.wait4(pid, os.WNOHANG)
        if not ended:
            continue
        job = jobs.pop(pid)
        if job.line.fileno() in ready.get_map():
            ready.unregister(job.line)
        report = {
            "code": os.waitstatus_to_exitcode(status),
            "cpu_s": usage.ru_utime + usage.ru_stime,
            "peak_bytes": usage.ru_maxrss * 1024,
        }
        with contextlib.suppress(OSError):
            job.line.sendall(json.dumps(report).encode())
        job.line.close()


def _kill_all(jobs: dict[int, _Job]) -> None:
    for pid in jobs:
        os.kill(pid, signal.SIGKILL)
    for pid in jobs:
        os.waitpid(pid, 0)


def main_alone(job_text: str) -> None:
    """Do one job in this process: the exhibit is standard input, the answer standard output."""
    _load()
    from offcut.room import child

    out = os.dup(1)
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 1)
    os.dup2(nothing, 2)
    child.serve(json.loads(job_text), 0, out)
    os._exit(0)
