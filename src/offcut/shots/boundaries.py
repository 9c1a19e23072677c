"""From the small pictures of a measurement to shots with exact times."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction

import cv2
import numpy as np
from numpy.typing import NDArray

from offcut.records import Flash, Measurement, Opening, Shot
from offcut.shots.confidence import burst_confidence, cut_confidence, gradual_confidence
from offcut.shots.cuts import Burst, Cut, find_cuts
from offcut.shots.gradual import Gradual, find_gradual
from offcut.shots.scan import scan
from offcut.shots.similarity import Looks
from offcut.timeline import FrameTimes

_LEAST_CONFIDENCE = 0.5
"""What is more likely no cut than one is not stated."""
_LEAST_GRADUAL_CONFIDENCE = 0.6
"""Of 11 dissolves stated between 0.5 and 0.7 on the tuning videos only 5 were true."""


def find(measurement: Measurement) -> tuple[list[Shot], list[Flash]]:
    """Find the shots of a video, and the flashes in it.

    The shots share out the time from the first frame to the end of the last without gap or overlap; a shot
    begins where its opening begins, so a dissolve belongs to the shot that it opens.

    Args:
        measurement: With the signals `picture.luma` (frames, h, w) and `picture.chroma` (frames, 2, h', w'),
            uint8, one row a frame; memory maps are read in blocks.

    Returns:
        Shots and flashes in order of time. A measurement without frames has no shots.

    Raises:
        ValueError: The signals and the frame times do not have the same number of rows.

    Source:
        docs/shots.md: method, measured accuracy and what cannot be seen.
    """
    luma = measurement.signals["picture.luma"].values
    chroma = measurement.signals["picture.chroma"].values
    times = measurement.frames
    if not len(luma) == len(chroma) == len(times):
        raise ValueError(f"{len(luma)} luma and {len(chroma)} chroma rows for {len(times)} frames")
    if not len(times):
        return [], []
    with _one_thread():
        cuts, bursts, changes = _boundaries(luma, chroma, times)
    openings = [Opening("start", times.start_s, times.start_s, 1.0)]
    openings += _openings(cuts, changes, times)
    ends = [opening.start_s for opening in openings[1:]] + [times.end_s]
    shots = [Shot(o.start_s, end_s, o) for o, end_s in zip(openings, ends, strict=True)]
    return shots, [_flash(burst, times) for burst in bursts]


def _boundaries(
    luma: NDArray[np.uint8], chroma: NDArray[np.uint8], times: FrameTimes
) -> tuple[list[Cut], list[Burst], list[Gradual]]:
    """Cuts, bursts of light and gradual changes by frame number."""
    seconds = times.seconds()
    figures = scan(luma, chroma, times)
    looks = Looks(luma, chroma)
    suspected, bursts = find_cuts(figures, looks, seconds)
    cuts = [c for c in suspected if cut_confidence(c) >= _LEAST_CONFIDENCE]
    changes = find_gradual(
        figures.blends, [c.index for c in cuts], [(b.first, b.end) for b in bursts], looks, seconds
    )
    likely = [c for c in changes if gradual_confidence(c) >= _LEAST_GRADUAL_CONFIDENCE]
    return cuts, bursts, likely


def _openings(cuts: Sequence[Cut], changes: Sequence[Gradual], times: FrameTimes) -> list[Opening]:
    """All openings but the first, in order; a cut within a gradual change belongs to it."""
    spans = [(c.first - 1, c.end + 1) for c in changes]
    openings = [
        Opening(c.kind, times.time_s(c.first), times.time_s(c.end), gradual_confidence(c)) for c in changes
    ]
    for cut in cuts:
        if not any(first <= cut.index < end for first, end in spans):
            at_s: Fraction = times.time_s(cut.index)
            openings.append(Opening("cut", at_s, at_s, cut_confidence(cut)))
    return sorted(openings, key=lambda opening: opening.start_s)


def _flash(burst: Burst, times: FrameTimes) -> Flash:
    start_s, end_s = times.time_s(burst.first), times.time_s(burst.end)
    return Flash(start_s, end_s, burst_confidence(float(end_s - start_s)))


@contextmanager
def _one_thread() -> Iterator[None]:
    """Keep OpenCV on one core: on pictures this small its threads cost more than they save."""
    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(before)
