import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from offcut.decode import libav
from offcut.decode.damage import has_two_clocks
from offcut.decode.limits import Limits, Refused
from offcut.decode.pick import NEAR_S
from offcut.records import Frame
from offcut.testing.odd import ODD
from offcut.testing.odd_shapes import film, moving

ONE = Limits(threads=1)


def frames(path: Path) -> tuple[list[Frame], list[str]]:
    with path.open("rb") as file:
        media = libav.open_media(file, limits=ONE)
        return [item for item in media.items() if isinstance(item, Frame)], media.damage


def picked(path: Path, wanted: Sequence[int]) -> dict[int, NDArray[np.uint8]]:
    with path.open("rb") as file:
        return dict(libav.pictures(file, wanted, longest_px=160, limits=ONE))


def readable(folder: Path) -> list[tuple[str, Path, list[int]]]:
    found = []
    for name, maker in ODD.items():
        path = maker(folder)
        try:
            measured, damage = frames(path) if path.is_file() else ([], [])
        except Refused:
            continue
        if measured and not has_two_clocks(damage):
            found.append((name, path, [frame.pts for frame in measured]))
    return found


def test_every_frame_of_every_file_is_found_alone_and_in_a_row(tmp_path: Path) -> None:
    files = readable(tmp_path)
    assert len(files) > 40
    for name, path, pts in files:
        row = picked(path, pts)
        assert sorted(row) == pts, name
        for one in (pts[0], pts[len(pts) // 2], pts[-1]):
            assert np.array_equal(picked(path, [one])[one], row[one]), (name, one)


def test_what_is_picked_is_what_was_measured(tmp_path: Path) -> None:
    for name in ("plain", "transport_stream", "rotated_90", "hidden_start", "scratched"):
        path = ODD[name](tmp_path)
        measured, _ = frames(path)
        for frame in (measured[0], measured[len(measured) // 2], measured[-1]):
            rgb = picked(path, [frame.pts])[frame.pts].astype(np.float64)
            assert rgb.shape[:2] == frame.luma.shape, name
            luma = 16 + rgb @ [65.481 / 255, 128.553 / 255, 24.966 / 255]
            assert float(np.abs(luma - frame.luma).mean()) < 3, (name, frame.index)


def test_a_time_between_two_frames_gives_nothing_and_costs_no_other(tmp_path: Path) -> None:
    path = ODD["plain"](tmp_path)
    pts = [frame.pts for frame in frames(path)[0]]
    assert sorted(picked(path, [pts[5] + 1, pts[6], pts[-1] + 10**6])) == [pts[6]]


def test_frames_far_apart_are_found_by_seeking(tmp_path: Path) -> None:
    path = film(tmp_path / "long.mp4", moving(25 * int(NEAR_S) * 3), options={"g": "25"})
    pts = [frame.pts for frame in frames(path)[0]]
    wanted = [pts[0], pts[112], pts[-1]]
    assert sorted(picked(path, wanted)) == wanted


def test_where_no_seek_helps_the_file_is_read_from_its_start(tmp_path: Path) -> None:
    class Counting(io.BytesIO):
        """Counts how often it is opened anew: before its first byte is read, the reader goes there."""

        starts = 0

        def seek(self, offset: int, whence: int = 0) -> int:
            self.starts += (offset, whence) == (0, 0)
            return super().seek(offset, whence)

    starts = {}
    for name in ("plain", "scratched"):
        path = ODD[name](tmp_path)
        pts = [frame.pts for frame in frames(path)[0]]
        file = Counting(path.read_bytes())
        assert [at for at, _ in libav.pictures(file, [pts[12]], longest_px=160, limits=ONE)] == [pts[12]]
        starts[name] = file.starts
    assert starts["scratched"] > starts["plain"]


@pytest.mark.parametrize("longest_px", [16, 100])
def test_a_picture_is_no_larger_than_asked_for(longest_px: int, tmp_path: Path) -> None:
    path = ODD["non_square"](tmp_path)
    with path.open("rb") as file:
        ((_, rgb),) = libav.pictures(file, [0], longest_px=longest_px, limits=ONE)
    assert rgb.shape == (round(longest_px * 120 / 213), longest_px, 3)
