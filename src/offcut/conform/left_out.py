"""What of each recording is in no segment, and what of that may have been used all the same."""

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from offcut.conform.anchors import Anchor
from offcut.conform.canvas import detail
from offcut.conform.segments import Placed
from offcut.records import Measurement, Offcut
from offcut.timeline import FrameTimes, Span, subtract, union

EDGE_FRAMES = 2
"""Frames beside a used span that are not called left out: the place of a cut is known to a frame."""

RESEMBLES_S = Fraction(1)
RESEMBLES = 0.6
"""A release keyframe without a source that agrees this well with a raw frame makes that undecidable."""

PLAIN_STEP_S, PLAIN_DETAIL = 0.25, 2.0
"""Grey levels of spread about the neighbourhood's mean: a blank door had .5, an empty road at least 4."""

LEAST_SHOWN_S = Fraction(1, 4)
PLAIN_LEVELS = 6.0
"""Standard deviation in grey levels up to which a picture counts as one plain colour."""

AMBIGUOUS = "a span of the release fits here as well as where it is named"
EDGE = "next to a used or undecidable span, whose end is known to about a frame"
RIVAL = "a span of the release fits here as well as in the recording that it is named from"
ANOTHER_TAKE = "the release shows the same place in a span without a named source, but what moves differs"
PLAIN = "it shows too little detail to be found, and part of the release has no source"
LIKENESS = "a span of the release without a named source resembles it"


def offcuts(
    recordings: Sequence[Measurement],
    release: FrameTimes,
    placed: Sequence[Placed],
    anchors: Sequence[Anchor],
    *,
    searched_in_vain: bool = False,
    resembling: Sequence[tuple[int, Span]] = (),
) -> list[Offcut]:
    """Every instant of every recording that is in no segment, as left out or undecidable, in order.

    `searched_in_vain` says that the release shows pictures for which no source was found; then raw with
    too little detail to be found may be among them. `resembling` are spans of recordings, by index, that look
    like a part of the release without a source.
    """
    found: list[Offcut] = []
    for number, recording in enumerate(recordings):
        whole = [Span(recording.frames.start_s, recording.frames.end_s)]
        mine = [p for p in placed if p.segment.recording == number]
        used = union(_named(p) for p in mine)
        rest = subtract(whole, used)
        edge_s = EDGE_FRAMES * max(
            Fraction(recording.frames.median_step_s).limit_denominator(90_000),
            Fraction(release.median_step_s).limit_denominator(90_000),
        )
        doubts = [
            (AMBIGUOUS, union(s for p in mine for s in p.may_be)),
            (RIVAL, union(s for p in placed for k, s in p.rivals if k == number)),
            (EDGE, [Span(s.start_s - edge_s, s.end_s + edge_s) for s in map(_named, mine)]),
            (ANOTHER_TAKE, union(s for p in placed for k, s in p.like if k == number)),
            (LIKENESS, _likenesses(number, recording.frames, release, (placed, anchors))),
            (LIKENESS, union(s for k, s in resembling if k == number)),
            (PLAIN, plain_spans(recording) if searched_in_vain else []),
        ]
        for reason, spans in doubts:
            kept = subtract(rest, spans)
            found += [Offcut(number, s.start_s, s.end_s, "undecidable", reason) for s in subtract(rest, kept)]
            rest = kept
        for s in rest:
            if s.duration_s < edge_s and s not in whole:
                found.append(Offcut(number, s.start_s, s.end_s, "undecidable", EDGE))
            else:
                found.append(Offcut(number, s.start_s, s.end_s, "left_out", ""))
    return sorted(found, key=lambda o: (o.recording, o.start_s))


def unexplained_pictures(release: Measurement, placed: Sequence[Placed]) -> bool:
    """Whether a span without a source shows more than one plain colour for a quarter of a second."""
    luma = release.signals["picture.luma"].values
    for one in placed:
        if one.segment.recording is None and one.segment.end_s - one.segment.start_s >= LEAST_SHOWN_S:
            first = release.frames.index_at(one.segment.start_s)
            last = max(first + 1, release.frames.index_at(one.segment.end_s))
            middles = np.linspace(first, last - 1, 5).round().astype(int)
            if max(float(luma[k].std()) for k in middles) > PLAIN_LEVELS:
                return True
    return False


def plain_spans(recording: Measurement) -> list[Span]:
    """Spans of a recording whose pictures hold next to no detail, looked at four times a second."""
    luma, times = np.asarray(recording.signals["picture.luma"].values), recording.frames
    step = max(1, round(PLAIN_STEP_S / max(times.median_step_s, 1e-3)))
    spans = [
        Span(times.time_s(k), times.time_s(min(k + step, len(times))))
        for k in range(0, len(times), step)
        if float(detail(luma[k]).std()) < PLAIN_DETAIL
    ]
    return union(spans)


def _named(one: Placed) -> Span:
    ends = (one.segment.raw_start_s, one.segment.raw_end_s)
    return Span(min(e for e in ends if e is not None), max(e for e in ends if e is not None))


def _likenesses(
    number: int, raw: FrameTimes, release: FrameTimes, evidence: tuple[Sequence[Placed], Sequence[Anchor]]
) -> list[Span]:
    placed, anchors = evidence
    open_spans = [Span(p.segment.start_s, p.segment.end_s) for p in placed if p.segment.recording is None]
    spans = []
    for one in anchors:
        at_s = release.time_s(one.release_frame)
        if one.geometry.recording != number or one.match < RESEMBLES:
            continue
        if any(s.start_s <= at_s < s.end_s for s in open_spans):
            raw_s = raw.time_s(one.raw_frame)
            spans.append(Span(max(raw.start_s, raw_s - RESEMBLES_S), min(raw.end_s, raw_s + RESEMBLES_S)))
    return union(spans)
