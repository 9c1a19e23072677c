"""The decoder's side of an exhibit: one demux of picture and sound through PyAV.

Runs inside the room (`offcut.room`), where the file is only an open descriptor. Times are the
decoder's presentation times after the edit list; the mov demuxer applies the list and the decoder
drops the frames it hides. The clock of a transport or program stream has no zero of its own: its
times are counted from the first picture or sound, as players show them. The loop filter is never
skipped: it would save 6 % and cost bit-exactness.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
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

from offcut.decode.clock import Clock
from offcut.decode.damage import MORE, PICTURE
from offcut.decode.limits import Limits, Refused
from offcut.decode.opened import (
    DECODERS,
    READ_ERRORS,
    decoded,
    is_cover,
    open_container,
    video_stream,
    words_of,
)
from offcut.decode.payload import PictureDigest
from offcut.decode.pick import Picker
from offcut.decode.rejoin import REJOIN_FAILED, Trail
from offcut.decode.upright import Upright, colours, scaled, upright_of, upright_planes
from offcut.records import Frame, Packet, Sound, StreamView

CLOCK_WITHOUT_ZERO = frozenset({"mpegts", "mpeg"})
"""Formats whose time is that of the sender: a recording of a broadcast may begin at twenty hours."""

SOUND_JUMP_S = Fraction(1, 10)
"""Sound that goes back further than this has another clock; less is the overlap of two runs."""

MAX_DAMAGE_LINES = 20


@dataclass
class Media:
    """An opened file: its view, its items once, and what was found broken on the way.

    Attributes:
        view: What the decoder says of the streams.
        tick_s: Length of a tick of packets and frames.
        container: The open file.
        limits: What it may cost.
        upright: How its pictures are brought upright.
        start_pts: Tick of the file that counts as zero.
        damage: Lines, complete when `items` has ended.
        end_pts: When the last frame so far stops being shown.
        frames: How many there were so far.
        trail: Where the pass is.
        passed: Told the time in seconds of what is only read, on the way to where an earlier pass was left.
    """

    view: StreamView
    tick_s: Fraction
    container: "av.container.InputContainer"
    limits: Limits
    upright: Upright
    start_pts: int = 0
    damage: list[str] = field(default_factory=list)
    end_pts: int = 0
    frames: int = 0
    trail: Trail = field(init=False)
    passed: Callable[[float], None] = lambda done_s: None

    def __post_init__(self) -> None:
        self.trail = Trail(self.limits.leave_every_frames)
        self._pictures = _Pictures(self)
        self._sound = _SoundClock(self.start_pts * self.tick_s)

    def left(self) -> dict[str, Any] | None:
        """What `rejoin` needs to go on from the item yielded last; None where no pass can be taken up."""
        bookmark = self.trail.bookmark()
        times = [pts for pts, _ in bookmark.witnesses]
        if bookmark.key_packet is None or None in times or len(set(times)) < len(times) or not times:
            return None
        return {
            "bookmark": bookmark,
            "pictures": self._pictures.state(),
            "sound": self._sound,
            "damage": list(self.damage),
            "end_pts": self.end_pts,
            "frames": self.frames,
        }

    def rejoin(self, left: Mapping[str, Any]) -> None:
        """Let `items` begin after the item that was yielded last when `left` was written."""
        self.trail.goal = left["bookmark"]
        self._pictures.restore(left["pictures"])
        self._sound = left["sound"]
        self.damage = left["damage"]
        self.end_pts, self.frames = left["end_pts"], left["frames"]

    def items(self) -> Iterator[Packet | Frame | Sound]:
        """Yield packets, frames and sound in the order of the file; frames in presentation order.

        Raises:
            Refused: nothing could be decoded, or a limit was reached.
        """
        video = video_stream(self.container)
        pictures, sound, trail = self._pictures, self._sound, self.trail
        digests = PictureDigest(video.codec_context.name, video.codec_context.extradata or b"")
        streams: list[av.stream.Stream] = [video]
        if self.view.audio_codec is not None:
            streams.append(self.container.streams.audio[0])
        for packet in self._packets(streams):
            is_video = packet.stream.index == video.index
            is_known = trail.packet(is_key_picture=is_video and packet.is_keyframe)
            if is_video and packet.size and not is_known:
                yield self._packet(packet, digests)
            if is_known:
                self.passed(float((self.own(packet.dts) or 0) * self.tick_s) if is_video else 0.0)
            if is_video and trail.skips_picture():
                continue
            try:
                found = packet.decode()
            except av.error.EOFError:
                continue
            except av.error.FFmpegError as error:
                if not is_known:
                    self._note(
                        f"{PICTURE if is_video else 'sound'} near {self._place(packet)}: {words_of(error)}"
                    )
                continue
            for item in found:
                if isinstance(item, VideoFrame) and trail.is_before_goal:
                    trail.compare(item)
                elif isinstance(item, VideoFrame):
                    trail.note(item, self.frames)
                    yield pictures.frame(item)
                elif isinstance(item, AudioFrame) and not trail.run_is_known():
                    yield sound.run(item)
        if trail.is_before_goal:
            raise Refused(f"{REJOIN_FAILED}: it ends before its last pictures came")
        if not self.frames:
            raise Refused("no picture could be decoded; nothing can be said about it")
        # Beyond the count: there are few of them, and each is about the file as a whole.
        self.damage += (*pictures.damage(), *sound.damage(), *self._early_end(sound))

    def _early_end(self, sound: "_SoundClock") -> Iterator[str]:
        """A line if the file says that it lasts clearly longer than what could be decoded."""
        used = [video_stream(self.container), *self.container.streams.audio[:1]]
        known = [s.duration * s.time_base for s in used if s.duration and s.time_base]
        # The whole file may last longer than these tracks: telemetry runs on. Matroska states only the whole.
        stated_s = Fraction(max(known)) if known else Fraction(self.container.duration or 0, av.time_base)
        decoded_s = max(self.end_pts * self.tick_s, sound.end_s)
        if stated_s - decoded_s > max(Fraction(1, 2), stated_s / 20):
            yield (
                f"the file says that it lasts {float(stated_s):.3f} s, but what can be decoded ends at "
                f"{float(decoded_s):.3f} s; it may be cut short"
            )

    def _packets(self, streams: "Sequence[av.stream.Stream]") -> "Iterator[av.Packet[Any]]":
        demuxer = self.container.demux(streams)
        while True:
            try:
                yield next(demuxer)
            except StopIteration:
                return
            except READ_ERRORS as error:
                self._note(f"reading stopped early: {words_of(error)}; the rest of the file was not seen")
                return

    def _packet(self, packet: "av.Packet[Any]", digests: PictureDigest) -> Packet:
        at_byte = packet.pos if packet.pos is not None and packet.pos >= 0 else None
        digest = digests.of(bytes(memoryview(packet)))
        pts, dts = self.own(packet.pts), self.own(packet.dts)
        return Packet(pts, dts, packet.size, packet.is_keyframe, at_byte, digest)

    def start_from(self, start_pts: int) -> None:
        """Count time from this tick of the file."""
        self.start_pts = start_pts
        self._sound = _SoundClock(start_pts * self.tick_s)

    def own(self, pts: int | None) -> int | None:
        """Count a tick of the file from where its time begins."""
        return None if pts is None else pts - self.start_pts

    def _place(self, packet: "av.Packet[Any]") -> str:
        at = packet.pts if packet.pts is not None else packet.dts
        if at is None or packet.time_base is None:
            return "an unknown time"
        return f"{float(at * packet.time_base - self.start_pts * self.tick_s):.3f} s"

    def _note(self, line: str) -> None:
        if len(self.damage) < MAX_DAMAGE_LINES:
            self.damage.append(line)
        elif len(self.damage) == MAX_DAMAGE_LINES:
            self.damage.append(MORE)


class _Pictures:
    """Turns decoder frames into upright working pictures with strictly increasing times."""

    def __init__(self, media: Media) -> None:
        self._media = media
        self._reformatter = VideoReformatter()
        self._clock = Clock(media.tick_s)
        self._shape: tuple[int, int] | None = None
        self._size: tuple[int, int] | None = None
        self._first_pts = 0
        self._first_broken, self._broken = 0, 0

    def state(self) -> dict[str, Any]:
        """Everything but the file and the tools."""
        return {k: v for k, v in vars(self).items() if k not in ("_media", "_reformatter")}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on as the object whose `state` this is."""
        vars(self).update(state)

    def frame(self, picture: VideoFrame) -> Frame:
        media, index = self._media, self._media.frames
        if index >= media.limits.max_frames:
            raise Refused(f"it has more than {media.limits.max_frames:,} frames; reading was stopped")
        luma, chroma = self._planes(picture)
        duration = int(picture.duration or 0)
        pts = self._clock.rising(media.own(picture.pts if picture.pts is not None else picture.dts))
        if index == 0:
            self._first_pts = pts
        if picture.is_corrupt:
            self._first_broken = self._first_broken if self._broken else index
            self._broken += 1
        media.end_pts = pts + (duration if duration > 0 else self._clock.step)
        media.frames += 1
        if (media.end_pts - self._first_pts) * media.tick_s > media.limits.max_duration_s:
            raise Refused(f"it runs longer than {_hours(media.limits)}; reading was stopped")
        return Frame(index, pts, media.tick_s, luma, chroma, bool(picture.interlaced_frame))

    def damage(self) -> Iterator[str]:
        """Lines about the frames as a whole."""
        if self._broken:
            yield (
                f"{PICTURE}s that the decoder calls damaged, and completed from others: {self._broken:,} of "
                f"{self._media.frames:,}, the first is frame {self._first_broken:,}"
            )
        yield from self._clock.damage()

    def _planes(self, picture: VideoFrame) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        luma, chroma = upright_planes(picture, self._reformatter, self._media.upright)
        size = (picture.width, picture.height)
        if self._size not in (None, size):
            self._media._note(
                f"the picture size changes to {size[0]} x {size[1]} at frame {self._media.frames:,}; "
                "all are scaled to the first"
            )
        self._size = size
        if self._shape is None:
            self._shape = (luma.shape[0], luma.shape[1])
        elif luma.shape != self._shape:
            height, width = self._shape
            luma = scaled(luma, height, width)
            chroma = np.stack([scaled(c, (height + 1) // 2, (width + 1) // 2) for c in chroma])
        return luma, chroma


class _SoundClock:
    """Turns decoder sound into float samples on the clock of the file."""

    def __init__(self, start_s: Fraction) -> None:
        self._offset_s = -start_s
        self._next_s: Fraction | None = None
        self._jumps = 0

    def run(self, frame: AudioFrame) -> Sound:
        samples = as_float(frame)
        at_s = self._next_s or Fraction(0)
        if frame.pts is not None and frame.time_base is not None:
            at_s = frame.pts * frame.time_base + self._offset_s
            if self._next_s is not None and self._next_s - at_s > SOUND_JUMP_S:
                self._offset_s += self._next_s - at_s
                self._jumps += 1
                at_s = self._next_s
        self._next_s = at_s + Fraction(samples.shape[1], frame.sample_rate)
        return Sound(round(at_s * frame.sample_rate), frame.sample_rate, samples)

    @property
    def end_s(self) -> Fraction:
        """Where the sound decoded so far ends."""
        return self._next_s or Fraction(0)

    def damage(self) -> Iterator[str]:
        """A line if the clock of the sound was not the file's all the way."""
        if self._jumps:
            yield f"the clock of the sound goes back {self._jumps:,} times; it is counted on from there"


def open_media(file: BinaryIO, *, limits: Limits) -> Media:
    """Open `file` for one pass.

    Raises:
        Refused: it is no video of a known kind, has no picture track, or is larger than `limits`.
    """
    cv2.setNumThreads(1)
    container = open_container(file, threads=limits.threads)
    video = video_stream(container)
    name = video.codec_context.name
    if name not in DECODERS:
        raise Refused(f"its pictures are coded as {name!r}, which is not decoded here")
    _require_size(video.codec_context.width, video.codec_context.height, limits)
    if container.duration and container.duration / av.time_base > limits.max_duration_s:
        raise Refused(f"it says it runs longer than {_hours(limits)}; it was not decoded")
    upright, is_interlaced = _peek(file)
    assert video.time_base is not None
    media = Media(
        _view(container, video, upright, is_interlaced), Fraction(video.time_base), container, limits, upright
    )
    media.damage += upright.damage
    others = sum(not is_cover(stream) for stream in container.streams.video) - 1
    if others:
        media.damage.append(f"it holds {others} more picture tracks; only the first was measured")
    if container.format.name in CLOCK_WITHOUT_ZERO:
        media.start_from(_start_pts(container, video))
    return media


def _require_size(width: int, height: int, limits: Limits) -> None:
    if width <= 0 or height <= 0:
        raise Refused("its picture track states no size; no picture can be decoded")
    if width > limits.max_width_px or height > limits.max_height_px or width * height > limits.max_pixels:
        raise Refused(
            f"its pictures are {width:,} x {height:,} pixels; allowed are {limits.max_width_px:,} x "
            f"{limits.max_height_px:,} and {limits.max_pixels:,} in all; it was not decoded"
        )


def _start_pts(container: "av.container.InputContainer", video: "av.video.stream.VideoStream") -> int:
    """The tick of the first picture or sound, whichever is earlier."""
    assert video.time_base is not None
    used = [video, *container.streams.audio[:1]]
    starts_s = [s.start_time * s.time_base for s in used if s.start_time is not None and s.time_base]
    return round(min(starts_s) / video.time_base) if starts_s else 0


def versions() -> dict[str, str]:
    """Versions of the decoder libraries, for every result."""
    numbers = {name: ".".join(map(str, v)) for name, v in sorted(av.library_versions.items())}
    return {"pyav": av.__version__, "opencv": cv2.__version__, "numpy": np.__version__, **numbers}


def pictures(
    file: BinaryIO, wanted_pts: Sequence[int], *, longest_px: int, limits: Limits
) -> Iterator[tuple[int, NDArray[np.uint8]]]:
    """Decode the frames shown at exactly `wanted_pts` as upright RGB, shape (height_px, width_px, 3).

    Frames that cannot be reached are left out. Where the clock of the file goes back, a time names two
    frames; `Clock.damage` told that when it was measured, and nothing should be asked.

    Raises:
        Refused: as `open_media`.
    """
    media = open_media(file, limits=limits)
    picker = Picker(
        file, media.container, tick_s=media.tick_s, start_pts=media.start_pts, threads=limits.threads
    )
    reformatter = VideoReformatter()
    for wanted in sorted(set(wanted_pts)):
        frame = picker.at(wanted)
        if frame is not None:
            yield wanted, colours(frame, reformatter, media.upright, longest_px)


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


def _peek(file: BinaryIO) -> tuple[Upright, bool]:
    """How the first frame is to be shown, by a decode of its own: the header does not say."""
    start = file.tell()
    try:
        file.seek(0)
        with open_container(file, threads=1) as container:
            stream = video_stream(container)
            aspect = _pixel_aspect(stream)
            first = next(filter(None, decoded(container, stream)), None)
            if first is not None:
                return upright_of(first, aspect), bool(first.interlaced_frame)
            return Upright(pixel_aspect=aspect), False
    finally:
        file.seek(start)


def _pixel_aspect(video: "av.video.stream.VideoStream") -> Fraction:
    aspect = video.sample_aspect_ratio or video.codec_context.sample_aspect_ratio or Fraction(1)
    return Fraction(aspect) if aspect and Fraction(1, 4) <= aspect <= 4 else Fraction(1)


def _view(
    container: "av.container.InputContainer",
    video: "av.video.stream.VideoStream",
    upright: Upright,
    interlaced: bool,
) -> StreamView:
    context = video.codec_context
    width, height = max(1, round(context.width * upright.pixel_aspect)), context.height
    if upright.rotation_deg % 180:
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
        rotation_deg=upright.rotation_deg,
        pixel_format=context.pix_fmt or "unknown",
        pixel_aspect=upright.pixel_aspect,
        declared_rate_hz=Fraction(video.average_rate) if video.average_rate else None,
        is_interlaced=interlaced,
        audio_codec=audio.codec_context.name if usable and audio is not None else None,
        audio_rate_hz=audio.codec_context.sample_rate if usable and audio is not None else None,
        audio_channels=audio.codec_context.channels if usable and audio is not None else None,
    )


def _hours(limits: Limits) -> str:
    return f"{limits.max_duration_s / 3600:g} hours"
