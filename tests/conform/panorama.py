"""Tiny footage made from numbers: a window that moves over a painted place, measured in this process."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from offcut.analysers import BUILT_IN
from offcut.conform import SIGNALS
from offcut.measure import measure
from offcut.records import Edit, Exhibit, Frame, Measurement, Signal, StreamView
from offcut.timeline import FrameTimes

WIDTH_PX, HEIGHT_PX = 160, 90
RATE_HZ = Fraction(30)

Picture = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Clip:
    """Pictures and what was measured of them."""

    pictures: tuple[Picture, ...]
    measurement: Measurement


@cache
def moving(seed: int, frames: int = 100) -> Clip:
    """A recording by hand, made once a test run; other seeds show other places."""
    pictures = tuple(panned(seed, frames))
    return Clip(pictures, measured(pictures, name=f"moving-{seed}"))


@cache
def fixed(seed: int, frames: int = 90) -> Clip:
    """A recording in which nothing moves, made once a test run."""
    pictures = tuple(still(seed, frames))
    return Clip(pictures, measured(pictures, name=f"fixed-{seed}"))


@cache
def aired(seed: int, frames: int = 100) -> tuple[Picture, ...]:
    """The pictures of `moving(seed)` with other noise, as in a release: noise does not survive encoding."""
    return tuple(panned(seed, frames, take=1))


@cache
def aired_still(seed: int, frames: int = 90) -> tuple[Picture, ...]:
    """The pictures of `fixed(seed)` with other noise: were it the same, it would tell every moment."""
    return tuple(still(seed, frames, take=1))


def place(seed: int, *, width_px: int = 420, height_px: int = 260) -> NDArray[np.float32]:
    """A place of its own: patches of several sizes with hard edges, so that it has points to find."""
    rng = np.random.default_rng(seed)
    whole = np.full((height_px, width_px), 120.0, np.float32)
    for size, count in ((60, 30), (28, 120), (13, 500), (6, 1200)):
        for _ in range(count):
            x, y = int(rng.integers(-size, width_px)), int(rng.integers(-size, height_px))
            w, h = (int(v) for v in rng.integers(size // 3, size, 2))
            grey = float(rng.uniform(25, 225))
            if rng.random() < 0.5:
                cv2.rectangle(whole, (x, y), (x + w, y + h), grey, -1)
            else:
                cv2.ellipse(
                    whole, (x, y), (w // 2 + 1, h // 2 + 1), float(rng.uniform(0, 180)), 0, 360, grey, -1
                )
    return cv2.GaussianBlur(whole, (0, 0), 0.7).astype(np.float32)


def panned(seed: int, frames: int, *, passers: int = 3, take: int = 0) -> list[Picture]:
    """A recording by a hand that drifts over a place where `passers` go their own ways.

    Without them a later moment and a shifted picture are the same pictures, and nothing could tell them
    apart. Takes differ in noise only.
    """
    ground, rng = place(seed), np.random.default_rng(seed + 10_000)
    turn = float(rng.uniform(0, 2 * np.pi))
    size = 26
    figures = [
        (
            place(100 * seed + n + 1, width_px=size, height_px=2 * size),
            rng.uniform((10, 10), (WIDTH_PX, HEIGHT_PX)),
            rng.uniform((-2, -0.7), (2, 0.7)),
        )
        for n in range(passers)
    ]
    rng = rng if take == 0 else np.random.default_rng((seed, take))
    found = []
    for k in range(frames):
        x = 60 + 0.4 * k + 1.6 * np.sin(0.17 * k + turn)
        y = 85 + 3.2 * np.sin(0.083 * k + turn)
        view = window(ground, x, y)
        for figure, start, speed in figures:
            left, top = (start + speed * k) % (WIDTH_PX + size, HEIGHT_PX + 2 * size) - (size, 2 * size)
            _stand(view, figure, round(float(left)), round(float(top)))
        found.append(noisy(view, rng))
    return found


def _stand(view: NDArray[np.float32], figure: NDArray[np.float32], left: int, top: int) -> None:
    """Set a figure into a view, as far as it lies inside."""
    height, width = figure.shape
    rows = slice(max(0, top), min(HEIGHT_PX, top + height))
    columns = slice(max(0, left), min(WIDTH_PX, left + width))
    if rows.start < rows.stop and columns.start < columns.stop:
        inside = figure[rows.start - top : rows.stop - top, columns.start - left : columns.stop - left]
        view[rows, columns] = inside


def still(seed: int, frames: int, *, take: int = 0) -> list[Picture]:
    """A recording from a fixed camera in front of which nothing moves; takes differ in noise."""
    view = window(place(seed), 130, 85)
    rng = np.random.default_rng(seed + 10_000 if take == 0 else (seed, take))
    return [noisy(view, rng) for _ in range(frames)]


def window(ground: NDArray[np.float32], x: float, y: float) -> NDArray[np.float32]:
    """The view of a place whose top left corner lies at (x, y)."""
    shift = np.array([[1, 0, -x], [0, 1, -y]], np.float32)
    return np.asarray(
        cv2.warpAffine(ground, shift, (WIDTH_PX, HEIGHT_PX), borderMode=cv2.BORDER_REFLECT), np.float32
    )


def noisy(view: NDArray[np.float32], rng: np.random.Generator, spread: float = 1.2) -> Picture:
    """A view as a sensor gives it."""
    return np.clip(np.rint(view + rng.normal(0, spread, view.shape)), 0, 255).astype(np.uint8)


def cropped(picture: Picture, left: float, top: float, share: float) -> Picture:
    """A window of a picture, blown up to the whole frame; its place and size in shares of the picture."""
    scale = 1 / share
    # Pixel centres: the sample at x shows what lies at left * width + (x + 0.5) * share - 0.5.
    matrix = np.array(
        [
            [scale, 0, -(left * WIDTH_PX - 0.5) * scale - 0.5],
            [0, scale, -(top * HEIGHT_PX - 0.5) * scale - 0.5],
        ]
    )
    shown = cv2.warpAffine(picture, matrix, (WIDTH_PX, HEIGHT_PX), flags=cv2.INTER_CUBIC)
    return np.asarray(shown, np.uint8)


def mixed(a: Picture, b: Picture, share: float) -> Picture:
    """Two pictures one over the other; `share` of the second."""
    return np.rint((1 - share) * a.astype(np.float32) + share * b.astype(np.float32)).astype(np.uint8)


def frames_of(pictures: Iterable[Picture], rate_hz: Fraction = RATE_HZ) -> list[Frame]:
    """Pictures as the decoder hands them on, without colour."""
    found = []
    for k, luma in enumerate(pictures):
        chroma = np.full((2, luma.shape[0] // 2, luma.shape[1] // 2), 128, np.uint8)
        found.append(Frame(k, k, 1 / rate_hz, luma, chroma))
    return found


def measured(pictures: Sequence[Picture], *, name: str = "clip", rate_hz: Fraction = RATE_HZ) -> Measurement:
    """What one pass over a file with these pictures gives."""
    blocks: dict[str, list[Signal]] = {}
    for signal in measure(frames_of(pictures, rate_hz), [BUILT_IN[n]() for n in SIGNALS]):
        blocks.setdefault(signal.name, []).append(signal)
    signals = {
        name: Signal(
            name,
            parts[0].version,
            parts[0].unit,
            1 / rate_hz,
            np.concatenate([p.pts for p in parts]),
            np.concatenate([p.values for p in parts]),
        )
        for name, parts in blocks.items()
    }
    height, width = pictures[0].shape
    times = FrameTimes(1 / rate_hz, np.arange(len(pictures), dtype=np.int64), len(pictures))
    view = StreamView(
        "mp4",
        "h264",
        width,
        height,
        width,
        height,
        0,
        "yuv420p",
        Fraction(1),
        rate_hz,
        False,
        None,
        None,
        None,
    )
    exhibit = Exhibit(Path(f"{name}.mp4"), name.encode().hex().ljust(64, "0"), 1, times.end_s)
    return Measurement(exhibit, view, times, signals, {}, "none")


def shown(edit: Edit, frame: int) -> list[tuple[int, int]]:
    """The recordings and raw frames that an edit names for a release frame."""
    at_s = edit.release.frames.time_s(frame)
    found = []
    for segment in edit.segments:
        if segment.recording is None or not segment.start_s <= at_s < segment.end_s:
            continue
        assert segment.raw_start_s is not None
        assert segment.speed is not None
        raw_s = segment.raw_start_s + segment.speed * (at_s - segment.start_s)
        found.append((segment.recording, edit.recordings[segment.recording].frames.index_at(raw_s)))
    return found


def inset(outer: Picture, inner: Picture, left_px: int, top_px: int, width_px: int) -> Picture:
    """A picture with another one set into it, whole and made smaller."""
    height_px = round(width_px * HEIGHT_PX / WIDTH_PX)
    small = cv2.resize(inner, (width_px, height_px), interpolation=cv2.INTER_AREA)
    found = outer.copy()
    found[top_px : top_px + height_px, left_px : left_px + width_px] = small
    return found


def side_by_side(left: Picture, right: Picture) -> Picture:
    """A split screen: the middle half of one picture beside the middle half of another."""
    quarter = WIDTH_PX // 4
    return np.hstack([left[:, quarter : 3 * quarter], right[:, quarter : 3 * quarter]])


def passed(seed: int, frames: int, *, take: int = 0, spread: float = 1.2) -> list[Picture]:
    """A fixed camera before which one figure passes at its own uneven pace; takes differ in noise."""
    view = window(place(seed), 130, 85)
    figure = place(100 * seed + 7, width_px=8, height_px=16)
    rng = np.random.default_rng((seed, 50 + take))
    found = []
    for k in range(frames):
        now = view.copy()
        _stand(now, figure, round(10 + 1.1 * k + 9 * np.sin(0.11 * k)), 45)
        found.append(noisy(now, rng, spread))
    return found
