"""What is done to a picture once it lies in the release: looks, vignette, dips, graphics."""

from collections.abc import Callable, Mapping
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from conform_cases.clips import Picture
from conform_cases.cuts import Graphic
from offcut.testing.graphics import graded

BORDER_SHARE = 0.025
"""Thickness of a border as a share of the picture's height."""

_WHITE = (244, 244, 244)
_LETTERS = cv2.FONT_HERSHEY_DUPLEX
_PAPER = {"logo": (172, 30, 42), "text": (24, 40, 84), "border": (206, 178, 60)}


def looked(view: Picture, look: str | None, *, vignette: bool) -> Picture:
    """Grade a picture, and darken its edges."""
    shown = _LOOKS[look](view)
    if vignette:
        dark = _vignette(view.shape[1], view.shape[0])
        shown = np.asarray(cv2.multiply(shown, dark, scale=1 / 255), np.uint8)
    return shown


def _black_and_white(view: Picture) -> Picture:
    return np.asarray(cv2.cvtColor(cv2.cvtColor(view, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB), np.uint8)


def _teal(view: Picture) -> Picture:
    """Green and blue into the shadows, red into the lights, as films are graded."""
    return np.asarray(
        cv2.merge([cv2.LUT(c, t) for c, t in zip(cv2.split(view), _TEAL, strict=True)]), np.uint8
    )


def _curve(levels: NDArray[np.floating]) -> NDArray[np.uint8]:
    return np.asarray(np.clip(levels, 0, 255).round(), np.uint8)


_LEVELS = np.arange(256) / 255
_DARK = _curve(255 * _LEVELS**1.5)
_FLAT = _curve(28 + 0.74 * 255 * _LEVELS)
_TEAL = (
    _curve(255 * _LEVELS**1.18),
    _curve(8 + 240 * _LEVELS),
    _curve(26 + 212 * _LEVELS**0.95),
)

_LOOKS: Mapping[str | None, Callable[[Picture], Picture]] = {
    None: lambda view: view,
    "warm": graded,
    "bw": _black_and_white,
    "teal": _teal,
    "dark": lambda view: np.asarray(cv2.LUT(view, _DARK), np.uint8),
    "flat": lambda view: np.asarray(cv2.LUT(view, _FLAT), np.uint8),
}


@lru_cache(maxsize=8)
def _vignette(width: int, height: int) -> Picture:
    x, y = np.linspace(-1, 1, width)[None, :], np.linspace(-1, 1, height)[:, None]
    fall = np.clip(1.12 - 0.42 * (x**2 + y**2), 0.2, 1)
    return np.repeat(np.asarray(fall * 255, np.uint8)[:, :, None], 3, axis=2)


def wiped(before: Picture, after: Picture, share: float, style: str) -> Picture:
    """`after` pushed over `before` behind a moving edge; `share` of the picture is reached."""
    shown = before.copy()
    height, width = before.shape[:2]
    across, down = round(share * width), round(share * height)
    if style == "from left":
        shown[:, :across] = after[:, :across]
    elif style == "from right":
        shown[:, width - across :] = after[:, width - across :]
    else:
        shown[:down] = after[:down]
    return shown


def dipped(view: Picture, strength: float, style: str) -> Picture:
    """White or black laid over a picture."""
    level = 0 if style == "through black" else 255
    return np.asarray(cv2.convertScaleAbs(view, alpha=1 - strength, beta=strength * level), np.uint8)


def drawn_over(view: Picture, graphic: Graphic) -> None:
    """Draw a logo, a text or a border into a picture."""
    height, width = view.shape[:2]
    box = graphic.box
    if graphic.kind == "border":
        thick = max(2, round(BORDER_SHARE * height))
        for part in (view[:thick], view[-thick:], view[:, :thick], view[:, -thick:]):
            part[:] = _PAPER["border"]
        return
    left, top = round(box.x * width), round(box.y * height)
    right, bottom = round((box.x + box.width) * width), round((box.y + box.height) * height)
    tall, text = bottom - top, graphic.text or ""
    if is_subtitle(graphic):
        scale = tall / 40
        (wide, _), _ = cv2.getTextSize(text, _LETTERS, scale, 1)
        foot = (max(left, (left + right - wide) // 2), bottom - round(0.3 * tall))
        cv2.putText(view, text, foot, _LETTERS, scale, (12, 12, 12), 4, cv2.LINE_AA)
        cv2.putText(view, text, foot, _LETTERS, scale, _WHITE, 1, cv2.LINE_AA)
        return
    view[top:bottom, left:right] = _PAPER[graphic.kind]
    (wide, _), _ = cv2.getTextSize(text, _LETTERS, 1, 2)
    scale = min(tall / 50, 0.9 * (right - left) / max(wide, 1))
    foot = (left + round(0.05 * (right - left)), bottom - round(0.32 * tall))
    cv2.putText(view, text, foot, _LETTERS, scale, _WHITE, 2, cv2.LINE_AA)


def is_subtitle(graphic: Graphic) -> bool:
    """Letters without paper, in small letters."""
    return graphic.kind == "text" and (graphic.text or "").upper() != graphic.text
