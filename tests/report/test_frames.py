from dataclasses import replace
from fractions import Fraction

import jsonschema
import numpy as np
import pytest
from report_cases import small_edit

from offcut.report import document
from offcut.report.files import schema
from offcut.report.frames import on_screen
from offcut.timeline import FrameTimes

UNEVEN = FrameTimes(Fraction(1, 1000), np.array([40, 70, 140, 540]), 600)


@pytest.mark.parametrize(
    ("time_s", "frame"),
    [("0", None), ("39/1000", None), ("1/25", 0), ("69/1000", 0), ("7/100", 1), ("1/2", 2), ("3/5", 4)],
)
def test_a_frame_is_counted_and_not_computed_from_a_rate(time_s: str, frame: int | None) -> None:
    assert on_screen(UNEVEN, Fraction(time_s)) == frame


def test_no_time_and_no_frames_have_no_number() -> None:
    assert on_screen(UNEVEN, None) is None
    assert on_screen(FrameTimes(Fraction(1), np.zeros(0, np.int64), 0), Fraction(0)) is None


def test_the_document_numbers_the_frames_of_every_segment_and_span() -> None:
    made = document.conform(small_edit())
    jsonschema.validate(made, schema("offcut.conform/1"))
    rows = [
        tuple(s[name] for name in ("start_frame", "end_frame", "raw_start_frame", "raw_end_frame"))
        for s in made["segments"]
    ]
    assert rows == [(0, 60, None, None), (60, 150, 30, 120), (135, 210, 180, 255), (210, 300, 120, 210)]
    assert [(s["start_frame"], s["end_frame"]) for s in made["left_out"]][:3] == [
        (0, 30),
        (120, 180),
        (255, 300),
    ]


def test_a_recording_of_variable_rate_is_numbered_on_its_own_clock() -> None:
    edit = small_edit()
    pts = np.arange(300, dtype=np.int64) * 2
    pts[10:] += 5
    uneven = replace(edit.recordings[0], frames=FrameTimes(Fraction(1, 60), pts, 610))
    made = document.conform(replace(edit, recordings=[uneven, *edit.recordings[1:]]))
    # At 1 s tick 60 is on screen: frame 27, whose tick is 59.
    assert made["segments"][1]["raw_start_frame"] == 27
