from dataclasses import replace
from fractions import Fraction

from hypothesis import HealthCheck, given, settings
from report_cases import edits, small_edit, sourced, unsourced

from offcut.records import Edit, Offcut
from offcut.report import conform
from offcut.report.summary import summary


@given(edits())
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_the_sums_of_any_edit_agree_with_each_other(edit: Edit) -> None:
    total = conform(edit)["summary"]
    assert Fraction(total["with_source_s"]) + Fraction(total["without_source_s"]) >= Fraction(
        total["release_s"]
    )
    assert total["segments_with_source"] + total["segments_without_source"] == total["segments"]
    for name in ("used_s", "left_out_s", "undecidable_s"):
        assert sum(Fraction(of[name]) for of in total["by_recording"]) == Fraction(total[name])


def test_the_summary_adds_up_the_small_edit() -> None:
    total = conform(small_edit())["summary"]
    assert (total["release_s"], total["with_source_s"], total["without_source_s"]) == ("10", "8", "2")
    assert (total["segments"], total["segments_with_source"], total["segments_ambiguous"]) == (4, 3, 1)
    assert (total["recordings"], total["recordings_used"]) == (3, 2)
    assert (total["recordings_s"], total["used_s"], total["lowest_confidence"]) == ("22", "11/2", 0.8)
    first, second, never = total["by_recording"]
    assert (first["release_s"], first["used_s"], first["left_out_s"]) == ("5", "11/2", "9/2")
    assert (second["used_s"], second["left_out_s"], second["undecidable_s"]) == ("0", "5", "5")
    assert (never["segments"], never["used_s"], never["left_out_s"], never["recording_s"]) == (
        0,
        "0",
        "2",
        "2",
    )


def test_a_segment_is_shown_where_only_it_is_seen() -> None:
    _, before, after, _ = conform(small_edit())["segments"]
    assert (before["shown_s"], before["raw_shown_s"]) == ("13/4", "9/4")
    assert (after["shown_s"], after["raw_shown_s"]) == ("6", "15/2")


def test_a_reversed_segment_is_shown_at_the_raw_time_halfway_back() -> None:
    document = conform(
        replace(small_edit(), segments=[sourced(0, 2, 0, 8, speed=-1), unsourced(2, 10)], left_out=[])
    )
    assert document["segments"][0]["raw_end_s"] == "6"
    assert document["segments"][0]["raw_shown_s"] == "7"
    assert document["summary"]["by_recording"][0]["used_s"] == "2"


def test_time_that_is_called_both_left_out_and_undecidable_counts_as_undecidable() -> None:
    both = [
        Offcut(2, Fraction(0), Fraction(2), "left_out", ""),
        Offcut(2, Fraction(1), Fraction(2), "undecidable", "it does not move"),
    ]
    never = summary(replace(small_edit(), left_out=both))["by_recording"][2]
    assert (never["left_out_s"], never["undecidable_s"]) == ("1", "1")
