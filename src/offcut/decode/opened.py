"""Opening a file with the decoder library, which may look only at it, as a video, by listed means."""

from collections.abc import Iterator
from typing import BinaryIO

import av
from av.video.frame import VideoFrame

from offcut.decode.limits import Refused

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

READ_ERRORS = (av.error.FFmpegError, OSError)
"""The second is what a failing disk or a refused seek raises in the file itself."""


def open_container(file: BinaryIO, *, threads: int) -> "av.container.InputContainer":
    """Let only the listed demuxers look at `file`, from where it stands, and nothing open another."""
    try:
        container = av.open(
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
    except (*READ_ERRORS, ValueError) as error:
        # Or damaged: a recording that lost its index is a video, and is refused here too.
        problem = (
            f"it is not a video of a known kind, or is damaged ({words_of(error)}); nothing was measured"
        )
        raise Refused(problem) from None
    for stream in container.streams.video:
        stream.thread_type = "AUTO"
        stream.codec_context.thread_count = threads
    return container


def video_stream(container: "av.container.InputContainer") -> "av.video.stream.VideoStream":
    """The first picture track that is not a cover picture."""
    for stream in container.streams.video:
        if not is_cover(stream):
            return stream
    what = "only sound" if container.streams.audio else "no picture track"
    raise Refused(f"it holds {what}; there is no picture to measure")


def is_cover(stream: "av.video.stream.VideoStream") -> bool:
    """Whether a picture track is a single picture that goes with the file, such as an album cover."""
    return bool(stream.disposition & av.stream.Disposition.attached_pic)


def decoded(
    container: "av.container.InputContainer", stream: "av.video.stream.VideoStream"
) -> Iterator[VideoFrame | None]:
    """Yield what can be decoded from here on, None where a packet could not be."""
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets)
        except (StopIteration, *READ_ERRORS):
            return
        try:
            yield from packet.decode()
        except av.error.EOFError:
            continue
        except READ_ERRORS:
            yield None


def words_of(error: Exception) -> str:
    """What went wrong, in one line."""
    return (getattr(error, "strerror", None) or str(error) or type(error).__name__).splitlines()[0][:200]
