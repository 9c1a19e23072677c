"""Lines of sound: raw time over release time, proposed by correlation and by pictures, chosen by what agrees.

A line is a recording, a speed and a place. Many are proposed; for each, what release and recording
have in common is measured in short steps. The choice of one line or none for every step that agrees best
over the whole release is found by dynamic programming (Viterbi 1967), and what was chosen is then held
against every other line that was proposed for the same time.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from offcut.conform.correlate import APART, Peak, across, near
from offcut.conform.sound_common import EXPECTED, SPREAD, STEP, Common, Pair, follow
from offcut.conform.waves import RATE_HZ, Samples, Wave, levelled, retimed

__all__ = ["Drift", "Line", "Run", "blind", "chosen", "common", "guided"]

REACH = 60
"""Ticks by which the sound may drift along a line: 5 ms; beyond it, another line goes on."""

CHUNK = 1 << 16
"""Ticks of the release that are looked for at once: 5.5 s, longer than most segments."""

MUCH = 2_000_000 * RATE_HZ**2
"""Length of release times that of recordings (ten minutes by an hour) above which chunks are longer."""

PIECES = 64
"""Chunks that are looked for in one walk through a recording: their spectra take 130 MB."""

MOST_LINES = 16
"""Places kept for each chunk, of all recordings together."""

SECTION = 8192
"""Steps of the release that are decided together, 205 s, so that memory does not grow with its length."""

BLIND_COST, GUIDED_COST = 30.0, 16.0
"""Log likelihood that a line has to earn: one place of ten million asks more than one of a thousand."""

BLIND_RATIO, GUIDED_RATIO = 1.5, 1.2
"""A line has to agree better than every other by this factor, or no place is named."""

SILENCE_GAIN = -0.2
"""What a step earns in which one of the two is silent: nearly nothing, but no line lives on silence."""

LEAST_GUIDED_Z = 4.5
"""Of a few thousand values around the place that a picture names, one in a hundred is this high by chance."""


@dataclass(frozen=True, slots=True)
class Line:
    """Raw time over release time, in ticks: raw = raw_at + speed * (tick - at).

    Attributes:
        first, last: Ticks of the release between which the line is considered.
        sign: -1 if the polarity of the sound is inverted.
        is_guided: A picture named the place; the sound alone would have had to agree better.
    """

    recording: int
    speed: float
    at: int
    raw_at: int
    first: int
    last: int
    sign: int
    is_guided: bool

    def raw(self, tick: int) -> int:
        """The tick of the recording that is heard at a tick of the release."""
        return round(self.raw_at + self.speed * (tick - self.at))

    def is_like(self, other: "Line", tick: int) -> bool:
        """Whether both name the same moment of the same recording around `tick`, to 50 ms."""
        return self.recording == other.recording and abs(self.raw(tick) - other.raw(tick)) <= APART


@dataclass(frozen=True, slots=True)
class Drift:
    """How located sound leaves its line: a clock that runs faster, or pieces that are shifted.

    Attributes:
        ticks: Of the recording beside the line, where the run begins.
        slope: Ticks by which that grows with every tick of the release.
        scatter: RMS distance of the shifts from this, in ticks.
    """

    ticks: float
    slope: float
    scatter: float


@dataclass(frozen=True, slots=True)
class Run:
    """A line that was chosen, from step `first` up to step `last`.

    Attributes:
        share: What is in common, 0 to 1: mean product of the levelled sounds.
        z: The same over its spread by chance.
        ratio: Of `share` to that of the best other line, or of what chance gives at most.
        windows: Whole seconds, and how many of them agree by themselves.
        drift: How the sound leaves the line.
        stands: Whether a place may be named.
    """

    line: Line
    first: int
    last: int
    share: float
    z: float
    ratio: float
    windows: tuple[int, int]
    drift: Drift
    stands: bool


def blind(release: Wave, waves: Sequence[Wave], *, chunk: int | None = None) -> list[Line]:
    """Propose lines at recorded speed from the sound alone, looked for in the whole of every recording.

    Args:
        release: The sound of the release.
        waves: That of the recordings.
        chunk: Ticks of the release that are looked for at once; by default by how much there is to search.
    """
    if chunk is None:
        chunk = CHUNK if len(release) * sum(map(len, waves)) < MUCH else 2 * CHUNK
    starts = range(release.start, release.stop, chunk)
    found: dict[int, list[tuple[int, Peak]]] = {start: [] for start in starts}
    for number, wave in enumerate(waves):
        for first in range(0, len(starts), PIECES):
            some = starts[first : first + PIECES]
            pieces = [release.levelled(start, min(start + chunk, release.stop)) for start in some]
            for start, peaks in zip(some, across(pieces, wave), strict=True):
                found[start] += [(number, peak) for peak in peaks]
    lines: list[Line] = []
    for start, peaks_here in found.items():
        highest = sorted(peaks_here, key=lambda pair: -abs(pair[1].value))[:MOST_LINES]
        for number, peak in highest:
            first, last = max(release.start, start - chunk), min(release.stop, start + 2 * chunk)
            sign = 1 if peak.value > 0 else -1
            line = Line(number, 1.0, start, peak.tick, first, last, sign, False)
            recent = range(max(0, len(lines) - 3 * MOST_LINES), len(lines))
            known = next((k for k in recent if _is_one(lines[k], line)), None)
            if known is None:
                lines.append(line)
            else:
                lines[known] = replace(lines[known], last=last)
    return lines


def _is_one(known: Line, line: Line) -> bool:
    """Whether a line goes on where a known one was considered last, with no more than drift between them."""
    if (known.recording, known.sign) != (line.recording, line.sign) or known.last < line.first:
        return False
    return abs(known.raw(line.at) - line.raw_at) <= REACH // 2


def guided(
    release: Wave, wave: Wave, recording: int, span: tuple[int, int], raw_at: float, speeds: Sequence[float]
) -> list[Line]:
    """Look for a recording's sound where a picture says it should be.

    Args:
        release: The sound of the release.
        wave: That of the recording.
        recording: Its index.
        span: Ticks of the release in which the picture is seen.
        raw_at: Tick of the recording at the start of the span.
        speeds: To try, not 0.
    """
    first, last = max(span[0], release.start), min(span[1], release.stop)
    found: list[Line] = []
    if last - first < 4 * STEP or not len(wave):
        return found
    wanted = min(last, first + 2 * CHUNK)
    for speed in speeds:
        piece = _piece(release, first, wanted, speed)
        raw_first = raw_at + speed * (first - span[0])
        place = round(raw_first if speed > 0 else raw_first + speed * (wanted - first))
        peak: Peak | None = near(piece, wave, place, RATE_HZ // 8)
        if peak is not None and abs(peak.value) >= LEAST_GUIDED_Z:
            sign = 1 if peak.value > 0 else -1
            at = first if speed > 0 else wanted
            beyond = CHUNK if speed == 1 else 0
            low, high = max(release.start, first - beyond), min(release.stop, last + beyond)
            found.append(Line(recording, speed, at, peak.tick, low, high, sign, True))
    return found


def _piece(release: Wave, first: int, last: int, speed: float) -> Samples:
    if speed == 1:
        return release.levelled(first, last)
    return levelled(retimed(release.samples(first, last), speed))


def common(
    lines: Sequence[Line], release: Wave, waves: Sequence[Wave], section: tuple[int, int]
) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """What release and recordings have in common on each line, step by step.

    Args:
        lines: None reaches beyond the section.
        release: The sound of the release.
        waves: That of the recordings.
        section: Steps of the release, first and end.

    Returns:
        Shares, shape (lines, steps): mean product of the levelled sounds, polarity set right; NaN where one
        of the two is silent, -inf outside the line. Shifts in ticks of the recording, same shape.
    """
    steps = section[1] - section[0]
    spans = [_steps_of(line, release) for line in lines]
    pairs = [
        _pair(line, release, waves[line.recording], span) for line, span in zip(lines, spans, strict=True)
    ]
    shares = np.full((len(lines), steps), -np.inf, np.float32)
    shifts = np.zeros((len(lines), steps), np.int32)
    followed: list[Common] = follow(pairs, [line.sign for line in lines])
    for number, (span, found) in enumerate(zip(spans, followed, strict=True)):
        low, high = (step - section[0] for step in span)
        if lines[number].speed == 1:
            shares[number, low:high], shifts[number, low:high] = found.shares, found.shifts
        elif len(found.shares):
            # Steps of a retimed line are steps of the recording; each belongs to a moment of the release.
            at = np.minimum((np.arange(high - low) + 0.5) * abs(lines[number].speed), len(found.shares) - 1)
            rows = (
                at.astype(np.int64)
                if lines[number].speed > 0
                else len(found.shares) - 1 - at.astype(np.int64)
            )
            shares[number, low:high], shifts[number, low:high] = found.shares[rows], found.shifts[rows]
    return shares, shifts


def _steps_of(line: Line, release: Wave) -> tuple[int, int]:
    low, high = -(-(line.first - release.start) // STEP), (line.last - release.start) // STEP
    return low, max(low, high)


def _pair(line: Line, release: Wave, wave: Wave, span: tuple[int, int]) -> Pair:
    first, last = (release.start + step * STEP for step in span)
    heard = _piece(release, first, last, line.speed)
    start = line.raw(first if line.speed > 0 else last)
    heard = heard[: len(heard) // STEP * STEP]
    return Pair(heard, wave.levelled(start - REACH, start + len(heard) + REACH), REACH)


def chosen(lines: Sequence[Line], release: Wave, waves: Sequence[Wave]) -> list[Run]:
    """Choose for each step of the release one of `lines`, or none, and judge what was chosen."""
    steps = len(release) // STEP
    runs: list[Run] = []
    for first in range(0, steps, SECTION):
        low, high = (release.start + k * STEP for k in (first, min(first + SECTION, steps)))
        here = [
            replace(x, first=max(x.first, low), last=min(x.last, high))
            for x in lines
            if x.first < high and x.last > low
        ]
        runs += _chosen_of(here, release, waves, (first, min(first + SECTION, steps)))
    return runs


def _chosen_of(
    lines: Sequence[Line], release: Wave, waves: Sequence[Wave], section: tuple[int, int]
) -> list[Run]:
    if not lines:
        return []
    shares, shifts = common(lines, release, waves, section)
    gains = (EXPECTED * np.nan_to_num(shares, neginf=0.0) - EXPECTED**2 / 2) / SPREAD**2
    gains = np.where(np.isnan(shares), SILENCE_GAIN, np.where(np.isneginf(shares), -30.0, gains))
    path = _best_path(gains, np.array([GUIDED_COST if x.is_guided else BLIND_COST for x in lines]))
    edges = [0, *(np.flatnonzero(np.diff(path)) + 1).tolist(), section[1] - section[0]]
    spans = [(int(path[a]), *_trimmed(shares[path[a]], a, b)) for a, b in pairwise(edges) if path[a] >= 0]
    known = np.where(np.isneginf(shares), 0.0, shares)
    start = release.start + section[0] * STEP
    runs = [_judged(lines, known, shifts, start, span) for span in spans]
    return [replace(r, first=r.first + section[0], last=r.last + section[0]) for r in runs]


def _trimmed(shares: NDArray[np.float32], first: int, last: int) -> tuple[int, int]:
    """Leave off, at both ends of a run, steps that have less in common than half of what the run has."""
    part = np.nan_to_num(shares[first:last])
    above = np.cumsum(np.pad(part - 0.5 * np.median(part), (1, 0)))
    low = int(above[: len(part) // 2 + 1].argmin())
    high = len(part) // 2 + int(above[len(part) // 2 :].argmax())
    return first + low, first + max(low + 1, high)


def _best_path(gains: NDArray[np.floating[Any]], costs: NDArray[np.float64]) -> NDArray[np.int64]:
    """The line of each step, -1 for none, shape (steps,): none earns 0, every line costs once it begins."""
    count, steps = gains.shape
    earned = np.concatenate([[0.0], np.full(count, -1e9)])
    came = np.empty((steps, count + 1), np.int32)
    own = np.arange(count + 1)
    price = np.concatenate([[0.0], costs])
    for step in range(steps):
        best = int(earned.argmax())
        entered = earned[best] - price
        stays = earned >= entered
        came[step] = np.where(stays, own, best)
        earned = np.where(stays, earned, entered)
        earned[1:] += gains[:, step]
    path = np.empty(steps, np.int64)
    state = int(earned.argmax())
    for step in range(steps - 1, -1, -1):
        path[step] = state - 1
        state = int(came[step, state])
    return path


def _judged(
    lines: Sequence[Line],
    shares: NDArray[np.float64],
    shifts: NDArray[np.int32],
    start: int,
    span: tuple[int, int, int],
) -> Run:
    """Hold a chosen line against the others that were proposed for its time."""
    number, first, last = span
    line, part = lines[number], shares[:, first:last]
    known = np.isfinite(part[number])
    share = float(part[number][known].mean()) if known.any() else 0.0
    chance = SPREAD / max(1, int(known.sum())) ** 0.5
    middle = start + (first + last) // 2 * STEP
    others = [
        abs(float(np.nan_to_num(part[k]).mean())) for k, x in enumerate(lines) if not x.is_like(line, middle)
    ]
    ratio = share / max(max(others, default=0.0), 4.5 * chance)
    second = RATE_HZ // STEP
    whole = [part[number][k : k + second] for k in range(0, last - first - second + 1, second)]
    agree = sum(float(np.nan_to_num(w).mean()) > 3 * SPREAD / second**0.5 for w in whole)
    stands = ratio >= (GUIDED_RATIO if line.is_guided else BLIND_RATIO)
    drift = _drift(part[number], shifts[number, first:last])
    return Run(line, first, last, share, share / chance, ratio, (len(whole), agree), drift, stands)


def _drift(shares: NDArray[np.floating[Any]], shifts: NDArray[np.int32]) -> Drift:
    """Fit a line through the shifts of a run, each step weighed by what it has in common."""
    weights = np.clip(np.nan_to_num(shares), 0, None) ** 2
    if np.count_nonzero(weights) < 2:
        return Drift(0.0, 0.0, 0.0)
    at = np.arange(len(shifts)) * float(STEP)
    middle = float(np.average(at, weights=weights))
    mean = float(np.average(shifts, weights=weights))
    spread = float(np.average((at - middle) ** 2, weights=weights))
    slope = float(np.average((at - middle) * (shifts - mean), weights=weights)) / max(spread, 1.0)
    # Less than a tick over the whole run is rounding.
    slope = slope if abs(slope) * len(shifts) * STEP >= 1 else 0.0
    rest = shifts - mean - slope * (at - middle)
    return Drift(mean - slope * middle, slope, float(np.sqrt(np.average(rest**2, weights=weights))))
