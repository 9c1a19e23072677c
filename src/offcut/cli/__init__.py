"""The `offcut` command: parse, call, print. Errors become exit codes in one place."""

import os
import sys

# Before numpy is loaded: several threads that spin cost more than they bring on pictures of 128 x 72.
for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

import typer

from offcut import __version__
from offcut.cli import conform as _conform
from offcut.cli import demo as _demo
from offcut.cli import doctor as _doctor
from offcut.cli import examine as _examine
from offcut.errors import OffcutError

__all__ = ["app", "main"]

app = typer.Typer(
    name="offcut",
    help="Find out how a video was made, which raw went into it, and what was left out. Works offline.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    epilog="Exit codes: 0 done, 1 failed, 2 wrong usage, 3 some files could not be read, 130 interrupted.",
)
app.command("examine", epilog=_examine.EXAMPLE)(_examine.examine_command)
app.command("conform", epilog=_conform.EXAMPLE)(_conform.conform_command)
app.command("demo", epilog=_demo.EXAMPLE)(_demo.demo_command)
app.command("doctor", epilog=_doctor.EXAMPLE)(_doctor.doctor_command)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"offcut {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Print the version."
    ),
) -> None:
    """Find out how a video was made, which raw went into it, and what was left out. Works offline."""


def main() -> None:
    """Run the command and leave with its exit code."""
    sys.exit(_run())


def _run() -> int:
    try:
        code = app(standalone_mode=False)
    except OffcutError as error:
        typer.echo(f"offcut: {error}", err=True)
        return error.exit_code
    except typer.Abort:
        return _interrupted()
    except KeyboardInterrupt:
        return _interrupted()
    except typer.TyperException as error:
        typer.echo(f"offcut: {error.format_message()} (offcut --help shows what can be said)", err=True)
        return error.exit_code
    except OSError as error:
        typer.echo(f"offcut: {error.filename or 'file'}: {error.strerror or error}", err=True)
        return 1
    return code if isinstance(code, int) else 0


def _interrupted() -> int:
    typer.echo("offcut: interrupted; nothing half-written was left", err=True)
    return 130
