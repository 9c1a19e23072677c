import json
from dataclasses import replace
from fractions import Fraction
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from report_cases import edits, measured, small_edit, small_examination, sourced

from offcut import __version__
from offcut.indicators.rule import Rule
from offcut.records import Box, Edit, Offcut, Overlay
from offcut.report import conform, examination, schema


def valid(document: dict[str, Any]) -> dict[str, Any]:
    jsonschema.Draft202012Validator(schema(document["schema"])).validate(document)
    return document


@given(edits())
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_edit_gives_a_document_that_its_schema_accepts_and_json_keeps(edit: Edit) -> None:
    document = valid(conform(edit))
    assert json.loads(json.dumps(document, allow_nan=False)) == document


def test_an_examination_gives_a_document_that_its_schema_accepts() -> None:
    document = valid(examination(small_examination()))
    assert json.loads(json.dumps(document, allow_nan=False)) == document


@pytest.mark.parametrize(
    "broken",
    [
        {"limits": []},
        {"limits": ["nothing to say"]},
        {"schema": "offcut.conform/2"},
        {"segments": [{}]},
        {"sound": [{"start_s": "0", "end_s": "1", "finding": "dubbed"}]},
    ],
)
def test_the_schema_refuses_a_document_that_breaks_the_contract(broken: dict[str, Any]) -> None:
    document = {**conform(small_edit()), **broken}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(schema("offcut.conform/1")).validate(document)


@pytest.mark.parametrize("time", ["0.5", "1/0", "01", "1 s", 0.5, None])
def test_the_schema_refuses_a_time_that_is_not_an_exact_rational(time: object) -> None:
    document = conform(small_edit())
    document["segments"][0]["start_s"] = time
    with pytest.raises(jsonschema.ValidationError):
        valid(document)


@pytest.mark.parametrize("name", sorted(schema("offcut.conform/1")["$defs"]["segment"]["required"]))
def test_the_schema_misses_every_named_field_of_a_segment(name: str) -> None:
    document = conform(small_edit())
    del document["segments"][1][name]
    with pytest.raises(jsonschema.ValidationError):
        valid(document)


def test_fields_may_be_added_to_a_segment_but_not_to_a_box() -> None:
    document = conform(small_edit())
    document["segments"][1]["note"] = "added later"
    valid(document)
    document["segments"][1]["crop"]["depth"] = 1.0
    with pytest.raises(jsonschema.ValidationError):
        valid(document)


def test_what_was_not_measured_is_null_and_named_in_the_limits() -> None:
    document = examination(small_examination())
    for name in ("speeds", "overlays", "sounds", "splices"):
        assert document[name] is None
        assert any(limit.startswith(f"not measured: {name} ") for limit in document["finding"]["limits"])
    document = conform(small_edit())
    assert document["sound"] is None
    assert any(limit.startswith("not measured: sound ") for limit in document["limits"])


def test_overlays_nobody_looked_for_are_null_and_overlays_found_are_kept() -> None:
    edit = small_edit()
    document = conform(edit)
    assert [segment["overlays"] for segment in document["segments"]] == [None] * 4
    assert any("not measured: overlays" in limit for limit in document["limits"])
    logo = Overlay("logo", Fraction(2), Fraction(5), Box(0, 0, 0.1, 0.1), "NEWS", 0.7)
    sought = conform(replace(edit, overlays_sought=True))
    assert [s["overlays"] for s in sought["segments"]] == [
        None if s.recording is None else [] for s in edit.segments
    ]
    with_logo = replace(edit, segments=[replace(edit.segments[1], overlays=[logo]), edit.segments[2]])
    document = valid(conform(with_logo))
    assert document["segments"][0]["overlays"][0]["text"] == "NEWS"
    assert document["segments"][1]["overlays"] == []
    assert not any("not measured: overlays" in limit for limit in document["limits"])


def test_left_out_is_always_said_to_be_relative_to_the_recordings_given() -> None:
    assert "relative to the recordings given" in conform(small_edit())["limits"][0]
    said = "left out means relative to the recordings given, here 3"
    limits = conform(replace(small_edit(), limits=[said]))["limits"]
    assert [limit for limit in limits if "relative to" in limit] == [said]


def test_times_are_exact_rationals() -> None:
    document = conform(replace(small_edit(), segments=[sourced("1001/30000", "2", 0, "-1/3")], left_out=[]))
    segment = document["segments"][0]
    assert (segment["start_s"], segment["raw_start_s"], segment["speed"]) == ("1001/30000", "-1/3", "1")


def test_the_tool_names_analysers_and_libraries_apart() -> None:
    tool = conform(small_edit())["tool"]
    assert tool["offcut"] == __version__
    assert tool["analysers"] == {"picture": "1"}
    assert tool["libraries"] == {"libavcodec": "62.11.100", "numpy": "2.4"}
    assert tool["confinement"] == "one file, no network, no other files"


def test_two_decoder_versions_in_one_comparison_are_both_named() -> None:
    edit = small_edit()
    older = measured("first.mp4", versions={"libavcodec": "61.3"})
    tool = conform(replace(edit, recordings=[older, *edit.recordings[1:]]))["tool"]
    assert tool["libraries"]["libavcodec"] == "61.3 and 62.11.100"


def test_a_path_is_one_safe_line_and_the_hash_stays() -> None:
    document = conform(small_edit(release="cases/a\u202egpj.\n\x1b[2J.mp4", first="odd\udcff.mp4"))
    assert document["release"]["path"] == "cases/a\\u202egpj.\\n\\x1b[2J.mp4"
    assert document["recordings"][0]["path"] == "odd\\udcff.mp4"
    assert document["release"]["sha256"] == "0123456789abcdef" * 4
    assert document["release"]["frames"] == 300


def test_a_recording_that_was_not_given_is_refused() -> None:
    with pytest.raises(ValueError, match="recording 3 is named, but 3 were given"):
        conform(replace(small_edit(), left_out=[Offcut(3, Fraction(0), Fraction(1), "left_out", "")]))


def test_an_indicator_names_the_frames_on_both_sides_of_a_cut() -> None:
    indicator = examination(small_examination())["indicators"][0]
    assert indicator["frames"] == [
        {"index": 89, "time_s": "89/30", "what": "last before"},
        {"index": 90, "time_s": "3", "what": "first of the span"},
    ]
    assert indicator["measured"] == {"cuts": 1, "change": 0.5, "at_s": "3", "offset": 4120}


def test_known_false_readings_come_from_the_rules_and_are_null_without_them() -> None:
    rule = Rule("picture.cut", "…", "assembled", "strong", "…", "a camera that is hit")
    given_rules = examination(small_examination(), rules=[rule])["indicators"][0]
    assert given_rules["known_false_readings"] == "a camera that is hit"
    assert examination(small_examination())["indicators"][0]["known_false_readings"] is None


def test_damage_of_container_and_decoding_are_both_kept() -> None:
    assert examination(small_examination())["damage"] == [
        "byte 932: the last box is 4 bytes short",
        "the last packet is cut short",
    ]
