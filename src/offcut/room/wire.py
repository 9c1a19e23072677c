"""Messages from the room: a length, a JSON header, then the raw bytes of the arrays it announces.

The reader's side trusts nothing: every length is bounded before memory is taken for it, every field
has a type and a range, and an array is read straight into its own memory.
"""

import json
import math
import os
import re
import struct
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from offcut.errors import printable

_LENGTH = struct.Struct("<I")

MAX_HEADER_BYTES = 64 * 1024
MAX_BLOCK_BYTES = 64 * 2**20
MAX_TEXT = 1000
_MAX_DIMENSIONS = 4

_SENT_AT_ONCE_BYTES = 8 * 2**20
"""Blocks of rows are sent in pieces of at most this, unless one row alone is larger."""

DTYPES: Mapping[str, np.dtype[Any]] = {name: np.dtype(name) for name in ("u1", "i2", "i4", "i8", "f4", "f8")}

_NAME = re.compile(r"[A-Za-z0-9_.+-]{1,64}")

Header = dict[str, Any]


class WireError(ValueError):
    """A message that no honest room would send."""


class CutOffError(WireError):
    """The messages end in the middle of one, as they do when the room dies."""


class TooMuchError(WireError):
    """The room has sent more than it may, honestly or not."""


class Writer:
    """The room's end of the pipe."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def send(self, kind: str, fields: Mapping[str, Any], *arrays: NDArray[Any]) -> None:
        """Send one message and the bytes of `arrays`, which `fields` must describe."""
        header = json.dumps({"kind": kind, **fields}, separators=(",", ":")).encode()
        self._write(memoryview(_LENGTH.pack(len(header)) + header))
        for array in arrays:
            self._write(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)

    def _write(self, rest: memoryview) -> None:
        while rest:
            rest = rest[os.write(self._descriptor, rest) :]


class Reader:
    """The parent's end of the pipe.

    Args:
        descriptor: Where the messages come from; the caller closes it.
        most_bytes: The room may not send more than this in its life.
    """

    def __init__(self, descriptor: int, *, most_bytes: int) -> None:
        self._descriptor = descriptor
        self._left = most_bytes

    def header(self) -> Header | None:
        """Read the next header; None where the messages end.

        Raises:
            CutOffError: they end in the middle of one.
            WireError: it is no JSON object of a bounded size, or the room has sent too much.
        """
        prefix = bytearray(_LENGTH.size)
        if not self._fill(memoryview(prefix), may_end=True):
            return None
        (length,) = _LENGTH.unpack(prefix)
        if not 2 <= length <= MAX_HEADER_BYTES:
            raise WireError(f"a header of {length:,} bytes")
        text = bytearray(length)
        self._fill(memoryview(text))
        try:
            header = json.loads(text.decode("utf-8", "strict"), parse_constant=_no_constant)
        except (ValueError, RecursionError):
            raise WireError("a header that is no JSON") from None
        if not isinstance(header, dict):
            raise WireError("a header that is no object")
        return header

    def array(self, dtype: str, shape: Sequence[int], *, most_bytes: int = MAX_BLOCK_BYTES) -> NDArray[Any]:
        """Read the array that a header announced, after a check of its size."""
        size_bytes = math.prod(shape) * DTYPES[dtype].itemsize
        if size_bytes > most_bytes:
            raise WireError(f"a block of {size_bytes:,} bytes")
        self._charge(size_bytes)
        array = np.empty(tuple(shape), DTYPES[dtype])
        if size_bytes:
            self._fill(array.reshape(-1).view(np.uint8).data, charge=False)
        return array

    def _fill(self, into: memoryview, *, may_end: bool = False, charge: bool = True) -> bool:
        if charge:
            self._charge(len(into))
        done = 0
        while done < len(into):
            count = _read_into(self._descriptor, into[done:])
            if count == 0:
                if may_end and done == 0:
                    return False
                raise CutOffError("a message that breaks off")
            done += count
        return True

    def _charge(self, size_bytes: int) -> None:
        self._left -= size_bytes
        if self._left < 0:
            raise TooMuchError("more bytes than the limit allows")


if hasattr(os, "readv"):

    def _read_into(descriptor: int, into: memoryview) -> int:
        return os.readv(descriptor, [into])

else:

    def _read_into(descriptor: int, into: memoryview) -> int:
        data = os.read(descriptor, min(len(into), 2**20))
        into[: len(data)] = data
        return len(data)


def pieces(pts: NDArray[np.int64], values: NDArray[Any]) -> list[tuple[NDArray[np.int64], NDArray[Any]]]:
    """Split rows so that no message is much larger than 8 MB; no rows give no piece."""
    rows = pts.shape[0]
    row_bytes = 8 + (values.nbytes // rows if rows else 0)
    step = max(1, _SENT_AT_ONCE_BYTES // row_bytes)
    return [(pts[k : k + step], values[k : k + step]) for k in range(0, rows, step)]


def dtype_name(values: NDArray[Any]) -> str:
    """Name of the element type on the wire; ValueError for one that is not sent."""
    name = f"{values.dtype.kind}{values.dtype.itemsize}"
    if name not in DTYPES or not values.dtype.isnative:
        raise ValueError(f"values of type {values.dtype} are not sent out of the room")
    return name


# --- fields of a header, each checked ---------------------------------------------------------


def only(header: Header, names: Sequence[str]) -> None:
    """Refuse a header that has other fields than `kind` and `names`."""
    if set(header) != {"kind", *names}:
        raise WireError(f"a message of kind {shown(header.get('kind'))} with fields it does not have")


def integer(value: object, low: int, high: int) -> int:
    """A whole number in [low, high]."""
    if type(value) is not int or not low <= value <= high:
        raise WireError(f"{shown(value)} where a whole number from {low} to {high} belongs")
    return value


def number(value: object, low: float, high: float) -> float:
    """A finite number in [low, high]."""
    if type(value) not in (int, float) or not low <= value <= high:  # type: ignore[operator]
        raise WireError(f"{shown(value)} where a number from {low} to {high} belongs")
    return float(value)  # type: ignore[arg-type]


def text(value: object) -> str:
    """A text of bounded length, its control and direction characters escaped."""
    if not isinstance(value, str) or len(value) > MAX_TEXT:
        raise WireError("no text of a sensible length where one belongs")
    return printable(value)


def name(value: object) -> str:
    """A short name of letters, digits and a few signs."""
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        raise WireError(f"{shown(value)} where a name belongs")
    return value


def flag(value: object) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise WireError(f"{shown(value)} where true or false belongs")
    return value


def positive_fraction(value: object) -> Fraction:
    """An exact number above 0 as [numerator, denominator], each below 2**63."""
    if not isinstance(value, list) or len(value) != 2:
        raise WireError(f"{shown(value)} where an exact number belongs")
    return Fraction(integer(value[0], 1, 2**63 - 1), integer(value[1], 1, 2**63 - 1))


def shape(value: object, *, most_rows: int) -> tuple[int, ...]:
    """Rows and what one row is: at most four dimensions, none but the first empty."""
    if not isinstance(value, list) or not 1 <= len(value) <= _MAX_DIMENSIONS:
        raise WireError(f"{shown(value)} where a shape belongs")
    return (integer(value[0], 0, most_rows), *(integer(side, 1, 2**24) for side in value[1:]))


def sequence(value: object, most: int) -> list[Any]:
    """A list of at most `most` entries."""
    if not isinstance(value, list) or len(value) > most:
        raise WireError(f"no list of at most {most} entries where one belongs")
    return value


def mapping(value: object, most: int) -> dict[str, Any]:
    """An object of at most `most` entries."""
    if not isinstance(value, dict) or len(value) > most:
        raise WireError(f"no object of at most {most} entries where one belongs")
    return value


def shown(value: object) -> str:
    """A strange value, cut short and escaped, for a message."""
    words = printable(repr(value)[:60])
    return words if len(words) <= 80 else words[:77] + "..."


def _no_constant(literal: str) -> float:
    raise ValueError(literal)
