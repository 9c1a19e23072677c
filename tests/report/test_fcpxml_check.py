import subprocess
from fractions import Fraction
from typing import Any

import opentimelineio
import pytest
from edit_cases import CORNER, Document, case, dissolve, document, edits, segment
from hypothesis import given, settings
from hypothesis import strategies as st

from offcut.report import fcpxml, fcpxml_check


def compared(made: Document, rate_hz: Fraction = Fraction(25), change: tuple[str, str] = ("", "")) -> Any:
    text, meant = fcpxml.planned(made, rate_hz=rate_hz)
    assert change[0] in text
    return fcpxml_check.differences(text.replace(*change, 1), meant, made, rate_hz=rate_hz)


def full() -> Document:
    second = segment("4", "10", "50", recording=1, speed="2", opening=dissolve("4", "5"))
    inset = segment("2", "3", "9", recording=2, placed=CORNER)
    heard = {"start_s": "0", "end_s": "4", "finding": "same", "recording": 0, "raw_start_s": "5"}
    return document([segment("0", "5", "5"), second, inset]) | {"sound": [heard | {"confidence": 0.9}]}


@settings(max_examples=30, deadline=None)
@given(edits(), st.sampled_from([Fraction(24), Fraction(25), Fraction(30000, 1001), Fraction(60)]))
def test_another_reader_finds_every_clip_where_it_was_meant(
    edit: tuple[Document, Fraction], rate_hz: Fraction
) -> None:
    assert compared(edit[0], rate_hz)[0] == []


@pytest.mark.parametrize("rate_hz", [Fraction(25), Fraction(30000, 1001)])
def test_connected_pictures_and_sound_are_found_too(rate_hz: Fraction) -> None:
    wrong, untold = compared(full(), rate_hz)
    assert wrong == []
    assert untold[:2] == [
        "speeds of 1 clips: the reader passes over time maps",
        "1 transitions: the reader passes over them",
    ]


@pytest.mark.parametrize("name", ["one", "two"])
def test_a_conform_case_is_read_back_as_meant(name: str) -> None:
    assert compared(case(name), Fraction(30))[0] == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            ('start="5s"', 'start="6s"'),
            "lane 0, clip 1: start in the recording is read as 150, written was 125",
        ),
        (('duration="1s" start="9s"', 'duration="2s" start="9s"'), "lane 1, clip 1: length is read as 50"),
        (('ref="a0"', 'ref="a1"'), "clip 1: the file is read as"),
        (("<spine>", "<spline>"), "the reader stopped"),
        (('lane="1"', 'lane="2"'), "lane 1: 1 clips written, 0 read"),
    ],
)
def test_a_file_that_was_changed_is_told_clip_by_clip(change: tuple[str, str], said: str) -> None:
    wrong, _ = compared(full(), change=change)
    assert any(said in line for line in wrong), wrong


def test_the_adapters_own_writer_still_drops_speeds_and_starts_programs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    # The reasons why it does not write our files; should this fail, its writer can be looked at again.
    media = tmp_path / "a.mp4"
    media.write_bytes(b"x")
    asked: list[Any] = []

    def noted(arguments: Any, **_: Any) -> bytes:
        asked.append(arguments)
        return b"640x360"

    monkeypatch.setattr(subprocess, "check_output", noted)
    schema, opentime = opentimelineio.schema, opentimelineio.opentime
    span = opentime.TimeRange(opentime.RationalTime(0, 25), opentime.RationalTime(100, 25))
    clip = schema.Clip(
        name="a",
        source_range=span,
        media_reference=schema.ExternalReference(media.as_uri(), span),
        effects=[schema.LinearTimeWarp(time_scalar=2)],
    )
    timeline = schema.Timeline(tracks=[schema.Track(kind="Video", children=[clip])])
    text = opentimelineio.adapters.write_to_string(timeline, "fcpx_xml")
    assert "timeMap" not in text
    assert asked
    assert asked[0][0] == "ffprobe"
