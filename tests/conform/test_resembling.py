from dataclasses import replace
from fractions import Fraction

import numpy as np

from conform.panorama import aired, measured, moving
from offcut.conform.anchors import Anchor
from offcut.conform.canvas import Canvas
from offcut.conform.edit import Assembly
from offcut.conform.hypotheses import Geometry
from offcut.conform.lines import Fitter
from offcut.conform.path import Piece
from offcut.conform.planes import plane
from offcut.conform.resembling import resembling
from offcut.timeline import Span

WHOLE = Geometry(0, False, np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]), is_usual=True)
FRAME_S = Fraction(1, 30)


def compared() -> tuple[Canvas, Fitter]:
    """A release of raw frames 20 to 49, compared with the recording."""
    recording = moving(1).measurement
    release = measured(list(aired(1)[20:50]))
    canvas = Canvas(release, [recording])
    found = plane(canvas, WHOLE, [Anchor(15, 35, WHOLE, 0.9)])
    assert found is not None
    return canvas, Fitter(found, 0, release.frames, recording.frames)


def holds(spans: list[tuple[int, Span]], frame: int) -> bool:
    at_s = frame * FRAME_S
    return any(k == 0 and s.start_s <= at_s < s.end_s for k, s in spans)


def test_raw_that_a_part_without_a_source_looks_like_may_have_been_used() -> None:
    canvas, fitter = compared()
    spans = resembling(canvas, Assembly([Piece(0, 30, None)], [], [], [fitter]))
    assert all(holds(spans, frame) for frame in range(20, 50))


def test_raw_that_looks_otherwise_is_not_spared() -> None:
    canvas, fitter = compared()
    spans = resembling(canvas, Assembly([Piece(0, 30, None)], [], [], [fitter]))
    assert not holds(spans, 85)


def test_where_every_frame_has_its_source_nothing_resembles() -> None:
    canvas, fitter = compared()
    line = fitter.best(np.arange(30), (1.0,))[0]
    assert resembling(canvas, Assembly([Piece(0, 30, line)], [], [fitter], [fitter])) == []


def test_a_window_that_no_second_piece_fills_resembles_what_was_compared_in_it() -> None:
    canvas, fitter = compared()
    fitter.plane = replace(fitter.plane, is_window=True)
    line = fitter.best(np.arange(30), (1.0,))[0]
    open_window = Assembly([Piece(0, 30, line)], [], [fitter], [], [fitter])
    assert holds(resembling(canvas, open_window), 35)
    filled = replace(open_window, beside=[Piece(0, 30, line)])
    assert resembling(canvas, filled) == []


def test_an_unfilled_part_of_the_picture_may_be_of_any_recording() -> None:
    canvas, fitter = compared()
    line = fitter.best(np.arange(30), (1.0,))[0]
    hidden = Assembly([Piece(0, 30, line)], [], [fitter], unfilled=[range(30)])
    spans = resembling(canvas, hidden)
    assert all(holds(spans, frame) for frame in range(90))
