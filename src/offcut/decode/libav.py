"""The decoder's side of an exhibit: one demux of picture and sound through PyAV.

Runs inside the room (`offcut.room`), where the file is only an open descriptor. Times are the
decoder's presentation times after the edit list; the mov demuxer applies the list and the decoder
drops the frames it hides. The loop filter is never skipped: it would save 6 % and cost
bit-exactness.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, BinaryIO

import av
import cv2
import numpy as np
from av.audio.frame import AudioFrame
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter
from numpy.typing import NDArray

from offcut.decode.limits import Limits, Refused
from offcut.records import Frame, Packet, Sound, StreamView

DEMUXERS = "mov,matroska,webm,avi,mpegts,mpeg,flv,asf,ogg,mxf,dv"
"""Real containers only: no playlists, no concat, no image patterns, nothing that names another file."""

DECODERS = frozenset(
    [
        "h264",
        "hevc",
        "vp8",
        "vp9",
        "av1",
        "libdav1d",
        "libaom-av1",
        "mpeg4",
        "mpeg2video",
        "mpeg1video",
        "mjpeg",
        "h263",
        "flv",
        "wmv1",
        "wmv2",
        "wmv3",
        "vc1",
        "msmpeg4v1",
        "msmpeg4v2",
        "msmpeg4",
        "dvvideo",
        "prores",
        "dnxhd",
        "ffv1",
        "theora",
        "rawvideo",
        "libvpx-vp9",
        "libvpx",
        "cinepak",
        "svq1",
        "svq3",
    ]
)
"""Video decoders that may run: those that cameras, phones, platforms and editing programs write."""

PLANAR_8_BIT = frozenset({"yuv420p", "yuvj420p", "yuv422p", "yuvj422p", "yuv444p", "yuvj444p"})

WORKING_MAX_PX = 640
"""A picture is halved until its longest side is at most this: halving is exact and nearly free."""

MAX_DAMAGE_LINES = 20


@dataclass
class Media:
    """An opened file: its view, its items once, and what was found broken on the way."""

    view: StreamView
    tick_s: Fraction
    container: "av.container.InputContainer"
    limits: Limits
    damage: list[str] = field(default_factory=list)
    end_pts: int = 0
    frames: int = 0

    def items(self) -> Iterator[Packet | Frame | Sound]:
        """Yield packets, frames and sound in the order of the file; frames in presentation order.

        Raises:
            Refused: nothing could be decoded, or a limit was reached.
        """
        pictures = _Pictures(self)
        sound = _SoundClock()
        streams: list[av.stream.Stream] = [_video_stream(self.container)]
        if self.view.audio_codec is not None:
            streams.append(self.container.streams.audio[0])
        for packet in self._packets(streams):
            is_video = packet.stream.type == "video"
            if is_video and packet.size:
                yield Packet(packet.pts, packet.dts, packet.size, packet.is_keyframe)
            try:
                decoded = packet.decode()
            except av.error.EOFError:
                continue
            except av.error.FFmpegError as error:
                self._note(f"{'picture' if is_video else 'sound'} near {_seconds(packet)}: {_words(error)}")
                continue
            for item in decoded:
                if isinstance(item, VideoFrame):
                    yield pictures.frame(item)
                elif isinstance(item, AudioFrame):
                    yield sound.run(item)
        if not self.frames:
            raise Refused("no picture could be decoded; nothing can be said about it")

    def _packets(self, streams: "Sequence[av.stream.Stream]") -> "Iterator[av.Packet[Any]]":
        demuxer = self.container.demux(streams)
        while True:
            try:
                yield next(demuxer)
            except StopIteration:
                return
            except av.error.FFmpegError as error:
                self._note(f"reading stopped early: {_words(error)}; the rest of the file was not seen")
                return

    def _note(self, line: str) -> None:
        if len(self.damage) < MAX_DAMAGE_LINES:
            self.damage.append(line)
        elif len(self.damage) == MAX_DAMAGE_LINES:
            self.damage.append("more damage of this kind was met and is not listed")


class _Pictures:
    """Turns decoder frames into upright working pictures with strictly increasing times."""

    def __init__(self, media: Media) -> None:
        self._media = media
        self._reformatter = VideoReformatter()
        self._last_pts: int | None = None
        self._step = 1
        self._shape: tuple[int, int] | None = None

    def frame(self, picture: VideoFrame) -> Frame:
        media = self._media
        if media.frames >= media.limits.max_frames:
            raise Refused(f"it has more than {media.limits.max_frames:,} frames; reading was stopped")
        luma, chroma = upright_planes(picture, self._reformatter, media.view)
        if self._shape is None:
            self._shape = (luma.shape[0], luma.shape[1])
        elif luma.shape != self._shape:
            media._note(
                f"the picture size changes at frame {media.frames}; later frames are scaled to the first"
            )
            height, width = self._shape
            luma = cv2.resize(luma, (width, height), interpolation=cv2.INTER_AREA).astype(np.uint8)
        pts = self._increasing(picture)
        duration = int(picture.duration or 0)
        media.end_pts = pts + (duration if duration > 0 else self._step)
        media.frames += 1
        if (media.end_pts - pts) * media.tick_s > media.limits.max_duration_s or (
            pts * media.tick_s > media.limits.max_duration_s
        ):
            raise Refused(
                f"it runs longer than {media.limits.max_duration_s // 3600} hours; reading was stopped"
            )
        return Frame(media.frames - 1, pts, media.tick_s, luma, chroma, bool(picture.interlaced_frame))

    def _increasing(self, picture: VideoFrame) -> int:
        pts = picture.pts if picture.pts is not None else picture.dts
        last = self._last_pts
        if pts is None or (last is not None and pts <= last):
            if last is not None:
                self._media._note(f"frame {self._media.frames} has no time of its own or one that goes back")
            pts = 0 if last is None else last + self._step
        elif last is not None:
            self._step = max(1, min(self._step * 4, pts - last) if self._step > 1 else pts - last)
        self._last_pts = pts
        return pts


class _SoundClock:
    """Turns decoder sound into float samples on the clock of the file."""

    def __init__(self) -> None:
        self._next: int | None = None

    def run(self, frame: AudioFrame) -> Sound:
        rate_hz = frame.sample_rate
        samples = as_float(frame)
        if frame.pts is not None and frame.time_base is not None:
            pts = round(frame.pts * frame.time_base * rate_hz)
        else:
            pts = self._next or 0
        self._next = pts + samples.shape[1]
        return Sound(pts, rate_hz, samples)


def open_media(file: BinaryIO, *, limits: Limits) -> Media:
    """Open `file` for one pass.

    Raises:
        Refused: it is no video of a known kind, has no picture track, or is larger than `limits`.
    """
    cv2.setNumThreads(1)
    container = _open(file)
    video = _video_stream(container)
    name = video.codec_context.name
    if name not in DECODERS:
        raise Refused(f"its pictures are coded as {name!r}, which is not decoded here")
    width, height = video.codec_context.width, video.codec_context.height
    if width <= 0 or height <= 0:
        raise Refused("its picture track states no size; no picture can be decoded")
    if width > limits.max_width_px or height > limits.max_height_px or width * height > limits.max_pixels:
        raise Refused(
            f"its pictures are {width} x {height}, more than {limits.max_pixels:,} pixels; it was not decoded"
        )
    if container.duration and container.duration / av.time_base > limits.max_duration_s:
        raise Refused(
            f"it says it runs longer than {limits.max_duration_s // 3600} hours; it was not decoded"
        )
    video.thread_type = "AUTO"
    video.codec_context.thread_count = 2
    rotation_deg, is_interlaced = _peek(file)
    assert video.time_base is not None
    view = _view(container, video, rotation_deg, is_interlaced)
    return Media(view, Fraction(video.time_base), container, limits)


def versions() -> dict[str, str]:
    """Versions of the decoder libraries, for every result."""
    numbers = {name: ".".join(map(str, v)) for name, v in sorted(av.library_versions.items())}
    return {"pyav": av.__version__, "opencv": cv2.__version__, "numpy": np.__version__, **numbers}


def pictures(
    file: BinaryIO, wanted_pts: Sequence[int], *, longest_px: int, limits: Limits
) -> Iterator[tuple[int, NDArray[np.uint8]]]:
    """Decode the frames shown at exactly `wanted_pts` as upright RGB, shape (height_px, width_px, 3).

    Frames that cannot be reached are left out. Goes forward where the next wanted frame is near,
    seeks to the keyframe before it where it is not.
    """
    media = open_media(file, limits=limits)
    stream = _video_stream(media.container)
    near = int(Fraction(3) / media.tick_s)
    reformatter = VideoReformatter()
    decoder: Iterator[VideoFrame] | None = None
    at: int | None = None
    for wanted in sorted(set(wanted_pts)):
        if decoder is None or at is None or wanted - at > near:
            media.container.seek(wanted, stream=stream, backward=True)
            decoder = _forgiving(media.container.decode(stream))
        for frame in decoder:
            at = frame.pts if frame.pts is not None else frame.dts
            if at is None or at < wanted:
                continue
            if at == wanted:
                yield wanted, _rgb(frame, reformatter, media.view, longest_px)
            break
        else:
            decoder = None


def upright_planes(
    picture: VideoFrame, reformatter: VideoReformatter, view: StreamView
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Bring a decoded frame to the working size, upright: luma (h, w), chroma (2, about h/2, about w/2)."""
    if picture.format.name not in PLANAR_8_BIT:
        width, height = working_size(picture.width, picture.height)
        picture = reformatter.reformat(
            picture, width + width % 2, height + height % 2, "yuv420p", interpolation="AREA", threads=1
        )
    luma = _halved(_plane(picture, 0), WORKING_MAX_PX)
    if view.pixel_aspect != 1:
        width = max(2, round(luma.shape[1] * view.pixel_aspect))
        luma = cv2.resize(luma, (width, luma.shape[0]), interpolation=cv2.INTER_AREA).astype(np.uint8)
    height, width = (luma.shape[0] + 1) // 2, (luma.shape[1] + 1) // 2
    chroma = np.empty((2, height, width), np.uint8)
    for k in (1, 2):
        plane = _halved(_plane(picture, k), max(width, height) * 2 - 1)
        if plane.shape != (height, width):
            plane = cv2.resize(plane, (width, height), interpolation=cv2.INTER_AREA).astype(np.uint8)
        chroma[k - 1] = plane
    turns = -view.rotation_deg // 90 % 4
    if turns:
        luma = np.ascontiguousarray(np.rot90(luma, turns))
        chroma = np.ascontiguousarray(np.rot90(chroma, turns, axes=(1, 2)))
    return luma, chroma


def working_size(width_px: int, height_px: int) -> tuple[int, int]:
    """Size of the working picture: halved (rounding down) until the longest side is at most 640 px."""
    while max(width_px, height_px) > WORKING_MAX_PX:
        width_px, height_px = max(1, width_px // 2), max(1, height_px // 2)
    return width_px, height_px


def as_float(frame: AudioFrame) -> NDArray[np.float32]:
    """Samples of a decoded sound frame, shape (channels, samples), full scale 1."""
    values = frame.to_ndarray()
    channels = frame.layout.nb_channels
    if not frame.format.is_planar:
        values = values.reshape(-1, channels).T
    if values.dtype == np.uint8:
        return ((values.astype(np.float32) - 128) / 128).astype(np.float32)
    if values.dtype.kind == "i":
        return (values / np.float64(2 ** (8 * values.dtype.itemsize - 1))).astype(np.float32)
    return values.astype(np.float32)


def _open(file: BinaryIO) -> "av.container.InputContainer":
    try:
        return av.open(
            file,
            mode="r",
            options={
                "format_whitelist": DEMUXERS,
                "protocol_whitelist": "",
                "enable_drefs": "0",
                "use_absolute_path": "0",
            },
            metadata_errors="replace",
        )
    except (av.error.FFmpegError, ValueError) as error:
        raise Refused(f"it is not a video of a known kind ({_words(error)}); nothing was measured") from None


def _video_stream(container: "av.container.InputContainer") -> "av.video.stream.VideoStream":
    for stream in container.streams.video:
        if not stream.disposition & av.stream.Disposition.attached_pic:
            return stream
    what = "only sound" if container.streams.audio else "no picture track"
    raise Refused(f"it holds {what}; there is no picture to measure")


def _peek(file: BinaryIO) -> tuple[int, bool]:
    """Rotation and interlacing of the first frame, by a decode of its own: the header does not say."""
    start = file.tell()
    try:
        file.seek(0)
        with _open(file) as container:
            stream = _video_stream(container)
            for frame in _forgiving(container.decode(stream)):
                return -round(frame.rotation / 90) * 90 % 360, bool(frame.interlaced_frame)
    finally:
        file.seek(start)
    return 0, False


def _view(
    container: "av.container.InputContainer",
    video: "av.video.stream.VideoStream",
    rotation_deg: int,
    interlaced: bool,
) -> StreamView:
    context = video.codec_context
    aspect = video.sample_aspect_ratio or context.sample_aspect_ratio or Fraction(1)
    aspect = Fraction(aspect) if aspect and Fraction(1, 4) <= aspect <= 4 else Fraction(1)
    width, height = max(1, round(context.width * aspect)), context.height
    if rotation_deg % 180:
        width, height = height, width
    audio = container.streams.audio[0] if container.streams.audio else None
    usable = audio is not None and audio.codec_context is not None and bool(audio.codec_context.sample_rate)
    return StreamView(
        format=container.format.name,
        video_codec=context.name,
        width_px=width,
        height_px=height,
        coded_width_px=context.width,
        coded_height_px=context.height,
        rotation_deg=rotation_deg,
        pixel_format=context.pix_fmt or "unknown",
        pixel_aspect=aspect,
        declared_rate_hz=Fraction(video.average_rate) if video.average_rate else None,
        is_interlaced=interlaced,
        audio_codec=audio.codec_context.name if usable and audio is not None else None,
        audio_rate_hz=audio.codec_context.sample_rate if usable and audio is not None else None,
        audio_channels=audio.codec_context.channels if usable and audio is not None else None,
    )


def _plane(picture: VideoFrame, k: int) -> NDArray[np.uint8]:
    """A view of one plane without its padding; rows have a stride."""
    plane = picture.planes[k]
    rows = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
    return rows[: plane.height, : plane.width]


def _halved(plane: NDArray[np.uint8], longest_px: int) -> NDArray[np.uint8]:
    """Halve by area until the longest side is at most `longest_px`; an odd last row or column is dropped."""
    while max(plane.shape) > longest_px and min(plane.shape) > 1:
        height, width = plane.shape[0] // 2, plane.shape[1] // 2
        plane = cv2.resize(
            plane[: 2 * height, : 2 * width], (width, height), interpolation=cv2.INTER_AREA
        ).astype(np.uint8, copy=False)
    return plane


def _rgb(
    frame: VideoFrame, reformatter: VideoReformatter, view: StreamView, longest_px: int
) -> NDArray[np.uint8]:
    width, height = view.width_px, view.height_px
    scale = min(1.0, longest_px / max(width, height))
    width, height = max(2, round(width * scale)), max(2, round(height * scale))
    if view.rotation_deg % 180:
        width, height = height, width
    small = reformatter.reformat(frame, width, height, "rgb24", interpolation="AREA", threads=1)
    turns = -view.rotation_deg // 90 % 4
    return np.ascontiguousarray(np.rot90(small.to_ndarray(), turns))


def _forgiving(frames: Iterator[VideoFrame]) -> Iterator[VideoFrame]:
    while True:
        try:
            yield next(frames)
        except (StopIteration, av.error.FFmpegError):
            return


def _seconds(packet: "av.Packet[Any]") -> str:
    at = packet.pts if packet.pts is not None else packet.dts
    if at is None or packet.time_base is None:
        return "an unknown time"
    return f"{float(at * packet.time_base):.3f} s"


def _words(error: Exception) -> str:
    return (getattr(error, "strerror", None) or str(error) or type(error).__name__).splitlines()[0][:200]
