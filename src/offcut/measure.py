"""The one pass: everything that wants to know something of a file is fed by the same decode.

An analyser keeps numbers, never frames. It is pushed packets, frames and sound in the order the
file gives them, and asked now and then for the rows it has finished, so that an hour of video
never has to be held in memory by the process that decodes it.
"""

import mmap
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Protocol

from numpy.typing import NDArray

from offcut.records import Frame, Packet, Signal, Sound

Item = Packet | Frame | Sound

BLOCK_FRAMES = 512
"""Rows are handed on every 512 frames: 3 MB of small pictures, and too seldom to cost anything."""


class Analyser(Protocol):
    """One family of quantities, measured in one pass.

    The concatenation of what `take` returns does not depend on how often it is called; a call with
    `last=True` is the end of the stream. An empty stream gives signals without rows.
    """

    def push(self, item: Item) -> None:
        """Measure one packet, frame or run of sound; ignore what is not of interest."""

    def take(self, *, last: bool) -> Sequence[Signal]:
        """Hand over the rows finished since the last call: always the same signals, same order."""


def measure(
    items: Iterable[Item], analysers: Sequence[Analyser], *, rested: Callable[[], None] = lambda: None
) -> Iterator[Signal]:
    """Feed `items` to all `analysers`; yield blocks of rows, the last ones when the stream ends.

    `rested` is called whenever all rows finished so far have been yielded.
    """
    waiting = 0
    for item in items:
        for analyser in analysers:
            analyser.push(item)
        waiting += isinstance(item, Frame)
        if waiting >= BLOCK_FRAMES:
            waiting = 0
            for analyser in analysers:
                yield from analyser.take(last=False)
            rested()
    for analyser in analysers:
        yield from analyser.take(last=True)


def let_go(rows: NDArray[Any]) -> None:
    """Give back the memory of rows that were read from a memory map, until they are read again.

    Pages of a kept signal stay with the process that read them: an hour of small pictures is a
    gigabyte. Called after each block of a long walk; does nothing for rows that lie in memory.
    """
    pages = getattr(rows, "_mmap", None)
    if isinstance(pages, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
        pages.madvise(mmap.MADV_DONTNEED)
