"""Files that are broken, are no video at all, or are made to do harm.

None of them may crash a reader, make it hang, make it take memory without bound, or make it open
another file: each must either play or be refused in words.
"""

import struct
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np

from offcut.decode.encode import write_sound
from offcut.testing.boxes import box, rewritten
from offcut.testing.odd_shapes import film, hiss, moving, plain

__all__ = ["BROKEN"]

_HUGE = 0xFFFFFFFF
_SAMPLE_TABLE = ("moov", "trak", "mdia", "minf", "stbl")


def _empty(folder: Path) -> Path:
    """No byte at all."""
    return _written(folder / "empty.mp4", b"")


def _zeros(folder: Path) -> Path:
    """64 KB of zeros: a download that was only reserved."""
    return _written(folder / "zeros.mp4", bytes(65536))


def _text(folder: Path) -> Path:
    """A text under a video's name."""
    return _written(folder / "text.mp4", b"This is not a video.\n" * 40)


def _web_page(folder: Path) -> Path:
    """The page that a failed download leaves."""
    return _written(folder / "web_page.mp4", b"<!DOCTYPE html><title>404</title><p>Not found.")


def _playlist(folder: Path) -> Path:
    """An HLS playlist under a video's name, that asks for another file."""
    lines = "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile:///etc/hostname\n#EXT-X-ENDLIST\n"
    return _written(folder / "playlist.mp4", lines.encode())


def _concat_script(folder: Path) -> Path:
    """A script for FFmpeg's concat reader under a video's name."""
    return _written(folder / "concat_script.mp4", b"ffconcat version 1.0\nfile '/etc/hostname'\n")


def _folder_named_video(folder: Path) -> Path:
    """A folder under a video's name."""
    path = folder / "folder_named_video.mp4"
    path.mkdir(exist_ok=True)
    return path


def _dangling_link(folder: Path) -> Path:
    """A link to a file that is not there."""
    path = folder / "dangling_link.mp4"
    path.unlink(missing_ok=True)
    path.symlink_to(folder / "nowhere.mp4")
    return path


def _no_index(folder: Path) -> Path:
    """Cut off before the index: a camera that lost power."""
    whole = plain(folder).read_bytes()
    return _written(folder / "no_index.mp4", whole[: whole.index(b"moov") - 4])


def _cut_off(folder: Path) -> Path:
    """The index comes first; the last third of the samples is missing."""
    path = film(folder / "cut_off.mp4", container_options={"movflags": "faststart"}, sound=hiss())
    return _written(path, path.read_bytes()[: -path.stat().st_size // 3])


def _cut_off_stream(folder: Path) -> Path:
    """A transport stream that ends inside a packet."""
    path = film(folder / "cut_off_stream.ts", sound=hiss())
    return _written(path, path.read_bytes()[: 188 * 80 + 31])


def _scratched(folder: Path) -> Path:
    """Some hundred bytes in the middle of the samples are replaced by chance."""
    path = film(folder / "scratched.mp4", moving(40), options={"g": "10", "crf": "12"})
    whole = bytearray(path.read_bytes())
    rng = np.random.default_rng(9)
    end = whole.index(b"moov") - 8
    for at in rng.integers(end // 3, 2 * end // 3, 300):
        whole[int(at)] = int(rng.integers(256))
    return _written(path, bytes(whole))


def _joined(folder: Path) -> Path:
    """Two transport streams one after the other: the size changes and the time jumps back."""
    one = film(folder / "joined.ts", moving(12)).read_bytes()
    two = film(folder / "joined.ts", moving(12, width=96, height=64)).read_bytes()
    return _written(folder / "joined.ts", one + two)


def _animation(folder: Path) -> Path:
    """An animated GIF: moving pictures, but no video container."""
    return film(folder / "animation.gif", moving(6), codec="gif", pixel_format="rgb8")


def _still_png(folder: Path) -> Path:
    """A PNG picture."""
    return _still(folder / "still.png")


def _still_jpeg(folder: Path) -> Path:
    """A JPEG picture."""
    return _still(folder / "still.jpg")


def _still_as_video(folder: Path) -> Path:
    """A PNG picture under a video's name."""
    return _still(folder / "still_as_video.png").replace(folder / "still_as_video.mp4")


def _sound_only(folder: Path) -> Path:
    """An MP4 with AAC and no picture track."""
    write_sound(folder / "sound_only.m4a", hiss())
    return (folder / "sound_only.m4a").replace(folder / "sound_only.mp4")


def _sound_wav(folder: Path) -> Path:
    """A WAV file: no picture track and no video container."""
    write_sound(folder / "sound.wav", hiss(0.3), codec="pcm_s16le")
    return folder / "sound.wav"


def _huge_png(folder: Path) -> Path:
    """A PNG of some KB whose header says 60,000 x 60,000 pixels."""
    path = _still(folder / "huge.png")
    whole = bytearray(path.read_bytes())
    whole[16:24] = struct.pack(">II", 60000, 60000)
    return _written(path, bytes(whole))


def _huge_frames(folder: Path) -> Path:
    """Motion JPEG whose frames say they are 16,000 x 16,000 pixels: 400 MB for each KB."""
    path = film(folder / "huge_frames.avi", moving(4), codec="mjpeg", pixel_format="yuvj420p")
    small, large = struct.pack(">HH", 120, 160), struct.pack(">HH", 16000, 16000)
    return _written(path, path.read_bytes().replace(b"\x08" + small, b"\x08" + large))


def _too_wide(folder: Path) -> Path:
    """8,400 x 32 pixels: sound, but wider than a reader accepts unless it is told to."""
    return film(folder / "too_wide.mp4", moving(2, width=8400, height=32), options={"preset": "ultrafast"})


def _huge_in_index(folder: Path) -> Path:
    """An MP4 whose index says 65,535 x 65,535 pixels; the samples say 160 x 120."""
    whole = plain(folder).read_bytes()

    def enlarged(payload: bytes) -> bytes:
        at = payload.index(b"avc1") + 28
        return payload[:at] + b"\xff\xff\xff\xff" + payload[at + 4 :]

    return _written(folder / "huge_in_index.mp4", rewritten(whole, [*_SAMPLE_TABLE, "stsd"], enlarged))


def _short_box(folder: Path) -> Path:
    """A track says it is four bytes long: less than its own header."""
    whole = bytearray(plain(folder).read_bytes())
    at = whole.index(b"trak") - 4
    whole[at : at + 4] = struct.pack(">I", 4)
    return _written(folder / "short_box.mp4", bytes(whole))


def _long_box(folder: Path) -> Path:
    """The index says it is longer than the file."""
    whole = bytearray(plain(folder).read_bytes())
    at = whole.index(b"moov") - 4
    whole[at : at + 4] = struct.pack(">I", 0x7FFFFFFF)
    return _written(folder / "long_box.mp4", bytes(whole))


def _endless_box(folder: Path) -> Path:
    """A box with a 64-bit size of 2^64 - 1."""
    whole = plain(folder).read_bytes()
    return _written(folder / "endless_box.mp4", whole + struct.pack(">I4sQ", 1, b"mdat", 2**64 - 1))


def _deep_boxes(folder: Path) -> Path:
    """Three thousand boxes inside each other."""
    inside = b""
    for _ in range(3000):
        inside = box("moov", inside)
    return _written(folder / "deep_boxes.mp4", box("ftyp", b"isom\0\0\2\0isom") + inside)


def _many_boxes(folder: Path) -> Path:
    """Twenty thousand empty tracks."""
    tracks = box("trak", b"") * 20000
    return _written(folder / "many_boxes.mp4", box("ftyp", b"isom\0\0\2\0isom") + box("moov", tracks))


def _countless_samples(folder: Path) -> Path:
    """The sample sizes claim four billion entries."""
    return _claiming(folder / "countless_samples.mp4", [*_SAMPLE_TABLE, "stsz"], at=8)


def _countless_times(folder: Path) -> Path:
    """The sample times claim four billion entries."""
    return _claiming(folder / "countless_times.mp4", [*_SAMPLE_TABLE, "stts"], at=4)


def _countless_edits(folder: Path) -> Path:
    """The edit list claims four billion entries."""
    return _claiming(folder / "countless_edits.mp4", ["moov", "trak", "edts", "elst"], at=4)


def _long_run(folder: Path) -> Path:
    """One entry of the sample times stands for four billion samples."""
    return _claiming(folder / "long_run.mp4", [*_SAMPLE_TABLE, "stts"], at=8)


def _far_chunk(folder: Path) -> Path:
    """The samples are said to lie beyond the end of the file."""
    return _claiming(folder / "far_chunk.mp4", [*_SAMPLE_TABLE, "stco"], at=8)


def _no_clock(folder: Path) -> Path:
    """A track whose clock has zero ticks a second."""
    return _claiming(folder / "no_clock.mp4", ["moov", "trak", "mdia", "mdhd"], at=12, value=0)


def _samples_elsewhere(folder: Path) -> Path:
    """A QuickTime file that says its samples are in another file."""
    whole = film(folder / "samples_elsewhere.mov").read_bytes()
    reference = bytes(4) + b"\0\0\0\1" + box("url ", bytes(4) + b"file:///etc/hostname\0")
    where = ["moov", "trak", "mdia", "minf", "dinf", "dref"]
    return _written(folder / "samples_elsewhere.mov", rewritten(whole, where, lambda _: reference))


def _long_element(folder: Path) -> Path:
    """A Matroska file whose segment holds an element said to be 2^56 - 2 bytes long."""
    whole = film(folder / "long_element.mkv").read_bytes()
    head = whole[: whole.index(b"\x18\x53\x80\x67") + 12]
    return _written(
        folder / "long_element.mkv", head + b"\x16\x54\xae\x6b\x01" + b"\xff" * 6 + b"\xfe" + whole[-500:]
    )


def _deep_elements(folder: Path) -> Path:
    """A Matroska file with two thousand elements inside each other."""
    whole = film(folder / "deep_elements.mkv").read_bytes()
    head = whole[: whole.index(b"\x18\x53\x80\x67") + 12]
    return _written(
        folder / "deep_elements.mkv", head + b"\x11\x4d\x9b\x74\x01" + b"\xff" * 7 + _nested(2000)
    )


def _nested(depth: int) -> bytes:
    """Tag groups (0x7373) of unknown length, each inside the one before."""
    return (b"\x73\x73\x01" + b"\xff" * 7) * depth


def _written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def _still(path: Path) -> Path:
    if not cv2.imwrite(str(path), moving(1)[0][..., ::-1]):
        raise OSError(f"{path.name} could not be written")
    return path


def _claiming(path: Path, where: Sequence[str], *, at: int, value: int = _HUGE) -> Path:
    """Write a film in whose box at `where` four bytes at `at` say `value`."""
    whole = film(path).read_bytes()

    def claim(payload: bytes) -> bytes:
        return payload[:at] + struct.pack(">I", value) + payload[at + 4 :]

    return _written(path, rewritten(whole, where, claim))


BROKEN: Mapping[str, Callable[[Path], Path]] = {
    maker.__name__.removeprefix("_"): maker
    for maker in (
        _animation,
        _concat_script,
        _countless_edits,
        _countless_samples,
        _countless_times,
        _cut_off,
        _cut_off_stream,
        _dangling_link,
        _deep_boxes,
        _deep_elements,
        _empty,
        _endless_box,
        _far_chunk,
        _folder_named_video,
        _huge_frames,
        _huge_in_index,
        _huge_png,
        _joined,
        _long_box,
        _long_element,
        _long_run,
        _many_boxes,
        _no_clock,
        _no_index,
        _playlist,
        _samples_elsewhere,
        _scratched,
        _short_box,
        _sound_only,
        _sound_wav,
        _still_as_video,
        _still_jpeg,
        _still_png,
        _text,
        _too_wide,
        _web_page,
        _zeros,
    )
}
"""Each writes one file into a folder and returns its path."""
