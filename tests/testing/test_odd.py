"""What every odd file owes: to be small, to be made the same again, and to be odd in the way it says."""

import contextlib
import itertools
from fractions import Fraction
from pathlib import Path

import av
import pytest

from offcut.testing.odd import BROKEN, NO_PICTURE, ODD, SHAPES

KILOBYTES = 600


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("odd")
    return {name: maker(folder) for name, maker in ODD.items()}


def times(path: Path) -> list[Fraction]:
    with av.open(str(path)) as source:
        shown = [(frame.pts, frame.time_base) for frame in source.decode(video=0)]
    return [pts * tick_s for pts, tick_s in shown if pts is not None and tick_s is not None]


def first(path: Path) -> tuple[av.VideoFrame, av.VideoStream]:
    source = av.open(str(path))
    return next(source.decode(video=0)), source.streams.video[0]


def test_the_names_are_all_different() -> None:
    assert not set(SHAPES) & set(BROKEN)
    assert set(BROKEN) >= NO_PICTURE


def test_every_maker_says_what_is_odd() -> None:
    for name, maker in ODD.items():
        assert (maker.__doc__ or "").endswith("."), name


def test_every_file_is_small(paths: dict[str, Path]) -> None:
    for name, path in paths.items():
        if path.is_file():
            assert path.stat().st_size < KILOBYTES * 1024, name


def test_no_file_takes_the_place_of_another(paths: dict[str, Path]) -> None:
    assert len(set(paths.values())) == len(paths)


def test_nothing_is_left_beside_the_file_that_is_asked_for(tmp_path: Path) -> None:
    for name, maker in ODD.items():
        (tmp_path / name).mkdir()
        path = maker(tmp_path / name)
        extra = {left.name for left in (tmp_path / name).iterdir()} - {path.name}
        assert extra <= {"plain.mp4"}, name


@pytest.mark.parametrize("name", sorted(set(ODD) - {"folder_named_video", "dangling_link"}))
def test_a_file_is_made_the_same_again(name: str, paths: dict[str, Path], tmp_path: Path) -> None:
    assert ODD[name](tmp_path).read_bytes() == paths[name].read_bytes()


@pytest.mark.parametrize("name", sorted(SHAPES))
def test_every_shape_plays(name: str, paths: dict[str, Path]) -> None:
    shown = times(paths[name])
    expected = {"one_frame": 1, "quicktime": 6, "clock_wraps": 60, "hidden_start": 14}
    assert len(shown) == expected.get(name, 12 if name == "hidden_end" else 24)
    assert all(a < b for a, b in itertools.pairwise(shown))


@pytest.mark.parametrize("name", sorted(NO_PICTURE))
def test_what_holds_no_picture_gives_none(name: str, paths: dict[str, Path]) -> None:
    with pytest.raises((av.FFmpegError, OSError, IndexError, MemoryError)):
        first(paths[name])


@pytest.mark.parametrize(
    ("name", "codec", "pixels"),
    [
        ("av1", "libdav1d", "yuv420p"),
        ("hevc", "hevc", "yuv420p"),
        ("motion_jpeg", "mjpeg", "yuvj420p"),
        ("quicktime", "prores", "yuv422p10le"),
        ("ten_bit_h264", "h264", "yuv420p10le"),
        ("ten_bit_hevc", "hevc", "yuv420p10le"),
        ("vp9", "vp9", "yuv420p"),
        ("full_chroma", "h264", "yuv444p"),
    ],
)
def test_codec_and_samples_are_as_named(name: str, codec: str, pixels: str, paths: dict[str, Path]) -> None:
    _, stream = first(paths[name])
    assert (stream.codec_context.name, stream.codec_context.pix_fmt) == (codec, pixels)


@pytest.mark.parametrize(("name", "turn"), [("rotated_90", -90), ("rotated_180", -180), ("rotated_270", 90)])
def test_rotation_is_in_the_display_matrix(name: str, turn: int, paths: dict[str, Path]) -> None:
    assert first(paths[name])[0].rotation == turn


def test_fields_pixels_and_sizes_are_as_named(paths: dict[str, Path]) -> None:
    assert first(paths["interlaced"])[0].interlaced_frame
    assert first(paths["non_square"])[1].sample_aspect_ratio == Fraction(4, 3)
    assert [first(paths[name])[0].width for name in ("odd_size", "smallest", "portrait")] == [161, 16, 120]
    assert first(paths["joined"])[0].width == 160


def test_edit_lists_move_and_hide_frames(paths: dict[str, Path]) -> None:
    assert times(paths["delayed_start"])[0] == Fraction(1, 2)
    assert times(paths["hidden_start"])[0] == 0
    whole, late = (av.open(str(paths[name])) for name in ("plain", "hidden_start"))
    with whole, late:
        shown = [frame.to_ndarray(format="gray8") for frame in whole.decode(video=0)]
        begin = next(late.decode(video=0)).to_ndarray(format="gray8")
    distance = [float(abs(view.astype(int) - begin).mean()) for view in shown]
    assert distance.index(min(distance)) == 10


def test_uneven_times_are_uneven(paths: dict[str, Path]) -> None:
    shown = times(paths["uneven_times"])
    steps = [b - a for a, b in itertools.pairwise(shown)]
    assert max(steps) == Fraction(2, 5)
    assert len(set(steps)) > 10
    assert times(paths["long_pause"])[-1] == 36000


def test_damage_costs_frames_but_not_all(paths: dict[str, Path]) -> None:
    seen = 0
    with av.open(str(paths["cut_off"])) as source, contextlib.suppress(av.FFmpegError):
        for _ in source.decode(video=0):
            seen += 1
    assert 5 < seen < 24


def test_headers_claim_what_the_samples_do_not_hold(paths: dict[str, Path]) -> None:
    assert b"\xff\xff\xff\xff\x00\x48" in paths["huge_in_index"].read_bytes()
    assert first(paths["huge_in_index"])[0].width == 160
    with pytest.raises(av.FFmpegError):
        first(paths["huge_frames"])
    with pytest.raises(av.FFmpegError):
        first(paths["huge_png"])
    assert b"/etc/hostname" in paths["samples_elsewhere"].read_bytes()


def test_a_box_of_four_bytes_hides_the_track(paths: dict[str, Path]) -> None:
    with av.open(str(paths["short_box"])) as source:
        assert len(source.streams) == 0
