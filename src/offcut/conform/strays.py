"""What looks like a change from one picture to another at a boundary and is none."""

from collections.abc import Sequence

import cv2
import numpy as np

from offcut.conform.anchors import distance_px
from offcut.conform.canvas import Canvas, correlation, normalised
from offcut.conform.lines import Fitter
from offcut.conform.path import Piece
from offcut.conform.sides import Side

HELD = 0.97
"""Correlation above which the unknown side of a boundary still shows what the known one ended with."""

GOES_ON_S, GOES_ON_FRAMES = 0.12, 3.0
"""Raw time that two pieces of one recording may be apart where they meet and still be one run."""

SAME_PLACE_PX = 2.0
STRAY_S, STRAY_PX = 0.6, 3
STRAYED = 0.8
"""Correlation at another moment or place nearby above which a known side is still shown alone."""

OWN_FLASH_FRAMES = 4
OWN_FLASH = 0.4


def goes_on(canvas: Canvas, before: Piece, after: Piece, fitters: Sequence[Fitter]) -> bool:
    """Whether two pieces are one run of one recording that only changes its speed."""
    if before.line is None or after.line is None:
        return False
    one, two = (fitters[p.line.plane] for p in (before, after) if p.line is not None)
    a, b = one.plane.geometry, two.plane.geometry
    if a.recording != b.recording or a.mirrored != b.mirrored:
        return False
    at_s = one.release_time_s(after.first)
    apart_s = abs(float(before.line.raw_at(at_s)) - float(after.line.raw_at(at_s)))
    if apart_s > max(GOES_ON_S, GOES_ON_FRAMES * one.raw_step_s):
        return False
    return distance_px(canvas, a, b) <= SAME_PLACE_PX


def is_held(canvas: Canvas, at: int, window: tuple[int, int], *, after: bool) -> bool:
    """Whether the unknown side goes on showing the last picture of the known one: a held frame."""
    known, unknown = (at - 1, window[1] - 1) if after else (at, window[0])
    pictures = [canvas.release_picture(max(0, frame)).ravel() for frame in (known, unknown)]
    return correlation(*pictures) > HELD


def is_own_flash(side: Side, frames: tuple[int, int]) -> bool:
    """Whether the recording itself flashes near the raw frames shown: then the release added nothing."""
    rows = range(side.raw_frame(frames[0]), side.raw_frame(frames[1]) + 1)
    assert side.fitter is not None
    total = len(side.canvas.recordings[side.fitter.plane.geometry.recording].frames)
    near = range(max(0, rows.start - OWN_FLASH_FRAMES), min(total, rows.stop + OWN_FLASH_FRAMES))
    levels = np.array([float(side.graded(j)[side.mask].mean()) for j in near])
    usual = float(np.median(levels))
    return bool((levels > usual + OWN_FLASH * (255 - usual)).any())


def strays(canvas: Canvas, sides: Sequence[Side | None], first: int, last: int) -> bool:
    """Whether the known side is still shown alone in a supposed dissolve, at another moment or place.

    Where a line ends because the run goes on in a way that is not recognised, agreement falls slowly,
    as in a dissolve; but in a dissolve no other moment agrees better.
    """
    side = next((s for s in sides if s is not None and s.fitter is not None), None)
    if side is None or side.fitter is None:
        return False
    is_first = sides[0] is side
    length = last - first
    picks = [first + round(length * p) for p in ((0.6, 0.75, 0.9) if is_first else (0.1, 0.25, 0.4))]
    found = [_best_near(canvas, side, min(max(t, 0), len(canvas.luma) - 1)) for t in picks]
    return float(np.median(found)) > STRAYED


def _best_near(canvas: Canvas, side: Side, frame: int) -> float:
    assert side.fitter is not None
    geometry = side.fitter.plane.geometry
    times = canvas.recordings[geometry.recording].frames
    reach = max(1, round(STRAY_S / max(times.median_step_s, 1e-3)))
    rows, columns = np.nonzero(canvas.mask(geometry))
    pad = STRAY_PX
    top, bottom, left, right = rows.min(), rows.max() + 1, columns.min(), columns.max() + 1
    seen = canvas.release_picture(frame)[top + pad : bottom - pad, left + pad : right - pad]
    if min(seen.shape) < 12:
        return 0.0
    middle = side.raw_frame(frame)
    best = 0.0
    for j in range(max(0, middle - reach), min(len(times), middle + reach + 1), max(1, reach // 8)):
        raw = normalised(canvas.warped(geometry, j))[top:bottom, left:right]
        best = max(best, float(cv2.matchTemplate(raw, seen, cv2.TM_CCOEFF_NORMED).max()))
    return best
