import contextlib
import os
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from offcut.errors import LimitError, UnreadableError
from offcut.room import Room
from offcut.room.exhibit import open_exhibit

ON_POSIX = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such files")


def refusal(path: Path) -> str:
    with pytest.raises(UnreadableError) as caught:
        open_exhibit(path, max_file_bytes=2**40)
    return str(caught.value)


def test_a_missing_file_a_folder_and_an_empty_file_are_each_named(tmp_path: Path) -> None:
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "folder.mp4").mkdir()
    assert refusal(tmp_path / "gone.mp4") == "gone.mp4: there is no such file; nothing was read"
    assert refusal(tmp_path / "folder.mp4") == "folder.mp4: it is a folder, not a file; nothing was read"
    assert refusal(tmp_path / "empty.mp4").startswith("empty.mp4: it is empty (0 bytes)")
    assert refusal(tmp_path / "empty.mp4" / "below.mp4").startswith("below.mp4: it cannot be opened (Not a")
    assert refusal(tmp_path / "with\0zero").startswith(r"with\x00zero: it cannot be opened")


@ON_POSIX
def test_a_pipe_nobody_writes_to_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.mp4")
    start_s = time.monotonic()
    assert "it is a named pipe, not a file" in refusal(tmp_path / "pipe.mp4")
    assert time.monotonic() - start_s < 5


@ON_POSIX
def test_a_device_and_a_socket_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "it is a device, not a file" in refusal(Path("/dev/zero"))
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket.mp4")
        assert "it is a socket, not a file" in refusal(tmp_path / "socket.mp4")


@ON_POSIX
def test_a_pipe_that_takes_the_place_of_a_file_after_the_look_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, ordinary = tmp_path / "swapped.mp4", tmp_path / "ordinary.mp4"
    os.mkfifo(path)
    ordinary.write_bytes(b"x")
    looked_like = ordinary.stat()
    monkeypatch.setattr(Path, "stat", lambda self, **_: looked_like)
    assert "it is a named pipe, not a file" in refusal(path)


@ON_POSIX
def test_a_link_to_a_file_is_followed_and_a_circle_of_links_is_refused(tmp_path: Path) -> None:
    (tmp_path / "real.mp4").write_bytes(b"x")
    (tmp_path / "link.mp4").symlink_to("real.mp4")
    (tmp_path / "circle.mp4").symlink_to("circle.mp4")
    os.close(open_exhibit(tmp_path / "link.mp4", max_file_bytes=1))
    assert "it cannot be opened (Too many levels" in refusal(tmp_path / "circle.mp4")


@contextlib.contextmanager
def nobody() -> Iterator[None]:
    """Be a user without rights for a moment, where the tests run as root."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@ON_POSIX
def test_a_file_this_user_may_not_read_is_said_to_be_just_that(tmp_path: Path) -> None:
    path = tmp_path / "private.mp4"
    path.write_bytes(b"x")
    path.chmod(0)
    with nobody():
        assert refusal(path) == "private.mp4: this user may not read it; nothing was read"


def test_a_sparse_file_of_200_gb_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "sparse.mp4"
    with path.open("wb") as file:
        try:
            file.truncate(200 * 2**30 + 1)
        except OSError:
            pytest.skip("this file system has no sparse files")
    start_s = time.monotonic()
    with Room() as room, pytest.raises(LimitError, match="214,748,364,801 bytes long, more than the"):
        room.measure_file(path, analysers=["packets"], sink=lambda _: None)
    assert time.monotonic() - start_s < 5


def test_a_huge_sparse_file_within_the_limit_is_refused_by_the_decoder(tmp_path: Path, room: Room) -> None:
    path = tmp_path / "sparse.mp4"
    with path.open("wb") as file:
        try:
            file.truncate(100 * 2**30)
        except OSError:
            pytest.skip("this file system has no sparse files")
    with pytest.raises(UnreadableError, match="not a video of a known kind"):
        room.measure_file(path, analysers=["packets"], sink=lambda _: None)


def test_a_hostile_name_is_shown_escaped(tmp_path: Path) -> None:
    line = refusal(tmp_path / "a\x1b[31m\u202egpm.mp4\nrm -rf")
    assert line.isprintable()
    assert line.startswith(r"a\x1b[31m\u202egpm.mp4\nrm -rf: there is no such file")
