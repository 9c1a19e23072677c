"""Write docs/cli.md from the help of every command: `python docs/make_cli.py`."""

from pathlib import Path

import typer
from typer.testing import CliRunner

from offcut.cli import app

PAGE = Path(__file__).parent / "cli.md"
WIDTH = "88"

HEAD = """# The command line

Made by `python docs/make_cli.py` from the commands themselves, laid out by typer {version}; a test
compares the two.

Results go to standard output, progress and messages to standard error. Progress is shown only where
standard error is a terminal. The time left is reckoned from the length that the file states; where it
states none, the seconds measured so far are shown and no share of the whole.

| Exit code | Meaning |
|---|---|
| 0 | done |
| 1 | failed |
| 2 | wrong usage: nothing was done |
| 3 | done, but some files could not be read; each is named on standard error with the reason |
| 130 | interrupted; outputs that were not finished do not exist |

- A file that cannot be read costs one line; the others go on. If a release or all of its recordings cannot
  be read, there is nothing to compare and nothing is written.
- An output is written whole or not at all. One that would overwrite a file that is read, or whose folder
  is missing, is refused before any work is done.
- A folder after `--raw` stands for the files in it, one level deep. Hidden files and what its first bytes
  show to be no video are passed over with a line, and so is the release if it lies there.
- A name that begins with a dash is given after `--`. In what is printed, control characters and direction
  marks in names are escaped (`\\n`, `\\u202e`), and bytes that are not UTF-8 too (`\\xff`).
- Signals are kept by content in the user's cache folder, so a file is decoded once. `--signals FOLDER` or
  the variable `OFFCUT_CACHE` names another place; the folder can be deleted at any time.

## Completion in the shell

`offcut --install-completion` adds completion of commands and options to the shell it is run in (bash, zsh,
fish or PowerShell); `offcut --show-completion` prints the script instead, to look at or to place by hand.
"""


def page() -> str:
    """Return the page as it should be."""
    commands = sorted(typer.main.get_command(app).commands)  # type: ignore[attr-defined]
    parts = [
        HEAD.format(version=typer.__version__),
        _section("offcut"),
        *(_section("offcut", name) for name in commands),
    ]
    return "\n".join(parts)


def _section(*words: str) -> str:
    shown = CliRunner().invoke(
        app, [*words[1:], "--help"], prog_name="offcut", env={"TERMINAL_WIDTH": WIDTH, "COLUMNS": WIDTH}
    )
    lines = "\n".join(line.rstrip() for line in shown.output.strip().splitlines())
    return f"## `{' '.join(words)}`\n\n```text\n{lines}\n```\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
