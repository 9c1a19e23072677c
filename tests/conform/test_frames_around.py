from typing import Any

import numpy as np
import pytest

from offcut.conform.expected import Expected
from offcut.conform.frames_around import border, letterbox

RNG = np.random.default_rng(2)
RAW: np.ndarray[Any, np.dtype[np.float32]] = RNG.uniform(60, 200, (10, 72, 128)).astype(np.float32)


def ground(seen: np.ndarray[Any, np.dtype[np.float32]], columns: slice = slice(0, 128)) -> Expected:
    inside = np.zeros((72, 128), np.bool_)
    inside[:, columns] = True
    return Expected(seen, RAW, RAW, RAW, inside, inside)


@pytest.mark.parametrize("grey", [0, 16])
def test_dark_areas_beside_the_picture_are_bars(grey: int) -> None:
    seen = RAW.copy()
    seen[:, :, :32] = seen[:, :, 96:] = grey
    found = list(letterbox(ground(seen, slice(33, 95))))
    assert [kind for kind, _ in found] == ["bars", "bars"]
    assert [box.width for _, box in found] == pytest.approx([0.25, 0.25], abs=0.01)


def test_a_blurred_copy_beside_the_picture_is_no_bar() -> None:
    assert list(letterbox(ground(RAW * 0.5, slice(33, 95)))) == []


def test_a_picture_that_fills_the_release_has_neither_bars_nor_border() -> None:
    assert list(letterbox(ground(RAW))) == []
    assert border(ground(RAW)) is None


@pytest.mark.parametrize("thick", [2, 3, 5])
def test_the_thickness_of_a_border_is_measured(thick: int) -> None:
    seen = RAW.copy()
    seen[:, :thick] = seen[:, -thick:] = 30
    seen[:, :, :thick] = seen[:, :, -thick:] = 30
    found = border(ground(seen))
    assert found == pytest.approx(thick + 1, abs=1)


def test_one_coloured_edge_is_no_border() -> None:
    seen = RAW.copy()
    seen[:, :4] = 30
    assert border(ground(seen)) is None
