"""From the figures of a boundary to the probability that it is one.

The weights come from logistic regression (ridge 1) on 36 generated videos of the tuning clips
(`bench/shots/generate_edits.py`, seeds 1000-1035: 274 true and 45 false cuts, 74 true and 103 false
dissolves). Cross-validated by video, statements between 0.85 and 0.95 were right for 31 of 33 cuts and 10 of
10 dissolves, those above 0.95 for 215 of 217 and 36 of 36. They hold for material as full of flashes,
banners, shake and freezes as that; how often such things occur elsewhere is not known, so neither is the
exact probability there. `bench/shots/calibrate.py` prints the weights again.
"""

import math

from offcut.shots.cuts import Cut
from offcut.shots.gradual import Gradual

CUT_BIAS, CUT_WEIGHTS = -4.67, (7.58, -4.67, -13.95, 3.45, 1.25)
DISSOLVE_BIAS, DISSOLVE_WEIGHTS = -0.3, (-0.29, -23.05, 6.15, -2.99)

_FADE, _WIPE = 0.95, 0.92
"""All 39 fades and 22 wipes found on the tuning videos were gradual changes (one was a dissolve);
so few do not carry a finer figure."""
_SHORT_BURST_S = 0.25
_MOST = 0.99
"""Nothing measured on a few hundred generated boundaries supports more."""


def cut_figures(cut: Cut) -> tuple[float, ...]:
    """What the weights of cuts apply to: bridge, drift, unchanged and changed area, log of the spike."""
    return (
        min(cut.bridge, 1.2),
        min(cut.drift, 0.8),
        cut.unchanged,
        cut.changed,
        math.log(min(max(cut.spike, 0.2), 30.0)),
    )


def dissolve_figures(change: Gradual) -> tuple[float, ...]:
    """What the weights of dissolves apply to: residual, bend, unlikeness, crispness."""
    return (change.residual, change.bend, min(change.unlike, 1.0), min(max(change.crisp, -0.3), 1.5))


def cut_confidence(cut: Cut) -> float:
    """Probability that `cut` is a cut, at most 0.99."""
    return _probability(CUT_BIAS, CUT_WEIGHTS, cut_figures(cut))


def gradual_confidence(change: Gradual) -> float:
    """Probability that `change` is a gradual change, at most 0.99."""
    if change.kind == "fade":
        return _FADE
    if change.kind == "wipe":
        return _WIPE
    return _probability(DISSOLVE_BIAS, DISSOLVE_WEIGHTS, dissolve_figures(change))


def burst_confidence(length_s: float) -> float:
    """Probability that light came and went within `length_s`.

    The shares that were true on the tuning videos: 142 of 145 up to a quarter of a second, 42 of 57 above,
    where exposure that jumps up and down again is the usual error.
    """
    return 0.97 if length_s <= _SHORT_BURST_S else 0.74


def _probability(bias: float, weights: tuple[float, ...], figures: tuple[float, ...]) -> float:
    logit = bias + sum(w * f for w, f in zip(weights, figures, strict=True))
    return round(min(_MOST, 1 / (1 + math.exp(-logit))), 3)
