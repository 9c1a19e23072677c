"""The parent's side of the room: open the file, give it away, and believe nothing that comes back."""

import base64
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from offcut.decode.limits import Limits
from offcut.errors import LimitError, UnreadableError
from offcut.records import Signal, StreamView
from offcut.room import answer
from offcut.room.answer import Answer, Expected
from offcut.room.confine import Confinement
from offcut.room.exhibit import open_exhibit
from offcut.room.launch import CAN_FORK, Alone, Ended, Keeper, RoomError, Running
from offcut.room.watch import Watch
from offcut.room.wire import CutOffError, Reader, TooMuchError, WireError
from offcut.timeline import FrameTimes

Sink = Callable[[Signal], None]
"""Takes blocks of rows as they come; blocks of one name follow each other and belong together."""

_UNUSED = "; nothing measured from it is used"

_MOST_WANTED_ALONE = 1000
"""Frames asked for at once where the job travels on a command line."""


@dataclass(frozen=True, slots=True)
class RoomReport:
    """What a room said of a file besides its signals, checked.

    Attributes:
        view: The decoder's view of the streams.
        frames: When each frame is shown.
        versions: Of the decoder libraries, and `analyser.NAME` of every analyser that ran.
        confinement: What was in force while the file was open, in words.
        damage: One line for each thing that could not be read.
        cpu_s: Processor time the room used.
        peak_bytes: The most memory it held at once, shared libraries included; 0 if not known.
    """

    view: StreamView
    frames: FrameTimes
    versions: Mapping[str, str]
    confinement: str
    damage: tuple[str, ...]
    cpu_s: float
    peak_bytes: int


@dataclass(frozen=True, slots=True)
class Stages:
    """How a long measurement is taken up again (where rooms are forked; elsewhere it starts over).

    Attributes:
        keep: Takes bytes that a later room can go on from; all rows sent before belong to them.
        left: Such bytes; None to begin at the beginning.
        rows: Of each signal, how many rows belong to `left`.
    """

    keep: Callable[[bytes], None]
    left: bytes | None = None
    rows: Mapping[str, int] = field(default_factory=dict)


class Room:
    """Opens a disposable, confined process per file. One may be used by several threads.

    Args:
        forks: Whether to keep one process loaded and fork the rooms from it; by default where that
            is safe (Linux). Otherwise each room starts afresh.
    """

    def __init__(self, *, forks: bool = CAN_FORK) -> None:
        self._keeper = Keeper() if forks else None

    def __enter__(self) -> "Room":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the process that is kept; the next job would start it again."""
        if self._keeper:
            self._keeper.close()

    def measure_file(
        self,
        path: Path,
        *,
        analysers: Sequence[str],
        sink: Sink,
        limits: Limits | None = None,
        progress: Callable[[float], None] | None = None,
        stages: "Stages | None" = None,
    ) -> RoomReport:
        """Measure `path` in one pass inside a room.

        Args:
            path: A regular file, or a link to one.
            analysers: Names in `offcut.analysers.BUILT_IN`.
            sink: Takes every block of rows; what it took is void if this function raises.
            limits: What the file may cost.
            progress: Told how many seconds of the file are measured, a few times a second.
            stages: Where to keep, and take from, what a later room needs to go on from there.

        Raises:
            UnreadableError: the file cannot be opened, is no video, or its room crashed or lied.
            LimitError: it would cost more than `limits` allow.
            RoomError: no room can be opened at all.
        """
        limits = limits or Limits()
        media = open_exhibit(path, max_file_bytes=limits.max_file_bytes)
        try:
            if self._keeper:
                self._keeper.start()
            # Only now: while the keeper loads its libraries this process can load its own.
            from offcut.analysers import SIGNALS, VERSIONS

            versions = {name: VERSIONS[name] for name in analysers}
            known = {signal: VERSIONS[name] for name in analysers for signal in SIGNALS[name]}
            left = stages.left if stages and self._keeper else None
            job = {
                "do": "measure",
                "analysers": list(analysers),
                "limits": asdict(limits),
                "left": None if left is None else base64.b64encode(left).decode("ascii"),
            }
            rows = stages.rows if stages and left is not None else {}
            expected = Expected("measure", limits, known, rows=rows)
            work = _Work(path, expected, progress, sink, stages.keep if stages else None)
            self._do(work, job, media)
        finally:
            os.close(media)
        return work.report({f"analyser.{name}": str(v) for name, v in versions.items()})

    def grab(
        self,
        path: Path,
        wanted_pts: Sequence[int],
        *,
        longest_px: int,
        limits: Limits | None = None,
        progress: Callable[[float], None] | None = None,
    ) -> dict[int, NDArray[np.uint8]]:
        """Decode the frames of `path` that are shown at exactly `wanted_pts`, in colour.

        Returns:
            By pts, RGB, shape (height_px, width_px, 3); a frame that cannot be reached is absent.

        Raises:
            UnreadableError, LimitError, RoomError: as for `measure_file`.
        """
        limits = limits or Limits()
        found: dict[int, NDArray[np.uint8]] = {}
        wanted = sorted({int(pts) for pts in wanted_pts})
        step = (len(wanted) or 1) if self._keeper else _MOST_WANTED_ALONE
        for k in range(0, len(wanted), step):
            part = wanted[k : k + step]
            media = open_exhibit(path, max_file_bytes=limits.max_file_bytes)
            try:
                job = {"do": "grab", "wanted_pts": part, "longest_px": longest_px, "limits": asdict(limits)}
                expected = Expected("grab", limits, wanted_pts=frozenset(part), longest_px=longest_px)
                work = _Work(path, expected, progress)
                self._do(work, job, media)
            finally:
                os.close(media)
            found.update(work.pictures)
        return found

    def attempt(
        self, name: str, bait: Mapping[str, Any], limits: Limits
    ) -> tuple[Confinement | None, bool, str]:
        """Make one attempt of the self-test in a room: (confinement, denied, how); see `escape`."""
        media = os.open(os.devnull, os.O_RDONLY)
        try:
            job = {"do": "attempt", "attempt": name, "bait": dict(bait), "limits": asdict(limits)}
            work = _Work(Path(name), Expected("attempt", limits), None)
            self._do(work, job, media)
        except LimitError as error:
            return work.confinement, True, error.problem
        except UnreadableError as error:
            # The attempt itself broke down: nothing is known of what would have come of it.
            return work.confinement, False, error.problem
        finally:
            os.close(media)
        assert work.outcome is not None
        return work.confinement, work.outcome.denied, work.outcome.how

    def _do(self, work: "_Work", job: Mapping[str, Any], media: int) -> None:
        """Carry out `work`; a second time if the keeper was gone before the room began."""
        if self._keeper is None:
            work.do(Alone(job, media))
            return
        try:
            work.do(self._keeper.run(job, media))
        except RoomError:
            work.do(self._keeper.run(job, media))


class _Work:
    """Follows one room from its first message to its end."""

    def __init__(
        self,
        path: Path,
        expected: Expected,
        progress: Callable[[float], None] | None,
        sink: Sink | None = None,
        keep: Callable[[bytes], None] | None = None,
    ) -> None:
        self._path, self._expected, self._keep = path, expected, keep
        self._progress, self._sink = progress, sink
        self._view: StreamView | None = None
        self._frames: FrameTimes | None = None
        self._end: answer.End | None = None
        self._ended = Ended(None)
        self.confinement: Confinement | None = None
        self.outcome: answer.Outcome | None = None
        self.pictures: dict[int, NDArray[np.uint8]] = {}

    def do(self, room: Running) -> None:
        """Take in the whole answer; whatever happens, the room is gone afterwards."""
        problem: WireError | None = None
        watch = Watch(room, self._expected.limits)
        try:
            with watch:
                reader = Reader(room.answer, most_bytes=self._expected.limits.output_bytes)
                for message in Answer(reader, self._expected).messages():
                    with watch.paused():
                        self._take(message)
        except WireError as error:
            problem = error
        finally:
            self._ended = room.finish()
        if problem is not None:
            raise self._explained(problem, watch) from None

    def report(self, analyser_versions: Mapping[str, str]) -> RoomReport:
        """Everything a measuring room said, once it is complete."""
        assert self._view is not None
        assert self._frames is not None
        assert self._end is not None
        assert self.confinement is not None
        return RoomReport(
            view=self._view,
            frames=self._frames,
            versions={**self._end.versions, **analyser_versions},
            confinement=self.confinement.words,
            damage=self._end.damage,
            cpu_s=self._ended.cpu_s,
            peak_bytes=self._ended.peak_bytes,
        )

    def _take(self, message: answer.Message) -> None:
        match message:
            case Signal():
                if self._sink:
                    self._sink(message)
            case answer.Progress():
                if self._progress:
                    self._progress(message.done)
            case answer.Left():
                if self._keep:
                    self._keep(message.state)
            case answer.Picture():
                self.pictures[message.pts] = message.rgb
            case Confinement():
                self.confinement = message
            case StreamView():
                self._view = message
            case FrameTimes():
                self._frames = message
            case answer.Outcome():
                self.outcome = message
            case answer.End():
                self._end = message
            case answer.Refusal():
                kind = LimitError if message.is_limit else UnreadableError
                raise kind(self._path, message.problem)
            case answer.Fault():
                error = UnreadableError(self._path, f"measuring it failed ({message.problem}){_UNUSED}")
                error.add_note(message.trace)
                raise error

    def _explained(self, problem: WireError, watch: Watch) -> Exception:
        limits, code = self._expected.limits, self._ended.code
        if watch.fired:
            return LimitError(self._path, watch.fired + _UNUSED)
        if isinstance(problem, TooMuchError):
            return LimitError(
                self._path, f"its measurements come to more than {limits.output_bytes:,} bytes{_UNUSED}"
            )
        if not isinstance(problem, CutOffError):
            return UnreadableError(self._path, f"the room's answer was not valid: {problem}{_UNUSED}")
        if code is None:
            if self.confinement is None:
                return RoomError(f"no room can be opened: {self._ended.words}")
            return UnreadableError(
                self._path, f"the process that read it was lost ({self._ended.words}){_UNUSED}"
            )
        if code == -_SIGXCPU or (code == -_SIGKILL and self._ended.cpu_s >= limits.cpu_s):
            return LimitError(
                self._path, f"reading it took more than {limits.cpu_s:,} s of processor time{_UNUSED}"
            )
        if code == -_SIGKILL:
            return LimitError(
                self._path, f"the system ended the process that read it, most likely for memory{_UNUSED}"
            )
        if code < 0:
            return UnreadableError(self._path, f"the decoder crashed on it (signal {-code}){_UNUSED}")
        return UnreadableError(self._path, f"the process that read it ended early (exit {code}){_UNUSED}")


_SIGXCPU, _SIGKILL = 24, 9
"""Linux and macOS agree on these two."""
