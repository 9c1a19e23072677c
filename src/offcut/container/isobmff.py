"""Walk the boxes of an ISO-BMFF or QuickTime file within fixed budgets.

This is the only code that opens hostile bytes outside the sandbox, so it trusts no number in the
file: every read is bounded by the file and by a budget, no count is believed before the bytes it
speaks of are there, and a lying box is recorded with its offset while reading goes on.

A box of the format is called *atom* here, as QuickTime does; `records.Box` is a rectangle.
Layout: ISO/IEC 14496-12 (4.2, 8), Apple QuickTime File Format.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

MAX_ATOMS = 100_000
MAX_DEPTH = 32
MAX_READ_BYTES = 64 * 2**20
MAX_DAMAGE_LINES = 100

_CONTAINERS = frozenset(
    b"moov trak mdia minf stbl edts udta dinf moof traf mvex mfra ilst gmhd tref meta stsd dref wave "
    b"sinf".split()
)
# Bytes of a sample entry before its own boxes: ISO/IEC 14496-12, 12.1.3 and 12.2.3.
_VISUAL_ENTRY_BYTES = 78
_AUDIO_ENTRY_BYTES = {0: 28, 1: 44, 2: 64}
_VISUAL_ENTRIES = frozenset(
    b"avc1 avc2 avc3 avc4 hvc1 hev1 dvh1 dvhe vvc1 mp4v s263 H263 vp08 vp09 av01 encv jpeg mjpa mjpb mjp2 "
    b"apcn apch apcs apco ap4h ap4x CFHD AVdn SVQ3 dvc  dvcp dvh5 mx5p hdv2 hdv3 raw  png ".split()
)
_AUDIO_ENTRIES = frozenset(
    b"mp4a ac-3 ec-3 alac Opus fLaC enca samr sawb sowt twos lpcm in24 in32 fl32 ulaw alaw .mp3".split()
)


class Reader:
    """Bounded random access to the bytes of one file."""

    def __init__(self, stream: BinaryIO, *, budget_bytes: int = MAX_READ_BYTES) -> None:
        self._stream = stream
        self._left_bytes = budget_bytes
        self.size_bytes = stream.seek(0, os.SEEK_END)
        self.is_exhausted = False
        """A read was refused because the budget is spent."""

    def read(self, offset: int, size: int) -> bytes:
        """Return at most `size` bytes from `offset`: fewer at the end, none when the budget is spent."""
        size = min(size, self.size_bytes - offset)
        if offset < 0 or size <= 0:
            return b""
        if size > self._left_bytes:
            self.is_exhausted = True
            return b""
        self._left_bytes -= size
        self._stream.seek(offset)
        return self._stream.read(size)


class Damage:
    """Lines on what could not be read as it claims to be; bounded, because a file can lie without end."""

    def __init__(self) -> None:
        self._lines: dict[str, None] = {}
        self._more = 0

    def add(self, offset: int, problem: str) -> None:
        """Record that from byte `offset` on something is not what it claims."""
        if len(self._lines) < MAX_DAMAGE_LINES:
            self._lines[f"byte {offset:,}: {problem}"] = None
        else:
            self._more += 1

    def lines(self) -> list[str]:
        """What was recorded, in order, each line once."""
        return [*self._lines, *([f"{self._more:,} further problems are not listed"] if self._more else [])]


@dataclass(frozen=True, slots=True)
class Atom:
    """One box: where it lies and which boxes lie in it. `size` is clipped to the bytes there are."""

    type: bytes
    offset: int
    size: int
    header: int
    children: tuple["Atom", ...] = ()

    @property
    def start(self) -> int:
        """First byte after the header."""
        return self.offset + self.header

    @property
    def end(self) -> int:
        """First byte after the box."""
        return self.offset + self.size

    @property
    def name(self) -> str:
        """The type as printable text."""
        return four_characters(self.type)

    def all(self, *path: bytes) -> Iterator["Atom"]:
        """Every box at `path` below this one, in file order."""
        for child in self.children:
            if child.type == path[0]:
                if len(path) == 1:
                    yield child
                else:
                    yield from child.all(*path[1:])

    def first(self, *path: bytes) -> "Atom | None":
        """The first box at `path` below this one."""
        return next(self.all(*path), None)


@dataclass(frozen=True, slots=True)
class Tree:
    """All boxes of a file.

    Attributes:
        root: A box around the whole file; its children are the top-level boxes.
        count: Boxes in all.
        trailing: Bytes after the last recognisable box, as (offset, size).
    """

    root: Atom
    count: int
    trailing: tuple[int, int] | None
    damage: Damage = field(compare=False)


def four_characters(raw: bytes) -> str:
    """A four-character code as text: printable Latin-1, everything else escaped."""
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in raw.decode("latin-1"))


def walk(reader: Reader, *, max_atoms: int = MAX_ATOMS, max_depth: int = MAX_DEPTH) -> Tree:
    """Read the headers of all boxes; payloads are left alone.

    Args:
        reader: The file.
        max_atoms: Boxes after which the walk stops, and says so.
        max_depth: Nesting below which boxes are not opened, and it says so.

    Returns:
        The tree, with damage recorded. No top-level box at all gives a root without children.
    """
    return _Walk(reader, max_atoms, max_depth).tree()


def _is_plausible_type(raw: bytes) -> bool:
    return all(byte == 0xA9 or 0x20 <= byte < 0x7F for byte in raw)


class _Walk:
    def __init__(self, reader: Reader, max_atoms: int, max_depth: int) -> None:
        self._reader = reader
        self._max_atoms, self._max_depth = max_atoms, max_depth
        self._count = 0
        self._damage = Damage()
        self._is_stopped = False

    def tree(self) -> Tree:
        size = self._reader.size_bytes
        atoms = self._level(0, size, 0, b"")
        end = atoms[-1].end if atoms else 0
        trailing = (end, size - end) if end < size and not self._is_stopped else None
        return Tree(Atom(b"", 0, size, 0, atoms), self._count, trailing, self._damage)

    def _level(self, start: int, end: int, depth: int, parent: bytes) -> tuple[Atom, ...]:
        atoms: list[Atom] = []
        while start < end and not self._is_stopped:
            atom = self._atom(start, end, depth, parent)
            if atom is None:
                break
            atoms.append(atom)
            start = atom.end
        return tuple(atoms)

    def _atom(self, at: int, end: int, depth: int, parent: bytes) -> Atom | None:
        """Read the box at byte `at`, or record why there is none."""
        within = f"'{four_characters(parent)}'" if parent else "the file"
        head = self._reader.read(at, min(16, end - at))
        if len(head) < 8:
            # QuickTime ends a user data list with a zero instead of a box.
            if not (parent in (b"udta", b"stsd", b"wave") and not any(head)) and parent:
                self._damage.add(at, f"{end - at} bytes left in {within} are too few for a box header")
            return None
        size, kind, header = int.from_bytes(head[:4], "big"), head[4:8], 8
        if not parent and not _is_plausible_type(kind):
            return None
        name = four_characters(kind)
        if size == 1 and len(head) == 16:
            size, header = int.from_bytes(head[8:16], "big"), 16
        elif size == 0:
            size = end - at
        if size < header:
            self._damage.add(
                at,
                f"box '{name}' says it is {size} bytes long, less than its own header; "
                f"nothing after it in {within} can be found",
            )
            return None
        if at + size > end:
            self._damage.add(
                at,
                f"box '{name}' says it is {size:,} bytes long, but only {end - at:,} are left in {within}; "
                "what is there was read",
            )
            size = end - at
        if self._count >= self._max_atoms:
            self._damage.add(at, f"more than {self._max_atoms:,} boxes; from here on none was read")
            self._is_stopped = True
            return None
        self._count += 1
        return Atom(kind, at, size, header, self._children(kind, at, size, header, (parent, depth)))

    def _children(
        self, kind: bytes, at: int, size: int, header: int, place: tuple[bytes, int]
    ) -> tuple[Atom, ...]:
        parent, depth = place
        skip = self._bytes_before_children(kind, at + header, parent)
        if skip is None or size <= header + skip:
            return ()
        if depth + 1 >= self._max_depth:
            self._damage.add(
                at, f"box '{four_characters(kind)}' lies {depth + 1} boxes deep and was not opened"
            )
            return ()
        return self._level(at + header + skip, at + size, depth + 1, kind)

    def _bytes_before_children(self, kind: bytes, start: int, parent: bytes) -> int | None:
        """How many payload bytes come before the first child; None for a box without children."""
        if parent == b"stsd":
            if kind in _VISUAL_ENTRIES:
                return _VISUAL_ENTRY_BYTES
            if kind in _AUDIO_ENTRIES:
                version = int.from_bytes(self._reader.read(start + 8, 2), "big")
                return _AUDIO_ENTRY_BYTES.get(version)
            return None
        if parent == b"ilst":
            return 0
        if kind not in _CONTAINERS or parent in (b"tref", b"gmhd"):
            return None
        if kind in (b"stsd", b"dref"):
            return 8
        if kind == b"meta":
            # A full box in ISO files, a plain one in QuickTime files: the first child tells.
            return 0 if self._reader.read(start + 4, 4) == b"hdlr" else 4
        return 0
