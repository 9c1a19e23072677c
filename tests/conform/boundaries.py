"""Boundaries by hand: release frame t shows frame t of one of two recordings, or something of both."""

from dataclasses import replace

import numpy as np

from conform.panorama import HEIGHT_PX, WIDTH_PX, Picture, frames_of, moving
from offcut.analysers import BUILT_IN
from offcut.conform.anchors import Anchor
from offcut.conform.canvas import Canvas
from offcut.conform.hypotheses import Geometry
from offcut.conform.lines import Fitter, Line
from offcut.conform.path import Piece
from offcut.conform.planes import plane
from offcut.measure import measure
from offcut.records import Measurement
from offcut.timeline import FrameTimes

FRAME_S = 1 / 30
BLACK: Picture = np.full((HEIGHT_PX, WIDTH_PX), 4, np.uint8)
WHITE: Picture = np.full((HEIGHT_PX, WIDTH_PX), 250, np.uint8)


def whole(recording: int) -> Geometry:
    """A recording shown whole."""
    return Geometry(recording, False, np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]))


def pictured(release: list[Picture]) -> Measurement:
    """A release of which only the small pictures were measured."""
    signals = {s.name: s for s in measure(frames_of(release), [BUILT_IN["picture"]()])}
    like = moving(1).measurement
    times = FrameTimes(like.frames.tick_s, np.arange(len(release), dtype=np.int64), len(release))
    return replace(like, frames=times, signals=signals)


def laid(
    release: list[Picture], spans: list[tuple[int, int, int | None]], *, late_frames: int = 0
) -> tuple[Canvas, list[Piece], list[Fitter]]:
    """Pieces (first, last, recording) of a release over the recordings `moving(1)` and `moving(2)`.

    `late_frames` are added to the raw frame that every piece but the first shows.
    """
    ours = pictured(release)
    recordings = [moving(1).measurement, moving(2).measurement]
    canvas = Canvas(ours, recordings)
    fitters: list[Fitter] = []
    pieces: list[Piece] = []
    for first, last, number in spans:
        if number is None:
            pieces.append(Piece(first, last, None))
            continue
        late = late_frames if pieces else 0
        picks = (first + 3, (first + last) // 2, last - 4)
        anchors = [Anchor(t, t + late, whole(number), 0.9) for t in picks]
        found = plane(canvas, whole(number), anchors)
        assert found is not None
        fitters.append(Fitter(found, len(fitters), ours.frames, recordings[number].frames))
        raw_s = (0.5 + late) * FRAME_S
        pieces.append(Piece(first, last, Line(len(fitters) - 1, 0.0, raw_s, 1.0, 0.95, 0.9)))
    return canvas, pieces, fitters
