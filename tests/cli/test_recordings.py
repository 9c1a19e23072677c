import os
from pathlib import Path

import pytest

from offcut.cli.recordings import recordings_of
from offcut.errors import UsageError
from offcut.testing.odd import ODD


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A card as it comes from a camera."""
    made = tmp_path / "card"
    made.mkdir()
    for name in ("plain", "matroska", "text", "still_jpeg", "sound_wav", "empty"):
        ODD[name](made)
    (made / ".hidden.mp4").write_bytes(b"x")
    (made / "deeper").mkdir()
    return made


def test_a_folder_gives_its_videos_and_says_what_was_passed_over(folder: Path) -> None:
    given = recordings_of([folder], folder.parent / "release.mp4")
    assert [path.name for path in given.paths] == ["empty.mp4", "matroska.mkv", "plain.mp4"]
    assert given.in_folder == set(given.paths)
    passed = [line.partition(":")[0] for line in given.skipped]
    assert passed == ["deeper", "sound.wav", "still.jpg", "text.mp4"]
    assert "this is plain text, not a video" in given.skipped[3]


def test_what_is_named_is_never_passed_over(folder: Path) -> None:
    given = recordings_of([folder / "text.mp4"], folder / "release.mp4")
    assert (given.paths, given.skipped) == ([folder / "text.mp4"], [])


def test_a_file_is_taken_once_however_it_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    paths = [Path("plain.mp4"), folder / "plain.mp4", folder]
    names = [path.name for path in recordings_of(paths, Path("release.mp4")).paths]
    assert sorted(names) == ["empty.mp4", "matroska.mkv", "plain.mp4"]


def test_a_release_beside_its_recordings_is_passed_over(folder: Path) -> None:
    given = recordings_of([folder], folder / "plain.mp4")
    assert folder / "plain.mp4" not in given.paths
    assert "plain.mp4: it is the release itself" in given.skipped


def test_a_release_named_as_a_recording_is_wrong_usage(folder: Path) -> None:
    with pytest.raises(UsageError, match=r"plain\.mp4: it is the release itself"):
        recordings_of([folder / "plain.mp4"], folder / "plain.mp4")


def test_no_recording_at_all_is_wrong_usage(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="name at least one with --raw"):
        recordings_of([], tmp_path / "release.mp4")
    with pytest.raises(UsageError, match="in the folders given is none"):
        recordings_of([tmp_path], tmp_path / "release.mp4")


def test_a_pipe_in_a_folder_is_not_opened(folder: Path) -> None:
    os.mkfifo(folder / "pipe.mp4")
    assert folder / "pipe.mp4" not in recordings_of([folder], folder / "release.mp4").paths


def test_a_folder_inside_a_folder_is_named_and_not_opened(tmp_path: Path) -> None:
    (tmp_path / "card" / "DCIM").mkdir(parents=True)
    (tmp_path / "card" / "one.mp4").write_bytes(b"")
    given = recordings_of([tmp_path / "card"], tmp_path / "release.mp4")
    assert [p.name for p in given.paths] == ["one.mp4"]
    assert any("DCIM" in line and "not opened" in line for line in given.skipped)
