from fractions import Fraction
from typing import Any

from conform.evidence_cases import named
from offcut.conform.evidence_timecode import meeting_timecode
from offcut.records import Evidence, Structure

HOUR = 25 * 3600


def counting(start: int, length_s: str = "10", **more: Any) -> Structure:
    """A file whose timecode starts at frame `start` of 25 a second."""
    facts = {
        "track": 3,
        "at_byte": 700,
        "sample_at_byte": 48,
        "start_frame": start,
        "rate_hz": "25",
        "is_drop_frame": False,
        "length_s": length_s,
        "samples": 1,
        "reel": None,
    }
    return Structure("isobmff", {"timecode": [facts | more]})


def said(release: Structure, *raws: Structure) -> list[Evidence]:
    recordings = [named(f"raw{n}.mp4") for n in range(len(raws))]
    return meeting_timecode(named("release.mp4"), recordings, [release, *raws])


def test_a_count_within_that_of_a_recording_gives_both_spans() -> None:
    (one,) = said(counting(12 * HOUR + 100, "4"), counting(3 * HOUR), counting(12 * HOUR))
    assert one.recording == 1
    assert (one.start_s, one.end_s, one.raw_start_s, one.raw_end_s) == tuple(map(Fraction, (0, 4, 4, 8)))
    assert "12:00:04:00 to 12:00:07:24" in one.statement
    assert "anyone can set" in one.statement
    assert one.measured["shared_frames"] == 100


def test_counts_that_overlap_share_only_the_overlap() -> None:
    (one,) = said(counting(12 * HOUR + 200), counting(12 * HOUR))
    assert (one.start_s, one.end_s, one.raw_start_s, one.raw_end_s) == tuple(map(Fraction, (0, 2, 8, 10)))


def test_counts_that_do_not_meet_leave_the_release_alone() -> None:
    (one,) = said(counting(12 * HOUR + 250), counting(12 * HOUR))
    assert (one.recording, one.start_s) == (None, None)
    assert "no timecode track of the recordings given" in one.statement


def test_other_rates_and_ways_of_counting_are_not_compared() -> None:
    for other in (counting(12 * HOUR, rate_hz="24"), counting(12 * HOUR, is_drop_frame=True)):
        assert said(counting(12 * HOUR), other)[0].recording is None


def test_two_counts_from_a_default_start_say_nothing() -> None:
    for start in (0, HOUR, 10 * HOUR):
        (one,) = said(counting(start), counting(start))
        assert one.recording is None
        assert "when nobody sets a time" in one.statement
    assert said(counting(HOUR + 25), counting(HOUR))[0].recording == 0


def test_of_a_track_with_several_counts_only_the_first_frame_is_known() -> None:
    (one,) = said(counting(12 * HOUR + 25), counting(12 * HOUR + 25, samples=2))
    assert (one.start_s, one.end_s) == (Fraction(0), Fraction(1, 25))
    assert said(counting(12 * HOUR + 50), counting(12 * HOUR + 25, samples=2))[0].recording is None


def test_equal_reels_are_named() -> None:
    (one,) = said(counting(12 * HOUR, reel="A0042"), counting(12 * HOUR, reel="A0042"))
    assert one.statement.endswith("Both name the reel A0042.")
    assert "reel" not in said(counting(12 * HOUR, reel="A1"), counting(12 * HOUR, reel="B2"))[0].statement


def test_a_release_without_timecode_says_nothing() -> None:
    assert said(Structure("matroska", {}), counting(HOUR)) == []
