from fractions import Fraction

import opentimelineio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from offcut.report.timecode import Grid, usual_rate_hz

NTSC, NTSC_60 = Fraction(30000, 1001), Fraction(60000, 1001)


@given(st.integers(0, 30 * 3600 * 23), st.sampled_from([NTSC, NTSC_60]))
def test_drop_frame_timecode_is_that_of_another_implementation(frame: int, rate_hz: Fraction) -> None:
    time = opentimelineio.opentime.RationalTime(frame, float(rate_hz))
    other = opentimelineio.opentime.to_timecode(time, float(rate_hz), drop_frame=True)
    assert Grid.of(rate_hz).drop_timecode(frame) == other


@given(st.integers(0, 10**6), st.sampled_from([Fraction(24), Fraction(25), NTSC, Fraction(50), NTSC_60]))
def test_non_drop_timecode_counts_frames(frame: int, rate_hz: Fraction) -> None:
    grid = Grid.of(rate_hz)
    hours, minutes, seconds, frames = map(int, grid.timecode(frame).split(":"))
    assert ((hours * 60 + minutes) * 60 + seconds) * grid.base + frames == frame


def test_drop_frame_keeps_to_the_clock_and_non_drop_falls_behind() -> None:
    grid = Grid.of(NTSC)
    hour = grid.frame(Fraction(3600))
    assert grid.drop_timecode(hour) == "01:00:00;00"
    assert grid.timecode(hour) == "00:59:56:12"


def test_names_left_out_do_not_occur() -> None:
    grid = Grid.of(NTSC)
    assert [grid.drop_timecode(f) for f in (1799, 1800, 17981, 17982)] == [
        "00:00:59;29",
        "00:01:00;02",
        "00:09:59;29",
        "00:10:00;00",
    ]


@pytest.mark.parametrize("frame", [-1, 100 * 3600 * 25])
def test_a_time_that_timecode_cannot_name_is_refused(frame: int) -> None:
    with pytest.raises(ValueError, match="hours"):
        Grid.of(Fraction(25)).timecode(frame)


def test_a_rate_without_drop_frame_says_so() -> None:
    with pytest.raises(ValueError, match="no drop-frame"):
        Grid.of(Fraction(25)).drop_timecode(0)


@pytest.mark.parametrize(
    ("frames", "end_s", "rate_hz"),
    [
        (250, "10", Fraction(25)),
        (300, "1001/100", NTSC),
        (2998, "100", NTSC),
        (100, "7", Fraction(100, 7)),
        (0, "7", None),
        (None, "7", None),
        (5, "0", None),
    ],
)
def test_a_rate_is_the_usual_one_nearby_or_the_average(
    frames: int | None, end_s: str, rate_hz: Fraction | None
) -> None:
    assert usual_rate_hz({"frames": frames, "start_s": "0", "end_s": end_s}) == rate_hz
