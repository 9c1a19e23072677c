"""A release, recordings, and a way to give a command in this process."""

import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest

from offcut.cli import run
from offcut.testing.odd_shapes import film, hiss, moving


@dataclasses.dataclass(frozen=True)
class Said:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        """What stood on standard error."""
        return self.err.splitlines()


Offcut = Callable[..., Said]


@dataclasses.dataclass(frozen=True)
class Shelf:
    """A release that holds frames 20 to 44 of the first of two recordings."""

    folder: Path
    release: Path
    first: Path
    second: Path


@pytest.fixture(scope="session")
def films(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    folder = tmp_path_factory.mktemp("films")
    (folder / "raw").mkdir()
    first, second = moving(60), moving(40, seed=9)
    return Shelf(
        folder,
        film(folder / "release.mp4", first[20:45], sound=hiss(1.0)),
        film(folder / "raw" / "first.mp4", first, sound=hiss(2.4)),
        film(folder / "raw" / "second.mkv", second),
    )


@pytest.fixture(scope="session")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Signals shared by all commands: every file is decoded once."""
    return tmp_path_factory.mktemp("signals")


@pytest.fixture
def offcut(
    kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Offcut:
    """Run a command in this process, in an empty folder."""
    monkeypatch.setenv("OFFCUT_CACHE", str(kept))
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")

    def command(*arguments: str | Path) -> Said:
        code = run([str(argument) for argument in arguments])
        captured = capfd.readouterr()
        return Said(code, captured.out, captured.err)

    return command
