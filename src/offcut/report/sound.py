"""What is said of a release's sound: its place in the document, its sentences, its strip."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from offcut.records import Edit, SoundSpan
from offcut.report import plain
from offcut.report.words import letter, seconds
from offcut.timeline import Span, exact, union

__all__ = ["FINDINGS", "sentence", "sound_total", "spans_of", "totals"]

FINDINGS: Mapping[str, str] = {
    "same": "own sound",
    "covered": "own sound under something",
    "shifted": "sound from another place",
    "replaced": "own sound not found",
    "muted": "silent",
}
"""Every finding and its short name."""


def spans_of(edit: Edit) -> list[dict[str, Any]] | None:
    """Write the sound of an edit; None where it was not compared.

    Raises:
        ValueError: A span names a recording that was not given.
    """
    if edit.sound is None:
        return None
    given = len(edit.recordings)
    for span in edit.sound:
        if span.recording is not None and not 0 <= span.recording < given:
            raise ValueError(f"recording {span.recording} is named by a sound, but {given} were given")
    return [_span(span) for span in edit.sound]


def _span(span: SoundSpan) -> dict[str, Any]:
    return {
        "start_s": exact(span.start_s),
        "end_s": exact(span.end_s),
        "finding": span.finding,
        "recording": span.recording,
        "raw_start_s": plain.time(span.raw_start_s),
        "confidence": float(span.confidence),
        "measured": plain.plain(span.measured),
        "length_s": exact(span.end_s - span.start_s),
    }


def totals(edit: Edit) -> dict[str, str] | None:
    """Add up how long each finding holds, in exact seconds; None where sound was not compared."""
    if edit.sound is None:
        return None
    spans = {name: [Span(s.start_s, s.end_s) for s in edit.sound if s.finding == name] for name in FINDINGS}
    return {
        name: exact(sum((s.duration_s for s in union(of)), start=Fraction(0))) for name, of in spans.items()
    }


def sentence(span: Mapping[str, Any]) -> str:
    """Say what was found in one span, in a sentence that holds for every party."""
    recording = span["recording"]
    named = "a recording" if recording is None else f"recording {letter(recording)}"
    measured: Mapping[str, float] = span.get("measured") or {}
    retimed = abs(measured.get("speed", 1.0) - 1) > 1e-3
    at = f", at {float(measured['speed']):.4g} times the recorded speed" if retimed else ""
    quiet = measured.get("release_level_db")
    found_db = measured.get("would_be_found_db")
    heard = f"The sound of {named} is heard at the moment whose picture is seen{at}"
    if span["finding"] == "same":
        return f"{heard}; nothing else was measured beside it."
    if span["finding"] == "covered" and measured and "coherent_share" not in measured:
        return f"{heard}, laid in short pieces; whether other sound was added could not be measured."
    if span["finding"] == "covered":
        return f"{heard}, together with other sound."
    if span["finding"] == "shifted":
        return f"The sound of {named} is heard{at}, at a place that is not that of the picture seen here."
    if span["finding"] == "muted":
        return f"The release is silent here, and {named}, whose picture is seen, is not." + (
            "" if quiet is None else f" Its level here is {abs(quiet):.0f} dB below full scale."
        )
    bound = (
        f" Added on trial, {_below(found_db)} what is heard, it was found."
        if found_db is not None
        else " The recording given holds no audible sound at this moment."
    )
    return f"Sound is heard, and the own sound of {named}, whose picture is seen, was not found in it.{bound}"


def _below(level_db: float) -> str:
    return "as loud as" if level_db == 0 else f"{abs(level_db):.0f} dB quieter than"


def sound_total(document: Mapping[str, Any]) -> Sequence[str]:
    """Say in a sentence or two what was found of the sound; nothing where it was not compared."""
    total = document["summary"].get("sound_s")
    if total is None:
        return []
    said = [
        f"{seconds(total[name])} {words}"
        for name, words in (
            ("same", "carry the own sound of the picture seen"),
            ("covered", "carry it together with other sound"),
            ("shifted", "carry sound of a recording at another place than the picture's"),
            ("replaced", "carry other sound in which it was not found"),
            ("muted", "are silent where the recording is not"),
        )
        if Fraction(total[name]) > 0
    ]
    if not said:
        return ["Of the sound of the release, nothing could be said."]
    return [
        f"Of the release, {'; '.join(said)}. Sound is evidence of its own and adds nothing to the segments."
    ]
