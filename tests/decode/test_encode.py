from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from offcut.decode.encode import Film, write_film, write_sound, write_video

NTSC = Fraction(30000, 1001)


def pictures(count: int, *, width: int = 64, height: int = 48) -> list[NDArray[np.uint8]]:
    rng = np.random.default_rng(7)
    still = rng.integers(0, 256, (height, width, 3)).astype(np.uint8)
    return [np.roll(still, 2 * index, axis=1) for index in range(count)]


def hiss(seconds: float) -> NDArray[np.float32]:
    return (0.1 * np.random.default_rng(1).standard_normal((2, int(48000 * seconds)))).astype(np.float32)


def times(path: Path) -> list[Fraction]:
    with av.open(str(path)) as source:
        shown = [(frame.pts, frame.time_base) for frame in source.decode(video=0)]
    return [pts * tick_s for pts, tick_s in shown if pts is not None and tick_s is not None]


def test_every_frame_is_read_back_at_its_exact_time(tmp_path: Path) -> None:
    write_video(tmp_path / "a.mp4", pictures(20), rate_hz=NTSC, sound=hiss(0.5))
    assert times(tmp_path / "a.mp4") == [index / NTSC for index in range(20)]


def test_the_same_input_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a.mp4", "b.mp4"):
        write_video(tmp_path / name, pictures(12), rate_hz=Fraction(25), sound=hiss(0.5))
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()


def test_uneven_times_are_kept(tmp_path: Path) -> None:
    pts = [0, 40, 95, 100, 190]
    film = Film(rate_hz=Fraction(25), tick_s=Fraction(1, 1000), pts=pts)
    write_film(tmp_path / "a.mp4", pictures(5), film)
    assert times(tmp_path / "a.mp4") == [Fraction(tick, 1000) for tick in pts]


def test_a_failure_half_way_leaves_nothing_behind(tmp_path: Path) -> None:
    frames = [*pictures(3), *pictures(1, width=32)]
    with pytest.raises(ValueError, match="frame 3 is"):
        write_video(tmp_path / "a.mp4", frames, rate_hz=Fraction(25))
    assert list(tmp_path.iterdir()) == []


def test_a_failure_leaves_the_file_that_was_there(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_text("before")
    with pytest.raises(ValueError, match="has no time"):
        write_film(tmp_path / "a.mp4", pictures(3), Film(rate_hz=Fraction(25), pts=[0]))
    assert (tmp_path / "a.mp4").read_text() == "before"


@pytest.mark.parametrize(
    ("name", "frames", "problem"), [("a.mp4", 0, "no frames"), ("a.txt", 2, "names no container")]
)
def test_what_cannot_be_written_is_refused(tmp_path: Path, name: str, frames: int, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        write_video(tmp_path / name, pictures(frames), rate_hz=Fraction(25))


def test_rotation_is_stored_clockwise_as_a_player_applies_it(tmp_path: Path) -> None:
    write_film(tmp_path / "a.mp4", pictures(2), Film(rate_hz=Fraction(25), rotation_deg=90))
    with av.open(str(tmp_path / "a.mp4")) as source:
        # A display matrix counts counter-clockwise.
        assert next(source.decode(video=0)).rotation == -90


def test_sound_alone_has_no_picture_track(tmp_path: Path) -> None:
    write_sound(tmp_path / "a.m4a", hiss(0.3))
    with av.open(str(tmp_path / "a.m4a")) as source:
        assert not source.streams.video
        assert sum(run.samples for run in source.decode(audio=0)) >= 0.3 * 48000


def test_sound_of_seven_channels_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="need 1, 2 or 6 channels"):
        write_sound(tmp_path / "a.m4a", np.zeros((7, 100), dtype=np.float32))
