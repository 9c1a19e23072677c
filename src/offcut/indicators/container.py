"""Where the facts of a container depart from what an untouched recording shows, and by which rule.

Pure: reads `Structure.facts`, opens nothing. A re-mux or a second encode says nothing about editing,
so most rules point to `undetermined`; they matter because they exclude an original.
"""

import re
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

from offcut.indicators.camera_layout import changed_camera_file, unchanged_camera_file
from offcut.indicators.container_rules import RULES
from offcut.records import Indicator, Structure

__all__ = ["RULES", "read"]

Facts = Mapping[str, Any]
Measured = dict[str, Any]

MIN_HIDDEN_SAMPLES = 3
"""One or two hidden pictures come from rounding and encoder delay; a trim that hides so few is missed."""
MIN_INTERVALS = 6
MAX_BROKEN_SHARE = 0.1
MAX_DATE_SLACK_S = 60
MIN_UNUSED_BYTES = 4096
MIN_UNUSED_SHARE = 0.001

_LAVF = re.compile(r"Lavf\d")
_PROGRAMS = re.compile(
    r"HandBrake|ExifTool|GStreamer|Premiere|After Effects|Media Encoder|amecommand|Final Cut|iMovie|"
    r"DaVinci|Blackmagic|CapCut|InShot|KineMaster|Wondershare|Filmora|\bVEGAS\b|Movavi|Kdenlive|Shotcut|"
    r"\bMLT\b|OpenShot|\bAvid\b|Camtasia|L-SMASH|Mainconcept|\bGPAC\b|Bento4|mkvmerge|mp4box|VirtualDub|"
    r"Avidemux|\bVLC\b|\bOBS\b|^Google$|produced by Google|Vimeo|Telegram|TikTok|Twitter",
    re.IGNORECASE,
)


def read(structure: Structure) -> list[Indicator]:
    """State every rule that holds for a container, in the order of `RULES`.

    Args:
        structure: As `offcut.container.probe` gives it. Formats whose bytes were not examined
            give no indicator: nothing was read, so nothing is said.

    Returns:
        The indicators. `measured` holds the values with the byte offsets they were read from.
    """
    if structure.format != "isobmff":
        return []
    indicators: list[Indicator] = []
    for rule in RULES:
        measured = _READERS[rule.id](structure)
        if measured is not None:
            statement = rule.statement.format_map(measured)
            indicators.append(
                Indicator(rule.id, statement, rule.points_to, rule.strength, (), measured, rule.source)
            )
    return indicators


def _names(facts: Facts, pattern: re.Pattern[str], *, keys: tuple[str, ...] = ()) -> list[Measured]:
    return [
        w
        for w in facts["writing_applications"]
        if pattern.search(w["text"]) and (not keys or w["key"] in keys)
    ]


def _named(found: list[Measured]) -> Measured | None:
    """The different texts, and every place where one stands."""
    if not found:
        return None
    return {"text": "; ".join(dict.fromkeys(w["text"] for w in found)), "found": found}


def _written_by_lavf(structure: Structure) -> Measured | None:
    return _named(_names(structure.facts, _LAVF))


def _arranged_as_by_lavf(structure: Structure) -> Measured | None:
    facts = structure.facts
    brands, order = facts["brands"], facts["top_level"]
    if brands is None or brands["minor"] != 0x200 or _written_by_lavf(structure):
        return None
    spacer = {"isom": "free", "qt  ": "wide"}.get(brands["major"] or "")
    if spacer is None or "mdat" not in order[1:]:
        return None
    # The header of an empty box is kept free, so that the media box can grow a 64-bit size.
    before = facts["boxes"][order.index("mdat") - 1]
    if (before["type"], before["size_bytes"]) != (spacer, 8):
        return None
    return {"spacer": spacer, "spacer_at_byte": before["offset_bytes"], "top_level": order, **brands}


def _encoded_by_lavc(structure: Structure) -> Measured | None:
    return _named(_names(structure.facts, re.compile(r"Lavc"), keys=("compressor name",)))


def _encoded_by_x264(structure: Structure) -> Measured | None:
    found: Measured | None = structure.facts["encoder_text"]
    # The settings are long and stand in the facts; the statement needs the version.
    return {**found, "version": found["text"].split(" - H.26")[0][:60]} if found else None


def _names_a_program(structure: Structure) -> Measured | None:
    return _named(_names(structure.facts, _PROGRAMS))


def _hidden(place: str) -> Callable[[Structure], Measured | None]:
    def reader(structure: Structure) -> Measured | None:
        for track in structure.facts["hidden_frames"]:
            if track["kind"] == "video" and track[place]["samples"] >= MIN_HIDDEN_SAMPLES:
                about_s = f"{float(Fraction(track[place]['duration_s'])):.3f}"
                return {"track": track["track"], "about_s": about_s, **track[place]}
        return None

    return reader


def _keyframes(structure: Structure) -> Measured | None:
    """Keyframe distances that are not all equal, and whether only a few differ."""
    gop = structure.facts["gop"]
    if not gop or gop.get("is_constant", True):
        return None
    intervals = gop["count"] - 1
    if intervals < MIN_INTERVALS:
        return None
    few = gop["intervals_unlike_median"] <= max(1, MAX_BROKEN_SHARE * intervals)
    return {**gop, "intervals": intervals, "broken": gop["intervals_unlike_median"], "is_few": few}


def _keyframe_interval_broken(structure: Structure) -> Measured | None:
    found = _keyframes(structure)
    # Encoder programs break their own rhythm at scene changes; a break means something in a rhythm
    # that a device set.
    by_program = _encoded_by_x264(structure) or _encoded_by_lavc(structure)
    return found if found and found["is_few"] and not by_program else None


def _keyframes_irregular(structure: Structure) -> Measured | None:
    found = _keyframes(structure)
    return found if found and not found["is_few"] else None


def _creation_date_unset(structure: Structure) -> Measured | None:
    movie = _movie_dates(structure.facts)
    return movie if movie and movie["creation_raw"] == 0 else None


def _movie_dates(facts: Facts) -> Measured | None:
    return next((d for d in facts["dates"]["stored"] if d["of"] == "movie"), None)


def _dates_differ(structure: Structure) -> Measured | None:
    movie = _movie_dates(structure.facts)
    if movie is None or movie["creation"] is None:
        return None
    slack_s = MAX_DATE_SLACK_S + Fraction(structure.facts["duration_from_header_s"] or 0)
    for date in structure.facts["dates"]["stored"]:
        if date["of"] == "movie" or date["creation"] is None:
            continue
        difference_s = abs(date["creation_raw"] - movie["creation_raw"])
        if difference_s > slack_s:
            return {
                "movie": movie["creation"],
                "track": date["track"],
                "track_date": date["creation"],
                "difference_s": difference_s,
                "at_bytes": [movie["at_byte"], date["at_byte"]],
            }
    return None


def _handlers_named_as_by_lavf(structure: Structure) -> Measured | None:
    # Once the program names itself, its defaults say nothing more; so too for the clock below.
    if _written_by_lavf(structure):
        return None
    found = _names(structure.facts, re.compile(r"^(Video|Sound)Handler$"), keys=("handler name",))
    return _named(found)


def _timescale_of_lavf(structure: Structure) -> Measured | None:
    facts = structure.facts
    if _written_by_lavf(structure) or facts["timescale"] != 1000:
        return None
    return {"timescale": facts["timescale"], "at_byte": facts["movie_header_at_byte"]}


def _bytes_after_the_last_box(structure: Structure) -> Measured | None:
    found: Measured | None = structure.facts["trailing"]
    return dict(found) if found else None


def _media_without_samples(structure: Structure) -> Measured | None:
    found = structure.facts["unreferenced"]
    if not found or found["size_bytes"] < max(MIN_UNUSED_BYTES, MIN_UNUSED_SHARE * found["of_bytes"]):
        return None
    return {**found, "share": f"{found['size_bytes'] / found['of_bytes']:.1%}"}


_READERS: dict[str, Callable[[Structure], Measured | None]] = {
    "container.camera_original_layout": unchanged_camera_file,
    "container.not_as_the_camera_wrote_it": changed_camera_file,
    "container.written_by_lavf": _written_by_lavf,
    "container.arranged_as_by_lavf": _arranged_as_by_lavf,
    "container.encoded_by_lavc": _encoded_by_lavc,
    "container.encoded_by_x264": _encoded_by_x264,
    "container.names_a_program": _names_a_program,
    "container.hidden_media_before_start": _hidden("before_start"),
    "container.hidden_media_after_end": _hidden("after_end"),
    "container.edit_list_skips_media": _hidden("between"),
    "container.keyframe_interval_broken": _keyframe_interval_broken,
    "container.keyframes_irregular": _keyframes_irregular,
    "container.creation_date_unset": _creation_date_unset,
    "container.dates_differ": _dates_differ,
    "container.handlers_named_as_by_lavf": _handlers_named_as_by_lavf,
    "container.timescale_of_lavf": _timescale_of_lavf,
    "container.bytes_after_the_last_box": _bytes_after_the_last_box,
    "container.media_without_samples": _media_without_samples,
}
