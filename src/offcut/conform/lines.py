"""Raw time as a straight line over release time: where a stretch starts in the recording, and how fast."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from offcut.conform.planes import Plane
from offcut.timeline import FrameTimes

_RATIOS = tuple(float(2.0**k) for k in np.arange(-2, 2.01, 0.25))
SPEEDS = (*_RATIOS, 0.0, *(-ratio for ratio in _RATIOS))
"""Tried in every window: a quarter of an octave apart, so that none is off by more than a frame in half a
second, both ways, and a held frame."""
MOST_SPEED = 4.2
REGULAR = 0.005
"""Share of the release's energy added to what moves: where nothing moves the score goes to 0, not noise."""

LOCAL_S, FAIR_MATCH = 0.5, 0.4
REPEATS = 0.001
"""Share of its energy by which a row of the release that repeats another differs from it at most."""

FEW_OFFSETS, MEAN_ROWS = 64, 24
"""Where few lines are scored, the energy of their mean picture is taken on the frames shown; else on all raw
frames between the first and the last of them, which is nearly the same and costs four look-ups."""

PROMISING, LEAST_PROMISING = 0.2, 0.25
"""A moment is looked at only if the middle of the window matches it at most this much worse than its best."""

MOST_ROWS = 17
"""Frames of a window on which its lines are first compared; more tell no more about the moment."""

PLAIN_SPEED_BONUS, OCTAVE_COST, BACKWARDS_COST = 0.01, 0.01, 0.02
"""Of two lines that fit alike, the one nearer to the recording as it is is the simpler claim."""


@dataclass(frozen=True, slots=True)
class Line:
    """raw time = raw_s + speed * (release time - at_s), in seconds.

    Attributes:
        where: How well the pictures agree along the line, at most 1.
        when: How well what moves agrees along the line, at most 1; near 0 where nothing moves.
    """

    plane: int
    at_s: float
    raw_s: float
    speed: float
    where: float
    when: float

    @property
    def total(self) -> float:
        """Both scores together, and what the speed costs."""
        return self.where + self.when - speed_cost(self.speed)

    def raw_at(self, release_s: NDArray[np.float64] | float) -> NDArray[np.float64] | float:
        """Raw time shown at a release time."""
        return self.raw_s + self.speed * (release_s - self.at_s)


def speed_cost(speed: float) -> float:
    """What a line has to fit better by to be preferred to one at the recording's own speed."""
    if abs(speed - 1) < 1e-6:
        return -PLAIN_SPEED_BONUS
    octaves = abs(float(np.log2(max(abs(speed), 0.25))))
    return OCTAVE_COST * octaves + (BACKWARDS_COST if speed < 0 else 0.0)


class Fitter:
    """Fits lines in one plane; `searched` are those of all planes in which this one was found, if any."""

    def __init__(
        self,
        plane: Plane,
        number: int,
        release: FrameTimes,
        raw: FrameTimes,
        *,
        searched: Sequence["Fitter"] = (),
    ) -> None:
        self.plane = plane
        self.searched = searched
        self.number = number
        first, last = plane.release_frames
        start, end = plane.raw_frames
        self.release_s = release.seconds()[first:last]
        self.raw_s = raw.seconds()[start:end]
        self.raw_end_s = float(raw.time_s(end))
        self.raw_step_s = raw.median_step_s
        self.release_step_s = release.median_step_s
        self.match = plane.match()
        self.moving_match = self.match if plane.motion is plane.pictures else plane.motion.match()

    def release_time_s(self, frame: int) -> float:
        """Time of release frame `frame`, extrapolated beyond the plane."""
        base = self.plane.release_frames[0]
        row = frame - base
        if 0 <= row < len(self.release_s):
            return float(self.release_s[row])
        edge = 0 if row < 0 else len(self.release_s) - 1
        return float(self.release_s[edge]) + (row - edge) * self.release_step_s

    def raw_index(self, line: Line, frame: int) -> int | None:
        """Number, in the recording, of the raw frame that `line` names for a release frame; None off it."""
        raw_s = float(line.raw_at(self.release_time_s(frame)))
        if not self.raw_s[0] - self.raw_step_s / 2 <= raw_s < self.raw_end_s + self.raw_step_s / 2:
            return None
        row = int(np.searchsorted(self.raw_s, raw_s + 1e-6, side="right")) - 1
        return self.plane.raw_frames[0] + max(row, 0)

    def moving_share(self, rows: NDArray[np.int64]) -> float:
        """Share of the release's energy on `rows` that changes over time, from 0 (still) to 1."""
        products = self.plane.motion
        energy = float(products.release_energy[rows].sum())
        still = float(products.release_gram[np.ix_(rows, rows)].sum()) / max(1, len(rows))
        return max(0.0, energy - still) / (energy + 1e-9)

    def scores(
        self, frames: NDArray[np.int64], at_s: float, speed: float, offsets_s: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Where and when scores of lines through (at_s, offset) on rows `frames`; NaN off the recording."""
        pictures, motion = self.plane.pictures, self.plane.motion
        raw = offsets_s[None, :] + speed * (self.release_s[frames] - at_s)[:, None]
        index = np.searchsorted(self.raw_s, raw + 1e-6, side="right") - 1
        outside = ((index < 0) | (raw >= self.raw_end_s + self.raw_step_s / 2)).any(axis=0)
        index = np.clip(index, 0, len(self.raw_s) - 1)
        count = len(frames)
        seen = pictures.both[frames[:, None], index].sum(axis=0)
        ours = float(pictures.release_energy[frames].sum())
        where = seen / np.sqrt(ours * pictures.raw_energy[index].sum(axis=0) + 1e-9)
        mean_product = motion.both[frames].mean(axis=0)
        if motion is not pictures:
            seen = motion.both[frames[:, None], index].sum(axis=0)
        moving = seen - mean_product[index].sum(axis=0)
        low, high = index.min(axis=0), index.max(axis=0) + 1
        box = motion.raw_integral
        if len(offsets_s) <= FEW_OFFSETS:
            few = index[np.unique(np.linspace(0, count - 1, MEAN_ROWS).round().astype(int))]
            mean_energy = motion.raw_gram[few[:, None], few[None, :]].mean(axis=(0, 1), dtype=np.float64)
        else:
            mean_energy = (box[high, high] - box[low, high] - box[high, low] + box[low, low]) / (
                high - low
            ) ** 2
        theirs_moving = np.maximum(motion.raw_energy[index].sum(axis=0) - count * mean_energy, 0)
        ours_there = float(motion.release_energy[frames].sum())
        still = float(motion.release_gram[np.ix_(frames, frames)].sum()) / count
        floor = REGULAR * ours_there
        when = moving / np.sqrt((max(ours_there - still, 0.0) + floor) * (theirs_moving + floor) + 1e-9)
        where[outside] = np.nan
        when[outside] = np.nan
        return where, when

    def best(
        self, frames: NDArray[np.int64], speeds: Sequence[float], around_s: tuple[float, float] | None = None
    ) -> list[Line]:
        """The best line for each of `speeds`, best first; `around_s` bounds raw time at the middle frame."""
        middle = int(frames[len(frames) // 2])
        at_s = float(self.release_s[middle])
        offsets = self.raw_s + self.raw_step_s / 2
        near = self.match[max(0, middle - 1) : middle + 2].max(axis=0)
        inside = np.full(len(offsets), True)
        if around_s is not None:
            inside = (offsets >= around_s[0]) & (offsets <= around_s[1])
        if not inside.any():
            return []
        inside &= near >= max(LEAST_PROMISING, float(near[inside].max()) - PROMISING)
        offsets = offsets[inside]
        picked = frames[:: -(-len(frames) // MOST_ROWS)]
        found = []
        for speed in speeds:
            if len(offsets) == 0 or abs(speed) > MOST_SPEED:
                continue
            where, when = self.scores(picked, at_s, speed, offsets)
            total = where + when
            if np.isnan(total).all():
                continue
            b = int(np.nanargmax(total))
            found.append(Line(self.number, at_s, float(offsets[b]), speed, float(where[b]), float(when[b])))
        return sorted(found, key=lambda line: -line.total)

    def refined(self, frames: NDArray[np.int64], line: Line) -> Line:
        """Speed and offset by repeated search on finer grids around `line`, on all of `frames`."""
        at_s = float(self.release_s[frames[len(frames) // 2]])
        span_s = float(self.release_s[frames[-1]] - self.release_s[frames[0]]) + 1e-3
        best = replace(line, at_s=at_s, raw_s=float(line.raw_at(at_s)))
        best = self.scored(frames, best)
        if line.speed == 0:
            return best
        speed_reach = min(0.2 * max(abs(line.speed), 0.25), 2 * self.raw_step_s / span_s + 0.02)
        offset_reach = 2 * self.raw_step_s
        for _ in range(3):
            speeds = np.clip(best.speed + speed_reach * np.linspace(-1, 1, 9), -MOST_SPEED, MOST_SPEED)
            offsets = best.raw_s + offset_reach * np.linspace(-1, 1, 17)
            for speed in speeds:
                where, when = self.scores(frames, at_s, float(speed), offsets)
                total = where + when
                if np.isnan(total).all():
                    continue
                b = int(np.nanargmax(total))
                if total[b] > best.where + best.when + 1e-9:
                    best = Line(
                        self.number, at_s, float(offsets[b]), float(speed), float(where[b]), float(when[b])
                    )
            speed_reach, offset_reach = speed_reach / 3, offset_reach / 3
        return best

    def scored(self, frames: NDArray[np.int64], line: Line) -> Line:
        """The same line with its scores on `frames` of this plane; 0 where it leaves the recording."""
        where, when = self.scores(frames, line.at_s, line.speed, np.array([line.raw_s]))
        return replace(line, where=float(np.nan_to_num(where[0])), when=float(np.nan_to_num(when[0])))

    def local_when(self, line: Line, match: NDArray[np.float64]) -> NDArray[np.float64]:
        """The `when` score in a window around every release row where `match` along the line is fair.

        One figure for the whole line would let the part that fits carry a part that does not: after a
        jump within one fixed view only the motion tells that the line is wrong.
        """
        reach = max(4, round(LOCAL_S / max(self.release_step_s, 1e-3)))
        fair = np.flatnonzero(np.nan_to_num(match, nan=-1.0) > FAIR_MATCH)
        scores = np.zeros(len(match))
        if len(fair) == 0:
            return scores
        centres = np.unique(np.append(fair[:: max(1, reach // 2)], fair[-1]))
        rows = np.arange(len(match))
        found = []
        for centre in centres:
            window = rows[max(0, centre - reach) : centre + reach + 1]
            window = window[np.isfinite(match[window])]
            found.append(self.scored(window, line).when if len(window) >= 4 else 0.0)
        scores[fair] = np.interp(fair, centres, found)
        if line.speed == 0:
            # Nothing moves along a held frame, and where the release repeats itself nothing should.
            scores[fair] = np.maximum(scores[fair], self._repeats()[fair])
        return scores

    def _repeats(self) -> NDArray[np.float64]:
        """1 for rows of the release that are the row before or after once more, 0 for others."""
        products = self.plane.motion
        energy, rows = products.release_energy, np.arange(len(products.release_energy) - 1)
        apart = energy[1:] + energy[:-1] - 2 * products.release_gram[rows + 1, rows]
        same = np.concatenate([[False], apart < REPEATS * energy[1:], [False]])
        return np.asarray(same[1:] | same[:-1], np.float64)

    def along(self, line: Line) -> NDArray[np.float64]:
        """Frame-by-frame match along `line` for all release rows of the plane; NaN outside the recording.

        Half of it is that of all pixels, half that of those that move in the recording: on a fixed camera a
        wrong moment would hardly show in all of them.
        """
        raw = np.asarray(line.raw_at(self.release_s))
        index = np.searchsorted(self.raw_s, raw + 1e-6, side="right") - 1
        slack = self.raw_step_s / 2
        outside = (raw < self.raw_s[0] - slack) | (raw >= self.raw_end_s + slack)
        at = (np.arange(len(raw)), np.clip(index, 0, len(self.raw_s) - 1))
        values = (self.match[at] + self.moving_match[at]).astype(np.float64) / 2
        values[outside] = np.nan
        return values
