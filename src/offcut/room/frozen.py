"""The state of plain objects as bytes, so that a measurement can be taken up where it was left.

Numbers, texts, arrays and objects made of them, and nothing that runs when it is read: bytes that lay
on a disk are read inside a room only, and can name no class but those of analysers and decoder.
"""

import json
import struct
import sys
from fractions import Fraction
from typing import Any

import numpy as np

_LENGTH = struct.Struct("<I")

_PACKAGES = ("offcut.analysers.", "offcut.decode.")
"""Where classes may lie whose objects are kept."""


class ThawError(ValueError):
    """Bytes that `frozen` did not make, or not this version of it."""


def frozen(value: Any) -> bytes:
    """Write `value` down.

    Args:
        value: None, a bool, number, text, Fraction, bytes, array, or a list, tuple, dict or object of
            a class of `offcut.analysers` or `offcut.decode` that is made of such.

    Raises:
        TypeError: it holds something else.
    """
    arrays: list[bytes] = []
    text = json.dumps(_plain(value, arrays), separators=(",", ":")).encode()
    return b"".join([_LENGTH.pack(len(text)), text, *arrays])


def thawed(state: bytes) -> Any:
    """Read what `frozen` wrote.

    Raises:
        ThawError: the bytes are not such.
    """
    try:
        (length,) = _LENGTH.unpack_from(state)
        plain = json.loads(state[_LENGTH.size : _LENGTH.size + length])
        return _value(plain, memoryview(state)[_LENGTH.size + length :])
    except (
        struct.error,
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        IndexError,
        ZeroDivisionError,
    ) as error:
        raise ThawError(f"a state that cannot be read ({type(error).__name__}: {error})") from error


def _plain(value: Any, arrays: list[bytes]) -> Any:
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, Fraction):
        return {"fraction": [value.numerator, value.denominator]}
    if isinstance(value, bytes):
        return {"bytes": _put(value, arrays)}
    if isinstance(value, np.ndarray):
        place = _put(np.ascontiguousarray(value).tobytes(), arrays)
        return {"array": [value.dtype.str, list(value.shape), place]}
    if isinstance(value, np.generic):
        return _plain(value.item(), arrays)
    if isinstance(value, list):
        return [_plain(part, arrays) for part in value]
    if isinstance(value, tuple):
        return {"tuple": [_plain(part, arrays) for part in value]}
    if isinstance(value, dict):
        return {"dict": [[_plain(k, arrays), _plain(v, arrays)] for k, v in value.items()]}
    kind = type(value)
    if kind.__module__.startswith(_PACKAGES) and hasattr(value, "__dict__"):
        return {"object": [kind.__module__, kind.__qualname__, _plain(vars(value), arrays)]}
    raise TypeError(f"{kind.__module__}.{kind.__qualname__} cannot be kept")


def _put(content: bytes, arrays: list[bytes]) -> list[int]:
    at = sum(len(part) for part in arrays)
    arrays.append(content)
    return [at, len(content)]


def _value(plain: Any, content: memoryview) -> Any:
    if isinstance(plain, list):
        return [_value(part, content) for part in plain]
    if not isinstance(plain, dict):
        return plain
    ((kind, inner),) = plain.items()
    if kind == "fraction":
        return Fraction(*inner)
    if kind == "bytes":
        return bytes(_part(inner, content))
    if kind == "array":
        dtype, shape, place = inner
        return np.frombuffer(_part(place, content), np.dtype(dtype)).reshape(shape).copy()
    if kind == "tuple":
        return tuple(_value(part, content) for part in inner)
    if kind == "dict":
        return {_value(k, content): _value(v, content) for k, v in inner}
    if kind == "object":
        module, name, state = inner
        return _object(module, name, state, content)
    raise ThawError(f"a value of kind {kind!r}")


def _part(place: list[int], content: memoryview) -> memoryview:
    at, length = place
    if not 0 <= at <= at + length <= len(content):
        raise ThawError("a value beyond the end")
    return content[at : at + length]


def _object(module: str, name: str, state: Any, content: memoryview) -> Any:
    kind = getattr(sys.modules.get(module), name, None)
    if not module.startswith(_PACKAGES) or not isinstance(kind, type) or kind.__module__ != module:
        raise ThawError(f"an object of {module}.{name}")
    made: Any = object.__new__(kind)
    vars(made).update(_value(state, content))
    return made
