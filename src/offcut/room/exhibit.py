"""Opening an exhibit for the room: only a regular file, for reading, and nothing else by accident."""

import os
import stat
from pathlib import Path

from offcut.errors import LimitError, UnreadableError

_NOT_READ = "; nothing was read"


def open_exhibit(path: Path, *, max_file_bytes: int) -> int:
    """Open `path` for reading and return the descriptor, which the caller closes.

    Raises:
        UnreadableError: it is missing, empty, not a regular file, or may not be read.
        LimitError: it is larger than `max_file_bytes`.
    """
    try:
        # Opening a device can act on it, so it is looked at first; a symbolic link is followed.
        _require_regular(path, path.stat())
        descriptor = os.open(path, _FLAGS)
    except FileNotFoundError:
        raise UnreadableError(path, "there is no such file" + _NOT_READ) from None
    except PermissionError:
        raise UnreadableError(path, "this user may not read it" + _NOT_READ) from None
    except (OSError, ValueError) as error:
        words = getattr(error, "strerror", None) or str(error)
        raise UnreadableError(path, f"it cannot be opened ({words})" + _NOT_READ) from None
    try:
        found = os.fstat(descriptor)
        _require_regular(path, found)
        if found.st_size == 0:
            raise UnreadableError(path, "it is empty (0 bytes); there is nothing to measure")
        if found.st_size > max_file_bytes:
            raise LimitError(
                path,
                f"it is {found.st_size:,} bytes long, more than the {max_file_bytes:,} allowed" + _NOT_READ,
            )
    except UnreadableError:
        os.close(descriptor)
        raise
    return descriptor


# O_NONBLOCK: between the look and the opening a pipe may have taken the file's place.
_FLAGS = os.O_RDONLY
for _name in ("O_NONBLOCK", "O_CLOEXEC", "O_NOCTTY", "O_BINARY"):
    _FLAGS |= getattr(os, _name, 0)

_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


def _require_regular(path: Path, found: os.stat_result) -> None:
    if stat.S_ISREG(found.st_mode):
        return
    kind = next((words for is_kind, words in _KINDS if is_kind(found.st_mode)), "no regular file")
    raise UnreadableError(path, f"it is {kind}, not a file" + _NOT_READ)
