import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from offcut.conform.evidence_runs import MOST_PLACES, Run, equal_runs


def hashes(numbers: list[int]) -> NDArray[np.uint8]:
    """One hash a number: equal numbers, equal hashes."""
    return np.repeat(np.asarray(numbers, np.uint64), 2).view(np.uint8).reshape(-1, 16)


def found(release: list[int], raw: list[int], *, every: int = 1) -> list[Run]:
    """Runs where every packet whose number divides by `every` is a key packet."""
    keys = [np.asarray([n % every == 0 for n in numbers], bool) for numbers in (release, raw)]
    return equal_runs(hashes(release), hashes(raw), release_keys=keys[0], raw_keys=keys[1])


def by_hand(release: list[int], raw: list[int]) -> list[Run]:
    """Every maximal run, found by trying all pairs."""
    runs = []
    for i in range(len(release)):
        for j in range(len(raw)):
            if release[i] != raw[j] or (i and j and release[i - 1] == raw[j - 1]):
                continue
            n = 0
            while i + n < len(release) and j + n < len(raw) and release[i + n] == raw[j + n]:
                n += 1
            runs.append(Run(i, j, n))
    return sorted(runs)


few = st.lists(st.integers(0, 5), max_size=MOST_PLACES)


@given(few, few)
def test_every_run_is_found_and_no_other(release: list[int], raw: list[int]) -> None:
    assert found(release, raw) == by_hand(release, raw)


@given(few, few, st.integers(2, 4))
def test_only_runs_with_a_key_packet_are_found(release: list[int], raw: list[int], every: int) -> None:
    wanted = [
        run
        for run in by_hand(release, raw)
        if any(n % every == 0 for n in release[run.release : run.release + run.packets])
    ]
    assert found(release, raw, every=every) == wanted


@settings(deadline=None)
@given(st.data())
def test_planted_runs_are_found_exactly(data: st.DataObject) -> None:
    length = data.draw(st.integers(50, 1000))
    raw = list(range(1, length + 1))
    release: list[int] = []
    planted = []
    for number in range(data.draw(st.integers(1, 4))):
        # Numbers that the recording does not hold stand between the plants and end each of them.
        release += range(10**6 * (number + 1), 10**6 * (number + 1) + data.draw(st.integers(1, 400)))
        start = data.draw(st.integers(0, length - 1))
        packets = data.draw(st.integers(1, length - start))
        planted.append(Run(len(release), start, packets))
        release += raw[start : start + packets]
    assert found(release, raw) == planted


@settings(deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(0, 800), st.integers(0, 800))
def test_unrelated_hashes_give_no_run(seed: int, one: int, other: int) -> None:
    rng = np.random.default_rng(seed)
    release, raw = (rng.integers(0, 256, (n, 16)).astype(np.uint8) for n in (one, other))
    every = [np.ones(n, bool) for n in (one, other)]
    assert equal_runs(release, raw, release_keys=every[0], raw_keys=every[1]) == []


def test_half_a_hash_is_no_hash() -> None:
    release, raw = hashes([7]).copy(), hashes([7]).copy()
    raw[0, 15] ^= 1
    key = np.ones(1, bool)
    assert equal_runs(release, raw, release_keys=key, raw_keys=key) == []
    release[0, 0] ^= 1
    raw[0, 15] ^= 1
    assert equal_runs(release, raw, release_keys=key, raw_keys=key) == []


def test_what_repeats_too_often_names_no_place_but_is_taken_along() -> None:
    black = [0] * (MOST_PLACES + 1)
    assert found([0, 0, 0], [*black, 8, *black]) == []
    assert found([9, 0, 0, 8, 0], [*black, 8, *black]) == [Run(1, MOST_PLACES - 1, 4)]
