from hypothesis import given
from hypothesis import strategies as st

from offcut.conform.confidence import AMBIGUOUS, HELD, LEAST, MOST, confidence

shares = st.floats(-1, 1)
counts = st.integers(1, 3000)


def measured(margin: float, match: float, frames: int, agreeing: float) -> dict[str, float]:
    return {
        "motion_margin": margin,
        "picture_match": match,
        "frames_compared": frames,
        "agreeing_share": agreeing,
    }


@given(shares, shares, counts, st.floats(0, 1))
def test_a_confidence_lies_between_a_half_and_1_and_is_never_1(
    margin: float, match: float, frames: int, agreeing: float
) -> None:
    assert LEAST <= confidence(measured(margin, match, frames, agreeing), is_exact=True) <= MOST < 1


@given(shares, shares, shares, counts, st.floats(0, 1))
def test_a_moment_that_stands_out_more_is_never_stated_less_surely(
    margin: float, more: float, match: float, frames: int, agreeing: float
) -> None:
    low, high = sorted((margin, more))
    one, other = (measured(m, match, frames, agreeing) for m in (low, high))
    assert confidence(one, is_exact=True) <= confidence(other, is_exact=True)


@given(shares, shares, counts)
def test_of_an_open_moment_the_recording_is_stated_as_surely_as_it_was_right(
    margin: float, match: float, frames: int
) -> None:
    assert confidence(measured(margin, match, frames, 1.0), is_exact=False) == AMBIGUOUS


def test_a_held_frame_has_a_confidence_of_its_own() -> None:
    assert confidence(measured(0.1, 0.95, 30, 1.0), is_exact=True, is_held=True) == HELD
