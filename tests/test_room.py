import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np

from offcut import room
from offcut.decode.encode import write_video
from offcut.records import Signal


def test_importing_the_room_loads_no_codec_and_no_command_line() -> None:
    script = (
        "import offcut.room, sys; print(sorted({'av', 'cv2', 'typer', 'rich', 'jinja2'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, check=True).stdout == b"[]\n"


def test_the_shared_room_measures_and_grabs(tmp_path: Path) -> None:
    path = tmp_path / "grey.mp4"
    grey = np.full((64, 64, 3), 128, np.uint8)
    write_video(path, (grey for _ in range(5)), rate_hz=Fraction(25))
    blocks: list[Signal] = []
    report = room.measure_file(path, analysers=["packets"], sink=blocks.append)
    pictures = room.grab(path, report.frames.pts.tolist(), longest_px=16)
    room._shared().close()
    assert [b.name for b in blocks] == ["packets.size"]
    assert {p.shape for p in pictures.values()} == {(16, 16, 3)}
    assert len(pictures) == 5
