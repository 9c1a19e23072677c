"""Second pictures that local points did not find: what the first does not explain is searched on its own.

A picture set into another is small, and what it shows may have few points. But where the named
recording disagrees with the release in one upright box, the box can be compared with every moment
of every recording as if it were a release of its own.
"""

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from offcut.conform.anchors import agreed, anchors_of, runs
from offcut.conform.canvas import Canvas, Pixels, normalised
from offcut.conform.lines import Fitter
from offcut.conform.path import Piece
from offcut.conform.placements import tried
from offcut.conform.planes import Plane, plane

LOOKED_AT = 9
"""Frames of a piece on which it is measured where the named recording is not seen."""

AROUND_PX, DISAGREES = 7, 0.5
LEAST_AREA, LEAST_FILL = 0.03, 0.7
APART_TIMES, SIDE_SHARE = 3.0, 0.4
"""A pixel differs if it does so three times as much as the middle one; a side is where two in five do."""

FILLED, MOST_UPRIGHT, MOST_OBLONG, LEAST_UNFILLED_FRAMES = 0.4, 0.5, 3.0, 30
"""Share of a box that a second picture has to cover; shapes and length of a picture set into another."""

CHANGE_LAG, LEAST_CHANGE, LEAST_DETAIL = 6, 1.5, 12.0
"""Mean change over six frames above which something moves there, and least spread, in grey levels: graphics
lie still, and a plain part is a poor match rather than another picture."""

ALIKE_PX = 3
LEAST_BEYOND, PLAIN_LEVELS = 0.2, 8.0
"""Share of the picture, and spread in grey levels, from which what lies beside a recording is searched."""

LEAST_FRAMES = 12
LEAST_MATCH = 0.5
"""An inset has few pixels: what agrees less with a recording is not followed."""

Window = tuple[float, float, float, float]


def inset_planes(canvas: Canvas, pieces: Sequence[Piece], fitters: Sequence[Fitter]) -> list[Plane]:
    """Planes of recordings seen in parts of the picture where the named one is not."""
    found: list[Plane] = []
    for piece in pieces:
        if piece.line is None or piece.last - piece.first < LEAST_FRAMES:
            continue
        for window in unexplained(canvas, piece, fitters[piece.line.plane]):
            found += _planes(canvas, piece, window)
    return found


def unfilled(
    canvas: Canvas, pieces: Sequence[Piece], fitters: Sequence[Fitter], beside: Sequence[Piece]
) -> list[range]:
    """Release frames in which a part of the picture changes that is neither the first nor a second recording.

    What lies still over the picture, or lies in a line, is graphics and does not count.
    """
    found = []
    for piece in pieces:
        if piece.line is None or piece.last - piece.first < LEAST_UNFILLED_FRAMES:
            continue
        masks = [
            fitters[other.line.plane].plane.mask
            for other in beside
            if other.line is not None and other.first < piece.last and piece.first < other.last
        ]
        for window in unexplained(canvas, piece, fitters[piece.line.plane], beyond=False):
            left, top = round(window[0] * canvas.width), round(window[1] * canvas.height)
            right = left + max(1, round(window[2] * canvas.width))
            bottom = top + max(1, round(window[3] * canvas.height))
            shape = (right - left) / (bottom - top)
            filled = any(float(m[top:bottom, left:right].mean()) >= FILLED for m in masks)
            upright = MOST_UPRIGHT <= shape <= MOST_OBLONG
            if (
                not filled
                and upright
                and _changes(canvas.luma[piece.first : piece.last, top:bottom, left:right])
            ):
                found.append(range(piece.first, piece.last))
                break
    return found


def _changes(seen: NDArray[np.uint8]) -> bool:
    """Whether a part of the picture, shape (frames, height, width), is detailed and keeps changing."""
    at = np.arange(0, len(seen) - CHANGE_LAG, CHANGE_LAG)
    if len(at) == 0:
        return False
    apart = np.abs(seen[at + CHANGE_LAG].astype(np.float32) - seen[at]).mean(axis=(1, 2))
    return float(np.median(apart)) > LEAST_CHANGE and float(seen.std()) > LEAST_DETAIL


def unexplained(canvas: Canvas, piece: Piece, fitter: Fitter, *, beyond: bool = True) -> list[Window]:
    """Upright boxes in which a piece's recording is not seen, in fractions of the release.

    With `beyond`, also what lies outside of the recording's picture.
    """
    assert piece.line is not None
    geometry, mask = fitter.plane.geometry, canvas.mask(fitter.plane.geometry)
    both = np.zeros((canvas.height, canvas.width), np.float32)
    ours, theirs, apart = both.copy(), both.copy(), both.copy()
    for frame in np.unique(np.linspace(piece.first + 1, piece.last - 2, LOOKED_AT).round().astype(int)):
        index = fitter.raw_index(piece.line, int(frame))
        if index is None:
            continue
        raw = canvas.warped(geometry, index)
        apart += _difference(canvas.luma[frame].astype(np.float32), raw, fitter.plane.mask)
        x, y = canvas.release_picture(int(frame)), normalised(raw)
        for total, product in ((both, x * y), (ours, x * x), (theirs, y * y)):
            total += cv2.blur(product, (AROUND_PX, AROUND_PX))
    agrees = both / np.sqrt(ours * theirs + 1e-9)
    differs = ((agrees < DISAGREES) & mask).astype(np.uint8)
    differs = np.asarray(cv2.morphologyEx(differs, cv2.MORPH_OPEN, np.ones((5, 5), np.uint8)), np.uint8)
    inside = _boxes(differs, apart > APART_TIMES * float(np.median(apart[mask])) + 1e-3)
    if not beyond:
        return inside
    return [*inside, *_beyond(canvas, mask, canvas.luma[(piece.first + piece.last) // 2])]


def _beyond(canvas: Canvas, mask: NDArray[np.bool_], seen: NDArray[np.uint8]) -> list[Window]:
    """Parts of the picture beside the recording that are not plain, as in a split screen."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats((~mask).astype(np.uint8), connectivity=4)
    found = []
    for number, (left, top, wide, high, area) in enumerate(stats[1:count].tolist(), 1):
        large = area >= LEAST_BEYOND * mask.size and area >= LEAST_FILL * wide * high
        if large and float(seen[labels == number].std()) > PLAIN_LEVELS:
            found.append(
                (left / canvas.width, top / canvas.height, wide / canvas.width, high / canvas.height)
            )
    return found


def _difference(seen: Pixels, raw: Pixels, mask: NDArray[np.bool_]) -> Pixels:
    """Difference of a release picture from a raw one after the straight grading that fits best in `mask`."""
    x, y = raw[mask], seen[mask]
    slope = float(((x - x.mean()) * (y - y.mean())).sum() / (((x - x.mean()) ** 2).sum() + 1e-6))
    return np.asarray(np.abs(seen - float(y.mean()) - slope * (raw - float(x.mean()))), np.float32)


def _boxes(differs: NDArray[np.uint8], apart: NDArray[np.bool_]) -> list[Window]:
    """The boxes that `differs` fills, their sides moved in to where the plain pictures differ, too."""
    height, width = differs.shape
    count, _, stats, _ = cv2.connectedComponentsWithStats(differs, connectivity=4)
    found = []
    for left, top, wide, high, area in stats[1:count].tolist():
        if area < LEAST_AREA * width * height or area < LEAST_FILL * wide * high:
            continue
        inner = apart[top : top + high, left : left + wide]
        columns = np.flatnonzero(inner.mean(axis=0) > SIDE_SHARE)
        rows = np.flatnonzero(inner.mean(axis=1) > SIDE_SHARE)
        edge = AROUND_PX // 2 + 1
        options = [(left + edge, top + edge, wide - 2 * edge, high - 2 * edge)]
        if len(columns) and len(rows):
            moved = (left + int(columns[0]), top + int(rows[0]))
            options.insert(0, (*moved, int(np.ptp(columns)) + 1, int(np.ptp(rows)) + 1))
        found += [
            (one[0] / width, one[1] / height, one[2] / width, one[3] / height)
            for one in options[: 1 if _alike(options) else 2]
            if min(one[2:]) > 0 and one[2] * one[3] >= LEAST_AREA * width * height
        ]
    return found


def _alike(boxes: Sequence[tuple[int, int, int, int]]) -> bool:
    return len(boxes) > 1 and max(abs(a - b) for a, b in zip(*boxes[:2], strict=True)) <= ALIKE_PX


def _planes(canvas: Canvas, piece: Piece, window: Window) -> list[Plane]:
    view = canvas.view(window)
    elsewhere = {*range(piece.first), *range(piece.last, len(canvas.luma))}
    anchors = []
    for number in range(len(canvas.recordings)):
        for likeliest_first in tried(view, number, elsewhere):
            anchors += [a for a in anchors_of(view, likeliest_first) if a.match >= LEAST_MATCH]
    found = []
    for run in runs(view, anchors):
        for geometry, group in agreed(view, run)[:1]:
            one = plane(view, geometry, group)
            if one is not None:
                whole = canvas.through(geometry, window)
                found.append(replace(one, geometry=whole, mask=canvas.mask(whole), is_window=True))
    return found
