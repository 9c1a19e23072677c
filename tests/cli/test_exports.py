import csv
import json
from pathlib import Path
from typing import Any

import av
import opentimelineio
import pytest

from cli.conftest import Offcut, Shelf
from offcut import room
from offcut.cli import exports
from offcut.report import edl_check, otio


def test_every_export_is_written_and_said(offcut: Offcut, films: Shelf) -> None:
    said = offcut(
        *("conform", films.release, "--raw", films.first, films.second, "--no-report", "--json", "out.json"),
        *(
            "--otio",
            "e.otio",
            "--edl",
            "e.edl",
            "--fcpxml",
            "e.fcpxml",
            "--csv",
            "tables",
            "--render",
            "films",
        ),
    )
    assert (said.code, said.err) == (0, "")
    left = {str(path) for path in Path().rglob("*") if path.is_file()}
    assert left == {
        *("out.json", "e.otio", "e.left-out.otio", "e.edl", "e.fcpxml"),
        *("tables/segments.csv", "tables/left_out.csv"),
        *("films/0-first-left-out.mp4", "films/1-second-left-out.mp4"),
    }
    lines = said.out.splitlines()
    assert "  what was left out: e.left-out.otio" in lines
    assert sum(line.startswith("  lost in it: ") for line in lines) == 2
    assert "  read back with otio-cmx3600-adapter: 1 of 1 as written" in lines
    assert "  read back with otio-fcpx-xml-adapter: 1 of 1 as written" in lines
    assert "Working copies, not evidence, without sound: films" in lines


def test_working_copies_show_as_many_frames_as_were_left_out(offcut: Offcut, films: Shelf) -> None:
    offcut(
        *("conform", films.release, "--raw", films.first, films.second, "--no-report", "-q"),
        *("--json", "out.json", "--render", "films"),
    )
    spans = json.loads(Path("out.json").read_text())["left_out"]
    for recording, name in ((0, "0-first"), (1, "1-second")):
        wanted = sum(s["end_frame"] - s["start_frame"] for s in spans if s["recording"] == recording)
        with av.open(f"films/{name}-left-out.mp4") as film:
            assert sum(1 for _ in film.decode(video=0)) == wanted


def test_the_tables_say_what_the_document_says(offcut: Offcut, films: Shelf) -> None:
    offcut(
        "conform", films.release, "--raw", films.first, "--no-report", "--json", "o.json", "--csv", "tables"
    )
    document = json.loads(Path("o.json").read_text())
    with Path("tables/left_out.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["finding"], row["start_frame"], row["end_frame"]) for row in rows] == [
        (s["finding"], str(s["start_frame"]), str(s["end_frame"])) for s in document["left_out"]
    ]


def test_the_timelines_open_in_another_program(offcut: Offcut, films: Shelf) -> None:
    offcut("conform", films.release, "--raw", films.first, "--no-report", "--otio", "e.otio")
    for path in (Path("e.otio"), otio.left_out_path(Path("e.otio"))):
        timeline = opentimelineio.adapters.read_from_file(str(path))
        assert isinstance(timeline, opentimelineio.schema.Timeline)
        assert len(timeline.tracks) >= 1


def test_a_list_that_reads_otherwise_than_meant_is_an_error(
    offcut: Offcut, films: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    truly = edl_check.differences

    def on_a_changed_file(text: str, *arguments: Any, **rest: Any) -> Any:
        return truly(text.replace("FIRST000", "FIRST999"), *arguments, **rest)

    monkeypatch.setattr(edl_check, "differences", on_a_changed_file)
    said = offcut("conform", films.release, "--raw", films.first, "--no-report", "--edl", "e.edl")
    assert said.code == 1
    assert said.lines == [
        "offcut: e.edl: read back with otio-cmx3600-adapter: event 1: reel is read as FIRST999, written was "
        "FIRST000"
    ]
    assert "read back" not in said.out


def test_an_export_that_fails_does_not_keep_the_others_from_being_written(
    offcut: Offcut, films: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(otio, "write", full)
    said = offcut(
        *("conform", films.release, "--raw", films.first, "--no-report", "--json", "out.json"),
        *("--otio", "e.otio", "--csv", "tables"),
    )
    assert said.code == 1
    assert said.lines == ["offcut: e.otio: No space left on device; this OTIO export was not written"]
    assert Path("tables/segments.csv").exists()
    assert Path("out.json").exists()


def test_a_folder_for_working_copies_that_holds_something_is_refused_before_any_work(
    offcut: Offcut, films: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("offcut.signals.measured", None)
    Path("films").mkdir()
    Path("films/mine").write_text("mine")
    said = offcut("conform", films.release, "--raw", films.first, "--render", "films")
    assert said.code == 2
    assert said.lines == ["offcut: --render films: the folder is not empty; nothing was done"]


@pytest.mark.parametrize("option", ["--csv", "--render"])
def test_a_file_where_a_folder_belongs_is_refused_before_any_work(
    option: str, offcut: Offcut, films: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("offcut.signals.measured", None)
    Path("there").write_text("mine")
    said = offcut("conform", films.release, "--raw", films.first, option, "there")
    assert said.code == 2
    assert said.lines == [f"offcut: {option} there: that is not a folder; nothing was done"]


def test_the_second_timeline_overwrites_nothing_that_is_read_or_written(
    offcut: Offcut, films: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("offcut.signals.measured", None)
    said = offcut(
        "conform", films.release, "--raw", films.first, "--otio", "e.json", "--json", "e.left-out.json"
    )
    assert said.code == 2
    assert "would be written there too" in said.err


def test_a_recording_that_cannot_be_shown_is_named_and_the_exit_code_is_3(
    offcut: Offcut, films: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    from offcut.errors import UnreadableError

    def broken(path: Path, *_: object, **__: object) -> None:
        raise UnreadableError(path, "the decoder crashed on it (signal 11)")

    monkeypatch.setattr(room, "grab", broken)
    said = offcut("conform", films.release, "--raw", films.first, "--no-report", "--render", "films")
    assert said.code == 3
    assert said.lines == [
        "offcut: first.mp4: the decoder crashed on it (signal 11); there is no working copy of it"
    ]
    assert list(Path("films").iterdir()) == []


@pytest.mark.parametrize(("frames", "said"), [(1200, "have no timecode of two digits"), (0, "no frame rate")])
def test_a_release_without_timecode_is_one_line(frames: int, said: str, tmp_path: Path) -> None:
    exhibit = {"path": "release.mp4", "duration_s": "10", "frames": frames, "start_s": "0", "end_s": "10"}
    document = {"schema": "offcut.conform/1", "release": exhibit, "recordings": [], "segments": []}
    wanted = exports.Exports(edl=tmp_path / "e.edl")
    written = exports.write(document, wanted, [], progress=lambda stage, done, total=1.0: None)
    (line,) = written.problems
    assert said in line
    assert line.endswith("this EDL export was not written")
    assert (written.exit_code, written.lines, list(tmp_path.iterdir())) == (1, [], [])
