"""The samples of telemetry tracks: when each holds, where it lies, and a hash of its bytes.

Readings of sensors are not interpreted here. Samples are read with a budget of their own, because
hours of them are more than everything else that is read of a container.
"""

import hashlib
from fractions import Fraction
from typing import BinaryIO

import numpy as np

from offcut.container.headers import Source, read_edits, read_header
from offcut.container.isobmff import Atom, Reader
from offcut.container.samples import MAX_TABLE_ENTRIES, Ticks, read_table, timing
from offcut.container.tracks import Track
from offcut.records import SensorPacket

BUDGET_BYTES = 128 * 2**20
"""About six hours of an action camera; what lies beyond is not hashed, and the damage list says so."""

MAX_SAMPLES = 100_000
DIGEST_BYTES = 16


def read_telemetry(
    stream: BinaryIO, source: Source, tracks: list[tuple[Atom, Track]], *, movie_timescale: int | None
) -> tuple[SensorPacket, ...]:
    """Hash the samples of every telemetry track.

    Args:
        stream: The file.
        source: The same file, for its tables.
        tracks: All tracks with their boxes.
        movie_timescale: Ticks a second of the movie header.

    Returns:
        The samples, track by track in order of time, each on the clock of the movie. A sample that lies
        outside the file is not among them.
    """
    reader = Reader(stream, budget_bytes=BUDGET_BYTES)
    found: list[SensorPacket] = []
    for trak, track in tracks:
        if track.facts["kind"] == "telemetry":
            found += _samples(reader, source, trak, (track, movie_timescale))
    if reader.is_exhausted:
        source.damage.add(0, f"of the telemetry, {BUDGET_BYTES:,} bytes were hashed; the rest was not")
    return tuple(found)


def _samples(reader: Reader, source: Source, trak: Atom, of: tuple[Track, int | None]) -> list[SensorPacket]:
    track, movie_timescale = of
    media = read_header(source, trak.first(b"mdia", b"mdhd"))
    timescale = media.number(0) if media else None
    stts = _table(source, trak, b"stts", 2)
    places = _places(source, trak)
    runs = timing(stts, None) if stts is not None else None
    if runs is None or places is None or not timescale:
        return []
    tick_s = Fraction(1, timescale)
    shift_s = _shift_s(source, trak, tick_s, movie_timescale)
    found = []
    for number in range(min(len(places[0]), runs.samples, MAX_SAMPLES)):
        at_byte, size = int(places[0][number]), int(places[1][number])
        raw = reader.read(at_byte, size)
        if len(raw) < size or not size:
            continue
        run = int(np.searchsorted(runs.index, number, side="right")) - 1
        start_s = runs.time_of(number) * tick_s + shift_s
        end_s = start_s + int(runs.step[run]) * tick_s
        digest = hashlib.blake2b(raw, digest_size=DIGEST_BYTES).digest()
        found.append(SensorPacket(track.facts["id"] or 0, start_s, end_s, at_byte, size, digest))
    return found


def _table(source: Source, trak: Atom, kind: bytes, columns: int, *, head_bytes: int = 4) -> Ticks | None:
    atom = trak.first(b"mdia", b"minf", b"stbl", kind)
    if atom is None:
        return None
    return read_table(source.reader, atom, source.damage, columns=columns, head_bytes=head_bytes)


def _places(source: Source, trak: Atom) -> tuple[Ticks, Ticks] | None:
    """Offset and size of every sample, each shape (samples,); None where the tables cannot be joined."""
    chunks, wide = _table(source, trak, b"stco", 1), _table(source, trak, b"co64", 2)
    stsc, stsz = _table(source, trak, b"stsc", 3), trak.first(b"mdia", b"minf", b"stbl", b"stsz")
    if stsc is None or stsz is None or not len(stsc) or (np.diff(stsc[:, 0]) <= 0).any():
        return None
    if chunks is not None:
        starts = chunks[:, 0]
    elif wide is not None:
        starts = (np.minimum(wide[:, 0], 2**30) << 32) + wide[:, 1]
    else:
        return None
    head = source.reader.read(stsz.start, 12)
    same, count = int.from_bytes(head[4:8], "big"), int.from_bytes(head[8:12], "big")
    if same:
        sizes = np.full(min(count, MAX_SAMPLES), same, np.int64)
    else:
        sizes = read_table(source.reader, stsz, source.damage, columns=1, head_bytes=8)[:MAX_SAMPLES, 0]
    run = np.searchsorted(stsc[:, 0], np.arange(1, len(starts) + 1), side="right") - 1
    if not len(sizes) or (run < 0).any():
        return None
    return _joined(starts, np.minimum(stsc[run, 1], MAX_TABLE_ENTRIES), sizes)


def _joined(starts: Ticks, held: Ticks, sizes: Ticks) -> tuple[Ticks, Ticks]:
    """Samples lie one behind the other in their chunk, `held` in each."""
    last = np.minimum(np.cumsum(held), len(sizes))
    first = np.minimum(last, np.cumsum(held) - held)
    chunk = np.searchsorted(last, np.arange(last[-1]), side="right")
    before = np.concatenate([[0], np.cumsum(sizes)])
    number = np.arange(last[-1])
    return starts[chunk] + before[number] - before[first[chunk]], sizes[: last[-1]]


def _shift_s(source: Source, trak: Atom, tick_s: Fraction, movie_timescale: int | None) -> Fraction:
    """What the first shown edit adds to the time of the media; 0 without an edit list."""
    atom = trak.first(b"edts", b"elst")
    waited_s = Fraction(0)
    if atom is None or not movie_timescale:
        return waited_s
    for edit in read_edits(source, atom):
        if edit.media_time >= 0:
            return waited_s - edit.media_time * tick_s
        waited_s += Fraction(edit.duration, movie_timescale)
    return Fraction(0)
