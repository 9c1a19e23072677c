from fractions import Fraction
from pathlib import Path
from struct import pack

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offcut.container import probe
from offcut.container.timecode import timecode_text
from offcut.testing.small_movie import MEDIA_TIMESCALE, SmallMovie, box, full_box, table

NTSC = Fraction(30000, 1001)


def movie(tmp_path: Path, entry: bytes, sample: bytes) -> Path:
    """A film whose timecode track has this sample entry and this sample, which lies before the pictures."""
    plain = SmallMovie(before_media=box(b"free", sample))
    at = plain.build().index(sample)
    tables = [
        full_box(b"stsd", pack(">I", 1), entry),
        table(b"stts", (1, 2 * MEDIA_TIMESCALE)),
        table(b"stsc", (1, 1, 1)),
        full_box(b"stsz", pack(">II", len(sample), 1)),
        table(b"stco", (at,)),
    ]
    mdhd = full_box(b"mdhd", pack(">4IHH", 0, 0, MEDIA_TIMESCALE, 2 * MEDIA_TIMESCALE, 0x55C4, 0))
    hdlr = full_box(b"hdlr", pack(">I4s12x", 0, b"tmcd"), b"t\0")
    tkhd = full_box(b"tkhd", pack(">5I", 0, 0, 2, 0, 2000), bytes(60), flags=3)
    trak = box(b"trak", tkhd, box(b"mdia", mdhd, hdlr, box(b"minf", box(b"stbl", *tables))))
    path = tmp_path / "timed.mp4"
    path.write_bytes(SmallMovie(before_media=box(b"free", sample), moov_extra=trak).build())
    return path


def entry(flags: int = 0, timescale: int = 30000, step: int = 1001, *, more: bytes = b"") -> bytes:
    fields = pack(">6xHIIIIBx", 1, 0, flags, timescale, step, 30)
    return box(b"tmcd", fields, more)


def test_start_rate_and_reel_are_read_with_the_places_where_they_stand(tmp_path: Path) -> None:
    reel = box(b"name", pack(">HH", 5, 0), b"A0042")
    path = movie(tmp_path, entry(1, more=reel), pack(">I", 107892))
    (read,) = probe(path).facts["timecode"]
    assert read["start"] == "01:00:00;00"
    assert (read["start_frame"], read["rate_hz"], read["is_drop_frame"]) == (107892, "30000/1001", True)
    assert (read["reel"], read["length_s"], read["samples"]) == ("A0042", "2", 1)
    raw = path.read_bytes()
    assert raw[read["at_byte"] + 4 : read["at_byte"] + 8] == b"tmcd"
    assert raw[read["sample_at_byte"] :][:4] == pack(">I", 107892)


@pytest.mark.parametrize(
    ("broken", "sample"),
    [
        (entry(timescale=0), b"\0\0\1\0"),
        (entry(step=0), b"\0\0\1\0"),
        (entry(flags=8), b"\0\0\1\0"),
        (entry(), b"\0\1"),
        (box(b"tmcd", bytes(12)), b"\0\0\1\0"),
    ],
)
def test_what_counts_no_time_is_no_timecode(tmp_path: Path, broken: bytes, sample: bytes) -> None:
    assert probe(movie(tmp_path, broken, sample)).facts["timecode"] == []


@pytest.mark.parametrize("at", [0, 3])
def test_a_reel_that_lies_about_its_length_is_no_reason_to_fail(tmp_path: Path, at: int) -> None:
    reel = pack(">I4sHH", (4, 0, 0, 2**31)[at], b"name", 60000, 0)
    (read,) = probe(movie(tmp_path, entry(more=reel), b"\0\0\1\0")).facts["timecode"]
    assert read["reel"] is None


@pytest.mark.parametrize(
    ("frame", "text"),
    [
        (0, "00:00:00;00"),
        (1799, "00:00:59;29"),
        (1800, "00:01:00;02"),
        (17981, "00:09:59;29"),
        (17982, "00:10:00;00"),
        (2589407, "23:59:59;29"),
    ],
)
def test_drop_frame_skips_two_numbers_a_minute_but_not_each_tenth(frame: int, text: str) -> None:
    """Figures of SMPTE ST 12-1."""
    assert timecode_text(frame, NTSC, is_drop_frame=True) == text


@given(st.integers(0, 2589407), st.sampled_from([(NTSC, 30), (2 * NTSC, 60)]))
def test_drop_frame_text_names_the_frame_that_it_was_made_from(
    frame: int, rate: tuple[Fraction, int]
) -> None:
    hz, nominal = rate
    hours, minutes, seconds, frames = map(
        int, timecode_text(frame, hz, is_drop_frame=True).replace(";", ":").split(":")
    )
    minute = 60 * hours + minutes
    dropped = nominal // 15
    assert nominal * (60 * minute + seconds) + frames - dropped * (minute - minute // 10) == frame
    assert frames >= dropped or seconds or minute % 10 == 0


@given(st.integers(-(10**7), 10**7), st.sampled_from([24, 25, 30, 50, 60]))
def test_text_without_drops_names_the_frame(frame: int, rate: int) -> None:
    text = timecode_text(frame, Fraction(rate), is_drop_frame=False)
    hours, minutes, seconds, frames = map(int, text.removeprefix("-").split(":"))
    assert rate * (3600 * hours + 60 * minutes + seconds) + frames == abs(frame)
    assert text.startswith("-") == (frame < 0)
