import io
import itertools
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from offcut.decode import libav
from offcut.decode.limits import Limits, Refused
from offcut.measure import Item
from offcut.records import Frame, Packet, Sound
from offcut.testing.odd import ODD
from offcut.testing.odd_shapes import film, hiss, moving

ONE = Limits(threads=1)


def read(path: Path, limits: Limits = ONE) -> tuple[libav.Media, list[Item]]:
    with path.open("rb") as file:
        media = libav.open_media(file, limits=limits)
        return media, list(media.items())


def times(items: Sequence[Item], tick_s: Fraction) -> list[Fraction]:
    return [item.pts * tick_s for item in items if isinstance(item, Frame)]


def test_one_pass_gives_packets_frames_and_sound(tmp_path: Path) -> None:
    media, items = read(ODD["plain"](tmp_path))
    kinds = [sum(isinstance(item, kind) for item in items) for kind in (Packet, Frame)]
    assert kinds == [24, 24]
    assert times(items, media.tick_s) == [Fraction(k, 25) for k in range(24)]
    assert media.end_pts * media.tick_s == Fraction(24, 25)
    assert [item.index for item in items if isinstance(item, Frame)] == list(range(24))
    assert media.damage == []


def test_sound_has_the_levels_and_times_that_went_in(tmp_path: Path) -> None:
    _, items = read(ODD["plain"](tmp_path))
    runs = [item for item in items if isinstance(item, Sound)]
    assert all(a.pts + a.samples.shape[1] == b.pts for a, b in itertools.pairwise(runs))
    samples = np.concatenate([run.samples for run in runs], axis=1)
    click = int(np.abs(samples[0, 20_000:28_000]).argmax()) + 20_000 + runs[0].pts
    assert abs(click - 24_000) < 48
    assert samples.dtype == np.float32


@pytest.mark.parametrize("codec", ["pcm_u8", "pcm_s16le", "pcm_s32le", "pcm_f32le"])
def test_sound_is_full_scale_whatever_its_samples_are(codec: str, tmp_path: Path) -> None:
    sound = np.repeat(np.array([[0.5], [-0.25]], np.float32), 4800, axis=1)
    path = film(tmp_path / "sound.mov", moving(4), sound=sound, codec_sound=codec)
    runs = [item for item in read(path)[1] if isinstance(item, Sound)]
    values = np.concatenate([run.samples for run in runs], axis=1)
    assert values.mean(axis=1) == pytest.approx([0.5, -0.25], abs=0.01)


@pytest.mark.parametrize("name", ["transport_stream", "clock_wraps"])
def test_the_clock_of_a_stream_starts_with_its_first_picture_or_sound(name: str, tmp_path: Path) -> None:
    media, items = read(ODD[name](tmp_path))
    shown = times(items, media.tick_s)
    steps = {b - a for a, b in itertools.pairwise(shown)}
    assert steps == {Fraction(1, 25)}
    first_sound = min((s.pts / s.rate_hz for s in items if isinstance(s, Sound)), default=0.0)
    assert min(float(shown[0]), first_sound) == pytest.approx(0, abs=0.001)


def test_a_broadcast_recorded_at_twenty_hours_is_not_twenty_hours_long(tmp_path: Path) -> None:
    path = film(tmp_path / "late.ts", container_options={"output_ts_offset": "72000"}, sound=hiss())
    media, items = read(path)
    assert len(times(items, media.tick_s)) == 24
    assert media.end_pts * media.tick_s < 2


def test_a_stream_that_was_joined_counts_on_and_says_so(tmp_path: Path) -> None:
    media, items = read(ODD["joined"](tmp_path))
    assert times(items, media.tick_s) == [Fraction(k, 25) for k in range(24)]
    assert [line.partition(";")[0] for line in media.damage] == [
        "the picture size changes to 96 x 64 at frame 12",
        "the clock of the file goes back by 0.440 s at frame 12",
    ]
    sizes = {(item.luma.shape, item.chroma.shape) for item in items if isinstance(item, Frame)}
    assert sizes == {((120, 160), (2, 60, 80))}


def test_sound_of_a_joined_stream_counts_on_too(tmp_path: Path) -> None:
    one = film(tmp_path / "one.ts", moving(12), sound=hiss(0.48)).read_bytes()
    path = tmp_path / "two.ts"
    path.write_bytes(one * 2)
    media, items = read(path)
    runs = [item for item in items if isinstance(item, Sound)]
    assert all(a.pts < b.pts for a, b in itertools.pairwise(runs))
    assert any(line.startswith("the clock of the sound goes back") for line in media.damage)


def test_pictures_completed_by_the_decoder_are_counted(tmp_path: Path) -> None:
    media, items = read(ODD["scratched"](tmp_path))
    assert len(times(items, media.tick_s)) == 38
    assert media.damage[-1] == (
        "pictures that the decoder calls damaged, and completed from others: 8 of 38, the first is frame 10"
    )


def test_one_thread_completes_damaged_pictures_alike_every_time(tmp_path: Path) -> None:
    path = ODD["scratched"](tmp_path)
    first = [item.luma for item in read(path)[1] if isinstance(item, Frame)]
    for _ in range(5):
        again = [item.luma for item in read(path)[1] if isinstance(item, Frame)]
        assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))


def test_a_disk_that_fails_half_way_costs_the_rest_and_is_said(tmp_path: Path) -> None:
    class FailingDisk(io.BytesIO):
        is_failing = False

        def read(self, size: int | None = -1) -> bytes:
            if self.is_failing:
                raise OSError(5, "Input/output error")
            return super().read(size)

    path = film(tmp_path / "large.mp4", moving(80, width=640, height=480), options={"crf": "1"})
    file = FailingDisk(path.read_bytes())
    media = libav.open_media(file, limits=ONE)
    items = media.items()
    shown = sum(isinstance(next(items), Frame) for _ in range(20))
    file.is_failing = True
    shown += sum(isinstance(item, Frame) for item in items)
    assert 0 < shown < 80
    assert any(line.startswith("reading stopped early: Input/output error") for line in media.damage)


def test_more_picture_tracks_are_said(tmp_path: Path) -> None:
    path = tmp_path / "two.mp4"
    with av.open(str(path), "w") as target:
        tracks = [target.add_stream("libx264", rate=25) for _ in range(2)]
        for track in tracks:
            track.width, track.height, track.pix_fmt = 64, 64, "yuv420p"
        for k in range(4):
            frame = av.VideoFrame.from_ndarray(np.full((64, 64, 3), 60 * k, np.uint8), format="rgb24")
            frame.pts, frame.time_base = k, Fraction(1, 25)
            for track in tracks:
                target.mux(track.encode(frame))
        for track in tracks:
            target.mux(track.encode(None))
    media, items = read(path)
    assert media.damage == ["it holds 1 more picture tracks; only the first was measured"]
    assert len(times(items, media.tick_s)) == 4


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        (Limits(max_width_px=100), "its pictures are 160 x 120 pixels; allowed are 100 x 8,192"),
        (Limits(max_pixels=10_000), "and 10,000 in all; it was not decoded"),
        (Limits(max_frames=5), "it has more than 5 frames; reading was stopped"),
        (Limits(max_duration_s=0), "it says it runs longer than 0 hours; it was not decoded"),
    ],
)
def test_a_limit_is_named_when_it_is_reached(limits: Limits, words: str, tmp_path: Path) -> None:
    with pytest.raises(Refused, match=words):
        read(ODD["plain"](tmp_path), limits)


def test_a_file_that_hides_how_long_it_runs_is_stopped_on_the_way(tmp_path: Path) -> None:
    path = film(tmp_path / "long.ts", moving(60))
    with pytest.raises(Refused, match=r"it .*runs longer than 0\.000277778 hours"):
        read(path, Limits(max_duration_s=1))


def test_a_codec_that_is_not_listed_is_not_run(tmp_path: Path) -> None:
    path = film(tmp_path / "odd.mov", moving(3), codec="qtrle", pixel_format="rgb24")
    with pytest.raises(Refused, match="its pictures are coded as 'qtrle', which is not decoded here"):
        read(path)


def test_the_view_is_upright_and_square(tmp_path: Path) -> None:
    turned, _ = read(ODD["rotated_90"](tmp_path))
    wide, _ = read(ODD["non_square"](tmp_path))
    assert (turned.view.width_px, turned.view.height_px, turned.view.rotation_deg) == (120, 160, 90)
    assert (wide.view.width_px, wide.view.height_px, wide.view.pixel_aspect) == (213, 120, Fraction(4, 3))
    assert (wide.view.coded_width_px, wide.view.coded_height_px) == (160, 120)


def test_the_versions_of_all_that_decodes_are_told() -> None:
    assert {"pyav", "opencv", "numpy", "libavcodec", "libavformat"} <= set(libav.versions())


def test_a_file_cut_short_is_said_to_end_before_its_time(tmp_path: Path) -> None:
    whole = ODD["matroska"](tmp_path)
    short = tmp_path / "short.mkv"
    short.write_bytes(whole.read_bytes()[: whole.stat().st_size * 3 // 10])
    media, items = read(short)
    assert 0 < len(times(items, media.tick_s)) < 12
    assert any("it may be cut short" in line for line in media.damage)
    media, _ = read(whole)
    assert media.damage == []
