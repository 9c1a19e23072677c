"""Files that name other files: none of the others may show in what the room says."""

import socket
import struct
import threading
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from offcut.decode.encode import write_video
from offcut.errors import UnreadableError
from offcut.records import Signal
from offcut.room import Room
from offcut.testing.boxes import box, rewritten

CANARY_TEXT = "the name of a witness"
RED = (200, 10, 10)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a confidential red film and a confidential text beside the abuse files."""
    folder = tmp_path_factory.mktemp("abuse")
    red = np.empty((64, 64, 3), np.uint8)
    red[:] = RED
    for name in ("canary.mp4", "canary.ts"):
        write_video(folder / name, (red for _ in range(10)), rate_hz=Fraction(25))
    (folder / "canary.txt").write_text(CANARY_TEXT)
    return folder


@pytest.fixture(scope="module")
def web() -> Iterator[tuple[int, list[bytes]]]:
    """A port on this machine, and what reached it."""
    hits: list[bytes] = []
    server = socket.create_server(("127.0.0.1", 0))
    server.settimeout(0.2)
    done = threading.Event()

    def listen() -> None:
        while not done.is_set():
            try:
                line, _ = server.accept()
            except TimeoutError:
                continue
            with line:
                hits.append(line.recv(200))

    thread = threading.Thread(target=listen)
    thread.start()
    yield server.getsockname()[1], hits
    done.set()
    thread.join()
    server.close()


def abuse(folder: Path, port: int) -> dict[str, tuple[str, str]]:
    """Kind: file name, content."""
    there, near = folder / "canary.ts", "canary.ts"
    hls = "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{}\n#EXT-X-ENDLIST\n"
    url = f"http://127.0.0.1:{port}/x.ts"
    key = hls.replace("#EXTINF", f'#EXT-X-KEY:METHOD=AES-128,URI="{url}"\n#EXTINF')
    subfile = f"subfile,,start,0,end,20,,:{folder}/canary.txt"
    xml = '<?xml version="1.0"?>'
    dash = (
        f'{xml}<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static"'
        ' mediaPresentationDuration="PT1S"><Period>'
        '<AdaptationSet mimeType="video/mp4"><Representation id="1" bandwidth="1">'
        f"<BaseURL>{folder}/canary.mp4</BaseURL></Representation></AdaptationSet></Period></MPD>"
    )
    entity = f'{xml}<!DOCTYPE x [<!ENTITY c SYSTEM "file://{folder}/canary.txt">]><smil>&c;</smil>'
    sdp = "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\n"
    sdp += f"m=video {port} RTP/AVP 96\na=rtpmap:96 H264/90000\n"
    return {
        "HLS to the web": ("web.m3u8", hls.format(url)),
        "HLS to the web, named mp4": ("web.mp4", hls.format(url)),
        "HLS to a file, named mp4": ("near.mp4", hls.format(near)),
        "HLS to a file, named avi": ("near.avi", hls.format(there)),
        "HLS with its key elsewhere": ("key.ts", key.format(near)),
        "HLS of a text through subfile": (
            "part.mp4",
            hls.format(subfile),
        ),
        "concat protocol": ("concat.m3u8", hls.format(f"concat:{there}|{there}")),
        "ffconcat, relative": ("relative.mp4", f"ffconcat version 1.0\nfile {near}\n"),
        "ffconcat, absolute": ("absolute.mkv", f"ffconcat version 1.0\nfile '{there}'\n"),
        "DASH": ("dash.mp4", dash),
        "SDP": ("session.mp4", sdp),
        "XML entity": ("entity.mp4", entity),
    }


KINDS = list(abuse(Path("/"), 0))


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_that_names_another_is_refused_and_reaches_nothing(
    room: Room, folder: Path, web: tuple[int, list[bytes]], kind: str
) -> None:
    port, hits = web
    name, content = abuse(folder, port)[kind]
    path = folder / name
    path.write_text(content)
    blocks: list[Signal] = []
    with pytest.raises(UnreadableError) as caught:
        room.measure_file(path, analysers=["picture", "packets"], sink=blocks.append)
    assert blocks == []
    assert "canary" not in str(caught.value)
    assert CANARY_TEXT not in str(caught.value)
    assert hits == []


@pytest.mark.parametrize(
    "name", ["concat:canary.ts", "canary%02d.mp4", "-i.mp4", "file:canary.mp4", "|canary.mp4"]
)
def test_a_name_with_a_meaning_elsewhere_is_only_a_name_here(room: Room, folder: Path, name: str) -> None:
    path = folder / name
    grey = np.full((64, 64, 3), 128, np.uint8)
    write_video(folder / "plain.mp4", (grey for _ in range(5)), rate_hz=Fraction(25))
    path.write_bytes((folder / "plain.mp4").read_bytes())
    blocks: list[Signal] = []
    report = room.measure_file(path, analysers=["picture"], sink=blocks.append)
    assert len(report.frames) == 5
    (luma,) = [b.values for b in blocks if b.name == "picture.luma"]
    assert abs(int(np.median(luma)) - 126) < 4


def pointing(movie: bytes, target: bytes) -> bytes:
    """`movie` with an alias to `target` as the place of its samples, and zeros where they were."""

    def alias(_: bytes) -> bytes:
        name = target.rpartition(b"/")[2]
        volume = bytes(10) + b"\x04" + b"disk".ljust(27, b"\0") + bytes(12)
        file = bytes([len(name)]) + name.ljust(63, b"\0") + bytes(16) + struct.pack(">HH", 1, 1) + bytes(16)
        path = struct.pack(">HH", 2, len(target)) + target + bytes(len(target) % 2)
        entry = box("alis", bytes(4) + volume + file + path + struct.pack(">HH", 0xFFFF, 0))
        return struct.pack(">II", 0, 1) + entry

    whole = rewritten(movie, ["moov", "trak", "mdia", "minf", "dinf", "dref"], alias)
    start = whole.index(b"mdat") + 4
    size = int.from_bytes(whole[start - 8 : start - 4], "big") - 8
    return whole[:start] + bytes(size) + whole[start + size :]


def test_samples_that_lie_in_another_file_are_not_fetched(room: Room, folder: Path) -> None:
    path = folder / "reference.mp4"
    path.write_bytes(pointing((folder / "canary.mp4").read_bytes(), str(folder / "canary.mp4").encode()))
    with av.open(path, options={"enable_drefs": "1", "use_absolute_path": "1"}) as fooled:
        shown = next(fooled.decode(video=0)).to_ndarray(format="rgb24")
    assert abs(shown.mean(axis=(0, 1)) - RED).max() < 8, "the trap itself does not work"
    blocks: list[Signal] = []
    with pytest.raises(UnreadableError, match=r"^reference\.mp4: no picture could be decoded"):
        room.measure_file(path, analysers=["picture"], sink=blocks.append)
    assert blocks == []
