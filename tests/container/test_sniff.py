import gzip
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offcut.container.sniff import HEAD_BYTES, sniff
from offcut.errors import ContainerError

FILE = Path("clip.mp4")

PLAYLISTS = {
    "HLS": b"#EXTM3U\n#EXT-X-VERSION:3\nother.mp4\n",
    "HLS after a byte order mark and blank lines": b"\xef\xbb\xbf\r\n #EXTM3U\n",
    "ffconcat": b"ffconcat version 1.0\nfile other.mp4\n",
    "DASH": b'<?xml version="1.0"?>\n<!-- a -->\n<MPD xmlns="urn:mpeg:dash:schema:mpd:2011">',
    "SDP": b"v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\n",
    "SMIL": b'<smil xmlns="x"><body/></smil>',
}
NO_VIDEOS = {
    "a PNG picture": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
    "a JPEG picture": b"\xff\xd8\xff\xe0\0\x10JFIF",
    "a GIF picture": b"GIF89a\x01\0",
    "a WebP picture": b"RIFF\x24\0\0\0WEBPVP8 ",
    "sound without picture (WAV)": b"RIFF\x24\0\0\0WAVEfmt ",
    "a still picture (brand heic)": b"\0\0\0\x18ftypheic\0\0\0\0mif1heic",
    "a ZIP archive": b"PK\x03\x04\x14\0\0\0\x08\0",
    "a gzip archive": gzip.compress(b"x"),
    "a PDF document": b"%PDF-1.7\n\xe2\xe3",
    "XML or HTML": b"<!DOCTYPE html><html></html>",
    "plain text": "a report, not a film: é".encode(),
}
VIDEOS = {
    "isobmff": b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom",
    "matroska": b"\x1a\x45\xdf\xa3\x01\0\0\0\0\0\0\x23\x42\x86\x81\x01\x42\x82\x84webm",
    "avi": b"RIFF\0\0\0\x01AVI LIST\xff\xfe",
    "mpegts": (b"\x47\x40\0\x10" + b"\xff" * 184) * 4,
    "unknown": b"\x00\x00\x01\xba\x44\0\x04",
}


@pytest.mark.parametrize("name", PLAYLISTS)
def test_a_text_that_names_other_files_is_refused(name: str) -> None:
    with pytest.raises(ContainerError, match=r"byte 0: this is .* names other files, not a video"):
        sniff(FILE, PLAYLISTS[name])


@pytest.mark.parametrize("what", NO_VIDEOS)
def test_what_is_no_video_is_named_and_refused(what: str) -> None:
    with pytest.raises(ContainerError) as error:
        sniff(FILE, NO_VIDEOS[what])
    assert f"byte 0: this is {what}" in str(error.value)
    assert error.value.offset == 0


def test_an_empty_file_is_refused() -> None:
    with pytest.raises(ContainerError, match="byte 0: the file is empty"):
        sniff(FILE, b"")


@pytest.mark.parametrize("name", VIDEOS)
def test_a_video_is_recognised_by_its_bytes(name: str) -> None:
    assert sniff(FILE, VIDEOS[name]).format == name


def test_text_in_two_bytes_a_character_is_text() -> None:
    with pytest.raises(ContainerError, match="plain text"):
        sniff(FILE, "a list of names".encode("utf-16"))


def test_a_long_text_cut_within_a_character_is_still_text() -> None:
    head = ("x" + "é" * HEAD_BYTES).encode()[:HEAD_BYTES]
    with pytest.raises(ContainerError, match="plain text"):
        sniff(FILE, head)


@given(st.binary(min_size=1, max_size=512))
def test_any_bytes_are_named_or_refused(head: bytes) -> None:
    with suppress(ContainerError):
        assert sniff(FILE, head).format in {"isobmff", "matroska", "avi", "mpegts", "unknown"}
