import struct
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.video.reformatter import VideoReformatter
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from offcut.decode.upright import WORKING_MAX_PX, Upright, colours, upright_of, upright_planes, working_size
from offcut.testing.boxes import rewritten
from offcut.testing.odd_shapes import film

CORNERS = {"top left": (0, 0), "top right": (0, 1), "bottom left": (1, 0), "bottom right": (1, 1)}


def marked() -> NDArray[np.uint8]:
    """Grey, with a white square in the top left corner."""
    picture = np.full((96, 160, 3), 90, np.uint8)
    picture[:32, :32] = 255
    return picture


def first_frame(path: Path) -> av.VideoFrame:
    with av.open(str(path)) as source:
        return next(source.decode(video=0))


def with_matrix(path: Path, a: float, b: float, c: float, d: float) -> av.VideoFrame:
    """The first frame of a marked film whose track header holds this matrix."""
    film(path, [marked()] * 2)
    numbers = (
        [round(n * 65536) for n in (a, b)] + [0] + [round(n * 65536) for n in (c, d)] + [0, 0, 0, 1 << 30]
    )
    whole = path.read_bytes()

    def changed(payload: bytes) -> bytes:
        return payload[:40] + struct.pack(">9i", *numbers) + payload[76:]

    path.write_bytes(rewritten(whole, ["moov", "trak", "tkhd"], changed))
    return first_frame(path)


def bright_corner(plane: NDArray[np.uint8]) -> str:
    half = (plane.shape[0] // 2, plane.shape[1] // 2)
    sums = {
        name: float(plane[row * half[0] :, column * half[1] :][: half[0], : half[1]].mean())
        for name, (row, column) in CORNERS.items()
    }
    return max(sums, key=lambda name: sums[name])


@pytest.mark.parametrize(
    ("rotation_deg", "corner"),
    [(0, "top left"), (90, "top right"), (180, "bottom right"), (270, "bottom left")],
)
def test_the_marked_corner_goes_where_the_file_asks(rotation_deg: int, corner: str, tmp_path: Path) -> None:
    frame = first_frame(film(tmp_path / "marked.mp4", [marked()] * 2, rotation_deg=rotation_deg))
    upright = upright_of(frame, Fraction(1))
    luma, chroma = upright_planes(frame, VideoReformatter(), upright)
    rgb = colours(frame, VideoReformatter(), upright, 160)
    assert upright.rotation_deg == rotation_deg
    assert luma.shape == ((160, 96) if rotation_deg % 180 else (96, 160))
    assert chroma.shape[1:] == (luma.shape[0] // 2, luma.shape[1] // 2)
    assert (bright_corner(luma), bright_corner(rgb[..., 0])) == (corner, corner)


@pytest.mark.parametrize(
    ("matrix", "corner"),
    [
        ((-1, 0, 0, 1), "top right"),
        ((1, 0, 0, -1), "bottom left"),
        ((0, 1, 1, 0), "top left"),
        ((0, -1, -1, 0), "bottom right"),
    ],
)
def test_a_mirrored_picture_is_shown_mirrored(
    matrix: tuple[float, float, float, float], corner: str, tmp_path: Path
) -> None:
    frame = with_matrix(tmp_path / "mirrored.mp4", *matrix)
    upright = upright_of(frame, Fraction(1))
    assert upright.is_mirrored
    assert bright_corner(upright_planes(frame, VideoReformatter(), upright)[0]) == corner


def test_a_turn_that_is_not_a_right_angle_is_said(tmp_path: Path) -> None:
    frame = with_matrix(tmp_path / "askew.mp4", 0.5, 0.866, -0.866, 0.5)
    upright = upright_of(frame, Fraction(1))
    assert upright.rotation_deg == 90
    assert upright.damage == (
        "its display matrix turns the picture by 60 degrees clockwise; 90 were applied",
    )


def test_a_matrix_of_nothing_is_said_and_not_applied(tmp_path: Path) -> None:
    frame = with_matrix(tmp_path / "flat.mp4", 1, 1, 1, 1)
    assert upright_of(frame, Fraction(1)) == Upright(
        damage=("its display matrix cannot be applied and was not; pictures are as stored",)
    )


def test_ten_bits_come_out_as_the_same_brightness(tmp_path: Path) -> None:
    eight = first_frame(film(tmp_path / "eight.mp4", [marked()] * 2))
    ten = first_frame(film(tmp_path / "ten.mp4", [marked()] * 2, pixel_format="yuv420p10le"))
    assert ten.format.name == "yuv420p10le"
    planes = [upright_planes(frame, VideoReformatter(), Upright())[0].astype(int) for frame in (eight, ten)]
    assert float(np.abs(planes[0] - planes[1]).mean()) < 1


def test_pixels_become_square(tmp_path: Path) -> None:
    frame = first_frame(film(tmp_path / "wide.mp4", [marked()] * 2))
    upright = Upright(rotation_deg=90, pixel_aspect=Fraction(4, 3))
    assert upright_planes(frame, VideoReformatter(), upright)[0].shape == (213, 96)
    assert colours(frame, VideoReformatter(), upright, 1000).shape == (213, 96, 3)


@given(st.integers(1, 20_000), st.integers(1, 20_000))
def test_the_working_size_is_bounded_and_never_nothing(width_px: int, height_px: int) -> None:
    width, height = working_size(width_px, height_px)
    assert min(width, height) >= 1
    assert max(width, height) <= WORKING_MAX_PX
    assert max(width, height) * 2 + 1 > min(WORKING_MAX_PX, max(width_px, height_px))
