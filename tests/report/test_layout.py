from dataclasses import replace
from fractions import Fraction

from report_cases import small_edit, small_examination, sourced

from offcut.records import Box, RawSpan
from offcut.report import conform, examination
from offcut.report.layout import lanes, marks, recording_strip, release_strip, shot_strip


def test_bars_lie_in_lanes_where_they_overlap() -> None:
    spans = [(Fraction(a), Fraction(b)) for a, b in ((0, 4), (3, 6), (4, 5), (6, 8))]
    assert lanes(spans) == [0, 1, 0, 0]


def test_the_release_strip_places_bars_by_time() -> None:
    strip = release_strip(conform(small_edit()))
    assert [(bar.x, bar.width, bar.lane, bar.label) for bar in strip.bars] == [
        (0.0, 20.0, 0, "–"),
        (20.0, 30.0, 0, "A"),
        (45.0, 25.0, 1, "A"),
        (70.0, 30.0, 0, "B"),
    ]


def test_a_recording_strip_keeps_left_out_below_what_was_used() -> None:
    strip = recording_strip(conform(small_edit()), 1)
    assert [(bar.look, bar.lane) for bar in strip.bars] == [
        ("r1", 0),
        ("left-out", 1),
        ("undecidable", 1),
        ("left-out", 1),
    ]
    assert strip.bars[2].label.startswith("? 5.0")


def test_a_picture_set_into_another_has_the_lowest_lane_and_says_so() -> None:
    corner = Box(0.7, 0.05, 0.25, 0.25)
    inset = replace(sourced(1, 6, 1, 4), placed=corner)
    edit = small_edit()
    strip = release_strip(conform(replace(edit, segments=[inset, *edit.segments])))
    assert [(bar.lane, bar.label) for bar in strip.bars] == [
        (2, "+B"),
        (0, "–"),
        (0, "A"),
        (1, "A"),
        (0, "B"),
    ]
    assert strip.bars[0].title.endswith("seen at the same time as another, in the top right part")


def test_a_held_frame_is_called_one_on_its_recording() -> None:
    edit = replace(small_edit(), segments=[sourced(0, 10, 0, 3, speed=0)])
    bars = recording_strip(conform(edit), 0).bars
    assert bars[0].title == "0:03.000, one frame, held: used in segment 1"


def test_bars_stay_inside_the_strip_even_where_the_times_do_not() -> None:
    edit = replace(
        small_edit(), segments=[sourced(-5, 40, 0, -9, alternatives=[RawSpan(Fraction(0), Fraction(1))])]
    )
    bars = [*release_strip(conform(edit)).bars, *recording_strip(conform(edit), 0).bars]
    assert all(0 <= bar.x <= bar.x + bar.width <= 100 for bar in bars)


def test_marks_are_round_and_few() -> None:
    for length_s in (Fraction(1, 2), Fraction(47), Fraction(3600), Fraction(90_000)):
        found = marks(Fraction(0), length_s)
        assert 2 <= len(found) <= 7
        assert found[0] == (0.0, found[0][1])
    assert marks(Fraction(1), Fraction(1)) == []


def test_transitions_and_flashes_have_a_lane_of_their_own() -> None:
    strip = shot_strip(examination(small_examination()), "file-2-")
    assert strip.lanes == 2
    assert [(bar.look, bar.lane, bar.href) for bar in strip.bars] == [
        ("shot0", 0, "#file-2-shot-1"),
        ("shot1", 0, "#file-2-shot-2"),
        ("flash", 1, "#file-2-shots"),
    ]
