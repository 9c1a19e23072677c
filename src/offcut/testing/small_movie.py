"""Small ISO-BMFF files built box by box from numbers, with nothing in them that plays.

Every table is right by construction, so a test can break exactly one thing.
"""

from dataclasses import dataclass
from struct import pack

MOVIE_TIMESCALE = 1000
MEDIA_TIMESCALE = 15360
SAMPLE_TICKS = 512
"""30 samples a second."""


def box(kind: bytes, *parts: bytes) -> bytes:
    """A box of `kind` around `parts`."""
    payload = b"".join(parts)
    return pack(">I4s", 8 + len(payload), kind) + payload


def full_box(kind: bytes, *parts: bytes, version: int = 0, flags: int = 0) -> bytes:
    """A box that begins with version and flags."""
    return box(kind, pack(">I", version << 24 | flags), *parts)


def table(kind: bytes, *rows: tuple[int, ...], version: int = 0) -> bytes:
    """A table of rows of 32-bit numbers; negative ones are written as two's complement."""
    numbers = [number & 0xFFFFFFFF for row in rows for number in row]
    return full_box(kind, pack(f">{1 + len(numbers)}I", len(rows), *numbers), version=version)


def item(kind: bytes, text: bytes) -> bytes:
    """An entry of an item list holding text."""
    return box(kind, box(b"data", pack(">II", 1, 0), text))


def user_data(*items: bytes) -> bytes:
    """A udta box with an iTunes-style item list."""
    handler = full_box(b"hdlr", pack(">I4s12x", 0, b"mdir"), b"\0")
    return box(b"udta", full_box(b"meta", handler, box(b"ilst", *items)))


@dataclass(frozen=True)
class SmallMovie:
    """One picture track; `build` gives the bytes of the file.

    Attributes:
        samples: Pictures, of `SAMPLE_TICKS` each.
        edits: Rows (duration in movie ticks, media time in media ticks); empty for no edit list.
        offsets: Rows of ctts; empty for none.
        keyframes: Sample numbers from 1.
        dates: Creation dates of movie and track.
        compressor: Name in the sample entry.
        handler: Name of the handler.
        brand: Major brand and minor version.
        before_media: Boxes between ftyp and mdat.
        moov_extra: More boxes in moov, after the track.
        sample_bytes: Bytes of each sample.
        first_sample: Put over the start of the first sample.
        unused_media: Bytes at the end of mdat that no sample refers to.
        tail: After the last box.
    """

    samples: int = 30
    edits: tuple[tuple[int, int], ...] = ()
    offsets: tuple[tuple[int, int], ...] = ()
    keyframes: tuple[int, ...] = (1, 11, 21)
    dates: tuple[int, int] = (3_600_000_000, 3_600_000_000)
    compressor: bytes = b""
    handler: bytes = b"pictures"
    brand: tuple[bytes, int] = (b"mp42", 0)
    before_media: bytes = b""
    moov_extra: bytes = b""
    sample_bytes: int = 100
    first_sample: bytes = b""
    unused_media: bytes = b""
    tail: bytes = b""

    def build(self) -> bytes:
        """The file: ftyp, `before_media`, mdat, moov, tail."""
        ftyp = box(b"ftyp", self.brand[0], pack(">I", self.brand[1]), self.brand[0])
        media = bytearray(b"\x55" * (self.samples * self.sample_bytes))
        media[: len(self.first_sample)] = self.first_sample
        head = ftyp + self.before_media
        mdat = box(b"mdat", bytes(media), self.unused_media)
        return head + mdat + self._moov(len(head) + 8) + self.tail

    def _moov(self, media_at: int) -> bytes:
        duration = self.samples * SAMPLE_TICKS * MOVIE_TIMESCALE // MEDIA_TIMESCALE
        mvhd = full_box(
            b"mvhd", pack(">4I", self.dates[0], self.dates[0], MOVIE_TIMESCALE, duration), bytes(80)
        )
        return box(b"moov", mvhd, self._trak(media_at, duration), self.moov_extra)

    def _trak(self, media_at: int, duration: int) -> bytes:
        day = self.dates[1]
        tkhd = full_box(b"tkhd", pack(">5I", day, day, 1, 0, duration), bytes(60), flags=3)
        edit_rows = [(d, at, 0x10000) for d, at in self.edits]
        edts = box(b"edts", table(b"elst", *edit_rows)) if edit_rows else b""
        length = self.samples * SAMPLE_TICKS
        mdhd = full_box(b"mdhd", pack(">4IHH", day, day, MEDIA_TIMESCALE, length, 0x55C4, 0))
        hdlr = full_box(b"hdlr", pack(">I4s12x", 0, b"vide"), self.handler, b"\0")
        dinf = box(b"dinf", full_box(b"dref", pack(">I", 1), full_box(b"url ", flags=1)))
        minf = box(b"minf", full_box(b"vmhd", bytes(8), flags=1), dinf, self._stbl(media_at))
        return box(b"trak", tkhd, edts, box(b"mdia", mdhd, hdlr, minf))

    def _stbl(self, media_at: int) -> bytes:
        tables = [
            self.sample_description(),
            table(b"stts", (self.samples, SAMPLE_TICKS)),
            table(b"ctts", *self.offsets) if self.offsets else b"",
            table(b"stss", *((n,) for n in self.keyframes)),
            table(b"stsc", (1, self.samples, 1)),
            full_box(b"stsz", pack(">II", self.sample_bytes, self.samples)),
            table(b"stco", (media_at,)),
        ]
        return box(b"stbl", *tables)

    def sample_description(self) -> bytes:
        """The stsd box: one entry avc1 of 640 x 360."""
        name = bytes([len(self.compressor)]) + self.compressor.ljust(31, b"\0")
        head = bytes(6) + pack(">H16xHHIII", 1, 640, 360, 0x480000, 0x480000, 0) + pack(">H", 1)
        entry = box(b"avc1", head, name, pack(">Hh", 24, -1), box(b"avcC", b"\x01\x64\x00\x1e\xff"))
        return full_box(b"stsd", pack(">I", 1), entry)
