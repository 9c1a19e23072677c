"""Segment by segment: boundaries, speed, mirroring, crop and transitions."""

from fractions import Fraction
from typing import Any

import numpy as np

from conform_score.reading import FRAME_TOLERANCE, Comparison, Segment, is_transition, moves, share
from offcut.timeline import Span

PRESENT = Fraction(3, 10)
"""A true segment counts as found where one predicted segment of its recording covers this share."""
SPEED_TOLERANCE = Fraction(1, 100)


def _windows(segment: Segment, case: Comparison) -> tuple[Span, Span]:
    """Where the start and the end of `segment` may be put: any frame of a transition, and one more."""
    slack_s = FRAME_TOLERANCE * case.frame_s
    starts, ends = [segment.start_s], [segment.end_s]
    if is_transition(segment):
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
    windows = [window for s in (*case.sourced, *case.insets) for window in _windows(s, case)]
    edges = {
        (s.recording, edge) for s in case.found if s.recording is not None for edge in (s.start_s, s.end_s)
    }
    # A ramp is said as several segments of constant speed; where they join, nothing was invented.
    joints = [s for s in (*case.sourced, *case.insets) if s.ramped]
    invented = {
        edge
        for recording, edge in edges
        if not any(_within(edge, w) for w in windows)
        and not any(s.recording == recording and s.shows(edge) for s in joints)
    }
    return {
        "boundaries_asked": len(met),
        "boundaries_within_1": share(sum(met), len(met)),
        "boundaries_invented": len(invented),
    }


def match(segment: Segment, case: Comparison) -> Segment | None:
    """Return the predicted segment of the same recording that covers most of `segment`.

    It has to cover 30 %. A ramp is said as several segments: all that are mirrored alike have to together,
    and the one that lies most within it is returned.
    """
    same = [s for s in case.found if s.recording == segment.recording and segment.overlap_s(s) > 0]
    if not same:
        return None
    if segment.ramped:
        states = [[s for s in same if bool(s.fields.get("mirrored")) is state] for state in (False, True)]
        alike = max(states, key=lambda of: sum(map(segment.overlap_s, of)))
        best = max(alike, key=lambda s: (segment.overlap_s(s) / (s.end_s - s.start_s), segment.overlap_s(s)))
        covered_s = sum(map(segment.overlap_s, alike), Fraction(0))
    else:
        best = max(same, key=segment.overlap_s)
        covered_s = segment.overlap_s(best)
    return best if covered_s >= PRESENT * (segment.end_s - segment.start_s) else None


def speed_right(true: Segment, found: Segment | None) -> bool:
    if found is None or found.speed is None or true.speed is None:
        return False
    return abs(found.speed - true.speed) <= SPEED_TOLERANCE * abs(true.speed)


def mirror_right(true: Segment, found: Segment | None) -> bool:
    return found is not None and found.fields.get("mirrored") is true.fields["mirrored"]


def crop_iou(true: Segment, found: Segment | None) -> float:
    if found is None or not found.fields.get("crop") or not true.fields["crop"]:
        return 0.0
    a, b = true.fields["crop"], found.fields["crop"]
    width = min(a["x"] + a["width"], b["x"] + b["width"]) - max(a["x"], b["x"])
    height = min(a["y"] + a["height"], b["y"] + b["height"]) - max(a["y"], b["y"])
    common = max(0.0, width) * max(0.0, height)
    return float(common / (a["width"] * a["height"] + b["width"] * b["height"] - common))


def undecidable(true: Segment, found: Segment | None) -> bool:
    """Whether hardly anything moves in the raw and the result says that its moment is not known."""
    return found is not None and found.fields.get("time_is") == "ambiguous" and not moves(true)


def segments(case: Comparison) -> dict[str, Any]:
    pairs = [(s, match(s, case)) for s in case.sourced]
    timed = [(true, found) for true, found in pairs if not true.ramped]
    moving = [(true, found) for true, found in timed if moves(true)]
    decidable = [pair for pair in timed if not undecidable(*pair)]
    insets = [(s, match(s, case)) for s in case.insets]
    return {
        "segments_asked": len(pairs),
        "segments_present": share(sum(found is not None for _, found in pairs), len(pairs)),
        "speeds_asked": len(timed),
        "speed_right": share(sum(speed_right(*p) for p in timed), len(timed)),
        "speed_right_moving": share(sum(speed_right(*p) for p in moving), len(moving)),
        "speeds_decidable": len(decidable),
        "speed_right_decidable": share(sum(speed_right(*p) for p in decidable), len(decidable)),
        "mirror_right": share(sum(mirror_right(*p) for p in pairs), len(pairs)),
        "crop_iou": float(np.mean([crop_iou(*p) for p in pairs])) if pairs else None,
        "inset_segments_asked": len(insets),
        "inset_segments_present": share(sum(found is not None for _, found in insets), len(insets)),
    }


def transitions(case: Comparison) -> dict[str, Any]:
    slack_s = FRAME_TOLERANCE * case.frame_s
    said = [s for s in case.found if is_transition(s)]

    def meet(a: Span, b: Span) -> bool:
        return a.start_s - slack_s <= b.end_s and b.start_s <= a.end_s + slack_s

    def same_extent(a: Span, b: Span) -> bool:
        return abs(a.start_s - b.start_s) <= slack_s and abs(a.end_s - b.end_s) <= slack_s

    met = [(t, [f for f in said if meet(t.opening_s, f.opening_s)]) for t in case.transitions]
    styled = [(t, fs) for t, fs in met if t.style is not None]
    kinds = [any(f.opening == t.opening for f in fs) for t, fs in met]
    extents = [any(same_extent(f.opening_s, t.opening_s) for f in fs) for t, fs in met]
    styles = [any((f.opening, f.style) == (t.opening, t.style) for f in fs) for t, fs in styled]
    return {
        "transitions_asked": len(met),
        "transitions_found": share(sum(bool(fs) for _, fs in met), len(met)),
        "transition_kind_right": share(sum(kinds), len(kinds)),
        "transition_extent_right": share(sum(extents), len(extents)),
        "transition_styles_asked": len(styled),
        "transition_style_right": share(sum(styles), len(styles)),
        "transitions_invented": sum(
            not any(meet(t.opening_s, f.opening_s) for t in case.transitions) for f in said
        ),
    }
