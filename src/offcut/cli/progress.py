"""Progress on standard error, only where a person looks at it."""

import sys
from collections.abc import Iterator
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


def of_file(report: Report, path: Path, position: int, count: int) -> Report:
    """Report on one file of several: what is done is followed by its name and place."""
    place = f" ({position} of {count})" if count > 1 else ""

    def told(stage: str, done: float, total: float | None = 1.0, /) -> None:
        report(f"{stage} {printable(path.name)}{place}", done, total)

    return told


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
    return "" if task.time_remaining is None else f"left {clock(task.time_remaining, decimals=0)}"
