"""Which line explains which release frame: the best path through all lines and "none of them"."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from offcut.conform.lines import SPEEDS, Fitter, Line
from offcut.timeline import FrameTimes

NONE_GAIN = 0.42
"""What a frame without a source earns: the prototype's value; a line has to agree better than this."""

WHEN_WEIGHT = 0.25
SWITCH_COST = 1.2
MEET_COST, MEET_FRAMES = 0.5, 1.5
"""What a change costs between lines of one geometry that name nearly the same raw frame: a speed changes."""

WINDOW_S = 0.5
LEAST_FRAMES = 8
LEAST_TOTAL = 0.75
LINES_PER_WINDOW = 2
SMALL_AREA_COST = 0.3
"""Taken from the match of a line for the share of the picture that its geometry covers but that disagrees."""

LARGE_AREA_GAIN = 0.1
"""Of a large picture and a small one set into it, the large one is the first layer."""

OFF = -9.0
"""What a frame earns on a line that has no picture for it."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Release frames [first, last) on one line; `line` is None where nothing explains them."""

    first: int
    last: int
    line: Line | None


def candidates(
    fitters: Sequence[Fitter], release: FrameTimes, cuts: Sequence[int], *, of: Sequence[Fitter] | None = None
) -> list[Line]:
    """Fit lines in windows around anchors, every half second between, and in the middle of every shot.

    `of` are those to fit in, if not all; lines name fitters by their number.
    """
    reach = max(LEAST_FRAMES, round(WINDOW_S / max(release.median_step_s, 1e-3)))
    found: list[Line] = []
    for fitter in fitters if of is None else of:
        base, end = fitter.plane.release_frames
        anchored = {a.release_frame for a in fitter.plane.anchors}
        grid = set(range(min(anchored) - 2 * reach, max(anchored) + 2 * reach + 1, reach))
        grid = {frame for frame in grid if all(abs(frame - a) > reach // 2 for a in anchored)}
        shots = {(a + b) // 2 for a, b in pairwise([*cuts, len(release)])}
        for frame in sorted(f for f in anchored | grid | shots if base <= f < end):
            before = max((c for c in cuts if c <= frame), default=0)
            after = min((c for c in cuts if c > frame), default=len(release))
            rows = np.arange(max(base, before, frame - reach), min(end, after, frame + reach + 1)) - base
            if len(rows) < LEAST_FRAMES:
                continue
            for line in fitter.best(rows, SPEEDS)[:LINES_PER_WINDOW]:
                if line.total >= LEAST_TOTAL and not _known(found, line, fitter):
                    found.append(line)
    return found


def _known(found: Sequence[Line], line: Line, fitter: Fitter) -> bool:
    near_s = 1.5 * fitter.raw_step_s
    return any(
        one.plane == line.plane
        and one.speed == line.speed
        and abs(float(one.raw_at(line.at_s)) - line.raw_s) < near_s
        and abs(one.at_s - line.at_s) < 2
        and one.total >= line.total - 0.02
        for one in found
    )


def gains(lines: Sequence[Line], fitters: Sequence[Fitter], frames: int) -> NDArray[np.float32]:
    """What every frame earns on every line and on none, shape (frames, lines + 1); OFF where it is not."""
    table = np.full((frames, len(lines) + 1), OFF, np.float32)
    table[:, -1] = NONE_GAIN
    for column, line in enumerate(lines):
        fitter = fitters[line.plane]
        first, last = fitter.plane.release_frames
        mask = fitter.plane.mask
        lost = SMALL_AREA_COST * (1 - fitter.plane.agreeing_share) - LARGE_AREA_GAIN * float(mask.mean())
        match = fitter.along(line)
        earned = match + WHEN_WEIGHT * np.maximum(0.0, fitter.local_when(line, match)) - lost
        table[first:last, column] = np.where(np.isnan(earned), OFF, earned)
    return table


def best_path(
    table: NDArray[np.float32],
    switch_cost: float = SWITCH_COST,
    *,
    meeting: NDArray[np.float64] | None = None,
    meet_cost: float = MEET_COST,
) -> NDArray[np.int64]:
    """Viterbi: the state of every frame that earns most in all, each change costing `switch_cost`.

    Args:
        table: What each state earns, shape (frames, states).
        switch_cost: Of any change.
        meeting: Where each state but the last stands at each frame, shape (frames, states - 1), in units in
            which two states less than 1 apart meet there; a change between these costs `meet_cost`.
        meet_cost: See `meeting`.
    """
    frames, states = table.shape
    came = np.zeros((frames, states), np.int32)
    score = table[0].astype(np.float64)
    stay = np.arange(states)
    for t in range(1, frames):
        top = int(score.argmax())
        change = np.full(states, score[top] - switch_cost)
        source = np.full(states, top)
        here = np.flatnonzero((table[t, :-1] > OFF) & (table[t - 1, :-1] > OFF))
        if meeting is not None and len(here):
            near = np.abs(meeting[t, here][:, None] - meeting[t, here][None, :]) < 1
            reached = np.where(near, score[here][None, :] - meet_cost, -np.inf)
            best = reached.argmax(axis=1)
            value = reached[np.arange(len(here)), best]
            better = value > change[here]
            change[here[better]], source[here[better]] = value[better], here[best[better]]
        moved = score < change
        came[t] = np.where(moved, source, stay)
        score = np.where(moved, change, score) + table[t]
    path = np.empty(frames, np.int64)
    path[-1] = int(score.argmax())
    for t in range(frames - 1, 0, -1):
        path[t - 1] = came[t, path[t]]
    return path


def standing(lines: Sequence[Line], fitters: Sequence[Fitter], release: FrameTimes) -> NDArray[np.float64]:
    """Raw time of every line at every release frame, in steps in which lines that go on from each other meet.

    Shape (frames, lines). Lines of different planes never meet.
    """
    seconds = release.seconds()
    table = np.empty((len(seconds), len(lines)))
    for column, line in enumerate(lines):
        raw_step_s = fitters[line.plane].raw_step_s
        apart = 1e7 * (line.plane + 1)
        table[:, column] = np.asarray(line.raw_at(seconds)) / (MEET_FRAMES * raw_step_s) + apart
    return table


def pieces(path: NDArray[np.int64], lines: Sequence[Line]) -> list[Piece]:
    """Cut a path into runs of one state."""
    edges = [0, *(np.flatnonzero(np.diff(path)) + 1).tolist(), len(path)]
    return [Piece(a, b, lines[path[a]] if path[a] < len(lines) else None) for a, b in pairwise(edges)]
