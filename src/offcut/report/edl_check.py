"""Whether a CMX 3600 list says what it was meant to say: read back by OpenTimelineIO's own adapter.

That reader is not ours, so it shows what another program may make of the list. What it is known to
misread is told apart from what it reads otherwise than meant.
"""

import re
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any

import opentimelineio as otio

from offcut.report.edl import Event

ADAPTER = "otio-cmx3600-adapter"

_RATES_HZ = (24, 25, 30, 48, 50, 60)
"""Whole rates for which the library has timecode."""


def differences(text: str, meant: Sequence[Event], *, base: int) -> tuple[list[str], list[str]]:
    """Read a list back and compare it event by event.

    Args:
        text: The list.
        meant: Its events.
        base: Frames a second of its timecode.

    Returns:
        What was read otherwise than meant, a line each, with the number of the event; and what could not
        be compared, and why.
    """
    if base not in _RATES_HZ:
        return [], [f"not read back: the reader has no timecode of {base} frames a second"]
    if not meant:
        return [], ["not read back: the list has no event"]
    untold = []
    if meant[0].transition:
        text = _without_first_transition(text)
        untold.append("the reader refuses a transition at the start; event 1 was read back as a cut")
    try:
        timeline = otio.adapters.read_from_string(text, "cmx_3600", rate=base)
        rows = list(_rows(timeline.tracks[0]))
    except Exception as error:  # Whatever another's reader raises is the answer.
        words = " ".join(str(error).split())[:300]
        return [f"the reader stopped: {type(error).__name__}: {words}"], untold
    same_length = 0
    wrong = [] if len(rows) == len(meant) else [f"{len(meant)} events written, {len(rows)} read"]
    for number, (row, event) in enumerate(zip(rows, meant, strict=False), start=1):
        want = _wanted(event, base, is_first=number == 1)
        if _is_unread_speed(event, base):
            # The reader looks at a speed only where source and record differ in length.
            same_length += 1
            want["speed"] = Fraction(1)
        wrong += [
            f"event {number}: {name} is read as {row[name]}, written was {want[name]}"
            for name in want
            if row[name] != want[name]
        ]
    if same_length:
        untold.append(
            f"speeds of {same_length} events: the reader takes no notice of a speed where source and record "
            "are equally long"
        )
    return wrong, untold


def _is_unread_speed(event: Event, base: int) -> bool:
    source, record = (out - in_ for in_, out in (event.source, event.record))
    return source == record and event.speed_tenths != 10 * base


def _wanted(event: Event, base: int, *, is_first: bool) -> dict[str, Any]:
    transition = 0 if is_first else event.transition
    return {
        "reel": event.reel,
        "source in": event.source[0],
        "record in": event.record[0],
        "record out": event.record[1],
        "transition": f"{'wipe' if event.is_wipe else 'dissolve'} of {transition}" if transition else "none",
        "speed": Fraction(event.speed_tenths, 10 * base),
    }


def _rows(track: Any) -> Iterator[dict[str, Any]]:
    """What the reader found, clip by clip, in frames."""
    at, transition = 0, "none"
    for item in track:
        if isinstance(item, otio.schema.Transition):
            kind = "wipe" if "Wipe" in item.transition_type else "dissolve"
            transition = f"{kind} of {int(item.out_offset.value)}"
            continue
        length = int(item.source_range.duration.value)
        if isinstance(item, otio.schema.Clip):
            yield {
                "reel": item.metadata.get("cmx_3600", {}).get("reel"),
                "source in": int(item.source_range.start_time.value),
                "record in": at,
                "record out": at + length,
                "transition": transition,
                "speed": _speed(item),
            }
            transition = "none"
        at += length


def _speed(clip: Any) -> Fraction:
    for effect in clip.effects:
        if isinstance(effect, otio.schema.FreezeFrame):
            return Fraction(0)
        if isinstance(effect, otio.schema.LinearTimeWarp):
            return Fraction(effect.time_scalar).limit_denominator(1000)
    return Fraction(1)


def _without_first_transition(text: str) -> str:
    """The same list with its first event coming in by a cut: out goes the line of what came before."""
    text = re.sub(r"(?m)^001 .*\n(?=001 )", "", text, count=1)
    return re.sub(r"(?m)^(001 +\S+ +V +)(?:D|W\d{3}) +\d{3,}", r"\1C", text, count=1)
