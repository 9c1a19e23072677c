from fractions import Fraction
from typing import Any

import pytest
from edit_cases import CORNER, WHOLE, dissolve, document, edits, segment
from hypothesis import given

from offcut.report import at_once
from offcut.timeline import Span

LEFT = {"x": 0.0, "y": 0.0, "width": 0.5, "height": 1.0}
RIGHT = {"x": 0.5, "y": 0.0, "width": 0.5, "height": 1.0}


def inset() -> dict[str, Any]:
    return document([segment("0", "4", "10"), segment("1", "3", "50", placed=CORNER, recording=1)])


def test_a_picture_set_into_another_is_the_further_one() -> None:
    assert at_once.pairs(inset()) == [(0, 1, Span(Fraction(1), Fraction(3)))]
    assert at_once.further(inset()) == [1]


def test_the_smaller_picture_is_the_further_one_also_where_it_is_listed_first() -> None:
    made = document([segment("0", "4", "10", placed=CORNER), segment("0", "4", "50", recording=1)])
    assert at_once.further(made) == [0]


def test_of_two_halves_the_one_listed_second_is_the_further_one() -> None:
    made = document([segment("0", "4", "10", placed=LEFT), segment("0", "4", "50", placed=RIGHT)])
    assert at_once.further(made) == [1]


@pytest.mark.parametrize("kind", ["dissolve", "wipe", "fade"])
def test_segments_that_share_a_transition_only_are_not_seen_at_once(kind: str) -> None:
    made = document([segment("0", "5", "10"), segment("4", "9", "50", opening=dissolve("4", "5", kind))])
    assert at_once.pairs(made) == []
    assert at_once.together(made) == ""


def test_what_goes_on_after_the_transition_is_seen_at_once_from_there_on() -> None:
    made = document([segment("0", "6", "10"), segment("4", "9", "50", opening=dissolve("4", "5"))])
    assert at_once.pairs(made) == [(0, 1, Span(Fraction(5), Fraction(6)))]


def test_both_segments_say_that_they_are_seen_together_and_where() -> None:
    said = at_once.places(inset())
    span = Span(Fraction(1), Fraction(3))
    assert said == {
        1: [("seen at the same time as", 0, ", in the top right part of the picture", span)],
        0: [("", 1, " is seen at the same time, in the top right part of the picture", span)],
    }


def test_the_sentence_counts_the_further_pictures() -> None:
    assert at_once.together(inset()).startswith("1 segment shares its time with another")


@pytest.mark.parametrize(
    ("box", "said"),
    [
        (WHOLE, ""),
        (None, ""),
        (CORNER, "in the top right part"),
        (LEFT, "in the left part"),
        (RIGHT, "in the right part"),
        ({"x": 0.0, "y": 0.5, "width": 1.0, "height": 0.5}, "in the bottom part"),
        ({"x": 0.0, "y": 0.7, "width": 0.3, "height": 0.3}, "in the bottom left part"),
        ({"x": 0.3, "y": 0.3, "width": 0.4, "height": 0.4}, "in the middle part"),
        ({"x": 0.3, "y": 0.05, "width": 0.4, "height": 0.2}, "in the top part"),
        ({"x": 0.05, "y": 0.0, "width": 0.92, "height": 0.95}, ""),
    ],
)
def test_parts_of_the_picture_have_names(box: dict[str, float] | None, said: str) -> None:
    assert at_once.part(box) == said


@given(edits())
def test_a_release_of_one_layer_has_nothing_seen_at_once_outside_transitions(
    made: tuple[Any, Fraction],
) -> None:
    for _, _, span in at_once.pairs(made[0]):
        over = [
            s for s in made[0]["segments"] if Fraction(s["start_s"]) <= span.start_s < Fraction(s["end_s"])
        ]
        assert len(over) >= 2
