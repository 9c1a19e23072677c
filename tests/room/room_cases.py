"""What the tests of the room share."""

import contextlib
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from offcut.analysers import BUILT_IN
from offcut.decode import libav
from offcut.decode.limits import Limits
from offcut.measure import measure
from offcut.records import Frame, Signal
from offcut.room import Room, RoomReport

FOOTAGE = Path(__file__).resolve().parents[3] / "shared" / "footage"
ON_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="rooms are forked on Linux only")
SMALL = Limits(cpu_s=2, wall_s=30, idle_s=20, memory_bytes=2**28, output_bytes=32 * 2**20)


def measured(room: Room, path: Path, limits: Limits | None = None) -> tuple[RoomReport, dict[str, Signal]]:
    blocks: dict[str, list[Signal]] = {}
    report = room.measure_file(
        path, analysers=list(BUILT_IN), sink=lambda b: blocks.setdefault(b.name, []).append(b), limits=limits
    )
    return report, joined(blocks)


def joined(blocks: dict[str, list[Signal]]) -> dict[str, Signal]:
    return {
        name: Signal(
            name,
            parts[0].version,
            parts[0].unit,
            parts[0].tick_s,
            np.concatenate([p.pts for p in parts]),
            np.concatenate([p.values for p in parts]),
        )
        for name, parts in blocks.items()
    }


def outside(path: Path) -> tuple[list[int], dict[str, Signal]]:
    """The same pass without a room."""
    pts: list[int] = []
    blocks: dict[str, list[Signal]] = {}
    with path.open("rb") as file:
        media = libav.open_media(file, limits=Limits())
        items = list(media.items())
        pts = [item.pts for item in items if isinstance(item, Frame)]
        for block in measure(items, [new() for new in BUILT_IN.values()]):
            blocks.setdefault(block.name, []).append(block)
    with_rows = {k: [b for b in v if len(b.pts)] or v[:1] for k, v in blocks.items()}
    return pts, joined(with_rows)


def assert_same(one: dict[str, Signal], other: dict[str, Signal]) -> None:
    assert one.keys() == other.keys()
    for name, signal_ in one.items():
        twin = other[name]
        assert (signal_.version, signal_.unit, signal_.tick_s) == (twin.version, twin.unit, twin.tick_s)
        assert signal_.pts.tobytes() == twin.pts.tobytes()
        assert signal_.values.dtype == twin.values.dtype
        assert signal_.values.tobytes() == twin.values.tobytes()


def faulty(tmp_path: Path, fault: str) -> Path:
    path = tmp_path / f"{fault}.mp4"
    path.write_bytes(f"FAULT {fault}\n".encode() + bytes(1000))
    return path


def keeper_pid(room: Room) -> int:
    assert room._keeper is not None
    assert room._keeper._process is not None
    return room._keeper._process.pid


def children_of(pid: int) -> list[int]:
    path = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(word) for word in path.read_text().split()] if path.exists() else []


def alive(pid: int) -> bool:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def within(seconds: float, holds: object) -> bool:
    assert callable(holds)
    end_s = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end_s:
            return False
        time.sleep(0.02)
    return True
