"""A recording as an editor opens it: full pictures by number, their times, the sound."""

from collections.abc import Iterable, Mapping
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
        has_sound: There is something to be heard.
        is_interlaced: Each picture is two fields; `pictures` returns the upper one, filled up.
        spare: Handed over, but never used.
        derived: What was made of which clip, where the file was written for a case.
    """

    name: str
    path: Path
    times: FrameTimes
    width_px: int
    height_px: int
    has_sound: bool = False
    is_interlaced: bool = False
    spare: bool = False
    derived: Mapping[str, str] | None = None

    @property
    def may_be_external(self) -> bool:
        """Not if it was changed for a case: then it is to be handed over."""
        return self.derived is None or self.derived["kind"] == "ambience"

    def pictures(self, indices: Iterable[int]) -> dict[int, Picture]:
        """Decode the frames of these numbers; a frame is known by its time, so that no seek can be off."""
        wanted = {int(self.times.pts[index]): index for index in indices}
        found = self._decoded(wanted, min(wanted))
        if len(found) < len(wanted):
            found = self._decoded(wanted, None)
        return found

    def _decoded(self, wanted: Mapping[int, int], seek_pts: int | None) -> dict[int, Picture]:
        found: dict[int, Picture] = {}
        last = max(wanted)
        with av.open(str(self.path)) as container:
            stream = container.streams.video[0]
            if seek_pts is not None:
                container.seek(seek_pts, stream=stream, backward=True)
            for frame in container.decode(stream):
                if frame.pts is not None and frame.pts in wanted:
                    found[wanted[frame.pts]] = self._shown(
                        np.asarray(frame.to_ndarray(format="rgb24"), np.uint8)
                    )
                if len(found) == len(wanted) or (frame.pts is not None and frame.pts > last):
                    break
        return found

    def _shown(self, stored: NDArray[np.uint8]) -> Picture:
        picture = _upper_field(stored) if self.is_interlaced else stored
        if picture.shape[1] == self.width_px:
            return np.asarray(picture, np.uint8)
        size = (self.width_px, self.height_px)
        return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)


def _upper_field(stored: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The even rows, and between them their mean."""
    upper = stored[0::2]
    below = np.concatenate([upper[1:], upper[-1:]])[: stored.shape[0] // 2]
    shown = stored.copy()
    shown[1::2] = cv2.addWeighted(np.ascontiguousarray(upper[: len(below)]), 0.5, below, 0.5, 0)
    return shown


@lru_cache(maxsize=32)
def clip(path: Path) -> Clip:
    """Read the times of a file's frames.

    Raises:
        ValueError: The picture is stored turned or with oblong pixels; what an edit shows would not be known.
    """
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        pts, last, is_interlaced = [], 1, False
        for frame in container.decode(stream):
            if frame.rotation or frame.pts is None:
                raise ValueError(f"{path.name}: turned picture or a frame without a time")
            pts.append(frame.pts)
            last = int(frame.duration or 0) or last
            is_interlaced = bool(frame.interlaced_frame)
        aspect = stream.sample_aspect_ratio
        if aspect not in (None, 0, 1) or stream.time_base is None:
            raise ValueError(f"{path.name}: oblong pixels or no clock")
        scale = min(1.0, LONGEST_PX / max(stream.width, stream.height))
        times = FrameTimes(Fraction(stream.time_base), np.asarray(pts, np.int64), pts[-1] + last)
        size = (round(stream.width * scale), round(stream.height * scale))
        return Clip(path.stem, path, times, *size, sound(path) is not None, is_interlaced)


@lru_cache(maxsize=32)
def sound(path: Path) -> NDArray[np.float32] | None:
    """Whole sound of a file, shape (2, samples) at RATE_HZ from time 0; None if it has none to be heard."""
    with av.open(str(path)) as container:
        if not container.streams.audio:
            return None
        resampler = av.AudioResampler(format="fltp", layout="stereo", rate=RATE_HZ)
        runs, first_s = [], None
        for frame in container.decode(audio=0):
            if first_s is None and frame.pts is not None and frame.time_base is not None:
                first_s = frame.pts * frame.time_base
            runs += [run.to_ndarray() for run in resampler.resample(frame)]
    if not runs:
        return None
    whole = np.concatenate(runs, axis=1).astype(np.float32)
    late = round((first_s or 0) * RATE_HZ)
    whole = whole[:, -late:] if late < 0 else np.pad(whole, ((0, 0), (late, 0)))
    return whole if float(np.sqrt(np.mean(whole**2))) > SILENT else None
