"""Whether what moves in a stretch fixes its moment, and which other moments fit as well."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from offcut.conform.lines import Fitter, Line

FAR_S = 1.0
"""Moments further than this from the best one are other moments; nearer ones share its motion."""

CLEAR_WHEN = 0.5
"""Above this what moves agrees so well that no other moment came near on the shared cases."""

LEAST_WHEN = 0.15
WEAK_MATCH = 0.7
"""Below this the pictures agree too poorly for any moment to be called exact: at CRF 34 and under a lower
third the right moment reached .83 on the shared cases; a wrong one on synthetic footage reached .64."""

CLEAR_MARGIN = 0.1
"""How far the moment named has to stand out: of the releases cut from the tuning clips, 19 moments in 20 that
did were right, and half of those that did not."""

LEAST_NOISE = 0.01
SLACK_WHERE = 0.03
SLACK_WHEN = 0.1
NOISE_WIDTHS, MOST_SLACK = 3.0, 0.25
BETTER_WHEN, LEAST_BETTER = 0.2, 0.35
LOOSER, MOSTLY = 0.15, 0.7
SAME_PLACE = 0.5
FAR_WORSE = 0.1
"""A plane in which a line agrees this much less is of another geometry, and says nothing about rivals."""

STILL_SHARE, EXPECTED_PER_SHARE, MOST_EXPECTED = 0.05, 3.5, 0.35
"""The `when` score that a share of moving energy lets expect: on the shared cases the right take had at
least 1.4 times this; other takes of the same place (the signing clips) at most a half of it."""

PLAINLY_MOVING, MOVES_ALONG = 0.1, 0.6
"""Where this much moves, some moment of the right take stands out, or moves along this well: on the signing
clips right takes reached at least .64 there, other takes at most .51."""

WHOLE_START_S, WHOLE_END_S = -1e6, 1e6
"""Stands for the whole recording; the caller clips to what there is."""

SPEEDS = (0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 3.0, 4.0, -0.5, -1.0, -2.0)
HELD_SLACK = 0.015
"""A held frame has no motion: its moment is known as far as other raw frames agree this much less."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """What else fits.

    Attributes:
        is_ambiguous: Other moments fit as well as the one named.
        margin: How far the `when` score of the best moment lies above that of the best other moment.
        ranges_s: Raw times (low, high) that some fitting line covers; empty where nothing else fits.
    """

    is_ambiguous: bool
    margin: float
    ranges_s: Sequence[tuple[float, float]]
    widths: float = 0.0
    """The margin in standard deviations of the scores of other moments."""


def is_another_take(line: Line, moving_share: float, unsure: Doubt) -> bool:
    """Whether the release moves and the recording does not move with it, at any moment of it.

    A fixed camera gives the same place on every take; what moves tells the takes apart. Where next to
    nothing moves this is never said: codec noise alone reached a moving share of .011.
    """
    expected = min(MOST_EXPECTED, EXPECTED_PER_SHARE * (moving_share - STILL_SHARE))
    if line.when < expected:
        return True
    stands_out = not unsure.is_ambiguous or line.when >= MOVES_ALONG
    return line.speed != 0 and moving_share >= PLAINLY_MOVING and not stands_out


def doubt(fitter: Fitter, rows: NDArray[np.int64], line: Line) -> Doubt:
    """Compare the named moment with every other moment of the recording, at every usual speed."""
    if line.speed == 0:
        return _held(fitter, rows, line)
    here = _Fits(fitter, rows, line)
    margin = line.when - here.best_far if here.best_far > -1 else line.when
    ranges = list(here.ranges)
    for other, its_rows in _elsewhere(fitter, rows):
        if other.plane.geometry.recording != fitter.plane.geometry.recording:
            continue
        base = other.scored(its_rows, line)
        if (
            base.where + base.when < line.where + line.when - LOOSER
            or other.plane.raw_frames == fitter.plane.raw_frames
        ):
            continue
        there = _Fits(other, its_rows, base)
        if there.best_far > -1:
            margin = min(margin, base.when - there.best_far)
            ranges += there.ranges
    if line.where < WEAK_MATCH or _disagrees_somewhere(fitter, rows, line):
        return Doubt(True, margin, [(WHOLE_START_S, WHOLE_END_S)])
    widths = margin / max(here.noise, LEAST_NOISE)
    clear = line.when >= LEAST_WHEN and margin >= CLEAR_MARGIN
    return Doubt(not clear, margin, _merged(ranges, fitter.raw_step_s) if not clear else (), widths)


def _held(fitter: Fitter, rows: NDArray[np.int64], line: Line) -> Doubt:
    """What else a held frame may be: every raw frame whose picture agrees nearly as well.

    Of a window of the picture it may also be a neighbour: where the camera moves, another frame and a shifted
    window are nearly the same picture.
    """
    offsets = fitter.raw_s + fitter.raw_step_s / 2
    where, _ = fitter.scores(rows, line.at_s, 0.0, offsets)
    alike = np.nan_to_num(where, nan=-1.0) >= line.where - HELD_SLACK
    apart = np.abs(offsets - line.raw_s) > 1.5 * fitter.raw_step_s
    margin = line.where - float(np.nanmax(where[apart])) if apart.any() else line.where
    if line.where >= WEAK_MATCH and fitter.plane.geometry.is_usual and not (alike & apart).any():
        return Doubt(False, margin, ())
    ranges = [(float(t), float(t)) for t in offsets[alike]]
    if not fitter.plane.geometry.is_usual:
        ranges.append((line.raw_s - FAR_S, line.raw_s + FAR_S))
    return Doubt(True, margin, _merged(ranges, 1.5 * fitter.raw_step_s) or [(WHOLE_START_S, WHOLE_END_S)])


def _disagrees_somewhere(fitter: Fitter, rows: NDArray[np.int64], line: Line) -> bool:
    """Whether in some second of it another moment fits clearly better: a jump that was not taken apart."""
    length = max(8, round(1 / max(fitter.release_step_s, 1e-3)))
    offsets = fitter.raw_s + fitter.raw_step_s / 2
    for first in range(0, max(1, len(rows) - length // 2), length):
        part = rows[first : first + length]
        if len(part) < 8:
            continue
        own = fitter.scored(part, line)
        at_s = float(fitter.release_s[part[len(part) // 2]])
        where, when = fitter.scores(part, at_s, line.speed, offsets)
        better = (np.nan_to_num(where, nan=-1.0) >= own.where - SLACK_WHERE / 3) & (
            np.nan_to_num(when, nan=-1.0) >= max(own.when + BETTER_WHEN, LEAST_BETTER)
        )
        apart = np.abs(offsets - float(line.raw_at(at_s))) > 2.5 * fitter.raw_step_s
        if (better & apart).any():
            return True
    return False


def rivals(fitter: Fitter, rows: NDArray[np.int64], line: Line) -> list[tuple[int, tuple[float, float]]]:
    """Spans of other recordings, by index, that fit as well: copies, takes of a still place."""
    own = [
        other.scored(its_rows, line)
        for other, its_rows in _elsewhere(fitter, rows)
        if other.plane.geometry.recording == fitter.plane.geometry.recording
    ]
    # As the planes were searched, before the geometry was laid anew: that is how the rivals are known, too.
    base = max(
        (one for one in own if one.where > line.where - FAR_WORSE), key=lambda one: one.where, default=line
    )
    found: dict[int, list[tuple[float, float]]] = {}
    for other, its_rows in _elsewhere(fitter, rows):
        recording = other.plane.geometry.recording
        if recording == fitter.plane.geometry.recording:
            continue
        mine, theirs = fitter.plane.mask, other.plane.mask
        if float((mine & theirs).sum()) < SAME_PLACE * float(mine.sum()):
            continue  # It is seen beside this one, not instead of it.
        fits = _Fits(other, its_rows, base, far_s=None)
        found.setdefault(recording, []).extend(fits.ranges)
    return [(k, span) for k, spans in found.items() for span in _merged(spans, fitter.raw_step_s)]


def _elsewhere(fitter: Fitter, rows: NDArray[np.int64]) -> Iterator[tuple[Fitter, NDArray[np.int64]]]:
    """Every searched plane that covers most of `rows`, with the rows as it counts them."""
    for other in fitter.searched:
        shifted = rows + fitter.plane.release_frames[0] - other.plane.release_frames[0]
        inside = shifted[(shifted >= 0) & (shifted < len(other.release_s))]
        if len(inside) >= MOSTLY * len(rows):
            yield other, inside


class _Fits:
    """Where else in a plane lines fit as well as `line` does there: best `when` far off, and raw ranges."""

    def __init__(
        self, fitter: Fitter, rows: NDArray[np.int64], line: Line, *, far_s: float | None = FAR_S
    ) -> None:
        offsets = fitter.raw_s + fitter.raw_step_s / 2
        times = fitter.release_s[[rows[0], rows[-1]]]
        named = float(line.raw_at(line.at_s))
        far = np.full(len(offsets), True) if far_s is None else np.abs(offsets - named) > far_s
        self.best_far, noise = -1.0, 0.0
        self.noise = 0.0
        self.ranges: list[tuple[float, float]] = []
        for speed in dict.fromkeys((*SPEEDS, line.speed)):
            where, when = fitter.scores(rows, line.at_s, speed, offsets)
            alike = np.nan_to_num(where, nan=-1.0) >= line.where - SLACK_WHERE
            others = alike & far
            if others.any():
                self.best_far = max(self.best_far, float(np.nanmax(when[others])))
                noise = self.noise = max(noise, float(np.nanstd(when[others])))
            slack = max(SLACK_WHEN, min(MOST_SLACK, NOISE_WIDTHS * noise))
            for b in np.flatnonzero(alike & (np.nan_to_num(when, nan=-1.0) >= line.when - slack)):
                ends = offsets[b] + speed * (times - line.at_s)
                self.ranges.append((float(ends.min()), float(ends.max())))


def _merged(ranges: Sequence[tuple[float, float]], gap_s: float) -> list[tuple[float, float]]:
    merged: list[tuple[float, float]] = []
    for low, high in sorted(ranges):
        if merged and low <= merged[-1][1] + gap_s:
            merged[-1] = (merged[-1][0], max(merged[-1][1], high))
        else:
            merged.append((low, high))
    return merged
