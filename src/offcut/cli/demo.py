"""`offcut demo`: the main job on footage made from numbers."""

from pathlib import Path
from typing import Annotated

import typer

from offcut.cli.conform import conform_command
from offcut.cli.examine import examine_command
from offcut.cli.options import QuietOption
from offcut.cli.progress import shown

EXAMPLE = "Example: offcut demo --to demo"


def demo_command(
    to: Annotated[
        Path, typer.Option("--to", metavar="FOLDER", help="Where the footage and the reports go.")
    ] = Path("demo"),
    quiet: QuietOption = False,
) -> None:
    """Make demonstration footage, examine it, recover its edit and write two reports."""
    from offcut.testing.demo import make_demo

    to.mkdir(parents=True, exist_ok=True)
    with shown(quiet=quiet) as progress:
        files = make_demo(to, lambda stage: progress(f"making {stage}", 0.0, None))
    recordings = list(files.recordings)
    keep = to / "signals"
    if not quiet:
        typer.echo(
            f"Three invented recordings and a release cut from them are in {to}.\n\nHow was each file made?"
        )
    examine_command(
        [files.release, *recordings],
        json_path=None,
        report=to / "examine.html",
        quiet=quiet,
        signals_folder=keep,
    )
    if not quiet:
        typer.echo("\nWhich raw went into the release, and what was left out?")
    conform_command(
        files.release,
        None,
        recordings,
        json_path=str(to / "conform.json"),
        report=to / "conform.html",
        otio=to / "edit.otio",
        edl=None,
        quiet=quiet,
        signals_folder=keep,
    )
