"""Streams of packets, frames and sound made from numbers."""

from collections.abc import Sequence
from fractions import Fraction

import cv2
import numpy as np
from hypothesis import strategies as st

from offcut.measure import Analyser, Item
from offcut.records import Frame, Packet, Signal, Sound

TICK_S = Fraction(1, 90_000)


def frame(index: int, pts: int, *, width_px: int = 64, height_px: int = 36, seed: int = 0) -> Frame:
    """A picture of soft patches that change from frame to frame."""
    rng = np.random.default_rng((seed, index))
    coarse = rng.integers(0, 256, (height_px // 4 + 1, width_px // 4 + 1)).astype(np.uint8)
    luma = np.asarray(cv2.resize(coarse, (width_px, height_px), interpolation=cv2.INTER_NEAREST), np.uint8)
    chroma = rng.integers(0, 256, (2, -(-height_px // 2), -(-width_px // 2))).astype(np.uint8)
    return Frame(index, pts, TICK_S, luma, chroma)


def sound(pts: int, samples: int, *, rate_hz: int = 8000, seed: int = 0) -> Sound:
    """Noise on two channels."""
    rng = np.random.default_rng((seed, pts))
    return Sound(pts, rate_hz, rng.uniform(-1, 1, (2, samples)).astype(np.float32))


@st.composite
def streams(draw: st.DrawFn) -> list[Item]:
    """A short file: frames at any steps, sound in runs with gaps, packets in any order of time."""
    items: list[Item] = []
    pts, at = draw(st.integers(-3000, 90_000)), draw(st.integers(0, 5000))
    kinds = draw(st.lists(st.sampled_from(("frame", "sound", "packet")), max_size=24))
    index = 0
    for number, kind in enumerate(kinds):
        if kind == "frame":
            items.append(frame(index, pts))
            index += 1
            pts += draw(st.integers(500, 60_000))
        elif kind == "sound":
            count = draw(st.integers(0, 700))
            items.append(sound(at, count))
            at += count + draw(st.sampled_from((0, 0, 0, 1, 900)))
        else:
            stamp = draw(st.none() | st.integers(0, 10**6))
            items.append(
                Packet(
                    stamp,
                    draw(st.none() | st.just(number)),
                    draw(st.integers(0, 10**6)),
                    draw(st.booleans()),
                    number,
                    bytes([number] * 16),
                )
            )
    return items


def rows(signals: Sequence[Signal]) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Blocks of rows, put together by signal."""
    found: dict[str, list[Signal]] = {}
    for signal in signals:
        found.setdefault(signal.name, []).append(signal)
    return {
        name: (
            np.concatenate([s.pts for s in parts if len(s.pts)] or [parts[0].pts]),
            np.concatenate([s.values for s in parts if len(s.pts)] or [parts[0].values]),
        )
        for name, parts in found.items()
    }


def fed(analyser: Analyser, items: Sequence[Item], *, takes_after: Sequence[int] = ()) -> list[Signal]:
    """All that an analyser gives for a stream, when it is also asked after the items named."""
    found: list[Signal] = []
    for number, item in enumerate(items):
        analyser.push(item)
        if number in takes_after:
            found += analyser.take(last=False)
    return [*found, *analyser.take(last=True)]
