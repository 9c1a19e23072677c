"""The pictures and the sound of a release, made from a plan."""

from collections.abc import Callable, Iterator, Mapping, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from conform_cases.clips import RATE_HZ, Picture, sound
from conform_cases.laid_out import Laid, length_frames, matrix
from conform_cases.plans import Plan
from offcut.testing import sounds
from offcut.testing.graphics import graded, overlaid, title_card

OWN_LEVEL = 0.08
BACKDROP_BLUR_PX = 18.0


def pictures(plan: Plan, laid: Sequence[Laid]) -> Iterator[Picture]:
    """Release pictures in order; the raw of a cut is decoded when it begins and let go when it ends."""
    held: dict[int, dict[int, Picture]] = {}
    for n in range(length_frames(laid)):
        showing = [(k, one) for k, one in enumerate(laid) if one.start <= n < one.end]
        for k in [k for k in held if k < showing[0][0]]:
            del held[k]
        views = []
        for k, one in showing:
            if one.clip is not None and k not in held:
                held[k] = one.clip.pictures(one.raw_index(t) for t in range(one.start, one.end))
            views.append(_view(plan, one, held.get(k, {}), n))
        if len(views) == 1:
            yield views[0]
        else:
            share = showing[1][1].share(n)
            yield np.asarray(cv2.addWeighted(views[1], share, views[0], 1 - share, 0), np.uint8)


def _view(plan: Plan, one: Laid, held: dict[int, Picture], n: int) -> Picture:
    size = (plan.width_px, plan.height_px)
    if one.clip is None:
        return title_card(size, "WHAT WAS SEEN THAT DAY" if one.cut.kind == "title" else None)
    raw = held[one.raw_index(n)]
    view = _laid(raw, matrix(one, *size), size)
    if one.cut.fit != "fill":
        view = _framed(view, raw, one, size)
    view = _LOOKS[one.cut.look](view)
    return overlaid(view) if one.cut.overlaid else view


def _laid(raw: Picture, placement: NDArray[np.float64], size: tuple[int, int]) -> Picture:
    scale = abs(float(placement[1, 1]))
    if scale < 1:
        # An editor's scaler filters before it leaves out pixels; cubic interpolation alone would not.
        sigma = 0.45 * float(np.sqrt(1 / scale**2 - 1))
        raw = np.asarray(cv2.GaussianBlur(raw, (0, 0), sigma), np.uint8) if sigma > 0.2 else raw
    warped = cv2.warpAffine(raw, placement, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(warped, np.uint8)


def _framed(view: Picture, raw: Picture, one: Laid, size: tuple[int, int]) -> Picture:
    width, height = size
    if one.cut.fit == "blur":
        own_height, own_width = raw.shape[:2]
        scale = max(width / own_width, height / own_height)
        wide = cv2.resize(
            raw, (round(own_width * scale), round(own_height * scale)), interpolation=cv2.INTER_AREA
        )
        top, left = (wide.shape[0] - height) // 2, (wide.shape[1] - width) // 2
        backdrop = cv2.GaussianBlur(wide[top : top + height, left : left + width], (0, 0), BACKDROP_BLUR_PX)
        kept = np.asarray(cv2.convertScaleAbs(backdrop, alpha=0.7), np.uint8)
    else:
        kept = np.zeros_like(view)
    box = one.placed
    rows = slice(round(box.y * height), round((box.y + box.height) * height))
    columns = slice(round(box.x * width), round((box.x + box.width) * width))
    kept[rows, columns] = view[rows, columns]
    return kept


def _black_and_white(view: Picture) -> Picture:
    return np.asarray(cv2.cvtColor(cv2.cvtColor(view, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB), np.uint8)


def _curve(levels: NDArray[np.floating]) -> NDArray[np.uint8]:
    return np.asarray(np.clip(levels, 0, 255).round(), np.uint8)


_DARK = _curve(255 * (np.arange(256) / 255) ** 1.5)
_FLAT = _curve(28 + 0.74 * np.arange(256))

_LOOKS: Mapping[str | None, Callable[[Picture], Picture]] = {
    None: lambda view: view,
    "warm": graded,
    "bw": _black_and_white,
    "dark": lambda view: np.asarray(cv2.LUT(view, _DARK), np.uint8),
    "flat": lambda view: np.asarray(cv2.LUT(view, _FLAT), np.uint8),
}


def soundtrack(plan: Plan, laid: Sequence[Laid]) -> NDArray[np.float32]:
    """The own sound of every cut at one level, faded across openings, and the music over all of it."""
    total = np.zeros((2, int(length_frames(laid) / plan.rate_hz * RATE_HZ)))
    for one in laid:
        track = sound(one.clip.path) if one.clip is not None else None
        if track is None:
            continue
        first, last = (int(n / plan.rate_hz * RATE_HZ) for n in (one.start, one.end))
        where = float(one.raw_s(one.start)) * RATE_HZ + float(one.cut.speed) * np.arange(last - first)
        piece = np.stack([np.interp(where, np.arange(track.shape[1]), side) for side in track])
        piece *= OWN_LEVEL / max(float(np.sqrt(np.mean(piece**2))), 1e-3)
        gain = np.ones(last - first)
        rise, fall = (int(n / plan.rate_hz * RATE_HZ) for n in (one.cut.opening_frames, one.opens_after))
        gain[:rise] *= np.linspace(0, 1, rise)
        gain[len(gain) - fall :] *= np.linspace(1, 0, fall)
        total[:, first:last] += piece * gain
    bed = sounds.music(np.random.default_rng(plan.seed), total.shape[1]).astype(np.float64)
    total += bed * (OWN_LEVEL * 10 ** (-plan.snr_db / 20) / float(np.sqrt(np.mean(bed**2))))
    return np.asarray(np.clip(total, -1, 1), np.float32)
