"""Seeded ways to break a file: what hostile and damaged files do to the numbers in their boxes."""

import random
from collections.abc import Iterator

_EXTREMES = (0, 1, 7, 8, 15, 16, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF)
_TYPES = (
    b"moov",
    b"trak",
    b"stbl",
    b"stsd",
    b"meta",
    b"ilst",
    b"stts",
    b"elst",
    b"udta",
    b"uuid",
    b"\0\0\0\0",
)


def mutants(original: bytes, *, count: int, seed: int, first: int = 0) -> Iterator[bytes]:
    """Yield `count` broken copies of `original`; the same seed gives the same copies.

    Args:
        original: The file.
        count: How many copies.
        seed: Of the random numbers.
        first: Bytes before this one are left alone by most ways (media, which is not read anyway).
    """
    ways = (_flip, _extreme_number, _other_type, _cut_end, _cut_out, _double, _noise, _many)
    for number in range(count):
        rng = random.Random(f"{seed} {number}")
        copy = bytearray(original)
        ways[number % len(ways)](copy, rng, first)
        yield bytes(copy)


def _at(copy: bytearray, rng: random.Random, first: int) -> int:
    return rng.randrange(min(first, len(copy) - 1), len(copy))


def _flip(copy: bytearray, rng: random.Random, first: int) -> None:
    for _ in range(rng.randint(1, 8)):
        copy[_at(copy, rng, first)] ^= 1 << rng.randrange(8)


def _extreme_number(copy: bytearray, rng: random.Random, first: int) -> None:
    at = _at(copy, rng, first) & ~1
    copy[at : at + 4] = rng.choice(_EXTREMES).to_bytes(4, "big")


def _other_type(copy: bytearray, rng: random.Random, first: int) -> None:
    at = copy.find(rng.choice(_TYPES[:-1]), first)
    at = at if at >= 0 else _at(copy, rng, first)
    copy[at : at + 4] = rng.choice(_TYPES)


def _cut_end(copy: bytearray, rng: random.Random, first: int) -> None:
    del copy[_at(copy, rng, first) :]


def _cut_out(copy: bytearray, rng: random.Random, first: int) -> None:
    at = _at(copy, rng, first)
    del copy[at : at + rng.randint(1, 64)]


def _double(copy: bytearray, rng: random.Random, first: int) -> None:
    at = _at(copy, rng, first)
    copy[at:at] = copy[at : at + rng.randint(1, 512)]


def _noise(copy: bytearray, rng: random.Random, first: int) -> None:
    at = _at(copy, rng, first)
    size = min(rng.randint(1, 256), len(copy) - at)
    copy[at : at + size] = rng.randbytes(size)


def _many(copy: bytearray, rng: random.Random, first: int) -> None:
    for _ in range(rng.randint(10, 60)):
        _extreme_number(copy, rng, first)
