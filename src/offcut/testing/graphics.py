"""What an outlet lays over footage: a logo, a lower third, a title card, a grade."""

from collections.abc import Mapping, Sequence
from typing import Any

import cv2
import numpy as np

from offcut.testing.places import Picture

__all__ = ["GRADE", "OVERLAYS", "graded", "overlaid", "title_card"]

GRADE = "contrast=1.22 brightness=6 saturation=1.35 warmth=14"
"""What `graded` does, in words."""

OVERLAYS: Sequence[Mapping[str, Any]] = (
    {"kind": "logo", "box": {"x": 0.025, "y": 0.045, "width": 0.15, "height": 0.11}, "text": "OUTLET 9"},
    {"kind": "text", "box": {"x": 0.0, "y": 0.85, "width": 1.0, "height": 0.11}, "text": "EYEWITNESS VIDEO"},
)
"""What `overlaid` draws, and where, in fractions of the picture."""

_WHITE = (246, 246, 246)
_LETTERS = cv2.FONT_HERSHEY_DUPLEX


def graded(view: Picture) -> Picture:
    """Raise contrast and colour, and warm the picture."""
    saturation, weights = 1.35, np.array([0.299, 0.587, 0.114])
    mix = saturation * np.eye(3) + (1 - saturation) * weights[None, :]
    offset = np.array([[6 - 22 + 14], [6 - 22], [6 - 22 - 14]])
    return np.asarray(cv2.transform(view, np.hstack([1.22 * mix, offset])), np.uint8)


def overlaid(view: Picture) -> Picture:
    """Lay the logo and the lower third over a copy of `view`."""
    shown = view.copy()
    height, width = view.shape[:2]
    for overlay, paper in zip(OVERLAYS, ((172, 30, 42), (24, 40, 84)), strict=True):
        box = overlay["box"]
        left, top = round(box["x"] * width), round(box["y"] * height)
        right, bottom = round((box["x"] + box["width"]) * width), round((box["y"] + box["height"]) * height)
        shown[top:bottom, left:right] = paper
        tall = bottom - top
        foot = (left + (tall // 4), bottom - round(0.32 * tall))
        cv2.putText(shown, overlay["text"], foot, _LETTERS, tall / 84, _WHITE, 2, cv2.LINE_AA)
    return shown


def title_card(size: tuple[int, int], text: str | None) -> Picture:
    """A card of `size` (width_px, height_px) with `text` in its middle; black without text."""
    width, height = size
    card = np.zeros((height, width, 3), np.uint8)
    if text is None:
        return card
    card[:] = np.linspace(18, 66, height)[:, None, None] * np.array([0.4, 0.6, 1.0])
    scale = width / 854
    (wide, _), _ = cv2.getTextSize(text, _LETTERS, 1.3 * scale, 2)
    foot = ((width - wide) // 2, height // 2)
    cv2.putText(card, text, foot, _LETTERS, 1.3 * scale, _WHITE, 2, cv2.LINE_AA)
    rule = height // 2 + round(26 * scale)
    cv2.line(card, (width // 4, rule), (3 * width // 4, rule), (190, 60, 60), 3)
    return card
