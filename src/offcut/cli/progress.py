"""Progress on standard error, only where a person looks at it."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from offcut.errors import printable

Report = Callable[[str, float], None]
"""Told what is being done, and how much of the current step, from 0 to 1."""


@contextmanager
def shown(*, quiet: bool) -> Iterator[Report]:
    """Show a line with a bar and the time left; nothing if `quiet` or if standard error is no terminal."""
    if quiet or not sys.stderr.isatty():
        yield lambda stage, done: None
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("starting", total=1.0)
        current = ""

        def report(stage: str, done: float) -> None:
            nonlocal current
            if stage != current:
                progress.reset(task, total=1.0, description=printable(stage).replace("[", r"\["))
                current = stage
            progress.update(task, completed=min(1.0, max(0.0, done)))

        yield report
