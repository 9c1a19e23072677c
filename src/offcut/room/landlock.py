"""Landlock for the room: no path can be opened, no port reached, nothing outside signalled (Linux >= 5.13).

The rule set names no path and no port at all, so everything it handles is refused. What is already
open, above all the exhibit, stays readable.
"""

import contextlib
import ctypes
import os
import sys
from pathlib import Path

_CREATE_RULESET, _RESTRICT_SELF = 444, 446
"""The same number on every architecture."""

_ASK_VERSION = 1

_FILE_RIGHTS = {1: 0x1FFF, 2: 0x3FFF, 3: 0x7FFF, 4: 0x7FFF, 5: 0xFFFF}
"""LANDLOCK_ACCESS_FS_*: everything the interface version handles; later versions add none."""

_NET_RIGHTS = 0b11
"""From version 4: bind and connect by TCP."""

_SCOPES = 0b11
"""From version 6: abstract unix sockets and signals."""


class _RulesetAttributes(ctypes.Structure):
    """`struct landlock_ruleset_attr`; older versions know only the first or the first two fields."""

    _fields_ = (("fs", ctypes.c_uint64), ("net", ctypes.c_uint64), ("scoped", ctypes.c_uint64))


def version() -> int:
    """Version of the interface this kernel offers; 0 if there is none."""
    if sys.platform != "linux":
        return 0
    libc = ctypes.CDLL(None, use_errno=True)
    found = libc.syscall(
        ctypes.c_long(_CREATE_RULESET), None, ctypes.c_size_t(0), ctypes.c_uint32(_ASK_VERSION)
    )
    return max(0, int(found))


def restrict() -> int:
    """Refuse all of it to this process; needs `no_new_privs`.

    Returns:
        The version in force; 0 if nothing is, because the kernel offers nothing or other threads
        already run, which the rules would not bind.
    """
    offered = version()
    if not offered or _threads() != 1:
        return 0
    attributes = _RulesetAttributes(fs=_FILE_RIGHTS[min(offered, max(_FILE_RIGHTS))])
    size = 8
    if offered >= 4:
        attributes.net, size = _NET_RIGHTS, 16
    if offered >= 6:
        attributes.scoped, size = _SCOPES, 24
    libc = ctypes.CDLL(None, use_errno=True)
    rules = libc.syscall(
        ctypes.c_long(_CREATE_RULESET), ctypes.byref(attributes), ctypes.c_size_t(size), ctypes.c_uint32(0)
    )
    if rules < 0:
        return 0
    try:
        refused = libc.syscall(ctypes.c_long(_RESTRICT_SELF), ctypes.c_int(rules), ctypes.c_uint32(0))
    finally:
        os.close(rules)
    return 0 if refused else offered


def _threads() -> int:
    with contextlib.suppress(OSError):
        return sum(1 for _ in Path("/proc/self/task").iterdir())
    return 1
