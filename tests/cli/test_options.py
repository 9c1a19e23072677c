import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offcut.cli.options import checked_outputs, checked_signals, report_path
from offcut.errors import UsageError

any_name = st.text(st.characters(exclude_characters="/\0"), min_size=1, max_size=255).map(Path)


@given(any_name)
def test_a_report_named_after_any_file_is_a_plain_name_in_this_folder(first: Path) -> None:
    path = report_path(None, first, "conform", wanted=True)
    assert path is not None
    assert path.parent == Path()
    assert path.name.isprintable()
    assert not path.name.startswith(("-", "."))
    assert len(os.fsencode(path.name)) <= 230
    assert path.name.endswith("-conform.html")


def test_a_report_is_named_after_the_first_file() -> None:
    assert report_path(None, Path("a/b.c.mp4"), "examine", wanted=True) == Path("b.c-examine.html")
    assert report_path(Path("x.html"), Path("b.mp4"), "examine", wanted=True) == Path("x.html")
    assert report_path(Path("x.html"), Path("b.mp4"), "examine", wanted=False) is None


def test_an_output_without_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"--otio .*e\.otio: its folder does not exist"):
        checked_outputs({"--otio": tmp_path / "none" / "e.otio"}, [])
    with pytest.raises(UsageError, match="or it is one itself; nothing was done"):
        checked_outputs({"--json": str(tmp_path)}, [])


def test_the_name_of_another_option_is_no_path() -> None:
    with pytest.raises(UsageError, match="--json --otio: --json needs a path"):
        checked_outputs({"--json": "--otio"}, [])


def test_an_output_never_takes_the_place_of_a_file_that_is_read(tmp_path: Path) -> None:
    exhibit, link = tmp_path / "a.mp4", tmp_path / "b.html"
    exhibit.write_bytes(b"x")
    link.symlink_to(exhibit)
    for output in (exhibit, link, tmp_path / "." / "a.mp4"):
        with pytest.raises(UsageError, match="that is a file to be read, and would be lost"):
            checked_outputs({"--report": output}, [exhibit])


def test_two_outputs_never_share_a_place(tmp_path: Path) -> None:
    outputs: dict[str, str | Path | None] = {"--json": str(tmp_path / "x"), "--otio": tmp_path / "." / "x"}
    with pytest.raises(UsageError, match="--json would be written there too"):
        checked_outputs(outputs, [])


def test_standard_output_and_nothing_are_allowed(tmp_path: Path) -> None:
    checked_outputs({"--json": "-", "--report": None, "--otio": tmp_path / "new.otio"}, [tmp_path / "a.mp4"])


def test_a_folder_that_may_not_be_written_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(UsageError, match="this user may not write in that folder; nothing was done"):
        checked_outputs({"--report": tmp_path / "x.html"}, [])


def test_signals_are_kept_in_a_folder_or_nowhere(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    checked_signals(None)
    checked_signals(tmp_path)
    checked_signals(tmp_path / "new")
    with pytest.raises(UsageError, match=r"--signals .*file: that is not a folder"):
        checked_signals(tmp_path / "file")
