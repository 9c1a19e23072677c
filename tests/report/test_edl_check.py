from fractions import Fraction

import opentimelineio
import pytest
from edit_cases import Document, case, dissolve, document, edits, segment
from hypothesis import given, settings
from hypothesis import strategies as st

from offcut.report import edl, edl_check

FRAME_STEPS = (Fraction(1, 25), Fraction(1, 30), Fraction(1001, 30000))


def compared(made: Document, rate_hz: Fraction = Fraction(25)) -> tuple[list[str], list[str]]:
    text, meant = edl.planned(made, rate_hz=rate_hz)
    return edl_check.differences(text, meant, base=round(rate_hz))


@settings(max_examples=30, deadline=None)
@given(edits(FRAME_STEPS))
def test_another_reader_finds_every_event_as_it_was_meant(edit: tuple[Document, Fraction]) -> None:
    made, step_s = edit
    assert compared(made, 1 / step_s)[0] == []


@settings(max_examples=30, deadline=None)
@given(edits(), st.sampled_from([Fraction(24), Fraction(30000, 1001), Fraction(50)]))
def test_off_frames_another_reader_finds_every_event_too(
    edit: tuple[Document, Fraction], rate_hz: Fraction
) -> None:
    assert compared(edit[0], rate_hz)[0] == []


@pytest.mark.parametrize("name", ["one", "two"])
def test_a_conform_case_is_read_back_as_meant(name: str) -> None:
    assert compared(case(name), Fraction(30))[0] == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("00:00:05:00 00:00:09:00", "00:00:05:01 00:00:09:01", "event 1: source in is read as 126"),
        ("OTHER001", "OTHER002", "event 2: reel is read as OTHER002, written was OTHER001"),
        ("D    025", "D    024", "transition is read as dissolve of 24, written was dissolve of 25"),
        ("050.0", "049.0", "speed is read as 49/25, written was 2"),
        ("002  ", "     ", "2 events written, 1 read"),
        ("001  CLIP000", "001  CLI P000", "the reader stopped"),
        ("00:00:04:00 00:00:10:00", "00:00:04:00 00:00:10:01", "event 2: record out is read as 251"),
    ],
)
def test_a_list_that_was_changed_is_told_event_by_event(old: str, new: str, said: str) -> None:
    second = segment("4", "10", "50", recording=1, speed="2", opening=dissolve("4", "5"))
    text, meant = edl.planned(document([segment("0", "5", "5"), second]), rate_hz=Fraction(25))
    assert old in text
    wrong, _ = edl_check.differences(text.replace(old, new), meant, base=25)
    assert any(said in line for line in wrong), wrong


def test_a_fade_at_the_start_is_read_back_without_it_and_that_is_said() -> None:
    fade = segment("0", "10", "5", opening=dissolve("0", "1", "fade"))
    wrong, untold = compared(document([fade]))
    assert wrong == []
    assert untold == ["the reader refuses a transition at the start; event 1 was read back as a cut"]


def test_a_speed_that_the_reader_passes_over_is_said() -> None:
    wrong, untold = compared(document([segment("0", "10", "60", speed="-1")]))
    assert wrong == []
    assert "speeds of 1 events" in untold[0]


def test_a_rate_without_timecode_in_the_reader_is_said() -> None:
    wrong, untold = compared(document([segment("0", "10", "5")]), Fraction(15))
    assert (wrong, untold) == ([], ["not read back: the reader has no timecode of 15 frames a second"])


def test_the_adapters_own_writer_still_divides_a_source_by_its_speed() -> None:
    # The reason why it does not write our lists; should this fail, its writer can be looked at again.
    schema, opentime = opentimelineio.schema, opentimelineio.opentime
    span = opentime.TimeRange(opentime.RationalTime(0, 25), opentime.RationalTime(100, 25))
    clip = schema.Clip(name="a", source_range=span, effects=[schema.LinearTimeWarp(time_scalar=2)])
    timeline = schema.Timeline(tracks=[schema.Track(kind="Video", children=[clip])])
    text = opentimelineio.adapters.write_to_string(timeline, "cmx_3600")
    assert "00:00:00:00 00:00:02:00 00:00:00:00 00:00:04:00" in text
