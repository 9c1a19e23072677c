import hashlib
from fractions import Fraction
from pathlib import Path
from struct import pack

import pytest

from offcut.container import probe, telemetry
from offcut.records import Structure
from offcut.testing.small_movie import MOVIE_TIMESCALE, SmallMovie, box, full_box, table

TIMESCALE = 1000
SAMPLES = [bytes([n]) * (300 + n) for n in range(5)]
"""Readings of five seconds, each of its own size."""


def probed(
    tmp_path: Path, *, per_chunk: int = 2, edits: tuple[tuple[int, int], ...] = (), cut: int = 0
) -> Structure:
    """A film with a telemetry track of `SAMPLES`, laid out in chunks before the pictures."""
    payload = b"".join(SAMPLES)
    at = SmallMovie(before_media=box(b"free", payload)).build().index(payload)
    chunks, offset = [], at
    for first in range(0, len(SAMPLES), per_chunk):
        chunks.append((offset,))
        offset += sum(map(len, SAMPLES[first : first + per_chunk]))
    rest = len(SAMPLES) % per_chunk
    runs = [(1, per_chunk, 1)] + ([(len(chunks), rest, 1)] if rest else [])
    tables = [
        full_box(b"stsd", pack(">I", 1), box(b"gpmd", pack(">6xH", 1))),
        table(b"stts", (5, TIMESCALE)),
        table(b"stsc", *runs),
        full_box(b"stsz", pack(">II", 0, 5), pack(">5I", *map(len, SAMPLES))),
        table(b"stco", *chunks),
    ]
    mdhd = full_box(b"mdhd", pack(">4IHH", 0, 0, TIMESCALE, 5 * TIMESCALE, 0x55C4, 0))
    hdlr = full_box(b"hdlr", pack(">I4s12x", 0, b"meta"), b"m\0")
    tkhd = full_box(b"tkhd", pack(">5I", 0, 0, 2, 0, 5000), bytes(60), flags=3)
    rows = [(d, m, 0x10000) for d, m in edits]
    edts = box(b"edts", table(b"elst", *rows)) if rows else b""
    trak = box(b"trak", tkhd, edts, box(b"mdia", mdhd, hdlr, box(b"minf", box(b"stbl", *tables))))
    path = tmp_path / "flown.mp4"
    raw = SmallMovie(before_media=box(b"free", payload), moov_extra=trak).build()
    path.write_bytes(raw[: len(raw) - cut])
    return probe(path)


@pytest.mark.parametrize("per_chunk", [1, 2, 3, 5])
def test_every_sample_is_hashed_where_it_lies(tmp_path: Path, per_chunk: int) -> None:
    found = probed(tmp_path, per_chunk=per_chunk).telemetry
    raw = (tmp_path / "flown.mp4").read_bytes()
    assert [raw[s.at_byte : s.at_byte + s.size_bytes] for s in found] == SAMPLES
    assert [s.digest for s in found] == [hashlib.blake2b(raw, digest_size=16).digest() for raw in SAMPLES]
    assert [(s.start_s, s.end_s) for s in found] == [(Fraction(n), Fraction(n + 1)) for n in range(5)]
    assert {s.track for s in found} == {2}


def test_the_edit_list_moves_the_samples(tmp_path: Path) -> None:
    edits = ((MOVIE_TIMESCALE // 2, -1), (3000, 1000))
    found = probed(tmp_path, edits=edits).telemetry
    assert found[0].start_s == Fraction(1, 2) - 1


def test_what_exceeds_the_budget_is_named_and_not_hashed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(telemetry, "BUDGET_BYTES", 700)
    structure = probed(tmp_path)
    assert len(structure.telemetry) == 2
    assert any("of the telemetry, 700 bytes were hashed" in line for line in structure.damage)


def test_a_film_without_telemetry_has_none(tmp_path: Path) -> None:
    path = tmp_path / "plain.mp4"
    path.write_bytes(SmallMovie().build())
    assert probe(path).telemetry == ()
