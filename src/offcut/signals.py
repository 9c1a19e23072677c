"""Signals kept by content: a file is decoded once, and every later question works from what was kept.

    <folder>/<sha256>/<decoder>/file.json               the decoder's view, frame times, damage
    <folder>/<sha256>/<decoder>/<analyser>-v<N>/*.bin   rows as raw numbers, index.json with their shapes

The key is the content, the decoder's version and the analyser's version, so what is found is what
would be measured again. Nothing here is evidence: the folder can be deleted at any time. A folder
that was not finished is never read (it is renamed into place last), and one whose sizes do not fit
is measured again.
"""

import hashlib
import importlib.metadata
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import IO, Any

import numpy as np

from offcut import room
from offcut.analysers import SIGNALS, VERSIONS
from offcut.decode.limits import Limits
from offcut.errors import UnreadableError
from offcut.records import Exhibit, Measurement, Signal, StreamView
from offcut.room.exhibit import open_exhibit
from offcut.timeline import FrameTimes

FORMAT = 1
CHUNK_BYTES = 1 << 20

Progress = Callable[[str, float], None]
"""Told a stage in words and seconds of the file done, or bytes while hashing."""


def default_folder() -> Path:
    """Where signals are kept: $OFFCUT_CACHE, or the user's cache folder."""
    chosen = os.environ.get("OFFCUT_CACHE")
    if chosen:
        return Path(chosen)
    base = os.environ.get("XDG_CACHE_HOME") or (os.environ.get("LOCALAPPDATA") if os.name == "nt" else None)
    return (Path(base) if base else Path.home() / ".cache") / "offcut" / "signals"


def hashed(path: Path, *, limits: Limits, progress: Progress) -> Exhibit:
    """Hash a file by content.

    Raises:
        UnreadableError: it is no regular file, is empty, too large or cannot be read.
    """
    descriptor = open_exhibit(path, max_file_bytes=limits.max_file_bytes)
    digest = hashlib.sha256()
    size = 0
    with os.fdopen(descriptor, "rb", buffering=0) as file:
        try:
            while chunk := file.read(CHUNK_BYTES):
                digest.update(chunk)
                size += len(chunk)
                if size % (64 * CHUNK_BYTES) == 0:
                    progress("hashing", float(size))
        except OSError as error:
            raise UnreadableError(path, f"reading failed after {size:,} bytes: {error.strerror}") from None
    return Exhibit(path, digest.hexdigest(), size)


def measured(
    path: Path,
    analysers: Sequence[str],
    *,
    folder: Path,
    limits: Limits | None = None,
    progress: Progress = lambda stage, done: None,
) -> Measurement:
    """Measure `path`, or take what was kept of it.

    Args:
        path: The file.
        analysers: Names in `offcut.analysers.BUILT_IN`.
        folder: Where signals are kept; made if missing.
        limits: What the file may cost.
        progress: See `Progress`.

    Returns:
        The measurement; large signals are memory-mapped, so that an hour of video needs no hour of memory.

    Raises:
        UnreadableError: the file cannot be opened, is no video, or its room crashed.
        LimitError: it would cost more than `limits` allow.
    """
    limits = limits or Limits()
    exhibit = hashed(path, limits=limits, progress=progress)
    home = folder / exhibit.sha256 / f"f{FORMAT}-{_decoder()}"
    missing = [name for name in analysers if _kept(home, name) is None]
    if missing or not _file_facts(home):
        _measure(path, missing or list(analysers), (home, limits, progress))
        if path.stat().st_size != exhibit.size_bytes:
            raise UnreadableError(
                path, "it changed while it was read; copy it to a place where nothing writes to it"
            )
    return _loaded(exhibit, home, analysers)


def _decoder() -> str:
    """Versions of what turns bytes into numbers; the wheel of PyAV fixes the FFmpeg inside it."""
    names = ("av", "opencv-python-headless", "numpy")
    return "-".join(f"{name.partition('-')[0]}{importlib.metadata.version(name)}" for name in names)


@dataclass
class _Writer:
    """Appends blocks of rows to files in a folder that nobody reads yet."""

    folder: Path
    files: dict[str, IO[bytes]] = field(default_factory=dict)
    facts: dict[str, dict[str, Any]] = field(default_factory=dict)

    def take(self, block: Signal) -> None:
        known = self.facts.get(block.name)
        if known is None:
            self.files[block.name] = (self.folder / f"{block.name}.bin").open("wb")
            self.files[f"{block.name} pts"] = (self.folder / f"{block.name}.pts.bin").open("wb")
            known = self.facts[block.name] = {"rows": 0}
        if len(block.pts) or "dtype" not in known:
            known.update(
                version=block.version,
                unit=block.unit,
                tick_s=str(block.tick_s),
                dtype=block.values.dtype.str,
                shape=list(block.values.shape[1:]),
            )
        known["rows"] += len(block.pts)
        self.files[block.name].write(np.ascontiguousarray(block.values).data)
        self.files[f"{block.name} pts"].write(np.ascontiguousarray(block.pts, np.int64).data)

    def close(self) -> None:
        for file in self.files.values():
            file.close()


def _measure(path: Path, names: Sequence[str], context: tuple[Path, Limits, Progress]) -> None:
    home, limits, progress = context
    home.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=".part-", dir=home))
    writer = _Writer(aside)
    try:
        report = room.measure_file(
            path,
            analysers=names,
            sink=writer.take,
            limits=limits,
            progress=lambda s: progress("measuring", s),
        )
        writer.close()
        facts = {
            "view": {k: str(v) if isinstance(v, Fraction) else v for k, v in asdict(report.view).items()},
            "tick_s": str(report.frames.tick_s),
            "end_pts": report.frames.end_pts,
            "versions": dict(report.versions),
            "confinement": report.confinement,
            "damage": list(report.damage),
        }
        (aside / "frames.bin").write_bytes(np.ascontiguousarray(report.frames.pts, np.int64).tobytes())
        (aside / "file.json").write_text(json.dumps(facts))
        for name in names:
            _settle(aside, home, name, writer.facts)
        for name in ("frames.bin", "file.json"):
            (aside / name).replace(home / name)
    finally:
        writer.close()
        shutil.rmtree(aside, ignore_errors=True)


def _settle(aside: Path, home: Path, name: str, facts: Mapping[str, dict[str, Any]]) -> None:
    """Move one analyser's signals into their own folder, which appears whole or not at all."""
    inner = aside / f"{name}-v{VERSIONS[name]}"
    inner.mkdir()
    for signal in SIGNALS[name]:
        for suffix in (".bin", ".pts.bin"):
            (aside / f"{signal}{suffix}").replace(inner / f"{signal}{suffix}")
    (inner / "index.json").write_text(json.dumps({s: facts[s] for s in SIGNALS[name]}))
    final = home / inner.name
    shutil.rmtree(final, ignore_errors=True)
    inner.replace(final)


def _kept(home: Path, name: str) -> dict[str, Any] | None:
    """The index of an analyser's kept signals, or None if they are missing or not whole."""
    place = home / f"{name}-v{VERSIONS[name]}"
    try:
        index: dict[str, Any] = json.loads((place / "index.json").read_text())
        for signal in SIGNALS[name]:
            facts = index[signal]
            row_bytes = int(np.prod(facts["shape"], dtype=np.int64)) * np.dtype(facts["dtype"]).itemsize
            if (place / f"{signal}.bin").stat().st_size != facts["rows"] * row_bytes:
                return None
            if (place / f"{signal}.pts.bin").stat().st_size != facts["rows"] * 8:
                return None
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return index


def _file_facts(home: Path) -> dict[str, Any] | None:
    try:
        facts: dict[str, Any] = json.loads((home / "file.json").read_text())
        return facts if (home / "frames.bin").stat().st_size % 8 == 0 else None
    except (OSError, ValueError):
        return None


def _loaded(exhibit: Exhibit, home: Path, analysers: Sequence[str]) -> Measurement:
    facts = _file_facts(home)
    if facts is None:
        raise UnreadableError(
            exhibit.path, "its kept signals vanished while they were read; run the command again"
        )
    view = dict(facts["view"])
    view["pixel_aspect"] = Fraction(view["pixel_aspect"])
    view["declared_rate_hz"] = Fraction(view["declared_rate_hz"]) if view["declared_rate_hz"] else None
    pts = np.fromfile(home / "frames.bin", np.int64)
    frames = FrameTimes(Fraction(facts["tick_s"]), pts, int(facts["end_pts"]))
    signals: dict[str, Signal] = {}
    versions = dict(facts["versions"])
    for name in analysers:
        versions[f"analyser.{name}"] = str(VERSIONS[name])
        index = _kept(home, name)
        if index is None:
            raise UnreadableError(
                exhibit.path, "its kept signals vanished while they were read; run the command again"
            )
        place = home / f"{name}-v{VERSIONS[name]}"
        for signal in SIGNALS[name]:
            signals[signal] = _signal(place, signal, index[signal])
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
