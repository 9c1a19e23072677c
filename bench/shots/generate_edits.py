"""Edited videos with exact truth, made from the shared real footage: cuts, gradual changes, distractors.

Every video joins spans of unbroken takes by the boundaries an editor uses and puts into the shots what
detectors take for boundaries: flashes, muzzle flashes, explosions, shake, banners, exposure jumps, freezes,
darkness. Clips for tuning and clips for validation show different places and are never mixed.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
"""BGR, shape (HEIGHT_PX, WIDTH_PX, 3)."""

WIDTH_PX, HEIGHT_PX = 320, 180
FOOTAGE = Path(__file__).resolve().parents[3] / "shared" / "footage"

TUNING = ("chair.mp4", "drone.mp4", "road.mp4", "door.mp4", "cloth.mp4", "sign_book.mkv", "sign_night.mkv")
"""Clips on which thresholds and confidences were set."""

VALIDATION = ("walk.mp4", "room.mp4", "bottles.mp4", "puppy.mp4")
"""Clips that no threshold was set on; another place, another camera."""

_LONGEST_CLIP_FRAMES = 700
_RATES = (25, 25, 25, 30, 30, 50, 12)
_KINDS = ("cut", "jump", "dissolve", "fade", "wipe")
_KIND_SHARES = (0.58, 0.10, 0.15, 0.09, 0.08)
_DISTRACTORS = ("none", "flash", "muzzle", "explosion", "shake", "banner", "exposure", "freeze")


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happens in frames [first, end); a cut's `end` equals its `first`."""

    kind: str
    first: int
    end: int


@dataclass(frozen=True, slots=True)
class Video:
    """A generated video and its truth."""

    name: str
    rate_hz: int
    frames: NDArray[np.uint8]
    boundaries: Sequence[Event]
    distractors: Sequence[Event]


@lru_cache(maxsize=8)
def _clip(name: str) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """Frames of a clip, aspect cropped to 16:9, and their times in seconds."""
    pictures, times = [], []
    with av.open(str(FOOTAGE / name)) as container:
        for frame in container.decode(video=0):
            if frame.pts is None or frame.time_base is None:
                continue
            picture = frame.to_ndarray(format="bgr24")
            height, width = picture.shape[:2]
            keep = min(height, width * HEIGHT_PX // WIDTH_PX)
            top = (height - keep) // 2
            wide = min(width, keep * WIDTH_PX // HEIGHT_PX)
            left = (width - wide) // 2
            cropped = picture[top : top + keep, left : left + wide]
            pictures.append(cv2.resize(cropped, (WIDTH_PX, HEIGHT_PX), interpolation=cv2.INTER_AREA))
            times.append(float(frame.pts * frame.time_base))
            if len(pictures) == _LONGEST_CLIP_FRAMES:
                break
    return np.asarray(pictures, np.uint8), np.asarray(times)


@dataclass(frozen=True, slots=True)
class _Look:
    """What an editor does to a whole shot."""

    mirrored: bool
    zoom: float
    gain: float
    dark: float


@dataclass(frozen=True, slots=True)
class _Take:
    name: str
    start_s: float
    look: _Look


def _play(take: _Take, count: int, rate_hz: int) -> NDArray[np.uint8]:
    """`count` frames of a take at `rate_hz`; the nearest source frame, as conversion to a fixed rate does."""
    frames, times = _clip(take.name)
    wanted = times[0] + take.start_s + np.arange(count) / rate_hz
    indices = np.clip(np.searchsorted(times, wanted + 1e-6, side="right") - 1, 0, len(times) - 1)
    chosen = frames[indices]
    look = take.look
    if look.zoom > 1:
        height, width = int(HEIGHT_PX / look.zoom), int(WIDTH_PX / look.zoom)
        top, left = (HEIGHT_PX - height) // 2, (WIDTH_PX - width) // 3
        window = chosen[:, top : top + height, left : left + width]
        chosen = np.asarray([cv2.resize(p, (WIDTH_PX, HEIGHT_PX)) for p in window], np.uint8)
    if look.mirrored:
        chosen = chosen[:, :, ::-1]
    factor = look.gain * look.dark
    return np.asarray(np.clip(chosen * np.float32(factor), 0, 255), np.uint8)


def _length_s(name: str) -> float:
    times = _clip(name)[1]
    return float(times[-1] - times[0])


def _new_take(rng: np.random.Generator, clips: Sequence[str], before: _Take | None, need_s: float) -> _Take:
    """A take that is long enough and from another place than the one before."""
    usable = [
        c for c in clips if _length_s(c) > need_s + 0.2 and (before is None or c[:4] != before.name[:4])
    ]
    name = str(rng.choice(usable))
    look = _Look(
        mirrored=bool(rng.random() < 0.3),
        zoom=float(rng.choice([1.0, 1.0, 1.25])),
        gain=float(rng.uniform(0.8, 1.15)),
        dark=float(rng.uniform(0.1, 0.3)) if rng.random() < 0.18 else 1.0,
    )
    return _Take(name, float(rng.uniform(0, _length_s(name) - need_s)), look)


def _flash(shot: NDArray[np.float32], rng: np.random.Generator, first: int) -> int:
    length = int(rng.integers(1, 4))
    shot[first : first + length] = shot[first : first + length] * 0.25 + 255 * 0.75
    return length


def _muzzle(shot: NDArray[np.float32], rng: np.random.Generator, first: int) -> int:
    length = int(rng.integers(1, 3))
    y, x = np.mgrid[:HEIGHT_PX, :WIDTH_PX]
    centre_y, centre_x = rng.integers(30, HEIGHT_PX - 30), rng.integers(40, WIDTH_PX - 40)
    spread = rng.uniform(15, 45)
    glow = np.exp(-((y - centre_y) ** 2 + (x - centre_x) ** 2) / (2 * spread**2)).astype(np.float32)
    shot[first : first + length] += 300 * glow[None, :, :, None]
    return length


def _explosion(shot: NDArray[np.float32], rng: np.random.Generator, first: int) -> int:
    length = int(rng.integers(8, 20))
    y, x = np.mgrid[:HEIGHT_PX, :WIDTH_PX]
    centre_y, centre_x = rng.integers(40, HEIGHT_PX - 40), rng.integers(60, WIDTH_PX - 60)
    colour = np.asarray([60, 150, 255], np.float32)
    for step in range(min(length, len(shot) - first)):
        strength = np.exp(-3.0 * step / length)
        spread = 40 + 60 * step / length
        glow = np.exp(-((y - centre_y) ** 2 + (x - centre_x) ** 2) / (2 * spread**2)).astype(np.float32)
        shot[first + step] += strength * (90 + 1.2 * glow[..., None] * colour)
    return length


def _shake(shot: NDArray[np.float32], rng: np.random.Generator, first: int) -> int:
    length = min(int(rng.integers(10, 40)), len(shot) - first)
    reach = rng.uniform(0.03, 0.13)
    place = np.zeros(2)
    for step in range(length):
        previous, place = place, rng.uniform(-reach, reach, 2) * (WIDTH_PX, HEIGHT_PX)
        move = np.asarray([[1, 0, place[0]], [0, 1, place[1]]], np.float32)
        moved = cv2.warpAffine(shot[first + step], move, (WIDTH_PX, HEIGHT_PX), borderMode=cv2.BORDER_REFLECT)
        blur = int(np.clip(np.abs(place - previous).max() / 4, 1, 12))
        shot[first + step] = cv2.blur(moved, (blur, max(1, blur // 2)))
    return length


def _banner(shot: NDArray[np.float32], rng: np.random.Generator, first: int) -> int:
    length = min(int(rng.integers(15, 60)), len(shot) - first)
    top = int(HEIGHT_PX * rng.uniform(0.6, 0.78))
    band = shot[first : first + length, top : top + int(HEIGHT_PX * 0.2)]
    band[:] = rng.uniform(0, 255, 3).astype(np.float32)
    for x in range(20, int(rng.integers(120, 300)), 12):
        band[:, 8:-8, x : x + 7] = 255 if rng.random() < 0.8 else 20
    return length


def _exposure(shot: NDArray[np.float32], rng: np.random.Generator, first: int) -> int:
    shot[first:] *= float(rng.choice([0.6, 0.7, 1.35, 1.5]))
    return 1


def _freeze(shot: NDArray[np.float32], rng: np.random.Generator, first: int) -> int:
    length = min(int(rng.integers(6, 25)), len(shot) - first)
    shot[first : first + length] = shot[first]
    return length


_MAKE: dict[str, Callable[[NDArray[np.float32], np.random.Generator, int], int]] = {
    "flash": _flash,
    "muzzle": _muzzle,
    "explosion": _explosion,
    "shake": _shake,
    "banner": _banner,
    "exposure": _exposure,
    "freeze": _freeze,
}


def _disturb(shot: NDArray[np.float32], rng: np.random.Generator, margin: int) -> list[Event]:
    """Put one or two distractors into a shot, away from its ends."""
    events = []
    for kind in rng.choice(_DISTRACTORS, 2, p=(0.3, *[0.1] * 7)):
        first = int(rng.integers(margin, max(margin + 1, len(shot) - margin - 8)))
        if kind != "none" and first < len(shot) - margin:
            length = _MAKE[str(kind)](shot[: len(shot) - margin], rng, first)
            events.append(Event(str(kind), first, first + length))
    return events


def _mix(kind: str, old: NDArray[np.float32], new: NDArray[np.float32], rng: np.random.Generator) -> None:
    """Turn `old` (in place) into the gradual change from `old` to `new`, both of the mixed length."""
    count = len(old)
    shares = (np.arange(count, dtype=np.float32) + 1) / (count + 1)
    if kind == "dissolve":
        old += (new - old) * shares[:, None, None, None]
    elif kind == "fade":
        colour = np.float32(255 if rng.random() < 0.2 else 0)
        hold = int(rng.integers(0, count // 4 + 1))
        leave = (count - hold) // 2
        weight = np.zeros(count, np.float32)
        weight[:leave] = 1 - (np.arange(leave) + 1) / (leave + 1)
        weight[count - leave :] = weight[:leave][::-1]
        source = np.where(np.arange(count)[:, None, None, None] < count / 2, old, new)
        old[:] = colour + (source - colour) * weight[:, None, None, None]
    else:
        axis, backwards = int(rng.integers(1, 3)), bool(rng.random() < 0.5)
        size = old.shape[axis]
        for step, share in enumerate(shares):
            edge = round(float(share) * size)
            part = slice(size - edge, size) if backwards else slice(0, edge)
            index = (step, part) if axis == 1 else (step, slice(None), part)
            old[index] = new[index]


def make(seed: int, clips: Sequence[str], *, shots: int = 14) -> Video:
    """Make one video.

    Args:
        seed: Decides everything; the same seed gives the same video.
        clips: Names in FOOTAGE to take from.
        shots: Number of shots.

    Returns:
        The video with its boundaries and distractors, in frame numbers.
    """
    rng = np.random.default_rng(seed)
    rate_hz = int(rng.choice(_RATES))
    shortest = round(1.2 * rate_hz)
    boundaries: list[Event] = []
    distractors: list[Event] = []
    pieces: list[NDArray[np.uint8]] = []
    tail: NDArray[np.float32] | None = None
    take: _Take | None = None
    kind, mixed, position = "start", 0, 0
    for number in range(shots):
        length = int(rng.integers(shortest, shortest * 3)) + mixed
        next_mixed = 0
        next_kind = str(rng.choice(_KINDS, p=_KIND_SHARES)) if number < shots - 1 else "end"
        if next_kind in ("dissolve", "wipe"):
            next_mixed = round(float(rng.uniform(0.24, 1.0)) * rate_hz)
        elif next_kind == "fade":
            next_mixed = round(float(rng.uniform(0.5, 1.6)) * rate_hz)
        need_s = (length + next_mixed) / rate_hz
        if kind == "jump" and take is not None:
            skip_s = float(rng.uniform(0.5, 3.0))
            start_s = take.start_s + skip_s
            if start_s + need_s >= _length_s(take.name):
                start_s = max(0.0, take.start_s - skip_s - need_s)
            take = _Take(take.name, start_s, take.look)
        else:
            take = _new_take(rng, clips, take, need_s)
        shot = _play(take, length + next_mixed, rate_hz).astype(np.float32)
        if take.look.dark < 1:
            shot += rng.normal(0, 2.0, shot.shape[:3])[..., None].astype(np.float32)
        margin = max(mixed, next_mixed) + round(0.3 * rate_hz)
        found = _disturb(shot, rng, margin) if len(shot) > 2 * margin + 12 else []
        distractors += [Event(e.kind, e.first + position, e.end + position) for e in found]
        if tail is not None and mixed:
            _mix(kind, tail, shot[:mixed], rng)
            shot[:mixed] = tail
        if kind != "start":
            boundaries.append(Event(kind, position, position + mixed))
        pieces.append(np.clip(shot[:length], 0, 255).astype(np.uint8))
        tail = shot[length:].copy()
        position += length
        kind, mixed = next_kind, next_mixed
    return Video(f"seed{seed}", rate_hz, np.concatenate(pieces), boundaries, distractors)


def videos(clips: Sequence[str], count: int, *, first_seed: int) -> Iterator[Video]:
    """Make `count` videos, one at a time."""
    for number in range(count):
        yield make(first_seed + number, clips)


def write(video: Video, path: Path) -> None:
    """Encode a video with H.264 at CRF 26, as published video is."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=Fraction(video.rate_hz))
        stream.width, stream.height, stream.pix_fmt = WIDTH_PX, HEIGHT_PX, "yuv420p"
        stream.options = {"crf": "26", "preset": "veryfast", "threads": "1"}
        for picture in video.frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="bgr24")))
        container.mux(stream.encode())
