import json
from collections.abc import Callable
from pathlib import Path

import pytest

from cli.conftest import Offcut, Shelf
from offcut.testing.demo import DemoFiles


def test_the_demo_leaves_reports_documents_and_an_edit(
    offcut: Offcut, films: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def made(folder: Path, progress: Callable[[str], None]) -> DemoFiles:
        progress("release.mp4")
        return DemoFiles((films.first, films.second), films.release, (), folder / "truth.json")

    monkeypatch.setattr("offcut.testing.demo.make_demo", made)
    said = offcut("demo", "--to", tmp_path / "a" / "demo")
    assert (said.code, said.err) == (0, "")
    left = {path.name for path in (tmp_path / "a" / "demo").iterdir()}
    assert left == {"conform.html", "conform.json", "edit.left-out.otio", "edit.otio"} | {
        "examine.html",
        "signals",
    }
    document = json.loads((tmp_path / "a" / "demo" / "conform.json").read_text())
    assert document["schema"] == "offcut.conform/1"
    assert "How was each file made?" in said.out
    assert "what was left out?" in said.out
