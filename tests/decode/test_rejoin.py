from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from offcut.decode import libav
from offcut.decode.limits import Limits, Refused
from offcut.decode.rejoin import LEAD_PACKETS, REJOIN_FAILED, WITNESSES, Bookmark, Trail
from offcut.records import Frame
from offcut.testing.odd_shapes import film, moving

LIMITS = Limits(leave_every_frames=64)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pictures = moving(200, width=96, height=64)
    return film(tmp_path_factory.mktemp("film") / "film.mp4", pictures, options={"g": "12", "bf": "2"})


def luma_from(path: Path, goal: Bookmark | None, frames: int) -> list[NDArray[np.uint8]]:
    with path.open("rb") as file:
        media = libav.open_media(file, limits=LIMITS)
        media.trail.goal, media.frames = goal, frames
        return [item.luma for item in media.items() if isinstance(item, Frame)]


def bookmark_after(path: Path, frames: int) -> Bookmark:
    with path.open("rb") as file:
        media = libav.open_media(file, limits=LIMITS)
        for item in media.items():
            if isinstance(item, Frame) and media.frames == frames:
                left = media.left()
                assert left is not None
                found = left["bookmark"]
                assert isinstance(found, Bookmark)
                return found
    raise AssertionError("the film is shorter")


def test_pictures_after_the_place_are_those_of_an_unbroken_pass(path: Path) -> None:
    whole = luma_from(path, None, 0)
    for frames in (128, 192):
        rest = luma_from(path, bookmark_after(path, frames), frames)
        assert len(rest) == len(whole) - frames
        assert all(np.array_equal(a, b) for a, b in zip(rest, whole[frames:], strict=True))


def test_decoding_begins_at_a_key_frame_well_before_the_first_witness(path: Path) -> None:
    found = bookmark_after(path, 192)
    assert len(found.witnesses) == WITNESSES
    assert found.key_packet is not None
    assert found.key_packet % 12 == 0
    assert 192 - WITNESSES - LEAD_PACKETS - 12 <= found.key_packet <= 192 - WITNESSES - LEAD_PACKETS + 12


def test_one_picture_that_differs_is_a_refusal(path: Path) -> None:
    for k in range(0, WITNESSES, 7):
        found = bookmark_after(path, 128)
        pts, checksum = found.witnesses[k]
        found.witnesses[k] = (pts, checksum ^ 1)
        with pytest.raises(Refused, match=REJOIN_FAILED):
            luma_from(path, found, 128)


def test_pictures_that_never_come_are_a_refusal(path: Path) -> None:
    found = bookmark_after(path, 128)
    found.witnesses[0] = (-5, 0)
    with pytest.raises(Refused, match=f"{REJOIN_FAILED}: it ends before"):
        luma_from(path, found, 128)


def test_no_place_is_offered_before_enough_pictures_or_without_a_key_frame(path: Path) -> None:
    with path.open("rb") as file:
        media = libav.open_media(file, limits=LIMITS)
        assert media.left() is None
        places = [media.left() for item in media.items() if isinstance(item, Frame) and media.frames < 32]
    assert places == [None] * len(places)


def test_a_trail_without_a_goal_skips_nothing() -> None:
    trail = Trail(64)
    assert [trail.packet(is_key_picture=k == 0) for k in range(5)] == [False] * 5
    assert not trail.skips_picture()
    assert not trail.is_before_goal
    assert not trail.run_is_known()
    assert Fraction(trail.packets) == 5
