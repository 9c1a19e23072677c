import json
import os
import shutil
import signal
import subprocess
import sys
import time
from fractions import Fraction
from pathlib import Path

import jsonschema
import pytest

from cli.conftest import Offcut, Shelf
from offcut.cli.conform import summary
from offcut.report.files import schema
from offcut.testing.odd import ODD
from offcut.testing.odd_shapes import film, moving


def test_the_edit_is_found_and_written_in_every_form(offcut: Offcut, films: Shelf) -> None:
    said = offcut(
        *("conform", films.release, "--raw", films.first, films.second),
        *("--json", "out.json", "--otio", "edit.otio", "--edl", "edit.edl"),
    )
    assert (said.code, said.err) == (0, "")
    document = json.loads(Path("out.json").read_text())
    jsonschema.validate(document, schema("offcut.conform/1"))
    assert {s["recording"] for s in document["segments"]} == {0}
    labels = [line.partition(":")[0] for line in said.out.splitlines() if ": " in line]
    assert [label for label in labels if label.isalpha()] == ["Report", "OTIO", "EDL"]
    left = {path.name for path in Path().iterdir()}
    otio = {"edit.otio", "edit.left-out.otio"}
    assert left == {"out.json", "edit.edl", "release-conform.html"} | otio


def test_one_document_and_nothing_else_is_on_standard_output(offcut: Offcut, films: Shelf) -> None:
    said = offcut("conform", films.release, "--raw", films.first, "--json", "-", "--no-report")
    assert json.loads(said.out)["schema"] == "offcut.conform/1"
    assert (said.code, said.err) == (0, "")


def test_speeds_and_second_pictures_stand_in_the_summary_in_words(offcut: Offcut, films: Shelf) -> None:
    said = offcut("conform", films.release, "--raw", films.first, "--json", "-", "--no-report")
    document = json.loads(said.out)
    corner = {"x": 0.7, "y": 0.05, "width": 0.25, "height": 0.25}
    shown = next(s for s in document["segments"] if s["recording"] == 0)
    shown |= {"raw_start_s": "1", "mirrored": False, "time_is": "exact"}
    document["segments"] = [
        shown | {"start_s": "0", "end_s": "4", "speed": "0"},
        shown | {"start_s": "0", "end_s": "4", "speed": "-83/100", "placed": corner},
        shown | {"start_s": "5", "end_s": "6", "speed": "6/5"},
    ]
    lines = summary(document).splitlines()
    assert [line.partition(" from ")[2] for line in lines if "first.mp4 from" in line] == [
        "0:01.000, one frame, held",
        "0:01.000, backwards, x0.83, seen at the same time, in the top right part",
        "0:01.000, x1.2",
    ]


def test_quiet_says_nothing(offcut: Offcut, films: Shelf) -> None:
    said = offcut("conform", films.release, "--raw", films.folder / "raw", "-q", "--no-report")
    assert (said.code, said.out, said.err) == (0, "", "")


def test_a_recording_that_cannot_be_read_is_named_and_the_others_are_compared(
    offcut: Offcut, films: Shelf, tmp_path: Path
) -> None:
    bad = ODD["no_index"](tmp_path)
    said = offcut("conform", films.release, "--raw", bad, "--raw", films.first, "--json", "-", "--no-report")
    document = json.loads(said.out)
    assert said.code == 3
    (line,) = said.lines
    assert line.startswith("offcut: no_index.mp4: ")
    assert "the index of the file is missing" in line
    assert [Path(r["path"]).name for r in document["recordings"]] == ["first.mp4"]
    assert "These recordings could not be read and were not compared: no_index.mp4." in document["limits"]


def test_if_no_recording_can_be_read_nothing_is_written(offcut: Offcut, films: Shelf, tmp_path: Path) -> None:
    said = offcut("conform", films.release, "--raw", ODD["text"](tmp_path), ODD["sound_only"](tmp_path))
    assert said.code == 3
    assert said.lines[-1] == (
        "offcut: release.mp4: none of its recordings could be read; nothing was compared"
    )
    assert len(said.lines) == 3
    assert list(Path().iterdir()) == []


def test_a_release_that_cannot_be_read_is_one_line(offcut: Offcut, films: Shelf, tmp_path: Path) -> None:
    said = offcut("conform", ODD["empty"](tmp_path), "--raw", films.first)
    assert said.code == 3
    assert said.lines == ["offcut: empty.mp4: byte 0: the file is empty; there is nothing to read"]


def test_the_release_is_not_its_own_recording(offcut: Offcut, films: Shelf, tmp_path: Path) -> None:
    named = offcut("conform", films.release, "--raw", films.release)
    copy = shutil.copy(films.release, tmp_path / "copy.mp4")
    copied = offcut("conform", films.release, "--raw", copy)
    assert (named.code, copied.code) == (2, 2)
    assert "it is the release itself" in named.err
    assert copied.lines == [
        "offcut: copy.mp4: it is the release itself (same content); compare it with recordings"
    ]


def test_a_copy_of_the_release_in_a_folder_is_passed_over(
    offcut: Offcut, films: Shelf, tmp_path: Path
) -> None:
    folder = tmp_path / "all"
    folder.mkdir()
    for source, name in ((films.release, "copy.mp4"), (films.first, "raw.mp4")):
        shutil.copy(source, folder / name)
    said = offcut("conform", films.release, "--raw", folder, "--json", "-", "--no-report")
    assert said.code == 0
    assert said.lines == ["offcut: copy.mp4: it is the release itself (same content); not compared"]
    assert len(json.loads(said.out)["recordings"]) == 1


def test_the_same_recording_twice_is_compared_once(offcut: Offcut, films: Shelf, tmp_path: Path) -> None:
    copy = shutil.copy(films.first, tmp_path / "copy.mp4")
    raw = ("--raw", films.first, "--raw", films.first, "--raw", copy)
    said = offcut("conform", films.release, *raw, "--json", "-", "--no-report")
    assert said.code == 0
    assert said.lines == ["offcut: copy.mp4: same content as another recording; compared once"]
    assert len(json.loads(said.out)["recordings"]) == 1


def test_what_is_no_video_in_a_folder_is_passed_over_and_listed(
    offcut: Offcut, films: Shelf, tmp_path: Path
) -> None:
    folder = tmp_path / "card"
    shutil.copytree(films.folder / "raw", folder)
    ODD["text"](folder)
    said = offcut("conform", films.release, "--raw", folder, "--json", "-", "--no-report")
    assert said.code == 0
    (line,) = said.lines
    assert line == (
        "offcut: text.mp4: byte 0: this is plain text, not a video; it was not opened as a video; passed over"
    )
    limits = json.loads(said.out)["limits"]
    assert any("taken for no recordings" in limit and "text.mp4" in limit for limit in limits)


def test_damage_of_a_recording_stands_in_the_limits(offcut: Offcut, films: Shelf, tmp_path: Path) -> None:
    whole = film(tmp_path / "cut.mp4", moving(60), container_options={"movflags": "faststart"}).read_bytes()
    (tmp_path / "cut.mp4").write_bytes(whole[: len(whole) * 3 // 4])
    said = offcut("conform", films.release, "--raw", tmp_path / "cut.mp4", "--json", "-", "--no-report")
    document = json.loads(said.out)
    assert said.code == 0
    assert any(limit.startswith("Damage was met in these files") for limit in document["limits"])
    assert any("cut short" in line for line in document["recordings"][0]["damage"])


@pytest.mark.parametrize("option", ["--json", "--report", "--otio", "--edl", "--fcpxml", "--csv", "--render"])
def test_a_missing_folder_is_refused_before_any_work(
    option: str, offcut: Offcut, films: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("offcut.signals.measured", None)
    said = offcut("conform", films.release, "--raw", films.first, option, "none/out")
    assert said.code == 2
    assert said.lines == [
        f"offcut: {option} none/out: its folder does not exist, or it is one itself; nothing was done"
    ]


def test_hostile_names_of_recordings_are_printed_escaped(
    offcut: Offcut, films: Shelf, tmp_path: Path
) -> None:
    path = tmp_path / os.fsdecode(b"-a\n\xff\x1b[31m\xe2\x80\xae.mp4")
    path.write_bytes(films.first.read_bytes())
    said = offcut("conform", "--json", "out.json", films.release, "--raw", path)
    assert (said.code, said.err) == (0, "")
    assert all(line.isprintable() for line in said.out.splitlines())
    assert "\\x1b[31m\\u202e.mp4 from 0:00.800" in said.out
    json.loads(Path("out.json").read_text("ascii"))


def test_the_exact_times_are_those_of_the_recording(offcut: Offcut, films: Shelf) -> None:
    said = offcut("conform", films.release, "--raw", films.first, "--json", "-", "--no-report")
    (segment,) = json.loads(said.out)["segments"]
    times = [segment["raw_start_s"], *(a["raw_start_s"] for a in segment["alternatives"])]
    assert min(abs(Fraction(time) - Fraction(20, 25)) for time in times) <= Fraction(1, 25)


def children(pid: int) -> list[int]:
    listed = Path(f"/proc/{pid}/task/{pid}/children")
    direct = [int(child) for child in listed.read_text().split()] if listed.exists() else []
    return direct + [further for child in direct for further in children(child)]


@pytest.mark.skipif(sys.platform != "linux", reason="the processes of a process are read from /proc")
def test_an_interrupted_command_leaves_no_output_and_no_process(tmp_path: Path, films: Shelf) -> None:
    long = moving(20, width=320, height=240) * 100
    slow = film(tmp_path / "slow.mp4", long, options={"preset": "ultrafast"})
    kept, out = tmp_path / "signals", tmp_path / "out"
    out.mkdir()
    arguments = ["conform", str(films.release), "--raw", str(slow), "--json", "out.json", "--otio", "e.otio"]
    with subprocess.Popen(
        [sys.executable, "-m", "offcut", *arguments, "--signals", str(kept)],
        cwd=out,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stderr is not None
        end_s = time.monotonic() + 60
        # The release is kept and the recording is on its way.
        while len(list(kept.glob("*/*/.part-*/*.bin"))) == 0 or len(list(kept.glob("*/*/file.json"))) == 0:
            assert process.poll() is None, process.stderr.read()
            assert time.monotonic() < end_s
            time.sleep(0.01)
        started = children(process.pid)
        os.killpg(process.pid, signal.SIGINT)
        said = process.stderr.read()
        assert process.wait(30) == 130
    assert said == "offcut: interrupted; nothing half-written was left\n"
    assert list(out.iterdir()) == []
    assert list(kept.glob("**/.part-*")) == []
    assert len(list(kept.glob("*/*/file.json"))) == 1
    assert started
    end_s = time.monotonic() + 10
    while any(Path(f"/proc/{pid}").exists() for pid in started):
        assert time.monotonic() < end_s, "a process outlived the command"
        time.sleep(0.05)
