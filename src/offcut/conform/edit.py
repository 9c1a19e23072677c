"""From planes to pieces: find lines, choose a path, join what belongs together, fit again on more frames."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import cv2
import numpy as np
from numpy.typing import NDArray

from offcut.conform.ambiguity import CLEAR_WHEN
from offcut.conform.anchors import Anchor, agreement, distance_px, sharpened
from offcut.conform.canvas import Canvas, correlation, normalised
from offcut.conform.hypotheses import Geometry
from offcut.conform.insets import inset_planes, unfilled
from offcut.conform.lines import Fitter, Line
from offcut.conform.path import LEAST_FRAMES, OFF, Piece, best_path, candidates, gains, pieces, standing
from offcut.conform.placements import usual
from offcut.conform.planes import Plane, plane
from offcut.conform.tilt import tilted
from offcut.timeline import FrameTimes

HARD_CUT = 0.35
STILL_SPEEDS = (
    0.25,
    1 / 3,
    0.5,
    2 / 3,
    0.75,
    0.8,
    0.9,
    1.0,
    1.1,
    1.2,
    1.25,
    4 / 3,
    1.5,
    1.75,
    2.0,
    2.5,
    3.0,
    4.0,
)
"""Tried, both ways, on the whole of a piece whose motion does not fix the speed."""

SPEED_REACH = 0.15
"""How far from the speed of a window that of the whole piece is looked for: it is 9 % off at most."""

JOIN_GAP_FRAMES = 4
JOIN_JUMP_S, JOIN_JUMP_FRAMES = 0.1, 2.5
"""Neighbours in one plane that meet this nearly go on; further apart, one line must serve both."""

JOINT_WHERE, JOINT_WHEN = 0.015, 0.1
AROUND_S = 3.0
STILL = 0.35
"""Below this `when` score the moment is looked for in the whole recording again when pieces are joined."""

USUAL = sorted(
    {
        Fraction(p, q)
        for q in (1, 2, 3, 4, 8, 10)
        for p in range(1, 4 * q + 1)
        if Fraction(p, q) >= Fraction(1, 5)
    }
)
"""Speeds that editing programs offer: tenths, eighths and thirds up to 4."""

AS_GOOD, AS_GOOD_MOVING, DRIFT_FRAMES = 0.03, 0.01, 1.0
"""A usual speed is the measured one if it fits at most this much worse (the second where motion is clear) and
drifts less than a raw frame."""

UNCLEAR_SLACK = 0.2
"""Where motion is not clear, no speed but the recording's own is claimed unless it fits this much better."""

HELD_BETTER = 0.02
"""A held frame is claimed where nothing moves only if the recording playing on agrees this much less."""

SAME_SPEED_FRAMES = 2.0
"""Neighbours whose speeds would part them by more raw frames than this are not one just because they meet."""

HELD_CHANGE, LEAST_HELD_FRAMES = 0.12, 6
"""Mean change in grey levels below which a frame repeats the one before; a held frame is coded as such."""

POLISH_FRAMES, MOST_SHIFT, PATIENCE = 7, 16, 2
"""How many raw frames a moment may be put right by with its geometry, and how many worse ones are passed."""

POLISH_ROUNDS, SETTLED_PX, TILT_FRAMES = 3, 0.4, 5
USUAL_PX, USUAL_BONUS = 8.0, 0.01

BESIDE_NONE, BESIDE_SWITCH_COST, LEAST_BESIDE_FRAMES = 0.62, 3.0, 12
"""A second picture at the same time has to agree better, and longer, than a first one."""

MOST_OVERLAP, SMALL_AREA, MOST_OVERLAP_SMALL = 0.3, 0.2, 0.6
"""Share of a second picture's area that the first may explain too: blocks at its edge agree with both."""

LEAST_BESIDE_AREA, BESIDE_FILLS, BESIDE_MATCH, BESIDE_STILL_MATCH = 0.03, 0.6, 0.7, 0.85


def hard_cuts(canvas: Canvas) -> list[int]:
    """First frames of the release whose normalised picture has little in common with the one before."""
    cuts = [0]
    before: NDArray[np.float32] | None = None
    for frame in range(len(canvas.luma)):
        now = normalised(canvas.luma[frame]).ravel()
        if before is not None and correlation(before, now) < HARD_CUT:
            cuts.append(frame)
        before = now
    return cuts


@dataclass(frozen=True, slots=True)
class Assembly:
    """What was found of an edit.

    Attributes:
        pieces: The release in order, without gaps, each piece on its best line or on none.
        beside: Pieces that are seen at the same time as one of `pieces`, in another part of the picture.
        fitters: What the lines of all pieces refer to.
        searched: All that was compared; what resembles a part of the release without a source is in it.
        windows: Of these, what was compared through windows of the release.
        unfilled: Release frames in which a part of the picture changes that nothing found explains.
    """

    pieces: list[Piece]
    beside: list[Piece]
    fitters: list[Fitter]
    searched: Sequence[Fitter] = ()
    windows: Sequence[Fitter] = ()
    unfilled: Sequence[range] = ()


def held(canvas: Canvas) -> list[int]:
    """Where the release begins or ceases to hold its picture: first frames of and after such runs."""
    luma = canvas.luma
    still = np.array(
        [
            False,
            *(
                float(cv2.norm(luma[k], luma[k - 1], cv2.NORM_L1)) / luma[k].size < HELD_CHANGE
                for k in range(1, len(luma))
            ),
        ]
    )
    edges = np.flatnonzero(np.diff(np.concatenate([[0], still.astype(np.int8), [0]])))
    found = []
    for first, last in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        if last - first >= LEAST_HELD_FRAMES:
            found += [first - 1, last]
    return [frame for frame in found if 0 < frame < len(luma)]


def assemble(canvas: Canvas, planes: Sequence[Plane]) -> Assembly:
    """Find lines in all planes, choose among them for every release frame, and join what goes on."""
    release = canvas.release.frames
    fitters = [
        Fitter(plane, k, release, canvas.recordings[plane.geometry.recording].frames)
        for k, plane in enumerate(planes)
    ]
    cuts = sorted({*hard_cuts(canvas), *held(canvas)})
    tried = candidates(fitters, release, cuts)
    lines = tried
    found: list[Piece] = []
    for _ in range(2):
        found = _joined(pieces(_path(lines, fitters, release), lines), fitters)
        lines = [refit(piece, fitters) for piece in found if piece.line is not None]
    polished: list[Fitter] = []
    lines = _polished(canvas, found, lines, (fitters, polished))
    first = _long_enough(_joined(pieces(_path(lines, polished, release), lines), polished), LEAST_FRAMES)
    more = [
        Fitter(plane, len(fitters) + k, release, canvas.recordings[plane.geometry.recording].frames)
        for k, plane in enumerate(inset_planes(canvas, first, polished))
    ]
    fitters += more
    tried += candidates(fitters, release, cuts, of=more)
    found = _beside(first, polished, tried, fitters)
    lines = [refit(piece, fitters) for piece in found]
    lines = _polished(canvas, found, lines, (fitters, polished))
    beside = [
        replace(piece, line=line)
        for piece, line in zip(found, lines, strict=True)
        if _is_beside(polished[line.plane], line)
    ]
    return Assembly(first, beside, polished, fitters, more, unfilled(canvas, first, polished, beside))


def _path(lines: Sequence[Line], fitters: Sequence[Fitter], release: FrameTimes) -> NDArray[np.int64]:
    table = gains(lines, fitters, len(release))
    return best_path(table, meeting=standing(lines, fitters, release))


def _long_enough(found: Sequence[Piece], least: int) -> list[Piece]:
    return _nones_merged(
        [p if p.line is None or p.last - p.first >= least else replace(p, line=None) for p in found]
    )


def _beside(
    first: Sequence[Piece], polished: Sequence[Fitter], lines: Sequence[Line], fitters: Sequence[Fitter]
) -> list[Piece]:
    """Pieces of a second layer: in parts of the picture that the first layer does not explain."""
    frames = first[-1].last if first else 0
    for _ in range(2):
        table = gains(lines, fitters, frames)
        table[:, -1] = BESIDE_NONE
        for piece in first:
            taken = None if piece.line is None else polished[piece.line.plane].plane.mask
            shut = [k for k, line in enumerate(lines) if not _is_free(fitters[line.plane].plane.mask, taken)]
            table[piece.first : piece.last, shut] = OFF
        found = _joined(pieces(best_path(table, BESIDE_SWITCH_COST), lines), fitters)
        found = [p for p in found if p.line is not None and p.last - p.first >= LEAST_BESIDE_FRAMES]
        lines = [refit(piece, fitters) for piece in found]
    return found


def _is_free(mask: NDArray[np.bool_], taken: NDArray[np.bool_] | None) -> bool:
    if taken is None or mask.mean() < LEAST_BESIDE_AREA:
        return False
    overlap = float((mask & taken).sum()) / float(mask.sum())
    return overlap <= (MOST_OVERLAP_SMALL if mask.mean() < SMALL_AREA else MOST_OVERLAP)


def _is_beside(fitter: Fitter, line: Line) -> bool:
    """Whether a second picture is beyond chance: it agrees well, and fills an upright box."""
    mask = fitter.plane.mask
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    box = (rows[-1] - rows[0] + 1) * (columns[-1] - columns[0] + 1)
    fills = float(mask.sum()) / box >= BESIDE_FILLS
    agrees = line.where >= BESIDE_MATCH and (line.when >= CLEAR_WHEN or line.where >= BESIDE_STILL_MATCH)
    return bool(fills and agrees)


def _polished(
    canvas: Canvas,
    found: Sequence[Piece],
    lines: Sequence[Line],
    planes: tuple[Sequence[Fitter], list[Fitter]],
) -> list[Line]:
    """Lay every piece's geometry anew on many of its frames at once, and fit its line in the better plane.

    `planes` are those searched, to which the lines refer, and those polished, to which new ones are added.
    """
    fitters, polished = planes
    new_lines: list[Line] = []
    sourced = [piece for piece in found if piece.line is not None]
    for piece, line in zip(sourced, lines, strict=True):
        old = fitters[line.plane]
        times = canvas.recordings[old.plane.geometry.recording].frames
        fitter = Fitter(old.plane, len(polished), canvas.release.frames, times, searched=fitters)
        polished.append(fitter)
        line = replace(line, plane=fitter.number)
        for _ in range(0 if old.plane.is_window else POLISH_ROUNDS):
            before = fitter.plane.geometry
            renewed = _renewed(canvas, piece, line, fitter)
            if renewed is None:
                break
            fitter = Fitter(renewed, fitter.number, canvas.release.frames, times, searched=fitters)
            polished[-1] = fitter
            line = refit(Piece(piece.first, piece.last, line), polished)
            if distance_px(canvas, before, renewed.geometry) < SETTLED_PX:
                break
        leaning = None if old.plane.is_window else _leaning(canvas, piece, line, fitter)
        if leaning is not None:
            polished[-1] = Fitter(leaning, fitter.number, canvas.release.frames, times, searched=fitters)
            line = refit(Piece(piece.first, piece.last, line), polished)
        new_lines.append(line)
    return new_lines


def _leaning(canvas: Canvas, piece: Piece, line: Line, fitter: Fitter) -> Plane | None:
    """The plane of a piece that was filmed at an angle; None where it was not, or it cannot be told."""
    picks = np.unique(np.linspace(piece.first + 1, piece.last - 2, TILT_FRAMES).round().astype(int))
    pairs = [(int(t), j) for t in picks if (j := fitter.raw_index(line, int(t))) is not None]
    mask = fitter.plane.mask
    geometry = tilted(canvas, fitter.plane.geometry, pairs, mask) if pairs else None
    if geometry is None:
        return None
    anchors = [
        Anchor(
            t, j, geometry, agreement(canvas.release_picture(t), normalised(canvas.warped(geometry, j)), mask)
        )
        for t, j in pairs
    ]
    return plane(canvas, geometry, anchors, raw_frames=fitter.plane.raw_frames)


def _renewed(canvas: Canvas, piece: Piece, line: Line, old: Fitter) -> Plane | None:
    geometry, anchors = _laid_anew(canvas, piece, line, old)
    times = canvas.recordings[geometry.recording].frames
    raw_frames = None if line.when < CLEAR_WHEN else _raw_near(piece, line, old, times)
    return plane(canvas, geometry, anchors, raw_frames=raw_frames)


def _raw_near(piece: Piece, line: Line, fitter: Fitter, times: FrameTimes) -> tuple[int, int]:
    ends = [float(line.raw_at(fitter.release_time_s(frame))) for frame in (piece.first, piece.last)]
    seconds = times.seconds()
    low = int(np.searchsorted(seconds, min(ends) - 2 * AROUND_S))
    high = int(np.searchsorted(seconds, max(ends) + 2 * AROUND_S))
    return low, max(high, low + 1)


def _laid_anew(canvas: Canvas, piece: Piece, line: Line, fitter: Fitter) -> tuple[Geometry, list[Anchor]]:
    """The geometry that serves a piece best, tried a raw frame earlier and later too, and its anchors."""
    geometry, mask = fitter.plane.geometry, fitter.plane.mask
    times = canvas.recordings[geometry.recording].frames
    picks = np.unique(np.linspace(piece.first + 1, piece.last - 2, POLISH_FRAMES).round().astype(int))

    def shifted(shift: int) -> list[tuple[int, int]]:
        found = []
        for frame in picks:
            raw_s = float(line.raw_at(fitter.release_time_s(int(frame)))) + shift * fitter.raw_step_s
            at_s = Fraction(max(raw_s, 0.0)).limit_denominator(1_000_000)
            found.append((int(frame), times.index_at(at_s)))
        return found

    best = _laid(canvas, geometry, shifted(0), mask)
    if best is None:
        return geometry, fitter.plane.anchors
    start = best
    for step in (-1, 1):
        # Each start from where the last one lay: while a camera pans, the picture moves on with the moment.
        before, worse = start, 0
        for shift in range(step, step * (MOST_SHIFT + 1), step):
            found = _laid(canvas, before[1], shifted(shift), mask)
            if found is None:
                break
            worse = 0 if found[0] > best[0] else worse + 1
            best = max(best, found, key=lambda one: one[0])
            if worse > PATIENCE:
                break
            before = found
    return best[1], best[2]


def _laid(
    canvas: Canvas, geometry: Geometry, pairs: Sequence[tuple[int, int]], mask: NDArray[np.bool_]
) -> tuple[float, Geometry, list[Anchor]] | None:
    """The geometry that lays raw frames best on release frames, how well it does, and its anchors."""
    matrices = [m for pair in pairs if (m := sharpened(canvas, geometry, pair, mask)) is not None]
    if not matrices:
        return None
    middle = canvas.geometry_from(np.median(np.stack(matrices), axis=0), geometry)
    options = []
    for one in (geometry, middle, *_usual_near(canvas, middle)):
        inside = canvas.mask(one) & mask
        anchors = [
            Anchor(t, j, one, agreement(canvas.release_picture(t), normalised(canvas.warped(one, j)), inside))
            for t, j in pairs
        ]
        score = float(np.mean([a.match for a in anchors])) + (USUAL_BONUS if one.is_usual else 0.0)
        options.append((score, one, anchors))
    return max(options, key=lambda option: option[0])


def _usual_near(canvas: Canvas, geometry: Geometry) -> list[Geometry]:
    """The usual placements of the whole picture that differ by few pixels.

    While a camera pans, a shifted picture and another moment explain each other; then the usual placement is
    the simpler claim.
    """
    return [
        one
        for one in usual(canvas, geometry.recording)
        if one.mirrored == geometry.mirrored and distance_px(canvas, one, geometry) < USUAL_PX
    ]


def _joined(found: Sequence[Piece], fitters: Sequence[Fitter]) -> list[Piece]:
    """Join pieces that go on in the same plane and nearly the same raw time across a short gap."""
    joined: list[Piece] = []
    for piece in found:
        if piece.line is not None:
            before = next((k for k in range(len(joined) - 1, -1, -1) if joined[k].line is not None), None)
            if before is not None and _continues(joined[before], piece, fitters):
                kept = max(joined[before], piece, key=lambda p: p.last - p.first)
                joined[before:] = [Piece(joined[before].first, piece.last, kept.line)]
                continue
        joined.append(piece)
    return _nones_merged(joined)


def _nones_merged(found: Sequence[Piece]) -> list[Piece]:
    merged: list[Piece] = []
    for piece in found:
        if merged and merged[-1].line is None and piece.line is None:
            merged[-1] = Piece(merged[-1].first, piece.last, None)
        else:
            merged.append(piece)
    return merged


def _continues(a: Piece, b: Piece, fitters: Sequence[Fitter]) -> bool:
    """Whether two neighbours are one: they meet in raw time, or one line serves each as well as its own."""
    if a.line is None or b.line is None or b.first - a.last > JOIN_GAP_FRAMES:
        return False
    if a.line.plane != b.line.plane:
        return False
    fitter = fitters[a.line.plane]
    at_s = float(fitter.release_time_s(b.first))
    jump_s = abs(float(a.line.raw_at(at_s)) - float(b.line.raw_at(at_s)))
    shorter = min(a, b, key=lambda p: p.last - p.first)
    span_s = float(fitter.release_time_s(shorter.last) - fitter.release_time_s(shorter.first))
    apart_s = abs(a.line.speed - b.line.speed) * span_s
    if (
        jump_s < max(JOIN_JUMP_S, JOIN_JUMP_FRAMES * fitter.raw_step_s)
        and apart_s < SAME_SPEED_FRAMES * fitter.raw_step_s
    ):
        return True
    longer = max(a, b, key=lambda p: p.last - p.first)
    both = refit(Piece(a.first, b.last, longer.line), fitters)
    base = fitter.plane.release_frames[0]
    for piece in (a, b):
        rows = np.arange(piece.first, piece.last) - base
        rows = rows[(rows >= 0) & (rows < len(fitter.release_s))]
        own, joint = fitter.scored(rows, piece.line), fitter.scored(rows, both)  # type: ignore[arg-type]
        if joint.where < own.where - JOINT_WHERE or joint.when < own.when - JOINT_WHEN:
            return False
    return True


def refit(piece: Piece, fitters: Sequence[Fitter]) -> Line:
    """Fit one line on all frames of a piece but the first and last, at any speed."""
    line = piece.line
    assert line is not None
    fitter = fitters[line.plane]
    base = fitter.plane.release_frames[0]
    edge = 1 if piece.last - piece.first > LEAST_FRAMES + 2 else 0
    rows = np.arange(piece.first + edge, piece.last - edge) - base
    rows = rows[(rows >= 0) & (rows < len(fitter.release_s))]
    if len(rows) < 4:
        return line
    middle_s = float(fitter.release_s[rows[len(rows) // 2]])
    centre = float(line.raw_at(middle_s))
    moving = line.when >= STILL
    around = (centre - AROUND_S, centre + AROUND_S) if moving or line.speed == 0 else None
    found = fitter.best(rows, _speeds(fitter, rows, line), around)
    if not found:
        return line
    best = max((fitter.refined(rows, one) for one in found[:2]), key=lambda one: one.total)
    slack = (
        HELD_BETTER if best.speed == 0 or best.when >= CLEAR_WHEN else UNCLEAR_SLACK * (1 - best.when) ** 2
    )
    original = [one for one in found if one.speed == 1 and one.total > best.total - slack]
    best = original[0] if original else best
    return plain(fitter, rows, best)


def _speeds(fitter: Fitter, rows: NDArray[np.int64], line: Line) -> tuple[float, ...]:
    """Speeds to try on all of a piece: near the one that its window had, and others where little moves."""
    if line.speed == 0:
        return (0.0, 1.0)
    span_s = float(fitter.release_s[rows[-1]] - fitter.release_s[rows[0]]) + 1e-3
    step = max(fitter.raw_step_s / (abs(line.speed) * span_s / 2), 0.01)
    count = int(np.ceil(SPEED_REACH / step))
    near = tuple(line.speed * (1 + SPEED_REACH * k / max(1, count)) for k in range(-count, count + 1))
    if line.when >= STILL:
        return (*near, 1.0)
    return (*near, 0.0, *STILL_SPEEDS, *(-speed for speed in STILL_SPEEDS))


def plain(fitter: Fitter, rows: NDArray[np.int64], line: Line) -> Line:
    """Name the usual speed that cannot be told from the measured one; else keep what was measured."""
    if line.speed == 0:
        return line
    span_s = float(fitter.release_s[rows[-1]] - fitter.release_s[rows[0]]) + 1e-3
    sign = -1 if line.speed < 0 else 1
    options: list[Line] = []
    for speed in (sign * float(s) for s in USUAL):
        if abs(speed - line.speed) * span_s / 2 > DRIFT_FRAMES * fitter.raw_step_s:
            continue
        offsets = float(line.raw_at(line.at_s)) + 2 * fitter.raw_step_s * np.linspace(-1, 1, 33)
        where, when = fitter.scores(rows, line.at_s, speed, offsets)
        total = where + when
        if np.isnan(total).all():
            continue
        b = int(np.nanargmax(total))
        options.append(Line(line.plane, line.at_s, float(offsets[b]), speed, float(where[b]), float(when[b])))
    slack = AS_GOOD_MOVING if line.when >= CLEAR_WHEN else AS_GOOD
    good = [one for one in options if one.where + one.when >= line.where + line.when - slack]
    if not good:
        return line
    return max(good, key=lambda one: one.where + one.when + (slack / 2 if one.speed == sign else 0.0))
