from itertools import chain

import numpy as np

from conform.panorama import HEIGHT_PX, aired, cropped, fixed, measured, moving
from offcut.conform.anchors import Anchor
from offcut.conform.canvas import Canvas
from offcut.conform.placements import KEPT, explained, tried, usual


def test_a_recording_of_the_same_shape_has_one_place_and_its_mirror_image() -> None:
    canvas = Canvas(measured(list(moving(1).pictures[:4])), [moving(1).measurement])
    places = usual(canvas, 0)
    assert [p.mirrored for p in places] == [False, True]
    assert all(np.allclose(p.matrix, np.eye(2, 3)) for p in places)


def test_an_upright_recording_is_tried_fitted_in_and_cut_to_fill() -> None:
    upright = measured([np.ascontiguousarray(p[:, : HEIGHT_PX // 2]) for p in moving(2).pictures[:4]])
    canvas = Canvas(measured(list(moving(1).pictures[:4])), [upright])
    scales = sorted({round(float(p.matrix[0, 0]), 3) for p in usual(canvas, 0)})
    assert len(scales) == 2
    assert scales[1] / scales[0] > 3


def test_whole_pictures_are_found_near_their_moment_without_a_single_feature() -> None:
    release = measured(list(moving(1).pictures[30:70]))
    canvas = Canvas(release, [moving(1).measurement])
    found = list(chain.from_iterable(tried(canvas, 0)))
    assert found
    apart = [abs(h.raw_frame - h.release_frame - 30) for h in found]
    right = [h for h, by in zip(found, apart, strict=True) if by <= 2 and not h.geometry.mirrored]
    assert {h.release_frame for h in right} == {h.release_frame for h in found}


def test_each_release_frame_keeps_few_moments() -> None:
    canvas = Canvas(measured(list(fixed(3).pictures[10:40])), [fixed(3).measurement])
    kept = [list(one) for one in tried(canvas, 0)]
    assert kept
    assert max(len(one) for one in kept) <= KEPT


def test_another_place_is_not_proposed() -> None:
    release = measured([cropped(p, 0.25, 0.25, 0.5) for p in moving(2).pictures[:20]])
    canvas = Canvas(release, [fixed(3).measurement])
    assert list(chain.from_iterable(tried(canvas, 0))) == []


def test_a_picture_cut_to_a_square_is_found_whatever_lies_beside_it() -> None:
    """Only the middle columns are of the recording; on either side is footage of another place."""
    release = [q.copy() for q in moving(2).pictures[:40]]
    for one, p in zip(release, aired(1)[30:70], strict=True):
        one[:, 40:120] = p[:, 40:120]
    canvas = Canvas(measured(release), [moving(1).measurement])
    found = list(chain.from_iterable(tried(canvas, 0)))
    right = {
        h.release_frame
        for h in found
        if abs(h.raw_frame - h.release_frame - 30) <= 1 and not h.geometry.mirrored
    }
    assert right == set(range(0, 40, 8))


def test_what_an_anchor_explains_well_enough_is_not_tried_again() -> None:
    release = measured(list(aired(1)[30:70]))
    whole = usual(Canvas(release, [moving(1).measurement]), 0)[0]
    anchors = [Anchor(10, 40, whole, 0.97), Anchor(30, 60, whole, 0.8)]
    surely, fairly = explained(release, anchors), explained(release, anchors, beyond_doubt=0.7)
    assert 10 in surely
    assert 30 not in surely
    assert {10, 30} <= fairly
    assert surely < fairly
