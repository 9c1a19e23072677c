"""The errors a caller can act on; wrong arguments raise ValueError instead.

OffcutError             exit code 1: the work could not be done
├─ UsageError           2: the request itself makes no sense
└─ UnreadableError      3: one exhibit cannot be read; the rest of the batch goes on
   ├─ ContainerError    … because its bytes cannot be the format they claim
   └─ LimitError        … because reading it would cost more than a limit allows
"""

from pathlib import Path
from typing import ClassVar


class OffcutError(Exception):
    """Base of every error this library raises on purpose."""

    exit_code: ClassVar[int] = 1


class UsageError(OffcutError):
    """The request cannot be carried out as it was put."""

    exit_code = 2


class UnreadableError(OffcutError):
    """`path` cannot be read as a video: where and why, and what follows."""

    exit_code = 3

    def __init__(self, path: Path, problem: str) -> None:
        super().__init__(f"{printable(path.name)}: {problem}")
        self.path, self.problem = path, problem


class ContainerError(UnreadableError):
    """From byte `offset` of `path` on, the bytes cannot be the format they claim."""

    def __init__(self, path: Path, offset: int, problem: str) -> None:
        super().__init__(path, f"byte {offset:,}: {problem}")
        self.offset = offset


class LimitError(UnreadableError):
    """Reading `path` was stopped because it would exceed a limit."""


def printable(text: str) -> str:
    """Make `text` safe to print on one line: control and direction characters become escapes."""
    shown = text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in shown)
