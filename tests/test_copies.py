import errno
import os
import resource
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from offcut import copies
from offcut.errors import OffcutError
from offcut.records import Measurement
from offcut.report import burn, plain
from offcut.signals import measured
from offcut.testing.odd import ODD
from offcut.testing.odd_shapes import film, moving

Document = dict[str, Any]


def document(measurement: Measurement, *spans: tuple[str, str, str]) -> Document:
    return {
        "schema": "offcut.conform/1",
        "recordings": [plain.measured_exhibit(measurement)],
        "left_out": [
            {"recording": 0, "start_s": start_s, "end_s": end_s, "finding": finding, "reason": ""}
            for start_s, end_s, finding in spans
        ],
    }


def of(path: Path, kept: Path) -> Measurement:
    return measured(path, ("strip",), folder=kept)


@pytest.fixture
def measurement(tmp_path: Path) -> Measurement:
    path = film(tmp_path / "helmet.mp4", moving(60, width=320, height=180), options={"crf": "12"})
    return of(path, tmp_path / "kept")


def read(path: Path) -> list[tuple[Fraction, NDArray[np.uint8]]]:
    with av.open(str(path)) as container:
        return [
            (frame.pts * Fraction(frame.time_base), frame.to_ndarray(format="rgb24").astype(np.uint8))
            for frame in container.decode(video=0)
            if frame.pts is not None and frame.time_base is not None
        ]


def inside(picture: NDArray[np.uint8], width: int, height: int) -> NDArray[np.float32]:
    """The picture between the bands, without its bars."""
    top, left = 44, (picture.shape[1] - width) // 2
    return picture[top : top + height, left : left + width].astype(np.float32)


def test_a_copy_shows_the_spans_in_order_frame_by_frame(measurement: Measurement, tmp_path: Path) -> None:
    made = document(measurement, ("4/25", "8/25", "left_out"), ("2", "56/25", "undecidable"))
    (copy,) = copies.write(made, [measurement], tmp_path / "out")
    assert (copy.frames, copy.undecoded, copy.spans, copy.problem) == (10, 0, 2, "")
    assert copy.path == tmp_path / "out" / "0-helmet-left-out.mp4"
    rows = read(copy.path)
    assert [time_s for time_s, _ in rows] == [Fraction(k, 25) for k in range(10)]
    truth = moving(60, width=320, height=180)
    for (_, picture), frame in zip(rows, [4, 5, 6, 7, 50, 51, 52, 53, 54, 55], strict=True):
        seen = inside(picture, 320, 180)
        errors = {k: np.abs(seen - truth[k]).mean() for k in range(max(0, frame - 3), frame + 4)}
        assert min(errors, key=errors.__getitem__) == frame


def test_every_frame_carries_its_own_words(measurement: Measurement, tmp_path: Path) -> None:
    made = document(measurement, ("0", "2/25", "left_out"), ("1", "26/25", "undecidable"))
    (copy,) = copies.write(made, [measurement], tmp_path / "out")
    assert copy.path is not None
    rows = read(copy.path)
    bands = [np.concatenate([picture[:44], picture[-44:]]) for _, picture in rows]
    assert all(band.max() > 200 for band in bands)
    # The same words give the same pixels but for the encoder; another frame number or finding does not.
    assert np.abs(bands[0].astype(int) - bands[1]).max() > 100
    assert np.abs(bands[0][:44].astype(int) - bands[1][:44]).max() < 60
    assert np.abs(bands[0][:44].astype(int) - bands[2][:44]).max() > 100


def test_frames_of_variable_rate_keep_their_times(tmp_path: Path) -> None:
    found = of(ODD["uneven_times"](tmp_path), tmp_path / "kept")
    whole = ("0", str(found.frames.end_s), "left_out")
    (copy,) = copies.write(document(found, whole), [found], tmp_path / "out")
    assert copy.path is not None
    times_s = [time_s for time_s, _ in read(copy.path)]
    first_s = found.frames.start_s
    truth_s = [found.frames.time_s(k) - (first_s if k == 0 else 0) for k in range(len(found.frames))]
    assert times_s == truth_s


def test_a_span_that_begins_between_frames_begins_with_the_frame_on_screen(
    measurement: Measurement, tmp_path: Path
) -> None:
    made = document(measurement, ("9/50", "13/50", "left_out"))
    (copy,) = copies.write(made, [measurement], tmp_path / "out")
    assert copy.path is not None
    assert [time_s for time_s, _ in read(copy.path)] == [0, Fraction(1, 50), Fraction(3, 50)]


def test_portions_give_the_same_film_as_one(
    measurement: Measurement, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = document(measurement, ("0", "12/5", "left_out"))
    (whole,) = copies.write(made, [measurement], tmp_path / "whole")
    monkeypatch.setattr(copies, "_PORTION_BYTES", 3 * 320 * 180 * 7)
    (parts,) = copies.write(made, [measurement], tmp_path / "parts")
    assert whole.path is not None
    assert parts.path is not None
    assert whole.path.read_bytes() == parts.path.read_bytes()


def test_recordings_are_not_touched(measurement: Measurement, tmp_path: Path) -> None:
    path = measurement.exhibit.path
    before = path.read_bytes(), path.stat().st_mtime_ns, path.stat().st_mode
    copies.write(document(measurement, ("0", "1", "left_out")), [measurement], tmp_path / "out")
    assert before == (path.read_bytes(), path.stat().st_mtime_ns, path.stat().st_mode)


def test_a_recording_that_was_used_whole_has_no_copy(measurement: Measurement, tmp_path: Path) -> None:
    assert copies.write(document(measurement), [measurement], tmp_path / "out") == []


def test_a_changed_file_gets_a_line_and_no_copy(measurement: Measurement, tmp_path: Path) -> None:
    film(measurement.exhibit.path, moving(60, seed=88, width=320, height=180))
    (copy,) = copies.write(document(measurement, ("0", "1", "left_out")), [measurement], tmp_path / "out")
    assert copy.path is None
    assert copy.problem == (
        "helmet.mp4: it is no longer the file that was measured; there is no working copy of it"
    )
    assert list((tmp_path / "out").iterdir()) == []


def test_a_file_whose_times_name_two_frames_gets_a_line_and_no_copy(tmp_path: Path) -> None:
    joined = of(ODD["joined"](tmp_path), tmp_path / "kept")
    (copy,) = copies.write(document(joined, ("0", "1", "left_out")), [joined], tmp_path / "out")
    assert copy.path is None
    assert "some of its times name two frames" in copy.problem


def test_a_frame_that_cannot_be_decoded_again_is_grey_and_counted(
    measurement: Measurement, tmp_path: Path
) -> None:
    pts = measurement.frames.pts.copy()
    pts[3] += 1
    shifted = replace(measurement, frames=replace(measurement.frames, pts=pts))
    (copy,) = copies.write(document(measurement, ("0", "1/5", "left_out")), [shifted], tmp_path / "out")
    assert copy.path is not None
    assert (copy.frames, copy.undecoded) == (5, 1)
    grey = inside(read(copy.path)[3][1], 320, 180)
    assert abs(float(np.median(grey)) - 96) < 6


def test_a_folder_that_is_not_empty_is_refused_and_left_as_it_is(
    measurement: Measurement, tmp_path: Path
) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("mine")
    with pytest.raises(OffcutError, match="the folder is not empty; no working copy was written"):
        copies.write(document(measurement, ("0", "1", "left_out")), [measurement], tmp_path / "out")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["mine.txt"]


def test_a_place_without_a_folder_is_refused(measurement: Measurement, tmp_path: Path) -> None:
    with pytest.raises(OffcutError, match="No such file"):
        copies.write(document(measurement), [measurement], tmp_path / "none" / "out")


@contextmanager
def file_sizes_of_at_most(size_bytes: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.skipif(sys.platform != "linux", reason="the room is a process of its own only there")
def test_a_disk_that_takes_no_more_is_one_line_and_leaves_no_half_film(
    measurement: Measurement, tmp_path: Path
) -> None:
    made = document(measurement, ("0", "12/5", "left_out"))
    with file_sizes_of_at_most(20_000), pytest.raises(OffcutError) as raised:
        copies.write(made, [measurement], tmp_path / "out")
    words = os.strerror(errno.EFBIG)
    assert str(raised.value) == f"0-helmet-left-out.mp4: {words}; this working copy could not be written"
    assert list((tmp_path / "out").iterdir()) == []


def test_recordings_of_one_name_have_copies_of_their_own(measurement: Measurement, tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    other = of(Path(shutil.copy(measurement.exhibit.path, tmp_path / "b" / "helmet.mp4")), tmp_path / "kept")
    made = document(measurement, ("0", "1/5", "left_out"))
    made["recordings"] *= 2
    made["left_out"].append(made["left_out"][0] | {"recording": 1})
    found = copies.write(made, [measurement, other], tmp_path / "out")
    assert [copy.path.name for copy in found if copy.path] == [
        "0-helmet-left-out.mp4",
        "1-helmet-left-out.mp4",
    ]


def test_the_size_of_a_copy_is_that_of_a_display(tmp_path: Path) -> None:
    path = film(tmp_path / "large.mp4", moving(3, width=1280, height=720))
    found = of(path, tmp_path / "kept")
    (copy,) = copies.write(document(found, ("0", "3/25", "left_out")), [found], tmp_path / "out")
    assert copy.path is not None
    width, height = burn.canvas(640, 360)
    assert read(copy.path)[0][1].shape == (height, width, 3)
