from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from offcut import room, show
from offcut.decode.limits import Limits
from offcut.records import Measurement
from offcut.report.pictures import Wanted
from offcut.signals import measured
from offcut.testing.odd import ODD
from offcut.testing.odd_shapes import film, moving

TIMES_S = (Fraction(0), Fraction(13, 25), Fraction(2))


@pytest.fixture
def measurement(tmp_path: Path) -> Measurement:
    return measured(film(tmp_path / "a.mp4", moving(60)), ("picture", "strip"), folder=tmp_path / "kept")


def wanted(*frames_s: Fraction, strip_s: tuple[Fraction, ...] = ()) -> dict[int, Wanted]:
    return {3: Wanted(strip_s=strip_s, frames_s=frames_s)}


def difference(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    return float(np.abs(one.astype(int) - other).mean())


def test_a_frame_is_the_one_on_screen_at_that_time(measurement: Measurement) -> None:
    late_s = Fraction(13, 25) + Fraction(1, 60)
    pictures = show.gather({3: measurement}, wanted(*TIMES_S, late_s))
    truth = moving(60)
    for time_s, frame in (*zip(TIMES_S, (0, 13, 50), strict=True), (late_s, 13)):
        shown = pictures.frames[3, time_s]
        others = [difference(shown, picture) for picture in truth[max(0, frame - 3) : frame + 4]]
        assert others.index(min(others)) == min(3, frame)


def test_the_strip_comes_from_the_kept_signals_without_a_room(
    measurement: Measurement, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "grab", None)
    strip = show.gather({3: measurement}, wanted(strip_s=(Fraction(0), Fraction(9, 10)))).strips[3]
    assert [time_s for time_s, _ in strip] == [0, Fraction(26, 25)]
    assert strip[0][1].shape == (120, 160, 3)
    assert difference(strip[1][1], moving(60)[26]) < 12


def test_without_a_strip_signal_there_is_no_strip(measurement: Measurement) -> None:
    bare = replace(measurement, signals={})
    assert show.gather({3: bare}, wanted(strip_s=(Fraction(0),))).strips == {3: []}


@pytest.mark.parametrize("what", ["gone", "changed"])
def test_a_file_that_is_no_longer_what_was_measured_gives_no_frames(
    what: str, measurement: Measurement, tmp_path: Path
) -> None:
    path = measurement.exhibit.path
    if what == "gone":
        path.unlink()
    else:
        film(path, moving(60, seed=88))
    pictures = show.gather({3: measurement}, wanted(*TIMES_S, strip_s=(Fraction(0),)))
    assert pictures.frames == {}
    assert len(pictures.strips[3]) == 1


def test_where_a_time_names_two_frames_none_is_shown(tmp_path: Path) -> None:
    joined = measured(ODD["joined"](tmp_path), ("strip",), folder=tmp_path / "kept")
    assert show.gather({3: joined}, wanted(Fraction(1, 2))).frames == {}


def test_a_damaged_file_is_shown_as_it_was_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    limits: list[Limits] = []
    truly = room.grab

    def noted(*arguments: Any, **rest: Any) -> dict[int, NDArray[np.uint8]]:
        limits.append(rest["limits"])
        return truly(*arguments, **rest)

    monkeypatch.setattr(room, "grab", noted)
    for name in ("scratched", "plain"):
        found = measured(ODD[name](tmp_path), ("strip",), folder=tmp_path / "kept")
        assert len(show.gather({3: found}, wanted(Fraction(0))).frames) == 1
    assert [one.threads for one in limits] == [1, Limits().threads]


def test_progress_goes_from_file_to_file(measurement: Measurement) -> None:
    told: list[tuple[str, float]] = []
    two = {0: Wanted((), ()), 1: Wanted((), ())}
    show.gather({0: measurement, 1: measurement}, two, progress=lambda *step: told.append(step))
    assert told == [("taking pictures", 0.0), ("taking pictures", 0.5)]


@pytest.mark.parametrize(
    ("luma", "u", "v", "colour"),
    [(16, 128, 128, (0, 0, 0)), (235, 128, 128, (255, 255, 255)), (81, 90, 240, (255, 0, 0))],
)
def test_colours_are_those_of_bt_601(luma: int, u: int, v: int, colour: tuple[int, int, int]) -> None:
    picture = show.rgb(
        np.full((4, 6), luma, np.uint8), np.stack([np.full((2, 3), c, np.uint8) for c in (u, v)])
    )
    assert picture.shape == (4, 6, 3)
    assert np.abs(picture.astype(int) - colour).max() <= 2
