from fractions import Fraction

import pytest

from offcut.report import words


@pytest.mark.parametrize(("at", "name"), [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (702, "AAA")])
def test_recordings_have_letters_as_columns_of_a_sheet_have(at: int, name: str) -> None:
    assert words.letter(at) == name


@pytest.mark.parametrize(
    ("speed", "said"),
    [
        ("1", "as recorded"),
        ("0", "one frame, held"),
        ("-1", "backwards, as recorded"),
        ("-83/100", "backwards, 0.83 × as recorded (slower)"),
        ("1/2", "0.5 × as recorded (slower)"),
        ("-2", "backwards, 2 × as recorded (faster)"),
        (None, "not measured"),
    ],
)
def test_speeds_are_said_in_words(speed: str | None, said: str) -> None:
    assert words.speed(speed) == said


def test_lengths_are_said_to_the_millisecond_and_shorter_where_room_is_short() -> None:
    assert words.seconds("1001/30000") == "0.033\N{NO-BREAK SPACE}s"
    assert words.seconds("4000") == "4,000.000\N{NO-BREAK SPACE}s"
    assert words.short_seconds(Fraction(71)) == "71.0\N{NO-BREAK SPACE}s"
    assert words.short_seconds(Fraction(1, 30)) == "0.033\N{NO-BREAK SPACE}s"


def test_a_window_is_said_side_by_side() -> None:
    box = {"x": 0.3125, "y": 0.0, "width": 0.375, "height": 1.0}
    assert words.window(box, "all of it") == "37.5% of the width, from 31.2% on, the whole height"
    assert words.window({"x": 0.0, "y": 0.004, "width": 1.0, "height": 0.993}, "all of it") == "all of it"
    assert words.window(None, "all of it") == "not measured"


def test_what_was_not_measured_is_not_said_to_be_absent() -> None:
    assert words.mirror(None) == "not measured"
    assert words.mirror(False) == "no"


def test_only_exact_numbers_of_seconds_are_shown_as_lengths() -> None:
    assert words.is_length("duration_s", "23467/500")
    assert not words.is_length("duration_s", "soon")
    assert not words.is_length("duration_s", 3.0)
    assert not words.is_length("timescale", "1000")


def test_a_box_tree_is_folded_and_a_short_list_is_not() -> None:
    box = {"type": "ftyp", "offset_bytes": 0, "size_bytes": 32, "children": []}
    assert words.is_folded("boxes", [box])
    assert words.are_boxes([box])
    assert not words.are_boxes([{"type": "ftyp"}])
    assert not words.is_folded("brands", {"major": "isom"})
    assert words.is_folded("tracks", [{"id": number} for number in range(41)])


def test_an_undetermined_form_is_not_said_to_fit() -> None:
    said = words.found({"finding": {"form": "undetermined", "confidence": 0.5}})
    assert said.startswith("The measurements do not say how this file was made")
    assert "onfidence" not in said


def test_a_unit_is_kept_where_the_value_does_not_carry_it() -> None:
    assert words.label("duration_s", "1/2") == "duration"
    assert words.label("duration_s", 0.5) == "duration in s"
    assert words.label("at_byte", 4) == "at byte"


def test_a_finding_lists_its_reasons_in_its_own_order() -> None:
    document = {"indicators": [{"id": "a"}, {"id": "b"}], "finding": {"because": ["b", "lost", "a"]}}
    assert [indicator["id"] for indicator in words.because(document)] == ["b", "a"]


@pytest.mark.parametrize(
    ("kind", "style", "said"),
    [
        ("cut", None, "a cut"),
        ("dissolve", None, "a dissolve"),
        ("wipe", "from left", "a wipe that comes in from the left"),
        ("fade", "from black", "a fade from black"),
        ("fade", "through white", "a fade through white"),
        ("fade", "flash", "a flash of white"),
        ("wipe", "clock", "a wipe (clock)"),
    ],
)
def test_openings_say_their_style_in_words(kind: str, style: str | None, said: str) -> None:
    assert words.opening({"kind": kind} | ({} if style is None else {"style": style})) == said
