"""Overlays brought to the segments they lie over, and those left out that the segment does not bear out."""

from collections.abc import Sequence
from dataclasses import replace

from offcut.conform.canvas import Canvas
from offcut.conform.lines import Fitter
from offcut.conform.overlays import overlays_of
from offcut.conform.path import Piece
from offcut.conform.segments import LEAST_AGREEING, Placed
from offcut.conform.transitions import Transition
from offcut.records import Box, Overlay, Segment

SAME_BOX = 0.5
"""Overlap from which an overlay lies in the same place in two segments, or is another picture set in."""

SET_IN = 0.6
"""Share of an overlay that lies in another picture shown at the same time, from which it is that picture."""


def with_overlays(
    canvas: Canvas,
    pieces: Sequence[Piece],
    fitters: Sequence[Fitter],
    transitions: Sequence[Transition],
    placed: Sequence[Placed],
) -> list[Placed]:
    """Fill in what lies over each segment; `placed` came from these pieces and transitions.

    Where a segment's moment is ambiguous, what differs may as well be what moved: then a logo or a text
    is named only if it lies in the same place over a segment whose moment is exact.
    """
    found: dict[int, list[Overlay]] = {}
    for k, piece in enumerate(pieces):
        if piece.line is None or fitters[piece.line.plane].plane.agreeing_share < LEAST_AGREEING:
            continue
        first = transitions[k - 1].last if k else piece.first
        last = transitions[k].first if k + 1 < len(pieces) else piece.last
        fitter = fitters[piece.line.plane]
        number = _segment_of(canvas, placed, replace(piece, first=first, last=last), fitter)
        if number is not None and last > first:
            found.setdefault(number, []).extend(
                overlays_of(canvas, replace(piece, first=first, last=last), fitter)
            )
    exact = [o for k, laid in found.items() if placed[k].segment.time_is == "exact" for o in laid]
    return [
        replace(one, segment=replace(one.segment, overlays=_borne_out(placed, k, found.get(k, ()), exact)))
        for k, one in enumerate(placed)
    ]


def _segment_of(canvas: Canvas, placed: Sequence[Placed], piece: Piece, fitter: Fitter) -> int | None:
    """The segment that a piece became: of its recording, and with the middle of the piece in it."""
    middle_s = canvas.release.frames.time_s((piece.first + piece.last) // 2)
    for number, one in enumerate(placed):
        segment = one.segment
        if (
            segment.recording == fitter.plane.geometry.recording
            and segment.mirrored == fitter.plane.geometry.mirrored
            and segment.start_s <= middle_s < segment.end_s
        ):
            return number
    return None


def _borne_out(
    placed: Sequence[Placed], number: int, laid: Sequence[Overlay], exact: Sequence[Overlay]
) -> tuple[Overlay, ...]:
    segment = placed[number].segment
    others = [p.segment for k, p in enumerate(placed) if k != number and p.segment.placed is not None]
    kept = []
    for one in laid:
        if any(_is_set_in(one, other) for other in others):
            continue
        if segment.time_is == "ambiguous" and one.kind in ("logo", "text"):
            like = (o for o in exact if o.kind == one.kind)
            if not any(overlap(one.box, o.box) >= SAME_BOX for o in like):
                continue
        kept.append(one)
    return tuple(kept)


def _is_set_in(one: Overlay, other: Segment) -> bool:
    """Whether an overlay is another picture shown at the same time, in a window of the release."""
    if other.placed is None or other.start_s >= one.end_s or other.end_s <= one.start_s:
        return False
    if other.placed.width * other.placed.height >= 1 - SAME_BOX:
        return False
    return _common(one.box, other.placed) >= SET_IN * one.box.width * one.box.height


def overlap(a: Box, b: Box) -> float:
    """Intersection over union of two boxes."""
    common = _common(a, b)
    return common / max(a.width * a.height + b.width * b.height - common, 1e-9)


def _common(a: Box, b: Box) -> float:
    across = min(a.x + a.width, b.x + b.width) - max(a.x, b.x)
    down = min(a.y + a.height, b.y + b.height) - max(a.y, b.y)
    return max(0.0, across) * max(0.0, down)
