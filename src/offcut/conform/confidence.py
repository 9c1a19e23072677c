"""From the figures of a segment to the probability that it names the right recording and moment.

The weights come from logistic regression (`bench/conform/fit_confidence.py`) on 20 releases cut from tuning
clips and from twelve clips of other sources that are in no other set: 254 moments stated exact, 18 of them
wrong. With each release left out in turn, statements between 0.80 and 0.90 were right for 33 of 38, between
0.90 and 0.95 for 72 of 77, above for 123 of 129. They hold for footage and compression like those.
"""

import math
from collections.abc import Mapping

BIAS, WEIGHTS = -3.92, (3.03, 3.21, 0.25, 2.20)

MOST, LEAST = 0.98, 0.5
"""Nothing measured on a few hundred generated segments supports more; what is less sure is not stated."""

LEAST_EXACT = 0.8
"""The calibrated limit: a moment that is right less often than this is not stated as exact."""

AMBIGUOUS = 0.95
"""Of the segments whose moment is open, this share named the right recording at least."""


HELD = 0.85
"""Held frames stated exact are too few to be fitted: all of the tuning releases were right."""


def figures(measured: Mapping[str, float]) -> tuple[float, ...]:
    """What the weights apply to: margin, picture match, log of the frames compared, agreeing share."""
    return (
        min(max(measured["motion_margin"], 0.0), 0.6),
        measured["picture_match"],
        math.log(max(measured["frames_compared"], 4) / 30),
        measured["agreeing_share"],
    )


def confidence(measured: Mapping[str, float], *, is_exact: bool, is_held: bool = False) -> float:
    """Probability that the recording, and the moment where it is exact, are right."""
    if not is_exact:
        return AMBIGUOUS
    if is_held:
        return HELD
    total = BIAS + sum(w * f for w, f in zip(WEIGHTS, figures(measured), strict=True))
    return round(min(max(1 / (1 + math.exp(-total)), LEAST), MOST), 3)
