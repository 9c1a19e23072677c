"""The scorer of shot boundaries: a perfect answer is perfect, and each mistake is counted as what it is."""

import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "bench" / "shots"))
from generate_edits import Event
from shots_score import Score, Statement, add

TRUTH = [Event("cut", 50, 50), Event("dissolve", 100, 115), Event("jump", 200, 200)]
PERFECT = [Statement("cut", 50, 50), Statement("dissolve", 100, 115), Statement("cut", 200, 200)]
FLASH = [Event("flash", 150, 152)]
KINDS = ("cut", "jump", "dissolve")


def scored(said: list[Statement], **options: Any) -> Score:
    score = Score()
    add(score, TRUTH, options.get("distractors", FLASH), said)
    return score


def test_a_perfect_answer_is_perfect() -> None:
    score = scored(PERFECT)
    assert score.measures(KINDS) == pytest.approx((1, 1, 1))
    assert (score.exact, score.kind_right) == (3, 3)


@pytest.mark.parametrize(("off_by", "found"), [(2, 1), (-2, 1), (3, 0), (-3, 0)])
def test_a_cut_counts_within_two_frames_and_not_beyond(off_by: int, found: int) -> None:
    score = scored([Statement("cut", 50 + off_by, 50 + off_by)])
    assert score.found["cut"] == found
    assert sum(score.false_by_cause.values()) == 1 - found
    assert score.exact == 0


def test_two_statements_inside_one_dissolve_are_one_hit_and_no_false_alarm() -> None:
    score = scored([Statement("cut", 103, 103), Statement("cut", 110, 110)])
    assert score.found["dissolve"] == 1
    assert score.kind_right == 0
    assert not score.false_by_cause


def test_a_false_alarm_is_named_by_what_caused_it() -> None:
    score = scored([*PERFECT, Statement("cut", 151, 151), Statement("cut", 30, 30)])
    assert score.false_by_cause == {"flash": 1, "none": 1}
    assert score.measures(KINDS)[0] == pytest.approx(3 / 5)


def test_what_was_missed_lowers_recall_alone() -> None:
    precision, recall, _ = scored(PERFECT[:1]).measures(KINDS)
    assert precision == 1
    assert recall == pytest.approx(1 / 3)
