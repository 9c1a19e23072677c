"""Compare a file with the layout that was measured on camera originals of the maker it names.

One maker so far. Other cameras are neither confirmed nor doubted: nothing was measured on them.
"""

from collections.abc import Mapping
from typing import Any

from offcut.records import Structure

_BRAND = ("mp41", 0x20131018, ["mp41"])
"""Major brand, minor version and compatible brands of GoPro MAX and HERO5."""

_TRACKS = {"avc1", "hvc1", "mp4a", "tmcd", "gpmd", "fdsc"}
_NAMES_ITSELF = frozenset(("compressor name", "handler name"))


def unchanged_camera_file(structure: Structure) -> dict[str, Any] | None:
    """The properties, if the file names a GoPro camera and all of them are there."""
    found = _compare(structure)
    return found if found and not found["missing_count"] else None


def changed_camera_file(structure: Structure) -> dict[str, Any] | None:
    """The properties, if the file names a GoPro camera and some are missing or different."""
    found = _compare(structure)
    return found if found and found["missing_count"] else None


def _compare(structure: Structure) -> dict[str, Any] | None:
    facts = structure.facts
    if not _names_gopro(facts):
        return None
    properties = [
        {"property": what, "as_measured": bool(holds), "seen": seen, "at_byte": at_byte}
        for what, holds, seen, at_byte in (*_of_file(structure), *_of_tracks(facts))
    ]
    missing = [p["property"] for p in properties if not p["as_measured"]]
    return {
        "camera": _camera(facts),
        "checked": len(properties),
        "missing_count": len(missing),
        "missing": ", ".join(missing),
        "properties": properties,
    }


def _names_gopro(facts: Mapping[str, Any]) -> bool:
    return any(w["text"].startswith("GoPro") for w in facts["writing_applications"]) or any(
        m["text"].startswith("GoPro") for m in facts["camera"]["model"] + facts["camera"]["make"]
    )


def _camera(facts: Mapping[str, Any]) -> str:
    model = next((m["text"] for m in facts["camera"]["model"]), "a GoPro camera, model not stored")
    firmware = next((f["text"] for f in facts["camera"]["firmware"] if f["key"] == "FIRM"), None)
    return f"{model}, firmware {firmware}" if firmware else f"{model}, firmware not stored"


_Property = tuple[str, object, Any, int | None]


def _of_file(structure: Structure) -> list[_Property]:
    facts = structure.facts
    brands = facts["brands"] or {"major": None, "minor": None, "compatible": [], "at_byte": None}
    movie = next((d for d in facts["dates"]["stored"] if d["of"] == "movie"), None)
    firmware = next((f for f in facts["camera"]["firmware"] if f["key"] == "FIRM"), None)
    programs = [w for w in facts["writing_applications"] if w["key"] not in _NAMES_ITSELF]
    text = facts["encoder_text"]
    brand = (brands["major"], brands["minor"], brands["compatible"])
    return [
        ("brand", brand == _BRAND, list(brand), brands["at_byte"]),
        ("order of boxes", facts["top_level"] == ["ftyp", "mdat", "moov"], facts["top_level"], 0),
        (
            "creation date",
            movie and movie["creation_raw"],
            movie and movie["creation"],
            movie and movie["at_byte"],
        ),
        (
            "firmware in its own box",
            firmware,
            firmware and firmware["text"],
            firmware and firmware["at_byte"],
        ),
        (
            "no program named",
            not programs,
            [p["text"] for p in programs],
            programs and programs[0]["at_byte"],
        ),
        ("no encoder settings", not text, text and text["text"], text and text["at_byte"]),
        ("nothing damaged", not structure.damage, list(structure.damage)[:5], None),
    ]


def _of_tracks(facts: Mapping[str, Any]) -> list[_Property]:
    tracks = facts["tracks"]
    codecs = [t["codec"] for t in tracks]
    video = next((t for t in tracks if t["kind"] == "video"), None)
    entry = video["sample_entry"] if video else None
    name = (entry and entry["compressor_name"]) or ""
    handlers = [t["handler_name"] for t in tracks if t["handler_name"]]
    counted = all(h["stored_as"] == "counted" and h["pre_defined"] == "mhlr" for h in handlers)
    telemetry = facts["telemetry"]["tracks"]
    gop = facts["gop"] or {}
    hidden = [h for h in facts["hidden_frames"] if h["kind"] == "video"]
    return [
        (
            "compressor name",
            name.startswith("GoPro") and name.endswith("encoder"),
            name,
            entry and entry["compressor_name_at_byte"],
        ),
        (
            "tracks for telemetry, time code and indexing",
            {"gpmd", "tmcd", "fdsc"} <= set(codecs) <= _TRACKS,
            codecs,
            tracks and tracks[0]["at_byte"],
        ),
        (
            "telemetry samples",
            any(t["samples"] for t in telemetry),
            telemetry,
            telemetry and telemetry[0]["at_byte"],
        ),
        (
            "form of the handler names",
            handlers and counted,
            [h["text"] for h in handlers],
            handlers and handlers[0]["at_byte"],
        ),
        (
            "constant keyframe interval",
            gop.get("is_constant"),
            gop.get("interval_median"),
            gop.get("at_byte"),
        ),
        ("no hidden pictures", not hidden, hidden, hidden and hidden[0]["before_start"]["at_byte"]),
    ]
