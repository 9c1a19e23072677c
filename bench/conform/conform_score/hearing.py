"""Sound in steps of 100 ms: the finding, where the own sound comes from, and what was never there."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from conform_score.reading import Comparison, share

STEP_S = Fraction(1, 10)
TOLERANCE_S = Fraction(40, 1000)
OWN = frozenset({"same", "covered", "shifted"})
"""Findings that say that a recording's own sound is there."""


def sound(case: Comparison) -> dict[str, Any]:
    """Compare the sound in steps; transitions are not asked, since the truth is silent about them."""
    if case.result.get("sound") is None:
        return {}
    right: list[bool] = []
    located: list[bool] = []
    misled: list[bool] = []
    invented: list[bool] = []
    time_s = STEP_S / 2
    while time_s < len(case.frames) * case.frame_s:
        if not any(t.opening_s.start_s <= time_s < t.opening_s.end_s for t in case.transitions):
            true = _heard(case.truth["sound"], time_s)
            said = _heard(case.result["sound"], time_s)
            placed = [s for s in said if s.get("recording") is not None and s.get("raw_start_s") is not None]
            right.append(_finding_right(true, said))
            own = [t for t in true if t["finding"] in OWN and t["recording"] is not None]
            known = [t for t in own if t["raw_start_s"] is not None]
            if not own:
                invented.append(bool(placed))
            elif known:
                met = [any(_located(s, t, time_s, case) for t in known) for s in placed]
                located.append(any(met))
                misled.append(bool(met) and not any(met))
        time_s += STEP_S
    return {
        "sound_steps": len(right),
        "sound_finding_right": share(sum(right), len(right)),
        "sound_located_asked": len(located),
        "sound_located": share(sum(located), len(located)),
        "sound_located_wrong": share(sum(misled), len(misled)),
        "sound_none_asked": len(invented),
        "sound_none_located": share(sum(invented), len(invented)),
    }


def _heard(spans: Sequence[dict[str, Any]], time_s: Fraction) -> list[dict[str, Any]]:
    return [s for s in spans if Fraction(str(s["start_s"])) <= time_s < Fraction(str(s["end_s"]))]


def _finding_right(true: Sequence[dict[str, Any]], said: Sequence[dict[str, Any]]) -> bool:
    """Whether a true finding is given; where two sounds overlap, either of them."""
    findings = {s["finding"] for s in said}
    # In the shared cases music lies over everything: where the truth is silent, the sound was replaced.
    return any(t["finding"] in findings for t in true) if true else findings <= {"replaced"}


def _located(said: dict[str, Any], true: dict[str, Any], time_s: Fraction, case: Comparison) -> bool:
    if case.index_of[said["recording"]] != true["recording"]:
        return False
    return abs(_raw_at(said, time_s) - _raw_at(true, time_s)) <= TOLERANCE_S


def _raw_at(heard: dict[str, Any], time_s: Fraction) -> Fraction:
    """Raw time heard at a release time; sound runs at its own speed, 1 if nothing else is said."""
    speed = Fraction(str(heard.get("speed") or 1))
    return Fraction(str(heard["raw_start_s"])) + speed * (time_s - Fraction(str(heard["start_s"])))
