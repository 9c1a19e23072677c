"""Evidence of bytes, from the edit to every form in which somebody reads it."""

from dataclasses import replace
from fractions import Fraction
from typing import Any

import jsonschema
import pytest
from report_cases import small_edit

from offcut.records import Evidence
from offcut.report import conform, schema
from offcut.report.html import conform_page
from offcut.report.otio import timeline
from offcut.report.pictures import Pictures
from offcut.report.words import EVIDENCE, evidence

COPIED = Evidence(
    "identical_packets",
    "The coded pictures of 75 frames are byte for byte those of first.mp4.",
    Fraction(2),
    Fraction(9, 2),
    0,
    Fraction(1),
    Fraction(7, 2),
    "release.mp4: picture packets 1 to 75; first.mp4: picture packets 31 to 105",
    {"frames": 75, "rivals": [{"recording": 1, "start_s": "2", "end_s": "3"}], "rivals_in_all": 1},
)
TIMED = Evidence("timecode", "The release has a timecode track.", None, None, None, None, None, "track 3", {})
NAMED = Evidence(
    "xmp_ingredient",
    "It names <b>x</b>\u202e.mp4.",
    None,
    None,
    2,
    None,
    None,
    "XMP",
    {"ingredient": {"a": "<i>"}},
)


def document(*said: Evidence) -> dict[str, Any]:
    made = conform(replace(small_edit(), evidence=said))
    jsonschema.Draft202012Validator(schema("offcut.conform/1")).validate(made)
    return made


def test_the_document_holds_every_field_with_exact_times() -> None:
    copied, timed, _ = document(COPIED, TIMED, NAMED)["evidence"]
    assert copied == {
        "kind": "identical_packets",
        "statement": COPIED.statement,
        "start_s": "2",
        "end_s": "9/2",
        "recording": 0,
        "raw_start_s": "1",
        "raw_end_s": "7/2",
        "source": COPIED.source,
        "measured": dict(COPIED.measured),
    }
    assert (timed["start_s"], timed["recording"]) == (None, None)


def test_the_summary_counts_overlapping_spans_once() -> None:
    other = replace(COPIED, start_s=Fraction(4), end_s=Fraction(6), recording=1)
    total = document(COPIED, other, TIMED)["summary"]
    assert (total["evidence"], total["identical_packets_s"]) == (3, "4")


def test_a_recording_that_was_not_given_is_refused() -> None:
    with pytest.raises(ValueError, match="recording 9 is named"):
        document(replace(COPIED, recording=9))


def test_one_sentence_says_what_there_is() -> None:
    said = evidence(document(COPIED, TIMED, NAMED, NAMED)).replace("\N{NO-BREAK SPACE}", " ")
    assert said == (
        "Without comparing pictures: 2.500 s of the release, in 1 span, is coded by the same bytes as "
        "recordings given; 1 statement about timecode; 2 statements about XMP ingredients."
    )
    assert evidence(document()) == evidence({"schema": "offcut.conform/1"}) == ""


def test_the_page_shows_statement_and_place_and_lets_nothing_out() -> None:
    page = conform_page(document(COPIED, TIMED, NAMED), Pictures())
    section = page.partition('<h2 id="evidence">')[2].partition("</section>")[0]
    assert "byte for byte those of first.mp4" in section
    assert "picture packets 31 to 105" in section
    assert section.count("<li id=") == 3
    assert "&lt;b&gt;x&lt;/b&gt;\\u202e.mp4" in section
    assert "<b>" not in section
    assert "<i>" not in section
    assert all(EVIDENCE[e.kind] in section for e in (COPIED, TIMED, NAMED))


def test_the_page_says_if_nothing_was_found_and_nothing_if_nobody_looked() -> None:
    assert "Nothing was found: no run of packets" in conform_page(document(), Pictures())
    older = {k: v for k, v in document().items() if k != "evidence"}
    assert 'id="evidence"' not in conform_page(older, Pictures())


def test_the_timeline_carries_the_evidence() -> None:
    made = timeline(document(COPIED))
    carried = made.metadata["offcut"]["evidence"]
    assert carried[0]["statement"] == COPIED.statement
    assert carried[0]["measured"]["rivals"][0]["recording"] == 1
