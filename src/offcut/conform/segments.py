"""Pieces and transitions as the segments that a result document names, in exact times."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from offcut.conform.ambiguity import CLEAR_WHEN, FAR_S, Doubt, doubt, is_another_take, rivals
from offcut.conform.canvas import Canvas
from offcut.conform.confidence import LEAST_EXACT, confidence
from offcut.conform.edit import Assembly, refit
from offcut.conform.hypotheses import Geometry, canvas_px
from offcut.conform.lines import Fitter, Line
from offcut.conform.path import Piece
from offcut.conform.transitions import Transition
from offcut.records import Box, Opening, RawSpan, Segment
from offcut.timeline import FrameTimes, Span

SNAP = 0.006
"""A side of a box this near the picture's edge is the edge: half a pixel of the small picture."""

LEAST_LONE_FRAMES, MOSTLY_ALONE = 4, 0.7
LEAST_SEEN = 0.3
"""Where less of the picture than this agrees, the recording is not named at all."""

LEAST_AGREEING = 0.45
"""Where less of the picture agrees than this, something in it was followed and not the picture."""

NOT_FOUND = 0.7
"""How sure it is that a span without a source has none here; set, not measured."""

SHARED, SEEN_SHARE, NEARLY_SIDE = 0.3, 0.5, 0.1
BESIDE_OPENING = 0.7
"""How sure the first frame of a second picture is; how it comes in is not measured."""

RIVALLED = 0.5
"""No source is named more surely than this where another recording fits as well."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A segment with what left-out needs to know of it.

    Attributes:
        segment: As the result document names it.
        may_be: Raw time that may be shown instead, where the moment is ambiguous.
        like: Recordings, with spans of theirs, that show the same place but not the same motion.
        rivals: Other recordings, with spans of theirs, that fit as well as the one named.
    """

    segment: Segment
    may_be: Sequence[Span]
    like: Sequence[tuple[int, Span]] = ()
    rivals: Sequence[tuple[int, Span]] = ()


def placed_segments(canvas: Canvas, assembly: Assembly, transitions: Sequence[Transition]) -> list[Placed]:
    """Name every piece exactly; `transitions[k]` lies between the pieces k and k + 1 of the first layer."""
    found = []
    pieces, fitters = assembly.pieces, assembly.fitters
    shared = {k for k, one in enumerate(pieces) if any(_share_time(one, other) for other in assembly.beside)}
    for k, piece in enumerate(pieces):
        opens = transitions[k - 1] if k else None
        closes = transitions[k] if k + 1 < len(pieces) else None
        first = (opens.first if opens.meets is None else opens.meets) if opens else piece.first
        last = (closes.last if closes.meets is None else closes.meets) if closes else piece.last
        opening = _opening(canvas.release.frames, opens)
        if piece.line is None:
            found.append(Placed(_without_source(canvas.release.frames, first, last, opening), ()))
            continue
        alone = (opens.last if opens else piece.first, closes.first if closes else piece.last)
        long = replace(piece, first=first, last=last)
        found.append(_with_source(canvas, long, alone, (fitters, opening, k in shared)))
    whole = _joined(_gaps_filled(canvas.release.frames, found))
    for piece in assembly.beside:
        at_s = canvas.release.frames.time_s(piece.first)
        opening = Opening("start" if piece.first == 0 else "cut", at_s, at_s, BESIDE_OPENING)
        one = _with_source(canvas, piece, (piece.first, piece.last), (fitters, opening, True))
        if one.segment.recording is not None:
            whole.append(one)
    return sorted(whole, key=lambda one: one.segment.start_s)


def _share_time(one: Piece, other: Piece) -> bool:
    return min(one.last, other.last) - max(one.first, other.first) > SHARED * (one.last - one.first)


def _gaps_filled(times: FrameTimes, found: Sequence[Placed]) -> list[Placed]:
    """Name no source for what no piece covers any more, where a line left its recording."""
    filled: list[Placed] = []
    at_s = times.start_s
    for one in found:
        if one.segment.start_s > at_s:
            filled.append(_nothing(at_s, one.segment.start_s, times))
        filled.append(one)
        at_s = max(at_s, one.segment.end_s)
    if at_s < times.end_s:
        filled.append(_nothing(at_s, times.end_s, times))
    return filled


def _nothing(start_s: Fraction, end_s: Fraction, times: FrameTimes) -> Placed:
    opening = Opening("start" if start_s == times.start_s else "cut", start_s, start_s, 0.5)
    return Placed(
        Segment(start_s, end_s, None, None, None, None, None, None, None, 0.5, None, (), opening), ()
    )


def _joined(found: Sequence[Placed]) -> list[Placed]:
    """Join neighbours without a source into one span."""
    joined: list[Placed] = []
    for one in found:
        before = joined[-1] if joined else None
        if before is not None and before.segment.recording is None and one.segment.recording is None:
            span = replace(before.segment, end_s=one.segment.end_s)
            joined[-1] = Placed(span, (), (*before.like, *one.like))
        else:
            joined.append(one)
    return joined


def _opening(times: FrameTimes, transition: Transition | None) -> Opening:
    if transition is None:
        return Opening("start", times.time_s(0), times.time_s(0), 1.0)
    start_s, end_s = times.time_s(transition.first), times.time_s(transition.last)
    if transition.kind == "cut":
        return Opening("cut", start_s, start_s, 0.95)
    sure = 0.9 if transition.error < 0.01 else 0.7
    return Opening(transition.kind, start_s, end_s, sure, transition.style)


def _without_source(times: FrameTimes, first: int, last: int, opening: Opening) -> Segment:
    return Segment(
        times.time_s(first),
        times.time_s(last),
        None,
        None,
        None,
        None,
        None,
        None,
        None,
        NOT_FOUND,
        None,
        (),
        opening,
    )


def _with_source(
    canvas: Canvas, piece: Piece, alone: tuple[int, int], context: tuple[Sequence[Fitter], Opening, bool]
) -> Placed:
    fitters, opening, is_shared = context
    line = piece.line
    assert line is not None
    fitter = fitters[line.plane]
    if alone[1] - alone[0] >= LEAST_LONE_FRAMES:
        line = _carried(refit(Piece(alone[0], alone[1], line), fitters), line, piece, alone, fitter)
    piece = _on_the_recording(canvas, piece, line, fitter)
    base = fitter.plane.release_frames[0]
    lone = alone if alone[1] > alone[0] else (piece.first, piece.last)
    rows = np.arange(lone[0], lone[1]) - base
    rows = rows[(rows >= 0) & (rows < len(fitter.release_s))]
    geometry = fitter.plane.geometry
    release, raw = canvas.release.frames, canvas.recordings[geometry.recording].frames
    unsure = doubt(fitter, rows, line)
    if (fitter.plane.agreeing_share < LEAST_AGREEING and not is_shared) or (
        line.when < CLEAR_WHEN and fitter.plane.raw_frames != (0, len(raw))
    ):
        # The rest of a long recording was not searched: any moment of it may fit as well.
        unsure = replace(unsure, is_ambiguous=True, ranges_s=[(float(raw.start_s), float(raw.end_s))])
    measured = _measured(fitter, rows, line, unsure)
    sure = confidence(measured, is_exact=not unsure.is_ambiguous, is_held=line.speed == 0)
    if not unsure.is_ambiguous and sure < LEAST_EXACT:
        unsure = replace(unsure, is_ambiguous=True, ranges_s=_around(fitter, rows, line))
        sure = confidence(measured, is_exact=False)
    raw_start_s, speed = _exact(line, piece, release, raw)
    start_s, end_s = release.time_s(piece.first), release.time_s(piece.last)
    # What was compared leaves out the mixed frames at either end; they may come from there, too.
    mixed = max(lone[0] - piece.first, piece.last - lone[1], 0)
    pad_s = abs(line.speed) * mixed * fitter.release_step_s + fitter.raw_step_s
    may_be = [_clipped(low - pad_s, high + pad_s, raw) for low, high in unsure.ranges_s]
    others = [
        (k, _clipped(low - pad_s, high + pad_s, canvas.recordings[k].frames))
        for k, (low, high) in rivals(fitter, rows, line)
    ]
    is_other = is_another_take(line, fitter.moving_share(rows), unsure)
    is_hardly_seen = fitter.plane.agreeing_share < LEAST_SEEN and not is_shared
    # Where neither the recording nor the moment can be told, naming one would be a guess.
    if is_other or is_hardly_seen or (others and unsure.is_ambiguous):
        nothing = replace(opening, kind="cut", style=None) if opening.kind != "start" else opening
        nothing = replace(nothing, end_s=nothing.start_s)
        segment = _without_source(release, piece.first, piece.last, nothing)
        return Placed(segment, (), [*((geometry.recording, s) for s in may_be), *others])
    placed = placement(canvas, geometry)
    if is_shared:
        placed = _common(placed, _seen(fitter.plane.mask))
    segment = Segment(
        start_s,
        end_s,
        geometry.recording,
        raw_start_s,
        raw_start_s + speed * (end_s - start_s),
        speed,
        geometry.mirrored,
        crop(canvas, geometry, placed),
        placed,
        min(sure, RIVALLED if others else 1.0),
        "ambiguous" if unsure.is_ambiguous else "exact",
        tuple(RawSpan(s.start_s, s.end_s) for s in may_be),
        opening,
        measured=measured,
        raw_to_release=raw_to_release(canvas, geometry),
    )
    return Placed(segment, may_be, (), others)


def _measured(fitter: Fitter, rows: np.ndarray, line: Line, unsure: Doubt) -> dict[str, float]:
    return {
        "picture_match": round(line.where, 4),
        "motion_match": round(line.when, 4),
        "motion_margin": round(unsure.margin, 4),
        "motion_widths": round(min(unsure.widths, 100.0), 2),
        "moving_share": round(fitter.moving_share(rows), 4),
        "agreeing_share": round(fitter.plane.agreeing_share, 4),
        "frames_compared": len(rows),
    }


def _around(fitter: Fitter, rows: np.ndarray, line: Line) -> list[tuple[float, float]]:
    """Raw time near a moment that is the best by too little to be called exact."""
    ends_s = [float(line.raw_at(fitter.release_s[row])) for row in (rows[0], rows[-1])]
    return [(min(ends_s) - FAR_S, max(ends_s) + FAR_S)]


def _carried(new: Line, old: Line, piece: Piece, alone: tuple[int, int], fitter: Fitter) -> Line:
    """A fit on fewer frames may sharpen the line, but not carry it elsewhere in the frames left out."""
    if alone[1] - alone[0] >= MOSTLY_ALONE * (piece.last - piece.first):
        return new
    ends_s = [fitter.release_time_s(frame) for frame in (piece.first, piece.last)]
    apart_s = max(abs(float(new.raw_at(s)) - float(old.raw_at(s))) for s in ends_s)
    return new if apart_s <= 1.5 * max(fitter.raw_step_s, fitter.release_step_s) else old


def _on_the_recording(canvas: Canvas, piece: Piece, line: Line, fitter: Fitter) -> Piece:
    """The frames of a piece for which the recording has a picture."""
    times = canvas.recordings[fitter.plane.geometry.recording].frames
    raw_s = np.asarray(line.raw_at(canvas.release.frames.seconds()[piece.first : piece.last]))
    slack_s = times.median_step_s
    on = np.flatnonzero((raw_s >= float(times.start_s) - slack_s) & (raw_s < float(times.end_s) + slack_s))
    if len(on) == 0:
        return piece
    return replace(piece, first=piece.first + int(on[0]), last=piece.first + int(on[-1]) + 1)


def _exact(line: Line, piece: Piece, release: FrameTimes, raw: FrameTimes) -> tuple[Fraction, Fraction]:
    """Raw time at the start and speed, as exact numbers.

    The raw time is that of the first frame shown if a line from there shows the same frames; where
    the two clocks drift against each other it lies inside that frame, so that it does.
    """
    speed = Fraction(line.speed).limit_denominator(1000)
    seconds = release.seconds()[piece.first : piece.last]
    ticks = raw.seconds()
    ends = np.append(ticks[1:], float(raw.end_s))
    shown_s = np.asarray(line.raw_at(seconds), np.float64)
    index = np.clip(np.searchsorted(ticks, shown_s + 1e-6, side="right") - 1, 0, len(ticks) - 1)
    slope_s = float(speed) * (seconds - seconds[0])
    on = (shown_s >= ticks[0] - 1e-6) & (shown_s < ends[-1])
    on = on if on.any() else np.full(len(on), True)
    low = float((ticks[index] - slope_s)[on].max())
    high = float((ends[index] - slope_s)[on].min())
    first_s = raw.time_s(int(index[0]))
    inside = low - 1e-6 <= float(first_s) < high - 1e-6
    start_s = first_s if inside else Fraction((low + high) / 2).limit_denominator(90_000)
    return max(start_s, raw.start_s), speed


def _clipped(low: float, high: float, raw: FrameTimes) -> Span:
    start_s = max(raw.start_s, Fraction(low).limit_denominator(90_000))
    return Span(
        min(start_s, raw.end_s), max(min(raw.end_s, Fraction(high).limit_denominator(90_000)), start_s)
    )


def crop(canvas: Canvas, geometry: Geometry, placed: Box) -> Box:
    """The window of the raw picture that is seen in `placed`, before mirroring, in fractions of it."""
    width, height = canvas_px(canvas.recordings[geometry.recording])
    sides = ((placed.x, placed.x + placed.width), (placed.y, placed.y + placed.height))
    corners = np.array([[x, y, 1.0] for x in sides[0] for y in sides[1]]) * (*canvas.size_px, 1.0)
    raw = corners @ np.linalg.inv(geometry.homography()).T
    raw = raw[:, :2] / raw[:, 2:] / (width, height)
    left, top, right, bottom = _snapped(raw)
    if geometry.mirrored:
        left, right = 1 - right, 1 - left
    return Box(round(left, 4), round(top, 4), round(right - left, 4), round(bottom - top, 4))


def raw_to_release(canvas: Canvas, geometry: Geometry) -> tuple[float, ...]:
    """Homography from the raw picture, before mirroring, to the release, both in fractions; row by row."""
    width, height = canvas_px(canvas.recordings[geometry.recording])
    mirror = np.array([[-1.0, 0, 1], [0, 1, 0], [0, 0, 1]]) if geometry.mirrored else np.eye(3)
    whole = geometry.homography() @ np.diag([width, height, 1.0]) @ mirror
    found = np.diag([1 / canvas.size_px[0], 1 / canvas.size_px[1], 1.0]) @ whole
    return tuple(round(float(v), 6) for v in (found / found[2, 2]).ravel())


def _seen(mask: np.ndarray) -> Box:
    """The box in which a recording is seen, where another is seen beside it."""
    height, width = mask.shape
    rows, columns = mask.mean(axis=1), mask.mean(axis=0)
    at = [np.flatnonzero(side >= SEEN_SHARE * side.max()) for side in (columns, rows)]
    left, right, top, bottom = at[0][0], at[0][-1] + 1, at[1][0], at[1][-1] + 1
    sides = (left / width, top / height, (right - left) / width, (bottom - top) / height)
    return Box(*(float(side) for side in sides))


def _common(a: Box, b: Box) -> Box:
    """The part of `a` that lies in `b`; sides of `b` that are nearly those of `a` give way."""
    ends = []
    for low, high, other_low, other_high in (
        (a.x, a.x + a.width, b.x, b.x + b.width),
        (a.y, a.y + a.height, b.y, b.y + b.height),
    ):
        low = other_low if other_low > low + NEARLY_SIDE else low
        high = other_high if other_high < high - NEARLY_SIDE else high
        ends += [low, max(high, low + 0.01)]
    left, right, top, bottom = ends
    return Box(round(left, 4), round(top, 4), round(right - left, 4), round(bottom - top, 4))


def placement(canvas: Canvas, geometry: Geometry) -> Box:
    """Where in the release the window is shown, in fractions of the release."""
    width, height = canvas_px(canvas.recordings[geometry.recording])
    corners = np.array([[x, y, 1.0] for x in (0, width) for y in (0, height)])
    shown = corners @ geometry.homography().T
    shown = shown[:, :2] / shown[:, 2:] / canvas.size_px
    left, top, right, bottom = _snapped(shown)
    return Box(round(left, 4), round(top, 4), round(right - left, 4), round(bottom - top, 4))


def _snapped(corners: np.ndarray) -> tuple[float, float, float, float]:
    box = np.clip([*corners.min(axis=0), *corners.max(axis=0)], 0, 1)
    box = np.where(box < SNAP, 0.0, np.where(box > 1 - SNAP, 1.0, box))
    return float(box[0]), float(box[1]), float(box[2]), float(box[3])
