"""Frame by frame: is the recording named that is seen, and its raw frame?"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from conform_score.reading import INSET, Comparison, Recording, Segment, length, moves, share

MIN_VISIBLE = 0.15
"""A side of a dissolve less visible than this is not asked for."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One source seen in one release frame, and what the result says of it.

    `verdict` is `right`, `honest`, `time`, `source` or `missing`. `hedged_s` is how much raw time the
    segments that name the recording say it may be: None where none of them calls its time ambiguous.
    """

    segment: int
    verdict: str
    named: bool
    inset: bool
    hedged_s: Fraction | None


def every_source(case: Comparison) -> list[Asked]:
    asked = []
    for number, entries in enumerate(case.frames):
        time_s = number * case.frame_s
        showing = [s for s in case.found if s.recording is not None and s.shows(time_s)]
        seen = {entry[1] for entry in entries}
        for segment, recording, raw_frame, visible, role in entries:
            inset = role == INSET
            if visible < MIN_VISIBLE and not inset:
                continue
            true_s = case.recordings[recording].times_s[raw_frame]
            of_it = [s for s in showing if s.recording == recording]
            if of_it:
                verdict = _judge_time(of_it, time_s, true_s, case)
            else:
                verdict = "source" if showing and all(s.recording not in seen for s in showing) else "missing"
            asked.append(Asked(segment, verdict, bool(of_it), inset, _hedged_s(of_it)))
    return asked


def _hedged_s(of_it: Sequence[Segment]) -> Fraction | None:
    hedged = [s for s in of_it if s.fields.get("time_is") == "ambiguous"]
    return length(a for s in hedged for a in s.alternatives) if hedged else None


def _judge_time(of_it: Sequence[Segment], time_s: Fraction, true_s: Fraction, case: Comparison) -> str:
    """Judge the segments that name the right recording: `right`, `honest` or `time`."""
    honest = False
    for segment in of_it:
        recording = segment.recording
        assert recording is not None
        tolerance_s = case.tolerance_s(recording)
        if _near(segment.raw_at(time_s), true_s, case.recordings[recording], tolerance_s):
            return "right"
        if segment.fields.get("time_is") == "ambiguous":
            honest |= any(
                a.start_s - tolerance_s <= true_s <= a.end_s + tolerance_s for a in segment.alternatives
            )
    return "honest" if honest else "time"


def _near(raw_s: Fraction | None, true_s: Fraction, recording: Recording, tolerance_s: Fraction) -> bool:
    if raw_s is None or not -tolerance_s <= raw_s <= recording.end_s + tolerance_s:
        return False
    return abs(recording.shown_at(raw_s) - true_s) <= tolerance_s


def frames(case: Comparison) -> dict[str, Any]:
    everything = every_source(case)
    asked = [a for a in everything if not a.inset]
    insets = [a for a in everything if a.inset]
    moving = [a for a in asked if moves(case.true[a.segment])]
    static = [a for a in asked if not moves(case.true[a.segment])]

    def judged(verdict: str, of: Sequence[Asked]) -> float | None:
        return share(sum(a.verdict == verdict for a in of), len(of))

    wrong = sum(a.verdict in {"time", "source", "missing"} for a in asked)
    # Where raw frames hardly differ, an honest answer cannot be had; where they do, hedging is an error.
    decidable = [a for a in asked if a.verdict != "honest" or moves(case.true[a.segment])]
    hedges = [a.hedged_s for a in asked if a.hedged_s is not None]
    return {
        "frames_asked": len(asked),
        "frames_within_1": judged("right", asked),
        "frames_decidable": len(decidable),
        "frames_within_1_decidable": judged("right", decidable),
        "ambiguous_said": share(len(hedges), len(asked)),
        "ambiguous_mean_s": share(sum(hedges, Fraction(0)), len(hedges)),
        "frames_within_1_moving": judged("right", moving),
        "frames_within_1_static": judged("right", static),
        "ambiguous_honest": judged("honest", asked),
        "stated_wrong": share(wrong, len(asked)),
        "stated_wrong_time": judged("time", asked),
        "stated_wrong_source": judged("source", asked),
        "stated_wrong_missing": judged("missing", asked),
        "source_right": share(sum(a.named for a in asked), len(asked)),
        "inset_frames_asked": len(insets),
        "inset_frames_within_1": judged("right", insets),
    }


def claims(case: Comparison) -> dict[str, Any]:
    claims = right = without = false = 0
    for number, entries in enumerate(case.frames):
        named = [
            s.recording for s in case.found if s.recording is not None and s.shows(number * case.frame_s)
        ]
        seen = {entry[1] for entry in entries}
        claims += len(named)
        right += sum(recording in seen for recording in named)
        without += not entries
        false += not entries and bool(named)
    return {
        "claims": claims,
        "claims_right": share(right, claims),
        "no_source_frames": without,
        "no_source_false": share(false, without),
    }
