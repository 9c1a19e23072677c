"""Which segments of a result are seen at the same time, and where in the picture: split screens and insets.

Segments that share time only while one opens into the other (a dissolve, a wipe) are not meant.
"""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from offcut.report.words import counted, is_whole
from offcut.timeline import Span

__all__ = ["further", "pairs", "part", "places", "together"]

_NEARLY_ALL = 0.9
_MIDDLE = 0.08
"""A box whose middle lies within this share of the picture's middle is on neither side."""


def pairs(document: Mapping[str, Any]) -> list[tuple[int, int, Span]]:
    """Segments that are seen at the same time, by index, with the span of the release in which they are.

    Returns:
        Of each pair the larger picture first; of two of one size, the one listed first.
    """
    segments = document["segments"]
    found = []
    running: list[int] = []
    for other in sorted(range(len(segments)), key=lambda at: Fraction(segments[at]["start_s"])):
        start_s = Fraction(segments[other]["start_s"])
        running = [one for one in running if Fraction(segments[one]["end_s"]) > start_s]
        for one in running:
            span = _shared(segments[one], segments[other])
            if span is not None:
                first, second = sorted((one, other), key=lambda at: (-_area(segments[at]["placed"]), at))
                found.append((first, second, span))
        running.append(other)
    return found


def further(document: Mapping[str, Any]) -> list[int]:
    """Segments, by index and in order, beside or around which a larger picture is seen."""
    return sorted({smaller for _, smaller, _ in pairs(document)})


def places(document: Mapping[str, Any]) -> dict[int, list[tuple[str, int, str, Span]]]:
    """Say of each segment what is seen at the same time.

    Returns:
        By segment, for each other one: words before its number, its index, words after it, and when;
        nothing for segments that are seen alone.
    """
    said: dict[int, list[tuple[str, int, str, Span]]] = {}
    for larger, smaller, span in pairs(document):
        place = part(document["segments"][smaller]["placed"])
        lies = f", {place} of the picture" if place else ""
        said.setdefault(smaller, []).append(("seen at the same time as", larger, lies, span))
        said.setdefault(larger, []).append(("", smaller, f" is seen at the same time{lies}", span))
    return said


def part(box: Mapping[str, float] | None) -> str:
    """Name a part of the picture in words, `in the top right part`; empty for all of it or none measured."""
    if box is None or is_whole(box):
        return ""
    across = _side(box["x"], box["width"], ("left", "right"))
    down = _side(box["y"], box["height"], ("top", "bottom"))
    if across is None and down is None:
        return ""
    words = [word for word in (down, across) if word]
    return f"in the {' '.join(words) or 'middle'} part"


def together(document: Mapping[str, Any]) -> str:
    """Say in one sentence how many pictures are seen beside others; empty where there are none."""
    count = len(further(document))
    if not count:
        return ""
    share = "shares its" if count == 1 else "share their"
    return (
        f"{counted(count, 'segment')} {share} time with another, apart from transitions: both pictures are "
        "seen at once."
    )


def _shared(one: Mapping[str, Any], other: Mapping[str, Any]) -> Span | None:
    start_s = max(Fraction(one["start_s"]), Fraction(other["start_s"]))
    end_s = min(Fraction(one["end_s"]), Fraction(other["end_s"]))
    for opening in (one["opening"], other["opening"]):
        if Fraction(opening["start_s"]) <= start_s < Fraction(opening["end_s"]):
            start_s = Fraction(opening["end_s"])
    return Span(start_s, end_s) if start_s < end_s else None


def _area(box: Mapping[str, float] | None) -> float:
    return 1.0 if box is None else box["width"] * box["height"]


def _side(start: float, length: float, names: tuple[str, str]) -> str | None:
    """The side that a stretch lies on; None for nearly all of it, empty for the middle."""
    if length >= _NEARLY_ALL:
        return None
    off = start + length / 2 - 0.5
    return "" if abs(off) <= _MIDDLE else names[off > 0]
