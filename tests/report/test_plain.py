import math
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from report_cases import measured

from offcut.records import Opening
from offcut.report.plain import measured_exhibit, one_line, opening, plain, readable


def test_a_figure_that_is_no_number_is_null_and_an_object_is_refused() -> None:
    assert plain({"a": math.nan, "b": np.float64("inf"), "c": np.bool_(True), "d": b"\x00\xff"}) == {
        "a": None,
        "b": None,
        "c": True,
        "d": "00ff",
    }
    with pytest.raises(TypeError, match="object has no place"):
        plain([object()])


@given(st.text(), st.characters(categories=["Cs"]))
def test_any_text_becomes_one_line_of_valid_unicode(text: str, half_a_character: str) -> None:
    shown = one_line(text + half_a_character)
    assert shown.isprintable()
    assert readable(shown).encode("utf-8").decode("utf-8") == shown


def test_records_and_times_are_written_exactly() -> None:
    assert plain({Path("a"): (Fraction(1, 3), np.arange(2), {1})}) == {"a": ["1/3", [0, 1], [1]]}


def test_an_exhibit_without_a_single_frame_is_still_written() -> None:
    written = measured_exhibit(measured(frames=0))
    assert (written["frames"], written["start_s"], written["end_s"]) == (0, "0", "0")


def test_an_opening_names_its_style_only_where_one_was_measured() -> None:
    second = Fraction(1)
    assert opening(Opening("wipe", second, 2 * second, 0.9, "from left"))["style"] == "from left"
    assert "style" not in opening(Opening("cut", second, second, 0.9))
