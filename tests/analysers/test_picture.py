import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysers.streams import fed, frame
from offcut.analysers.picture import CHROMA_SHAPE, SMALL_PX, Picture, reduced, small_size

sides = st.integers(8, 4096)


@settings(deadline=None)
@given(sides, sides, st.sampled_from((64, 128, 192, 426)))
def test_a_small_picture_keeps_its_aspect_to_half_a_pixel(width: int, height: int, longest: int) -> None:
    small = small_size(width, height, longest)
    scale = min(1.0, longest / max(width, height))
    for side, whole in zip(small, (width, height), strict=True):
        assert abs(side - whole * scale) <= 0.5 or side == 8


@settings(deadline=None)
@given(sides, sides)
def test_a_small_picture_is_never_larger_than_its_own(width: int, height: int) -> None:
    small = small_size(width, height)
    assert small[0] <= width
    assert small[1] <= height
    assert max(small) <= SMALL_PX


@settings(deadline=None)
@given(st.integers(8, 700), st.integers(8, 700), st.integers(0, 255))
def test_an_even_picture_stays_even_at_any_size(width: int, height: int, grey: int) -> None:
    size = small_size(width, height)
    small = reduced(np.full((height, width), grey, np.uint8), size)
    assert small.shape == (size[1], size[0])
    assert (small == grey).all()


@settings(deadline=None)
@given(st.integers(16, 300), st.integers(16, 300), st.integers(0, 9))
def test_reducing_keeps_the_mean_brightness(width: int, height: int, seed: int) -> None:
    luma = np.random.default_rng(seed).integers(0, 256, (height, width)).astype(np.uint8)
    assert float(reduced(luma, (8, 8)).mean()) == pytest.approx(float(luma.mean()), abs=12)


def test_halving_first_agrees_with_one_step_to_a_grey_level() -> None:
    luma = frame(0, 0, width_px=512, height_px=288).luma
    by_area = luma.reshape(72, 4, 128, 4).mean(axis=(1, 3))
    assert np.abs(reduced(luma, (128, 72)) - by_area).max() <= 1


def test_every_frame_has_its_small_copy_in_both_planes() -> None:
    luma, chroma = fed(Picture(), [frame(k, 100 * k, width_px=320, height_px=180) for k in range(7)])
    assert luma.values.shape == (7, 72, 128)
    assert chroma.values.shape == (7, 2, *CHROMA_SHAPE)
    assert luma.pts.tolist() == chroma.pts.tolist() == [100 * k for k in range(7)]


def test_an_upright_picture_stays_upright() -> None:
    luma, _ = fed(Picture(), [frame(0, 0, width_px=180, height_px=320)])
    assert luma.values.shape == (1, 128, 72)
