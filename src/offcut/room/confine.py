"""What the process that opens a hostile file gives up before it reads the first byte.

    L2  Landlock and a system call filter, both, besides resource limits and no new privileges
    L1  one of the two
    L0  neither: a process of its own with the resource limits the system offers

Every part is tried and counted only if the system confirmed it; docs/room.md says what each means.
"""

import contextlib
import ctypes
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from offcut.decode.limits import Limits
from offcut.room import landlock, seccomp

if sys.platform != "win32":
    import resource

Level = Literal["L2", "L1", "L0"]

_PR_SET_PDEATHSIG, _PR_CAPBSET_DROP, _PR_SET_NO_NEW_PRIVS, _PR_CAP_AMBIENT = 1, 24, 38, 47
_PR_CAP_AMBIENT_CLEAR_ALL = 4
_SIGKILL = 9

NOBODY = 65534
"""The user without rights that root becomes in the room."""

_MOST_TASKS = 512
"""Threads of all rooms together, where they have a user of their own; an ordinary user's other programs
would be counted too, so there it is the system call filter alone that stops a fork."""


@dataclass(frozen=True, slots=True)
class Confinement:
    """What is in force around an opened file.

    Attributes:
        level: `L2`, `L1` or `L0`.
        parts: What makes it up, in words.
    """

    level: Level
    parts: tuple[str, ...]

    @property
    def words(self) -> str:
        """One line for people and for the result document."""
        return f"{self.level}: {', '.join(self.parts) if self.parts else 'a process of its own'}"


def confine(limits: Limits) -> Confinement:
    """Confine the current process for the rest of its life; only what the system confirmed is reported."""
    parts: list[str] = []
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            Path("/proc/self/oom_score_adj").write_text("1000")
    if _limit_resources(limits):
        parts.append("resource limits" if sys.platform == "linux" else "limits on processor time and files")
    if _drop_privileges():
        parts.append("no privileges")
    if _refuse_new_privileges():
        parts.append("no new privileges")
    die_with_parent()
    wall = landlock.restrict()
    if wall:
        parts.insert(0, f"landlock ABI {wall}")
    has_filter = seccomp.install()
    if has_filter:
        parts.insert(1 if wall else 0, "seccomp")
    level: Level = "L2" if wall and has_filter else "L1" if wall or has_filter else "L0"
    return Confinement(level, tuple(parts))


def die_with_parent() -> None:
    """Ask Linux to kill this process when its parent dies; a change of user would undo it."""
    if sys.platform == "linux":
        _prctl(_PR_SET_PDEATHSIG, _SIGKILL)


def _prctl(option: int, value: int = 0) -> bool:
    libc = ctypes.CDLL(None, use_errno=True)
    zero = ctypes.c_ulong(0)
    return bool(libc.prctl(ctypes.c_int(option), ctypes.c_ulong(value), zero, zero, zero) == 0)


def _refuse_new_privileges() -> bool:
    return sys.platform == "linux" and _prctl(_PR_SET_NO_NEW_PRIVS, 1)


if sys.platform == "win32":

    def _limit_resources(limits: Limits) -> bool:
        return False

    def _drop_privileges() -> bool:
        return False

else:

    def _limit_resources(limits: Limits) -> bool:
        wanted = {
            # Beyond what the libraries already occupy: how much that is depends on the system.
            "RLIMIT_AS": (_address_space_bytes() + limits.memory_bytes,) * 2,
            # The soft limit ends the process by a signal of its own, so that the cause can be told.
            "RLIMIT_CPU": (limits.cpu_s, limits.cpu_s + 1),
            "RLIMIT_FSIZE": (0, 0),
            "RLIMIT_NOFILE": (limits.open_files,) * 2,
            "RLIMIT_CORE": (0, 0),
        }
        if os.geteuid() == 0:
            wanted["RLIMIT_NPROC"] = (_MOST_TASKS, _MOST_TASKS)
        if sys.platform != "linux":
            del wanted["RLIMIT_AS"]
        done = True
        for name, pair in wanted.items():
            done &= _set_limit(getattr(resource, name), *pair)
        return done

    def _set_limit(which: int, soft: int, hard: int) -> bool:
        _, present = resource.getrlimit(which)
        if present != resource.RLIM_INFINITY:
            soft, hard = min(soft, present), min(hard, present)
        try:
            resource.setrlimit(which, (soft, hard))
        except (OSError, ValueError):
            return False
        return True

    def _address_space_bytes() -> int:
        with contextlib.suppress(OSError, ValueError):
            return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        return 2**30

    def _drop_privileges() -> bool:
        """Become nobody, without capabilities; True if no privilege is left that root would have."""
        if sys.platform == "linux":
            # The bounding set can only be emptied while the capability to do so is still held.
            capability = 0
            while capability < 64 and _prctl(_PR_CAPBSET_DROP, capability):
                capability += 1
            _prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL)
        if os.geteuid() == 0:
            with contextlib.suppress(OSError):
                os.setgroups([])
                os.setresgid(NOBODY, NOBODY, NOBODY)
                os.setresuid(NOBODY, NOBODY, NOBODY)
        if sys.platform == "linux":
            _clear_capabilities()
        return os.geteuid() != 0


if sys.platform == "linux":

    def _clear_capabilities() -> None:
        """`capset` of nothing, by libc's wrapper: permitted, effective and inheritable."""
        header = (ctypes.c_uint32 * 2)(0x20080522, 0)
        nothing = (ctypes.c_uint32 * 6)()
        ctypes.CDLL(None, use_errno=True).capset(ctypes.byref(header), ctypes.byref(nothing))
