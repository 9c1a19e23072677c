"""What the XMP of a release names: ingredients, the document it was derived from, programs and projects."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from offcut.errors import printable
from offcut.records import Evidence, Measurement, Structure
from offcut.timeline import clock

MOST_INGREDIENTS = 200

_ANYONE = "XMP is text that any program can write and anyone can change."
_IDS = ("document_id", "instance_id", "original_document_id")


@dataclass(frozen=True, slots=True)
class _Known:
    """By what a recording can be named.

    Attributes:
        number: Its index.
        name: Of the file.
        ids: Identifiers in its own XMP.
    """

    number: int
    name: str
    ids: frozenset[str]


def named_in_xmp(
    release: Measurement, recordings: Sequence[Measurement], structures: Sequence[Structure]
) -> list[Evidence]:
    """State what the XMP of the release names, and which recordings have these names or identifiers.

    Args:
        release: For its name.
        recordings: For their names.
        structures: Of the release, then of every recording.

    Returns:
        A statement an ingredient and recording that it fits (or that it fits none), then what is said of
        programs, projects, history and origin; one for a packet that could not be read.
    """
    known = [
        _Known(number, printable(r.exhibit.path.name), _ids(structure))
        for number, (r, structure) in enumerate(zip(recordings, structures[1:], strict=True))
    ]
    found: list[Evidence] = []
    for packet in structures[0].facts.get("xmp") or []:
        place = (
            f"{printable(release.exhibit.path.name)}: XMP in {packet['found_in']}, at byte "
            f"{packet['at_byte']:,}, {packet['size_bytes']:,} bytes"
        )
        if packet["problem"]:
            statement = f"The release holds XMP that was not read: {packet['problem']}."
            found.append(Evidence("xmp_history", statement, None, None, None, None, None, place))
            continue
        for ingredient in packet["ingredients"][:MOST_INGREDIENTS]:
            found += _ingredient(ingredient, packet["pantry"], known, place)
        found += _origin(packet, known, place)
        found += _history(packet, place)
    return found


def _ids(structure: Structure) -> frozenset[str]:
    packets = [p for p in structure.facts.get("xmp") or [] if not p["problem"]]
    return frozenset(p[key] for p in packets for key in _IDS if p[key])


def _ingredient(
    entry: Mapping[str, Any], pantry: Sequence[Mapping[str, Any]], known: Sequence[_Known], place: str
) -> Iterator[Evidence]:
    name = file_name(str(entry.get("filePath", "")))
    ids = {str(entry[k]) for k in ("documentID", "instanceID", "originalDocumentID") if entry.get(k)}
    for other in pantry:
        if entry.get("instanceID") and other.get("InstanceID") == entry["instanceID"]:
            ids |= {str(other[k]) for k in ("DocumentID", "OriginalDocumentID") if other.get(k)}
    called = f"with the file name {name}" if name else "without a file name"
    spans, parts = _parts(entry)
    measured = {"ingredient": dict(entry)}
    fits = [k for k in known if (name and name.casefold() == k.name.casefold()) or ids & k.ids]
    for one in fits:
        reasons = ["this name"] if name and name.casefold() == one.name.casefold() else []
        reasons += [f"the identifier {i} in its XMP" for i in sorted(ids & one.ids)[:1]]
        statement = (
            f"The release's XMP names an ingredient {called}; {one.name}, a recording given, has "
            f"{' and '.join(reasons)}.{parts} {_ANYONE}"
        )
        shown = (spans[0], spans[1])
        yield Evidence("xmp_ingredient", statement, *shown, one.number, spans[2], spans[3], place, measured)
    if not fits:
        statement = (
            f"The release's XMP names an ingredient {called}; no recording given has this name or an "
            f"identifier of it.{parts} {_ANYONE}"
        )
        # Without a recording the part of the ingredient belongs to no file that is here.
        yield Evidence("xmp_ingredient", statement, spans[0], spans[1], None, None, None, place, measured)


def _parts(entry: Mapping[str, Any]) -> tuple[tuple[Fraction | None, ...], str]:
    """Where in the release which part is said to stand, as times and in words."""
    to_s, from_s = entry.get("toPart_s"), entry.get("fromPart_s")
    times = [Fraction(t) for t in (*(to_s or ()), *(from_s or ()))]
    if len(times) < 4:
        return (None, None, None, None), ""
    shown, raw = (f"{clock(a)} to {clock(b)}" for a, b in (times[:2], times[2:]))
    return tuple(times), f" It says that {raw} of the ingredient stands at {shown} of the document."


def _origin(packet: Mapping[str, Any], known: Sequence[_Known], place: str) -> Iterator[Evidence]:
    named = {
        "the release itself": {packet["document_id"], packet["instance_id"]},
        "its original document": {packet["original_document_id"]} - {packet["document_id"]},
        "the document it was derived from": set((packet["derived_from"] or {}).values()),
        "an event of its history": {event.get("instanceID") for event in packet["history"]},
    }
    for one in known:
        for what, ids in named.items():
            shared = sorted(str(i) for i in ids if i in one.ids)
            if shared:
                statement = (
                    f"The release's XMP gives {what} the identifier {shared[0]}, which stands in the XMP of "
                    f"{one.name}, too. {_ANYONE}"
                )
                measured = {"identifiers": shared[:20]}
                yield Evidence("xmp_history", statement, None, None, one.number, None, None, place, measured)


def _history(packet: Mapping[str, Any], place: str) -> Iterator[Evidence]:
    history, projects = packet["history"], [file_name(p) for p in packet["projects"]]
    agents = list(dict.fromkeys(e["softwareAgent"] for e in history if e.get("softwareAgent")))
    when = sorted(e["when"] for e in history if e.get("when"))
    said = [f"the program {packet['creator_tool']}"] if packet["creator_tool"] else []
    said += [f"the project {', '.join(projects[:5])}"] if projects else []
    if history:
        dated = f" dated {when[0]} to {when[-1]}" if when else ""
        by = f" by {', '.join(agents[:5])}" if agents else ""
        said.append(f"a history of {len(history):,} events{dated}{by}")
    if said:
        statement = f"The release's XMP names {'; '.join(said)}. {_ANYONE}"
        measured = {
            key: packet[key] for key in (*_IDS, "creator_tool", "projects", "derived_from", "history")
        }
        yield Evidence("xmp_history", statement, None, None, None, None, None, place, measured)


def file_name(path: str) -> str:
    """The last part of a path of any system; a URL of a file counts as one."""
    return re.split(r"[/\\]", path.rstrip("/\\"))[-1]
