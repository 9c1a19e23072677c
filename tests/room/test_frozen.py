import sys
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from offcut.decode.clock import Clock
from offcut.room.frozen import ThawError, frozen, thawed

plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False)
    | st.text()
    | st.binary(max_size=20)
    | st.fractions(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(st.text() | st.integers(), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(plain)
def test_what_was_written_down_is_read_back(value: Any) -> None:
    assert thawed(frozen(value)) == value
    assert type(thawed(frozen(value))) is type(value)


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.int64, np.float32, np.float64])
def test_arrays_come_back_with_type_shape_and_numbers_and_can_be_changed(dtype: Any) -> None:
    array = np.arange(24).reshape(2, 3, 4).astype(dtype)[:, ::2]
    found = thawed(frozen([array, {"empty": np.empty((0, 5), dtype)}]))
    assert found[0].dtype == array.dtype
    assert (found[0] == array).all()
    assert found[1]["empty"].shape == (0, 5)
    found[0][:] = 0


def test_a_clock_keeps_its_state() -> None:
    clock = Clock(Fraction(1, 30))
    for pts in (5, 6, 7, None, 2):
        clock.rising(pts)
    again = thawed(frozen(clock))
    assert [again.rising(p) for p in (3, 40)] == [clock.rising(p) for p in (3, 40)]
    assert list(again.damage()) == list(clock.damage())


@pytest.mark.parametrize("value", [object(), sys, print, {1, 2}, [lambda: 0]])
def test_what_is_no_plain_value_is_not_kept(value: Any) -> None:
    with pytest.raises(TypeError, match="cannot be kept"):
        frozen(value)


@pytest.mark.parametrize(
    "text",
    [
        '{"object":["os","system",{"dict":[]}]}',
        '{"object":["subprocess","Popen",{"dict":[]}]}',
        '{"object":["offcut.analysers.features","np",{"dict":[]}]}',
        '{"object":["offcut.analysers.features","Fraction",{"dict":[]}]}',
        '{"object":["offcut.analysers.none","None",{"dict":[]}]}',
        '{"array":["|O",[1],[0,0]]}',
        '{"array":["|u1",[9],[0,9]]}',
        '{"bytes":[-1,1]}',
        '{"fraction":[1,0]}',
        '{"what":1}',
        '{"a":1,"b":2}',
        "[",
    ],
)
def test_bytes_that_name_other_classes_or_places_are_refused(text: str) -> None:
    content = text.encode()
    with pytest.raises(ThawError):
        thawed(len(content).to_bytes(4, "little") + content)


@given(st.binary(max_size=60))
def test_no_bytes_do_more_than_be_refused(state: bytes) -> None:
    with pytest.raises(ThawError):
        thawed(state)
