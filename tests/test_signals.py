import hashlib
import json
import multiprocessing
import os
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from offcut import room, signals
from offcut.decode.limits import Limits
from offcut.errors import LimitError, OffcutError, UnreadableError
from offcut.records import Measurement, Signal
from offcut.room.host import Sink
from offcut.signals import KeepingError, hashed, measured
from offcut.testing.odd import ODD
from offcut.testing.odd_shapes import film, moving

ANALYSERS = ("packets", "picture", "strip")

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="asks Linux to refuse large files")


@pytest.fixture
def film_path(tmp_path: Path) -> Path:
    return ODD["plain"](tmp_path)


@pytest.fixture
def rooms(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """What was asked of every room that was opened."""
    opened: list[tuple[str, ...]] = []
    truly = room.measure_file

    def counted(path: Path, *, analysers: tuple[str, ...], **rest: Any) -> room.RoomReport:
        opened.append(tuple(analysers))
        return truly(path, analysers=analysers, **rest)

    monkeypatch.setattr(room, "measure_file", counted)
    return opened


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def same(one: Measurement, other: Measurement) -> bool:
    return all(
        np.array_equal(one.signals[name].values, other.signals[name].values)
        and np.array_equal(one.signals[name].pts, other.signals[name].pts)
        for name in one.signals
    ) and np.array_equal(one.frames.pts, other.frames.pts)


def test_a_file_is_decoded_once(film_path: Path, tmp_path: Path, rooms: list[tuple[str, ...]]) -> None:
    first = measured(film_path, ANALYSERS, folder=tmp_path / "kept")
    again = measured(film_path, ANALYSERS, folder=tmp_path / "kept")
    assert rooms == [ANALYSERS]
    assert same(first, again)
    assert (first.stream, first.versions, first.damage) == (again.stream, again.versions, again.damage)


def test_what_is_kept_belongs_to_the_content_and_not_to_the_name(
    film_path: Path, tmp_path: Path, rooms: list[tuple[str, ...]]
) -> None:
    measured(film_path, ANALYSERS, folder=tmp_path / "kept")
    moved = film_path.replace(tmp_path / "moved.mp4")
    assert measured(moved, ANALYSERS, folder=tmp_path / "kept").exhibit.path == moved
    assert len(rooms) == 1


def test_only_what_is_missing_is_measured(
    film_path: Path, tmp_path: Path, rooms: list[tuple[str, ...]]
) -> None:
    measured(film_path, ("packets",), folder=tmp_path / "kept")
    found = measured(film_path, ANALYSERS, folder=tmp_path / "kept")
    assert rooms == [("packets",), ("picture", "strip")]
    assert {name for name in found.versions if name.startswith("analyser.")} == {
        "analyser.packets",
        "analyser.picture",
        "analyser.strip",
    }


def test_a_new_version_of_an_analyser_measures_anew(
    film_path: Path, tmp_path: Path, rooms: list[tuple[str, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    measured(film_path, ANALYSERS, folder=tmp_path / "kept")
    monkeypatch.setattr(signals, "_decoder", lambda: "another decoder")
    measured(film_path, ANALYSERS, folder=tmp_path / "kept")
    assert len(rooms) == 2


@pytest.mark.parametrize("name", ["plain", "scratched", "joined", "uneven_times"])
def test_the_same_exhibit_gives_the_same_bytes(name: str, tmp_path: Path) -> None:
    path = ODD[name](tmp_path)
    for folder in ("one", "two"):
        measured(path, ANALYSERS, folder=tmp_path / folder)
    one, two = contents(tmp_path / "one"), contents(tmp_path / "two")
    assert one == two
    assert len(one) == 15


def test_a_file_with_broken_pictures_is_measured_again_with_one_thread(
    tmp_path: Path, rooms: list[tuple[str, ...]]
) -> None:
    found = measured(ODD["scratched"](tmp_path), ANALYSERS, folder=tmp_path / "kept")
    assert len(rooms) == 2
    assert found.damage[-1].startswith("pictures that the decoder calls damaged")
    measured(ODD["scratched"](tmp_path), ANALYSERS, folder=tmp_path / "kept")
    assert len(rooms) == 2


def test_rows_are_memory_mapped_and_cannot_be_changed(film_path: Path, tmp_path: Path) -> None:
    luma = measured(film_path, ANALYSERS, folder=tmp_path / "kept").signals["picture.luma"].values
    assert isinstance(luma, np.memmap)
    with pytest.raises(ValueError, match="read-only"):
        luma[0] = 0


def test_a_signal_without_rows_is_kept_too(tmp_path: Path, rooms: list[tuple[str, ...]]) -> None:
    path = ODD["no_sound"](tmp_path)
    for _ in range(2):
        found = measured(path, ("sound_level",), folder=tmp_path / "kept")
        assert found.signals["sound.level"].values.shape == (0, 2)
    assert len(rooms) == 1


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def flip(path: Path) -> None:
    whole = bytearray(path.read_bytes())
    whole[len(whole) // 2] ^= 1
    path.write_bytes(whole)


def empty(path: Path) -> None:
    path.write_bytes(b"")


@pytest.mark.parametrize("damage", [cut, flip, empty, Path.unlink], ids=["cut", "flip", "empty", "gone"])
@pytest.mark.parametrize(
    "name", ["picture.luma.bin", "picture.luma.pts.bin", "index.json", "file.json", "frames.bin"]
)
def test_what_was_damaged_where_it_is_kept_is_measured_again(
    name: str, damage: Callable[[Path], None], film_path: Path, tmp_path: Path, rooms: list[tuple[str, ...]]
) -> None:
    folder = tmp_path / "kept"
    first = measured(film_path, ("picture",), folder=folder)
    before = {k: np.array(v.values) for k, v in first.signals.items()}
    whole = contents(folder)
    (place,) = folder.rglob(name)
    if (name, damage) in [("index.json", flip), ("file.json", flip)]:
        place.write_text("{" + place.read_text()[1:].replace('"', "'"))
    else:
        damage(place)
    again = measured(film_path, ("picture",), folder=folder)
    assert len(rooms) == 2
    assert all(np.array_equal(before[k], again.signals[k].values) for k in before)
    assert contents(folder) == whole


def test_a_write_that_was_interrupted_leaves_nothing_to_be_read(
    film_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    truly = room.measure_file

    def interrupted(path: Path, *, sink: Sink, **rest: Any) -> room.RoomReport:
        def stop(block: Signal) -> None:
            sink(block)
            raise KeyboardInterrupt

        return truly(path, sink=stop, **rest)

    monkeypatch.setattr(room, "measure_file", interrupted)
    with pytest.raises(KeyboardInterrupt):
        measured(film_path, ANALYSERS, folder=tmp_path / "kept")
    assert contents(tmp_path / "kept") == {}
    monkeypatch.setattr(room, "measure_file", truly)
    assert len(measured(film_path, ANALYSERS, folder=tmp_path / "kept").frames) == 24


def test_what_a_killed_process_left_is_not_read_and_goes_away_in_time(
    film_path: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "kept"
    measured(film_path, ("packets",), folder=folder)
    (home,) = folder.glob("*/*")
    for name, age_s in (("old", 8 * 24 * 3600), ("new", 60)):
        left = home / f".part-{name}"
        left.mkdir()
        (left / "picture.luma.bin").write_bytes(b"half")
        then_s = time.time() - age_s
        os.utime(left, (then_s, then_s))
    measured(film_path, ANALYSERS, folder=folder)
    assert [path.name for path in home.glob(".part-*")] == [".part-new"]


def _measure_in_process(path: Path, folder: Path, at_s: float, answers: "multiprocessing.Queue[Any]") -> None:
    time.sleep(max(0.0, at_s - time.time()))
    try:
        found = measured(path, ANALYSERS, folder=folder)
        answers.put(hashlib.sha256(found.signals["picture.luma"].values.tobytes()).hexdigest())
    except Exception as error:
        answers.put(repr(error))


def test_two_processes_at_once_keep_one_whole_measurement(film_path: Path, tmp_path: Path) -> None:
    alone = measured(film_path, ANALYSERS, folder=tmp_path / "alone")
    expected = hashlib.sha256(alone.signals["picture.luma"].values.tobytes()).hexdigest()
    context = multiprocessing.get_context("spawn")
    answers: multiprocessing.Queue[Any] = context.Queue()
    at_s = time.time() + 2
    both = [
        context.Process(target=_measure_in_process, args=(film_path, tmp_path / "kept", at_s, answers))
        for _ in range(2)
    ]
    for process in both:
        process.start()
    assert [answers.get(timeout=60) for _ in both] == [expected] * 2
    for process in both:
        process.join(30)
    assert contents(tmp_path / "kept") == contents(tmp_path / "alone")


def test_the_one_who_comes_second_uses_what_the_first_kept(
    film_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, truly = tmp_path / "kept", room.measure_file

    def overtaken(path: Path, **rest: Any) -> room.RoomReport:
        monkeypatch.setattr(room, "measure_file", truly)
        first.append(measured(path, ANALYSERS, folder=folder))
        return truly(path, **rest)

    first: list[Measurement] = []
    monkeypatch.setattr(room, "measure_file", overtaken)
    second = measured(film_path, ANALYSERS, folder=folder)
    assert same(first[0], second)
    assert list(folder.glob("*/*/.*")) == []


def test_a_file_that_changes_while_it_is_read_is_refused_and_nothing_is_kept(
    film_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    truly = room.measure_file

    def changed(path: Path, **rest: Any) -> room.RoomReport:
        report = truly(path, **rest)
        whole = bytearray(path.read_bytes())
        whole[-1] ^= 1
        path.write_bytes(whole)
        os.utime(path, ns=(0, 0))
        return report

    monkeypatch.setattr(room, "measure_file", changed)
    with pytest.raises(
        UnreadableError, match=r"plain\.mp4: it changed while it was read; copy it to a place"
    ):
        measured(film_path, ANALYSERS, folder=tmp_path / "kept")
    assert contents(tmp_path / "kept") == {}


@linux_only
@pytest.mark.parametrize("allowed_bytes", [100, 20_000, 250_000])
def test_a_full_disk_is_one_clear_line_and_leaves_nothing(
    allowed_bytes: int, film_path: Path, tmp_path: Path
) -> None:
    # A limit on the size of a file fails as a full disk does: some rows are written and then no more.
    measured(film_path, ("packets",), folder=tmp_path / "loads what is loaded late")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (allowed_bytes, before[1]))
    try:
        with pytest.raises(KeepingError) as caught:
            measured(film_path, ("picture", "strip", "features"), folder=tmp_path / "kept")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    line = str(caught.value)
    assert line.startswith(f"signals cannot be kept in {tmp_path / 'kept'} (File too large); nothing of")
    assert "Choose another place with --signals" in line
    assert caught.value.exit_code == 1
    assert contents(tmp_path / "kept") == {}


def test_a_place_that_cannot_be_a_folder_is_one_clear_line(film_path: Path, tmp_path: Path) -> None:
    (tmp_path / "kept").write_bytes(b"")
    with pytest.raises(
        KeepingError, match=r"signals cannot be kept in .* \(Not a directory\); nothing of this"
    ):
        measured(film_path, ANALYSERS, folder=tmp_path / "kept")


def test_progress_is_told_of_the_length_that_the_file_states(tmp_path: Path) -> None:
    told: list[tuple[str, float, float | None]] = []
    path = film(tmp_path / "long.mp4", moving(50))
    measured(path, ANALYSERS, folder=tmp_path / "kept", progress=lambda *step: told.append(step))
    assert {step[2] for step in told} == {2.0}
    assert all(0 <= step[1] <= 2 for step in told)


def test_progress_claims_no_length_that_nobody_stated(tmp_path: Path) -> None:
    told: list[tuple[str, float, float | None]] = []
    path = ODD["transport_stream"](tmp_path)
    measured(path, ANALYSERS, folder=tmp_path / "kept", progress=lambda *step: told.append(step))
    assert {step[2] for step in told} == {None}


def test_an_unreadable_file_is_explained_by_its_container(tmp_path: Path) -> None:
    with pytest.raises(UnreadableError, match=r"nothing was measured\. In the container, .* no 'moov' box"):
        measured(ODD["no_index"](tmp_path), ANALYSERS, folder=tmp_path / "kept")
    assert contents(tmp_path / "kept") == {}


def test_a_text_that_names_other_files_never_reaches_the_decoder(
    tmp_path: Path, rooms: list[tuple[str, ...]]
) -> None:
    with pytest.raises(UnreadableError, match="no file it names was opened"):
        measured(ODD["playlist"](tmp_path), ANALYSERS, folder=tmp_path / "kept")
    assert rooms == []


def test_a_limit_stays_a_limit(film_path: Path, tmp_path: Path) -> None:
    with pytest.raises(LimitError, match="bytes long, more than the 10 allowed"):
        measured(film_path, ANALYSERS, folder=tmp_path / "kept", limits=Limits(max_file_bytes=10))


def test_the_hash_is_that_of_the_bytes(film_path: Path) -> None:
    found = hashed(film_path, limits=Limits())
    assert found.sha256 == hashlib.sha256(film_path.read_bytes()).hexdigest()
    assert (found.size_bytes, found.duration_s) == (film_path.stat().st_size, None)


def test_hashing_tells_how_far_it_is(tmp_path: Path) -> None:
    told: list[tuple[str, float, float | None]] = []
    path = tmp_path / "large.bin"
    with path.open("wb") as file:
        file.truncate(130 * 2**20)
    hashed(path, limits=Limits(), progress=lambda *step: told.append(step))
    assert told == [("hashing", 64 * 2**20, 130 * 2**20), ("hashing", 128 * 2**20, 130 * 2**20)]


def test_the_folder_is_the_one_that_was_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OFFCUT_CACHE", "chosen")
    assert signals.default_folder() == Path("chosen")
    monkeypatch.delenv("OFFCUT_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", "cache")
    assert signals.default_folder() == Path("cache/offcut/signals")


def test_what_vanishes_while_it_is_read_is_said(
    film_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured(film_path, ANALYSERS, folder=tmp_path / "kept")
    monkeypatch.setattr(signals._Job, "measure", lambda *_: None)
    monkeypatch.setattr(signals, "_kept", lambda *_: None)
    with pytest.raises(OffcutError, match=r"plain\.mp4: its kept signals vanished while they were read"):
        measured(film_path, ANALYSERS, folder=tmp_path / "kept")


def test_what_is_kept_can_be_read_by_hand(film_path: Path, tmp_path: Path) -> None:
    measured(film_path, ("picture",), folder=tmp_path / "kept")
    (place,) = (tmp_path / "kept").glob("*/*/picture-v*")
    facts = json.loads((place / "index.json").read_text())["picture.luma"]
    rows = np.fromfile(place / "picture.luma.bin", facts["dtype"]).reshape(facts["rows"], *facts["shape"])
    assert rows.shape == (24, 96, 128)
