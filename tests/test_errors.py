from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from offcut.errors import ContainerError, LimitError, OffcutError, UnreadableError, UsageError, printable


def test_every_error_has_the_exit_code_that_the_result_document_promises() -> None:
    path = Path("clip.mp4")
    codes = {
        OffcutError("x"): 1,
        UsageError("x"): 2,
        UnreadableError(path, "x"): 3,
        ContainerError(path, 0, "x"): 3,
        LimitError(path, "x"): 3,
    }
    assert {type(error): error.exit_code for error in codes} == {type(e): c for e, c in codes.items()}


def test_one_exhibit_that_cannot_be_read_is_caught_in_one_place() -> None:
    for error in (ContainerError(Path("a"), 1, "x"), LimitError(Path("a"), "x")):
        with pytest.raises(UnreadableError):
            raise error


def test_a_container_error_says_where() -> None:
    error = ContainerError(Path("folder") / "clip.mp4", 4120, "box 'trak' is 4 bytes long")
    assert str(error) == "clip.mp4: byte 4,120: box 'trak' is 4 bytes long"
    assert (error.path, error.offset) == (Path("folder") / "clip.mp4", 4120)


def test_a_name_that_turns_the_writing_direction_is_escaped() -> None:
    assert str(UnreadableError(Path("a\u202egpj.mp4"), "no video")) == "a\\u202egpj.mp4: no video"


def test_a_name_that_is_no_unicode_is_escaped_byte_by_byte() -> None:
    assert printable("caf\udce9") == "caf\\xe9"


@settings(deadline=None)
@given(
    st.text(st.characters(), max_size=40)
    | st.binary(max_size=40).map(lambda b: b.decode("utf-8", "surrogateescape"))
)
def test_any_text_prints_on_one_line_and_can_be_encoded(text: str) -> None:
    shown = printable(text)
    assert shown.isprintable()
    shown.encode("utf-8")


@settings(deadline=None)
@given(
    st.text(
        st.characters(categories=("L", "N", "P", "Zs"), exclude_characters="\u2007\u202f\u00a0"), max_size=40
    )
)
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert printable(text) == text or not text.isprintable()
