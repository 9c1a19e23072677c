"""What moves in invented footage: figures that walk, run or fall, cars, a boat.

Everything is a list of polygons in a place's own pixels; `draw` carries them through the camera
with a sixteenth of a pixel, so that slow movement is smooth.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from offcut.testing.places import Picture

__all__ = ["Actor", "Colour", "Part", "boat", "car_from_above", "car_from_the_side", "draw", "figure"]

Colour = tuple[int, int, int]
Points = NDArray[np.float64]
_SHIFT = 4
_SKIN: Colour = (176, 128, 98)


@dataclass(frozen=True, slots=True)
class Part:
    """A filled polygon, or a thick line where `thick` is not zero; world pixels."""

    points: Points
    colour: Colour
    thick: float = 0.0


Actor = Sequence[Part]


def draw(view: Picture, actor: Actor, camera: NDArray[np.float64]) -> None:
    """Draw `actor` into `view` as `camera`, shape (2, 3), world to view, sees it."""
    zoom = math.hypot(camera[0, 0], camera[1, 0])
    for part in actor:
        seen = part.points @ camera[:, :2].T + camera[:, 2]
        fixed = np.round(seen * (1 << _SHIFT)).astype(np.int32)
        if part.thick:
            thick = max(1, round(part.thick * zoom))
            cv2.polylines(view, [fixed], False, part.colour, thick, cv2.LINE_AA, _SHIFT)
        else:
            cv2.fillPoly(view, [fixed], part.colour, cv2.LINE_AA, _SHIFT)


def figure(x: float, y: float, height: float, *, stride: float, coat: Colour, fallen: float = 0.0) -> Actor:
    """A person whose feet stand at (x, y).

    Args:
        x: World pixels.
        y: World pixels.
        height: World pixels.
        stride: Phase of the step in turns; the limbs swing with it.
        coat: Colour of the upper body.
        fallen: 0 upright, 1 lying on the ground.
    """
    swing = 0.16 * math.sin(2 * math.pi * stride) * (1 - fallen)
    legs: Colour = (46, 48, 60)
    turn = fallen * math.pi / 2

    def placed(*pairs: tuple[float, float]) -> Points:
        local = np.array(pairs) * height
        across = local[:, 0] * math.cos(turn) + local[:, 1] * math.sin(turn)
        up = local[:, 1] * math.cos(turn) - local[:, 0] * math.sin(turn) * 0.4
        return np.stack([x + across, y - up], axis=1)

    angles = np.linspace(0, 2 * math.pi, 13)[:-1]
    head = [(0.075 * math.cos(a), 0.9 + 0.085 * math.sin(a)) for a in angles]
    stripe = tuple(min(255, c + 60) for c in coat)
    return [
        Part(placed((0, 0.46), (swing, 0.24), (1.2 * swing - 0.02, 0)), legs, 0.09 * height),
        Part(placed((0, 0.46), (-swing, 0.24), (-1.2 * swing + 0.02, 0)), legs, 0.09 * height),
        Part(placed((-0.12, 0.44), (-0.14, 0.8), (0.14, 0.8), (0.12, 0.44)), coat),
        Part(
            placed((-0.13, 0.6), (-0.13, 0.66), (0.13, 0.66), (0.13, 0.6)), (stripe[0], stripe[1], stripe[2])
        ),
        Part(placed((-0.1, 0.78), (-0.14 - swing, 0.6), (-0.1 - 1.6 * swing, 0.44)), coat, 0.06 * height),
        Part(placed((0.1, 0.78), (0.14 + swing, 0.6), (0.1 + 1.6 * swing, 0.44)), coat, 0.06 * height),
        Part(placed(*head), _SKIN),
    ]


def car_from_above(x: float, y: float, *, heading: int, paint: Colour) -> Actor:
    """A car 78 px long, centre at (x, y); `heading` is 1 to the right, -1 to the left."""

    def placed(*pairs: tuple[float, float]) -> Points:
        return np.array(pairs) * (heading, 1) + (x, y)

    glass: Colour = (38, 46, 58)
    roof = (max(0, paint[0] - 24), max(0, paint[1] - 24), max(0, paint[2] - 24))
    return [
        Part(placed((-38, -14), (38, -14), (38, 22), (-38, 22)), (52, 52, 54)),
        Part(
            placed((-39, -13), (-34, -17), (32, -17), (39, -11), (39, 11), (32, 17), (-34, 17), (-39, 13)),
            paint,
        ),
        Part(placed((6, -14), (17, -12), (17, 12), (6, 14)), glass),
        Part(placed((-30, -12), (-22, -14), (-22, 14), (-30, 12)), glass),
        Part(placed((-20, -13), (4, -13), (4, 13), (-20, 13)), roof),
        Part(placed((34, -10), (39, -9), (39, -4), (34, -4)), (250, 246, 214)),
        Part(placed((34, 4), (39, 4), (39, 9), (34, 10)), (250, 246, 214)),
    ]


def car_from_the_side(x: float, y: float, *, paint: Colour) -> Actor:
    """A pick-up 150 px long whose wheels stand at height y; x is its middle; it faces right."""

    def placed(*pairs: tuple[float, float]) -> Points:
        return np.add(pairs, (x, y))

    parts = [
        Part(placed((-75, -46), (-75, -14), (74, -14), (74, -38), (40, -46)), paint),
        Part(placed((-8, -46), (0, -74), (30, -74), (42, -46)), paint),
        Part(placed((2, -48), (7, -69), (26, -69), (34, -48)), (70, 84, 96)),
        Part(placed((-72, -42), (-12, -42), (-12, -38), (-72, -38)), (60, 56, 52)),
    ]
    angles = np.linspace(0, 2 * math.pi, 17)[:-1]
    for hub in (-48, 46):
        for radius, tone in ((17.0, 34), (8.0, 150)):
            rim = [(hub + radius * math.cos(a), -14 + radius * math.sin(a)) for a in angles]
            parts.append(Part(placed(*rim), (tone, tone, tone)))
    return parts


def boat(x: float, y: float, *, paint: Colour) -> Actor:
    """A ferry 220 px long with its waterline at y; x is its middle."""

    def placed(*pairs: tuple[float, float]) -> Points:
        return np.add(pairs, (x, y))

    parts = [
        Part(placed((-110, -34), (110, -34), (92, 0), (-96, 0)), paint),
        Part(placed((-80, -70), (56, -70), (70, -34), (-80, -34)), (228, 226, 218)),
        Part(placed((-20, -98), (10, -98), (14, -70), (-24, -70)), (188, 62, 50)),
    ]
    parts += [
        Part(placed((left, -60), (left + 14, -60), (left + 14, -46), (left, -46)), (52, 70, 88))
        for left in range(-70, 50, 24)
    ]
    return parts
