"""The facts of one track of an ISO-BMFF file, and where its samples lie."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from offcut.container.headers import (
    Source,
    language_text,
    number,
    read_edits,
    read_handler,
    read_header,
    seconds_text,
)
from offcut.container.isobmff import Atom, four_characters
from offcut.container.samples import Extents, Runs, Ticks, extents, hidden_media, read_table, timing
from offcut.container.tags import text_of

MAX_EDITS_SHOWN = 100
MAX_BREAKS_SHOWN = 20
MAX_EDIT_WORK = 1_000_000
"""Edits times runs of samples: keeps two long tables that multiply each other below a second."""

_KINDS = {"vide": "video", "soun": "sound", "tmcd": "timecode", "meta": "metadata", "hint": "hint"}
_TEXT = frozenset(("text", "sbtl", "subt", "clcp"))
TELEMETRY = {"gpmd": "GoPro GPMF", "camm": "camera motion metadata (CAMM)", "djmd": "DJI", "mebx": "Apple"}
"""Sample entries that hold readings of sensors, and their names."""


@dataclass(frozen=True, slots=True)
class Track:
    """A track: its facts, where its samples lie, and the size of the first."""

    facts: dict[str, Any]
    extents: Extents | None
    first_sample: tuple[int, int] | None


def read_track(source: Source, trak: Atom, *, movie_timescale: int | None) -> Track:
    """Read one trak box.

    Args:
        source: The file.
        trak: The box.
        movie_timescale: Ticks a second of the movie header, for the edit list.
    """
    head = read_header(source, trak.first(b"tkhd"))
    media = read_header(source, trak.first(b"mdia", b"mdhd"))
    handler = read_handler(source, trak.first(b"mdia", b"hdlr"))
    stbl = trak.first(b"mdia", b"minf", b"stbl")
    entry = _sample_entry(source, stbl)
    timescale = media.number(0) if media else None
    facts: dict[str, Any] = {
        "id": head.number(0) if head else None,
        "at_byte": trak.offset,
        "kind": _kind(handler["handler"], entry["codec"]),
        **handler,
        **entry,
        "timescale": timescale,
        "duration_from_header_s": seconds_text(media.length(4) if media else None, timescale),
        "language": language_text(media.number(12 if media.wide else 8, 2)) if media else None,
        "flags": number(head.raw, 1, 3) if head else None,
        "dates": [h.dates(of) for h, of in ((head, "track"), (media, "media")) if h],
    }
    _refuse_outside_media(source, trak)
    tables = _Tables(source, stbl, facts)
    facts.update(tables.facts(timescale))
    facts.update(_edit_list(source, trak, tables.runs, timescale, movie_timescale))
    return Track(facts, tables.extents, tables.first_sample)


def _kind(handler: str | None, codec: str | None) -> str:
    if codec in TELEMETRY:
        return "telemetry"
    return "text" if handler in _TEXT else _KINDS.get(handler or "", "other")


def _sample_entry(source: Source, stbl: Atom | None) -> dict[str, Any]:
    """The first sample entry: codec, picture size or sound, compressor name, boxes inside in order."""
    stsd = stbl.first(b"stsd") if stbl else None
    if stsd is None or not stsd.children:
        return {"codec": None, "sample_entry": None}
    entry = stsd.children[0]
    raw = source.reader.read(entry.start, min(entry.size - entry.header, 96))
    is_picture = bool(entry.children) and len(raw) >= 78 and entry.children[0].offset - entry.start == 78
    facts: dict[str, Any] = {
        "codec": entry.name,
        "sample_entry": {
            "at_byte": entry.offset,
            "entries": len(stsd.children),
            "children": [
                {"type": c.name, "size_bytes": c.size, "at_byte": c.offset} for c in entry.children[:20]
            ],
            "compressor_name": None,
            "compressor_name_at_byte": None,
        },
    }
    if is_picture:
        facts |= {"width_px": number(raw, 24, 2), "height_px": number(raw, 26, 2)}
        # A counted string in a field of 32 bytes; a count beyond the field is cut to it.
        facts["sample_entry"]["compressor_name"] = text_of(raw[43 : 43 + min(raw[42], 31)])
        facts["sample_entry"]["compressor_name_at_byte"] = entry.start + 42
    elif entry.children:
        facts |= {"channels": number(raw, 16, 2), "rate_hz": number(raw, 24, 2)}
    return facts


def _refuse_outside_media(source: Source, trak: Atom) -> None:
    for reference in trak.all(b"mdia", b"minf", b"dinf", b"dref"):
        for entry in reference.children[:16]:
            flags = number(source.reader.read(entry.start, 4), 1, 3)
            if flags is not None and not flags & 1:
                source.damage.add(
                    entry.offset,
                    f"'{entry.name}' says that media lies in another file; it was not looked for",
                )


class _Tables:
    """The sample tables of a track, joined."""

    def __init__(self, source: Source, stbl: Atom | None, track: dict[str, Any]) -> None:
        self._source, self._stbl, self._track = source, stbl, track
        stts = self._table(b"stts", 2)
        ctts = self._table(b"ctts", 2)
        self.runs = timing(stts, ctts) if stts is not None else None
        self._is_reordered = ctts is not None and len(ctts) > 0 and bool((ctts[:, 1] != ctts[0, 1]).any())
        self._sizes, self._samples = self._sample_sizes()
        self.extents: Extents | None = None
        self.first_sample: tuple[int, int] | None = None
        self._place()

    def facts(self, timescale: int | None) -> dict[str, Any]:
        timed = self.runs.samples if self.runs else None
        if timed is not None and self._samples is not None and timed != self._samples:
            self._source.damage.add(
                self._track["at_byte"],
                f"track {self._track['id']}: 'stts' gives times to {timed:,} samples, "
                f"'stsz' sizes to {self._samples:,}",
            )
        facts: dict[str, Any] = {
            "samples": self._samples,
            "duration_from_samples_s": seconds_text(self.runs.end - self.runs.start, timescale)
            if self.runs
            else None,
        }
        if self._track["kind"] == "video":
            facts["is_reordered"] = self._is_reordered
            facts["sync_samples"] = self._sync(timescale)
        return facts

    def _atom(self, kind: bytes) -> Atom | None:
        return self._stbl.first(kind) if self._stbl else None

    def _table(self, kind: bytes, columns: int) -> Ticks | None:
        atom = self._atom(kind)
        if atom is None:
            return None
        return read_table(self._source.reader, atom, self._source.damage, columns=columns)

    def _sample_sizes(self) -> tuple[Ticks | int | None, int | None]:
        """Sizes (one number if all are equal) and how many samples there are said to be."""
        atom = self._atom(b"stsz")
        if atom is None:
            return None, None
        head = self._source.reader.read(atom.start, 12)
        size, count = number(head, 4), number(head, 8)
        if size is None or count is None or size:
            return size, count
        rows = read_table(self._source.reader, atom, self._source.damage, columns=1, head_bytes=8)
        return rows[:, 0], len(rows)

    def _place(self) -> None:
        chunks = self._table(b"stco", 1)
        if chunks is None:
            wide = self._table(b"co64", 2)
            if wide is not None:
                chunks = (np.minimum(wide[:, 0], 2**30) << 32) + wide[:, 1]
        else:
            chunks = chunks[:, 0]
        stsc = self._table(b"stsc", 3)
        if chunks is None or stsc is None or self._sizes is None or not len(chunks):
            return
        self.extents = extents(chunks, stsc, self._sizes)
        first = (
            self._sizes if isinstance(self._sizes, int) else int(self._sizes[0]) if len(self._sizes) else 0
        )
        self.first_sample = (int(chunks[0]), first)

    def _sync(self, timescale: int | None) -> dict[str, Any]:
        """How far keyframes lie apart, in samples of decoding order."""
        atom = self._atom(b"stss")
        table = self._table(b"stss", 1)
        if atom is None or table is None:
            note = "no table: every sample is a keyframe" if self._samples else "the index holds no samples"
            return {"count": self._samples, "at_byte": None, "note": note}
        steps = np.diff(table[:, 0])
        facts: dict[str, Any] = {"count": len(table), "at_byte": atom.offset}
        if (steps <= 0).any():
            self._source.damage.add(atom.offset, "the sample numbers in 'stss' do not increase")
        elif len(steps):
            median = int(np.partition(steps, (len(steps) - 1) // 2)[(len(steps) - 1) // 2])
            shorter = np.nonzero(steps != median)[0]
            facts |= {
                "interval_min": int(steps.min()),
                "interval_median": median,
                "interval_max": int(steps.max()),
                "is_constant": not len(shorter),
                "intervals_unlike_median": len(shorter),
                "unlike_median": [
                    self._interval(table, int(i), timescale) for i in shorter[:MAX_BREAKS_SHOWN]
                ],
            }
        return facts

    def _interval(self, table: Ticks, index: int, timescale: int | None) -> dict[str, Any]:
        """The interval that ends with keyframe `index + 1`, its time on the media's clock."""
        sample = int(table[index + 1, 0])
        timed = self.runs is not None and 1 <= sample <= self.runs.samples
        ticks = self.runs.time_of(sample - 1) if self.runs is not None and timed else None
        return {
            "interval": sample - int(table[index, 0]),
            "ends_with_sample": sample,
            "media_time_s": seconds_text(ticks, timescale),
        }


def _edit_list(
    source: Source, trak: Atom, runs: Runs | None, timescale: int | None, movie_timescale: int | None
) -> dict[str, Any]:
    atom = trak.first(b"edts", b"elst")
    if atom is None:
        return {"edit_list": None, "hidden": None}
    edits = read_edits(source, atom)
    facts: dict[str, Any] = {
        "edit_list": {
            "at_byte": atom.offset,
            "count": len(edits),
            "entries": [
                {
                    "duration_s": seconds_text(e.duration, movie_timescale),
                    "media_time": e.media_time,
                    "media_time_s": seconds_text(e.media_time, timescale) if e.media_time >= 0 else None,
                    "rate": str(e.rate),
                }
                for e in edits[:MAX_EDITS_SHOWN]
            ],
        },
        "hidden": None,
    }
    if runs is not None and len(edits) * len(runs.count) > max(MAX_EDIT_WORK, 4 * len(runs.count)):
        source.damage.add(
            atom.offset, f"the edit list has {len(edits):,} entries; hidden media was not measured"
        )
    elif runs is not None and timescale and movie_timescale:
        hidden = hidden_media(runs, edits, media_timescale=timescale, movie_timescale=movie_timescale)
        facts["hidden"] = {
            place: {"duration_s": str(h.duration_s), "samples": h.samples, "at_byte": atom.offset}
            for place, h in hidden.items()
        } or None
        facts["edit_list"]["media_starts_at_s"] = seconds_text(runs.start, timescale)
    return facts


def fourcc_list(raw: bytes) -> list[str]:
    """Four-character codes one after another, at most 64."""
    return [four_characters(raw[at : at + 4]) for at in range(0, min(len(raw) // 4 * 4, 256), 4)]
