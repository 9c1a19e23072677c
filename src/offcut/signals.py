"""Signals kept by content: a file is decoded once, and every later question works from what was kept.

    <folder>/<sha256>/<decoder>/file.json               the decoder's view, frame times, damage
    <folder>/<sha256>/<decoder>/<analyser>-v<N>/*.bin   rows as raw numbers, index.json with their shapes

The key is the content, the decoder's version and the analyser's version, so what is found is what
would be measured again. Nothing here is evidence: the folder can be deleted at any time. What was not
finished is never read (it is renamed into place last), and what does not fit its checksums is
measured again.
"""

import contextlib
import hashlib
import importlib.metadata
import json
import os
import shutil
import tempfile
import time
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from offcut import room, unfinished
from offcut.analysers import SIGNALS, VERSIONS
from offcut.container import probe
from offcut.decode.damage import is_of_pictures
from offcut.decode.limits import Limits
from offcut.decode.rejoin import REJOIN_FAILED
from offcut.errors import LimitError, OffcutError, UnreadableError, printable
from offcut.records import Exhibit, Measurement, Signal, StreamView, Structure
from offcut.room.exhibit import open_exhibit
from offcut.timeline import FrameTimes

FORMAT = 2
CHUNK_BYTES = 1 << 20

ABANDONED_S = 7 * 24 * 3600
"""Unfinished work older than this was left by a process that was killed; longer than any file may take."""


class Progress(Protocol):
    """Is told a stage in words, how much of it is done, and of how much: None where that is not known."""

    def __call__(self, stage: str, done: float, total: float | None = 1.0, /) -> None:
        """Take note."""


def untold(stage: str, done: float, total: float | None = 1.0, /) -> None:
    """Show no progress."""


class KeepingError(OffcutError):
    """Signals cannot be kept where they should be; nothing can be measured."""


def default_folder() -> Path:
    """Where signals are kept: $OFFCUT_CACHE, or the user's cache folder."""
    chosen = os.environ.get("OFFCUT_CACHE")
    if chosen:
        return Path(chosen)
    base = os.environ.get("XDG_CACHE_HOME") or (os.environ.get("LOCALAPPDATA") if os.name == "nt" else None)
    return (Path(base) if base else Path.home() / ".cache") / "offcut" / "signals"


def hashed(path: Path, *, limits: Limits, progress: Progress = untold) -> Exhibit:
    """Hash a file by content.

    Raises:
        UnreadableError: it is no regular file, is empty, too large or cannot be read.
    """
    descriptor = open_exhibit(path, max_file_bytes=limits.max_file_bytes)
    digest = hashlib.sha256()
    size = 0
    with os.fdopen(descriptor, "rb", buffering=0) as file:
        whole = os.fstat(file.fileno()).st_size
        try:
            while chunk := file.read(CHUNK_BYTES):
                digest.update(chunk)
                size += len(chunk)
                if size % (64 * CHUNK_BYTES) == 0:
                    progress("hashing", float(size), float(whole))
        except OSError as error:
            problem = f"reading failed after {size:,} bytes ({error.strerror}); nothing was measured"
            raise UnreadableError(path, problem) from None
    return Exhibit(path, digest.hexdigest(), size)


def measured(
    path: Path,
    analysers: Sequence[str],
    *,
    folder: Path,
    structure: Structure | None = None,
    limits: Limits | None = None,
    progress: Progress = untold,
) -> Measurement:
    """Measure `path`, or take what was kept of it.

    Args:
        path: The file.
        analysers: Names in `offcut.analysers.BUILT_IN`.
        folder: Where signals are kept; made if missing.
        structure: What `container.probe` said of the file, if the caller has it already.
        limits: What the file may cost.
        progress: See `Progress`.

    Returns:
        The measurement; signals are memory-mapped, so that an hour of video needs no hour of memory.

    Raises:
        UnreadableError: the file cannot be opened, is no video, its room crashed, or it changed meanwhile.
        LimitError: it would cost more than `limits` allow.
        KeepingError: nothing can be kept in `folder`.
    """
    limits = limits or Limits()
    structure = structure or probe(path)
    stamp = _stamp(path)
    exhibit = hashed(path, limits=limits, progress=progress)
    home = folder / exhibit.sha256 / f"f{FORMAT}-{_decoder()}"
    kept = {name: _kept(home, name) for name in analysers}
    missing = [name for name in analysers if kept[name] is None]
    if missing or _file_facts(home) is None:
        job = _Job(path, stamp, home, limits, progress, _stated_s(structure))
        try:
            job.measure(missing or list(analysers))
        except UnreadableError as error:
            raise _explained(error, structure) from error
        kept |= {name: _kept(home, name) for name in missing}
    return _loaded(exhibit, home, kept)


def _stated_s(structure: Structure) -> float | None:
    """How long the container says the file runs: good enough for a progress bar, and for nothing else."""
    try:
        stated_s = float(Fraction(structure.facts["duration_from_header_s"]))
    except (KeyError, TypeError, ValueError, ZeroDivisionError, OverflowError):
        return None
    return stated_s if stated_s > 0 else None


def _explained(error: UnreadableError, structure: Structure) -> UnreadableError:
    """Add what the container says of the damage: the decoder often knows only that the file is invalid."""
    if not structure.damage:
        return error
    said = "; ".join(printable(line) for line in structure.damage[:2])
    kind = LimitError if isinstance(error, LimitError) else UnreadableError
    explained = kind(error.path, f"{error.problem}. In the container, {said}")
    for note in getattr(error, "__notes__", ()):
        explained.add_note(note)
    return explained


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except (OSError, ValueError):
        return None
    return found.st_size, found.st_mtime_ns


def _decoder() -> str:
    """Versions of what turns bytes into numbers; the wheel of PyAV fixes the FFmpeg inside it."""
    names = ("av", "opencv-python-headless", "numpy")
    return "-".join(f"{name.partition('-')[0]}{importlib.metadata.version(name)}" for name in names)


@contextlib.contextmanager
def _keeping(folder: Path) -> Iterator[None]:
    """Turn a refusal of the disk into one line; whatever reading raises comes as an OffcutError."""
    try:
        yield
    except OSError as error:
        raise KeepingError(
            f"signals cannot be kept in {printable(str(folder))} ({error.strerror or error}); nothing of "
            "this file was kept. Choose another place with --signals, or with the variable OFFCUT_CACHE"
        ) from error


@dataclass(frozen=True)
class _Job:
    """One file to be measured and what came of it to be kept."""

    path: Path
    stamp: tuple[int, int] | None
    home: Path
    limits: Limits
    progress: Progress
    stated_s: float | None

    def measure(self, names: Sequence[str]) -> None:
        """Measure and keep; a file with broken pictures a second time, with one decoding thread.

        Several threads complete broken pictures differently from run to run, and what is kept has to be
        what anyone would measure again.
        """
        if self._once(names, self.limits, "measuring"):
            self._once(names, replace(self.limits, threads=1), "measuring again, for its damage,")

    def _once(self, names: Sequence[str], limits: Limits, stage: str) -> bool:
        """Measure and keep, and return False; or keep nothing and return True if it has to be repeated."""
        job = {
            "names": list(names),
            "versions": [VERSIONS[name] for name in names],
            "threads": limits.threads,
        }
        with _keeping(self.home.parent.parent):
            self.home.mkdir(parents=True, exist_ok=True)
            _sweep(self.home)
            earlier = unfinished.taken_over(self.home, job)
            if earlier is not None:
                try:
                    return self._written(earlier, limits, stage)
                except UnreadableError as error:
                    if not error.problem.startswith(REJOIN_FAILED):
                        raise
                stage = f"{stage} from its start"
            return self._written(unfinished.begun(self.home, job), limits, stage)

    def _written(self, writer: unfinished.Writer, limits: Limits, stage: str) -> bool:
        """Let a room measure into `writer`, and settle what came; True if it has to be repeated."""
        names = writer.job["names"]
        is_interrupted = True
        try:
            report = room.measure_file(
                self.path,
                analysers=names,
                sink=writer.take,
                limits=limits,
                progress=lambda seconds: self.progress(stage, seconds, self.stated_s),
                stages=writer.stages(),
            )
            is_interrupted = False
            if limits.threads > 1 and is_of_pictures(report.damage):
                return True
            if _stamp(self.path) != self.stamp:
                problem = "it changed while it was read; copy it to a place where nothing writes to it"
                raise UnreadableError(self.path, problem)
            writer.close()
            _write_facts(writer.folder, report)
            for name in names:
                _settle(writer.folder, self.home, name, writer.facts)
            for name in ("frames.bin", "file.json"):
                (writer.folder / name).replace(self.home / name)
        except Exception:
            is_interrupted = False
            raise
        finally:
            writer.abandon(for_later=is_interrupted)
        return False


def _sweep(home: Path) -> None:
    """Remove what a killed process left long ago."""
    for left in home.glob(".part-*"):
        with contextlib.suppress(OSError):
            if time.time() - left.stat().st_mtime > ABANDONED_S:
                shutil.rmtree(left, ignore_errors=True)


def _write_facts(folder: Path, report: room.RoomReport) -> None:
    pts = np.ascontiguousarray(report.frames.pts, np.int64).tobytes()
    facts = {
        "view": {k: str(v) if isinstance(v, Fraction) else v for k, v in asdict(report.view).items()},
        "tick_s": str(report.frames.tick_s),
        "end_pts": report.frames.end_pts,
        "frames": len(report.frames),
        "frames_crc": zlib.crc32(pts),
        "versions": dict(report.versions),
        "confinement": report.confinement,
        "damage": list(report.damage),
    }
    (folder / "frames.bin").write_bytes(pts)
    (folder / "file.json").write_text(json.dumps(facts), encoding="utf-8")


def _settle(aside: Path, home: Path, name: str, facts: Mapping[str, dict[str, Any]]) -> None:
    """Move one analyser's signals into their own folder, which appears whole or not at all."""
    inner = aside / f"{name}-v{VERSIONS[name]}"
    inner.mkdir()
    for signal in SIGNALS[name]:
        for suffix in (".bin", ".pts.bin"):
            (aside / f"{signal}{suffix}").replace(inner / f"{signal}{suffix}")
    (inner / "index.json").write_text(json.dumps({s: facts[s] for s in SIGNALS[name]}), encoding="utf-8")
    final = home / inner.name
    for _ in range(3):
        try:
            inner.replace(final)
        except OSError:
            # Another process was first, with the same numbers; or what lies there is broken.
            if _kept(home, name) is not None:
                return
            with contextlib.suppress(OSError):
                final.replace(Path(tempfile.mkdtemp(prefix=".broken-", dir=aside)) / final.name)
        else:
            return
    inner.replace(final)


def _kept(home: Path, name: str) -> dict[str, Any] | None:
    """The index of an analyser's kept signals, or None if they are missing or not as they were written.

    Reading ten hours of signals for their checksums takes longer than what is asked of them. So that is
    done only where a file changed, or was moved or restored, after the index that was written last. A
    disk that changes bytes by itself is not noticed by this; nothing here is evidence.
    """
    place = home / f"{name}-v{VERSIONS[name]}"
    try:
        index: dict[str, Any] = json.loads((place / "index.json").read_text(encoding="utf-8"))
        settled_ns = (place / "index.json").stat().st_ctime_ns if os.name == "posix" else 0
        is_touched = False
        for signal in SIGNALS[name]:
            facts = index[signal]
            row_bytes = int(np.prod(facts["shape"], dtype=np.int64)) * np.dtype(facts["dtype"]).itemsize
            for (suffix, crc), size in zip(unfinished.PARTS, (row_bytes, 8), strict=True):
                path = place / f"{signal}{suffix}"
                if path.stat().st_size != facts["rows"] * size:
                    return None
                if path.stat().st_ctime_ns >= settled_ns:
                    is_touched = True
                    if not _is_as_written(path, facts["rows"] * size, facts[crc]):
                        return None
        if is_touched:
            with contextlib.suppress(OSError):
                os.utime(place / "index.json")
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return index


def _is_as_written(path: Path, size: int, crc: int) -> bool:
    """Whether a file has this length and checksum."""
    with path.open("rb", buffering=0) as file:
        return path.stat().st_size == size and unfinished.checksum(file, size) == crc


def _file_facts(home: Path) -> dict[str, Any] | None:
    try:
        facts: dict[str, Any] = json.loads((home / "file.json").read_text(encoding="utf-8"))
        whole = _is_as_written(home / "frames.bin", 8 * facts["frames"], facts["frames_crc"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return facts if whole else None


def _loaded(exhibit: Exhibit, home: Path, kept: Mapping[str, dict[str, Any] | None]) -> Measurement:
    facts = _file_facts(home)
    if facts is None or None in kept.values():
        raise KeepingError(
            f"{printable(exhibit.path.name)}: its kept signals vanished while they were read; "
            "run the command again"
        )
    view = dict(facts["view"])
    view["pixel_aspect"] = Fraction(view["pixel_aspect"])
    view["declared_rate_hz"] = Fraction(view["declared_rate_hz"]) if view["declared_rate_hz"] else None
    pts = np.fromfile(home / "frames.bin", np.int64)
    frames = FrameTimes(Fraction(facts["tick_s"]), pts, int(facts["end_pts"]))
    signals: dict[str, Signal] = {}
    versions = {k: v for k, v in facts["versions"].items() if not k.startswith("analyser.")}
    for name, index in kept.items():
        versions[f"analyser.{name}"] = str(VERSIONS[name])
        for signal in SIGNALS[name]:
            assert index is not None
            signals[signal] = _signal(home / f"{name}-v{VERSIONS[name]}", signal, index[signal])
    return Measurement(
        Exhibit(exhibit.path, exhibit.sha256, exhibit.size_bytes, frames.end_s),
        StreamView(**view),
        frames,
        signals,
        versions,
        facts["confinement"],
        tuple(facts["damage"]),
    )


def _signal(place: Path, name: str, facts: Mapping[str, Any]) -> Signal:
    shape = (facts["rows"], *facts["shape"])
    if facts["rows"]:
        values: Any = np.memmap(place / f"{name}.bin", np.dtype(facts["dtype"]), "r", shape=shape)
        pts = np.fromfile(place / f"{name}.pts.bin", np.int64)
    else:
        values, pts = np.empty(shape, np.dtype(facts["dtype"])), np.empty(0, np.int64)
    return Signal(name, facts["version"], facts["unit"], Fraction(facts["tick_s"]), pts, values)
