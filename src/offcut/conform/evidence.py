"""What bytes say without any comparison of pictures or sound: a class of its own, and stronger."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from offcut.conform.evidence_packets import identical
from offcut.conform.evidence_telemetry import same_telemetry
from offcut.conform.evidence_timecode import meeting_timecode
from offcut.conform.evidence_xmp import named_in_xmp
from offcut.records import Evidence, Measurement, Structure

SIGNALS = ("packet_hash",)
"""The analysers whose signals identical packets are found by."""


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A place of a recording that holds the same bytes as part of an exact span."""

    start_s: Fraction
    end_s: Fraction
    recording: int
    raw_start_s: Fraction
    raw_end_s: Fraction


@dataclass(frozen=True, slots=True)
class ExactSpan:
    """A span of the release whose raw time is known to the frame, because the bytes are the same.

    Release frame `first_frame` + k is frame `raw_first_frame` + k of the recording, for every k below
    `frames`. Spans of different recordings may overlap where both hold the same bytes.

    Attributes:
        rivals: Where else the same bytes lie; which place was used cannot be told.
        rivals_in_all: How many there are; `rivals` may hold fewer.
    """

    start_s: Fraction
    end_s: Fraction
    recording: int
    raw_start_s: Fraction
    raw_end_s: Fraction
    first_frame: int
    raw_first_frame: int
    frames: int
    rivals: tuple[Elsewhere, ...]
    rivals_in_all: int


def found(
    release: Measurement, recordings: Sequence[Measurement], structures: Sequence[Structure] = ()
) -> tuple[Evidence, ...]:
    """Collect what the bytes of a release say about recordings.

    Args:
        release: Measured with at least the analysers in SIGNALS; without them no packets are compared.
        recordings: Likewise; evidence names them by index.
        structures: Of the release, then of every recording; empty if their containers were not read.

    Returns:
        Identical packets in the order of the release, then what the containers say.

    Raises:
        ValueError: `structures` is neither empty nor one a file.
    """
    if structures and len(structures) != 1 + len(recordings):
        raise ValueError(f"{len(structures)} structures for a release and {len(recordings)} recordings")
    said = identical(release, recordings)
    if structures:
        for read in (same_telemetry, meeting_timecode, named_in_xmp):
            said += read(release, recordings, structures)
    return tuple(said)


def exact_spans(evidence: Sequence[Evidence]) -> tuple[ExactSpan, ...]:
    """The spans of the release whose raw time identical packets fix to the frame, in release order."""
    spans = []
    for one in evidence:
        if one.kind != "identical_packets" or one.recording is None:
            continue
        times = (one.start_s, one.end_s, one.raw_start_s, one.raw_end_s)
        start_s, end_s, raw_start_s, raw_end_s = (Fraction(t) for t in times if t is not None)
        measured = one.measured
        rivals = tuple(
            Elsewhere(
                Fraction(r["start_s"]),
                Fraction(r["end_s"]),
                int(r["recording"]),
                Fraction(r["raw_start_s"]),
                Fraction(r["raw_end_s"]),
            )
            for r in measured["rivals"]
        )
        spans.append(
            ExactSpan(
                start_s,
                end_s,
                one.recording,
                raw_start_s,
                raw_end_s,
                int(measured["first_frame"]),
                int(measured["raw_first_frame"]),
                int(measured["frames"]),
                rivals,
                int(measured["rivals_in_all"]),
            )
        )
    return tuple(sorted(spans, key=lambda s: (s.start_s, s.recording)))
