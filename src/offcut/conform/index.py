"""Which moments of a recording a picture may be of: its points as words, and a list of what holds each word.

A word is the sign of a descriptor along 16 fixed directions: products of cosines over its rows and columns
and of waves over its eight directions. By symmetry each is as often positive as negative whatever was
filmed, and together they hold most of what varies, so nothing has to be learnt from anybody's footage. A
point that was filmed twice has the same word, or one that differs in the least certain of its bits, 80
times in a hundred; all those words are looked up.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

AXES = (
    (0, 0, 2), (0, 0, 1), (0, 0, 3), (1, 0, 2), (0, 1, 1), (0, 0, 4), (2, 0, 2), (0, 2, 1),
    (1, 0, 3), (1, 0, 0), (0, 1, 3), (0, 1, 0), (0, 1, 2), (1, 1, 1), (1, 1, 2), (1, 0, 1),
)  # fmt: skip
"""Cosine over the rows, cosine over the columns, wave over the directions: those that varied most in the
shared clips, without the sum of all, which has no sign."""

WORDS = 2 ** len(AXES)
UNSURE_BITS = 4
"""Bits of a query's word that are also tried the other way: 16 words a point. Without, 38 in a hundred."""

MOST_POSTINGS = 60_000
"""Entries that one picture may look up in one recording, the rarest words first: 2 ms."""

BLOCK_POINTS = 50_000


@dataclass(frozen=True, slots=True)
class Index:
    """For each word, the pictures of one recording that hold it.

    Attributes:
        starts: Where each word's entries begin in `pictures`, shape (WORDS + 1,).
        pictures: Numbers of pictures, shape (points,).
        count: How many pictures there are.
    """

    starts: NDArray[np.int64]
    pictures: NDArray[np.int32]
    count: int


def rooted(descriptors: NDArray[np.uint8]) -> NDArray[np.float32]:
    """RootSIFT: inner products are then Hellinger kernels (Arandjelovic and Zisserman, CVPR 2012)."""
    values = descriptors.astype(np.float32)
    return np.asarray(np.sqrt(values / np.maximum(values.sum(axis=1, keepdims=True), 1)), np.float32)


def index_of(descriptors: NDArray[np.uint8], picture_of: NDArray[np.int32], count: int) -> Index:
    """Index the points of a recording.

    Args:
        descriptors: Shape (points, 128); may be a memory map, and is read once.
        picture_of: Number of the picture that each point is of, shape (points,).
        count: Number of pictures.
    """
    words = np.empty(len(descriptors), np.uint16)
    for first in range(0, len(descriptors), BLOCK_POINTS):
        block = slice(first, first + BLOCK_POINTS)
        words[block] = _words(rooted(descriptors[block]) @ _DIRECTIONS)
    starts = np.zeros(WORDS + 1, np.int64)
    np.cumsum(np.bincount(words, minlength=WORDS), out=starts[1:])
    return Index(starts, picture_of[np.argsort(words, kind="stable")], count)


def votes(index: Index, query: NDArray[np.float32]) -> NDArray[np.float32]:
    """How much of what a picture shows each picture of the recording shows, shape (index.count,).

    A word counts the more, the rarer it is in the recording: what all pictures of a fixed camera show
    does not tell them apart, what moves in front of it does. One that a single picture holds counts 1.

    Args:
        index: Of the recording.
        query: Rooted descriptors of the picture, shape (points, 128).
    """
    sides = query @ _DIRECTIONS
    unsure = np.argsort(np.abs(sides), axis=1)[:, :UNSURE_BITS]
    flips = (np.uint16(1) << unsure.astype(np.uint16)) @ _SUBSETS
    words = (_words(sides)[:, None] ^ flips.astype(np.uint16)).ravel()
    lengths = index.starts[words.astype(np.int64) + 1] - index.starts[words]
    rarest = np.argsort(lengths, kind="stable")
    rarest = rarest[np.searchsorted(lengths[rarest], 1) :]
    rarest = rarest[: max(1, int(np.searchsorted(np.cumsum(lengths[rarest]), MOST_POSTINGS)))]
    words, lengths = words[rarest], lengths[rarest]
    weights = (np.log1p(index.count / np.maximum(lengths, 1)) / np.log1p(index.count)).astype(np.float32)
    ends = np.cumsum(lengths)
    places = np.arange(int(ends[-1]) if len(ends) else 0) + np.repeat(
        index.starts[words] - ends + lengths, lengths
    )
    found = np.bincount(index.pictures[places], np.repeat(weights, lengths), minlength=index.count)
    return found.astype(np.float32)


def _words(sides: NDArray[np.float32]) -> NDArray[np.uint16]:
    return ((sides > 0) @ _BITS).astype(np.uint16)


def _directions() -> NDArray[np.float32]:
    turn = 2 * np.pi * np.arange(8) / 8
    waves = [np.ones(8), np.cos(turn), np.sin(turn), np.cos(2 * turn), np.sin(2 * turn)]
    cosines = [np.cos(np.pi * (2 * np.arange(4) + 1) * k / 8) for k in range(4)]
    columns = [np.einsum("i,j,k->ijk", cosines[i], cosines[j], waves[k]).ravel() for i, j, k in AXES]
    return np.stack([c / np.linalg.norm(c) for c in columns], axis=1).astype(np.float32)


def _subsets() -> Iterator[list[int]]:
    for bit in range(UNSURE_BITS):
        yield [subset >> bit & 1 for subset in range(2**UNSURE_BITS)]


_DIRECTIONS = _directions()
_BITS = (1 << np.arange(len(AXES))).astype(np.int64)
_SUBSETS = np.array(list(_subsets()), np.uint32)
