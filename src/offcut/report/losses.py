"""What of a document an export cannot carry, by name and number, so that nobody finds out too late."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from offcut.report.otio import TRANSITIONS, lay_out
from offcut.report.words import counted

Format = Literal["edl", "fcpxml"]

_WHOLE = (0.0, 0.0, 1.0, 1.0)


def lost(document: Mapping[str, Any], form: Format) -> list[str]:
    """Name what this document holds and the format does not.

    Args:
        document: Of schema `offcut.conform/1`.
        form: The format written.

    Returns:
        One entry per kind, such as `2 crops` or `1 mirroring (in comments only)`.
    """
    segments = document["segments"]
    aside = "in comments only" if form == "edl" else "in notes only"
    found: list[tuple[int, str, str, str]] = [
        (_boxes(segments, "crop"), "crop", "", aside if form == "fcpxml" else ""),
        (_boxes(segments, "placed"), "placement", "", aside if form == "fcpxml" else ""),
        (sum(bool(s.get("mirrored")) for s in segments), "mirroring", "", aside),
        (sum(s.get("time_is") == "ambiguous" for s in segments), "ambiguous raw time", "", aside),
        (sum(len(s.get("overlays") or ()) for s in segments), "overlay", "", ""),
        (
            sum(s["recording"] is not None for s in segments),
            "confidence",
            "",
            aside if form == "fcpxml" else "",
        ),
        (len(document.get("left_out") or ()), "span left out or undecidable", _SPANS, ""),
        (len(document.get("evidence") or ()), "statement of evidence", "statements of evidence", ""),
    ]
    openings = [s["opening"]["kind"] for s in segments if s.get("opening")]
    sounds = document.get("sound") or ()
    if form == "edl":
        above = sum(s.segment is not None for track in lay_out(document)[1:] for s in track)
        found += [
            (above, "segment set into or beside another", "segments set into or beside others", aside),
            (len(sounds), "span of sound", "spans of sound", ""),
            (openings.count("fade"), "fade", "", "written as dissolves"),
            (openings.count("wipe"), "shape of a wipe", "shapes of wipes", ""),
        ]
    else:
        unlocated = sum(s["recording"] is None or s["raw_start_s"] is None for s in sounds)
        shaped = sum(kind in TRANSITIONS for kind in openings)
        found += [
            (unlocated, "span of sound without a source", "spans of sound without a source", ""),
            (shaped, "kind of a transition", "kinds of transitions", "all are written alike"),
        ]
    return [
        counted(count, one, many) + (f" ({note})" if note else "")
        for count, one, many, note in found
        if count
    ]


_SPANS = "spans left out or undecidable"


def _boxes(segments: Sequence[Mapping[str, Any]], name: str) -> int:
    boxes = [s[name] for s in segments if s.get(name)]
    return sum(tuple(float(b[k]) for k in ("x", "y", "width", "height")) != _WHOLE for b in boxes)
