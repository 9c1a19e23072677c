"""Sound in steps of 100 ms: the finding, and where the own sound comes from."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from conform_score.reading import Comparison, share

STEP_S = Fraction(1, 10)
TOLERANCE_S = Fraction(40, 1000)


def sound(case: Comparison) -> dict[str, Any]:
    """Compare the sound in steps; transitions are not asked, since the truth is silent about them."""
    if case.result.get("sound") is None:
        return {}
    steps = right = asked = located = 0
    time_s = STEP_S / 2
    while time_s < len(case.frames) * case.frame_s:
        if not any(t.opening_s.start_s <= time_s < t.opening_s.end_s for t in case.transitions):
            true = next(iter(_heard(case.truth["sound"], time_s)), None)
            said = _heard(case.result["sound"], time_s)
            findings = {s["finding"] for s in said}
            steps += 1
            # Music lies over everything in these cases: where no own sound is, it was replaced.
            right += findings <= {"replaced"} if true is None else true["finding"] in findings
            if true is not None and true["raw_start_s"] is not None:
                asked += 1
                located += any(_located(s, true, time_s, case) for s in said)
        time_s += STEP_S
    return {
        "sound_steps": steps,
        "sound_finding_right": share(right, steps),
        "sound_located_asked": asked,
        "sound_located": share(located, asked),
    }


def _heard(spans: Sequence[dict[str, Any]], time_s: Fraction) -> list[dict[str, Any]]:
    return [s for s in spans if Fraction(str(s["start_s"])) <= time_s < Fraction(str(s["end_s"]))]


def _located(said: dict[str, Any], true: dict[str, Any], time_s: Fraction, case: Comparison) -> bool:
    if said["recording"] is None or said["raw_start_s"] is None:
        return False
    if case.index_of[said["recording"]] != true["recording"]:
        return False
    offset_s = [Fraction(str(s["raw_start_s"])) - Fraction(str(s["start_s"])) for s in (said, true)]
    return abs(offset_s[0] - offset_s[1]) <= TOLERANCE_S
