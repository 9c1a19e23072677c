"""What release and recording have in common along a line, followed through small shifts of time.

Clocks drift, and a program that keeps the pitch while it changes the length by a thousandth shifts the
sound by some samples every now and then. So each step is compared at all small shifts, and the
path through them that has most in common is taken; every change of the shift costs.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from offcut.conform.waves import Samples

__all__ = ["EXPECTED", "SPREAD", "STEP", "Common", "Pair", "follow"]

STEP = 300
"""Ticks of one step: 25 ms."""

SPREAD = 0.0637
"""Spread of what two unrelated noises have in common over one step; measured on white noise."""

EXPECTED = 0.1
"""What a step of own sound is taken to have in common: low, so that a pause is not the end."""

SHIFT_COST, JUMP_COST = 5.0, 12.0
"""Log likelihood that a shift by one tick, and by any number, has to earn."""

BY_CHANCE = 0.047
"""What the best path of two unrelated noises has in common, measured; it is taken away from every step."""

_BATCH = 32
_SILENT = 0.1


@dataclass(frozen=True, slots=True)
class Pair:
    """Levelled sound of the release, and of the recording from `reach` ticks before to `reach` after it.

    Attributes:
        heard: Shape (steps * STEP,).
        raw: Shape (steps * STEP + 2 * reach,).
        reach: Largest shift, in ticks.
    """

    heard: Samples
    raw: Samples
    reach: int


@dataclass(frozen=True, slots=True)
class Common:
    """What is in common, step by step.

    Attributes:
        shares: Shape (steps,): mean product of the levelled sounds, less BY_CHANCE; NaN where one
            of the two is silent.
        shifts: Shape (steps,): ticks by which the recording was moved, positive if it is later.
    """

    shares: NDArray[np.float32]
    shifts: NDArray[np.int32]


def follow(pairs: Sequence[Pair], signs: Sequence[int], *, jump_cost: float = JUMP_COST) -> list[Common]:
    """Follow every pair through its shifts.

    Args:
        pairs: All of the same reach.
        signs: -1 for each pair whose polarity is inverted.
        jump_cost: What a shift by any number of ticks has to earn.
    """
    order = sorted(range(len(pairs)), key=lambda k: len(pairs[k].heard))
    found: dict[int, Common] = {}
    for start in range(0, len(order), _BATCH):
        numbers = order[start : start + _BATCH]
        tables = [_table(pairs[k]) * np.float32(signs[k]) for k in numbers]
        for number, table, path in zip(numbers, tables, _paths(tables, jump_cost), strict=True):
            shares = np.take_along_axis(table, path[:, None], axis=1)[:, 0] - np.float32(BY_CHANCE)
            found[number] = Common(shares, (path - pairs[number].reach).astype(np.int32))
    return [found[k] for k in range(len(pairs))]


def _table(pair: Pair) -> NDArray[np.float32]:
    """What each step has in common at each shift, shape (steps, 2 * reach + 1); NaN in silence."""
    steps, width = len(pair.heard) // STEP, STEP + 2 * pair.reach
    if not steps:
        return np.empty((0, 2 * pair.reach + 1), np.float32)
    heard = pair.heard[: steps * STEP].reshape(steps, STEP)
    raw = np.lib.stride_tricks.sliding_window_view(pair.raw, width)[::STEP][:steps]
    size = 1 << (width - 1).bit_length()
    product = np.fft.rfft(raw, size) * np.conj(np.fft.rfft(heard, size))
    table = np.fft.irfft(product, size)[:, : 2 * pair.reach + 1].astype(np.float32) / np.float32(STEP)
    middle = raw[:, pair.reach : pair.reach + STEP]
    silent = (np.mean(heard**2, axis=1) < _SILENT) | (np.mean(middle**2, axis=1) < _SILENT)
    table[silent] = np.nan
    return table


def _paths(tables: Sequence[NDArray[np.float32]], jump_cost: float) -> list[NDArray[np.int64]]:
    """The shift of every step of every table that earns most, by dynamic programming (Viterbi 1967)."""
    longest, shifts = max(len(t) for t in tables), tables[0].shape[1]
    gains = np.zeros((len(tables), longest, shifts), np.float32)
    for number, table in enumerate(tables):
        gains[number, : len(table)] = np.nan_to_num(table) * np.float32(EXPECTED / SPREAD**2)
    earned = np.zeros((len(tables), shifts), np.float32)
    came = np.empty((longest, len(tables), shifts), np.int16)
    own = np.arange(shifts, dtype=np.int16)
    for step in range(longest):
        best = earned.argmax(axis=1)
        jumped = np.take_along_axis(earned, best[:, None], axis=1) - np.float32(jump_cost)
        low, high = np.full_like(earned, -np.inf), np.full_like(earned, -np.inf)
        low[:, 1:] = earned[:, :-1] - np.float32(SHIFT_COST)
        high[:, :-1] = earned[:, 1:] - np.float32(SHIFT_COST)
        most = np.maximum(np.maximum(earned, jumped), np.maximum(low, high))
        where = np.where(most == earned, own, np.where(most == low, own - 1, own + 1))
        came[step] = np.where((most == jumped) & (most > earned), best[:, None], where)
        earned = most + gains[:, step]
    state = earned.argmax(axis=1)
    paths = np.empty((len(tables), longest), np.int64)
    rows = np.arange(len(tables))
    for step in range(longest - 1, -1, -1):
        paths[:, step] = state
        state = came[step, rows, state].astype(np.int64)
    return [paths[k, : len(table)] for k, table in enumerate(tables)]
