"""The room in which hostile files are decoded: a disposable, confined process that sends out only numbers.

docs/room.md says what holds and what does not.
"""

import atexit
import functools
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from offcut.decode.limits import Limits
from offcut.room.host import Room, RoomReport, Sink, Stages
from offcut.room.launch import RoomError

__all__ = ["Room", "RoomError", "RoomReport", "Sink", "Stages", "grab", "measure_file"]


def measure_file(
    path: Path,
    *,
    analysers: Sequence[str],
    sink: Sink,
    limits: Limits | None = None,
    progress: Callable[[float], None] | None = None,
    stages: Stages | None = None,
) -> RoomReport:
    """Measure `path` in the room this process shares; see `Room.measure_file`."""
    return _shared().measure_file(
        path, analysers=analysers, sink=sink, limits=limits, progress=progress, stages=stages
    )


def grab(
    path: Path,
    wanted_pts: Sequence[int],
    *,
    longest_px: int,
    limits: Limits | None = None,
    progress: Callable[[float], None] | None = None,
) -> dict[int, NDArray[np.uint8]]:
    """Take pictures of exact frames in the room this process shares; see `Room.grab`."""
    return _shared().grab(path, wanted_pts, longest_px=longest_px, limits=limits, progress=progress)


@functools.cache
def _shared() -> Room:
    room = Room()
    atexit.register(room.close)
    return room
