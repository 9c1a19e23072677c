"""The `offcut` command: parse, call, print. Errors become exit codes in one place."""

import os
import sys
from collections.abc import Sequence

# Before numpy is loaded: several threads that spin cost more than they bring on pictures of 128 x 72.
for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

import typer

from offcut import __version__
from offcut.cli import conform as _conform
from offcut.cli import demo as _demo
from offcut.cli import doctor as _doctor
from offcut.cli import examine as _examine
from offcut.errors import OffcutError, printable

__all__ = ["INTERRUPTED", "app", "main", "run"]

INTERRUPTED = 130

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
    sys.exit(run())


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command with `arguments` (those of the process if None) and return its exit code."""
    try:
        code = app(arguments, prog_name="offcut", standalone_mode=False)
        if code == INTERRUPTED:
            # What newer versions of typer make of it.
            raise KeyboardInterrupt
    except OffcutError as error:
        return _said(str(error), error.exit_code)
    except (typer.Abort, KeyboardInterrupt):
        return _said("interrupted; nothing half-written was left", INTERRUPTED)
    except typer.TyperException as error:
        text = error.format_message()
        if "\n" in text:  # not an error of the caller's but the help, asked for by saying nothing
            typer.echo(text, err=True)
            return error.exit_code
        return _said(f"{text} (offcut --help shows what can be said)", error.exit_code)
    except BrokenPipeError:
        # Whoever read the output has gone; Python must not try to write the rest when it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OffcutError.exit_code
    except OSError as error:
        place = os.fsdecode(error.filename) if isinstance(error.filename, str | bytes) else "a file"
        return _said(f"{place}: {error.strerror or error}", OffcutError.exit_code)
    return code if isinstance(code, int) else 0


def _said(line: str, code: int) -> int:
    """Print one line, whatever bytes a file name in it has."""
    typer.echo(f"offcut: {printable(line)}", err=True)
    return code
