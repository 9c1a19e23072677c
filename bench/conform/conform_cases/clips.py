"""A recording as an editor opens it: full pictures by number, their times, the sound."""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from offcut.timeline import FrameTimes

Picture = NDArray[np.uint8]
"""RGB, shape (height_px, width_px, 3)."""

RATE_HZ = 48_000
LONGEST_PX = 960
"""Larger pictures are made smaller on reading: no release made here is wider than 854 pixels."""

SILENT = 1e-4
"""Root mean square below which a sound track holds no sound."""


@dataclass(frozen=True, slots=True)
class Clip:
    """A file whose frames can be asked for by number.

    Attributes:
        name: Of the file, without ending.
        path: Of the file.
        times: When each frame is shown.
        width_px, height_px: Of the pictures that `pictures` returns.
    """

    name: str
    path: Path
    times: FrameTimes
    width_px: int
    height_px: int

    def pictures(self, indices: Iterable[int]) -> dict[int, Picture]:
        """Decode the frames of these numbers; one pass from the start, so that no seek can be off."""
        wanted = sorted(set(indices))
        found: dict[int, Picture] = {}
        with av.open(str(self.path)) as container:
            container.streams.video[0].thread_type = "AUTO"
            for index, frame in enumerate(container.decode(video=0)):
                if index > wanted[-1]:
                    break
                if index in wanted:
                    picture = frame.to_ndarray(format="rgb24")
                    if picture.shape[1] != self.width_px:
                        size = (self.width_px, self.height_px)
                        found[index] = np.asarray(
                            cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8
                        )
                    else:
                        found[index] = np.asarray(picture, np.uint8)
        return found


@lru_cache(maxsize=32)
def clip(path: Path) -> Clip:
    """Read the times of a file's frames.

    Raises:
        ValueError: The picture is stored turned or with oblong pixels; what an edit shows would not be known.
    """
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        pts, last = [], 1
        for frame in container.decode(stream):
            if frame.rotation or frame.pts is None:
                raise ValueError(f"{path.name}: turned picture or a frame without a time")
            pts.append(frame.pts)
            last = int(frame.duration or 0) or last
        aspect = stream.sample_aspect_ratio
        if aspect not in (None, 0, 1) or stream.time_base is None:
            raise ValueError(f"{path.name}: oblong pixels or no clock")
        scale = min(1.0, LONGEST_PX / max(stream.width, stream.height))
        times = FrameTimes(Fraction(stream.time_base), np.asarray(pts, np.int64), pts[-1] + last)
        return Clip(path.stem, path, times, round(stream.width * scale), round(stream.height * scale))


@lru_cache(maxsize=32)
def sound(path: Path) -> NDArray[np.float32] | None:
    """Whole sound of a file, shape (2, samples) at RATE_HZ from time 0; None if it has none to be heard."""
    with av.open(str(path)) as container:
        if not container.streams.audio:
            return None
        resampler = av.AudioResampler(format="fltp", layout="stereo", rate=RATE_HZ)
        runs = [run.to_ndarray() for frame in container.decode(audio=0) for run in resampler.resample(frame)]
    whole = np.concatenate(runs, axis=1).astype(np.float32)
    return whole if float(np.sqrt(np.mean(whole**2))) > SILENT else None
