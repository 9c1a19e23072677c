"""Hypotheses without features: the usual placements of a whole picture, tried on pixels alone.

Blank walls, darkness and blur give no points to match, and under large graphics the points are of
the graphics. A whole recording shown whole, or cut to fill the release, is tried all the same.
"""

from collections.abc import Container, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from offcut.conform.anchors import Anchor
from offcut.conform.canvas import Canvas, Pixels
from offcut.conform.hypotheses import Geometry, Hypothesis, canvas_px
from offcut.records import Measurement

LEAST_MATCH = 0.5
KEPT = 2
"""Moments of one recording that go on for one release frame."""

APART_S = 1.0
EVERY_S, TRY_STEP_S = 0.25, 0.1
"""Release frames that are tried, and raw frames that they are compared with."""

NEAR_S, BEYOND_DOUBT = 0.3, 0.96
"""A fast camera's wrong moments agree up to .94 in a turned or shifted place; those are still tried."""
MOST_RAW_FRAMES = 4000
"""A longer recording is tried on every n-th frame, so that this costs no more than an hour's features."""

ONE_SCALE = 1.02
CENTRAL, MIDDLE = (0.17, 0.82), (0.28, 0.72)
"""The rows that are compared: logos and lower thirds lie above and below. And the columns, besides all of
them: a picture cut to a square has something else to its sides."""

LEAST_PIXELS = 100


def usual(canvas: Canvas, recording: int) -> list[Geometry]:
    """The whole picture fitted into the release and cut to fill it, each as it is and mirrored."""
    width, height = canvas_px(canvas.recordings[recording])
    wide, high = canvas.size_px
    scales = sorted({wide / width, high / height})
    if scales[-1] / scales[0] < ONE_SCALE:
        scales = scales[-1:]
    found = []
    for scale in scales:
        matrix = np.array([[scale, 0, (wide - scale * width) / 2], [0, scale, (high - scale * height) / 2]])
        found += [Geometry(recording, mirrored, matrix, is_usual=True) for mirrored in (False, True)]
    return found


def explained(
    release: Measurement, anchors: Sequence[Anchor], *, beyond_doubt: float = BEYOND_DOUBT
) -> set[int]:
    """Release frames near which an anchor agrees well already: they need no trial."""
    reach = max(1, round(NEAR_S / max(release.frames.median_step_s, 1e-3)))
    good = {a.release_frame for a in anchors if a.match >= beyond_doubt}
    return {frame + by for frame in good for by in range(-reach, reach + 1)}


def tried(
    canvas: Canvas, recording: int, explained: Container[int] = frozenset()
) -> Iterator[Iterator[Hypothesis]]:
    """Yield, for release frames not yet explained, the moments whose whole picture agrees best."""
    raw = canvas.recordings[recording].frames
    ours = np.arange(
        0, len(canvas.luma), max(1, round(EVERY_S / max(canvas.release.frames.median_step_s, 1e-3)))
    )
    ours = np.array([frame for frame in ours.tolist() if frame not in explained], np.int64)
    if len(ours) == 0:
        return
    step = max(round(TRY_STEP_S / max(raw.median_step_s, 1e-3)), -(-len(raw) // MOST_RAW_FRAMES), 1)
    theirs = np.arange(0, len(raw), step)
    raw_s = raw.seconds()[theirs]
    options: dict[int, list[tuple[float, Hypothesis]]] = {}
    centres = list(_centres(canvas))
    for geometry in usual(canvas, recording):
        mask = canvas.mask(geometry)
        both = mask & np.logical_or.reduce(centres)
        if both.sum() < LEAST_PIXELS:
            continue
        seen, shown = canvas.release_pixels(ours, both), canvas.raw_pixels(geometry, theirs, both)
        for central in centres:
            where = central[both]
            if where.sum() < LEAST_PIXELS:
                continue
            match = _unit(seen[:, where]) @ _unit(shown[:, where]).T
            for row, frame in enumerate(ours):
                for value, k in _peaks(match[row], raw_s):
                    found = Hypothesis(int(frame), int(theirs[k]), geometry, 0)
                    options.setdefault(int(frame), []).append((value, found))
    for found_here in options.values():
        best = sorted(found_here, key=lambda pair: -pair[0])[:KEPT]
        yield iter([hypothesis for _, hypothesis in best])


def _centres(canvas: Canvas) -> Iterator[NDArray[np.bool_]]:
    rows = slice(int(CENTRAL[0] * canvas.height), int(CENTRAL[1] * canvas.height), 2)
    middle = slice(int(MIDDLE[0] * canvas.width), int(MIDDLE[1] * canvas.width))
    for columns in (slice(0, None, 2), middle):
        inside = np.zeros((canvas.height, canvas.width), np.bool_)
        inside[rows, columns] = True
        yield inside


def _peaks(match: NDArray[np.float32], raw_s: NDArray[np.float64]) -> Iterator[tuple[float, int]]:
    left = match.copy()
    for _ in range(KEPT):
        k = int(left.argmax())
        if left[k] < LEAST_MATCH:
            return
        yield float(left[k]), k
        left[np.abs(raw_s - raw_s[k]) < APART_S] = -1


def _unit(rows: Pixels) -> Pixels:
    rows = rows - rows.mean(axis=1, keepdims=True)
    return np.asarray(rows / (np.linalg.norm(rows, axis=1, keepdims=True) + 1e-6), np.float32)
