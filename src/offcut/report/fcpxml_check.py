"""Whether an FCPXML file says what it was meant to say: read back by OpenTimelineIO's own adapter.

That reader counts whole frames of a rate that it rounds down (29 for 30000/1001) and lets floats fall short
of a frame, so it is asked for positions within a frame; what it does not read at all is said.
"""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import opentimelineio as otio

from offcut.report.fcpxml import Placed, address

ADAPTER = "otio-fcpx-xml-adapter"

_OFF_SPINE, _OFF_LANE = 1, 2
"""Frames: a connected clip's place is a sum of two times that the reader cuts off."""


def differences(
    text: str, meant: Sequence[Placed], document: Mapping[str, Any], *, rate_hz: Fraction
) -> tuple[list[str], list[str]]:
    """Read a file back and compare it clip by clip.

    Args:
        text: The file.
        meant: Its clips.
        document: That it was written from.
        rate_hz: Frames a second of the release.

    Returns:
        What was read otherwise than meant, a line each; and what the reader does not read at all.
    """
    try:
        timeline = otio.adapters.read_from_string(text, "fcpx_xml")
        found = {int(track.name): list(_clips(track)) for track in timeline.tracks}
    except Exception as error:  # Whatever another's reader raises is the answer.
        words = " ".join(str(error).split())[:300]
        return [f"the reader stopped: {type(error).__name__}: {words}"], []
    wanted: dict[int, list[Placed]] = defaultdict(list)
    for clip in meant:
        wanted[clip.lane].append(clip)
    wrong = []
    for lane in sorted({*found, *wanted}):
        clips = sorted(wanted[lane], key=lambda clip: clip.record)
        rows = found.get(lane, [])
        if len(rows) != len(clips):
            wrong.append(f"lane {lane}: {len(clips)} clips written, {len(rows)} read")
        for number, (row, clip) in enumerate(zip(rows, clips, strict=False), start=1):
            wrong += [f"lane {lane}, clip {number}: {line}" for line in _off(row, clip, document, rate_hz)]
    return wrong, list(_untold(text, meant, rate_hz))


def _clips(track: Any) -> "list[tuple[int, Any]]":
    """The clips of a track, each with the frame at which it begins."""
    at, rows = 0, []
    for item in track:
        if isinstance(item, otio.schema.Clip):
            rows.append((at, item))
        at += int(item.source_range.duration.value)
    return rows


def _off(row: tuple[int, Any], clip: Placed, document: Mapping[str, Any], rate_hz: Fraction) -> list[str]:
    at, item = row
    counted_hz = math.floor(rate_hz)
    length_s = (clip.record[1] - clip.record[0]) / rate_hz
    most = _OFF_LANE if clip.lane else _OFF_SPINE
    pairs = {
        "start in the release": (at, clip.record[0]),
        "length": (int(item.source_range.duration.value), math.floor(length_s * counted_hz)),
        "start in the recording": (
            int(item.source_range.start_time.value),
            math.floor(clip.start_s * counted_hz),
        ),
    }
    lines = [f"{n} is read as {a}, written was {b}" for n, (a, b) in pairs.items() if abs(a - b) > most]
    want = address(document["recordings"][clip.recording]["path"])
    if item.media_reference.target_url != want:
        lines.append(f"the file is read as {item.media_reference.target_url}, written was {want}")
    return lines


def _untold(text: str, meant: Sequence[Placed], rate_hz: Fraction) -> "list[str]":
    retimed = sum(clip.map_s is not None for clip in meant)
    transitions = text.count("<transition ")
    lines = []
    if retimed:
        lines.append(f"speeds of {retimed} clips: the reader passes over time maps")
    if transitions:
        lines.append(f"{transitions} transitions: the reader passes over them")
    if rate_hz.denominator != 1:
        lines.append(f"exact lengths: the reader counts {math.floor(rate_hz)} frames a second")
    return lines
