import io
import socket
from pathlib import Path

import av
import pytest

from offcut.decode.limits import Refused
from offcut.decode.opened import decoded, is_cover, open_container, video_stream, words_of
from offcut.testing.odd import ODD


class _FailingDisk(io.BytesIO):
    """Reads up to a place, then fails as a broken disk does."""

    def __init__(self, content: bytes, good: int) -> None:
        super().__init__(content)
        self.good = good

    def read(self, size: int | None = -1) -> bytes:
        if self.tell() + (size or 0) > self.good:
            raise OSError(5, "Input/output error")
        return super().read(size)


@pytest.mark.parametrize("name", ["zeros", "playlist", "concat_script", "no_index", "still_png", "sound_wav"])
def test_what_no_listed_demuxer_knows_is_refused(name: str, tmp_path: Path) -> None:
    with ODD[name](tmp_path).open("rb") as file, pytest.raises(Refused, match="or is damaged"):
        open_container(file, threads=1)


def test_a_disk_that_fails_at_once_is_a_refusal(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="Input/output error"):
        open_container(_FailingDisk(ODD["plain"](tmp_path).read_bytes(), 0), threads=1)


def test_sound_alone_is_refused_in_words(tmp_path: Path) -> None:
    with (
        ODD["sound_only"](tmp_path).open("rb") as file,
        open_container(file, threads=1) as container,
        pytest.raises(Refused, match="it holds only sound; there is no picture to measure"),
    ):
        video_stream(container)


def test_a_cover_picture_is_no_picture_track(tmp_path: Path) -> None:
    path = tmp_path / "song.mp4"
    with av.open(str(path), "w") as target:
        cover = target.add_stream("mjpeg", rate=1)
        cover.width, cover.height, cover.pix_fmt = 64, 64, "yuvj420p"
        cover.disposition = av.stream.Disposition.attached_pic
        frame = av.VideoFrame(64, 64, "yuvj420p")
        frame.pts = 0
        for packet in (*cover.encode(frame), *cover.encode(None)):
            target.mux(packet)
    with path.open("rb") as file, open_container(file, threads=1) as container:
        assert [is_cover(stream) for stream in container.streams.video] == [True]
        with pytest.raises(Refused, match="it holds no picture track"):
            video_stream(container)


def test_media_said_to_lie_elsewhere_are_not_looked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = ODD["samples_elsewhere"](tmp_path)
    monkeypatch.setattr(socket, "socket", None)
    with path.open("rb") as file, open_container(file, threads=1) as container:
        frames = list(decoded(container, video_stream(container)))
    assert len(frames) == 24


def test_decoding_goes_on_after_damage(tmp_path: Path) -> None:
    with ODD["scratched"](tmp_path).open("rb") as file, open_container(file, threads=1) as container:
        frames = list(decoded(container, video_stream(container)))
    assert sum(frame is not None for frame in frames) == 38
    assert frames.count(None) == 2


def test_an_error_is_told_in_one_line() -> None:
    assert words_of(ValueError("first\nsecond")) == "first"
    assert words_of(ValueError()) == "ValueError"
    assert words_of(OSError(5, "Input/output error")) == "Input/output error"
