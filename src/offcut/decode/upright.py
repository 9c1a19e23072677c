"""Decoded pictures brought upright, to square pixels, and to the working size."""

import math
import struct
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import cv2
import numpy as np
from av.sidedata.sidedata import Type
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter
from numpy.typing import NDArray

PLANAR_8_BIT = frozenset({"yuv420p", "yuvj420p", "yuv422p", "yuvj422p", "yuv444p", "yuvj444p"})

WORKING_MAX_PX = 640
"""A picture is halved until its longest side is at most this: halving is exact and nearly free."""


@dataclass(frozen=True, slots=True)
class Upright:
    """What has to be done to show a picture as the file asks: mirror, then turn.

    Attributes:
        rotation_deg: Clockwise, 0, 90, 180 or 270.
        is_mirrored: Left and right are exchanged before turning.
        pixel_aspect: Width over height of a stored pixel.
        damage: A line if the file asks for what is not done.
    """

    rotation_deg: int = 0
    is_mirrored: bool = False
    pixel_aspect: Fraction = Fraction(1)
    damage: tuple[str, ...] = ()


def upright_of(picture: VideoFrame, pixel_aspect: Fraction) -> Upright:
    """Read the display matrix of a decoded frame.

    Source:
        ISO/IEC 14496-12, 8.3.2 (tkhd): [x' y'] = [x y] [[a b], [c d]], as 16.16 fixed point.
    """
    # PyAV types its side data as a mapping of texts, which it is not.
    found: Any = picture.side_data
    stored = next((bytes(item) for item in found if item.type == Type.DISPLAYMATRIX), b"")
    if len(stored) < 36:
        return Upright(pixel_aspect=pixel_aspect)
    a, b, _, c, d = struct.unpack("=5i", stored[:20])
    area = a * d - b * c
    if area == 0:
        words = "its display matrix cannot be applied and was not; pictures are as stored"
        return Upright(pixel_aspect=pixel_aspect, damage=(words,))
    if area < 0:
        a, b = -a, -b
    # Columns may be scaled differently, for the shape of the pixels.
    angle_deg = math.degrees(math.atan2(b / math.hypot(b, d), a / math.hypot(a, c)))
    turns = math.floor(angle_deg / 90 + 0.5)
    off_deg = abs(angle_deg - 90 * turns)
    damage: tuple[str, ...] = ()
    if off_deg > 1:
        damage = (
            f"its display matrix turns the picture by {angle_deg % 360:.0f} degrees clockwise; "
            f"{turns * 90 % 360} were applied",
        )
    return Upright(turns * 90 % 360, area < 0, pixel_aspect, damage)


def upright_planes(
    picture: VideoFrame, reformatter: VideoReformatter, upright: Upright
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Bring a decoded frame to the working size, upright: luma (h, w), chroma (2, about h/2, about w/2)."""
    if picture.format.name not in PLANAR_8_BIT:
        width, height = working_size(picture.width, picture.height)
        picture = reformatter.reformat(
            picture, width + width % 2, height + height % 2, "yuv420p", interpolation="AREA", threads=1
        )
    luma = _halved(_plane(picture, 0), WORKING_MAX_PX)
    if upright.pixel_aspect != 1:
        luma = scaled(luma, luma.shape[0], max(2, round(luma.shape[1] * upright.pixel_aspect)))
    height, width = (luma.shape[0] + 1) // 2, (luma.shape[1] + 1) // 2
    chroma = np.empty((2, height, width), np.uint8)
    for k in (1, 2):
        plane = _plane(picture, k)
        if plane.shape[0] >= 4 * height and plane.shape[1] >= 4 * width:
            # Every second row: colour is compared in means and shown small, and memory is what this costs.
            plane = scaled(plane[: 4 * height : 2, : 4 * width], height, 2 * width)[:, ::2]
        plane = _halved(plane, max(width, height) * 2 - 1)
        chroma[k - 1] = plane if plane.shape == (height, width) else scaled(plane, height, width)
    return _turned(luma, upright), _turned(chroma, upright)


def colours(
    frame: VideoFrame, reformatter: VideoReformatter, upright: Upright, longest_px: int
) -> NDArray[np.uint8]:
    """Bring a decoded frame upright in colour, shape (height_px, width_px, 3), sides at most `longest_px`."""
    width, height = max(1, round(frame.width * upright.pixel_aspect)), frame.height
    scale = min(1.0, longest_px / max(width, height))
    width, height = max(2, round(width * scale)), max(2, round(height * scale))
    small = reformatter.reformat(frame, width, height, "rgb24", interpolation="AREA", threads=1)
    planes = np.moveaxis(small.to_ndarray().astype(np.uint8, copy=False), 2, 0)
    return np.moveaxis(_turned(planes, upright), 0, 2).copy()


def working_size(width_px: int, height_px: int) -> tuple[int, int]:
    """Size of the working picture: halved (rounding down) until the longest side is at most 640 px."""
    while max(width_px, height_px) > WORKING_MAX_PX:
        width_px, height_px = max(1, width_px // 2), max(1, height_px // 2)
    return width_px, height_px


def scaled(plane: NDArray[np.uint8], height: int, width: int) -> NDArray[np.uint8]:
    """Scale one plane by area."""
    return cv2.resize(plane, (width, height), interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)


def _turned(planes: NDArray[np.uint8], upright: Upright) -> NDArray[np.uint8]:
    """Mirror and turn planes of shape (..., height, width)."""
    if upright.is_mirrored:
        planes = planes[..., ::-1]
    turns = -upright.rotation_deg // 90 % 4
    return np.ascontiguousarray(np.rot90(planes, turns, axes=(-2, -1)))


def _plane(picture: VideoFrame, k: int) -> NDArray[np.uint8]:
    """A view of one plane without its padding; rows have a stride."""
    plane = picture.planes[k]
    rows = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
    return rows[: plane.height, : plane.width]


def _halved(plane: NDArray[np.uint8], longest_px: int) -> NDArray[np.uint8]:
    """Halve by area until the longest side is at most `longest_px`; an odd last row or column is dropped."""
    while max(plane.shape) > longest_px and min(plane.shape) > 1:
        height, width = plane.shape[0] // 2, plane.shape[1] // 2
        plane = scaled(plane[: 2 * height, : 2 * width], height, width)
    return plane
