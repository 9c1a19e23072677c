import numpy as np

from conform.boundaries import laid
from conform.panorama import Picture, moving
from offcut.conform.expected import TOLERANCE, expected


def vignetted(picture: Picture) -> Picture:
    y, x = np.mgrid[-1 : 1 : picture.shape[0] * 1j, -1 : 1 : picture.shape[1] * 1j]
    shown = 20 + 0.8 * picture.astype(np.float32) * (1 - 0.2 * (x**2 + y**2))
    return np.asarray(np.rint(np.clip(shown, 0, 255)), np.uint8)


def test_a_graded_and_vignetted_picture_agrees_with_its_recording() -> None:
    canvas, pieces, fitters = laid([vignetted(p) for p in moving(1).pictures[:40]], [(0, 40, 0)])
    ground = expected(canvas, pieces[0], fitters[0], range(40))
    assert ground.disagrees().mean() < 0.005
    assert np.abs(ground.seen - ground.picture).mean() < TOLERANCE / 3


def test_another_place_disagrees_with_the_recording() -> None:
    canvas, pieces, fitters = laid(list(moving(9).pictures[:40]), [(0, 40, 0)])
    assert expected(canvas, pieces[0], fitters[0], range(40)).disagrees().mean() > 0.2


def test_a_raw_frame_late_agrees_all_the_same() -> None:
    release = list(moving(1).pictures[1:41])
    canvas, pieces, fitters = laid(release, [(0, 40, 0)])
    assert expected(canvas, pieces[0], fitters[0], range(39)).disagrees().mean() < 0.01


def test_nothing_is_expected_of_the_edge_that_is_left_out() -> None:
    canvas, pieces, fitters = laid(list(moving(1).pictures[:40]), [(0, 40, 0)])
    ground = expected(canvas, pieces[0], fitters[0], range(40), edge_px=4)
    assert not ground.compared[:4].any()
    assert not ground.compared[:, -4:].any()
    assert ground.compared[10, 10]
