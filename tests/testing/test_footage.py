import itertools
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from offcut.testing.footage import HEIGHT_PX, WIDTH_PX, Footage, Scene
from offcut.testing.places import PLACES, Picture

NTSC = Fraction(30000, 1001)


def scene(place: str, *, seed: int = 1, frames: int = 60, alarm_s: float | None = None) -> Scene:
    return Scene(place, place, seed, NTSC, frames, alarm_s)


def changed(one: Picture, two: Picture) -> float:
    """Share of pixels that differ by more than the sensor noise."""
    return float(np.mean(cv2.absdiff(one, two).max(axis=2) > 30))


@pytest.mark.parametrize("place", sorted(PLACES))
def test_the_same_seed_gives_the_same_pictures_and_sound(place: str) -> None:
    one, two = Footage(scene(place)), Footage(scene(place))
    assert (one.picture(31) == two.picture(31)).all()
    assert (one.sound() == two.sound()).all()


@pytest.mark.parametrize("place", sorted(PLACES))
def test_another_seed_gives_another_place(place: str) -> None:
    assert changed(Footage(scene(place)).picture(0), Footage(scene(place, seed=2)).picture(0)) > 0.1


@given(st.integers(0, 59))
@settings(max_examples=10, deadline=None)
def test_a_picture_does_not_depend_on_those_asked_for_before(index: int) -> None:
    fresh, used = Footage(scene("road")), Footage(scene("road"))
    used.picture(59)
    used.picture(3)
    assert (fresh.picture(index) == used.picture(index)).all()


@pytest.mark.parametrize("place", sorted(PLACES))
def test_local_features_can_hold_on_to_every_place(place: str) -> None:
    footage = Footage(scene(place))
    for index in (0, 30, 59):
        assert len(cv2.SIFT.create().detect(footage.picture(index), None)) > 200


@pytest.mark.parametrize(("one", "two"), list(itertools.combinations(sorted(PLACES), 2)))
def test_places_do_not_resemble_each_other(one: str, two: str) -> None:
    thumbs = [
        cv2.resize(Footage(scene(place)).picture(20), (32, 18), interpolation=cv2.INTER_AREA).astype(float)
        for place in (one, two)
    ]
    assert np.corrcoef(thumbs[0].ravel(), thumbs[1].ravel())[0, 1] < 0.8


def test_the_road_is_filmed_from_a_fixed_camera_and_things_move_in_it() -> None:
    footage = Footage(scene("road"))
    one, two = footage.picture(0), footage.picture(59)
    grey = [cv2.cvtColor(view, cv2.COLOR_RGB2GRAY).astype(np.float32) for view in (one, two)]
    shift, _ = cv2.phaseCorrelate(grey[0], grey[1])
    assert np.linalg.norm(shift) < 2
    assert changed(one, two) > 0.02


@pytest.mark.parametrize("place", sorted(PLACES))
def test_a_second_take_shows_the_same_place_at_another_moment(place: str) -> None:
    one, two = Footage(scene(place)), Footage(Scene(place, place, 1, NTSC, 60, take=1))
    assert changed(one.picture(30), two.picture(30)) > 0.01
    sift, matcher = cv2.SIFT.create(), cv2.BFMatcher()
    found = [sift.detectAndCompute(footage.picture(30), None)[1] for footage in (one, two)]
    pairs = matcher.knnMatch(found[0], found[1], k=2)
    assert sum(best.distance < 0.75 * second.distance for best, second in pairs) > 50


def test_a_still_road_has_no_clock() -> None:
    still = Footage(Scene("road", "road", 1, NTSC, 60, busy=False))
    busy = Footage(scene("road"))
    assert changed(still.picture(20), still.picture(40)) < changed(busy.picture(20), busy.picture(40)) / 3


def test_at_the_alarm_somebody_falls_and_the_others_leave() -> None:
    shown = Footage(scene("square", frames=180, alarm_s=2.0))
    calm = Footage(scene("square", frames=180))
    assert changed(shown.picture(50), calm.picture(50)) == 0
    assert changed(shown.picture(170), calm.picture(170)) > 0.02


def test_the_alarm_is_heard() -> None:
    sound = Footage(scene("square", frames=120, alarm_s=2.0)).sound()
    assert np.abs(sound[:, 96000:98400]).max() > 3 * np.abs(sound[:, :95000]).max()


def test_a_frame_that_does_not_exist_is_refused() -> None:
    with pytest.raises(IndexError, match="no frame 60"):
        Footage(scene("road")).picture(60)


def test_a_written_recording_has_the_times_it_promises(tmp_path: Path) -> None:
    footage = Footage(scene("harbour", frames=12))
    path = footage.write(tmp_path)
    with av.open(str(path)) as source:
        frames = list(source.decode(video=0))
        assert source.streams.audio[0].codec_context.sample_rate == 48000
    assert [frame.time_base * frame.pts for frame in frames if frame.pts is not None and frame.time_base] == [
        footage.times.time_s(index) for index in range(12)
    ]
    assert (frames[0].width, frames[0].height) == (WIDTH_PX, HEIGHT_PX)
