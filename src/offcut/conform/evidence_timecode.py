"""Timecode tracks of a release and of recordings whose counts meet."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from offcut.container.timecode import timecode_text
from offcut.errors import printable
from offcut.records import Evidence, Measurement, Structure
from offcut.timeline import clock

DEFAULT_HOURS = (0, 1, 10)
"""Counts that programs start with when nobody sets one; two files that start there say nothing."""

_BOUND = (
    "The count rests on one stored number, which anyone can set, and which a program that shortens a file "
    "may leave as it was."
)


@dataclass(frozen=True, slots=True)
class _Count:
    """Frames counted by one track, first to end, half-open."""

    first: int
    end: int
    rate_hz: Fraction
    is_drop_frame: bool
    facts: dict[str, Any]

    def text(self, frame: int) -> str:
        return timecode_text(frame, self.rate_hz, is_drop_frame=self.is_drop_frame)

    @property
    def is_default(self) -> bool:
        return self.text(self.first)[:8] in {f"{h:02d}:00:00" for h in DEFAULT_HOURS}


def meeting_timecode(
    release: Measurement, recordings: Sequence[Measurement], structures: Sequence[Structure]
) -> list[Evidence]:
    """State where the timecode of the release lies within that of a recording.

    Args:
        release: For its name.
        recordings: For their names.
        structures: Of the release, then of every recording.

    Returns:
        A statement a recording whose count meets that of the release, at the same rate and way of
        counting; where none does, one with the release's own count. Two tracks that both start at a
        default value are not compared.
    """
    mine = _count(structures[0])
    if mine is None:
        return []
    found: list[Evidence] = []
    for number, (recording, structure) in enumerate(zip(recordings, structures[1:], strict=True)):
        theirs = _count(structure)
        if theirs is None or (mine.rate_hz, mine.is_drop_frame) != (theirs.rate_hz, theirs.is_drop_frame):
            continue
        low, high = max(mine.first, theirs.first), min(mine.end, theirs.end)
        if low < high and not (mine.is_default and theirs.is_default):
            found.append(_meets(mine, theirs, (low, high), (release, recording, number)))
    return found or [_alone(release, mine)]


def _count(structure: Structure) -> _Count | None:
    tracks = structure.facts.get("timecode") or []
    if not tracks:
        return None
    facts = dict(tracks[0])
    rate_hz, first = Fraction(facts["rate_hz"]), int(facts["start_frame"])
    # More samples than one are more counts than one: only the first frame is then known.
    length_s = Fraction(facts["length_s"] or 0) if facts["samples"] == 1 else Fraction(0)
    end = first + max(1, round(length_s * rate_hz))
    return _Count(first, end, rate_hz, bool(facts["is_drop_frame"]), facts)


def _meets(
    mine: _Count, theirs: _Count, shared: tuple[int, int], of: tuple[Measurement, Measurement, int]
) -> Evidence:
    release, recording, number = of
    low, high = shared
    spans = [
        (Fraction(low - c.first) / c.rate_hz, Fraction(high - c.first) / c.rate_hz) for c in (mine, theirs)
    ]
    name = printable(recording.exhibit.path.name)
    statement = (
        f"The timecode of the release runs from {mine.text(mine.first)} to {mine.text(mine.end - 1)}, "
        f"that of {name} from {theirs.text(theirs.first)} to {theirs.text(theirs.end - 1)}; they share "
        f"{high - low:,} frames: {clock(spans[0][0])} to {clock(spans[0][1])} of the release would be "
        f"{clock(spans[1][0])} to {clock(spans[1][1])} of the recording. {_BOUND}"
    )
    reels = mine.facts["reel"], theirs.facts["reel"]
    if reels[0] and reels[0] == reels[1]:
        statement += f" Both name the reel {reels[0]}."
    return Evidence(
        "timecode",
        statement,
        spans[0][0],
        spans[0][1],
        number,
        spans[1][0],
        spans[1][1],
        f"{_where(release, mine)}; {_where(recording, theirs)}",
        {"release": mine.facts, "recording": theirs.facts, "shared_frames": high - low},
    )


def _alone(release: Measurement, mine: _Count) -> Evidence:
    statement = (
        f"The release has a timecode track that starts at {mine.text(mine.first)}; no timecode track of the "
        f"recordings given was found to meet it. {_BOUND}"
    )
    if mine.is_default:
        statement += " It starts where many programs start when nobody sets a time; it was not compared with "
        statement += "recordings that start there, too."
    measured = {"release": mine.facts}
    return Evidence("timecode", statement, None, None, None, None, None, _where(release, mine), measured)


def _where(of: Measurement, count: _Count) -> str:
    facts = count.facts
    return (
        f"{printable(of.exhibit.path.name)}: track {facts['track']}, tmcd at byte {facts['at_byte']:,}, "
        f"sample at byte {facts['sample_at_byte']:,}"
    )
