import numpy as np
import pytest

from conform.boundaries import WHITE
from conform.panorama import HEIGHT_PX, WIDTH_PX, Picture, mixed, moving
from offcut.conform.ramps import best_dip, best_ramp
from offcut.conform.unknown_side import HalfKnown

MASK = np.ones((HEIGHT_PX, WIDTH_PX), np.bool_)
A, X = moving(1).pictures, moving(9).pictures


def half(release: list[Picture], *, is_first: bool) -> HalfKnown:
    seen = np.stack(release).astype(np.float32)
    known = np.stack(A[: len(release)]).astype(np.float32)
    return HalfKnown.of(seen, known, MASK, is_first=is_first)


def changed(*, into: bool, wipe: bool) -> list[Picture]:
    """Frames in which `A` goes over into footage without a source, or out of it, over frames 20 to 36."""
    found = []
    for t in range(60):
        r = float(np.clip((t - 19.5) / 16, 0, 1))
        one, two = (A[t], X[t]) if into else (X[t], A[t])
        if wipe:
            edge = round(r * WIDTH_PX)
            found.append(np.hstack([two[:, :edge], one[:, edge:]]))
        else:
            found.append(mixed(one, two, r))
    return found


@pytest.mark.parametrize("into", [True, False])
def test_a_dissolve_with_an_unknown_side_is_measured_to_two_frames(into: bool) -> None:
    one = half(changed(into=into, wipe=False), is_first=into)
    found = one.forwards(best_ramp(one.mixture()))
    assert [found.first, found.last] == pytest.approx([20, 36], abs=2)


@pytest.mark.parametrize("into", [True, False])
def test_a_moving_edge_is_told_from_a_dissolve_by_one_side_alone(into: bool) -> None:
    assert half(changed(into=into, wipe=False), is_first=into).edge() is None
    found = half(changed(into=into, wipe=True), is_first=into).edge()
    assert found is not None
    assert found[0] == "from left"
    assert [found[1].first, found[1].last] == pytest.approx([20, 36], abs=1)


def test_a_way_over_white_to_an_unknown_side_is_measured() -> None:
    release = []
    for t in range(60):
        strength = 1 - abs(2 * (t - 19.5) / 16 - 1) if 20 <= t < 36 else 0.0
        release.append(mixed(A[t] if t < 28 else X[t], WHITE, max(0.0, strength)))
    one = half(release, is_first=True)
    plain = one.by_plain()
    assert plain is not None
    found = best_dip(plain[0], plain[1])
    assert [found.first, found.last] == pytest.approx([20, 36], abs=2)


def test_footage_that_never_gets_plain_goes_by_no_plain_picture() -> None:
    assert half(changed(into=True, wipe=False), is_first=True).by_plain() is None
