"""Fixed fields of header boxes: numbers, dates, handler, edit list. Absent bytes read as None.

Clauses of ISO/IEC 14496-12: mvhd 8.2.2, tkhd 8.3.2, mdhd 8.4.2, hdlr 8.4.3, elst 8.6.6.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

from offcut.container.isobmff import Atom, Damage, Reader, four_characters
from offcut.container.samples import Edit
from offcut.container.tags import text_of

MAX_EDITS = 10_000
_EPOCH = datetime(1904, 1, 1, tzinfo=UTC)
_MAX_SECONDS = 200_000_000_000
"""Year 8241; beyond lies no date, only damage."""


@dataclass(frozen=True, slots=True)
class Source:
    """What every reading needs: the bytes, and where to say what is wrong with them."""

    reader: Reader
    damage: Damage


@dataclass(frozen=True, slots=True)
class Header:
    """The common head of mvhd, tkhd and mdhd; None where the bytes are missing."""

    at_byte: int
    raw: bytes
    wide: bool
    creation: int | None
    modification: int | None
    tail: int
    """Where in `raw` the fields after the dates begin."""

    def number(self, at: int, size: int = 4) -> int | None:
        """The unsigned number `at` bytes after the dates."""
        return number(self.raw, self.tail + at, size)

    def length(self, at: int) -> int | None:
        """A duration, 8 bytes in the wide version; None where stored as unknown (all ones)."""
        size = 8 if self.wide else 4
        value = self.number(at, size)
        return None if value == 2 ** (8 * size) - 1 else value

    def dates(self, of: str) -> dict[str, Any]:
        """The dates as stored: raw number and text; a zero is no date."""
        return {
            "of": of,
            "at_byte": self.at_byte,
            "creation_raw": self.creation,
            "creation": date_text(self.creation),
            "modification_raw": self.modification,
            "modification": date_text(self.modification),
        }


def number(raw: bytes, at: int, size: int = 4) -> int | None:
    """The unsigned big-endian number at `at`, or None where the bytes end before it does."""
    return int.from_bytes(raw[at : at + size], "big") if 0 <= at <= len(raw) - size else None


def date_text(seconds: int | None) -> str | None:
    """Seconds since 1904 as ISO 8601 without zone; None for zero (not set) and for no date at all."""
    if not seconds or seconds > _MAX_SECONDS:
        return None
    return (_EPOCH + timedelta(seconds=seconds)).replace(tzinfo=None).isoformat()


def seconds_text(ticks: int | None, timescale: int | None) -> str | None:
    """Ticks as an exact rational number of seconds."""
    return None if ticks is None or not timescale else str(Fraction(ticks, timescale))


def read_header(source: Source, atom: Atom | None) -> Header | None:
    """Read the head of an mvhd, tkhd or mdhd box; None where there is no such box."""
    if atom is None:
        return None
    raw = source.reader.read(atom.start, min(atom.size - atom.header, 128))
    wide = raw[:1] == b"\x01"
    size = 8 if wide else 4
    if len(raw) < 4 + 2 * size:
        source.damage.add(atom.offset, f"box '{atom.name}' is too short for its fields")
    return Header(
        atom.offset, raw, wide, number(raw, 4, size), number(raw, 4 + size, size), tail=4 + 2 * size
    )


def read_handler(source: Source, atom: Atom | None) -> dict[str, Any]:
    """Read an hdlr box: type, name, and how the name is stored (QuickTime counts, ISO ends with zero)."""
    if atom is None:
        return {"handler": None, "handler_name": None}
    raw = source.reader.read(atom.start, min(atom.size - atom.header, 512))
    name = raw[24:]
    counted = bool(name) and name[0] == atom.size - atom.header - 25
    stored_as = "counted" if counted else "zero_ended" if name.endswith(b"\0") else "unended"
    return {
        "handler": four_characters(raw[8:12]),
        "handler_name": {
            "text": text_of(name[1:] if counted else name),
            "stored_as": stored_as,
            "pre_defined": four_characters(raw[4:8]) if any(raw[4:8]) else "0",
            "at_byte": atom.offset,
        },
    }


def read_edits(source: Source, atom: Atom) -> list[Edit]:
    """Read an edit list, as many entries as are really there and at most `MAX_EDITS`."""
    head = source.reader.read(atom.start, 8)
    wide = head[:1] == b"\x01"
    size, width = (8, 20) if wide else (4, 12)
    declared = number(head, 4) or 0
    held = max(0, atom.size - atom.header - 8) // width
    if declared > held:
        source.damage.add(atom.offset, f"table 'elst' declares {declared:,} entries but holds {held:,}")
    rows = min(declared, held, MAX_EDITS)
    raw = source.reader.read(atom.start + 8, rows * width)
    return [
        Edit(
            duration=int.from_bytes(raw[at : at + size], "big"),
            media_time=int.from_bytes(raw[at + size : at + 2 * size], "big", signed=True),
            rate=Fraction(int.from_bytes(raw[at + 2 * size : at + width], "big", signed=True), 2**16),
        )
        for at in range(0, len(raw) - width + 1, width)
    ]


def language_text(code: int | None) -> str | None:
    """An ISO 639-2 code packed in 15 bits; below 0x400 a Macintosh language number."""
    if code is None or code < 0x400:
        return None if code is None else f"Macintosh {code}"
    return "".join(chr(0x60 + (code >> shift & 31)) for shift in (10, 5, 0)).replace("`", "?")
