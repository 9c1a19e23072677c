"""What the file says about who wrote it: user data, metadata keys, XMP. Text is bounded and escaped."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from offcut.container.isobmff import Atom, Reader, Tree, four_characters
from offcut.errors import printable

MAX_TEXT_CHARS = 200
MAX_TAGS = 500
MAX_TRACKS = 32
MAX_XMP_BYTES = 256 * 1024
MAX_XMP_PACKETS = 4
MAX_KEYS_BYTES = 32 * 1024

XMP_UUID = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
"""Adobe XMP specification, part 3: XMP in ISO base media files."""

_XMP_FIELDS = {
    "XMP toolkit": re.compile(rb'x:xmptk="([^"<>]{1,400})"'),
    "XMP CreatorTool": re.compile(rb'xmp:CreatorTool(?:="([^"<>]{1,400})"|>([^<>]{1,400})<)'),
    "XMP history": re.compile(rb'stEvt:softwareAgent(?:="([^"<>]{1,400})"|>([^<>]{1,400})<)'),
}
_BINARY = frozenset(b"CAME MUID GUMI SETT HMMT BCID GPMF free meta".split())
_WRITERS = frozenset(("©too", "©swr", "©enc", "com.apple.quicktime.software", *_XMP_FIELDS))
_CAMERA = {
    "make": ("©mak", "manu", "com.apple.quicktime.make", "com.android.manufacturer"),
    "model": ("©mod", "modl", "com.apple.quicktime.model", "com.android.model", "GPMF MINF"),
    "firmware": ("FIRM", "©swr", "com.apple.quicktime.software", "com.android.version", "GPMF FMWR"),
    "lens": ("LENS",),
    "identifier": ("CAME", "MUID"),
}


@dataclass(frozen=True, slots=True)
class Tag:
    """One text found in the file."""

    key: str
    text: str
    found_in: str
    at_byte: int

    def fact(self) -> dict[str, Any]:
        """As the result document shows it."""
        return {"key": self.key, "text": self.text, "found_in": self.found_in, "at_byte": self.at_byte}


def text_of(raw: bytes) -> str:
    """Decode bytes of unknown encoding for one printed line, at most `MAX_TEXT_CHARS` characters."""
    raw = raw[: 4 * MAX_TEXT_CHARS].strip(b"\x00")
    try:
        decoded = raw.decode("utf-8")
    except UnicodeDecodeError:
        decoded = raw.decode("latin-1")
    return printable(decoded.strip())[:MAX_TEXT_CHARS]


def read_tags(reader: Reader, tree: Tree) -> list[Tag]:
    """Collect the texts of all user data and metadata boxes, in file order, at most `MAX_TAGS`."""
    tags: list[Tag] = []
    for tag in _all_tags(reader, tree.root):
        if len(tags) >= MAX_TAGS:
            break
        if tag.text:
            tags.append(tag)
    return tags


def writing_applications(tags: list[Tag]) -> list[dict[str, Any]]:
    """The tags in which a program names itself; equal texts of one place once."""
    seen: dict[tuple[str, str], dict[str, Any]] = {}
    for tag in tags:
        if tag.key in _WRITERS:
            seen.setdefault((tag.key, tag.text), tag.fact())
    return list(seen.values())


def camera(tags: list[Tag]) -> dict[str, list[dict[str, Any]]]:
    """Make, model, firmware, lens and identifiers, each with every place where it is stored."""
    return {part: [t.fact() for t in tags if t.key in keys] for part, keys in _CAMERA.items()}


def _all_tags(reader: Reader, root: Atom) -> Iterator[Tag]:
    for moov in islice(root.all(b"moov"), 2):
        yield from _user_data(reader, moov, "moov/udta")
        for trak in islice(moov.all(b"trak"), MAX_TRACKS):
            yield from _user_data(reader, trak, "moov/trak/udta")
            for meta in islice(trak.all(b"meta"), 2):
                yield from _metadata(reader, meta, "moov/trak/meta")
        for meta in islice(moov.all(b"meta"), 2):
            yield from _metadata(reader, meta, "moov/meta")
    for meta in islice(root.all(b"meta"), 2):
        yield from _metadata(reader, meta, "meta")
    packets = (u for u in root.all(b"uuid") if reader.read(u.start, 16) == XMP_UUID)
    for uuid in islice(packets, MAX_XMP_PACKETS):
        yield from _xmp(reader, uuid.start + 16, uuid.end, "uuid (XMP)")


def _user_data(reader: Reader, parent: Atom, found_in: str) -> Iterator[Tag]:
    # A file has one list a movie or track; a second is read, hundreds are an attack on patience.
    for udta in islice(parent.all(b"udta"), 2):
        for atom in udta.children:
            if atom.type == b"meta":
                yield from _metadata(reader, atom, f"{found_in}/meta")
            elif atom.type == b"XMP_" and atom is udta.first(b"XMP_"):
                yield from _xmp(reader, atom.start, atom.end, f"{found_in}/XMP_")
            elif atom.type == b"GPMF":
                yield from _gopro(reader, atom, found_in)
            else:
                yield Tag(atom.name, _user_text(reader, atom), found_in, atom.offset)


def _user_text(reader: Reader, atom: Atom) -> str:
    raw = reader.read(atom.start, min(atom.size - atom.header, 4 * MAX_TEXT_CHARS))
    if atom.type in _BINARY:
        return raw[:16].hex() if any(raw[:16]) else ""
    if atom.type[:1] == b"\xa9" and len(raw) >= 4:
        length = int.from_bytes(raw[:2], "big")
        return text_of(raw[4 : 4 + length])
    if raw[:4] == bytes(4) and len(raw) > 6:
        # 3GPP TS 26.244, 8: a full box, then a packed language.
        return text_of(raw[6:])
    return text_of(raw)


def _gopro(reader: Reader, atom: Atom, found_in: str) -> Iterator[Tag]:
    """Model and firmware out of the settings a GoPro keeps as key, type, size, repeat, value."""
    raw = reader.read(atom.start, min(atom.size - atom.header, 32 * 1024))
    for key in (b"MINF", b"FMWR"):
        at = raw.find(key + b"c\x01")
        if at >= 0:
            length = int.from_bytes(raw[at + 6 : at + 8], "big")
            name = f"GPMF {key.decode()}"
            yield Tag(name, text_of(raw[at + 8 : at + 8 + length]), f"{found_in}/GPMF", atom.start + at)


def _metadata(reader: Reader, meta: Atom, found_in: str) -> Iterator[Tag]:
    keys = _key_names(reader, meta)
    for ilst in meta.all(b"ilst"):
        for entry in ilst.children:
            key = keys.get(int.from_bytes(entry.type, "big"), four_characters(entry.type))
            if entry.type == b"----":
                name = entry.first(b"name")
                key = text_of(reader.read(name.start + 4, min(name.size, 400))) if name else key
            for value in entry.all(b"data"):
                size = min(value.size - value.header - 8, 4 * MAX_TEXT_CHARS)
                kind = int.from_bytes(reader.read(value.start, 4), "big") & 0xFFFFFF
                raw = reader.read(value.start + 8, size)
                # Well-known type 1 is UTF-8; the others (numbers, pictures) are no text.
                text = text_of(raw) if kind == 1 else raw[:16].hex()
                yield Tag(key, text, f"{found_in}/ilst", entry.offset)


def _key_names(reader: Reader, meta: Atom) -> dict[int, str]:
    """The names that entries of the item list refer to by number (QuickTime metadata keys)."""
    keys = meta.first(b"keys")
    if keys is None or meta.first(b"ilst") is None:
        return {}
    raw = reader.read(keys.start + 8, min(keys.end - keys.start - 8, MAX_KEYS_BYTES))
    names: dict[int, str] = {}
    at = 0
    while at + 8 <= len(raw) and len(names) < MAX_TAGS:
        size = int.from_bytes(raw[at : at + 4], "big")
        if size < 8:
            break
        names[len(names) + 1] = text_of(raw[at + 8 : at + size])
        at += size
    return names


def _xmp(reader: Reader, start: int, end: int, found_in: str) -> Iterator[Tag]:
    raw = reader.read(start, min(end - start, MAX_XMP_BYTES))
    for key, pattern in _XMP_FIELDS.items():
        for match in pattern.finditer(raw):
            yield Tag(key, text_of(match.group(match.lastindex or 1)), found_in, start + match.start())
