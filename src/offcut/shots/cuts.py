"""Cuts by a test from both sides: no picture shortly before the cut is like any shortly after it.

A flash, a muzzle flash or an explosion lets the old picture come back, shake moves it, exposure brightens it:
in each case some pair across the suspected place is alike, and that pair is a bridge that refutes the cut.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from offcut.shots.scan import Scan
from offcut.shots.similarity import Looks

_BRIDGED = 0.28
"""Two pictures less unlike than this show the same scene."""
_UNCHANGED = 0.25
"""Were more of the textured area than this the same, something was laid over the picture, not cut.
The largest at 117 generated cuts was 0.17; the median at a banner 0.5."""
_BRIDGE_AREA = 0.15
_CHANGED = 0.38
"""At least this share of the picture changes at a cut (0.40 was the least seen), a fifth at a banner."""

_BLACK = 20.0
_FROZEN_BRIDGED = 0.6
"""When a freeze ends the old shot has moved on meanwhile: only a far more different picture is a cut."""
_FROZEN_S = 0.2

_BEFORE_S = (0.0, 0.04, 0.08)
_AFTER_S = (0.0, 0.04, 0.12, 0.20, 0.32)
_AFTER_GLARE_S = (0.45, 0.6, 0.8)
_GLARE_AREA = 0.3
"""Where this much of the picture turned bright, the old picture is waited for longer."""
_LONGEST_FLASH_S = 0.9
_BLIND_S = 0.12
"""After a cut no second one is sought for this long (at least one frame)."""


@dataclass(frozen=True, slots=True)
class Cut:
    """A cut whose new shot begins at frame `index`, and the figures that decided.

    Attributes:
        index: First frame of the new shot.
        bridge: Unlikeness of the most alike pair across it.
        drift: Unlikeness that movement alone causes within the shots.
        unchanged: Largest unchanged area across it.
        changed: Share of the picture whose brightness changed.
        spike: Change at the cut over the largest of the frames around it.
    """

    index: int
    bridge: float
    drift: float
    unchanged: float
    changed: float
    spike: float


@dataclass(frozen=True, slots=True)
class Burst:
    """Light that came and went in frames [first, end).

    Attributes:
        first: First bright frame.
        end: First frame that is again like the one before.
        area: Largest share of the picture brightened by more than 25 code values.
    """

    first: int
    end: int
    area: float


def find_cuts(scan: Scan, looks: Looks, seconds: NDArray[np.float64]) -> tuple[list[Cut], list[Burst]]:
    """Find cuts, and the bursts of light that look like them.

    Args:
        scan: Figures of every frame.
        looks: The pictures.
        seconds: Time of every frame, increasing.

    Returns:
        Cuts and bursts, each in order of time.

    Source:
        Two-sided bridge test: docs/shots.md. The idea that N following frames must all differ is older
        (PySceneDetect issue 35, `flicker_frames`).
    """
    cuts: list[Cut] = []
    bursts: list[Burst] = []
    blind_until = 0
    step_s = float(np.median(np.diff(seconds))) if len(seconds) > 1 else 0.04
    for index in candidates(scan, seconds):
        if index < blind_until:
            continue
        verdict = _judge(index, scan, looks, seconds)
        if isinstance(verdict, Cut):
            following = min(index + 1, len(looks) - 1)
            if scan.change[following] > scan.change[index]:
                later = _judge(following, scan, looks, seconds)
                verdict = later if isinstance(later, Cut) else verdict
            cuts.append(verdict)
            blind_until = index + max(2, round(_BLIND_S / step_s))
            continue
        burst = _burst(index, verdict, looks, seconds)
        if burst is not None:
            bursts.append(burst)
            # What lies inside a burst is the burst's own end, not a second event.
            blind_until = burst.end + 1
    return cuts, bursts


def candidates(scan: Scan, seconds: NDArray[np.float64]) -> list[int]:
    """Frames that differ from the one before more than their neighbourhood does."""
    change, count = scan.change, len(scan.change)
    if count < 3:
        return []
    step_s = float(np.median(np.diff(seconds)))
    reach = max(3, round(0.4 / step_s))
    darkness = 0.25 + 0.75 * np.minimum(np.maximum(scan.mean, np.roll(scan.mean, 1)), 40) / 40
    found = []
    for index in np.flatnonzero(change > 2.5 * darkness):
        start, end = max(1, int(index) - reach), min(count, int(index) + reach + 1)
        around = np.concatenate([change[start:index], change[index + 1 : end]])
        # A frame shown twice (rate conversion, slow motion) says nothing about movement.
        moving = around[around > 0.15 * change[index]] if len(around) else around
        usual = float(np.median(moving)) if 2 * len(moving) > len(around) else float(np.median(around))
        # Not the largest alone: a flash of one frame has two edges, and it begins with the first.
        near = 0.8 * change[max(1, int(index) - 1) : int(index) + 2].max()
        if change[index] > 1.7 * usual + darkness[index] and change[index] >= near:
            found.append(int(index))
    return found


def _at(seconds: NDArray[np.float64], time_s: float) -> int:
    """Index of the frame whose time is nearest."""
    index = int(np.clip(np.searchsorted(seconds, time_s), 1, len(seconds) - 1))
    return index - 1 if time_s - seconds[index - 1] < seconds[index] - time_s else index


def _sides(index: int, seconds: NDArray[np.float64]) -> tuple[list[int], list[int]]:
    """Frames compared on either side of `index`, nearest first; at least two where there are two."""
    old = {_at(seconds, seconds[index - 1] - back) for back in _BEFORE_S} | {max(0, index - 2)}
    new = {_at(seconds, seconds[index] + on) for on in _AFTER_S} | {min(len(seconds) - 1, index + 1)}
    return (
        sorted((i for i in old if i < index), reverse=True),
        sorted(i for i in new if i >= index),
    )


def _judge(index: int, scan: Scan, looks: Looks, seconds: NDArray[np.float64]) -> Cut | int | None:
    """A cut; or the first frame after `index` that is like the old picture; or None: neither."""
    old, new = _sides(index, seconds)
    shown = len(new)
    if looks[index].is_flat or _brightened(index, looks)[0] > _GLARE_AREA:
        new += sorted({_at(seconds, seconds[index] + on) for on in _AFTER_GLARE_S} - set(new))
    frozen = seconds[index - 1] - seconds[_still_since(index - 1, scan)] >= _FROZEN_S
    bridge, needed = 2.0, _FROZEN_BRIDGED if frozen else _BRIDGED
    for q in new:
        for p in old:
            unlike = looks.unlike(p, q)
            # Smooth pictures correlate by chance; then no textured block of the one is in the other.
            if unlike <= needed and looks.unchanged(p, q) < _BRIDGE_AREA:
                unlike = needed
            elif unlike <= needed:
                return q
            bridge = min(bridge, unlike)
    changed = _changed(index, looks)
    areas = [looks.unchanged(p, q) for p in old[:2] for q in (new[0], new[min(2, shown - 1)])]
    unchanged = max((a for a in areas if not np.isnan(a)), default=0.0)
    if unchanged >= _UNCHANGED or changed < _CHANGED:
        return None
    drift = _drift(index, looks, seconds)
    return Cut(index, bridge, drift, unchanged, changed, _spike(index, scan))


def _still_since(index: int, scan: Scan) -> int:
    """First of the run of identical frames that ends with `index`, where movement went before it."""
    first = index
    while first > 0 and scan.identical[first]:
        first -= 1
    moving = scan.change[max(1, first - 4) : first + 1]
    return first if len(moving) and float(np.median(moving)) > 0.3 else index


def _spike(index: int, scan: Scan) -> float:
    """Change at `index` over the largest of the six frames on either side."""
    around = np.concatenate([scan.change[max(1, index - 6) : index], scan.change[index + 1 : index + 7]])
    floor = 0.3 * _darkness(scan.mean[index], scan.mean[index - 1])
    return float(scan.change[index]) / max(floor, float(around.max(initial=0.0)))


def _darkness(first: float, second: float) -> float:
    """Factor for thresholds of change: dark pictures differ by less, down to a quarter."""
    return 0.25 + 0.75 * min(max(float(first), float(second)), 40.0) / 40.0


def _changed(index: int, looks: Looks) -> float:
    old, new = looks[index - 1], looks[index]
    differs = np.abs(new.picture - old.picture) > 8 * _darkness(old.mean, new.mean)
    # Bars beside an upright picture stay black through every cut.
    shown = np.maximum(new.picture, old.picture) > _BLACK
    return float(differs[shown].mean()) if float(shown.mean()) > 0.05 else float(differs.mean())


def _drift(index: int, looks: Looks, seconds: NDArray[np.float64]) -> float:
    """Unlikeness within each shot over about 0.1 and 0.24 s; the larger side's median."""
    sides = []
    for edge, sign in ((index - 1, -1), (index, 1)):
        others = {_at(seconds, seconds[edge] + sign * gap) for gap in (0.12, 0.24)} - {edge}
        inside = [i for i in others if (i < index) == (edge < index)]
        sides.append([looks.unlike(edge, i) for i in inside])
    return max((float(np.median(side)) for side in sides if side), default=0.0)


def _burst(index: int, back_at: int | None, looks: Looks, seconds: NDArray[np.float64]) -> Burst | None:
    """The burst of light that begins at `index`, if that is what the change is."""
    area, darker = _brightened(index, looks)
    if back_at is None or area < 0.02 or area < 3 * darker:
        return None
    end = _returns(index, looks, seconds)
    if end is None:
        return None
    return Burst(index, end, area)


def _brightened(index: int, looks: Looks) -> tuple[float, float]:
    """Shares of the picture that got brighter and darker by more than 25 code values at `index`."""
    rise = looks[index].picture - looks[index - 1].picture
    return float((rise > 25).mean()), float((rise < -25).mean())


def _returns(index: int, looks: Looks, seconds: NDArray[np.float64]) -> int | None:
    """First frame after `index` as bright as the one before it (within a third of the rise) and alike."""
    before = looks[index - 1].picture
    rise = float(np.percentile(looks[index].picture - before, 98))
    last = min(len(looks) - 1, int(np.searchsorted(seconds, seconds[index] + _LONGEST_FLASH_S)))
    for later in range(index + 1, last + 1):
        dimmed = float(np.percentile(looks[later].picture - before, 98)) < rise / 3
        if dimmed and looks.unlike(index - 1, later) <= _BRIDGED:
            return later
    return None
