from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from offcut import shots
from offcut.indicators.picture import RULES, read
from offcut.records import Flash, Indicator, Measurement, Opening, Shot
from offcut.testing.small_pictures import Clip, black, dissolved, joined, measurement, place
from offcut.timeline import Span

ROOT = Path(__file__).parents[2]


def stated(subject: Measurement) -> dict[str, Indicator]:
    return {i.id: i for i in read(subject, *shots.find(subject))}


def with_confidences(*confidences: float) -> dict[str, Indicator]:
    """What is read from shots that open by cuts of the given confidences, one a second."""
    subject = measurement(place(1, 25 * (len(confidences) + 1)))
    found = [Shot(Fraction(0), Fraction(1), Opening("start", Fraction(0), Fraction(0), 1.0))]
    for number, confidence in enumerate(confidences, start=1):
        at_s = Fraction(number)
        found.append(Shot(at_s, at_s + 1, Opening("cut", at_s, at_s, confidence)))
    return {i.id: i for i in read(subject, found, [])}


def frozen(clip: Clip, first: int, end: int) -> Clip:
    luma, chroma = (part.copy() for part in clip)
    luma[first:end], chroma[first:end] = luma[first], chroma[first]
    return luma, chroma


def test_a_cut_is_stated_with_the_frame_it_rests_on() -> None:
    found = stated(measurement(joined(place(1, 40), place(2, 40))))
    cut = found["picture.cut"]
    assert (cut.points_to, cut.strength) == ("assembled", "strong")
    assert cut.spans == [Span(Fraction(40, 25), Fraction(41, 25))]
    assert cut.measured["count"] == 1
    assert "0:01.600" in cut.statement
    assert "picture.no_break_found" not in found


def test_a_dissolve_is_stated_with_its_extent() -> None:
    found = stated(measurement(dissolved(place(1, 60, speed_px=0.1), place(2, 60, speed_px=0.1), 15)))
    gradual = found["picture.gradual_transition"]
    assert gradual.measured["kinds"] == {"dissolve": 1}
    (span,) = gradual.spans
    assert float(span.duration_s) == pytest.approx(15 / 25, abs=0.1)
    assert "picture.cut" not in found


@pytest.mark.parametrize(
    ("confidences", "strength"), [((0.94,), "weak"), ((0.96,), "strong"), ((0.8, 0.8), "strong")]
)
def test_many_doubtful_cuts_are_as_strong_as_the_chance_that_one_is_true(
    confidences: tuple[float, ...], strength: str
) -> None:
    assert with_confidences(*confidences)["picture.cut"].strength == strength


def test_long_lists_of_places_are_cut_short_in_words_but_not_in_spans() -> None:
    cut = with_confidences(*[0.9] * 8)["picture.cut"]
    assert cut.statement.count("0:0") == 5
    assert "and 3 more" in cut.statement
    assert len(cut.spans) == 8


def test_an_unbroken_take_is_said_to_show_no_break_and_no_more() -> None:
    subject = measurement(place(3, 100))
    found = stated(subject)
    assert set(found) == {"picture.no_break_found"}
    sign = found["picture.no_break_found"]
    assert (sign.points_to, sign.strength) == ("continuous", "weak")
    assert sign.measured["frames"] == 100
    assert "nearly the same" in sign.statement
    assert sign.spans == [Span(subject.frames.start_s, subject.frames.end_s)]


@pytest.mark.parametrize("level", [16, 120])
def test_a_file_that_shows_nothing_is_not_said_to_show_no_break(level: int) -> None:
    assert stated(measurement(black(60, level=level))) == {}


def test_flashes_are_counted_beside_what_was_not_found() -> None:
    subject = measurement(place(3, 50))
    whole, _ = shots.find(subject)
    (sign,) = read(subject, whole, [Flash(Fraction(1), Fraction(11, 10), 0.9)])
    assert sign.measured["flashes_not_counted"] == 1


def test_a_picture_that_stands_still_amid_movement_is_stated() -> None:
    found = stated(measurement(frozen(place(4, 90, speed_px=2), 30, 50)))
    still = found["picture.repeated_frames"]
    assert (still.points_to, still.strength) == ("produced", "weak")
    assert still.spans == [Span(Fraction(30, 25), Fraction(50, 25))]
    assert still.measured["longest_s"] == 0.8


@pytest.mark.parametrize(
    "clip",
    [
        pytest.param(frozen(place(4, 90, speed_px=2), 30, 40), id="shorter than half a second"),
        pytest.param(frozen(place(4, 90, speed_px=2), 60, 90), id="at the end"),
        pytest.param(frozen(place(4, 90, speed_px=0), 0, 90), id="nothing ever moves"),
        pytest.param(joined(place(4, 50), frozen(place(5, 30), 0, 30), place(6, 50)), id="a shot of its own"),
    ],
)
def test_stillness_without_movement_around_it_is_not_stated(clip: Clip) -> None:
    assert "picture.repeated_frames" not in stated(measurement(clip))


def test_black_between_pictures_is_stated() -> None:
    found = stated(measurement(joined(place(1, 40), black(10), place(2, 40))))
    dark = found["picture.black_span"]
    assert dark.spans == [Span(Fraction(40, 25), Fraction(50, 25))]
    assert dark.strength == "weak"


@pytest.mark.parametrize(
    "clip",
    [
        pytest.param(joined(black(10), place(1, 40)), id="at the start"),
        pytest.param(joined(place(1, 40), black(10)), id="at the end"),
        pytest.param(joined(place(1, 40), black(4), place(2, 40)), id="too short"),
        pytest.param(joined(place(1, 40), black(10, level=60), place(2, 40)), id="grey"),
    ],
)
def test_what_is_no_black_inside_the_file_is_not_stated(clip: Clip) -> None:
    assert "picture.black_span" not in stated(measurement(clip))


def test_noise_of_a_covered_lens_is_not_called_black() -> None:
    luma, chroma = black(20)
    luma = luma + np.random.default_rng(0).normal(0, 1.5, luma.shape).astype(np.float32)
    assert "picture.black_span" not in stated(measurement(joined(place(1, 40), (luma, chroma), place(2, 40))))


def test_every_rule_says_where_it_comes_from_and_when_it_misleads() -> None:
    assert len({rule.id for rule in RULES}) == len(RULES)
    for rule in RULES:
        assert rule.id.startswith("picture.")
        assert rule.source
        assert rule.false_readings.endswith(".")
        assert rule.strength != "decisive"


def test_every_rule_has_its_paragraph_in_the_documentation() -> None:
    page = (ROOT / "docs" / "shots.md").read_text()
    for rule in RULES:
        assert f"`{rule.id}`" in page
