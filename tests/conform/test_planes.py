from dataclasses import replace

import cv2
import numpy as np
import pytest

from conform.panorama import Picture, fixed, measured, moving, passed
from offcut.conform.anchors import Anchor
from offcut.conform.canvas import Canvas
from offcut.conform.hypotheses import Geometry
from offcut.conform.lines import Fitter
from offcut.conform.planes import Plane, plane
from offcut.records import Measurement

FIRST, COUNT = 20, 50
WHOLE = Geometry(0, False, np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]))


def of(release: list[Picture], recording: Measurement, *, raw_frames: tuple[int, int] | None = None) -> Plane:
    canvas = Canvas(measured(release), [recording])
    group = [Anchor(t, FIRST + t, WHOLE, 0.9) for t in (10, 25, 40)]
    found = plane(canvas, WHOLE, group, raw_frames=raw_frames)
    assert found is not None
    return found


def under_a_logo(picture: Picture) -> Picture:
    """A quarter of the width and height at the bottom right covered with a drawing that never changes."""
    covered = picture.copy()
    covered[64:, 112:] = 200
    for x in range(116, 160, 8):
        cv2.line(covered, (x, 64), (x + 12, 90), 30, 2)
    return covered


@pytest.fixture(scope="module")
def copy() -> Plane:
    return of(list(moving(1).pictures[FIRST : FIRST + COUNT]), moving(1).measurement)


def test_every_frame_of_a_copy_agrees_best_with_its_own(copy: Plane) -> None:
    match = copy.match()
    assert match.shape == (COUNT, 100)
    assert match.argmax(axis=1).tolist() == list(range(FIRST, FIRST + COUNT))
    assert match.max(axis=1) == pytest.approx(1, abs=1e-3)
    assert match.min() >= -1.001


def test_the_look_up_table_gives_the_sums_of_the_products_themselves() -> None:
    same = of(list(moving(1).pictures), moving(1).measurement)
    products = same.pictures
    gram = products.both.astype(np.float64)
    box = products.raw_integral
    for low, high in ((0, 100), (10, 30), (99, 100)):
        total = box[high, high] - box[low, high] - box[high, low] + box[low, low]
        assert total == pytest.approx(gram[low:high, low:high].sum(), rel=1e-3, abs=1)
    assert products.raw_energy == pytest.approx(np.diag(gram), rel=1e-3)
    assert products.release_energy == pytest.approx(products.raw_energy, rel=1e-3)
    assert np.allclose(products.release_gram, products.both, rtol=1e-2, atol=1)


def test_a_copy_agrees_all_over(copy: Plane) -> None:
    assert copy.agreeing_share == 1
    assert copy.mask.all()


def test_what_lies_under_a_logo_is_not_compared() -> None:
    covered = [under_a_logo(p) for p in moving(1).pictures[FIRST : FIRST + COUNT]]
    found = of(covered, moving(1).measurement)
    height, width = found.mask.shape
    assert not found.mask[-height // 5 :, -width // 5 :].any()
    assert found.mask[: height // 2].all()
    assert 0.85 < found.agreeing_share < 0.98
    assert found.match().argmax(axis=1).tolist() == list(range(FIRST, FIRST + COUNT))


def test_only_the_raw_frames_asked_for_are_compared() -> None:
    found = of(list(fixed(3).pictures[:COUNT]), fixed(3).measurement, raw_frames=(30, 45))
    assert found.raw_frames == (30, 45)
    for products in (found.pictures, found.motion):
        assert products.both.shape == (COUNT, 15)
        assert products.raw_integral.shape == (16, 16)


def test_a_plane_reaches_no_further_than_its_release() -> None:
    found = of(list(moving(1).pictures[FIRST : FIRST + COUNT]), moving(1).measurement)
    assert found.release_frames == (0, COUNT)
    assert found.raw_frames == (0, 100)


def test_a_geometry_that_shows_next_to_nothing_gives_no_plane() -> None:
    canvas = Canvas(measured(list(moving(1).pictures[:COUNT])), [moving(1).measurement])
    corner = Geometry(0, False, np.array([[1.0, 0.0, 410.0], [0.0, 1.0, 225.0]]))
    assert plane(canvas, corner, [Anchor(10, 10, corner, 0.9)]) is None


def test_where_all_changes_alike_every_pixel_counts_alike() -> None:
    """Pictures that are new throughout in every frame."""
    rng = np.random.default_rng(2)
    new = [np.asarray(rng.integers(0, 255, (90, 160)), np.uint8) for _ in range(90)]
    found = of(new[FIRST : FIRST + COUNT], measured(new))
    assert found.motion is found.pictures


@pytest.fixture(scope="module")
def passer() -> tuple[Plane, Measurement, Measurement]:
    """A fixed camera and one small passer, under much more noise in the release than in the recording."""
    release = measured(passed(3, 90, take=1, spread=6)[FIRST : FIRST + COUNT])
    recording = measured(passed(3, 90))
    group = [Anchor(t, FIRST + t, WHOLE, 0.9) for t in (10, 25, 40)]
    found = plane(Canvas(release, [recording]), WHOLE, group)
    assert found is not None
    return found, release, recording


def test_a_passer_decides_the_moment_though_all_else_is_noise(
    passer: tuple[Plane, Measurement, Measurement],
) -> None:
    found, release, recording = passer
    assert found.motion is not found.pictures
    best = Fitter(found, 0, release.frames, recording.frames).best(np.arange(COUNT), (1.0,))[0]
    assert float(best.raw_at(0.0)) * 30 == pytest.approx(FIRST + 0.5, abs=1)


def test_noise_where_nothing_moves_hardly_lowers_what_moves(
    passer: tuple[Plane, Measurement, Measurement],
) -> None:
    """With all pixels alike the right moment would agree much less, and be no further ahead of others."""
    found, release, recording = passer

    def agrees(one: Plane) -> tuple[float, float]:
        fitter = Fitter(one, 0, release.frames, recording.frames)
        offsets = (np.arange(0, 90 - COUNT) + 0.5) / 30
        _, when = fitter.scores(np.arange(COUNT), 0.0, 1.0, offsets)
        others = np.delete(when, range(FIRST - 5, FIRST + 6))
        return float(when[FIRST]), float(when[FIRST]) - float(others.max())

    weighted, alike = agrees(found), agrees(replace(found, motion=found.pictures))
    assert weighted[0] > 0.85
    assert alike[0] < 0.7
    assert weighted[1] > alike[1]
