"""Raw time: what was left out and said to be so, and the published segment protocol."""

from collections import defaultdict
from collections.abc import Sequence
from fractions import Fraction
from math import ceil
from typing import Any, TypeAlias

from conform_score.reading import Comparison, Segment, intersect, length, raw_extent, share, span
from offcut.timeline import Span, subtract


def _core(segment: Segment, case: Comparison) -> list[Span]:
    """Raw spans of `segment` without transitions and without its first and last release frame."""
    inside = [Span(segment.start_s, segment.end_s)]
    taken = [t.opening_s for t in case.transitions]
    taken += [
        Span(segment.start_s, segment.start_s + case.frame_s),
        Span(segment.end_s - case.frame_s, segment.end_s),
    ]
    return [_raw_of(segment, kept, case) for kept in subtract(inside, taken)]


def _raw_of(segment: Segment, kept: Span, case: Comparison) -> Span:
    """Raw time that a part of a true segment shows: on its line, or of a ramp as its frames were listed."""
    if segment.ramped and segment.recording is not None:
        recording = case.recordings[segment.recording]
        number = next(i for i, s in enumerate(case.true) if s is segment)
        within = range(ceil(kept.start_s / case.frame_s), ceil(kept.end_s / case.frame_s))
        times = [recording.times_s[e[2]] for n in within for e in case.frames[n] if e[0] == number]
        return Span(min(times), recording.over_at(max(times))) if times else Span(Fraction(0), Fraction(0))
    ends = segment.raw_at(kept.start_s), segment.raw_at(kept.end_s)
    low_s, high_s = sorted(e for e in ends if e is not None)
    return Span(low_s, high_s)


def left_out(case: Comparison) -> dict[str, Any]:
    total: dict[str, Fraction] = defaultdict(Fraction)
    for index, recording in enumerate(case.recordings):
        whole = [Span(recording.times_s[0], recording.end_s)]
        true = [span(o["start_s"], o["end_s"]) for o in case.truth["left_out"] if o["recording"] == index]
        used = [s for s in case.true if s.recording == index]
        aired = [raw_extent(s, case) for s in used]
        core = [kept for s in used for kept in _core(s, case)]
        shown = [raw_extent(s, case) for s in case.found if s.recording == index]
        said = _said(case, index, subtract(whole, shown))
        amounts = {
            "aired": aired,
            "false": intersect(aired, said["left_out"]),
            "core": core,
            "false_core": intersect(core, said["left_out"]),
            "true": true,
            "recalled": intersect(true, said["left_out"]),
            "may": said["undecidable"],
            "may_aired": intersect(aired, said["undecidable"]),
            "may_left": intersect(true, said["undecidable"]),
            "unsaid": subtract(whole, [*said["left_out"], *said["undecidable"], *shown]),
            "both": intersect(shown, said["left_out"]),
        }
        for name, spans in amounts.items():
            total[name] += length(spans)
    return {
        "aired_s": float(total["aired"]),
        "false_left_out_s": float(total["false"]),
        "false_left_out_share": share(total["false"], total["aired"]),
        "false_left_out_core_s": float(total["false_core"]),
        "false_left_out_core_share": share(total["false_core"], total["core"]),
        "left_out_true_s": float(total["true"]),
        "left_out_recall": share(total["recalled"], total["true"]),
        "undecidable_s": float(total["may"]),
        "undecidable_aired_s": float(total["may_aired"]),
        "undecidable_left_out_s": float(total["may_left"]),
        "unsaid_s": float(total["unsaid"]),
        "contradicted_s": float(total["both"]),
    }


def _said(case: Comparison, index: int, in_no_segment: Sequence[Span]) -> dict[str, list[Span]]:
    """What the result calls left out and undecidable; of one that has no such list, what it never shows."""
    said: dict[str, list[Span]] = {"left_out": [], "undecidable": []}
    if case.result.get("left_out") is None:
        said["left_out"] += in_no_segment
        return said
    for offcut in case.result["left_out"]:
        if case.index_of[offcut["recording"]] == index:
            said[offcut.get("finding", "left_out")].append(span(offcut["start_s"], offcut["end_s"]))
    return said


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
        common = [(intersect([box[0]], [b[0]]), intersect([box[1]], [b[1]])) for b in by]
        common = [pair for pair in common if pair[0] and pair[1]]
        for axis in (0, 1):
            covered[axis] += length(span for pair in common for span in pair[axis])
            whole[axis] += box[axis].duration_s
    return covered[0] / whole[0] * covered[1] / whole[1] if whole[0] and whole[1] else Fraction(0)


def vcsl(case: Comparison) -> dict[str, Any]:
    """The published measure over everything but pictures in picture, which are scored apart."""

    def boxes(segments: Sequence[Segment], recording: int | None) -> list[_Box]:
        of_it = [s for s in segments if s.recording == recording]
        return [(Span(s.start_s, s.end_s), raw_extent(s, case)) for s in of_it]

    found = [s for s in case.found if s.recording is not None and not case.of_inset(s)]
    used = sorted({s.recording for s in case.sourced if s.recording is not None})
    named = sorted({s.recording for s in found if s.recording is not None})
    recalls = [_covered(boxes(case.sourced, r), boxes(found, r)) for r in used]
    precisions = [_covered(boxes(found, r), boxes(case.sourced, r)) for r in named]
    recall = sum(recalls, Fraction(0)) / len(recalls) if recalls else None
    precision = sum(precisions, Fraction(0)) / len(precisions) if precisions else None
    nothing_to_say = recall is None and precision is None
    product, total = (recall or 0) * (precision or 0), (recall or 0) + (precision or 0)
    return {
        "vcsl_recall": None if recall is None else float(recall),
        "vcsl_precision": None if precision is None else float(precision),
        "vcsl_f": None if nothing_to_say else float(2 * product / total) if total else 0.0,
    }
