"""Files that are sound but unusual: every one plays, none is the plain case."""

import os
from collections.abc import Callable, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from offcut.decode.encode import Film, write_film
from offcut.testing.boxes import box, rewritten
from offcut.testing.places import Picture, cloud

__all__ = ["FRAMES", "SHAPES", "film", "hiss", "moving", "plain"]

FRAMES = 24
RATE_HZ = Fraction(25)


def moving(count: int = FRAMES, *, width: int = 160, height: int = 120, seed: int = 5) -> list[Picture]:
    """A textured picture that slides by two pixels a frame, with a bright square that goes the other way."""
    rng = np.random.default_rng(seed)
    grey = 128 + 90 * cloud(rng, (height, width), cell_px=16, octaves=5)
    still = np.clip(grey[..., None] * np.array([1.0, 0.9, 0.7]), 0, 255).astype(np.uint8)
    pictures = []
    for index in range(count):
        picture = np.roll(still, 2 * index, axis=1)
        left = (width - 3 * index) % max(1, width - 12)
        picture[height // 3 : height // 3 + 10, left : left + 10] = (250, 240, 60)
        pictures.append(picture)
    return pictures


def hiss(seconds: float = 0.96, *, channels: int = 2, rate_hz: int = 48000) -> NDArray[np.float32]:
    """White noise with a click every quarter of a second."""
    samples = int(seconds * rate_hz)
    sound = 0.05 * np.random.default_rng(6).standard_normal((channels, samples))
    sound[:, :: rate_hz // 4] = 0.9
    return sound.astype(np.float32)


def film(path: Path, pictures: list[Picture] | None = None, **how: Any) -> Path:
    """Write a small film; `how` are fields of `Film`, and `sound`."""
    sound = how.pop("sound", None)
    write_film(path, pictures or moving(), Film(**({"rate_hz": RATE_HZ} | how)), sound=sound)
    return path


def plain(folder: Path) -> Path:
    """H.264 and AAC in MP4 with B-frames: the usual case, to compare with."""
    return film(folder / "plain.mp4", sound=hiss())


def _one_frame(folder: Path) -> Path:
    """A video of a single frame."""
    return film(folder / "one_frame.mp4", moving(1))


def _no_sound(folder: Path) -> Path:
    """Picture without a sound track."""
    return film(folder / "no_sound.mp4")


def _frozen(folder: Path) -> Path:
    """The same picture in every frame."""
    return film(folder / "frozen.mp4", moving(1) * FRAMES)


def _black(folder: Path) -> Path:
    """Nothing but black, and digital silence."""
    dark = [np.zeros((120, 160, 3), np.uint8)] * FRAMES
    return film(folder / "black.mp4", dark, sound=np.zeros((2, 46080), np.float32))


def _uneven_times(folder: Path) -> Path:
    """Variable frame rate as phones write it: steps of 30 to 70 ms and one pause of 400 ms."""
    steps = np.random.default_rng(8).integers(30, 70, FRAMES)
    steps[10] = 400
    pts = [int(t) for t in np.cumsum(steps) - steps[0]]
    return film(folder / "uneven_times.mp4", tick_s=Fraction(1, 1000), pts=pts, sound=hiss(1.6))


def _long_pause(folder: Path) -> Path:
    """The last frame comes ten hours after the one before: few frames, a very long duration."""
    pts = [*range(FRAMES - 1), 25 * 36000]
    return film(folder / "long_pause.mp4", pts=pts)


def _rotated_90(folder: Path) -> Path:
    """Stored lying, shown upright: a display matrix asks for a quarter turn clockwise."""
    return film(folder / "rotated_90.mp4", rotation_deg=90)


def _rotated_180(folder: Path) -> Path:
    """Stored upside down."""
    return film(folder / "rotated_180.mp4", rotation_deg=180)


def _rotated_270(folder: Path) -> Path:
    """As `rotated_90`, the other way round."""
    return film(folder / "rotated_270.mp4", rotation_deg=270)


def _portrait(folder: Path) -> Path:
    """Taller than wide, without a display matrix."""
    return film(folder / "portrait.mp4", moving(width=120, height=200))


def _ten_bit_h264(folder: Path) -> Path:
    """H.264 High 10: ten bits a sample."""
    return film(folder / "ten_bit_h264.mp4", pixel_format="yuv420p10le")


def _ten_bit_hevc(folder: Path) -> Path:
    """HEVC Main 10, as phones write it."""
    return film(folder / "ten_bit_hevc.mp4", codec="libx265", pixel_format="yuv420p10le", options=_QUIET_X265)


def _hevc(folder: Path) -> Path:
    """HEVC, eight bits."""
    return film(folder / "hevc.mp4", codec="libx265", options=_QUIET_X265)


def _vp9(folder: Path) -> Path:
    """VP9 and Opus in WebM."""
    return film(folder / "vp9.webm", codec="libvpx-vp9", sound=hiss(), codec_sound="libopus")


def _vp8(folder: Path) -> Path:
    """VP8 in WebM."""
    return film(folder / "vp8.webm", codec="libvpx")


def _av1(folder: Path) -> Path:
    """AV1 in MP4."""
    # The encoder prints its banner to standard error unless this says otherwise.
    os.environ.setdefault("SVT_LOG", "0")
    options = {"preset": "8", "svtav1-params": "lp=1"}
    return film(folder / "av1.mp4", codec="libsvtav1", options=options)


def _matroska(folder: Path) -> Path:
    """H.264 and AAC in Matroska, whose times are rounded to milliseconds."""
    return film(folder / "matroska.mkv", rate_hz=Fraction(30000, 1001), sound=hiss())


def _avi(folder: Path) -> Path:
    """MPEG-4 part 2 and MP3 in AVI, which stores no times."""
    return film(folder / "avi.avi", codec="mpeg4", sound=hiss(), codec_sound="libmp3lame")


def _motion_jpeg(folder: Path) -> Path:
    """Motion JPEG in AVI, full range."""
    return film(folder / "motion_jpeg.avi", codec="mjpeg", pixel_format="yuvj420p")


def _quicktime(folder: Path) -> Path:
    """ProRes and PCM in QuickTime, 4:2:2 at ten bits."""
    return film(
        folder / "quicktime.mov",
        moving(6),
        codec="prores_ks",
        pixel_format="yuv422p10le",
        sound=hiss(),
        codec_sound="pcm_s16le",
    )


def _transport_stream(folder: Path) -> Path:
    """MPEG transport stream; its clock does not start at zero."""
    return film(folder / "transport_stream.ts", sound=hiss())


def _clock_wraps(folder: Path) -> Path:
    """A transport stream whose 33-bit clock overflows half way."""
    options = {"output_ts_offset": "95442.0"}
    return film(folder / "clock_wraps.ts", moving(60), container_options=options)


def _fragmented(folder: Path) -> Path:
    """Fragmented MP4: the index is spread over the file."""
    options = {"movflags": "frag_keyframe+empty_moov+default_base_moof"}
    return film(folder / "fragmented.mp4", options={"g": "8"}, container_options=options, sound=hiss())


def _index_first(folder: Path) -> Path:
    """MP4 with its index before its samples, as platforms write it."""
    return film(folder / "index_first.mp4", container_options={"movflags": "faststart"}, sound=hiss())


def _interlaced(folder: Path) -> Path:
    """H.264 coded as two fields, top field first."""
    options = {"flags": "+ildct+ilme", "x264-params": "tff=1"}
    return film(folder / "interlaced.mp4", options=options)


def _non_square(folder: Path) -> Path:
    """Pixels a third wider than high: 160x120 stored, 213x120 shown."""
    return film(folder / "non_square.mp4", pixel_aspect=Fraction(4, 3))


def _odd_size(folder: Path) -> Path:
    """Width and height are odd numbers; chroma is rounded up."""
    return film(folder / "odd_size.mkv", moving(width=161, height=121), codec="libvpx-vp9")


def _full_chroma(folder: Path) -> Path:
    """H.264 4:4:4 with odd width and height."""
    return film(folder / "full_chroma.mp4", moving(width=161, height=121), pixel_format="yuv444p")


def _no_chroma(folder: Path) -> Path:
    """H.264 with brightness only."""
    return film(folder / "no_chroma.mp4", pixel_format="gray")


def _smallest(folder: Path) -> Path:
    """16x16 pixels."""
    return film(folder / "smallest.mp4", moving(width=16, height=16))


def _banner(folder: Path) -> Path:
    """Fifty times as wide as high."""
    return film(folder / "banner.mp4", moving(width=1600, height=32))


def _mono_8_khz(folder: Path) -> Path:
    """One channel at 8 kHz, as a telephone records."""
    sound = hiss(channels=1, rate_hz=8000)
    return film(folder / "mono_8_khz.mp4", sound=sound, rate_audio_hz=8000)


def _surround(folder: Path) -> Path:
    """Six channels of sound."""
    return film(folder / "surround.mp4", sound=hiss(channels=6))


def _sound_outlasts(folder: Path) -> Path:
    """The sound goes on for two seconds after the last picture."""
    return film(folder / "sound_outlasts.mp4", sound=hiss(3.0))


def _delayed_start(folder: Path) -> Path:
    """An empty first edit: the picture appears half a second after the start."""
    return _with_edits(folder / "delayed_start.mp4", [(500, -1), (960, 0)])


def _hidden_start(folder: Path) -> Path:
    """The edit list hides the first ten frames, which are still in the file."""
    return _with_edits(folder / "hidden_start.mp4", [(560, 10)])


def _hidden_end(folder: Path) -> Path:
    """The edit list ends twelve frames before the samples do."""
    return _with_edits(folder / "hidden_end.mp4", [(480, 0)])


def _shown_twice(folder: Path) -> Path:
    """The edit list plays the same second two times: an edit without a re-encode."""
    return _with_edits(folder / "shown_twice.mp4", [(480, 0), (480, 0)])


def _wrong_ending(folder: Path) -> Path:
    """Matroska under an MP4 name."""
    return film(folder / "wrong_ending.mkv").replace(folder / "wrong_ending.mp4")


def _strange_name(folder: Path) -> Path:
    """A name that begins with a dash and holds a line break, a quote, markup and a direction override."""
    return plain(folder).replace(folder / "-a\n\"b'<i>\u202egpj.mp4")


_QUIET_X265 = {"x265-params": "log-level=none:pools=none:frame-threads=1"}


def _with_edits(path: Path, edits: list[tuple[int, int]]) -> Path:
    """Write a film without B-frames; its edit list is `edits`: milliseconds, first frame or -1 for empty."""
    film(path, options={"bf": "0"})
    whole = path.read_bytes()
    header = whole.index(b"mdhd")
    ticks_per_frame = int(int.from_bytes(whole[header + 16 : header + 20]) / RATE_HZ)
    entries = b"".join(
        length.to_bytes(4)
        + (start if start < 0 else start * ticks_per_frame).to_bytes(4, signed=True)
        + b"\0\1\0\0"
        for length, start in edits
    )
    listed = box("elst", bytes(4) + len(edits).to_bytes(4) + entries)
    path.write_bytes(rewritten(whole, ["moov", "trak", "edts"], lambda _: listed))
    return path


SHAPES: Mapping[str, Callable[[Path], Path]] = {
    maker.__name__.removeprefix("_"): maker
    for maker in (
        _av1,
        _avi,
        _banner,
        _black,
        _clock_wraps,
        _delayed_start,
        _fragmented,
        _frozen,
        _full_chroma,
        _hevc,
        _hidden_end,
        _hidden_start,
        _index_first,
        _interlaced,
        _long_pause,
        _matroska,
        _mono_8_khz,
        _motion_jpeg,
        _no_chroma,
        _no_sound,
        _non_square,
        _odd_size,
        _one_frame,
        plain,
        _portrait,
        _quicktime,
        _rotated_180,
        _rotated_270,
        _rotated_90,
        _shown_twice,
        _smallest,
        _sound_outlasts,
        _strange_name,
        _surround,
        _ten_bit_h264,
        _ten_bit_hevc,
        _transport_stream,
        _uneven_times,
        _vp8,
        _vp9,
        _wrong_ending,
    )
}
"""Each writes one file into a folder and returns its path."""
