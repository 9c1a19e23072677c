import json
import os
from pathlib import Path

import jsonschema
import pytest

from cli.conftest import Offcut, Shelf
from offcut.report.files import schema
from offcut.testing.odd import ODD


def test_one_document_and_nothing_else_is_on_standard_output(offcut: Offcut, films: Shelf) -> None:
    said = offcut("examine", films.release, "--json", "-", "--no-report")
    document = json.loads(said.out)
    assert (said.code, said.err) == (0, "")
    jsonschema.validate(document, schema("offcut.examination/1"))


def test_quiet_says_nothing_and_writes_what_was_asked_for(offcut: Offcut, films: Shelf) -> None:
    said = offcut("examine", films.release, "--quiet", "--json", "out.json")
    assert (said.code, said.out, said.err) == (0, "", "")
    assert sorted(path.name for path in Path().iterdir()) == ["out.json", "release-examine.html"]


def test_the_summary_names_the_form_and_the_report(offcut: Offcut, films: Shelf) -> None:
    said = offcut("examine", films.release)
    form = said.out.splitlines()[0].removeprefix(f"{films.release}: ")
    assert form.split()[0] in {"continuous", "trimmed", "assembled", "produced", "undetermined"}
    assert said.out.splitlines()[-1] == "Report: release-examine.html"
    assert Path("release-examine.html").is_file()


def test_one_bad_file_costs_one_line_and_the_others_go_on(
    offcut: Offcut, films: Shelf, tmp_path: Path
) -> None:
    bad = ODD["short_box"](tmp_path)
    said = offcut("examine", films.first, bad, films.second, "--json", "-", "--no-report")
    documents = [json.loads(line) for line in said.out.splitlines()]
    assert said.code == 3
    assert [Path(d["exhibit"]["path"]).name for d in documents] == ["first.mp4", "second.mkv"]
    (line,) = said.lines
    assert line.startswith("offcut: short_box.mp4: it holds no picture track; there is no picture to measure")
    assert "box 'trak' says it is 4 bytes long" in line


def test_if_no_file_can_be_read_no_report_is_written(offcut: Offcut, tmp_path: Path) -> None:
    said = offcut("examine", ODD["empty"](tmp_path), tmp_path / "none.mp4")
    assert said.code == 3
    assert len(said.lines) == 2
    assert list(Path().iterdir()) == []


def test_a_missing_folder_is_refused_before_any_work(
    offcut: Offcut, films: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("offcut.signals.measured", None)
    said = offcut("examine", films.release, "--report", "none/report.html")
    assert said.code == 2
    assert said.lines == [
        "offcut: --report none/report.html: its folder does not exist, or it is one itself; nothing was done"
    ]


def test_an_exhibit_is_never_overwritten(offcut: Offcut, films: Shelf) -> None:
    before = films.release.read_bytes()
    assert offcut("examine", films.release, "--json", films.release).code == 2
    assert films.release.read_bytes() == before


NAMES = {
    "line break": b"a\nb.mp4",
    "direction": "a\u202egpm.4pm".encode(),
    "escape": b"\x1b]0;title\x07\x1b[31m.mp4",
    "dash": b"--report.mp4",
    "markup": b"[red]<img src=x onerror=alert(1)>.mp4",
    "no utf-8": b"caf\xe9.mp4",
    "255 bytes": b"n" * 251 + b".mp4",
    "255 bytes of four": "\U0001f3a5".encode() * 62 + b".mp4",
}


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES.keys())
def test_a_hostile_name_is_measured_and_printed_escaped(
    name: bytes, offcut: Offcut, films: Shelf, tmp_path: Path
) -> None:
    path = tmp_path / "here" / os.fsdecode(name)
    path.write_bytes(films.second.read_bytes())
    said = offcut("examine", "--json", "out.json", "--", path.name)
    assert (said.code, said.err) == (0, "")
    assert all(line.isprintable() for line in said.out.splitlines())
    json.loads(Path("out.json").read_text("ascii"))
    (page,) = Path().glob("*-examine.html")
    assert page.name.isprintable()
    assert "<img src=x" not in page.read_text("utf-8")


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES.keys())
def test_a_hostile_name_that_cannot_be_read_is_one_line(name: bytes, offcut: Offcut, tmp_path: Path) -> None:
    path = tmp_path / "here" / os.fsdecode(name)
    path.write_bytes(b"")
    said = offcut("examine", "--", path.name)
    assert said.code == 3
    (line,) = said.lines
    assert line.isprintable()
    assert line.endswith("the file is empty; there is nothing to read")
