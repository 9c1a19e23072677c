"""Raw that looks like a part of the release for which no source was named: it may have been used.

What was searched and did not agree well enough to be named is not thereby left out.
"""

from collections.abc import Iterator
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from offcut.conform.canvas import Canvas
from offcut.conform.edit import Assembly
from offcut.conform.lines import Fitter
from offcut.timeline import FrameTimes, Span, union

LEAST_MATCH, SLACK = 0.55, 0.1
"""Raw frames that agree this well with some frame of such a part, and at most so much worse than the best."""

LEAST_FRAMES, AROUND_FRAMES = 4, 6


def resembling(canvas: Canvas, assembly: Assembly) -> list[tuple[int, Span]]:
    """Spans of recordings, by index, that resemble what the release shows without a named source."""
    found: dict[int, list[Span]] = {}
    for fitter, frames in _open(assembly):
        number = fitter.plane.geometry.recording
        times = canvas.recordings[number].frames
        found.setdefault(number, []).extend(_alike(fitter, frames, times))
    if assembly.unfilled:
        # Whatever was set in there was not found: it may be of any recording.
        for number, recording in enumerate(canvas.recordings):
            found[number] = [Span(recording.frames.start_s, recording.frames.end_s)]
    return [(number, span) for number, spans in found.items() for span in union(spans)]


def _open(assembly: Assembly) -> Iterator[tuple[Fitter, range]]:
    """What was compared with frames that have no source, and windows that no second piece fills."""
    bare = [range(p.first, p.last) for p in assembly.pieces if p.line is None]
    for fitter in assembly.searched:
        for frames in bare:
            yield fitter, frames
    for fitter in assembly.windows:
        anchored = [a.release_frame for a in fitter.plane.anchors]
        frames = range(min(anchored) - AROUND_FRAMES, max(anchored) + AROUND_FRAMES + 1)
        filled = any(p.first < frames.stop and frames.start < p.last for p in assembly.beside)
        if not filled:
            yield fitter, frames


def _alike(fitter: Fitter, frames: range, times: FrameTimes) -> list[Span]:
    first, last = fitter.plane.release_frames
    rows = np.arange(max(frames.start, first), min(frames.stop, last)) - first
    if len(rows) < LEAST_FRAMES:
        return []
    best: NDArray[np.float32] = fitter.match[rows].max(axis=0)
    alike = np.flatnonzero(best >= max(LEAST_MATCH, float(best.max()) - SLACK)) + fitter.plane.raw_frames[0]
    step_s = Fraction(times.median_step_s).limit_denominator(90_000)
    return union(
        Span(
            max(times.start_s, times.time_s(int(k)) - step_s),
            min(times.end_s, times.time_s(int(k)) + 2 * step_s),
        )
        for k in alike
    )
