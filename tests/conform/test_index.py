import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from offcut.conform import index
from offcut.conform.hypotheses import MIRROR
from offcut.conform.index import AXES, WORDS, index_of, rooted, votes


def points(seed: int, count: int) -> NDArray[np.uint8]:
    """Descriptors as uneven as real ones: a few large numbers, many small ones."""
    return np.minimum(np.random.default_rng(seed).exponential(30, (count, 128)), 255).astype(np.uint8)


def seen_again(descriptors: NDArray[np.uint8], seed: int) -> NDArray[np.float32]:
    """The same points after compression: close, and no longer the same."""
    noise = np.random.default_rng(seed).normal(0, 4, descriptors.shape)
    return rooted(np.clip(descriptors + noise, 0, 255).astype(np.uint8))


def numbers(pictures: int, each: int) -> NDArray[np.int32]:
    return np.repeat(np.arange(pictures, dtype=np.int32), each)


def test_the_picture_that_was_seen_again_gets_most_votes() -> None:
    raw = points(1, 200 * 40)
    found = index_of(raw, numbers(200, 40), 200)
    for k in (0, 77, 199):
        shared = votes(found, seen_again(raw[k * 40 : k * 40 + 40], k))
        assert int(shared.argmax()) == k
        assert shared[k] > 3 * np.sort(shared)[-2]


def test_what_every_picture_shows_does_not_hide_what_one_shows() -> None:
    background, moving = points(2, 60), points(3, 300 * 6)
    raw = np.concatenate([np.concatenate([background, moving[6 * k : 6 * k + 6]]) for k in range(300)])
    found = index_of(raw, numbers(300, 66), 300)
    shared = votes(found, seen_again(raw[66 * 123 : 66 * 124], 5))
    assert int(shared.argmax()) == 123


def test_a_recording_of_which_all_pictures_are_alike_still_gets_votes() -> None:
    raw = np.tile(points(4, 50), (80, 1))
    shared = votes(index_of(raw, numbers(80, 50), 80), rooted(raw[:50]))
    assert (shared > 5).all()


def test_one_picture_may_look_up_a_bounded_number_of_entries(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = np.tile(points(4, 50), (80, 1))
    found = index_of(raw, numbers(80, 50), 80)
    monkeypatch.setattr(index, "MOST_POSTINGS", 800)
    counted = votes(found, rooted(raw[:50])) / (np.log1p(1) / np.log1p(80))
    assert 0 < counted.sum() <= 800 + 80


def test_no_points_get_no_votes_and_no_error() -> None:
    nothing = np.empty((0, 128), np.uint8)
    assert (votes(index_of(nothing, numbers(3, 0), 3), rooted(points(1, 5))) == 0).all()
    assert (votes(index_of(points(1, 30), numbers(3, 10), 3), rooted(nothing)) == 0).all()


def test_directions_are_of_unit_length_and_stand_at_right_angles() -> None:
    directions = index._DIRECTIONS
    assert directions.shape == (128, len(AXES))
    assert 2 ** len(AXES) == WORDS
    assert np.abs(directions.T @ directions - np.eye(len(AXES))).max() < 1e-5


def test_mirroring_a_patch_turns_the_sign_of_some_directions_and_leaves_the_others() -> None:
    ratio = (index._DIRECTIONS[MIRROR] * index._DIRECTIONS).sum(axis=0)
    assert np.abs(np.abs(ratio) - 1).max() < 1e-5
    assert {-1, 1} == set(np.rint(ratio).astype(int).tolist())


@settings(deadline=None, max_examples=30)
@given(st.integers(1, 60), st.integers(1, 30), st.integers(0, 1000))
def test_every_point_is_in_the_list_of_its_own_word(pictures: int, each: int, seed: int) -> None:
    raw = points(seed, pictures * each)
    found = index_of(raw, numbers(pictures, each), pictures)
    assert found.starts[0] == 0
    assert found.starts[-1] == len(raw)
    assert (np.diff(found.starts) >= 0).all()
    assert np.bincount(found.pictures, minlength=pictures).tolist() == [each] * pictures
    assert (votes(found, rooted(raw[:each])) > 0)[0]
