"""Windows of any size and place, searched on very small pictures where nothing else found a source.

Fast, blurred or strongly enlarged footage leaves few points that agree. A release frame is then
slid over every described raw frame at several enlargements, forty pixels wide; what fits best goes
on to the finer comparison.
"""

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from offcut.conform.canvas import Canvas, Pixels
from offcut.conform.hypotheses import Geometry, Hypothesis, canvas_px

SMALL_PX = 40
ENLARGED = tuple(float(1.15**k) for k in range(6))
"""From the window that just fills the release to one of half its side."""

NEAR_PX, FLOOR = 5, 4.0
ROWS = (0.16, 0.82)
EVERY_S = 0.3
MOST_FRAMES, MOST_RAW_FRAMES = 120, 600
LEAST_MATCH, KEPT = 0.5, 4
LEAST_SPREAD = 6.0


@dataclass(frozen=True, slots=True)
class _Found:
    match: float
    raw_frame: int
    geometry: Geometry


def slid(canvas: Canvas, explained: Container[int] = frozenset()) -> Iterator[Iterator[Hypothesis]]:
    """Yield, for release frames not yet explained, the windows of raw frames that agree best."""
    step = max(1, round(EVERY_S / max(canvas.release.frames.median_step_s, 1e-3)))
    ours = [t for t in range(step // 2, len(canvas.luma), step) if t not in explained]
    ours = [t for t in ours if float(canvas.luma[t].std()) > LEAST_SPREAD]
    ours = ours[:: -(-len(ours) // MOST_FRAMES) or 1]
    if not ours:
        return
    scale = SMALL_PX / canvas.width
    size = (SMALL_PX, max(8, round(canvas.height * scale)))
    rows = slice(int(ROWS[0] * size[1]), int(ROWS[1] * size[1]))
    sought = {
        t: _normalised(cv2.resize(canvas.luma[t], size, interpolation=cv2.INTER_AREA))[rows] for t in ours
    }
    options: dict[int, list[_Found]] = {t: [] for t in ours}
    for number in range(len(canvas.recordings)):
        for enlarged, geometry, raw_frame in _pictures(canvas, number, size):
            for t, one in sought.items():
                scores = cv2.matchTemplate(enlarged, one, cv2.TM_CCOEFF_NORMED)
                _, best, _, (left, top) = cv2.minMaxLoc(scores)
                if best >= LEAST_MATCH:
                    matrix = geometry.matrix.copy()
                    unit = canvas.size_px[0] / SMALL_PX
                    matrix[:, 2] -= (left * unit, (top - rows.start) * unit)
                    options[t].append(_Found(best, raw_frame, Geometry(number, geometry.mirrored, matrix)))
    for t, found in options.items():
        best_first = sorted(found, key=lambda one: -one.match)[:KEPT]
        yield iter([Hypothesis(t, one.raw_frame, one.geometry, 0) for one in best_first])


def _pictures(canvas: Canvas, number: int, size: tuple[int, int]) -> Iterator[tuple[Pixels, Geometry, int]]:
    """Raw pictures as they would lie behind a release of `size`, with their geometry and frame."""
    recording = canvas.recordings[number]
    width, height = canvas_px(recording)
    fill = max(canvas.size_px[0] / width, canvas.size_px[1] / height)
    unit = size[0] / canvas.size_px[0]
    frames = described(canvas, number)
    for k in ENLARGED:
        across, down = round(width * fill * k * unit), round(height * fill * k * unit)
        if across < size[0] or down < size[1]:
            across, down = max(across, size[0]), max(down, size[1])
        matrix = np.array([[fill * k, 0.0, 0.0], [0.0, fill * k, 0.0]])
        for frame in frames:
            raw = np.asarray(recording.signals["picture.luma"].values[frame])
            one = _normalised(cv2.resize(raw, (across, down), interpolation=cv2.INTER_AREA))
            for mirrored in (False, True):
                yield (
                    np.ascontiguousarray(one[:, ::-1]) if mirrored else one,
                    Geometry(number, mirrored, matrix),
                    frame,
                )


def described(canvas: Canvas, number: int) -> Sequence[int]:
    """Raw frames whose content is new, as the features were taken from them; some of them if many."""
    recording = canvas.recordings[number]
    pts = np.unique(recording.signals["features.points"].pts)
    frames = np.searchsorted(recording.frames.pts, pts)
    picked: list[int] = frames[:: max(1, -(-len(frames) // MOST_RAW_FRAMES))].tolist()
    return picked


def _normalised(picture: NDArray[Any]) -> Pixels:
    x = picture.astype(np.float32)
    x -= cv2.blur(x, (NEAR_PX, NEAR_PX))
    return np.asarray(x / (np.sqrt(cv2.blur(x * x, (NEAR_PX, NEAR_PX))) + FLOOR), np.float32)
