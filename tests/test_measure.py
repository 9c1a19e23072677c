from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np

from offcut.measure import BLOCK_FRAMES, Item, let_go, measure
from offcut.records import Frame, Packet, Signal, Sound


class Log:
    """An analyser that writes down what happens to it."""

    def __init__(self) -> None:
        self.pushed: list[Item] = []
        self.taken: list[tuple[int, bool]] = []

    def push(self, item: Item) -> None:
        self.pushed.append(item)

    def take(self, *, last: bool) -> Sequence[Signal]:
        self.taken.append((len(self.pushed), last))
        rows = np.empty(0, np.int64)
        return (Signal("log", 1, "1", Fraction(1), rows, rows),)


def frame(index: int) -> Frame:
    return Frame(index, index, Fraction(1, 25), np.zeros((8, 8), np.uint8), np.zeros((2, 4, 4), np.uint8))


def test_every_analyser_is_pushed_every_item_in_order() -> None:
    items: list[Item] = [
        Packet(0, 0, 10, True),
        frame(0),
        Sound(0, 8000, np.zeros((1, 4), np.float32)),
        frame(1),
    ]
    logs = [Log(), Log()]
    list(measure(items, logs))
    assert all([id(i) for i in log.pushed] == [id(i) for i in items] for log in logs)


def test_an_empty_stream_still_ends() -> None:
    log = Log()
    assert [s.name for s in measure([], [log])] == ["log"]
    assert log.taken == [(0, True)]


def test_rows_are_handed_on_in_blocks_of_frames_and_the_end_is_said_once() -> None:
    log = Log()
    sounds = [Sound(0, 8000, np.zeros((1, 4), np.float32))] * 3
    signals = list(measure([*sounds, *(frame(k) for k in range(2 * BLOCK_FRAMES + 5))], [log]))
    assert log.taken == [
        (3 + BLOCK_FRAMES, False),
        (3 + 2 * BLOCK_FRAMES, False),
        (3 + 2 * BLOCK_FRAMES + 5, True),
    ]
    assert len(signals) == 3


def test_the_stream_is_read_as_it_comes_and_not_ahead() -> None:
    read: list[int] = []

    def stream() -> Iterator[Item]:
        for k in range(BLOCK_FRAMES + 50):
            read.append(k)
            yield frame(k)

    blocks = measure(stream(), [Log()])
    next(blocks)
    assert len(read) == BLOCK_FRAMES


def test_nobody_listening_is_no_error() -> None:
    assert list(measure([frame(0)], [])) == []


def test_rows_of_a_memory_map_can_be_let_go_and_read_again(tmp_path: Path) -> None:
    path = tmp_path / "rows.bin"
    path.write_bytes(bytes(range(256)) * 64)
    rows = np.memmap(path, np.uint8, "r")
    before = int(rows.sum())
    let_go(rows)
    assert int(rows.sum()) == before
    let_go(np.arange(3))
