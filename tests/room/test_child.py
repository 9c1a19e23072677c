from pathlib import Path

import numpy as np
import pytest
from room_cases import FOOTAGE, ON_LINUX, assert_same, measured, outside

from offcut.analysers import BUILT_IN, SIGNALS
from offcut.decode.limits import Limits
from offcut.errors import LimitError
from offcut.room import Room


@pytest.mark.skipif(not FOOTAGE.exists(), reason="the shared footage is not here")
@pytest.mark.parametrize("name", ["sign_learn.mkv", "drone.mp4"])
def test_real_footage_decodes_in_the_room_as_it_does_outside(room: Room, name: str) -> None:
    assert_same(measured(room, FOOTAGE / name)[1], outside(FOOTAGE / name)[1])


def test_the_room_measures_what_the_same_pass_outside_measures(room: Room, film: Path) -> None:
    report, signals = measured(room, film)
    pts, truth = outside(film)
    assert_same(signals, truth)
    assert set(signals) == {name for names in SIGNALS.values() for name in names}
    assert report.frames.pts.tolist() == pts
    assert report.view.width_px == 128
    assert report.view.audio_rate_hz == 48000
    assert report.frames.end_s > report.frames.start_s
    assert report.damage == ()
    assert report.peak_bytes > 0
    assert {f"analyser.{name}" for name in BUILT_IN} < set(report.versions)


@ON_LINUX
def test_memory_that_runs_out_in_the_decoder_is_a_limit_and_not_damage(room: Room, tmp_path: Path) -> None:
    from fractions import Fraction

    from offcut.decode.encode import write_video

    path = tmp_path / "large.mp4"
    write_video(path, (np.full((2160, 3840, 3), 40 * k, np.uint8) for k in range(3)), rate_hz=Fraction(25))
    with pytest.raises(LimitError, match="more memory than the limit allows"):
        measured(room, path, Limits(memory_bytes=24 * 2**20))


def test_progress_is_told_in_seconds_of_the_file(room: Room, film: Path) -> None:
    told: list[float] = []
    room.measure_file(film, analysers=["packets"], sink=lambda _: None, progress=told.append)
    assert told
    assert all(0 <= seconds < 1.2 for seconds in told)
