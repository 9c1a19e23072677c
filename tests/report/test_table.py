import csv
import io
from fractions import Fraction
from pathlib import Path

import pytest
from edit_cases import Document, document, edits, segment
from hypothesis import given, settings
from hypothesis import strategies as st
from report_cases import small_edit

from offcut.report import table
from offcut.report.document import conform


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def exact_s(cell: str) -> Fraction | None:
    assert cell == "" or cell.endswith((" s", " x"))
    return Fraction(cell[:-2]) if cell else None


@settings(max_examples=40, deadline=None)
@given(edits())
def test_every_time_of_every_segment_is_read_back_exactly(edit: tuple[Document, Fraction]) -> None:
    made, _ = edit
    rows = list(csv.DictReader(io.StringIO(table.as_csv(table.segments(made)), newline=""), strict=True))
    names = {
        "release_start": "start_s",
        "release_end": "end_s",
        "raw_start": "raw_start_s",
        "raw_end": "raw_end_s",
    }
    for row, s in zip(rows, made["segments"], strict=True):
        for column, name in names.items():
            want = None if s[name] is None else Fraction(s[name])
            assert exact_s(row[f"{column}_exact"]) == want
            if want is not None:
                assert abs(Fraction(row[f"{column}_s"]) - want) <= Fraction(1, 2_000_000)
        assert exact_s(row["speed"]) == (None if s["speed"] is None else Fraction(s["speed"]))


def test_the_files_hold_frames_timecode_finding_confidence_and_reason(tmp_path: Path) -> None:
    made = conform(small_edit())
    paths = table.write(made, tmp_path / "tables")
    rows, spans = map(read, paths)
    assert [path.name for path in paths] == ["segments.csv", "left_out.csv"]
    assert (len(rows), len(spans)) == (len(made["segments"]), len(made["left_out"]))
    assert rows[0]["finding"] == "no source found"
    assert (rows[0]["raw_start_exact"], rows[0]["raw_start_timecode"]) == ("", "")
    assert rows[2]["release_start_frame"] == "135"
    assert rows[2]["release_start_timecode"] == "00:00:04:15"
    assert (rows[2]["raw_start_frame"], rows[2]["raw_end_frame"]) == ("180", "255")
    assert (rows[2]["mirrored"], rows[2]["confidence"]) == ("yes", "0.9000")
    assert rows[3]["time_is"] == "ambiguous"
    assert rows[3]["reason"] == "these raw times fit as well: 6.000000 to 9.000000 s"
    assert spans[4]["finding"] == "undecidable"
    assert spans[4]["reason"].startswith("the picture does not move")
    assert (spans[4]["start_frame"], spans[4]["length_exact"]) == ("120", "5 s")


def test_ntsc_has_both_timecodes_and_other_rates_one() -> None:
    made = document([segment("0", "3600", "0")], duration_s="3600")
    made["release"] |= {"frames": 107892, "start_s": "0", "end_s": "3600"}
    made["recordings"][0] |= {"frames": 25000, "start_s": "0", "end_s": "1000"}
    (row,) = table.segments(made)
    assert row["release_end_timecode"] == "00:59:56:12"
    assert row["release_end_timecode_drop"] == "01:00:00;00"
    assert row["raw_end_timecode"] == "01:00:00:00"
    assert row["raw_end_timecode_drop"] == ""


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", "\n=", "|", " =", "\u2003=", "%"])
def test_a_file_name_never_becomes_a_formula(start: str, tmp_path: Path) -> None:
    made = document([segment("0", "10", "5")], paths=[f'raw/{start}cmd|"x",\r\n=1.mp4'])
    for path in table.write(made, tmp_path / "tables"):
        (row,) = read(path)
        assert not row["recording_file"].lstrip().startswith(("=", "+", "-", "@", "|", "%"))
        assert len(path.read_bytes().split(b"\r\n")) == 3


@settings(max_examples=80, deadline=None)
@given(st.text(st.characters(), max_size=40))
def test_any_text_is_one_safe_line_that_is_read_back(text: str) -> None:
    written = table.safe(text)
    assert written.isprintable()
    assert not written.lstrip().startswith(table._FORMULA)
    (row,) = csv.DictReader(io.StringIO(table.as_csv([{"a": written, "b": ""}]), newline=""), strict=True)
    assert row == {"a": written, "b": ""}


def test_no_cell_of_the_tables_is_taken_for_a_date_or_a_formula() -> None:
    made = document([segment("0", "1/25", "5/2", speed="-3/4")])
    (row,) = table.segments(made)
    assert (row["release_end_exact"], row["raw_start_exact"], row["speed"]) == ("1/25 s", "5/2 s", "-3/4 x")


def test_a_folder_that_is_there_is_written_into_and_a_file_is_not(tmp_path: Path) -> None:
    made = document([])
    (tmp_path / "there").mkdir()
    assert all(path.exists() for path in table.write(made, tmp_path / "there"))
    (tmp_path / "file").write_text("mine")
    with pytest.raises(OSError, match="exists"):
        table.write(made, tmp_path / "file")
    assert (tmp_path / "file").read_text() == "mine"


def test_a_recording_that_is_not_listed_is_refused() -> None:
    with pytest.raises(ValueError, match="recording 9"):
        table.segments(document([segment("0", "1", "5", recording=9)]))


def test_a_time_beyond_timecode_has_none_and_is_written_all_the_same() -> None:
    made = document([segment("0", "10", "400000")])
    made["recordings"][0] |= {"frames": 25 * 500000, "start_s": "0", "end_s": "500000"}
    (row,) = table.segments(made)
    assert (row["raw_start_s"], row["raw_start_timecode"]) == ("400000.000000", "")
