"""Fetch the pictures a page wants: strips from the kept signals, exact frames from the room."""

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from offcut import room
from offcut.decode.damage import has_two_clocks, is_of_pictures
from offcut.decode.limits import Limits
from offcut.errors import OffcutError
from offcut.records import Exhibit, Measurement
from offcut.report.pictures import FRAME_PX, Pictures, Wanted


def gather(
    measurements: Mapping[int, Measurement],
    wanted: Mapping[int, Wanted],
    *,
    progress: Callable[[str, float], None] = lambda stage, done: None,
) -> Pictures:
    """Collect pictures for exhibits numbered as in `measurements`.

    A file that cannot be decoded again gives no frames, nor does one that is no longer the size it was or
    whose times name two frames; the page says where a picture is missing.
    """
    strips: dict[int, list[tuple[Fraction, NDArray[np.uint8]]]] = {}
    frames: dict[tuple[int, Fraction], NDArray[np.uint8]] = {}
    for done, (number, want) in enumerate(sorted(wanted.items())):
        progress("taking pictures", done / len(wanted))
        measurement = measurements[number]
        strips[number] = _strip(measurement, want.strip_s)
        pts_of = {
            time_s: int(measurement.frames.pts[measurement.frames.index_at(time_s)])
            for time_s in want.frames_s
        }
        if not pts_of or has_two_clocks(measurement.damage) or not _is_still_there(measurement.exhibit):
            continue
        # As it was measured: see offcut.signals on files with broken pictures.
        limits = Limits(threads=1) if is_of_pictures(measurement.damage) else Limits()
        try:
            taken = room.grab(
                measurement.exhibit.path, sorted(set(pts_of.values())), longest_px=FRAME_PX, limits=limits
            )
        except OffcutError:
            continue
        frames.update({(number, time_s): taken[pts] for time_s, pts in pts_of.items() if pts in taken})
    return Pictures(strips, frames)


def _is_still_there(exhibit: Exhibit) -> bool:
    try:
        return exhibit.path.stat().st_size == exhibit.size_bytes
    except OSError:
        return False


def _strip(measurement: Measurement, times_s: Sequence[Fraction]) -> list[tuple[Fraction, NDArray[np.uint8]]]:
    luma, chroma = measurement.signals.get("strip.luma"), measurement.signals.get("strip.chroma")
    if luma is None or chroma is None or not len(luma.pts):
        return []
    kept = luma.pts.astype(np.float64) * float(luma.tick_s)
    picked = sorted({int(np.abs(kept - float(time_s)).argmin()) for time_s in times_s})
    return [(int(luma.pts[k]) * luma.tick_s, rgb(luma.values[k], chroma.values[k])) for k in picked]


def rgb(luma: NDArray[np.uint8], chroma: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Turn a picture of luma (h, w) and chroma (2, h/2, w/2) into RGB (h, w, 3), as limited-range BT.601.

    For looking at only: the matrix of the file is not asked.
    """
    y = (luma.astype(np.float32) - 16) * 1.164
    height, width = luma.shape
    u, v = (
        np.repeat(np.repeat(c.astype(np.float32) - 128, 2, axis=0), 2, axis=1)[:height, :width]
        for c in chroma
    )
    colours = np.stack([y + 1.596 * v, y - 0.392 * u - 0.813 * v, y + 2.017 * u], axis=2)
    return np.clip(colours, 0, 255).astype(np.uint8)
