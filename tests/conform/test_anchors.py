import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conform.panorama import Picture, measured, moving
from offcut.conform.anchors import (
    BLOCKS,
    COVERED_COST,
    GAP_S,
    Anchor,
    agreed,
    agreement,
    anchor,
    distance_px,
    runs,
    sharpened,
)
from offcut.conform.canvas import Canvas, correlation, normalised
from offcut.conform.hypotheses import Geometry, Hypothesis

FIRST = 20
IDENTITY = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])


def shifted(x_px: float, y_px: float = 0.0, *, recording: int = 0, mirrored: bool = False) -> Geometry:
    return Geometry(recording, mirrored, np.array([[1.0, 0.0, x_px], [0.0, 1.0, y_px]]))


@pytest.fixture(scope="module")
def canvas() -> Canvas:
    """A release that is a copy of recording 0 from frame 20 on."""
    release: list[Picture] = list(moving(1).pictures[FIRST : FIRST + 50])
    return Canvas(measured(release), [moving(1).measurement, moving(2).measurement])


@pytest.mark.parametrize("wrong_by", [-12, -3, 0, 7, 15])
def test_a_hypothesis_at_a_wrong_moment_is_brought_to_the_right_one(canvas: Canvas, wrong_by: int) -> None:
    found = anchor(canvas, Hypothesis(25, FIRST + 25 + wrong_by, shifted(0), 50))
    assert found is not None
    assert found.raw_frame == FIRST + 25
    assert found.match > 0.98
    assert distance_px(canvas, found.geometry, shifted(0)) < 0.2


def test_a_place_that_is_off_by_pixels_is_put_right_below_a_fifth_of_one(canvas: Canvas) -> None:
    found = anchor(canvas, Hypothesis(25, FIRST + 25, shifted(6.0, -4.0), 50))
    assert found is not None
    assert found.raw_frame == FIRST + 25
    assert distance_px(canvas, found.geometry, shifted(0)) < 0.2


def test_a_hypothesis_about_another_recording_is_dropped(canvas: Canvas) -> None:
    assert anchor(canvas, Hypothesis(25, 45, shifted(0, recording=1), 50)) is None


def test_a_geometry_that_leaves_too_little_to_compare_is_dropped(canvas: Canvas) -> None:
    assert anchor(canvas, Hypothesis(25, 45, shifted(415), 50)) is None


def test_a_moment_at_the_very_end_of_a_recording_is_looked_for_inside_it() -> None:
    whole = Canvas(measured(list(moving(1).pictures[70:])), [moving(1).measurement])
    found = anchor(whole, Hypothesis(29, 95, shifted(0), 50))
    assert found is not None
    assert found.raw_frame == 99


def test_no_match_is_made_worse_by_sharpening(canvas: Canvas) -> None:
    for x_px in (0.0, 0.8, 1.7):
        geometry = shifted(x_px)
        mask = canvas.mask(geometry)
        seen = canvas.release_pixels([25], mask)[0]
        before = canvas.raw_pixels(geometry, [FIRST + 25], mask)[0]
        found = anchor(canvas, Hypothesis(25, FIRST + 25, geometry, 50))
        assert found is not None
        least = float(seen @ before / np.linalg.norm(seen) / np.linalg.norm(before))
        assert found.match >= least - 1e-3


def test_sharpening_gives_a_similarity(canvas: Canvas) -> None:
    geometry = shifted(1.2, 0.7)
    matrix = sharpened(canvas, geometry, (25, FIRST + 25), canvas.mask(geometry))
    assert matrix is not None
    assert matrix[0, 0] == matrix[1, 1]
    assert matrix[0, 1] == -matrix[1, 0]


def test_sharpening_a_flat_picture_finds_nothing() -> None:
    flat = measured([np.full((90, 160), 90, np.uint8)] * 3)
    space = Canvas(flat, [flat])
    assert sharpened(space, shifted(0), (0, 0), space.mask(shifted(0))) is None


@settings(deadline=None)
@given(st.floats(-60, 60), st.floats(-40, 40), st.floats(0.4, 2.5))
def test_a_geometry_is_no_distance_from_itself_and_a_shift_its_own_length(
    x_px: float, y_px: float, scale: float
) -> None:
    space = Canvas(moving(1).measurement, [moving(1).measurement])
    a = Geometry(0, False, IDENTITY * scale)
    b = Geometry(0, False, a.matrix + np.array([[0, 0, x_px], [0, 0, y_px]]))
    per_px = space.width / space.size_px[0]
    assert distance_px(space, a, a) == 0
    assert distance_px(space, a, b) == pytest.approx(max(abs(x_px), abs(y_px)) * per_px, rel=0.01, abs=1e-6)


def test_anchors_run_together_by_recording_mirror_and_nearness(canvas: Canvas) -> None:
    far = round(GAP_S * 30) + 1
    anchors = [
        Anchor(0, 0, shifted(0), 0.9),
        Anchor(10, 0, shifted(0, mirrored=True), 0.9),
        Anchor(20, 0, shifted(0, recording=1), 0.9),
        Anchor(30, 0, shifted(9), 0.9),
        Anchor(30 + far, 0, shifted(0), 0.9),
    ]
    found = runs(canvas, list(reversed(anchors)))
    assert [[a.release_frame for a in run] for run in found] == [[0, 30], [10], [20], [30 + far]]


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(st.integers(0, 400), st.integers(0, 1), st.booleans()), max_size=30))
def test_every_anchor_is_in_one_run(canvas: Canvas, drawn: list[tuple[int, int, bool]]) -> None:
    anchors = [Anchor(t, 0, shifted(0, recording=r, mirrored=m), 0.9) for t, r, m in drawn]
    found = runs(canvas, anchors)
    assert sorted(id(a) for run in found for a in run) == sorted(id(a) for a in anchors)
    assert all(len({(a.geometry.recording, a.geometry.mirrored) for a in run}) == 1 for run in found)


def test_one_geometry_that_serves_all_anchors_is_picked_alone(canvas: Canvas) -> None:
    run = [Anchor(t, FIRST + t, shifted(0.1 * k), 0.97) for k, t in enumerate((5, 20, 35))]
    found = agreed(canvas, run)
    assert len(found) == 1
    assert distance_px(canvas, found[0][0], shifted(0)) < 0.3
    assert [a.release_frame for a in found[0][1]] == [5, 20, 35]


def test_the_geometry_that_serves_most_wins_over_one_that_matches_its_own_frame() -> None:
    """One anchor lies at a wrong moment, where a shift makes up for it."""
    release = measured(list(moving(1).pictures[FIRST : FIRST + 50]))
    space = Canvas(release, [moving(1).measurement])
    right = [Anchor(t, FIRST + t, shifted(0), 0.95) for t in (5, 20, 35)]
    wrong = Anchor(28, FIRST + 28 + 3, shifted(14.0), 0.96)
    found = agreed(space, [*right, wrong])
    assert distance_px(space, found[0][0], shifted(0)) < 0.3


def test_a_picture_agrees_with_itself_fully_and_with_its_negative_not_at_all() -> None:
    rng = np.random.default_rng(0)
    picture = rng.normal(0, 1, (40, 40)).astype(np.float32)
    everywhere = np.ones((40, 40), np.bool_)
    assert agreement(picture, picture * 3 + 2, everywhere) == pytest.approx(1, abs=1e-4)
    assert agreement(picture, -picture, everywhere) == pytest.approx(-1, abs=1e-4)
    few = np.zeros((40, 40), np.bool_)
    few[:5, :5] = True
    assert agreement(picture, picture, few) == 0


def views() -> tuple[np.ndarray, np.ndarray]:
    """Two normalised pictures of different places."""
    return tuple(normalised(moving(seed).pictures[30]) for seed in (1, 2))  # type: ignore[return-value]


def covered(picture: np.ndarray, share: float) -> np.ndarray:
    """A picture whose lower part is hidden by graphics: stripes that are in no recording."""
    found = picture.copy()
    top = round((1 - share) * len(found))
    found[top:] = np.where(np.arange(found.shape[1]) % 11 < 5, 1.3, -0.9).astype(np.float32)
    return found


@settings(deadline=None)
@given(st.floats(0, 1 / 3))
def test_graphics_over_up_to_a_third_cost_no_more_than_the_share_they_hide(share: float) -> None:
    ours, _ = views()
    everywhere = np.ones(ours.shape, np.bool_)
    found = agreement(covered(ours, share), ours, everywhere)
    # Rows of blocks are a sixth of the picture high; one of them may be hidden in part.
    assert 1 - COVERED_COST * (share + 1 / BLOCKS[1]) - 0.1 <= found <= 1 + 1e-4


def test_what_graphics_hide_is_paid_for() -> None:
    ours, _ = views()
    everywhere = np.ones(ours.shape, np.bool_)
    clean = agreement(ours, ours, everywhere)
    some, more = (agreement(covered(ours, share), ours, everywhere) for share in (1 / 3, 1 / 2))
    assert clean > some + 0.5 * COVERED_COST / 3
    assert some > more


def test_graphics_over_most_of_a_picture_leave_no_agreement() -> None:
    ours, _ = views()
    assert agreement(covered(ours, 0.8), ours, np.ones(ours.shape, np.bool_)) < 0.5


@settings(deadline=None)
@given(st.integers(-40, 40), st.integers(-30, 30), st.booleans())
def test_pictures_of_different_places_gain_little_by_leaving_blocks_out(x: int, y: int, flip: bool) -> None:
    ours, theirs = views()
    moved = np.roll(theirs[:, ::-1] if flip else theirs, (y, x), axis=(0, 1))
    everywhere = np.ones(ours.shape, np.bool_)
    whole = correlation(ours.ravel(), moved.ravel())
    assert whole - 1e-4 <= agreement(ours, moved, everywhere) < max(whole, 0.0) + 0.25
    assert agreement(ours, moved, everywhere) < 0.5


@settings(deadline=None)
@given(st.floats(0, 0.6), st.integers(0, 3))
def test_agreement_is_the_same_from_either_side(share: float, seed: int) -> None:
    ours, _ = views()
    noise = np.random.default_rng(seed).normal(0, 0.3, ours.shape).astype(np.float32)
    other, everywhere = covered(ours + noise, share), np.ones(ours.shape, np.bool_)
    assert agreement(ours, other, everywhere) == pytest.approx(agreement(other, ours, everywhere), abs=1e-5)
