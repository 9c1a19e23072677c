import json
import math
import os
import stat
from pathlib import Path

import jsonschema
import pytest
from report_cases import small_edit, small_examination

from offcut.errors import UnreadableError
from offcut.report import conform, examination, read_json, schema, write_json


@pytest.mark.parametrize("name", ["offcut.examination/1", "offcut.conform/1"])
def test_each_schema_is_itself_a_valid_schema(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(schema(name))


def test_an_unknown_schema_name_is_refused() -> None:
    with pytest.raises(ValueError, match="no schema"):
        schema("../../errors.py")


def test_a_document_is_written_and_read_back_the_same(tmp_path: Path) -> None:
    document = conform(small_edit())
    write_json(document, tmp_path / "edit.json")
    assert read_json(tmp_path / "edit.json") == document
    assert [of.name for of in tmp_path.iterdir()] == ["edit.json"]


def test_json_on_standard_output_is_ascii(capsys: pytest.CaptureFixture[str]) -> None:
    write_json(examination(small_examination(note="\u202e\x1b[31m\udc9b")), "-")
    out = capsys.readouterr().out
    assert out.isascii()
    assert "\x1b" not in out
    assert json.loads(out)["schema"] == "offcut.examination/1"


def test_a_document_that_cannot_be_written_leaves_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "edit.json"
    path.write_text("old")
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json({"bad": math.nan}, path)
    assert path.read_text() == "old"
    assert [of.name for of in tmp_path.iterdir()] == ["edit.json"]


@pytest.mark.skipif(os.name != "posix", reason="named pipes are a POSIX matter")
def test_writing_to_a_pipe_does_not_replace_the_pipe(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        write_json({"schema": "offcut.conform/1"}, pipe)
        assert json.loads(os.read(reader, 100)) == {"schema": "offcut.conform/1"}
    finally:
        os.close(reader)
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_writing_through_a_link_keeps_the_link(tmp_path: Path) -> None:
    (tmp_path / "real.json").write_text("old")
    (tmp_path / "link.json").symlink_to("real.json")
    write_json({"a": 1}, tmp_path / "link.json")
    assert (tmp_path / "link.json").is_symlink()
    assert json.loads((tmp_path / "real.json").read_text()) == {"a": 1}


@pytest.mark.parametrize("text", ["", "{", "[1]", '{"schema": "other/1"}', "[" * 100_000, "\udcff"])
def test_a_file_that_is_no_result_document_is_refused_by_name(tmp_path: Path, text: str) -> None:
    path = tmp_path / "edit.json"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(UnreadableError, match=r"edit\.json: it is no"):
        read_json(path)
