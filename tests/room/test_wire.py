from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.typing import NDArray
from pipe_cases import received

from offcut.room import wire
from offcut.room.wire import Reader, WireError, Writer

any_rows = st.sampled_from(sorted(wire.DTYPES)).flatmap(
    lambda dtype: arrays(wire.DTYPES[dtype], array_shapes(min_dims=1, max_dims=4, max_side=6))
)


@given(any_rows)
def test_any_block_of_numbers_survives_the_wire_bit_for_bit(values: NDArray[Any]) -> None:
    def read(source: int) -> NDArray[Any]:
        reader = Reader(source, most_bytes=2**20)
        header = reader.header()
        assert header is not None
        return reader.array(header["dtype"], header["shape"])

    fields = {"dtype": wire.dtype_name(values), "shape": values.shape}
    got = received(lambda target: Writer(target).send("block", fields, values), read)
    assert got.dtype == values.dtype
    assert got.shape == values.shape
    assert got.tobytes() == values.tobytes()


@given(st.integers(0, 50), st.integers(1, 4))
def test_pieces_are_the_rows_in_order(rows: int, columns: int) -> None:
    pts, values = np.arange(rows), np.arange(rows * columns).reshape(rows, columns)
    parts = wire.pieces(pts, values)
    assert np.concatenate([p for p, _ in parts] or [pts[:0]]).tolist() == pts.tolist()
    assert np.concatenate([v for _, v in parts] or [values[:0]]).tolist() == values.tolist()


def test_a_large_block_is_sent_in_pieces_of_eight_megabytes() -> None:
    parts = wire.pieces(np.arange(3000), np.zeros((3000, 10_000), np.uint8))
    assert len(parts) == 4
    assert max(v.nbytes for _, v in parts) <= 8 * 2**20


@pytest.mark.parametrize(
    "values", [np.zeros(2, np.float16), np.zeros(2, object), np.zeros(2, ">i4"), np.zeros(2, bool)]
)
def test_numbers_of_a_type_that_is_not_on_the_list_never_leave_the_room(values: NDArray[Any]) -> None:
    with pytest.raises(ValueError, match="are not sent out of the room"):
        wire.dtype_name(values)


@pytest.mark.parametrize(
    ("check", "value"),
    [
        (wire.text, 5),
        (wire.name, "two words"),
        (wire.name, "x" * 65),
        (wire.flag, 1),
        (wire.positive_fraction, [1, 0]),
        (wire.positive_fraction, [2**63, 1]),
        (wire.positive_fraction, "1/25"),
    ],
)
def test_a_field_of_the_wrong_kind_is_refused(check: Callable[[object], object], value: object) -> None:
    with pytest.raises(WireError):
        check(value)


@given(st.floats() | st.integers() | st.booleans() | st.none() | st.text(max_size=3))
def test_a_number_on_the_wire_is_finite_and_in_range(value: object) -> None:
    try:
        got = wire.number(value, -5, 5)
    except WireError:
        assert not isinstance(value, int | float) or isinstance(value, bool) or not -5 <= value <= 5
    else:
        assert -5 <= got <= 5
