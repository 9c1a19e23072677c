"""What the room may answer, in which order: the parent's reading of a job's messages.

    measure   room, view, (signal | progress | left)*, frames, end
    grab      room, (picture | progress)*, end
    attempt   room, outcome, end

`refused` and `fault` may take the place of any message after the first. `room` comes before the
exhibit is touched: what it says of the confinement cannot have been said by the file.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from offcut.decode.limits import Limits
from offcut.records import Signal, StreamView
from offcut.room import wire
from offcut.room.confine import Confinement, Level
from offcut.room.wire import Reader, WireError
from offcut.timeline import FrameTimes

_MOST_MESSAGES = 4_000_000
_MOST_TICKS = 2**61
"""So that the distance of two times fits 64 bits as well."""

_MOST_DAMAGE = 100
_MOST_VERSIONS = 64

_STRICT = frozenset({"picture", "strip"})
"""Families with one row a frame: their times must rise."""

_RISING = frozenset({"features"})
"""Families with several rows a frame: their times must not fall."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What was asked for.

    Attributes:
        job: `measure`, `grab` or `attempt`.
        limits: Bounds on rows and bytes.
        signals: Name and version of every signal that may come, for `measure`.
        wanted_pts: The frames that may come, for `grab`.
        longest_px: Their longest side.
        rows: Of each signal, what an earlier room sent already.
    """

    job: Literal["measure", "grab", "attempt"]
    limits: Limits
    signals: Mapping[str, int] = field(default_factory=dict)
    wanted_pts: frozenset[int] = frozenset()
    longest_px: int = 0
    rows: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the room is: seconds of media measured, or pictures taken."""

    done: float


@dataclass(frozen=True, slots=True)
class Left:
    """What another room needs to go on from here; bytes that are never read outside of one."""

    state: bytes


@dataclass(frozen=True, slots=True)
class Picture:
    """One frame in colour, shape (height_px, width_px, 3), RGB."""

    pts: int
    rgb: NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a self-test attempt came to."""

    denied: bool
    how: str


@dataclass(frozen=True, slots=True)
class End:
    """The job is done."""

    versions: Mapping[str, str]
    damage: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Refusal:
    """The room will not go on: the file is not readable, or memory ran out."""

    problem: str
    is_limit: bool


@dataclass(frozen=True, slots=True)
class Fault:
    """The code in the room raised something nobody foresaw."""

    problem: str
    trace: str


Message = (
    Confinement
    | StreamView
    | Progress
    | Left
    | Signal
    | FrameTimes
    | Picture
    | Outcome
    | End
    | Refusal
    | Fault
)

_ORDER: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "measure": {
        "room": ("view",),
        "view": ("signal", "progress", "frames"),
        "signal": ("signal", "progress", "left", "frames"),
        "progress": ("signal", "progress", "left", "frames"),
        "left": ("signal", "progress", "frames"),
        "frames": ("end",),
    },
    "grab": {
        "room": ("picture", "progress", "end"),
        "picture": ("picture", "progress", "end"),
        "progress": ("picture", "progress", "end"),
    },
    "attempt": {"room": ("outcome",), "outcome": ("end",)},
}


class Answer:
    """Reads and checks the messages of one job; nothing unchecked leaves it."""

    def __init__(self, reader: Reader, expected: Expected) -> None:
        self._reader = reader
        self._expected = expected
        self._seen: dict[str, tuple[Any, ...]] = {}
        self._last_pts: dict[str, int] = {}
        self._rows = dict(expected.rows)
        self._pictures: set[int] = set()

    def messages(self) -> Iterator[Message]:
        """Yield every message as it comes; ends after `end`, `refused` or `fault`.

        Raises:
            CutOffError: the room fell silent before its answer was complete.
            WireError: a message is not what an honest room would send.
        """
        may_come: tuple[str, ...] = ("room",)
        for _ in range(_MOST_MESSAGES):
            header = self._reader.header()
            if header is None:
                raise wire.CutOffError("an answer without its end")
            kind = header.get("kind")
            if kind not in may_come or not isinstance(kind, str):
                raise WireError(f"{wire.shown(kind)} where {' or '.join(may_come)} belongs")
            yield self._READ[kind](self, header)
            if kind in ("end", "refused", "fault"):
                if self._reader.header() is not None:
                    raise WireError("a message after the last one")
                return
            may_come = (*_ORDER[self._expected.job][kind], "refused", "fault")
        raise WireError("more messages than a file can need")

    def _room(self, header: wire.Header) -> Message:
        wire.only(header, ("level", "parts"))
        level = header["level"]
        if level not in get_args(Level):
            raise WireError(f"a level of confinement {wire.shown(level)}")
        return Confinement(level, tuple(wire.text(part) for part in wire.sequence(header["parts"], 8)))

    def _view(self, header: wire.Header) -> Message:
        wire.only(header, tuple(StreamView.__dataclass_fields__))
        size = {name: wire.integer(header[name], 1, 2**20) for name in _VIEW_SIZES}
        rotation_deg = wire.integer(header["rotation_deg"], 0, 270)
        if rotation_deg % 90:
            raise WireError(f"a rotation of {rotation_deg}")
        rate, codec = header["declared_rate_hz"], header["audio_codec"]
        rate_hz, channels = header["audio_rate_hz"], header["audio_channels"]
        return StreamView(
            **size,
            format=wire.text(header["format"]),
            video_codec=wire.text(header["video_codec"]),
            rotation_deg=rotation_deg,
            pixel_format=wire.text(header["pixel_format"]),
            pixel_aspect=wire.positive_fraction(header["pixel_aspect"]),
            declared_rate_hz=None if rate is None else wire.positive_fraction(rate),
            is_interlaced=wire.flag(header["is_interlaced"]),
            audio_codec=None if codec is None else wire.text(codec),
            audio_rate_hz=None if rate_hz is None else wire.integer(rate_hz, 1, 2**31),
            audio_channels=None if channels is None else wire.integer(channels, 0, 2**16),
        )

    def _progress(self, header: wire.Header) -> Message:
        wire.only(header, ("done",))
        return Progress(wire.number(header["done"], -1e12, 1e12))

    def _left(self, header: wire.Header) -> Message:
        wire.only(header, ("bytes",))
        size = wire.integer(header["bytes"], 0, wire.MAX_BLOCK_BYTES)
        return Left(self._reader.array("u1", (size,)).tobytes())

    def _signal(self, header: wire.Header) -> Message:
        wire.only(header, ("name", "version", "unit", "tick_s", "dtype", "shape"))
        name, dtype = header["name"], header["dtype"]
        known = self._expected.signals
        if not isinstance(name, str) or name not in known:
            raise WireError(f"a signal {wire.shown(name)} that was not asked for")
        wire.integer(header["version"], known[name], known[name])
        if not isinstance(dtype, str) or dtype not in wire.DTYPES:
            raise WireError(f"numbers of type {wire.shown(dtype)}")
        # Of all signals a sound's are the densest: 12 hours at 50 a second is less than the frames allowed.
        shape = wire.shape(header["shape"], most_rows=self._expected.limits.output_bytes)
        unit, tick_s = wire.text(header["unit"]), wire.positive_fraction(header["tick_s"])
        first = self._seen.setdefault(name, (unit, tick_s, dtype, shape[1:]))
        if first != (unit, tick_s, dtype, shape[1:]):
            raise WireError(f"blocks of {name} that do not belong together")
        pts = self._times(shape[0])
        values = self._reader.array(dtype, shape)
        self._check_order(name, pts)
        return Signal(name, known[name], unit, tick_s, pts, values)

    def _check_order(self, name: str, pts: NDArray[np.int64]) -> None:
        self._rows[name] = self._rows.get(name, 0) + len(pts)
        family = name.partition(".")[0]
        if not len(pts) or family not in _STRICT | _RISING:
            return
        last = self._last_pts.get(name, -_MOST_TICKS - 1)
        steps = np.diff(pts, prepend=last)
        if int(steps.min()) < (1 if family in _STRICT else 0):
            raise WireError(f"times of {name} that go back")
        self._last_pts[name] = int(pts[-1])

    def _frames(self, header: wire.Header) -> Message:
        wire.only(header, ("tick_s", "rows", "end_pts"))
        rows = wire.integer(header["rows"], 1, self._expected.limits.max_frames)
        tick_s = wire.positive_fraction(header["tick_s"])
        pts = self._times(rows, most_bytes=8 * self._expected.limits.max_frames)
        if len(pts) > 1 and int(np.diff(pts).min()) < 1:
            raise WireError("frames whose times go back")
        end_pts = wire.integer(header["end_pts"], int(pts[-1]) + 1, _MOST_TICKS)
        for name, count in self._rows.items():
            if name.startswith("picture.") and count not in (0, rows):
                raise WireError(f"{count:,} rows of {name} for {rows:,} frames")
        return FrameTimes(tick_s, pts, end_pts)

    def _times(self, rows: int, *, most_bytes: int = wire.MAX_BLOCK_BYTES) -> NDArray[np.int64]:
        pts: NDArray[np.int64] = self._reader.array("i8", (rows,), most_bytes=most_bytes)
        if rows and not -_MOST_TICKS <= int(pts.min()) <= int(pts.max()) <= _MOST_TICKS:
            raise WireError("times beyond any clock")
        return pts

    def _picture(self, header: wire.Header) -> Message:
        wire.only(header, ("pts", "shape"))
        pts, longest_px = header["pts"], self._expected.longest_px
        if type(pts) is not int or pts not in self._expected.wanted_pts or pts in self._pictures:
            raise WireError(f"a picture at {wire.shown(pts)} that was not asked for")
        self._pictures.add(pts)
        sides = [wire.integer(side, 1, longest_px + 1) for side in wire.sequence(header["shape"], 2)]
        if len(sides) != 2:
            raise WireError("a picture without a size")
        most_bytes = 3 * (longest_px + 1) ** 2
        return Picture(pts, self._reader.array("u1", (*sides, 3), most_bytes=most_bytes))

    def _outcome(self, header: wire.Header) -> Message:
        wire.only(header, ("denied", "how"))
        return Outcome(wire.flag(header["denied"]), wire.text(header["how"]))

    def _end(self, header: wire.Header) -> Message:
        wire.only(header, ("versions", "damage"))
        versions = wire.mapping(header["versions"], _MOST_VERSIONS)
        damage = wire.sequence(header["damage"], _MOST_DAMAGE)
        return End(
            {wire.name(key): wire.text(value) for key, value in versions.items()},
            tuple(wire.text(line) for line in damage),
        )

    def _refused(self, header: wire.Header) -> Message:
        wire.only(header, ("problem", "is_limit"))
        return Refusal(wire.text(header["problem"]), wire.flag(header["is_limit"]))

    def _fault(self, header: wire.Header) -> Message:
        wire.only(header, ("problem", "trace"))
        lines = wire.sequence(header["trace"], 200)
        return Fault(wire.text(header["problem"]), "\n".join(wire.text(line) for line in lines))

    _READ = {  # noqa: RUF012 - never changed
        "room": _room,
        "view": _view,
        "progress": _progress,
        "left": _left,
        "signal": _signal,
        "frames": _frames,
        "picture": _picture,
        "outcome": _outcome,
        "end": _end,
        "refused": _refused,
        "fault": _fault,
    }


_VIEW_SIZES = ("width_px", "height_px", "coded_width_px", "coded_height_px")
