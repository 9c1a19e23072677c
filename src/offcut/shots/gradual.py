"""Dissolves, fades and wipes: where the pictures between two sides are mixtures of the two.

A dissolve mixes everywhere alike, a wipe is wholly the one or the other on either side of an edge that
moves evenly, a fade mixes with one colour. Movement, light and things that pass before a fixed camera do
none of these over the whole picture at an even pace.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from offcut.shots.mixture import crispness, evenness, mixture_of, unevenness
from offcut.shots.scan import DISSOLVE_BEND, DISSOLVE_RESIDUAL, WIPE_BEND, WIPE_RESIDUAL, Blends
from offcut.shots.similarity import Looks

Kind = Literal["dissolve", "fade", "wipe"]

_UNLIKE = 0.28
"""Both sides must show different scenes, as for a cut."""
_UNCHANGED = 0.25
_MOST_RESIDUAL = 0.55
_MOST_UNEVEN = 0.75
"""Of residual plus twice the unevenness: explosions, shake and passing things reach 0.56 to 0.70."""
_LEAST_COVER = 0.45
"""Share of the picture in which the sides differ; a passing car or person changes less."""
_LEAST_STEP = -0.06
"""A mixing ratio does not run back."""
_FLAT_SPREAD, _FULL_SPREAD = 1.5, 8.0
_FLAT_DARK, _FLAT_BRIGHT = 40.0, 210.0
_FADED_SHARE = 0.35
_FADE_UNEVEN = 0.09
_HOLD_S = 1.5
"""A fade out and the fade in after it are one change when no more than this lies between them."""
_END_HOLD_S = 0.2
_STRETCH_FRAMES = 512
_SAME = 0.6
"""Spans that share more than this of their common extent are tries at the same change."""
_WIPE_EVENNESS = 0.96


@dataclass(frozen=True, slots=True)
class Gradual:
    """A gradual change and the figures that decided.

    Attributes:
        kind: Dissolve, fade or wipe.
        first: Index of the first mixed frame.
        end: Index after the last mixed frame.
        residual: Largest share of the difference that no mixture explains.
        bend: Mean distance of the mixing ratios from an even ramp.
        unlike: Unlikeness of the pictures before and after.
        uneven: Mean distance between the mixing ratio of the parts of the picture and that of the whole.
        crisp: Fine contrast kept half way: 0 as mixing leaves it, 1 as if nothing were mixed.
    """

    kind: Kind
    first: int
    end: int
    residual: float
    bend: float
    unlike: float
    uneven: float
    crisp: float


@dataclass(frozen=True, slots=True)
class _Span:
    first: int
    last: int
    bend: float


def find_gradual(
    blends: Blends,
    cuts: Sequence[int],
    bursts: Sequence[tuple[int, int]],
    looks: Looks,
    seconds: NDArray[np.float64],
) -> list[Gradual]:
    """Find gradual changes among the candidates of the scan.

    Args:
        blends: Candidates.
        cuts: First frames of shots that open by a cut; nothing is sought across them.
        bursts: Half-open frame spans of bursts of light.
        looks: The pictures.
        seconds: Time of every frame.

    Returns:
        Dissolves, wipes and fades in order of time, without overlap; a fade may hold a cut inside.

    Source:
        Mixing ratio by regression on the two sides: docs/shots.md.
    """
    usable = _clear_of(blends, cuts, bursts, len(looks))
    even = usable.chosen((usable.residual < DISSOLVE_RESIDUAL) & (usable.bend < DISSOLVE_BEND))
    lowest, highest = WIPE_RESIDUAL
    edged = usable.chosen(
        (usable.residual > lowest) & (usable.residual < highest) & (usable.bend < WIPE_BEND)
    )
    occupied = np.zeros(len(looks), np.bool_)
    taken: list[Gradual] = []
    for test, spans in ((_half_fade, even), (_dissolve, even), (_wipe, edged)):
        for first, last, bend in _ranked(spans):
            if occupied[first : last + 1].any():
                continue
            found = test(_Span(first, last, bend), cuts, looks)
            if found is not None:
                taken.append(found)
                occupied[found.first : found.end] = True
    return _joined(sorted(taken, key=_by_first), looks, seconds)


def _by_first(change: Gradual) -> int:
    return change.first


def _clear_of(blends: Blends, cuts: Sequence[int], bursts: Sequence[tuple[int, int]], count: int) -> Blends:
    """Candidates with a frame on either side and no cut or burst within."""
    barred = np.zeros(count + 1, np.int64)
    barred[np.asarray(cuts, np.intp)] = 1
    for first, end in bursts:
        barred[first : end + 1] = 1
    before = np.concatenate([[0], np.cumsum(barred)])
    inside = (blends.first > 0) & (blends.last + 1 < count)
    usable = blends.chosen(inside)
    return usable.chosen(before[usable.last + 2] == before[usable.first])


def _ranked(blends: Blends) -> list[tuple[int, int, float]]:
    """First frame, last frame and bend, best first, of spans that overlap little with better ones.

    The best is the widest that still mixes evenly: every part of a dissolve is itself an even
    mixture, but of sides that differ less.
    """
    worth = blends.difference * (1 - 10 * blends.bend) * (1 - 1.5 * blends.residual)
    alive = np.ones(len(blends), np.bool_)
    longest = int((blends.last - blends.first).max(initial=0)) + 1
    kept = []
    for index in np.argsort(-worth, kind="stable"):
        if not alive[index]:
            continue
        first, last = int(blends.first[index]), int(blends.last[index])
        kept.append((first, last, float(blends.bend[index])))
        low, high = np.searchsorted(blends.first, (first - longest, last + 1))
        firsts, lasts = blends.first[low:high], blends.last[low:high]
        shared = np.minimum(lasts, last) - np.maximum(firsts, first) + 1
        whole = np.maximum(lasts, last) - np.minimum(firsts, first) + 1
        alive[low:high] &= shared <= _SAME * whole
    # Frames are prepared once and a few hundred kept, so the tests go through the file bit by bit.
    return sorted(kept, key=lambda span: span[0] // _STRETCH_FRAMES)


def _dissolve(blend: _Span, cuts: Sequence[int], looks: Looks) -> Gradual | None:
    # Nearer than this a side is mixed; farther, a cut beside the change would lie between.
    before, after = blend.first - 1, blend.last + 1
    if looks.unlike(before, after) < _UNLIKE:
        return None
    mixture = mixture_of(blend.first, blend.last, looks)
    residual = float(mixture.residual.max())
    if residual > _MOST_RESIDUAL or mixture.cover < _LEAST_COVER:
        return None
    if float(np.diff(mixture.ratio).min()) < _LEAST_STEP or looks.unchanged(before, after) > _UNCHANGED:
        return None
    uneven = unevenness(mixture)
    if residual + 2 * uneven > _MOST_UNEVEN:
        return None
    first, last = _refined(blend, cuts, looks)
    unlike = looks.unlike(before, after)
    return Gradual(
        "dissolve",
        first,
        last + 1,
        residual,
        blend.bend,
        unlike,
        uneven,
        crispness(blend.first, blend.last, mixture.ratio, looks),
    )


def _refined(blend: _Span, cuts: Sequence[int], looks: Looks) -> tuple[int, int]:
    """First and last mixed frame: the even ramp, flat at both ends, that fits the mixing ratios best."""
    width = blend.last - blend.first + 1
    margin = max(2, round(0.25 * width))
    lowest = max([1, *(c + 1 for c in cuts if c <= blend.first - 1)])
    highest = min([len(looks) - 2, *(c - 2 for c in cuts if c > blend.last + 1)])
    first, last = max(lowest, blend.first - margin), min(highest, blend.last + margin)
    ratio = mixture_of(first, last, looks).ratio
    places = np.arange(first - 1, last + 2)
    best, chosen = np.inf, (blend.first, blend.last)
    for start in range(first, min(blend.first + margin, blend.last) + 1):
        for end in range(max(start + 1, blend.last - margin), last + 1):
            ramp = np.clip((places - start + 1) / (end - start + 2), 0, 1)
            error = _misfit(ramp, ratio)
            if error < best:
                best, chosen = error, (start, end)
    return chosen


def _misfit(ramp: NDArray[np.float64], ratio: NDArray[np.float32]) -> float:
    """Squared error of the best multiple of `ramp`: movement on either side keeps the ends from 0 and 1."""
    level, rise = ratio - ratio.mean(), ramp - ramp.mean()
    slope = float((level * rise).sum() / max(float((rise**2).sum()), 1e-9))
    return float(((level - slope * rise) ** 2).sum())


def _half_fade(blend: _Span, cuts: Sequence[int], looks: Looks) -> Gradual | None:
    """A picture that goes into black, white or a cut out of the faint, or comes out of them."""
    if not _fades(blend.first - 1, blend.last + 1, looks):
        return None
    first, last = _refined(blend, cuts, looks)
    if not _fades(first - 1, last + 1, looks):
        return None
    a, b = looks[first - 1], looks[last + 1]
    faint, edge = (b, last + 2) if b.spread < a.spread else (a, first - 1)
    is_flat = faint.spread < _FLAT_SPREAD and not _FLAT_DARK <= faint.mean <= _FLAT_BRIGHT
    if not is_flat and all(abs(cut - edge) > 2 for cut in cuts):
        return None
    mixture = mixture_of(blend.first, blend.last, looks)
    residual, uneven = float(mixture.residual.max()), unevenness(mixture)
    if residual > _MOST_RESIDUAL or uneven > _FADE_UNEVEN:
        return None
    if float(np.diff(mixture.ratio).min()) < _LEAST_STEP:
        return None
    return Gradual("fade", first, last + 1, residual, blend.bend, 1.0, uneven, 0.0)


def _fades(before: int, after: int, looks: Looks) -> bool:
    """Whether one of two pictures has lost most of the other's contrast."""
    faint, full = sorted((looks[before].spread, looks[after].spread))
    return faint <= _FADED_SHARE * full and full >= _FULL_SPREAD


def _joined(changes: list[Gradual], looks: Looks, seconds: NDArray[np.float64]) -> list[Gradual]:
    """Make one fade of a change into the faint and the change out of it that follows.

    A fade that the file opens or ends with, without a span of its own beside it, opens no shot.
    """
    joined: list[Gradual] = []
    for change in changes:
        way = _way(change, looks)
        before = joined[-1] if joined else None
        if (
            before is not None
            and way > 0 > _way(before, looks)
            and seconds[change.first] - seconds[before.end - 1] <= _HOLD_S
        ):
            joined[-1] = replace(
                before,
                kind="fade",
                end=change.end,
                residual=max(before.residual, change.residual),
                bend=max(before.bend, change.bend),
                uneven=max(before.uneven, change.uneven),
            )
            continue
        lead_s = float(seconds[change.first - 1] - seconds[0])
        rest_s = float(seconds[-1] - seconds[change.end - 1])
        if change.kind != "fade" or (lead_s if way > 0 else rest_s) >= _END_HOLD_S:
            joined.append(change)
    return joined


def _way(change: Gradual, looks: Looks) -> int:
    """-1 where a change leads into a faint picture, 1 where it leads out of one, else 0."""
    if change.kind == "wipe":
        return 0
    before, after = looks[change.first - 1].spread, looks[min(change.end, len(looks) - 1)].spread
    if after < _FADED_SHARE * before:
        return -1
    return 1 if before < _FADED_SHARE * after else 0


def _wipe(blend: _Span, cuts: Sequence[int], looks: Looks) -> Gradual | None:
    """An edge that moves evenly across: every line of the picture changes at once, one after the other."""
    mixture = mixture_of(blend.first, blend.last, looks)
    if float(np.diff(mixture.ratio).min()) < _LEAST_STEP or mixture.cover < 0.3:
        return None
    if max(evenness(mixture, axis) for axis in (1, 2)) < _WIPE_EVENNESS:
        return None
    unlike = looks.unlike(blend.first - 1, blend.last + 1)
    if unlike < _UNLIKE or looks.unchanged(blend.first - 1, blend.last + 1) > _UNCHANGED:
        return None
    residual = float(mixture.residual.max())
    return Gradual("wipe", blend.first, blend.last + 1, residual, blend.bend, unlike, 0.0, 0.0)
