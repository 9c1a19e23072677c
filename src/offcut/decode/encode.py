"""The only writer of video: RGB pictures and float sound in, a finished file out.

Used for footage made from numbers and for small working copies, never for an exhibit. The same
input gives the same bytes on the same machine: one encoder thread, bit-exact flags, no dates. A
file appears under its name only when it is whole.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.video.stream import VideoStream
from numpy.typing import NDArray

__all__ = ["Film", "write_film", "write_sound", "write_video"]

Picture = NDArray[np.uint8]
Samples = NDArray[np.float32]

_FORMATS = {
    ".avi": "avi",
    ".gif": "gif",
    ".m4a": "ipod",
    ".mkv": "matroska",
    ".mov": "mov",
    ".mp4": "mp4",
    ".ts": "mpegts",
    ".wav": "wav",
    ".webm": "webm",
}
_LAYOUTS = {1: "mono", 2: "stereo", 6: "5.1"}
_RUN_SAMPLES = 1024
"""Sound is handed to the encoder in runs of one AAC frame, so that it interleaves with the picture."""


@dataclass(frozen=True, slots=True)
class Film:
    """How a file is to be written; the defaults are what a phone writes.

    Attributes:
        rate_hz: Frames per second, declared and, unless `pts` is given, kept.
        tick_s: Length of a tick of `pts`; None means 1 / rate_hz.
        pts: Presentation time of every frame in ticks, increasing; None means 0, 1, 2 ...
        codec: Name of the picture encoder.
        options: For the picture encoder, such as `{"crf": "28", "preset": "veryfast"}`.
        container_options: For the container writer, such as `{"movflags": "faststart"}`.
        pixel_format: What the encoder is fed.
        pixel_aspect: Width over height of one pixel.
        rotation_deg: Clockwise turn that a player has to apply, stored as a display matrix.
        codec_sound: Name of the sound encoder.
        rate_audio_hz: Samples per second of the sound.
    """

    rate_hz: Fraction
    tick_s: Fraction | None = None
    pts: Sequence[int] | None = None
    codec: str = "libx264"
    options: Mapping[str, str] = field(default_factory=dict)
    container_options: Mapping[str, str] = field(default_factory=dict)
    pixel_format: str = "yuv420p"
    pixel_aspect: Fraction = Fraction(1)
    rotation_deg: int = 0
    codec_sound: str = "aac"
    rate_audio_hz: int = 48000


def write_video(
    path: Path,
    frames: Iterable[Picture],
    *,
    rate_hz: Fraction,
    sound: Samples | None = None,
    rate_audio_hz: int = 48000,
    codec: str = "libx264",
    options: Mapping[str, str] | None = None,
) -> None:
    """Write `frames` at a constant rate; the file name's ending names the container.

    Args:
        path: File to write; replaced if it exists.
        frames: Pictures of one size, shape (height_px, width_px, 3), uint8, RGB.
        rate_hz: Frames per second.
        sound: Shape (channels, samples), float32, full scale is 1; written as AAC.
        rate_audio_hz: Samples per second of `sound`.
        codec: Name of the picture encoder.
        options: For the picture encoder.

    Raises:
        ValueError: There are no frames, they differ in size, or the ending names no container.
    """
    write_film(
        path,
        frames,
        Film(rate_hz=rate_hz, codec=codec, options=options or {}, rate_audio_hz=rate_audio_hz),
        sound=sound,
    )


def write_film(path: Path, frames: Iterable[Picture], film: Film, *, sound: Samples | None = None) -> None:
    """Write `frames` as `film` says; else like `write_video`.

    Raises:
        ValueError: As `write_video`; also if `film.pts` names fewer frames than there are.
    """
    pictures = iter(frames)
    first = next(pictures, None)
    if first is None:
        raise ValueError(f"{path.name}: there are no frames to write")
    with _whole_or_nothing(path, film.container_options) as target:
        picture = _add_picture(target, film, first.shape)
        tone = _add_sound(target, film, sound)
        runs = iter(()) if sound is None else _runs(sound, film.rate_audio_hz)
        run = next(runs, None)
        for index, image in enumerate(chain([first], pictures)):
            if image.shape != first.shape:
                raise ValueError(f"{path.name}: frame {index} is {image.shape}, the first is {first.shape}")
            frame = _frame(image, film, index)
            while tone and run is not None and _time_s(run) <= _time_s(frame):
                target.mux(tone.encode(run))
                run = next(runs, None)
            target.mux(picture.encode(frame))
        target.mux(picture.encode(None))
        while tone and run is not None:
            target.mux(tone.encode(run))
            run = next(runs, None)
        if tone:
            target.mux(tone.encode(None))


def write_sound(path: Path, sound: Samples, *, rate_audio_hz: int = 48000, codec: str = "aac") -> None:
    """Write a file that has sound, shape (channels, samples), and no picture track."""
    film = Film(rate_hz=Fraction(1), codec_sound=codec, rate_audio_hz=rate_audio_hz)
    with _whole_or_nothing(path, {}) as target:
        tone = _add_sound(target, film, sound)
        assert tone is not None
        for run in _runs(sound, rate_audio_hz):
            target.mux(tone.encode(run))
        target.mux(tone.encode(None))


@contextmanager
def _whole_or_nothing(path: Path, options: Mapping[str, str]) -> Iterator[OutputContainer]:
    """Open a container under a passing name; rename it when the block ends without an error."""
    if path.suffix.lower() not in _FORMATS:
        raise ValueError(f"{path.name}: the ending names no container that can be written")
    part = path.with_name(path.name + ".part")
    target = av.open(
        str(part),
        "w",
        format=_FORMATS[path.suffix.lower()],
        container_options={"fflags": "+bitexact"} | dict(options),
    )
    try:
        yield target
        target.close()
    except BaseException:
        # Closing a container whose header was never written fails too; the first error is the cause.
        with suppress(av.FFmpegError, ValueError):
            target.close()
        part.unlink(missing_ok=True)
        raise
    part.replace(path)


def _add_picture(target: OutputContainer, film: Film, shape: tuple[int, ...]) -> VideoStream:
    options = dict(film.options)
    options["flags"] = "+bitexact" + options.get("flags", "")
    # Rate control looks at other frames when threads do: more than one would tie the bytes to the machine.
    options.setdefault("threads", "1")
    if film.codec == "libx264":
        # Macroblock-tree rate control does not repeat on AVX-512: 2 of 40 runs at 160x120 differed.
        options.setdefault("mbtree", "0")
    stream = target.add_stream(film.codec, rate=film.rate_hz, options=options)
    assert isinstance(stream, VideoStream)
    context: Any = stream.codec_context
    stream.height, stream.width = shape[0], shape[1]
    stream.pix_fmt = film.pixel_format
    context.time_base = stream.time_base = film.tick_s or 1 / film.rate_hz
    if film.pixel_aspect != 1:
        context.sample_aspect_ratio = film.pixel_aspect
    if film.rotation_deg:
        stream.set_display_rotation(-film.rotation_deg)  # a display matrix counts the other way
    return stream


def _add_sound(target: OutputContainer, film: Film, sound: Samples | None) -> AudioStream | None:
    if sound is None:
        return None
    if sound.ndim != 2 or sound.shape[0] not in _LAYOUTS:
        raise ValueError(f"sound of shape {sound.shape}: need 1, 2 or 6 channels by samples")
    layout = _LAYOUTS[sound.shape[0]]
    stream = target.add_stream(
        film.codec_sound, rate=film.rate_audio_hz, layout=layout, options={"flags": "+bitexact"}
    )
    assert isinstance(stream, AudioStream)
    return stream


def _frame(image: Picture, film: Film, index: int) -> av.VideoFrame:
    if film.pts is not None and index >= len(film.pts):
        raise ValueError(f"frame {index} has no time: {len(film.pts)} are given")
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgb24")
    if film.pixel_format != "rgb24":
        frame = frame.reformat(format=film.pixel_format)
    frame.pts = index if film.pts is None else film.pts[index]
    frame.time_base = film.tick_s or 1 / film.rate_hz
    return frame


def _time_s(item: av.VideoFrame | av.AudioFrame) -> Fraction:
    assert item.pts is not None
    assert item.time_base is not None
    return item.pts * item.time_base


def _runs(sound: Samples, rate_hz: int) -> Iterator[av.AudioFrame]:
    for start in range(0, sound.shape[1], _RUN_SAMPLES):
        piece = np.ascontiguousarray(sound[:, start : start + _RUN_SAMPLES], dtype=np.float32)
        run = av.AudioFrame.from_ndarray(piece, format="fltp", layout=_LAYOUTS[sound.shape[0]])
        run.sample_rate, run.pts, run.time_base = rate_hz, start, Fraction(1, rate_hz)
        yield run
