"""Progress on standard error, only where a person looks at it."""

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
)
from rich.text import Text

from offcut.errors import printable
from offcut.timeline import clock


class Report(Protocol):
    """Is told what is being done, how much of it is done, and of how much: None if that is not known."""

    def __call__(self, stage: str, done: float, total: float | None = 1.0, /) -> None:
        """Take note."""


@contextmanager
def shown(*, quiet: bool) -> Iterator[Report]:
    """Show a line with a bar and the time left; nothing if `quiet` or if standard error is no terminal."""
    if quiet or not sys.stderr.isatty():
        yield _unseen
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24),
        TimeElapsedColumn(),
        _TimeLeft(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        yield Steps(progress)


def of_file(report: Report, path: Path, position: int, count: int, *, files: "Files | None" = None) -> Report:
    """Report on one file of several: what is done is followed by its name and place.

    `files`, the same for all of them, adds the time left for all.
    """
    place = f" ({position} of {count})" if count > 1 else ""

    def told(stage: str, done: float, total: float | None = 1.0, /) -> None:
        report(f"{stage} {printable(path.name)}{place}", done, total)
        if files is not None and isinstance(report, Steps) and not stage.startswith("hashing"):
            report.for_all(files.left_s(position, done / total if total else 0.0))

    return told


class Files:
    """Tells how long measuring several files will take, from how long it took so far.

    Args:
        paths: All files, in order.
        clock_s: Tells the time.
    """

    def __init__(self, paths: Sequence[Path], *, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._sizes = [path.stat().st_size if path.is_file() else 0 for path in paths]
        self._clock_s = clock_s
        self._measured = 0.0
        self._spent_s = 0.0
        self._last: tuple[int, float, float] | None = None

    def left_s(self, position: int, share: float) -> float | None:
        """Seconds left for all files when `share` of file `position` (from 1) is done; None if not known.

        Bytes are the measure. Files that were measured before cost nothing, and say nothing of the pace.
        """
        now_s, share = self._clock_s(), min(1.0, max(0.0, share))
        size = self._sizes[position - 1]
        if self._last is not None and self._last[0] == position and share >= self._last[1]:
            self._measured += (share - self._last[1]) * size
            self._spent_s += now_s - self._last[2]
        self._last = (position, share, now_s)
        if len(self._sizes) < 2 or not self._measured:
            return None
        left = (1 - share) * size + sum(self._sizes[position:])
        return left * self._spent_s / self._measured


def _unseen(stage: str, done: float, total: float | None = 1.0, /) -> None:
    return


class Steps:
    """Shows one step after the other on one line."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task = progress.add_task("starting", total=None)
        self._stage = ""

    def __call__(self, stage: str, done: float, total: float | None = 1.0, /) -> None:
        """Show how far `stage` is; a new one starts its clock anew."""
        if stage != self._stage:
            # Another task, because rich cannot forget the total of one.
            self._progress.remove_task(self._task)
            self._task = self._progress.add_task(printable(stage), total=total)
            self._stage = stage
        # What a file says of its length may be wrong: more than all of it is never shown.
        done = max(0.0, done) if total is None else min(max(0.0, done), total)
        self._progress.update(self._task, completed=done)

    def for_all(self, left_s: float | None) -> None:
        """Show beside it how long all files will take."""
        self._progress.update(self._task, all_left_s=left_s)


class _TimeLeft(ProgressColumn):
    """The time left; where the whole is not known, how many seconds of the file are measured."""

    max_refresh = 0.5

    def render(self, task: Task) -> Text:
        """Say it in one word or two."""
        return Text(time_left(task))


def time_left(task: Task) -> str:
    """What stands at the end of the line: `left 0:12`, or `12 s measured` without an end in sight."""
    if task.total is None:
        return f"{task.completed:.0f} s measured" if task.completed else ""
    left = "" if task.time_remaining is None else f"left {clock(task.time_remaining, decimals=0)}"
    all_left_s = task.fields.get("all_left_s")
    return left if all_left_s is None else f"{left}, all {clock(all_left_s, decimals=0)}".lstrip(", ")
