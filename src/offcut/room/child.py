"""What happens inside the room: confine, then read the one file, and send only numbers out.

Nothing here may open a file or import a module after `confine`: the keeper has loaded it all.
"""

import base64
import contextlib
import errno
import io
import os
import sys
import time
import traceback
import zlib
from array import array
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from fractions import Fraction
from typing import Any, BinaryIO, cast

import numpy as np

from offcut.analysers import BUILT_IN
from offcut.decode import libav
from offcut.decode.limits import Limits, Refused
from offcut.decode.rejoin import REJOIN_FAILED
from offcut.measure import Analyser, Item, measure
from offcut.records import Frame, Packet, Signal, Sound, StreamView
from offcut.room import escape
from offcut.room.confine import confine
from offcut.room.frozen import frozen, thawed
from offcut.room.wire import MAX_TEXT, Writer, dtype_name, pieces

_PROGRESS_EVERY_S = 0.25

_OUT_OF_MEMORY = "reading it takes more memory than the limit allows; nothing measured from it is used"


def serve(job: Mapping[str, Any], media: int, out: int) -> None:
    """Confine this process and do `job` on the open descriptor `media`; messages go to `out`.

    Never raises: what went wrong is the last message.
    """
    limits = Limits(**job["limits"])
    room = _Inside(Writer(out), limits)
    file = cast(BinaryIO, io.FileIO(media, "rb", closefd=False))
    file.seek(0)
    try:
        confinement = confine(limits)
        room.send("room", {"level": confinement.level, "parts": confinement.parts})
        JOBS[job["do"]](job, file, room)
    except BrokenPipeError:
        return
    except Exception as error:
        with contextlib.suppress(OSError):
            room.send(*_last_words(error, room))


class _Inside:
    """What a job works with: the way out, its limits, and a look at the memory it has taken."""

    def __init__(self, writer: Writer, limits: Limits) -> None:
        self.send = writer.send
        self.limits = limits
        # Opened before the room is closed; later not even this could be.
        self._status = os.open("/proc/self/status", os.O_RDONLY) if sys.platform == "linux" else None
        self._kilobytes_before = self._kilobytes("VmSize")

    def is_short_of_memory(self, *problems: str) -> bool:
        """Whether what failed may have failed for want of memory: `problems` say so, or little is left.

        The decoder reports a picture it had no memory for as invalid data: without this look the
        limit would be read as damage of the file. A quarter of the limit is more than any single
        picture takes.
        """
        taken = 1024 * (self._kilobytes("VmPeak") - self._kilobytes_before)
        said = any(os.strerror(errno.ENOMEM) in problem for problem in problems)
        return said or taken > self.limits.memory_bytes * 3 // 4

    def _kilobytes(self, name: str) -> int:
        if self._status is None:
            return 0
        lines = os.pread(self._status, 4096, 0).decode().splitlines()
        return next((int(line.split()[1]) for line in lines if line.startswith(name + ":")), 0)


def rehearse() -> None:
    """Run every analyser and the decoder once on next to nothing, so that what they load late is loaded."""
    grey = np.full((64, 64), 128, np.uint8)
    chroma = np.full((2, 32, 32), 128, np.uint8)
    frames = [Frame(k, k, Fraction(1, 25), grey, chroma) for k in range(2)]
    sound = Sound(0, 8000, np.zeros((1, 800), np.float32))
    for _ in measure([Packet(0, 0, 1, True), *frames, sound], [new() for new in BUILT_IN.values()]):
        pass
    with contextlib.suppress(Refused):
        libav.open_media(io.BytesIO(bytes(64)), limits=Limits())


def _measure(job: Mapping[str, Any], file: BinaryIO, room: _Inside) -> None:
    media = libav.open_media(file, limits=room.limits)
    room.send("view", _as_fields(media.view))
    done = _Done([BUILT_IN[name]() for name in job["analysers"]], array("q"), set())
    signs = _Signs(room)
    if job.get("left") is not None:
        media.passed = signs.give
        done = _taken_up(job["left"], media)
    sent, frame_pts = done.sent, done.frame_pts
    empty: dict[str, Signal] = {}
    items = _watched(media.items(), frame_pts, signs)
    for block in measure(items, done.analysers, rested=lambda: _leave(done, media, room)):
        if len(block.pts):
            sent.add(block.name)
        else:
            empty[block.name] = block
        for pts, values in pieces(block.pts, block.values):
            _send_rows(room, block, pts, values)
    for name, block in empty.items():
        if name not in sent:
            _send_rows(room, block, block.pts, block.values)
    if media.damage and room.is_short_of_memory(*media.damage):
        raise MemoryError
    tick_s = _exact(media.tick_s)
    pts_of_frames = np.asarray(frame_pts, np.int64)
    room.send("frames", {"tick_s": tick_s, "rows": len(frame_pts), "end_pts": media.end_pts}, pts_of_frames)
    room.send("end", {"versions": libav.versions(), "damage": [line[:MAX_TEXT] for line in media.damage]})


@dataclass
class _Done:
    """What a room has measured of its file so far, besides what it has sent."""

    analysers: list[Analyser]
    frame_pts: "array[int]"
    sent: set[str]


def _leave(done: _Done, media: libav.Media, room: _Inside) -> None:
    """Send out what another room needs to go on from here, if this is a place for it."""
    place = media.left() if media.frames % room.limits.leave_every_frames == 0 else None
    if place is None:
        return
    steps = zlib.compress(np.diff(done.frame_pts, prepend=0).astype(np.int64).tobytes(), 1)
    state = frozen(
        {"media": place, "analysers": done.analysers, "sent": sorted(done.sent), "frame_steps": steps}
    )
    room.send("left", {"bytes": len(state)}, np.frombuffer(state, np.uint8))


def _taken_up(left_text: str, media: libav.Media) -> _Done:
    """Put `media` where another room left it and return what that room had measured."""
    try:
        left = thawed(base64.b64decode(left_text))
        steps = np.frombuffer(zlib.decompress(left["frame_steps"]), np.int64)
        media.rejoin(left["media"])
        return _Done(left["analysers"], array("q", np.cumsum(steps).tobytes()), set(left["sent"]))
    except (ValueError, KeyError, TypeError, zlib.error) as error:
        raise Refused(f"{REJOIN_FAILED}: {error}") from error


def _send_rows(room: _Inside, block: Signal, pts: Any, values: Any) -> None:
    room.send(
        "signal",
        {
            "name": block.name,
            "version": block.version,
            "unit": block.unit,
            "tick_s": _exact(block.tick_s),
            "dtype": dtype_name(values),
            "shape": values.shape,
        },
        pts,
        values,
    )


class _Signs:
    """Gives a sign of life now and then."""

    def __init__(self, room: _Inside) -> None:
        self._room, self._next_s = room, 0.0

    def give(self, done_s: float) -> None:
        now_s = time.monotonic()
        if now_s >= self._next_s:
            self._next_s = now_s + _PROGRESS_EVERY_S
            self._room.send("progress", {"done": done_s})


def _watched(
    items: Iterator[Packet | Frame | Sound], frame_pts: "array[int]", signs: _Signs
) -> Iterator[Item]:
    """Pass `items` on, note the time of every frame, and give a sign of life now and then."""
    done_s = 0.0
    for item in items:
        if isinstance(item, Frame):
            frame_pts.append(item.pts)
            done_s = float(item.pts * item.tick_s)
        yield item
        signs.give(done_s)


def _grab(job: Mapping[str, Any], file: BinaryIO, room: _Inside) -> None:
    wanted, longest_px = job["wanted_pts"], job["longest_px"]
    found = libav.pictures(file, wanted, longest_px=longest_px, limits=room.limits)
    done = 0
    for done, (pts, picture) in enumerate(found, start=1):
        room.send("picture", {"pts": pts, "shape": picture.shape[:2]}, picture)
        room.send("progress", {"done": done})
    if done < len(wanted) and room.is_short_of_memory():
        raise MemoryError
    room.send("end", {"versions": libav.versions(), "damage": []})


def _attempt(job: Mapping[str, Any], file: BinaryIO, room: _Inside) -> None:
    denied, how = escape.attempt(job["attempt"], job["bait"])
    room.send("outcome", {"denied": denied, "how": how[:MAX_TEXT]})
    room.send("end", {"versions": {}, "damage": []})


JOBS: dict[str, Callable[[Mapping[str, Any], BinaryIO, _Inside], None]] = {
    "measure": _measure,
    "grab": _grab,
    "attempt": _attempt,
}


def _as_fields(view: StreamView) -> dict[str, Any]:
    values = {f.name: getattr(view, f.name) for f in fields(view)}
    return {k: _exact(v) if isinstance(v, Fraction) else v for k, v in values.items()}


def _exact(value: Fraction) -> list[int]:
    return [value.numerator, value.denominator]


def _is_out_of_memory(error: Exception) -> bool:
    # cv2.error is named by its code (StsNoMem): only analysers and the decoder may import cv2.
    if type(error).__name__ == "error" and getattr(error, "code", 0) == -4:
        return True
    return isinstance(error, OSError) and error.errno == errno.ENOMEM


def _last_words(error: Exception, room: _Inside) -> tuple[str, dict[str, Any]]:
    """The message that says why there will be no other."""
    no_picture = isinstance(error, Refused) and room.is_short_of_memory(str(error))
    if isinstance(error, MemoryError) or no_picture or _is_out_of_memory(error):
        return "refused", {"problem": _OUT_OF_MEMORY, "is_limit": True}
    if isinstance(error, Refused):
        return "refused", {"problem": str(error)[:MAX_TEXT], "is_limit": False}
    lines = "".join(traceback.format_exception(error)).splitlines()[-50:]
    problem = f"{type(error).__name__}: {error}"[:MAX_TEXT]
    return "fault", {"problem": problem, "trace": [line[:MAX_TEXT] for line in lines]}
