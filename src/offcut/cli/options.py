"""Options that several commands share, and what follows from them."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer

from offcut.errors import UsageError, printable

JsonOption = Annotated[
    str | None,
    typer.Option("--json", metavar="PATH", help="Write the result document here; - is standard output."),
]
ReportOption = Annotated[
    Path | None,
    typer.Option(
        "--report", metavar="PATH", help="Where the HTML report goes; named after the file if left out."
    ),
]
NoReportOption = Annotated[bool, typer.Option("--no-report", help="Write no HTML report.")]
QuietOption = Annotated[
    bool, typer.Option("--quiet", "-q", help="No progress and no summary; errors are still printed.")
]
SignalsOption = Annotated[
    Path | None,
    typer.Option(
        "--signals",
        metavar="FOLDER",
        help="Where measured signals are kept; the user's cache folder if left out.",
    ),
]


MOST_NAME_BYTES = 200
"""Of a default name: file systems allow 255, and some of that is needed while it is written."""


def report_path(given: Path | None, first: Path, suffix: str, *, wanted: bool) -> Path | None:
    """Where the report goes: as given, or in the current folder, named after the first file."""
    if not wanted:
        return None
    if given is not None:
        return given
    stem = "".join(c if c.isprintable() and c not in '/\\:*?"<>|' else "_" for c in first.stem)
    short = stem.lstrip("-. ").encode("utf-8", "replace")[: MOST_NAME_BYTES - len(suffix)]
    return Path(f"{short.decode('utf-8', 'ignore') or 'video'}-{suffix}.html")


def checked_outputs(outputs: Mapping[str, str | Path | None], inputs: Sequence[Path]) -> None:
    """Refuse outputs that cannot be written, or that would overwrite a file that is read.

    Done before hours of work are. The names of `outputs` are those of the options.

    Raises:
        UsageError: a folder is missing, a path names a folder, an input or another output.
    """
    targets: dict[Path, str] = {}
    for option, output in outputs.items():
        if output is None or str(output) == "-":
            continue
        target = Path(output)
        named = f"{option} {printable(str(output))}"
        if str(output).startswith("--"):
            raise UsageError(
                f"{named}: {option} needs a path, and this is the name of an option (write ./{target} for a "
                "file of that name); nothing was done"
            )
        if target.is_dir() or not target.parent.is_dir():
            raise UsageError(f"{named}: its folder does not exist, or it is one itself; nothing was done")
        if not os.access(target.parent, os.W_OK):
            raise UsageError(f"{named}: this user may not write in that folder; nothing was done")
        real = target.resolve()
        if real in targets:
            raise UsageError(f"{named}: {targets[real]} would be written there too; nothing was done")
        if any(_is_same(target, path) for path in inputs):
            raise UsageError(f"{named}: that is a file to be read, and would be lost; nothing was done")
        targets[real] = option


def checked_signals(folder: Path | None) -> None:
    """Refuse a place for signals that cannot be a folder.

    Raises:
        UsageError: something else is there.
    """
    if folder is not None and folder.exists() and not folder.is_dir():
        raise UsageError(f"--signals {printable(str(folder))}: that is not a folder; nothing was done")


def _is_same(target: Path, path: Path) -> bool:
    try:
        return target.samefile(path)
    except OSError:
        return False
