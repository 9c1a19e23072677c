"""Segment by segment: boundaries, speed, mirroring, crop and transitions."""

from fractions import Fraction
from typing import Any

import numpy as np

from conform_score.reading import FRAME_TOLERANCE, TRANSITIONS, Comparison, Segment, moves, share
from offcut.timeline import Span

PRESENT = Fraction(3, 10)
"""A true segment counts as found where one predicted segment of its recording covers this share."""
SPEED_TOLERANCE = Fraction(1, 100)


def _windows(segment: Segment, case: Comparison) -> tuple[Span, Span]:
    """Where the start and the end of `segment` may be put: any frame of a transition, and one more."""
    slack_s = FRAME_TOLERANCE * case.frame_s
    starts, ends = [segment.start_s], [segment.end_s]
    if segment.opening in TRANSITIONS:
        starts += [segment.opening_s.start_s, segment.opening_s.end_s]
    for other in case.transitions:
        if other is not segment and other.opening_s.start_s <= segment.end_s <= other.opening_s.end_s:
            ends += [other.opening_s.start_s, other.opening_s.end_s]
    return Span(min(starts) - slack_s, max(starts) + slack_s), Span(min(ends) - slack_s, max(ends) + slack_s)


def _within(time_s: Fraction, window: Span) -> bool:
    return window.start_s <= time_s <= window.end_s


def edges_met(segment: Segment, case: Comparison) -> tuple[bool, bool]:
    start, end = _windows(segment, case)
    same = [s for s in case.found if s.recording == segment.recording]
    return any(_within(s.start_s, start) for s in same), any(_within(s.end_s, end) for s in same)


def boundaries(case: Comparison) -> dict[str, Any]:
    met = [edge for s in case.sourced for edge in edges_met(s, case)]
    windows = [window for s in case.sourced for window in _windows(s, case)]
    edges = {edge for s in case.found if s.recording is not None for edge in (s.start_s, s.end_s)}
    return {
        "boundaries_asked": len(met),
        "boundaries_within_1": share(sum(met), len(met)),
        "boundaries_invented": sum(not any(_within(edge, w) for w in windows) for edge in edges),
    }


def match(segment: Segment, case: Comparison) -> Segment | None:
    """Return the predicted segment of the same recording that covers most of `segment`."""
    same = [s for s in case.found if s.recording == segment.recording]
    best = max(same, key=segment.overlap_s, default=None)
    if best is None or segment.overlap_s(best) < PRESENT * (segment.end_s - segment.start_s):
        return None
    return best


def speed_right(true: Segment, found: Segment | None) -> bool:
    if found is None or found.speed is None or true.speed is None:
        return False
    return abs(found.speed - true.speed) <= SPEED_TOLERANCE * abs(true.speed)


def mirror_right(true: Segment, found: Segment | None) -> bool:
    return found is not None and found.fields["mirrored"] is true.fields["mirrored"]


def crop_iou(true: Segment, found: Segment | None) -> float:
    if found is None or not found.fields["crop"] or not true.fields["crop"]:
        return 0.0
    a, b = true.fields["crop"], found.fields["crop"]
    width = min(a["x"] + a["width"], b["x"] + b["width"]) - max(a["x"], b["x"])
    height = min(a["y"] + a["height"], b["y"] + b["height"]) - max(a["y"], b["y"])
    common = max(0.0, width) * max(0.0, height)
    return float(common / (a["width"] * a["height"] + b["width"] * b["height"] - common))


def segments(case: Comparison) -> dict[str, Any]:
    pairs = [(s, match(s, case)) for s in case.sourced]
    moving = [(true, found) for true, found in pairs if moves(true)]
    return {
        "segments_asked": len(pairs),
        "segments_present": share(sum(found is not None for _, found in pairs), len(pairs)),
        "speed_right": share(sum(speed_right(*p) for p in pairs), len(pairs)),
        "speed_right_moving": share(sum(speed_right(*p) for p in moving), len(moving)),
        "mirror_right": share(sum(mirror_right(*p) for p in pairs), len(pairs)),
        "crop_iou": float(np.mean([crop_iou(*p) for p in pairs])) if pairs else None,
    }


def transitions(case: Comparison) -> dict[str, Any]:
    slack_s = FRAME_TOLERANCE * case.frame_s
    said = [s for s in case.found if s.opening in TRANSITIONS]

    def meet(a: Span, b: Span) -> bool:
        return a.start_s - slack_s <= b.end_s and b.start_s <= a.end_s + slack_s

    met = [[f for f in said if meet(t.opening_s, f.opening_s)] for t in case.transitions]
    kinds = [any(f.opening == t.opening for f in fs) for t, fs in zip(case.transitions, met, strict=True)]
    return {
        "transitions_asked": len(met),
        "transitions_found": share(sum(bool(fs) for fs in met), len(met)),
        "transition_kind_right": share(sum(kinds), len(met)),
        "transitions_invented": sum(
            not any(meet(t.opening_s, f.opening_s) for t in case.transitions) for f in said
        ),
    }
