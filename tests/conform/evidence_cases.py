"""Small recordings, releases that are stream-copied from them, and how they are measured."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from offcut.conform.evidence import SIGNALS
from offcut.decode.encode import write_video
from offcut.records import Exhibit, Measurement, StreamView
from offcut.signals import measured
from offcut.testing.footage import Footage, Scene
from offcut.timeline import FrameTimes

RATE_HZ = Fraction(25)
GROUP = 12
"""Frames from one key frame to the next, in everything recorded here."""

SHARED = Path(__file__).resolve().parents[3] / "shared"

Part = tuple[Path, int, int]
"""A file, and the key packets from which and up to which its packets are taken."""


def record(path: Path, place: str, frames: int, *, seed: int = 1, crf: int = 23) -> Path:
    """Write a recording with a key frame every `GROUP` frames and B-frames between."""
    scene = Footage(Scene(path.stem, place, seed, RATE_HZ, frames))
    options = {"preset": "veryfast", "crf": str(crf), "g": str(GROUP), "sc_threshold": "0"}
    write_video(path, scene.pictures(), rate_hz=RATE_HZ, options=options)
    return path


def copy_packets(target: Path, parts: Sequence[Part], *, drop: Sequence[int] = ()) -> Path:
    """Write picture packets of `parts` one after another, as they are.

    Args:
        target: The file; the ending of its name names the container.
        parts: What to take, in order; all coded alike.
        drop: Packets to leave out, by their number among all that are taken.
    """
    out = av.open(str(target), "w")
    stream, shift, taken = None, Fraction(0), 0
    for path, first, end in parts:
        with av.open(str(path)) as source:
            video = source.streams.video[0]
            stream = stream or out.add_stream_from_template(video)
            assert video.time_base is not None
            key, base, last = -1, None, Fraction(0)
            for packet in source.demux(video):
                key += packet.is_keyframe
                if not packet.size or not first <= key < end:
                    continue
                assert packet.pts is not None
                base = packet.pts if base is None else base
                shown_s = (packet.pts - base) * video.time_base
                last = max(last, shown_s + 1 / RATE_HZ)
                delay = (packet.dts or 0) - packet.pts
                packet.pts = packet.pts - base + round(shift / video.time_base)
                packet.dts = packet.pts + delay
                packet.stream = stream
                if taken not in drop:
                    out.mux(packet)
                taken += 1
            shift += last
    out.close()
    return target


def measure(path: Path, folder: Path) -> Measurement:
    """Measure what evidence is found by."""
    return measured(path, SIGNALS, folder=folder)


def named(name: str) -> Measurement:
    """A file of which only the name matters."""
    view = StreamView("mov", "h264", 1, 1, 1, 1, 0, "yuv420p", Fraction(1), None, False, None, None, None)
    frames = FrameTimes(Fraction(1), np.arange(60), 60)
    return Measurement(Exhibit(Path(name), "0" * 64, 1), view, frames, {}, {}, "none")
