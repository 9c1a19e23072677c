"""The edit of a release as a CMX 3600 list: a lossy view that every editing program can read.

The list counts frames, has one track and names sources with eight characters. What it cannot hold is
said in comment lines below its first event: readers, that of OpenTimelineIO among them, refuse comments
before it. The result document and the OpenTimelineIO file have it all. File names are hostile: whatever
could begin a line of its own is written as an escape.

OpenTimelineIO's adapter for this format reads our list back (`edl_check`) but does not write it: its
writer divides the length of a source by the speed instead of multiplying, and has no wipes.
"""

import itertools
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path, PurePath
from typing import Any

from offcut.report import plain
from offcut.report.files import write_whole
from offcut.report.otio import Stretch, lay_out
from offcut.report.timecode import Grid
from offcut.timeline import exact

_BLACK = "BL"
_MOST_EVENTS = 999
_MOST_FRAMES_HZ = 99
_ABOUT = "ABOUT THIS LIST"
_LOST = (
    "A LOSSY VIEW: THE RESULT DOCUMENT AND ITS OTIO FILE KEEP TIMES AS MEASURED, THIS LIST ROUNDS.",
    "NOT IN THIS LIST: CROP, PLACEMENT, OVERLAYS, CONFIDENCE, SOUND, WHAT WAS LEFT OUT.",
    "ONLY AS COMMENTS: MIRRORING, AMBIGUITY, EXACT SPEEDS, SEGMENTS SET INTO OR BESIDE ANOTHER.",
    "BL: NO SOURCE WAS FOUND AMONG THE RECORDINGS; IT DOES NOT SAY THAT THE RELEASE IS BLACK THERE.",
    "SOURCE TIMECODE COUNTS FROM THE RECORDING'S TIME 0; IT IS NOT THE CAMERA'S TIMECODE.",
    "M2 SPEEDS ARE ROUNDED TO A TENTH OF A FRAME PER SECOND. A FREEZE FRAME TAKES ONE SOURCE FRAME.",
    "PLAYED BACKWARDS: SOURCE IN IS THE LOWER TIME, THE M2 LINE HAS THE TIME PLAYED FIRST.",
    "CHARACTERS OF FILE NAMES THAT DO NOT PRINT ARE WRITTEN AS ESCAPES.",
    "A WIPE IS WRITTEN W001 WHATEVER ITS SHAPE; A FADE IS WRITTEN AS A DISSOLVE.",
    "REEL NAMES ARE CUT TO 8 CHARACTERS; THEY END IN THE RECORDING'S NUMBER:",
)


@dataclass(frozen=True, slots=True)
class Event:
    """One event as it is meant, in frames of the list; `edl_check` compares what a reader makes of it.

    Attributes:
        reel: Eight characters, or `BL`.
        source: In and out.
        record: In and out.
        transition: Frames it takes to come in; 0 for a cut.
        is_wipe: The transition is a wipe.
        speed_tenths: Tenths of a frame per second that pass in the source; ten times the base is speed 1.
    """

    reel: str
    source: tuple[int, int]
    record: tuple[int, int]
    transition: int
    is_wipe: bool
    speed_tenths: int


def edit_list(document: Mapping[str, Any], *, rate_hz: Fraction) -> str:
    """Write a conform document's lowest track as CMX 3600, its losses named below the first event.

    Args:
        document: Of schema `offcut.conform/1`.
        rate_hz: Frames a second of the list, best the release's; timecode has the nearest whole rate.
            Record times are rounded to its frames; source times are those of the rounded record
            times, rounded in turn, so that source and record part by half a frame at most (but no
            source time is written before 0).

    Raises:
        ValueError: The rate has no two-digit timecode, or see `lay_out` of `otio`.
    """
    return planned(document, rate_hz=rate_hz)[0]


def planned(document: Mapping[str, Any], *, rate_hz: Fraction) -> tuple[str, list[Event]]:
    """Return `edit_list` and the events that it is meant to hold."""
    grid = Grid.of(rate_hz)
    if rate_hz <= 0 or not 1 <= grid.base <= _MOST_FRAMES_HZ:
        raise ValueError(f"{rate_hz} frames a second have no timecode of two digits")
    track, *above = lay_out(document)
    reels = _reels(document["recordings"])
    names = [_name(recording["path"]) for recording in document["recordings"]]
    first, rest, meant, notes = _events(track, grid, reels, names)
    about = [
        _ABOUT,
        *_LOST,
        *(f"REEL {reel}: {name}" for reel, name in zip(reels, names, strict=True)),
        *(_counted(track, grid)),
        *notes,
        *(_off_track(s, reels) for other in above for s in other if s.segment),
    ]
    head = [f"TITLE: {_name(document['release']['path'])}", "FCM: NON-DROP FRAME", ""]
    return "\n".join([*head, *first, *(f"* OFFCUT: {line}" for line in about), *rest]) + "\n", meant


def write(document: Mapping[str, Any], path: Path, *, rate_hz: Fraction) -> None:
    """Write `edit_list` to `path`, whole or not at all.

    Raises:
        ValueError: See `edit_list`.
        OSError: The place cannot be written; what stood there before stands there still.
    """
    write_whole(path, edit_list(document, rate_hz=rate_hz))


def _name(path: str) -> str:
    return plain.one_line(PurePath(path).name).strip() or "unnamed"


def _reels(recordings: Sequence[Mapping[str, Any]]) -> list[str]:
    """Eight characters a recording; the number at the end keeps like names apart."""
    digits = max(3, len(str(len(recordings) - 1)))
    reels = []
    for number, recording in enumerate(recordings):
        letters = re.sub(r"[^A-Z0-9]", "", PurePath(recording["path"]).stem.upper())
        reels.append(f"{letters[: 8 - digits] or 'R'}{number:0{digits}d}")
    return reels


def _counted(track: Sequence[Stretch], grid: Grid) -> Iterator[str]:
    """What the rounding and the marks of this list amount to."""
    yield f"FRAMES ARE COUNTED AT {exact(grid.rate_hz)} PER SECOND, WRITTEN NON-DROP AT BASE {grid.base}."
    starts_s = [s.start_s for s in track]
    off = sum((time_s * grid.rate_hz).denominator != 1 for time_s in starts_s)
    yield f"{off} OF {len(track)} RECORD IN TIMES LAY BETWEEN FRAMES AND ARE ROUNDED."
    found = [s for s in track if s.segment and s.recording is not None]
    raw = sum(
        (Fraction(s.segment["raw_start_s"]) * grid.rate_hz).denominator != 1 for s in found if s.segment
    )
    yield f"{raw} OF {len(found)} SOURCE IN TIMES LAY BETWEEN FRAMES AND ARE ROUNDED."


def _off_track(stretch: Stretch, reels: Sequence[str]) -> str:
    segment = stretch.segment or {}
    span = f"SEGMENT {stretch.number}, RELEASE {exact(stretch.start_s)} TO {exact(stretch.end_s)} S"
    if stretch.recording is None:
        return f"NOT IN THIS LIST: {span}, NO SOURCE"
    raw = f"{Fraction(segment['raw_start_s'])} TO {Fraction(segment['raw_end_s'])} S"
    return f"NOT IN THIS LIST: {span}, REEL {reels[stretch.recording]} {raw}"


def _events(
    track: Sequence[Stretch], grid: Grid, reels: Sequence[str], names: Sequence[str]
) -> tuple[list[str], list[str], list[Event], list[str]]:
    """The lines of the first event, of the others, what they mean, and what must be said of them."""
    lines: list[list[str]] = []
    notes: list[str] = []
    meant: list[Event] = []
    before: Stretch | None = None
    for stretch, after in itertools.zip_longest(track, track[1:]):
        end_s = after.start_s if after else stretch.end_s
        span = grid.frame(stretch.start_s), grid.frame(end_s)
        if span[0] == span[1]:
            notes.append(f"NOT IN THIS LIST: {_what(stretch)}, SHORTER THAN A FRAME")
        else:
            meant.append(_meant(stretch, span, grid, reels))
            lines.append(list(_event(len(meant), (before, stretch), span, grid, (reels, names))))
        before = stretch
    if len(meant) > _MOST_EVENTS:
        notes.append(f"{len(meant)} EVENTS; CMX 3600 HAS {_MOST_EVENTS}, SOME PROGRAMS STOP THERE.")
    first, rest = (lines or [[]])[0], lines[1:]
    return first, list(itertools.chain(*rest)), meant, notes


def _meant(stretch: Stretch, span: tuple[int, int], grid: Grid, reels: Sequence[str]) -> Event:
    transition = max(0, grid.frame(stretch.start_s + stretch.transition_s) - span[0])
    tenths = grid.base * 10 if stretch.recording is None else _tenths(stretch, grid)
    return Event(
        _reel(stretch, reels), _source(stretch, span, grid)[1], span, transition, _is_wipe(stretch), tenths
    )


def _is_wipe(stretch: Stretch) -> bool:
    return stretch.segment is not None and stretch.segment["opening"]["kind"] == "wipe"


def _tenths(stretch: Stretch, grid: Grid) -> int:
    tenths = math.floor(abs(stretch.speed) * grid.base * 10 + Fraction(1, 2))
    return -tenths if stretch.speed < 0 else tenths


def _what(stretch: Stretch) -> str:
    if stretch.segment:
        return f"SEGMENT {stretch.number}"
    return f"{exact(stretch.start_s)} TO {exact(stretch.end_s)} S"


def _event(
    number: int,
    pair: tuple[Stretch | None, Stretch],
    span: tuple[int, int],
    grid: Grid,
    sources: tuple[Sequence[str], Sequence[str]],
) -> Iterator[str]:
    """One event: a line, or two for a transition, with speeds and comments below."""
    before, stretch = pair
    reels, names = sources
    frames = grid.frame(stretch.start_s + stretch.transition_s) - span[0]
    first_in, source = _source(stretch, span, grid)
    if frames > 0:
        at = _source(before, (span[0], span[0]), grid)[1][0] if before else 0
        yield _line(number, _reel(before, reels), "C", (at, at, span[0], span[0]), grid)
        kind = "W001" if _is_wipe(stretch) else "D"
        yield _line(number, _reel(stretch, reels), f"{kind:<4} {frames:03d}", (*source, *span), grid)
        if before:
            yield from _speed(before, at, reels, grid)
    else:
        yield _line(number, _reel(stretch, reels), "C", (*source, *span), grid)
    yield from _speed(stretch, first_in, reels, grid)
    if stretch.recording is not None and stretch.speed == 0:
        yield "* FREEZE FRAME"
    if frames > 0 and before and before.recording is not None:
        yield f"* FROM CLIP NAME: {names[before.recording]}"
    if stretch.recording is not None:
        yield f"* {'TO' if frames > 0 else 'FROM'} CLIP NAME: {names[stretch.recording]}"
    yield from _remarks(stretch)


def _source(stretch: Stretch, span: tuple[int, int], grid: Grid) -> tuple[int, tuple[int, int]]:
    """The frame shown first, and the source's in and out, for record frames `span`."""
    if stretch.recording is None:
        return 0, (0, span[1] - span[0])
    # A record time rounded down may lie just before the recording's first frame.
    first, last = (max(0, grid.frame(stretch.raw_s(frame / grid.rate_hz))) for frame in span)
    if span[0] == span[1]:
        return first, (first, first)
    lower = min(first, last)
    return first, (lower, max(first, last, lower + 1))


def _reel(stretch: Stretch | None, reels: Sequence[str]) -> str:
    return _BLACK if stretch is None or stretch.recording is None else reels[stretch.recording]


def _line(number: int, reel: str, edit: str, frames: tuple[int, int, int, int], grid: Grid) -> str:
    times = " ".join(grid.timecode(frame) for frame in frames)
    return f"{number:03d}  {reel:<8} V     {edit:<8} {times}"


def _speed(stretch: Stretch, at: int, reels: Sequence[str], grid: Grid) -> Iterator[str]:
    if stretch.recording is None or stretch.speed == 1:
        return
    tenths = abs(_tenths(stretch, grid))
    sign = "-" if stretch.speed < 0 else ""
    speed = f"{sign}{tenths // 10:03d}.{tenths % 10}"
    yield f"M2   {reels[stretch.recording]:<8} {speed:<22} {grid.timecode(at)}"


def _remarks(stretch: Stretch) -> Iterator[str]:
    """What a person who reads the event must know."""
    segment = stretch.segment
    if segment is None:
        yield "* OFFCUT: THE RESULT DOCUMENT DESCRIBES NO SEGMENT HERE"
    elif stretch.recording is None:
        yield f"* OFFCUT: SEGMENT {stretch.number}: NO SOURCE FOUND AMONG THE RECORDINGS"
    else:
        marks = []
        if stretch.speed != 1:
            marks.append(f"SPEED {exact(stretch.speed)}")
        if segment.get("mirrored"):
            marks.append("MIRRORED")
        if segment.get("time_is") == "ambiguous":
            marks.append(f"TIME AMBIGUOUS, {len(segment.get('alternatives') or ())} ALTERNATIVES")
        yield f"* OFFCUT: SEGMENT {stretch.number}{': ' if marks else ''}{'; '.join(marks)}"
