import ctypes
import sys
from itertools import pairwise

import pytest

from offcut.room import landlock


class Kernel:
    """Stands for libc: offers an interface version and notes what it was asked to restrict."""

    def __init__(self, version: int) -> None:
        self._version = version
        self.sizes: list[int] = []

    def syscall(self, number: ctypes.c_long, *arguments: object) -> int:
        if number.value == 444 and arguments[0] is None:
            return self._version
        if number.value == 444:
            size = arguments[1]
            assert isinstance(size, ctypes.c_size_t)
            self.sizes.append(size.value)
            return -1
        raise AssertionError("nothing may be put in force without a rule set")


@pytest.mark.skipif(sys.platform != "linux", reason="Landlock is Linux's")
@pytest.mark.parametrize(("version", "size"), [(1, 8), (3, 8), (4, 16), (5, 16), (6, 24), (7, 24), (99, 24)])
def test_each_version_is_asked_only_for_what_it_knows(
    monkeypatch: pytest.MonkeyPatch, version: int, size: int
) -> None:
    kernel = Kernel(version)
    monkeypatch.setattr(ctypes, "CDLL", lambda *_, **__: kernel)
    monkeypatch.setattr(landlock, "_threads", lambda: 1)
    assert landlock.restrict() == 0, "a rule set that was refused must not count"
    assert kernel.sizes == [size]


@pytest.mark.parametrize("version", [0, -1])
def test_a_kernel_without_it_is_said_to_have_none(monkeypatch: pytest.MonkeyPatch, version: int) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda *_, **__: Kernel(version))
    assert landlock.version() == 0
    assert landlock.restrict() == 0


def test_files_are_the_first_of_what_every_version_refuses() -> None:
    rights = [landlock._FILE_RIGHTS[k] for k in sorted(landlock._FILE_RIGHTS)]
    assert rights[0] == 2**13 - 1
    assert all(later & earlier == earlier for earlier, later in pairwise(rights))
