import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from offcut.conform.ramps import (
    DIRECTIONS,
    STAGES,
    best_cut,
    best_dip,
    best_ramp,
    mixture_table,
    share_table,
    wipe_table,
)

RNG = np.random.default_rng(3)
ONE = RNG.uniform(0, 255, (60, 400)).astype(np.float32)
TWO = RNG.uniform(0, 255, (60, 400)).astype(np.float32)


def shares(first: int, length: int, total: int = 60) -> NDArray[np.float64]:
    return np.asarray(np.clip((np.arange(total) - first + 0.5) / max(length, 1e-9), 0, 1))


@settings(max_examples=25, deadline=None)
@given(st.integers(2, 25), st.integers(3, 30))
def test_a_straight_change_is_found_to_the_frame(first: int, length: int) -> None:
    r = shares(first, length)[:, None].astype(np.float32)
    found = best_ramp(mixture_table((1 - r) * ONE + r * TWO, ONE, TWO))
    assert (found.first, found.last) == (first, first + length)


@given(st.integers(1, 58))
def test_a_jump_costs_a_cut_nothing(at: int) -> None:
    table = share_table((np.arange(60) >= at).astype(np.float64), rising=True)
    found = best_cut(table)
    assert found.first == at
    assert found.error == pytest.approx(0)


def test_one_mixed_frame_costs_a_cut_next_to_nothing() -> None:
    seen = np.concatenate([ONE[:30], (ONE[30:31] + TWO[30:31]) / 2, TWO[31:]])
    table = mixture_table(seen, ONE, TWO)
    assert best_cut(table).error < 0.01 * float(((TWO - ONE) ** 2).mean())


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_a_moving_edge_is_found_by_its_direction(direction: str) -> None:
    old, new = np.zeros((50, 40, 64)), np.zeros((50, 40, 64))
    for t in range(50):
        r = float(np.clip((t - 10 + 0.5) / 20, 0, 1))
        shown = np.zeros((40, 64), bool)
        if direction in ("from left", "from right"):
            shown[:, : round(r * 64)] = True
            shown = shown if direction == "from left" else shown[:, ::-1]
        else:
            shown[: round(r * 40)] = True
            shown = shown if direction == "from top" else shown[::-1]
        old[t], new[t] = shown, ~shown
    ramps = {d: best_ramp(wipe_table(old, new, d)) for d in DIRECTIONS}
    assert min(ramps, key=lambda d: ramps[d].error) == direction
    assert [ramps[direction].first, ramps[direction].last] == pytest.approx([10, 30], abs=1)


@settings(max_examples=25, deadline=None)
@given(st.integers(2, 10), st.integers(0, 12), st.integers(0, 5), st.integers(0, 12))
def test_a_way_over_a_plain_picture_is_found_to_the_frame(
    first: int, fall: int, stay: int, rise: int
) -> None:
    plain = np.full_like(ONE, 255)
    down = shares(first, fall)[:, None].astype(np.float32)
    up = shares(first + fall + stay, rise)[:, None].astype(np.float32)
    before = (np.arange(60) < first + fall)[:, None]
    seen = np.where(before, (1 - down) * ONE + down * plain, (1 - up) * plain + up * TWO)
    found = best_dip(mixture_table(seen, ONE, plain), mixture_table(seen, plain, TWO))
    assert found.error < 0.02 * 255**2
    if fall + stay + rise >= 1:
        assert abs(found.first - first) <= 1
        assert abs(found.last - (first + fall + stay + rise)) <= 1


def test_a_table_has_a_column_for_every_stage() -> None:
    assert mixture_table(ONE, ONE, TWO).shape == (60, STAGES + 1)
    assert share_table(np.zeros(60), rising=True).shape == (60, STAGES + 1)
