"""How well a conform result tells the truth about an edit.

`python bench/conform/score.py RESULT.json TRUTH.json` prints every metric and, segment by segment,
what was true beside what was found. The metrics are those of the two shared cases; `METRICS` says in
one line each what they measure. The one that matters most is `false_left_out_s`: raw time that was
aired but is reported as left out is a false accusation.

Recordings are matched by their SHA-256, never by their place in the list or their name. Times stay
exact until a share is printed, because a frame boundary is decided by less than a rounding error.
"""

import argparse
import bisect
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from offcut.timeline import Span, subtract, union

FRAME_TOLERANCE = Fraction(101, 100)
"""One frame, with 1 % for clocks such as 1001/30000 beside 1/30."""
MIN_VISIBLE = 0.15
"""A side of a dissolve less visible than this is not asked for."""
MOVING = 1.5
"""Mean change of grey level between raw frames below which a segment is nearly static."""
PRESENT = Fraction(3, 10)
"""A true segment counts as found where one predicted segment of its recording covers this share."""
SPEED_TOLERANCE = Fraction(1, 100)
SOUND_STEP_S = Fraction(1, 10)
SOUND_TOLERANCE_S = Fraction(40, 1000)
TRANSITIONS = frozenset({"dissolve", "fade", "wipe"})

METRICS: dict[str, str] = {
    "aired_s": "raw seconds that were aired",
    "false_left_out_s": "aired raw seconds reported as left out",
    "false_left_out_share": "the same as a share of what was aired",
    "false_left_out_core_s": "the same without transitions and the first and last frame of each segment",
    "false_left_out_core_share": "the same as a share of what was aired there",
    "left_out_true_s": "raw seconds truly left out",
    "left_out_recall": "share of them reported as left out",
    "undecidable_s": "raw seconds reported as undecidable",
    "undecidable_aired_s": "of these, truly aired",
    "undecidable_left_out_s": "of these, truly left out",
    "unsaid_s": "raw seconds of which the result says nothing: in no segment and not in left_out",
    "contradicted_s": "raw seconds reported as left out although a segment of the same result shows them",
    "frames_asked": "sources asked for: one for each source at least 15 % visible in each release frame",
    "frames_within_1": "share of them named with a raw frame at most one frame off",
    "frames_within_1_moving": "the same in moving segments",
    "frames_within_1_static": "the same in nearly static segments",
    "ambiguous_honest": "share of them wrong, but said to be ambiguous, the true time among the alternatives",
    "stated_wrong": "share of them wrong without that; the sum of the next three",
    "stated_wrong_time": "right recording, wrong raw time",
    "stated_wrong_source": "only recordings named that are not seen",
    "stated_wrong_missing": "not named at all, or only the other side of a dissolve",
    "source_right": "share of them whose recording is named, at any raw time",
    "claims": "sources named by the result, one for each segment in each release frame",
    "claims_right": "share of the claims whose recording is seen in that frame",
    "no_source_frames": "release frames that show no recording",
    "no_source_false": "share of them for which a recording is named",
    "boundaries_asked": "starts and ends of the true segments that have a source",
    "boundaries_within_1": "share of them met by a segment of that recording within one frame",
    "boundaries_invented": "edges of predicted segments with a source that are near no true boundary",
    "segments_asked": "true segments that have a source",
    "segments_present": "share of them covered for 30 % by one predicted segment of their recording",
    "speed_right": "share of the true segments whose speed is found within 1 %",
    "speed_right_moving": "the same of the moving segments",
    "mirror_right": "share of the true segments whose mirroring is found",
    "crop_iou": "mean overlap of true and found crop, 0 where the segment is not found",
    "transitions_asked": "true dissolves, fades and wipes",
    "transitions_found": "share of them where the result has a transition",
    "transition_kind_right": "share of them where it is of the right kind",
    "transitions_invented": "transitions of the result where there is none",
    "vcsl_recall": "segment recall of the VCSL protocol, mean over the used recordings",
    "vcsl_precision": "segment precision, mean over the recordings with a prediction",
    "vcsl_f": "their harmonic mean",
    "inset_frames_asked": "sources seen only as a picture in picture, in release frames",
    "inset_frames_within_1": "share of them named with a raw frame at most one frame off",
    "sound_steps": "steps of 100 ms outside transitions (only where the result has `sound`)",
    "sound_finding_right": "share of them with the right finding",
    "sound_located_asked": "steps where the own sound is heard at a known raw time",
    "sound_located": "share of them located within 40 ms",
}
"""Every key of `score`, with its meaning. Shares are None where nothing was asked."""


@dataclass(frozen=True, slots=True)
class _Segment:
    """A segment of either document; `recording` is the truth's index, negative if unknown to it."""

    start_s: Fraction
    end_s: Fraction
    recording: int | None
    raw_start_s: Fraction | None
    raw_end_s: Fraction | None
    speed: Fraction | None
    opening: str
    opening_s: Span
    alternatives: tuple[Span, ...]
    fields: dict[str, Any]

    def shows(self, time_s: Fraction) -> bool:
        return self.start_s <= time_s < self.end_s

    def raw_at(self, time_s: Fraction) -> Fraction | None:
        if self.raw_start_s is None or self.speed is None:
            return None
        return self.raw_start_s + self.speed * (time_s - self.start_s)

    def overlap_s(self, other: "_Segment") -> Fraction:
        return max(Fraction(0), min(self.end_s, other.end_s) - max(self.start_s, other.start_s))


@dataclass(frozen=True, slots=True)
class _Recording:
    """Frame times of a true recording."""

    name: str
    sha256: str
    times_s: tuple[Fraction, ...]
    end_s: Fraction
    step_s: Fraction

    def shown_at(self, time_s: Fraction) -> Fraction:
        """Time of the frame on screen at `time_s`; clamped to the first and last frame."""
        return self.times_s[max(0, bisect.bisect_right(self.times_s, time_s) - 1)]


@dataclass(frozen=True, slots=True)
class _Asked:
    """One source seen in one release frame, and what the result says of it."""

    segment: int
    verdict: str
    named: bool
    inset: bool


@dataclass(frozen=True, slots=True)
class _Comparison:
    """Both documents, read and brought to one numbering of recordings."""

    frame_s: Fraction
    recordings: tuple[_Recording, ...]
    frames: Sequence[Sequence[Sequence[Any]]]
    true: tuple[_Segment, ...]
    found: tuple[_Segment, ...]
    truth: dict[str, Any]
    result: dict[str, Any]
    index_of: dict[int, int]

    @property
    def sourced(self) -> list[_Segment]:
        return [s for s in self.true if s.recording is not None]

    @property
    def transitions(self) -> list[_Segment]:
        return [s for s in self.true if s.opening in TRANSITIONS and s.opening_s.duration_s > 0]

    def tolerance_s(self, recording: int) -> Fraction:
        return FRAME_TOLERANCE * max(self.frame_s, self.recordings[recording].step_s)


def score(result: dict[str, Any], truth: dict[str, Any]) -> dict[str, Any]:
    """Measure a conform result against the truth of its case.

    Args:
        result: A document of schema `offcut.conform/1`; only `recordings`, `segments`, `left_out`
            and, where present, `sound` are read.
        truth: A document of schema `offcut.truth.conform/1`.

    Returns:
        A flat mapping with the keys of `METRICS`; the sound keys only where the result has `sound`.
        Seconds and shares are floats, counts ints; a share is None where nothing was asked.

    Raises:
        KeyError: A field that the result document owes is missing.
        ValueError: A time is no rational number, or a span ends before it begins.
    """
    case = _read(result, truth)
    return {
        **_left_out(case),
        **_frames(case),
        **_claims(case),
        **_boundaries(case),
        **_segments(case),
        **_transitions(case),
        **_vcsl(case),
        **_sound(case),
    }


def oracle(truth: dict[str, Any]) -> dict[str, Any]:
    """Return the result document of a conform that makes no mistake.

    Args:
        truth: A document of schema `offcut.truth.conform/1`.

    Returns:
        A document of schema `offcut.conform/1` that scores 1 on every share and 0 on every error.
    """
    names = (
        "start_s",
        "end_s",
        "recording",
        "raw_start_s",
        "raw_end_s",
        "speed",
        "mirrored",
        "crop",
        "placed",
    )
    segments = [
        {
            **{name: segment[name] for name in names},
            "confidence": 1.0,
            "time_is": None if segment["recording"] is None else "exact",
            "alternatives": [],
            "opening": {**segment["opening"], "confidence": 1.0},
            "overlays": segment["overlays"],
        }
        for segment in truth["segments"]
    ]
    return {
        "schema": "offcut.conform/1",
        "release": {"path": truth["release"]["path"], "duration_s": truth["release"]["duration_s"]},
        "recordings": [
            {"path": r["path"], "sha256": r["sha256"], "duration_s": r["duration_s"]}
            for r in truth["recordings"]
        ],
        "segments": segments,
        "sound": [{**span, "confidence": 1.0} for span in truth["sound"]],
        "left_out": [{**span, "finding": "left_out", "events": []} for span in truth["left_out"]],
        "limits": [],
    }


# --- reading ----------------------------------------------------------------------------------


def _read(result: dict[str, Any], truth: dict[str, Any]) -> _Comparison:
    recordings = tuple(
        _Recording(
            name=Path(r["path"]).stem,
            sha256=r["sha256"],
            times_s=(times := tuple(Fraction(t) for t in r["frame_times_s"])),
            end_s=Fraction(r["end_s"]),
            step_s=_median_step(times, Fraction(r["end_s"])),
        )
        for r in truth["recordings"]
    )
    places = {r.sha256: i for i, r in enumerate(recordings)}
    index_of = {i: places.get(r["sha256"], -1 - i) for i, r in enumerate(result["recordings"])}
    return _Comparison(
        frame_s=1 / Fraction(truth["release"]["fps"]),
        recordings=recordings,
        frames=truth["frames"],
        true=tuple(_segment(s, lambda i: i) for s in truth["segments"]),
        found=tuple(_segment(s, index_of.__getitem__) for s in result["segments"]),
        truth=truth,
        result=result,
        index_of=index_of,
    )


def _median_step(times_s: Sequence[Fraction], end_s: Fraction) -> Fraction:
    steps = sorted(b - a for a, b in zip(times_s, (*times_s[1:], end_s), strict=True))
    return steps[len(steps) // 2]


def _time(value: Any) -> Fraction | None:
    return None if value is None else Fraction(str(value))


def _segment(fields: dict[str, Any], index_of: Callable[[int], int]) -> _Segment:
    opening = fields["opening"]
    recording = fields["recording"]
    return _Segment(
        start_s=Fraction(str(fields["start_s"])),
        end_s=Fraction(str(fields["end_s"])),
        recording=None if recording is None else index_of(recording),
        raw_start_s=_time(fields["raw_start_s"]),
        raw_end_s=_time(fields["raw_end_s"]),
        speed=_time(fields["speed"]),
        opening=opening["kind"],
        opening_s=_span(opening["start_s"], opening["end_s"]),
        alternatives=tuple(
            _span(*sorted((Fraction(str(a["raw_start_s"])), Fraction(str(a["raw_end_s"])))))
            for a in fields.get("alternatives") or ()
        ),
        fields=fields,
    )


def _span(start_s: Any, end_s: Any) -> Span:
    return Span(Fraction(str(start_s)), Fraction(str(end_s)))


# --- spans and shares -------------------------------------------------------------------------


def _length(spans: Iterable[Span]) -> Fraction:
    return sum((s.duration_s for s in union(spans)), Fraction(0))


def _common(a: Iterable[Span], b: Iterable[Span]) -> list[Span]:
    a = list(a)
    return subtract(a, subtract(a, b))


def _share(part: Fraction | int, whole: Fraction | int) -> float | None:
    return float(Fraction(part) / whole) if whole else None


def _raw_extent(segment: _Segment, case: _Comparison) -> Span:
    """Raw span of a segment, whichever way it plays; a freeze frame lasts one raw frame."""
    if segment.raw_start_s is None or segment.raw_end_s is None:
        return Span(Fraction(0), Fraction(0))
    low_s, high_s = sorted((segment.raw_start_s, segment.raw_end_s))
    if low_s == high_s and segment.recording is not None and segment.recording >= 0:
        high_s = low_s + case.recordings[segment.recording].step_s
    return Span(low_s, high_s)


# --- what was left out ------------------------------------------------------------------------


def _core(segment: _Segment, case: _Comparison) -> list[Span]:
    """Raw spans of `segment` without transitions and without its first and last release frame."""
    inside = [Span(segment.start_s, segment.end_s)]
    taken = [t.opening_s for t in case.transitions]
    taken += [
        Span(segment.start_s, segment.start_s + case.frame_s),
        Span(segment.end_s - case.frame_s, segment.end_s),
    ]
    spans = []
    for kept in subtract(inside, taken):
        ends = segment.raw_at(kept.start_s), segment.raw_at(kept.end_s)
        low_s, high_s = sorted(e for e in ends if e is not None)
        spans.append(Span(low_s, high_s))
    return spans


def _left_out(case: _Comparison) -> dict[str, Any]:
    total: dict[str, Fraction] = dict.fromkeys(
        (
            "aired",
            "false",
            "core",
            "false_core",
            "true",
            "recalled",
            "may",
            "may_aired",
            "may_left",
            "unsaid",
            "both",
        ),
        Fraction(0),
    )
    for index, recording in enumerate(case.recordings):
        whole = [Span(Fraction(0), recording.end_s)]
        true = [_span(o["start_s"], o["end_s"]) for o in case.truth["left_out"] if o["recording"] == index]
        used = [s for s in case.true if s.recording == index]
        aired = [_raw_extent(s, case) for s in used]
        core = [span for s in used for span in _core(s, case)]
        said = _said(case, index)
        shown = [_raw_extent(s, case) for s in case.found if s.recording == index]
        amounts = {
            "aired": aired,
            "false": _common(aired, said["left_out"]),
            "core": core,
            "false_core": _common(core, said["left_out"]),
            "true": true,
            "recalled": _common(true, said["left_out"]),
            "may": said["undecidable"],
            "may_aired": _common(aired, said["undecidable"]),
            "may_left": _common(true, said["undecidable"]),
            "unsaid": subtract(whole, [*said["left_out"], *said["undecidable"], *shown]),
            "both": _common(shown, said["left_out"]),
        }
        for name, spans in amounts.items():
            total[name] += _length(spans)
    return {
        "aired_s": float(total["aired"]),
        "false_left_out_s": float(total["false"]),
        "false_left_out_share": _share(total["false"], total["aired"]),
        "false_left_out_core_s": float(total["false_core"]),
        "false_left_out_core_share": _share(total["false_core"], total["core"]),
        "left_out_true_s": float(total["true"]),
        "left_out_recall": _share(total["recalled"], total["true"]),
        "undecidable_s": float(total["may"]),
        "undecidable_aired_s": float(total["may_aired"]),
        "undecidable_left_out_s": float(total["may_left"]),
        "unsaid_s": float(total["unsaid"]),
        "contradicted_s": float(total["both"]),
    }


def _said(case: _Comparison, index: int) -> dict[str, list[Span]]:
    said: dict[str, list[Span]] = {"left_out": [], "undecidable": []}
    for offcut in case.result["left_out"]:
        if case.index_of[offcut["recording"]] == index:
            said[offcut["finding"]].append(_span(offcut["start_s"], offcut["end_s"]))
    return said


# --- frame by frame ---------------------------------------------------------------------------


def _asked(case: _Comparison) -> list[_Asked]:
    asked = []
    for number, entries in enumerate(case.frames):
        time_s = number * case.frame_s
        showing = [s for s in case.found if s.recording is not None and s.shows(time_s)]
        seen = {entry[1] for entry in entries}
        for segment, recording, raw_frame, visible, role in entries:
            inset = role != "main"
            if visible < MIN_VISIBLE and not inset:
                continue
            true_s = case.recordings[recording].times_s[raw_frame]
            of_it = [s for s in showing if s.recording == recording]
            if of_it:
                verdict = _judge_time(of_it, time_s, true_s, case)
            else:
                verdict = "source" if showing and all(s.recording not in seen for s in showing) else "missing"
            asked.append(_Asked(segment, verdict, bool(of_it), inset))
    return asked


def _judge_time(of_it: Sequence[_Segment], time_s: Fraction, true_s: Fraction, case: _Comparison) -> str:
    """Judge the segments that name the right recording: `right`, `honest` or `time`."""
    honest = False
    for segment in of_it:
        recording = segment.recording
        assert recording is not None
        tolerance_s = case.tolerance_s(recording)
        raw_s = segment.raw_at(time_s)
        if raw_s is not None and abs(case.recordings[recording].shown_at(raw_s) - true_s) <= tolerance_s:
            return "right"
        if segment.fields.get("time_is") == "ambiguous":
            honest |= any(
                a.start_s - tolerance_s <= true_s <= a.end_s + tolerance_s for a in segment.alternatives
            )
    return "honest" if honest else "time"


def _frames(case: _Comparison) -> dict[str, Any]:
    everything = _asked(case)
    asked = [a for a in everything if not a.inset]
    insets = [a for a in everything if a.inset]
    moving = [a for a in asked if _moves(case.true[a.segment])]
    static = [a for a in asked if not _moves(case.true[a.segment])]

    def share(verdict: str, of: Sequence[_Asked]) -> float | None:
        return _share(sum(a.verdict == verdict for a in of), len(of))

    wrong = sum(a.verdict in {"time", "source", "missing"} for a in asked)
    return {
        "frames_asked": len(asked),
        "frames_within_1": share("right", asked),
        "frames_within_1_moving": share("right", moving),
        "frames_within_1_static": share("right", static),
        "ambiguous_honest": share("honest", asked),
        "stated_wrong": _share(wrong, len(asked)),
        "stated_wrong_time": share("time", asked),
        "stated_wrong_source": share("source", asked),
        "stated_wrong_missing": share("missing", asked),
        "source_right": _share(sum(a.named for a in asked), len(asked)),
        "inset_frames_asked": len(insets),
        "inset_frames_within_1": share("right", insets),
    }


def _moves(segment: _Segment) -> bool:
    return float(segment.fields.get("motion") or 0) >= MOVING


def _claims(case: _Comparison) -> dict[str, Any]:
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
        "claims_right": _share(right, claims),
        "no_source_frames": without,
        "no_source_false": _share(false, without),
    }


# --- segment by segment -----------------------------------------------------------------------


def _windows(segment: _Segment, case: _Comparison) -> tuple[Span, Span]:
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


def _edges_met(segment: _Segment, case: _Comparison) -> tuple[bool, bool]:
    start, end = _windows(segment, case)
    same = [s for s in case.found if s.recording == segment.recording]
    return any(_within(s.start_s, start) for s in same), any(_within(s.end_s, end) for s in same)


def _boundaries(case: _Comparison) -> dict[str, Any]:
    met = [edge for s in case.sourced for edge in _edges_met(s, case)]
    windows = [window for s in case.sourced for window in _windows(s, case)]
    edges = {edge for s in case.found if s.recording is not None for edge in (s.start_s, s.end_s)}
    return {
        "boundaries_asked": len(met),
        "boundaries_within_1": _share(sum(met), len(met)),
        "boundaries_invented": sum(not any(_within(edge, w) for w in windows) for edge in edges),
    }


def _match(segment: _Segment, case: _Comparison) -> _Segment | None:
    """Return the predicted segment of the same recording that covers most of `segment`."""
    same = [s for s in case.found if s.recording == segment.recording]
    best = max(same, key=segment.overlap_s, default=None)
    if best is None or segment.overlap_s(best) < PRESENT * (segment.end_s - segment.start_s):
        return None
    return best


def _speed_right(true: _Segment, found: _Segment | None) -> bool:
    if found is None or found.speed is None or true.speed is None:
        return False
    return abs(found.speed - true.speed) <= SPEED_TOLERANCE * abs(true.speed)


def _mirror_right(true: _Segment, found: _Segment | None) -> bool:
    return found is not None and found.fields["mirrored"] is true.fields["mirrored"]


def _crop_iou(true: _Segment, found: _Segment | None) -> float:
    if found is None or not found.fields["crop"] or not true.fields["crop"]:
        return 0.0
    a, b = true.fields["crop"], found.fields["crop"]
    width = min(a["x"] + a["width"], b["x"] + b["width"]) - max(a["x"], b["x"])
    height = min(a["y"] + a["height"], b["y"] + b["height"]) - max(a["y"], b["y"])
    common = max(0.0, width) * max(0.0, height)
    return float(common / (a["width"] * a["height"] + b["width"] * b["height"] - common))


def _segments(case: _Comparison) -> dict[str, Any]:
    pairs = [(s, _match(s, case)) for s in case.sourced]
    moving = [(true, found) for true, found in pairs if _moves(true)]
    return {
        "segments_asked": len(pairs),
        "segments_present": _share(sum(found is not None for _, found in pairs), len(pairs)),
        "speed_right": _share(sum(_speed_right(*p) for p in pairs), len(pairs)),
        "speed_right_moving": _share(sum(_speed_right(*p) for p in moving), len(moving)),
        "mirror_right": _share(sum(_mirror_right(*p) for p in pairs), len(pairs)),
        "crop_iou": float(np.mean([_crop_iou(*p) for p in pairs])) if pairs else None,
    }


def _transitions(case: _Comparison) -> dict[str, Any]:
    slack_s = FRAME_TOLERANCE * case.frame_s
    said = [s for s in case.found if s.opening in TRANSITIONS]

    def meet(a: Span, b: Span) -> bool:
        return a.start_s - slack_s <= b.end_s and b.start_s <= a.end_s + slack_s

    met = [[f for f in said if meet(t.opening_s, f.opening_s)] for t in case.transitions]
    kinds = [any(f.opening == t.opening for f in fs) for t, fs in zip(case.transitions, met, strict=True)]
    return {
        "transitions_asked": len(met),
        "transitions_found": _share(sum(bool(fs) for fs in met), len(met)),
        "transition_kind_right": _share(sum(kinds), len(met)),
        "transitions_invented": sum(
            not any(meet(t.opening_s, f.opening_s) for t in case.transitions) for f in said
        ),
    }


# --- the published segment protocol -----------------------------------------------------------

_Box: TypeAlias = tuple[Span, Span]


def _covered(boxes: Sequence[_Box], by: Sequence[_Box]) -> Fraction:
    """Share of the boxes' release extents covered, times the share of their raw extents covered.

    Source:
        He et al., "A large-scale comprehensive dataset and copy-overlap aware evaluation protocol
        for segment-level video copy detection", CVPR 2022: per box, the union along each axis of
        its intersections with the other side's boxes; lengths are summed over the boxes.
    """
    covered, whole = [Fraction(0), Fraction(0)], [Fraction(0), Fraction(0)]
    for box in boxes:
        common = [(_common([box[0]], [b[0]]), _common([box[1]], [b[1]])) for b in by]
        common = [pair for pair in common if pair[0] and pair[1]]
        for axis in (0, 1):
            covered[axis] += _length(span for pair in common for span in pair[axis])
            whole[axis] += box[axis].duration_s
    return covered[0] / whole[0] * covered[1] / whole[1] if whole[0] and whole[1] else Fraction(0)


def _vcsl(case: _Comparison) -> dict[str, Any]:
    def boxes(segments: Sequence[_Segment], recording: int | None) -> list[_Box]:
        of_it = [s for s in segments if s.recording == recording]
        return [(Span(s.start_s, s.end_s), _raw_extent(s, case)) for s in of_it]

    used = sorted({s.recording for s in case.true if s.recording is not None})
    named = sorted({s.recording for s in case.found if s.recording is not None})
    recalls = [_covered(boxes(case.true, r), boxes(case.found, r)) for r in used]
    precisions = [_covered(boxes(case.found, r), boxes(case.true, r)) for r in named]
    recall = sum(recalls, Fraction(0)) / len(recalls) if recalls else None
    precision = sum(precisions, Fraction(0)) / len(precisions) if precisions else None
    product, total = (recall or 0) * (precision or 0), (recall or 0) + (precision or 0)
    return {
        "vcsl_recall": None if recall is None else float(recall),
        "vcsl_precision": None if precision is None else float(precision),
        "vcsl_f": float(2 * product / total) if total else 0.0,
    }


# --- sound ------------------------------------------------------------------------------------


def _sound(case: _Comparison) -> dict[str, Any]:
    """Compare the sound in steps; transitions are not asked, since the truth is silent about them."""
    if "sound" not in case.result:
        return {}
    steps = right = asked = located = 0
    time_s = SOUND_STEP_S / 2
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
        time_s += SOUND_STEP_S
    return {
        "sound_steps": steps,
        "sound_finding_right": _share(right, steps),
        "sound_located_asked": asked,
        "sound_located": _share(located, asked),
    }


def _heard(spans: Sequence[dict[str, Any]], time_s: Fraction) -> list[dict[str, Any]]:
    return [s for s in spans if Fraction(str(s["start_s"])) <= time_s < Fraction(str(s["end_s"]))]


def _located(said: dict[str, Any], true: dict[str, Any], time_s: Fraction, case: _Comparison) -> bool:
    if said["recording"] is None or said["raw_start_s"] is None:
        return False
    if case.index_of[said["recording"]] != true["recording"]:
        return False
    offset_s = [Fraction(str(s["raw_start_s"])) - Fraction(str(s["start_s"])) for s in (said, true)]
    return abs(offset_s[0] - offset_s[1]) <= SOUND_TOLERANCE_S


# --- printing ---------------------------------------------------------------------------------


def by_segment(result: dict[str, Any], truth: dict[str, Any]) -> list[str]:
    """Return lines of text that set each true segment beside what was found in its place."""
    case = _read(result, truth)
    asked = _asked(case)
    lines = []
    for number, true in enumerate(case.true):
        span = f"{number:>3} {float(true.start_s):7.3f}-{float(true.end_s):7.3f}"
        mine = [a.verdict for a in asked if a.segment == number]
        tally = ", ".join(
            f"{v} {mine.count(v)}" for v in ("right", "honest", "time", "source", "missing") if v in mine
        )
        lines.append(f"{span}  true   {_describe(true, case)}" + (f"   frames: {tally}" if tally else ""))
        over = [f for f in case.found if f.overlap_s(true) > case.frame_s]
        best = _match(true, case) if true.recording is not None else None
        lines += [
            f"    {float(found.start_s):7.3f}-{float(found.end_s):7.3f}  found  {_describe(found, case)}"
            for found in sorted(over, key=lambda f: (f is not best, f.start_s))
        ]
        if true.recording is not None:
            lines.append(f"    {'':15}  check  {_faults(true, best, case)}")
    return lines


def _describe(segment: _Segment, case: _Comparison) -> str:
    opening = f"{segment.opening} {float(segment.opening_s.duration_s):.2f}"
    if segment.recording is None:
        return f"{segment.fields.get('kind', 'no source'):<10}{'':42}{opening}"
    name = case.recordings[segment.recording].name if segment.recording >= 0 else "unknown"
    raw = "-" if segment.raw_start_s is None else f"{float(segment.raw_start_s):.3f}"
    speed = "-" if segment.speed is None else f"{float(segment.speed):.4f}"
    mirrored = "mirrored" if segment.fields["mirrored"] else ""
    text = f"{name:<10}raw {raw:>8}  speed {speed:>8}  {mirrored:8}  {opening}"
    if "motion" in segment.fields:
        return text + ("" if _moves(segment) else "  nearly static")
    alternatives = " ".join(f"{float(a.start_s):.2f}-{float(a.end_s):.2f}" for a in segment.alternatives)
    return f"{text}  {segment.fields.get('time_is')} {alternatives}".rstrip()


def _faults(true: _Segment, found: _Segment | None, case: _Comparison) -> str:
    if found is None:
        return "NOT FOUND"
    start, end = _edges_met(true, case)
    raw_s = found.raw_at(true.start_s)
    shift = (
        "" if raw_s is None or true.raw_start_s is None else f"raw {float(raw_s - true.raw_start_s):+.3f} s; "
    )
    checks = {
        "start": start,
        "end": end,
        "speed": _speed_right(true, found),
        "mirror": _mirror_right(true, found),
    }
    wrong = [name.upper() for name, right in checks.items() if not right]
    return f"{shift}crop IoU {_crop_iou(true, found):.3f}; " + (
        f"WRONG {', '.join(wrong)}" if wrong else "all right"
    )


def main() -> None:
    """Print the score of a result."""
    parser = argparse.ArgumentParser(description="Score a conform result against the truth of its case.")
    parser.add_argument("result", type=Path, help="result document of offcut conform")
    parser.add_argument("truth", type=Path, help="truth.json of the case")
    parser.add_argument("--json", action="store_true", help="print the metrics as JSON and nothing else")
    arguments = parser.parse_args()
    result = json.loads(arguments.result.read_text(encoding="utf-8"))
    truth = json.loads(arguments.truth.read_text(encoding="utf-8"))
    metrics = score(result, truth)
    if arguments.json:
        print(json.dumps(metrics, indent=2))
        return
    for name, value in metrics.items():
        shown = "-" if value is None else f"{value:.3f}" if isinstance(value, float) else str(value)
        print(f"{name:<28}{shown:>9}  {METRICS[name]}")
    print()
    print("\n".join(by_segment(result, truth)))


if __name__ == "__main__":
    main()
