"""Sums over an edit, made once and exactly, so that neither the report nor the terminal has to add."""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any

from offcut.records import Edit, Segment
from offcut.timeline import Span, exact, subtract, union


def summary(edit: Edit) -> dict[str, Any]:
    """Add up what an edit says, in exact seconds.

    Where two recordings are seen at once (a dissolve, a picture in picture) the time counts for each of
    them, but once in the total. Raw time counts as used only where no offcut says otherwise.
    """
    sourced = [segment for segment in edit.segments if segment.recording is not None]
    frames = edit.release.frames
    release = [Span(frames.start_s, frames.end_s)]
    used = {segment.recording for segment in sourced}
    by_recording = [_of_recording(edit, index) for index in range(len(edit.recordings))]
    return {
        "release_s": _total(release),
        "with_source_s": _total(_release_spans(sourced)),
        "without_source_s": _total(subtract(release, _release_spans(sourced))),
        "segments": len(edit.segments),
        "segments_with_source": len(sourced),
        "segments_without_source": len(edit.segments) - len(sourced),
        "segments_ambiguous": sum(segment.time_is == "ambiguous" for segment in sourced),
        "recordings": len(edit.recordings),
        "recordings_used": len(used),
        "recordings_s": _added(by_recording, "recording_s"),
        "used_s": _added(by_recording, "used_s"),
        "left_out_s": _added(by_recording, "left_out_s"),
        "undecidable_s": _added(by_recording, "undecidable_s"),
        "evidence": len(edit.evidence),
        "identical_packets_s": _total(_identical(edit)),
        "lowest_confidence": min((float(segment.confidence) for segment in edit.segments), default=None),
        "by_recording": by_recording,
    }


def halfway(segment: Segment, others: Sequence[Segment]) -> tuple[Fraction, Fraction | None]:
    """Choose the instant of the release, and of the recording, that shows a segment best.

    It is halfway between the end of the segment's opening and the opening of the next segment over it,
    where only this segment is seen; halfway through the whole segment if there is no such time.
    """
    next_start_s = min(
        (o.start_s for o in others if segment.start_s < o.start_s < segment.end_s), default=segment.end_s
    )
    start_s, end_s = max(segment.start_s, segment.opening.end_s), next_start_s
    if start_s >= end_s:
        start_s, end_s = segment.start_s, segment.end_s
    shown_s = (start_s + end_s) / 2
    if segment.raw_start_s is None or segment.raw_end_s is None:
        return shown_s, None
    if segment.end_s == segment.start_s:
        return shown_s, segment.raw_start_s
    share = (shown_s - segment.start_s) / (segment.end_s - segment.start_s)
    return shown_s, segment.raw_start_s + share * (segment.raw_end_s - segment.raw_start_s)


def _of_recording(edit: Edit, index: int) -> dict[str, Any]:
    segments = [segment for segment in edit.segments if segment.recording == index]
    undecidable = _offcuts(edit, index, "undecidable")
    # Where both are said, the one that accuses nobody counts.
    left_out = subtract(_offcuts(edit, index, "left_out"), undecidable)
    raw = [
        Span(min(s.raw_start_s, s.raw_end_s), max(s.raw_start_s, s.raw_end_s))
        for s in segments
        if s.raw_start_s is not None and s.raw_end_s is not None
    ]
    frames = edit.recordings[index].frames
    return {
        "recording": index,
        "recording_s": _total([Span(frames.start_s, frames.end_s)]),
        "segments": len(segments),
        "release_s": _total(_release_spans(segments)),
        "used_s": _total(subtract(raw, [*left_out, *undecidable])),
        "left_out_s": _total(left_out),
        "left_out_spans": len(left_out),
        "undecidable_s": _total(undecidable),
        "undecidable_spans": len(undecidable),
    }


def _identical(edit: Edit) -> list[Span]:
    """Spans of the release whose coded pictures lie in a recording, byte for byte."""
    return [
        Span(e.start_s, e.end_s)
        for e in edit.evidence
        if e.kind == "identical_packets" and e.start_s is not None and e.end_s is not None
    ]


def _release_spans(segments: Iterable[Segment]) -> list[Span]:
    return [Span(segment.start_s, segment.end_s) for segment in segments]


def _offcuts(edit: Edit, index: int, finding: str) -> list[Span]:
    return union(
        Span(o.start_s, o.end_s) for o in edit.left_out if o.recording == index and o.finding == finding
    )


def _added(by_recording: Iterable[dict[str, Any]], name: str) -> str:
    return exact(sum((Fraction(of[name]) for of in by_recording), Fraction(0)))


def _total(spans: Iterable[Span]) -> str:
    return exact(sum((span.duration_s for span in union(spans)), Fraction(0)))
