from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from offcut.report import burn
from offcut.report.timecode import Grid

NTSC = Grid.of(Fraction(30000, 1001))


def label(path: str = "raw/helmet.mp4", finding: str = "left_out", number: int = 1) -> burn.Label:
    return burn.Label({"path": path, "sha256": "0123456789abcdef" * 4}, finding, number, 3, NTSC)


def test_the_picture_is_covered_by_no_word() -> None:
    picture = np.random.default_rng(1).integers(0, 256, (90, 500, 3), dtype=np.uint8)
    made = burn.burned(picture, label(), size_px=(500, 90), frame=7, time_s=Fraction(7, 30))
    assert made.shape == (90 + 88, 500, 3)
    assert np.array_equal(made[44:134], picture)


@settings(max_examples=30, deadline=None)
@given(
    st.text(st.characters(), max_size=300),
    st.integers(2, 700),
    st.integers(2, 400),
)
def test_any_name_fits_and_any_size_is_even(name: str, width: int, height: int) -> None:
    made = burn.burned(None, label(name), size_px=(width, height), frame=10**7, time_s=Fraction(10**6))
    assert (made.shape[0] % 2, made.shape[1] % 2) == (0, 0)
    assert made.shape[1] >= 480
    # Nothing is drawn beyond the right edge: its last columns are the band's own colour.
    assert (made[:40, -6:] == 24).all()


def test_a_frame_is_named_by_number_seconds_and_timecode() -> None:
    words = burn.source_time(NTSC, 1800, Fraction(1800 * 1001, 30000))
    assert words == "frame 1800   60.060000 s   (1:00.060)   TC 00:01:00;02 at 29.97"


def test_without_a_usual_rate_there_is_no_timecode() -> None:
    assert burn.source_time(None, 3, Fraction(1, 7)) == "frame 3   0.142857 s   (0:00.143)"


@pytest.mark.parametrize("shape", [(50, 100), (200, 100), (45, 90)])
def test_a_picture_of_another_size_is_fitted_and_not_stretched(shape: tuple[int, int]) -> None:
    white = np.full((*shape, 3), 255, np.uint8)
    made = burn.burned(white, label(), size_px=(480, 240), frame=0, time_s=Fraction(0))
    seen = (made[44:284, :, 0] == 255).any(axis=0).sum(), (made[44:284, :, 0] == 255).any(axis=1).sum()
    assert seen[0] / seen[1] == pytest.approx(shape[1] / shape[0], rel=0.02)
    assert seen == (480, 240) or 480 in seen or 240 in seen
