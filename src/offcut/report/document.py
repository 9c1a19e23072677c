"""The result document: what was found, as plain JSON values in the form docs/result-document.md promises.

Everything that the terminal and the HTML report show stands in it, sums and halfway points included, so
that they compute nothing. What this version does not measure is null, with a line in the limits.
"""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from offcut import __version__
from offcut.indicators.rule import Rule
from offcut.records import Edit, Evidence, Examination, Indicator, Measurement, Offcut, Segment
from offcut.report import frames, plain
from offcut.report import sound as sounds
from offcut.report.summary import halfway, summary
from offcut.timeline import FrameTimes, Span, exact

EXAMINATION = "offcut.examination/1"
CONFORM = "offcut.conform/1"

RELATIVE = "left out means relative to the recordings given"
"""The first limit of every conform document: what nobody gave cannot be missed."""

_ANALYSER = "analyser."
"""Begins the names of analysers among the versions of a measurement; the others are libraries."""

_EXAMINATION_UNMEASURED = ("speeds", "overlays", "sounds", "splices")
_WHAT_IT_WOULD_BE = {
    "speeds": "slow motion, fast motion, freeze frames and repeated frames",
    "overlays": "logos, text, bars and borders laid over the picture",
    "sounds": "speech, music, gunfire, explosions and silence",
    "splices": "breaks of the sound or of the telemetry",
    "sound": "whether the release carries the recordings' own sound",
}


def examination(examination: Examination, *, rules: Sequence[Rule] = ()) -> dict[str, Any]:
    """Write how a file was made.

    Args:
        examination: What was measured, indicated and found.
        rules: The rules the indicators came from; their known false readings are printed with them.

    Returns:
        A document of schema `offcut.examination/1`.
    """
    measurement, structure, finding = examination.measurement, examination.structure, examination.finding
    false_readings = {rule.id: rule.false_readings for rule in rules}
    return {
        "schema": EXAMINATION,
        "tool": _tool([measurement]),
        "exhibit": plain.measured_exhibit(measurement),
        "finding": {
            "form": finding.form,
            "confidence": float(finding.confidence),
            "because": list(finding.because),
            "limits": _limits(finding.limits, _EXAMINATION_UNMEASURED),
        },
        "indicators": [
            _indicator(indicator, measurement.frames, false_readings.get(indicator.id))
            for indicator in examination.indicators
        ],
        "shots": [
            {"start_s": exact(s.start_s), "end_s": exact(s.end_s), "opening": plain.opening(s.opening)}
            for s in examination.shots
        ],
        "flashes": [
            {"start_s": exact(f.start_s), "end_s": exact(f.end_s), "confidence": float(f.confidence)}
            for f in examination.flashes
        ],
        **dict.fromkeys(_EXAMINATION_UNMEASURED),
        "container": {"format": structure.format, **plain.plain(structure.facts)},
        "stream": plain.plain(measurement.stream),
        "damage": [plain.one_line(line) for line in (*structure.damage, *measurement.damage)],
    }


def conform(edit: Edit) -> dict[str, Any]:
    """Write which raw went into a release, and what was left out.

    Returns:
        A document of schema `offcut.conform/1`.

    Raises:
        ValueError: A segment or an offcut names a recording that was not given.
    """
    _check_indices(edit)
    overlays_measured = edit.overlays_sought or any(segment.overlays for segment in edit.segments)
    unmeasured = (
        *(() if edit.sound is not None else ("sound",)),
        *(() if overlays_measured else ("overlays",)),
    )
    relative = () if any(RELATIVE in limit for limit in edit.limits) else (RELATIVE,)
    return {
        "schema": CONFORM,
        "tool": _tool([edit.release, *edit.recordings]),
        "release": plain.measured_exhibit(edit.release),
        "recordings": [plain.measured_exhibit(recording) for recording in edit.recordings],
        "summary": summary(edit) | {"sound_s": sounds.totals(edit)},
        "evidence": [_evidence(evidence) for evidence in edit.evidence],
        "segments": [
            _segment(segment, edit.segments, overlays_measured=overlays_measured)
            | frames.of_segment(segment, edit)
            for segment in edit.segments
        ],
        "sound": sounds.spans_of(edit),
        "left_out": [_offcut(offcut) | frames.of_offcut(offcut, edit) for offcut in edit.left_out],
        "limits": _limits((*relative, *edit.limits), unmeasured),
    }


def _tool(measurements: Sequence[Measurement]) -> dict[str, Any]:
    analysers: dict[str, set[str]] = {}
    libraries: dict[str, set[str]] = {}
    for measurement in measurements:
        for name, version in measurement.versions.items():
            is_analyser = name.startswith(_ANALYSER)
            (analysers if is_analyser else libraries).setdefault(name.removeprefix(_ANALYSER), set()).add(
                version
            )
    confinement = dict.fromkeys(plain.one_line(m.confinement) for m in measurements)
    return {
        "offcut": __version__,
        "analysers": {name: " and ".join(sorted(of)) for name, of in sorted(analysers.items())},
        "libraries": {name: " and ".join(sorted(of)) for name, of in sorted(libraries.items())},
        "confinement": "; ".join(confinement),
    }


def _limits(limits: Sequence[str], unmeasured: Sequence[str]) -> list[str]:
    missing = [f"not measured: {name} ({_WHAT_IT_WOULD_BE[name]})" for name in unmeasured]
    return list(dict.fromkeys([*map(plain.one_line, limits), *missing]))


def _indicator(indicator: Indicator, frames: FrameTimes, false_readings: str | None) -> dict[str, Any]:
    return {
        "id": indicator.id,
        "statement": plain.one_line(indicator.statement),
        "points_to": indicator.points_to,
        "strength": indicator.strength,
        "spans": [plain.span(span) for span in indicator.spans],
        "frames": [frame for span in indicator.spans for frame in _frames_of(span, frames)],
        "measured": plain.plain(indicator.measured),
        "source": plain.one_line(indicator.source),
        "known_false_readings": false_readings,
    }


def _frames_of(span: Span, frames: FrameTimes) -> list[dict[str, Any]]:
    """Name the frames that show what an indicator points at; none where no frame was decoded."""
    if not len(frames):
        return []
    first, last = frames.index_at(span.start_s), frames.index_at(span.end_s)
    if span.duration_s and last > first and frames.time_s(last) == span.end_s:
        last -= 1
    named = [("first of the span", first)]
    if first > 0:
        named.insert(0, ("last before", first - 1))
    if last > first:
        named.append(("last of the span", last))
    return [{"index": at, "time_s": exact(frames.time_s(at)), "what": what} for what, at in named]


def _segment(segment: Segment, others: Sequence[Segment], *, overlays_measured: bool) -> dict[str, Any]:
    shown_s, raw_shown_s = halfway(segment, others)
    overlays = [
        {
            "kind": overlay.kind,
            "start_s": exact(overlay.start_s),
            "end_s": exact(overlay.end_s),
            "box": plain.box(overlay.box),
            "text": None if overlay.text is None else plain.one_line(overlay.text),
            "confidence": float(overlay.confidence),
        }
        for overlay in segment.overlays
    ]
    return {
        "start_s": exact(segment.start_s),
        "end_s": exact(segment.end_s),
        "recording": segment.recording,
        "raw_start_s": plain.time(segment.raw_start_s),
        "raw_end_s": plain.time(segment.raw_end_s),
        "speed": plain.time(segment.speed),
        "mirrored": segment.mirrored,
        "crop": plain.box(segment.crop),
        "placed": plain.box(segment.placed),
        "confidence": float(segment.confidence),
        "time_is": segment.time_is,
        "alternatives": [
            {"raw_start_s": exact(raw.raw_start_s), "raw_end_s": exact(raw.raw_end_s)}
            for raw in segment.alternatives
        ],
        "opening": plain.opening(segment.opening),
        # Without a source there is nothing to hold the release against.
        "overlays": overlays if overlays_measured and segment.recording is not None else None,
        "measured": plain.plain(segment.measured),
        "shown_s": exact(shown_s),
        "raw_shown_s": plain.time(raw_shown_s),
    }


def _evidence(evidence: Evidence) -> dict[str, Any]:
    return {
        "kind": evidence.kind,
        "statement": plain.one_line(evidence.statement),
        "start_s": plain.time(evidence.start_s),
        "end_s": plain.time(evidence.end_s),
        "recording": evidence.recording,
        "raw_start_s": plain.time(evidence.raw_start_s),
        "raw_end_s": plain.time(evidence.raw_end_s),
        "source": plain.one_line(evidence.source),
        "measured": plain.plain(evidence.measured),
    }


def _offcut(offcut: Offcut) -> dict[str, Any]:
    return {
        "recording": offcut.recording,
        "start_s": exact(offcut.start_s),
        "end_s": exact(offcut.end_s),
        "finding": offcut.finding,
        "events": [],
        "reason": plain.one_line(offcut.reason),
        "length_s": exact(offcut.end_s - offcut.start_s),
        "shown_s": exact((offcut.start_s + offcut.end_s) / Fraction(2)),
    }


def _check_indices(edit: Edit) -> None:
    given = len(edit.recordings)
    named = [s.recording for s in edit.segments if s.recording is not None]
    named += [e.recording for e in edit.evidence if e.recording is not None]
    for recording in (*named, *(offcut.recording for offcut in edit.left_out)):
        if not 0 <= recording < given:
            raise ValueError(f"recording {recording} is named, but {given} were given")
