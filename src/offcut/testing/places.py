"""Painted places, wider than a picture, over which an invented camera moves.

Each is made of layered value noise and polygons: enough corners and texture for local features to
hold on to, and laid out like a place, because pure noise is matched too easily and flat colour not
at all.
"""

from collections.abc import Callable, Mapping
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["PLACES", "Picture", "cloud"]

Picture = NDArray[np.uint8]
Colour = tuple[int, int, int]
Random = np.random.Generator

WIDTH_PX, HEIGHT_PX = 1440, 640
"""Of every place: 2.25 pictures wide, 1.8 high."""

SIGNS = ("BREAD", "BOOKS", "SHOES", "TEA", "PAPER", "FRUIT", "CLOTH", "TOOLS", "GLASS")


def cloud(rng: Random, shape: tuple[int, int], *, cell_px: int, octaves: int = 4) -> NDArray[np.float32]:
    """Layered value noise, shape (height_px, width_px), float32, about -1 to 1."""
    height, width = shape
    total = np.zeros(shape, np.float32)
    for octave in range(octaves):
        cell = max(1, cell_px >> octave)
        grid = rng.uniform(-1, 1, (height // cell + 2, width // cell + 2)).astype(np.float32)
        layer = cv2.resize(grid, (grid.shape[1] * cell, grid.shape[0] * cell), interpolation=cv2.INTER_CUBIC)
        total += np.asarray(layer[:height, :width], dtype=np.float32) / 2**octave
    return np.asarray(total / 2, np.float32)


def _square(rng: Random) -> Picture:
    """A town square: a row of house fronts under a clouded sky, paving in front."""
    view = _blend((120, 150, 190), (200, 210, 215))
    _tint(view, slice(0, 260), cloud(rng, (260, WIDTH_PX), cell_px=160), 26)
    left = -20
    while left < WIDTH_PX:
        width = int(rng.integers(110, 190))
        _house(rng, view, (left, int(rng.integers(60, 150)), width, 350))
        left += width
    ground = slice(345, HEIGHT_PX)
    view[ground] = (148, 140, 128)
    _paving(rng, view, 345)
    _tint(view, ground, cloud(rng, (HEIGHT_PX - 345, WIDTH_PX), cell_px=64, octaves=6), 26)
    for x in (330, 900, 1250):
        _lamp(view, x)
    cv2.ellipse(view, (640, 470), (95, 26), 0, 0, 360, (96, 92, 86), -1, cv2.LINE_AA)
    cv2.ellipse(view, (640, 462), (82, 20), 0, 0, 360, (110, 140, 156), -1, cv2.LINE_AA)
    cv2.rectangle(view, (630, 392), (650, 462), (120, 114, 104), -1)
    cv2.circle(view, (640, 388), 15, (132, 124, 112), -1, cv2.LINE_AA)
    return _grain(rng, view, 7)


def _road(rng: Random) -> Picture:
    """A road seen from a roof: two lanes, verges, roofs and trees."""
    view = np.empty((HEIGHT_PX, WIDTH_PX, 3), np.uint8)
    view[:] = (96, 112, 62)
    _tint(view, slice(0, HEIGHT_PX), cloud(rng, (HEIGHT_PX, WIDTH_PX), cell_px=48, octaves=5), 34)
    cv2.fillPoly(view, [_points((0, 240), (WIDTH_PX, 240), (WIDTH_PX, 400), (0, 400))], (84, 84, 88))
    cv2.fillPoly(view, [_points((690, 0), (810, 0), (830, 240), (670, 240))], (92, 90, 92))
    for y in (236, 402):
        cv2.line(view, (0, y), (WIDTH_PX, y), (170, 166, 156), 6)
    for x in range(10, WIDTH_PX, 90):
        cv2.rectangle(view, (x, 317), (x + 46, 322), (222, 220, 206), -1)
    for x in range(660, 850, 22):
        cv2.rectangle(view, (x, 250), (x + 11, 392), (206, 204, 196), -1)
    _tint(view, slice(236, 404), cloud(rng, (168, WIDTH_PX), cell_px=24, octaves=5), 14)
    for _ in range(11):
        x, y = int(rng.integers(0, WIDTH_PX - 150)), int(rng.choice([20, 70, 440, 500]))
        _roof(rng, view, (x, y, int(rng.integers(90, 170)), int(rng.integers(70, 110))))
    for _ in range(46):
        y = int(rng.integers(10, 215)) if rng.random() < 0.5 else int(rng.integers(425, HEIGHT_PX))
        _tree_from_above(rng, view, int(rng.integers(0, WIDTH_PX)), y)
    return _grain(rng, view, 6)


def _hills(rng: Random) -> Picture:
    """Dry hills at evening: ridges behind each other, a track, bushes, a hut and a fence."""
    view = _blend((236, 176, 120), (246, 222, 180))
    _tint(view, slice(0, 300), cloud(rng, (300, WIDTH_PX), cell_px=220), 24)
    tones: tuple[Colour, ...] = ((150, 140, 150), (140, 118, 104), (150, 116, 72), (172, 136, 82))
    for number, tone in enumerate(tones):
        base = 190 + 85 * number
        ridge = base + 60 * cloud(rng, (1, WIDTH_PX), cell_px=300 >> number, octaves=5)[0]
        mask = np.arange(HEIGHT_PX)[:, None] > ridge[None, :]
        shade = cloud(rng, (HEIGHT_PX, WIDTH_PX), cell_px=90, octaves=6) * (14 + 6 * number)
        painted = np.clip(np.array(tone) + shade[..., None], 0, 255).astype(np.uint8)
        view[mask] = painted[mask]
        for _ in range(14 + 12 * number):
            x = int(rng.integers(0, WIDTH_PX))
            _bush(rng, view, x, int(ridge[x]) + int(rng.integers(4, 60)), 3 + 4 * number)
    track = [(0, 600), (360, 560), (760, 590), (1100, 548), (WIDTH_PX, 570)]
    cv2.polylines(view, [_points(*track)], False, (196, 168, 124), 34, cv2.LINE_AA)
    _house(rng, view, (980, 340, 120, 460), floors=1)
    for x in range(40, WIDTH_PX, 58):
        cv2.line(view, (x, 478), (x + int(rng.integers(-4, 5)), 522), (84, 64, 44), 4, cv2.LINE_AA)
    cv2.line(view, (0, 494), (WIDTH_PX, 490), (92, 72, 50), 2, cv2.LINE_AA)
    _stones(rng, view, 130)
    return _grain(rng, view, 8)


def _harbour(rng: Random) -> Picture:
    """A quay with cranes and stacked containers, water before it."""
    view = _blend((150, 172, 184), (190, 198, 200))
    _tint(view, slice(0, 280), cloud(rng, (280, WIDTH_PX), cell_px=120), 18)
    for x in range(-30, WIDTH_PX, 74):
        for level in range(int(rng.integers(1, 5))):
            colour = _any_colour(rng, (40, 200))
            top = 316 - 34 * level
            cv2.rectangle(view, (x, top), (x + 68, top + 32), colour, -1)
            for rib in range(x + 6, x + 68, 7):
                cv2.line(view, (rib, top + 3), (rib, top + 29), _darker(colour), 1)
    for x in (180, 620, 1130):
        steel: Colour = (186, 96, 44)
        cv2.line(view, (x, 350), (x + 20, 90), steel, 9, cv2.LINE_AA)
        cv2.line(view, (x + 80, 350), (x + 60, 90), steel, 9, cv2.LINE_AA)
        cv2.line(view, (x - 90, 96), (x + 210, 84), steel, 8, cv2.LINE_AA)
        for y in range(110, 340, 46):
            cv2.line(view, (x + 4, y + 40), (x + 76, y), _darker(steel), 3, cv2.LINE_AA)
    view[350:380] = (112, 108, 102)
    view[380:] = (58, 86, 96)
    stretched = cv2.resize(cloud(rng, (260, 360), cell_px=16, octaves=4), (WIDTH_PX, 260))
    _tint(view, slice(380, HEIGHT_PX), np.asarray(stretched, np.float32), 46)
    for _ in range(9):
        _boat(rng, view, int(rng.integers(0, WIDTH_PX)), int(rng.integers(410, 620)))
    return _grain(rng, view, 7)


PLACES: Mapping[str, Callable[[Random], Picture]] = {
    "harbour": _harbour,
    "hills": _hills,
    "road": _road,
    "square": _square,
}
"""Painters by name: each gives shape (HEIGHT_PX, WIDTH_PX, 3), uint8, RGB."""


def _blend(top: Colour, bottom: Colour) -> Picture:
    ramp = np.linspace(0, 1, HEIGHT_PX)[:, None, None]
    mixed = (1 - ramp) * np.array(top) + ramp * np.array(bottom)
    return np.ascontiguousarray(np.broadcast_to(mixed, (HEIGHT_PX, WIDTH_PX, 3))).astype(np.uint8)


def _tint(view: Picture, rows: slice, noise: NDArray[np.float32], strength: float) -> None:
    view[rows] = np.clip(view[rows] + noise[..., None] * strength, 0, 255).astype(np.uint8)


def _grain(rng: Random, view: Picture, strength: float) -> Picture:
    fine = cloud(rng, (HEIGHT_PX, WIDTH_PX), cell_px=4, octaves=3)
    _tint(view, slice(0, HEIGHT_PX), fine, strength * 2)
    return view


def _points(*pairs: tuple[int, int]) -> NDArray[np.int32]:
    return np.array(pairs, np.int32)


def _any_colour(rng: Random, between: tuple[int, int]) -> Colour:
    red, green, blue = (int(v) for v in rng.integers(*between, 3))
    return red, green, blue


def _darker(colour: Colour, by: float = 0.7) -> Colour:
    return int(colour[0] * by), int(colour[1] * by), int(colour[2] * by)


def _house(rng: Random, view: Picture, box: tuple[int, int, int, int], *, floors: int | None = None) -> None:
    left, top, width, bottom = box
    right = min(left + width, WIDTH_PX)
    start = max(left, 0)
    wall = np.clip(np.array((180, 160, 138)) + rng.integers(-46, 46, 3), 0, 255)
    rough = cloud(rng, (bottom - top, right - start), cell_px=16, octaves=4)[..., None] * 22
    view[top:bottom, start:right] = np.clip(wall + rough, 0, 255).astype(np.uint8)
    for y in range(top, bottom, 9):
        view[y, start:right] = (view[y, start:right] * 0.9).astype(np.uint8)
    cv2.rectangle(view, (left - 3, top - 9), (right + 3, top), (92, 70, 62), -1)
    rows = floors or max(1, (bottom - top - 60) // 58)
    for row in range(rows):
        for x in range(left + 14, right - 28, 40):
            y = top + 14 + row * 58
            glass = _any_colour(rng, (30, 110)) if rng.random() < 0.8 else (226, 206, 150)
            cv2.rectangle(view, (x - 3, y - 3), (x + 25, y + 37), (214, 206, 192), -1)
            cv2.rectangle(view, (x, y), (x + 22, y + 34), glass, -1)
            cv2.line(view, (x + 11, y), (x + 11, y + 34), (214, 206, 192), 2)
    shop = _any_colour(rng, (50, 190))
    cv2.rectangle(view, (left + 8, bottom - 52), (right - 8, bottom - 36), shop, -1)
    sign = SIGNS[int(rng.integers(len(SIGNS)))]
    cv2.putText(
        view, sign, (left + 16, bottom - 39), cv2.FONT_HERSHEY_DUPLEX, 0.5, (238, 234, 224), 1, cv2.LINE_AA
    )
    cv2.rectangle(view, (left + 14, bottom - 34), (left + 34, bottom), _darker(shop, 0.5), -1)
    cv2.rectangle(view, (left + 42, bottom - 32), (right - 14, bottom - 4), (64, 72, 80), -1)


def _paving(rng: Random, view: Picture, horizon: int) -> None:
    depth = HEIGHT_PX - horizon
    for row in range(14):
        y = horizon + int(depth * (row / 14) ** 1.5)
        cv2.line(view, (0, y), (WIDTH_PX, y), (112, 106, 98), 1 + row // 6)
    for x in range(-WIDTH_PX, 2 * WIDTH_PX, 70):
        foot = WIDTH_PX // 2 + (x - WIDTH_PX // 2) * 2
        cv2.line(view, (x, horizon), (foot, HEIGHT_PX), (118, 110, 102), 1, cv2.LINE_AA)
    for _ in range(90):
        centre = (int(rng.integers(0, WIDTH_PX)), int(rng.integers(horizon + 6, HEIGHT_PX)))
        axes = (int(rng.integers(3, 26)), int(rng.integers(2, 8)))
        tone = int(rng.integers(84, 180))
        cv2.ellipse(view, centre, axes, 0, 0, 360, (tone, tone - 6, tone - 14), -1, cv2.LINE_AA)


def _lamp(view: Picture, x: int) -> None:
    cv2.line(view, (x, 420), (x, 190), (52, 56, 58), 6, cv2.LINE_AA)
    cv2.line(view, (x - 26, 196), (x + 26, 196), (52, 56, 58), 4, cv2.LINE_AA)
    for side in (-26, 26):
        cv2.circle(view, (x + side, 206), 9, (236, 228, 196), -1, cv2.LINE_AA)


def _roof(rng: Random, view: Picture, box: tuple[int, int, int, int]) -> None:
    x, y, width, height = box
    tone: Any = _any_colour(rng, (90, 190))
    cv2.rectangle(view, (x + 9, y + 9), (x + width + 9, y + height + 9), (44, 52, 34), -1)
    cv2.rectangle(view, (x, y), (x + width, y + height // 2), tone, -1)
    cv2.rectangle(view, (x, y + height // 2), (x + width, y + height), _darker(tone), -1)
    for line in range(x + 7, x + width, 8):
        cv2.line(view, (line, y), (line, y + height), _darker(tone, 0.85), 1)
    cv2.rectangle(view, (x + 16, y + 12), (x + 34, y + 26), (58, 54, 52), -1)


def _tree_from_above(rng: Random, view: Picture, x: int, y: int) -> None:
    for _ in range(16):
        spot = (x + int(rng.normal(0, 10)), y + int(rng.normal(0, 10)))
        green = int(rng.integers(46, 120))
        cv2.circle(view, spot, int(rng.integers(4, 10)), (green // 2, green, green // 3), -1, cv2.LINE_AA)


def _bush(rng: Random, view: Picture, x: int, y: int, size: int) -> None:
    for _ in range(7):
        spot = (x + int(rng.normal(0, size)), y + int(rng.normal(0, size / 2)))
        green = int(rng.integers(50, 104))
        cv2.circle(view, spot, max(1, size // 2), (green, green, green // 2), -1, cv2.LINE_AA)


def _stones(rng: Random, view: Picture, count: int) -> None:
    for _ in range(count):
        centre = (int(rng.integers(0, WIDTH_PX)), int(rng.integers(520, HEIGHT_PX)))
        size = int(rng.integers(2, 11))
        tone = int(rng.integers(90, 220))
        cv2.ellipse(view, (centre[0] + 2, centre[1] + 2), (size, size * 2 // 3), 0, 0, 360, (70, 56, 40), -1)
        cv2.ellipse(
            view, centre, (size, size * 2 // 3), 0, 0, 360, (tone, tone - 10, tone - 24), -1, cv2.LINE_AA
        )


def _boat(rng: Random, view: Picture, x: int, y: int) -> None:
    size, hull = int(rng.integers(30, 70)), _any_colour(rng, (60, 230))
    outline = _points((x, y), (x + 2 * size, y), (x + 2 * size - 14, y + 22), (x + 14, y + 22))
    cv2.fillPoly(view, [outline], hull, cv2.LINE_AA)
    cv2.rectangle(view, (x + size // 2, y - 22), (x + size, y), (222, 218, 208), -1)
    cv2.line(view, (x + size + 8, y), (x + size + 8, y - 60), (70, 60, 52), 3, cv2.LINE_AA)
    cv2.rectangle(view, (x + size // 2 + 6, y - 16), (x + size - 6, y - 6), (60, 70, 84), -1)
