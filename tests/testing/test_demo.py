from fractions import Fraction
from pathlib import Path

import pytest

from offcut.testing import demo
from offcut.testing.edits import Cut, EditList
from offcut.testing.footage import Scene

TINY = EditList(
    seed=1,
    recordings=(Scene("road", "road", 1, Fraction(25), 12),),
    external=(Scene("harbour", "harbour", 2, Fraction(25), 8),),
    cuts=(Cut("footage", 8, "road", 2), Cut("external", 4, "harbour")),
    width_px=160,
    height_px=90,
)


def test_every_file_is_announced_and_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "DEMO", TINY)
    said: list[str] = []
    files = demo.make_demo(tmp_path / "new", said.append)
    assert said == ["road.mp4", "harbour.mp4", "release.mp4"]
    assert [path.name for path in files.recordings] == ["road.mp4"]
    assert [path.name for path in files.external] == ["harbour.mp4"]
    made = {*files.recordings, *files.external, files.release, files.truth}
    assert set((tmp_path / "new").iterdir()) == made
    assert all(path.stat().st_size > 500 for path in made)
