from pathlib import Path

import pytest

from offcut.errors import UnreadableError
from offcut.examine import ANALYSERS, examine
from offcut.testing.odd import ODD
from offcut.testing.odd_shapes import film, moving


def test_an_examination_holds_what_it_was_concluded_from(tmp_path: Path) -> None:
    found = examine(ODD["plain"](tmp_path), folder=tmp_path / "kept")
    assert found.structure.format == "isobmff"
    assert {name for name in found.measurement.versions if name.startswith("analyser.")} == {
        f"analyser.{name}" for name in ANALYSERS
    }
    assert set(found.finding.because) <= {indicator.id for indicator in found.indicators}
    assert found.shots[0].start_s == found.measurement.frames.start_s
    assert found.shots[-1].end_s == found.measurement.frames.end_s


def test_a_hard_cut_is_an_indicator_and_a_shot(tmp_path: Path) -> None:
    path = film(tmp_path / "cut.mp4", [*moving(40), *moving(40, seed=77)])
    found = examine(path, folder=tmp_path / "kept")
    assert [float(shot.start_s) for shot in found.shots] == [0, 1.6]
    assert any(i.id.startswith("picture.") and i.points_to != "continuous" for i in found.indicators)


def test_what_holds_no_picture_is_not_examined(tmp_path: Path) -> None:
    with pytest.raises(UnreadableError, match="it holds only sound"):
        examine(ODD["sound_only"](tmp_path), folder=tmp_path / "kept")
