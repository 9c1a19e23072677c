"""What lies over the footage of a segment: where the release keeps off its recording while the rest agrees.

Each release picture is compared with the raw one that the line names, graded as the release grades
it. A pixel disagrees only if no raw pixel within one pixel and one raw frame explains it, so that
small misplacements do not count. What disagrees in one place for a while, and stays the same while
it does, is an overlay if it lies where logos, texts and borders lie; anything else is left unnamed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from offcut.conform.canvas import Canvas
from offcut.conform.expected import Expected, expected
from offcut.conform.frames_around import border, letterbox
from offcut.conform.lines import Fitter
from offcut.conform.path import Piece
from offcut.records import Box, Overlay

MOST_FRAMES = 240
"""Frames of a long segment that are looked at; a longer one is looked at on every n-th."""

LEAST_FRAMES = 15
CHUNK_S = 0.4
"""What an overlay has to last; its ends are then looked for frame by frame."""

LEAST_S = 0.3
PERSISTS = 0.8
"""Share of a chunk's frames in which a pixel must disagree."""

STEADY = 8.0
"""Standard deviation over a chunk, in grey levels, of what stays the same."""

LEAST_PIXELS, LEAST_SIDE_PX = 16, 3
MOST_ELSEWHERE = 0.03
"""Share of the compared area that may disagree outside every overlay; more, and the line is not trusted."""

MOST_AREA = 0.45
SAME_PLACE, SAME_LEVEL = 0.5, 16.0
"""Overlap of boxes, and mean difference in grey levels, up to which two chunks show one overlay."""

MOSTLY, LINE_GAP = 0.6, 0.15
"""Share of a smaller part that lies in a larger one, and gap between two parts of one line as a share of the
picture's width, for both to be one overlay."""

TEXT_WIDTH, TEXT_SHAPE, TEXT_BELOW = 0.2, 2.2, 0.55
LOGO_SIDE, LOGO_MARGIN = 0.34, 0.14
BESIDE_BORDER_PX = 2
PRESENT = 0.5
"""Share of what disagrees at most from which an overlay is there, frame by frame."""

SPARSE = 0.15
"""Rows and columns of a part that hold less of it than this, of the fullest, are not in its box."""

SURE, LESS_SURE = 0.9, 0.7
SURE_PIXELS, SURE_S = 30, 0.8

Mask = NDArray[np.bool_]


@dataclass(slots=True)
class _Track:
    """One overlay over the chunks [first, last] in which it was seen."""

    first: int
    last: int
    votes: NDArray[np.int64]
    level: NDArray[np.float32]
    """Mean grey level of the release where it was seen first, (h, w)."""

    def mask(self) -> Mask:
        return np.asarray(self.votes * 2 >= self.votes.max(), np.bool_)


def overlays_of(canvas: Canvas, piece: Piece, fitter: Fitter) -> tuple[Overlay, ...]:
    """Find what lies over one piece.

    Args:
        canvas: The comparison space.
        piece: Release frames in which the piece is seen alone, on its line; transitions left out.
        fitter: Of the piece's line.

    Returns:
        Overlays in order of their start. None are named where the piece is short, or where the release
        keeps off the recording in more places than overlays explain.
    """
    if piece.line is None or piece.last - piece.first < LEAST_FRAMES:
        return ()
    step = -(-(piece.last - piece.first) // MOST_FRAMES)
    frames = list(range(piece.first, piece.last, step))
    ground = expected(canvas, piece, fitter, frames)
    span_s = (canvas.release.frames.time_s(piece.first), canvas.release.frames.time_s(piece.last))
    around = [Overlay(kind, *span_s, box, None, SURE) for kind, box in letterbox(ground)]
    frame = border(ground)
    if frame is not None:
        around.append(Overlay("border", *span_s, Box(0.0, 0.0, 1.0, 1.0), None, SURE))
        # Measured again, for the grade was fitted to the border as well.
        ground = expected(canvas, piece, fitter, frames, edge_px=frame + BESIDE_BORDER_PX)
    found = _laid_over(canvas, ground, frames)
    return tuple(sorted((*around, *found), key=lambda one: (one.start_s, one.box.y, one.box.x)))


def _laid_over(canvas: Canvas, ground: Expected, frames: Sequence[int]) -> list[Overlay]:
    apart = ground.disagrees()
    rate = len(frames) / max(float(frames[-1] - frames[0] + 1), 1.0)
    length = max(5, round(CHUNK_S * rate / max(canvas.release.frames.median_step_s, 1e-3)))
    chunks = [slice(k, k + length) for k in range(0, max(1, len(frames) - length + 1), length)]
    chunks[-1] = slice(chunks[-1].start, len(frames))
    tracks: list[_Track] = []
    elsewhere = []
    for number, chunk in enumerate(chunks):
        lasting = _lasting(ground, apart, chunk)
        parts = _parts(lasting)
        level = ground.seen[chunk].mean(axis=0)
        named = np.zeros_like(lasting)
        for part in parts:
            if _kind(part) is not None:
                _followed(tracks, number, part, level)
                named |= part
        elsewhere.append(float((lasting & ~named).sum()) / max(1, int(ground.compared.sum())))
    if float(np.median(elsewhere)) > MOST_ELSEWHERE:
        return []
    spans = []
    for track in _merged(tracks):
        part = track.mask()
        if _kind(part) is not None and part.mean() <= MOST_AREA:
            extent = _extent(apart, part, chunks[track.first].start, chunks[track.last].stop)
            spans.append((part, *extent))
    named_over = [_overlay(canvas, frames, *one) for one in _settled(spans)]
    return [one for one in named_over if float(one.end_s - one.start_s) >= LEAST_S]


def _overlay(canvas: Canvas, frames: Sequence[int], part: Mask, first: int, last: int) -> Overlay:
    times = canvas.release.frames
    step = frames[1] - frames[0]
    start_s = times.time_s(frames[first])
    end_s = times.time_s(min(frames[last - 1] + step, len(canvas.luma)))
    sure = int(part.sum()) >= SURE_PIXELS and float(end_s - start_s) >= SURE_S
    kind = _kind(part)
    assert kind is not None
    return Overlay(kind, start_s, end_s, _fractions(part), None, SURE if sure else LESS_SURE)


def _settled(spans: Sequence[tuple[Mask, int, int]]) -> list[tuple[Mask, int, int]]:
    """Leave out what lies inside something larger at the same time."""
    kept: list[tuple[Mask, int, int]] = []
    for part, first, last in sorted(spans, key=lambda one: -int(one[0].sum())):
        for k, (other, start, end) in enumerate(kept):
            common = min(last, end) - max(first, start)
            if _contained(_box(part), _box(other)) >= MOSTLY and common >= 0.5 * min(
                last - first, end - start
            ):
                kept[k] = (other, min(first, start), max(last, end))
                break
        else:
            kept.append((part, first, last))
    return kept


def _lasting(ground: Expected, apart: Mask, chunk: slice) -> Mask:
    """Pixels that disagree throughout a chunk and show the same, or the same beside the raw, all along."""
    often = apart[chunk].mean(axis=0) >= PERSISTS
    miss = ground.seen[chunk] - ground.picture[chunk]
    steady = ground.seen[chunk].std(axis=0) < STEADY
    beside = miss.std(axis=0) < 0.5 * np.abs(miss.mean(axis=0))
    return np.asarray(often & (steady | beside) & ground.compared, np.bool_)


def _parts(lasting: Mask) -> list[Mask]:
    """Connected parts, letters of one line taken together."""
    # Padded, because closing fills what lies between a part and the picture's edge.
    wide = cv2.copyMakeBorder(lasting.astype(np.uint8), 9, 9, 9, 9, cv2.BORDER_CONSTANT, value=0)
    near = cv2.morphologyEx(wide, cv2.MORPH_CLOSE, np.ones((3, 9), np.uint8))[9:-9, 9:-9]
    count, labels = cv2.connectedComponents(near, connectivity=8)
    found = []
    for label in range(1, count):
        part = np.asarray((labels == label) & lasting, np.bool_)
        left, top, right, bottom = _box(part) if part.any() else (0, 0, 0, 0)
        if part.sum() >= LEAST_PIXELS and min(right - left, bottom - top) >= LEAST_SIDE_PX:
            found.append(np.asarray(labels == label, np.bool_))
    return found


def _followed(tracks: list[_Track], number: int, part: Mask, level: NDArray[np.float32]) -> None:
    """Add a part to the track it goes on, or begin one."""
    for track in tracks:
        if number - track.last > 1 or number == track.last:
            continue
        common = part & track.mask()
        if _overlap(_box(part), _box(track.mask())) < SAME_PLACE or not common.any():
            continue
        if float(np.abs(level - track.level)[common].mean()) <= SAME_LEVEL:
            track.last = number
            track.votes += part
            return
    tracks.append(_Track(number, number, part.astype(np.int64), level))


def _merged(tracks: Sequence[_Track]) -> list[_Track]:
    """Take together what was followed in pieces: where a panel has the brightness of what lies behind it."""
    left = sorted(tracks, key=lambda track: -int(track.mask().sum()))
    merged: list[_Track] = []
    for track in left:
        home = next((other for other in merged if _belongs(track, other)), None)
        if home is None:
            merged.append(track)
            continue
        most = max(int(home.votes.max()), 1)
        home.votes = np.maximum(home.votes, track.mask() * most)
        home.first, home.last = min(home.first, track.first), max(home.last, track.last)
    return merged


def _belongs(track: _Track, other: _Track) -> bool:
    """Whether a smaller track is a piece of a larger one: at the same time, inside it or on its line."""
    common = min(track.last, other.last) - max(track.first, other.first) + 1
    a, b = _box(track.mask()), _box(other.mask())
    contained = _contained(a, b)
    if common <= 0:
        both = track.mask() & other.mask()
        alike = both.any() and float(np.abs(track.level - other.level)[both].mean()) <= SAME_LEVEL / 2
        return bool(common == 0 and contained >= MOSTLY and alike)
    if contained >= MOSTLY:
        return True
    rows = min(a[3], b[3]) - max(a[1], b[1])
    gap = max(a[0], b[0]) - min(a[2], b[2])
    one_line = rows >= MOSTLY * max(a[3] - a[1], b[3] - b[1])
    below = min(a[1], b[1]) >= TEXT_BELOW * track.votes.shape[0]
    return one_line and below and gap <= LINE_GAP * track.votes.shape[1]


def _contained(inner: tuple[int, int, int, int], outer: tuple[int, int, int, int]) -> float:
    across = min(inner[2], outer[2]) - max(inner[0], outer[0])
    down = min(inner[3], outer[3]) - max(inner[1], outer[1])
    area = (inner[2] - inner[0]) * (inner[3] - inner[1])
    return max(0, across) * max(0, down) / max(1, area)


def _extent(apart: Mask, part: Mask, first: int, last: int) -> tuple[int, int]:
    """First and last + 1 row in which the part is there, up to a chunk beyond where it was followed."""
    share = apart[:, part].mean(axis=1)
    least = PRESENT * float(np.median(share[first:last]))
    while first > 0 and share[first - 1] >= least:
        first -= 1
    while last < len(share) and share[last] >= least:
        last += 1
    while first < last - 1 and share[first] < least:
        first += 1
    while last > first + 1 and share[last - 1] < least:
        last -= 1
    return first, last


def _kind(part: Mask) -> Literal["logo", "text"] | None:
    """What lies in this place; None where neither logos nor texts usually lie."""
    height, width = part.shape
    left, top, right, bottom = _box(part)
    across, down = (right - left) / width, (bottom - top) / height
    shape = (right - left) / max(1, bottom - top)
    middle = (top + bottom) / 2 / height
    if across >= TEXT_WIDTH and shape >= TEXT_SHAPE and middle >= TEXT_BELOW and down <= LOGO_SIDE:
        return "text"
    sideways = min(left / width, 1 - right / width) <= LOGO_MARGIN
    upright = min(top / height, 1 - bottom / height) <= LOGO_MARGIN
    if max(across, down) <= LOGO_SIDE and sideways and upright:
        return "logo"
    return None


def _box(part: Mask) -> tuple[int, int, int, int]:
    """Left, top, right + 1 and bottom + 1 of a part, without rows and columns that hold little of it."""
    rows, columns = part.sum(axis=1), part.sum(axis=0)
    y = np.flatnonzero(rows >= max(1, SPARSE * rows.max()))
    x = np.flatnonzero(columns >= max(1, SPARSE * columns.max()))
    return int(x[0]), int(y[0]), int(x[-1]) + 1, int(y[-1]) + 1


def _overlap(a: tuple[int, int, int, int], b: tuple[int, int, int, int]) -> float:
    across = min(a[2], b[2]) - max(a[0], b[0])
    down = min(a[3], b[3]) - max(a[1], b[1])
    if across <= 0 or down <= 0:
        return 0.0
    areas = ((c[2] - c[0]) * (c[3] - c[1]) for c in (a, b))
    return across * down / (sum(areas) - across * down)


def _fractions(part: Mask) -> Box:
    height, width = part.shape
    left, top, right, bottom = _box(part)
    return Box(
        round(left / width, 4),
        round(top / height, 4),
        round((right - left) / width, 4),
        round((bottom - top) / height, 4),
    )
