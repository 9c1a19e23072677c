import dataclasses

import pytest

from offcut.decode.limits import Limits


def test_every_limit_is_a_whole_number_above_zero() -> None:
    for name, value in dataclasses.asdict(Limits()).items():
        assert isinstance(value, int), name
        assert value > 0, name


def test_an_hour_of_4k_passes_the_limits() -> None:
    limits = Limits()
    assert limits.max_pixels >= 3840 * 2160
    assert limits.max_frames >= 3600 * 60
    assert limits.max_duration_s >= 3600


def test_a_limit_cannot_be_changed_in_passing() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Limits().threads = 8  # type: ignore[misc]
