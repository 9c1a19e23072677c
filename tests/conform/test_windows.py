from itertools import chain

import cv2
import numpy as np
import pytest

from conform.panorama import Picture, aired, cropped, fixed, measured, moving
from offcut.conform.anchors import anchors_of
from offcut.conform.canvas import Canvas
from offcut.conform.hypotheses import Hypothesis, propose
from offcut.conform.windows import KEPT, described, slid

FIRST, COUNT = 20, 40


def blurred(pictures: list[Picture]) -> list[Picture]:
    return [np.asarray(cv2.GaussianBlur(p, (0, 0), 4), np.uint8) for p in pictures]


def found(release: list[Picture]) -> tuple[Canvas, list[list[Hypothesis]]]:
    canvas = Canvas(measured(release), [moving(2).measurement, moving(1).measurement])
    return canvas, [list(one) for one in slid(canvas)]


@pytest.mark.parametrize(("left", "top", "share"), [(0.0, 0.0, 1.0), (0.2, 0.15, 0.7), (0.4, 0.3, 0.55)])
def test_a_window_of_a_blurred_picture_is_proposed_and_then_put_right(
    left: float, top: float, share: float
) -> None:
    release = blurred([cropped(p, left, top, share) for p in aired(1)[FIRST : FIRST + COUNT]])
    canvas, proposals = found(release)
    assert list(chain.from_iterable(propose(canvas.release, canvas.recordings[1], 1))) == [], "no points tell"
    right = []
    for one in proposals:
        best = max(anchors_of(canvas, iter(one)), key=lambda a: a.match, default=None)
        right += [best] if best is not None and best.geometry.recording == 1 else []
    assert len(right) >= 0.7 * len(proposals)
    near = [a for a in right if abs(a.raw_frame - a.release_frame - FIRST) <= 2]
    assert len(near) >= 0.7 * len(proposals)
    scales = [float(a.geometry.matrix[0, 0]) for a in near]
    assert np.median(scales) == pytest.approx(1 / share, rel=0.03)


def test_a_mirrored_window_is_proposed_mirrored() -> None:
    release = [
        np.ascontiguousarray(cropped(p, 0.1, 0.1, 0.8)[:, ::-1]) for p in aired(1)[FIRST : FIRST + COUNT]
    ]
    _, proposals = found(release)
    best = [one[0].geometry for one in proposals if one]
    assert len(best) >= 3
    assert {(g.recording, g.mirrored) for g in best} == {(1, True)}


def test_only_frames_that_nothing_explains_are_slid() -> None:
    canvas = Canvas(measured(list(aired(1)[FIRST : FIRST + COUNT])), [moving(1).measurement])
    assert list(slid(canvas, range(COUNT))) == []
    late = [list(one) for one in slid(canvas, range(25))]
    assert late
    assert all(h.release_frame >= 25 for one in late for h in one)


def test_each_frame_gets_few_proposals_and_a_plain_one_none() -> None:
    _, proposals = found(list(aired(1)[FIRST : FIRST + COUNT]))
    assert proposals
    assert max(len(one) for one in proposals) <= KEPT
    flat = Canvas(measured([np.full((90, 160), 90, np.uint8)] * COUNT), [moving(1).measurement])
    assert list(slid(flat)) == []


def test_raw_frames_are_those_that_were_described() -> None:
    canvas = Canvas(measured(list(aired(1)[:4])), [moving(1).measurement, fixed(3).measurement])
    for number, clip in enumerate((moving(1), fixed(3))):
        frames = list(described(canvas, number))
        assert frames == sorted(set(frames))
        assert set(frames) == set(clip.measurement.signals["features.points"].pts.tolist())
