"""Which format the first bytes are, before any library sees them.

A text playlist named like a video makes a decoder open other files and report them as this one,
and a still picture can be a bomb; both are refused here, by what is seen, never by the name.
"""

from dataclasses import dataclass
from pathlib import Path

from offcut.errors import ContainerError

HEAD_BYTES = 4096
"""Enough for three MPEG-TS packets and any magic; read once."""

_ISOBMFF_FIRST = frozenset(b"ftyp moov mdat free skip wide pnot uuid styp moof sidx udta meta".split())
_STILL_BRANDS = frozenset(b"heic heix heim heis mif1 avif miaf jxl  crx  jp2  jpx ".split())
_PLAYLISTS = (
    (b"#EXTM3U", "an HLS playlist (#EXTM3U)"),
    (b"ffconcat", "an ffconcat list"),
    (b"<MPD", "a DASH manifest (<MPD)"),
    (b"v=0", "a session description (v=0)"),
    (b"<SMIL", "a SMIL playlist"),
)
_NOT_VIDEO = (
    (b"\x89PNG\r\n\x1a\n", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"BM", "a BMP picture"),
    (b"II*\x00", "a TIFF picture"),
    (b"MM\x00*", "a TIFF picture"),
    (b"\x00\x00\x00\x0cjP  \r\n\x87\n", "a JPEG 2000 picture"),
    (b"\x00\x00\x00\x0cJXL \r\n\x87\n", "a JPEG XL picture"),
    (b"8BPS", "a Photoshop picture"),
    (b"%PDF", "a PDF document"),
    (b"PK\x03\x04", "a ZIP archive or office document"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"\x7fELF", "a program (ELF)"),
    (b"ID3", "sound without picture (MP3)"),
    (b"fLaC", "sound without picture (FLAC)"),
    (b"#!AMR", "sound without picture (AMR)"),
)
_RIFF = {b"WAVE": "sound without picture (WAV)", b"WEBP": "a WebP picture", b"ACON": "a cursor"}
_OTHER_VIDEO = (
    (b"FLV\x01", "Flash video"),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "Windows Media (ASF)"),
    (b"OggS", "Ogg"),
    (b"\x00\x00\x01\xba", "MPEG program stream"),
    (b"\x00\x00\x01\xb3", "MPEG video without container"),
    (b"\x06\x0e\x2b\x34\x02\x05\x01\x01", "MXF"),
)
_TS_PACKETS = ((188, 0), (192, 4), (204, 0))
_REFUSED = "it was not opened as a video"


@dataclass(frozen=True, slots=True)
class Sniffed:
    """What the first bytes look like: a `Structure.format`, and a name for people."""

    format: str
    looks_like: str


def sniff(path: Path, head: bytes) -> Sniffed:
    """Name the format of a file by its first `HEAD_BYTES` bytes.

    Args:
        path: For messages only.
        head: The first bytes; all of them if the file is shorter.

    Returns:
        The format; `unknown` where nothing is recognised and nothing speaks against a video.

    Raises:
        ContainerError: Empty, a text playlist, plain text, a still picture, or known to hold no video.
    """
    if not head:
        raise ContainerError(path, 0, "the file is empty; there is nothing to read")
    _refuse_text(path, head)
    for magic, what in _NOT_VIDEO:
        # Two letters alone are too common; a BMP header repeats zeros at byte 6 (reserved fields).
        if head.startswith(magic) and (magic != b"BM" or head[6:10] == bytes(4)):
            raise ContainerError(path, 0, f"this is {what}, not a video; {_REFUSED}")
    if head[:4] == b"RIFF" and head[8:12] in _RIFF:
        raise ContainerError(path, 0, f"this is {_RIFF[head[8:12]]}, not a video; {_REFUSED}")
    if head[4:8] == b"ftyp" and head[8:12] in _STILL_BRANDS:
        brand = head[8:12].decode("ascii").strip()
        raise ContainerError(path, 0, f"this is a still picture (brand {brand}), not a video; {_REFUSED}")
    return _video(head)


def _video(head: bytes) -> Sniffed:
    if head[4:8] in _ISOBMFF_FIRST:
        kind = "QuickTime" if head[4:12] == b"ftypqt  " or head[4:8] != b"ftyp" else "ISO base media"
        return Sniffed("isobmff", f"{kind} file")
    if head[:4] == b"\x1a\x45\xdf\xa3":
        return Sniffed("matroska", "WebM" if b"webm" in head[:64] else "Matroska")
    if head[:4] == b"RIFF" and head[8:12] in (b"AVI ", b"AVIX"):
        return Sniffed("avi", "AVI")
    for step, first in _TS_PACKETS:
        if len(head) > first + 2 * step and all(head[first + n * step] == 0x47 for n in range(3)):
            return Sniffed("mpegts", "MPEG transport stream")
    for magic, what in _OTHER_VIDEO:
        if head.startswith(magic):
            return Sniffed("unknown", what)
    return Sniffed("unknown", "not recognised")


def _refuse_text(path: Path, head: bytes) -> None:
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    for mark, what in _PLAYLISTS:
        # A manifest may come after an XML declaration and comments.
        where = (
            text[:1024].upper() if mark.startswith(b"<") and text[:1] == b"<" else text[: len(mark)].upper()
        )
        if mark.upper() in where:
            raise ContainerError(
                path,
                0,
                f"this is {what}, a text that names other files, not a video; no file it names was opened",
            )
    if _is_text(head):
        shown = "XML or HTML" if text[:1] == b"<" else "plain text"
        raise ContainerError(path, 0, f"this is {shown}, not a video; {_REFUSED}")


def _is_text(head: bytes) -> bool:
    encoding = "utf-16" if head[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8"
    try:
        decoded = head.decode(encoding)
    except UnicodeDecodeError as error:
        # A full head may end within a character; anything else is not text.
        if len(head) < HEAD_BYTES or error.start < len(head) - 3:
            return False
        decoded = head[: error.start].decode(encoding)
    return all(c.isprintable() or c in "\t\r\n\f\ufeff" for c in decoded)
