"""The sentences of the report, made from the figures of a document and from nothing else.

Each has to hold for every party: what was measured, in seconds and counts, and relative to what.
"""

import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from offcut.timeline import clock

_RATIONAL = re.compile(r"-?[0-9]{1,30}(/[1-9][0-9]{0,30})?")

FORMS = {
    "continuous": "one unbroken take; no sign of a break was found, and additions were not looked for",
    "trimmed": "one take, shortened at an end",
    "assembled": "several takes or spans joined; additions were not looked for",
    "produced": "something was added or altered: sound, graphics, speed or grading",
}

OPENINGS = {
    "start": "the start of the file",
    "cut": "a cut",
    "dissolve": "a dissolve",
    "fade": "a fade",
    "wipe": "a wipe",
}

STRENGTHS = {
    "decisive": "Decisive: nothing innocent is known that produces this",
    "strong": "Strong: rarely seen otherwise",
    "weak": "Weak: often seen otherwise, too",
}


EVIDENCE = {
    "identical_packets": "Identical packets",
    "xmp_ingredient": "XMP ingredient",
    "xmp_history": "XMP history",
    "timecode": "Timecode",
    "telemetry": "Telemetry",
}


def seconds(time_s: Fraction | str) -> str:
    """Write a length for people: `34.200 s`."""
    return f"{round(Fraction(time_s) * 1000) / 1000:,.3f}\N{NO-BREAK SPACE}s"


def moment(time_s: str) -> str:
    """Write a time on the clock of a file: `0:07.200`."""
    return clock(Fraction(time_s))


def short_seconds(time_s: Fraction) -> str:
    """Write a length where there is little room: `34.2 s`."""
    return (
        f"{float(time_s):.1f}\N{NO-BREAK SPACE}s"
        if time_s >= Fraction(1, 10)
        else f"{float(time_s):.3f}\N{NO-BREAK SPACE}s"
    )


def letter(recording: int) -> str:
    """Name a recording for people: A to Z, AA and on; the document counts from 0."""
    name = ""
    at = recording + 1
    while at:
        at, rest = divmod(at - 1, 26)
        name = chr(ord("A") + rest) + name
    return name


def number(value: float) -> str:
    """Write a measured figure: four significant digits, whole numbers as they are."""
    return f"{value:,}" if isinstance(value, int) else f"{value:.4g}"


def size(size_bytes: int) -> str:
    """Write a size in bytes, exactly."""
    return f"{size_bytes:,} bytes"


def counted(count: int, one: str, many: str = "") -> str:
    """Write a count with its noun: `1 segment`, `3 segments`."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def answer(document: Mapping[str, Any]) -> list[str]:
    """Say what a comparison found, in a few sentences."""
    total = document["summary"]
    given = counted(total["recordings"], "recording")
    found, all_segments = total["segments_with_source"], counted(total["segments"], "segment")
    said = []
    if found:
        said.append(
            f"{found} of {all_segments} of the release {'has' if found == 1 else 'have'} a source in "
            f"{total['recordings_used']} of the {given} given. "
            f"Together they cover {seconds(total['with_source_s'])} of its {seconds(total['release_s'])}; "
            f"for {seconds(total['without_source_s'])} no source was found among these recordings."
        )
    else:
        said.append(
            f"For none of the {all_segments} of the release was a source found in the {given} given. "
            "That does not say that the release was not made from them, only that nothing was found "
            "that could be shown."
        )
    said.append(
        f"The recordings last {seconds(total['recordings_s'])} in all. Of that, {seconds(total['used_s'])} "
        f"is seen in the release, {seconds(total['left_out_s'])} is left out, and for "
        f"{seconds(total['undecidable_s'])} it cannot be decided."
    )
    if found and Fraction(total["without_source_s"]) > 0:
        said.append(
            "If the spans without a source come from these recordings in a form that is not recognised, raw "
            "that is called left out may have been shown there. Left out is relative to the recordings given."
        )
    else:
        said.append("Left out is relative to the recordings given.")
    if total["segments_ambiguous"]:
        ambiguous = total["segments_ambiguous"]
        said.append(
            f"Of {counted(ambiguous, 'segment')} the time in "
            f"{'its recording' if ambiguous == 1 else 'their recordings'} could not be told: the times that "
            "fit are listed, and none of them is called left out."
        )
    return said


def evidence(document: Mapping[str, Any]) -> str:
    """Say in one sentence what bytes say without a comparison of pictures; empty where they say nothing."""
    kinds = [item["kind"] for item in document.get("evidence") or ()]
    if not kinds:
        return ""
    copied = kinds.count("identical_packets")
    said = []
    if copied:
        said.append(
            f"{seconds(document['summary']['identical_packets_s'])} of the release, in "
            f"{counted(copied, 'span')}, {'is' if copied == 1 else 'are'} coded by the same bytes as "
            "recordings given"
        )
    said += [
        counted(kinds.count(kind), f"statement about {name}", f"statements about {name}")
        for kind, name in (
            ("telemetry", "telemetry"),
            ("timecode", "timecode"),
            ("xmp_ingredient", "XMP ingredients"),
            ("xmp_history", "XMP history"),
        )
        if kind in kinds
    ]
    return f"Without comparing pictures: {'; '.join(said)}."


def speed(value: str | None) -> str:
    """Say how fast a segment plays."""
    if value is None:
        return "not measured"
    factor = Fraction(value)
    if factor == 0:
        return "one frame, held"
    backwards = "backwards, " if factor < 0 else ""
    times = abs(factor)
    shown = f"{float(times):.4g}"
    if times == 1:
        return f"{backwards}as recorded"
    return f"{backwards}{shown} × as recorded ({'faster' if times > 1 else 'slower'})"


def opening(of: Mapping[str, Any]) -> str:
    """Say how a segment begins, as far as it was measured."""
    kind, style = OPENINGS[of["kind"]], of.get("style")
    if style is None:
        return kind
    if style == "flash":
        return "a flash of white"
    if of["kind"] == "wipe" and style.startswith("from "):
        return f"a wipe that comes in from the {style.removeprefix('from ')}"
    if of["kind"] == "fade" and style.startswith(("from ", "to ", "through ")):
        return f"a fade {style}"
    return f"{kind} ({style})"


def mirror(mirrored: bool | None) -> str:
    """Say whether a segment shows left for right."""
    return {None: "not measured", True: "mirrored left for right", False: "no"}[mirrored]


def window(box: Mapping[str, float] | None, whole: str) -> str:
    """Say which part of a picture a box is; `whole` where it is all of it to one per cent."""
    if box is None:
        return "not measured"
    if is_whole(box):
        return whole
    sides = (("width", box["x"], box["width"]), ("height", box["y"], box["height"]))
    return ", ".join(
        f"the whole {name}" if share >= 0.99 else f"{share:.1%} of the {name}, from {start:.1%} on"
        for name, start, share in sides
    )


def is_whole(box: Mapping[str, float] | None) -> bool:
    """Tell whether a box is the whole picture to one per cent of a side."""
    return box is None or (box["width"] >= 0.99 and box["height"] >= 0.99)


def of_recording(total: Mapping[str, Any]) -> str:
    """Say how much of one recording the release shows."""
    used = (
        f"{seconds(total['used_s'])} used in {counted(total['segments'], 'segment')}, "
        f"seen for {seconds(total['release_s'])} of the release"
        if total["segments"]
        else "none of it was found in the release"
    )
    left = (
        f"{seconds(total['left_out_s'])} left out in {counted(total['left_out_spans'], 'span')}"
        if total["left_out_spans"]
        else "no span of it is called left out"
    )
    undecidable = (
        f"; {seconds(total['undecidable_s'])} undecidable in {counted(total['undecidable_spans'], 'span')}"
        if total["undecidable_spans"]
        else ""
    )
    return f"{used}; {left}{undecidable}."


def found(document: Mapping[str, Any]) -> str:
    """Say what an examination found, in a sentence."""
    finding = document["finding"]
    if finding["form"] == "undetermined":
        return "The measurements do not say how this file was made: its form is undetermined."
    return (
        f"What was measured fits the form “{finding['form']}”: {FORMS[finding['form']]}. "
        f"Confidence {finding['confidence']:.2f}."
    )


def because(document: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """Return the indicators that the finding rests on, in its order; unknown ids are passed over."""
    by_id = {indicator["id"]: indicator for indicator in document["indicators"]}
    return [by_id[name] for name in document["finding"]["because"] if name in by_id]


def points_to(form: str) -> str:
    """Say what an indicator speaks for."""
    if form == "undetermined":
        return "It speaks for no form by itself."
    return f"It speaks for the form “{form}”."


def label(name: str, value: Any = None) -> str:
    """Turn a field's name into words; the unit stands with the value where that is shown as a length."""
    words = name.removesuffix("_s") if is_length(name, value) else name
    return re.sub(r" s$", " in s", words.replace("_", " "))


def is_length(name: str, value: Any) -> bool:
    """Tell whether a field holds an exact number of seconds, by its name and its form."""
    return name.endswith("_s") and isinstance(value, str) and _RATIONAL.fullmatch(value) is not None


def is_folded(name: str, value: Any) -> bool:
    """Tell whether a value out of a container is folded on the page: the box tree, or above forty leaves."""
    return ("box" in name and not isinstance(value, str)) or _leaves(value) > 40


def are_boxes(value: Any) -> bool:
    """Tell whether a value out of a container is its box tree, to be drawn as one."""
    fields = ("type", "offset_bytes", "size_bytes", "children")
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(box, Mapping) and all(name in box for name in fields) for box in value)
    )


def are_sentences(value: Sequence[Any]) -> bool:
    """Tell whether a list holds texts too long to stand on one line."""
    return any(isinstance(item, str) and len(item) > 40 for item in value)


def _leaves(value: Any) -> int:
    if isinstance(value, Mapping):
        return sum(_leaves(item) for item in value.values())
    if isinstance(value, list):
        return sum(_leaves(item) for item in value)
    return 1
