"""`offcut doctor`: what this machine can do, and how well the room holds."""

from typing import Annotated

import typer

EXAMPLE = "Example: offcut doctor --attempts"


def doctor_command(
    attempts: Annotated[
        bool, typer.Option("--attempts", help="List every escape attempt and what became of it.")
    ] = False,
) -> None:
    """Say what confines the room where files are decoded, and try to break out of it."""
    from offcut import signals
    from offcut.room.escape import self_test

    result = self_test()
    typer.echo(f"Room: {result.confinement}")
    typer.echo(f"Escape attempts denied: {result.denied} of {len(result.attempts)}")
    for one in result.attempts:
        if attempts or not one.denied:
            typer.echo(f"  {'denied ' if one.denied else 'ALLOWED'}  {one.name}: {one.how}")
    typer.echo(f"Signals are kept in: {signals.default_folder()}")
