import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
import typer

from offcut import __version__
from offcut.cli import app, run

ROOT = Path(__file__).parent.parent
COMMANDS = ("conform", "demo", "doctor", "examine")


def maker() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_cli", ROOT / "docs" / "make_cli.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def offcut(*arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    """The command as a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "offcut", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, **variables},
    )


def help_of(command: str, capsys: pytest.CaptureFixture[str]) -> str:
    assert run([command, "--help"]) == 0
    return " ".join(capsys.readouterr().out.split())


def test_the_page_shows_the_help_as_it_is() -> None:
    made = maker()
    text = made.PAGE.read_text(encoding="utf-8")
    if f"typer {typer.__version__};" not in text:
        pytest.skip("docs/cli.md was laid out by another version of typer")
    assert text == made.page(), "refresh it with: python docs/make_cli.py"


def test_the_page_names_every_command_and_option() -> None:
    text = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    assert sorted(commands) == sorted(COMMANDS)
    for name, command in commands.items():
        assert f"## `offcut {name}`" in text
        for parameter in command.params:
            assert all(option in text for option in parameter.opts if option.startswith("-"))


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_a_command_ends_with_an_example_of_it(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert f"Example: offcut {command} " in help_of(command, capsys)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_of_an_example_exists(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    shown, _, example = help_of(command, capsys).partition("Example: ")
    assert all(word in shown.split() for word in example.split() if word.startswith("--"))


@pytest.mark.parametrize(
    "arguments",
    [
        ["--nosuch"],
        ["examine", "--nosuch", "a.mp4"],
        ["nosuch"],
        ["conform"],
        ["examine"],
        ["conform", "a.mp4"],
    ],
)
def test_what_cannot_be_understood_is_wrong_usage(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("offcut: ")
    assert said.err.count("\n") == 1


def test_a_hostile_option_is_printed_escaped(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["examine", "--\x1b[31m\n\u202e"]) == 2
    assert capsys.readouterr().err.rstrip("\n").isprintable()


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--version"]) == 0
    assert capsys.readouterr().out == f"offcut {__version__}\n"


def test_nothing_asked_is_answered_with_the_help() -> None:
    found = offcut()
    assert "Usage: offcut" in found.stdout + found.stderr


def test_the_shell_is_told_how_to_complete() -> None:
    assert (
        "complete -o default -F _offcut_completion offcut"
        in offcut("--show-completion", SHELL="/bin/bash").stdout
    )


def test_a_command_is_completed() -> None:
    words = {"_OFFCUT_COMPLETE": "complete_bash", "COMP_WORDS": "offcut conf", "COMP_CWORD": "1"}
    assert offcut(**words).stdout.split() == ["conform"]


def test_a_reader_that_goes_away_is_no_crash() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "offcut", "--help"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert b"Traceback" not in process.stderr.read()
        process.wait(30)


def test_a_refusal_of_the_system_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", b"a\nb\xff.html")

    monkeypatch.setattr("offcut.room.escape.self_test", refuse)
    assert run(["doctor"]) == 1
    assert capsys.readouterr().err == "offcut: a\\nb\\xff.html: Permission denied\n"
