"""Options that several commands share, and what follows from them."""

from pathlib import Path
from typing import Annotated

import typer

from offcut.errors import UsageError

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


def report_path(given: Path | None, first: Path, suffix: str, *, wanted: bool) -> Path | None:
    """Where the report goes: as given, or beside the reader's feet, named after the first file."""
    if not wanted:
        return None
    path = given or Path(f"{first.stem or 'video'}-{suffix}.html")
    if path.is_dir() or not path.parent.is_dir():
        raise UsageError(f"--report {path}: its folder does not exist, or it is a folder itself")
    return path


def checked_output(option: str, path: str | Path | None) -> None:
    """Refuse an output that cannot be written before hours of work are done for it.

    Raises:
        UsageError: the folder is missing or the path names a folder.
    """
    if path is None or str(path) == "-":
        return
    target = Path(path)
    if target.is_dir() or not target.parent.is_dir():
        raise UsageError(f"{option} {target}: its folder does not exist, or it is a folder itself")
