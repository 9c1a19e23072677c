"""Signals on their way to the disk: rows appended in a folder that nobody reads, and taken up again there.

    .part-xxxx/*.bin        rows so far
    .part-xxxx/left.json    how many rows of each signal a later room can go on from, with their checksums
    .part-xxxx/left-*.bin   what that room needs to know, read by no other
    .part-xxxx/lock         held by the process that writes

What a killed process left is taken over by the next that measures the same content with the same
analysers and versions. Every row is held against its checksum first.
"""

import contextlib
import json
import os
import shutil
import sys
import tempfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import numpy as np

from offcut.records import Signal
from offcut.room import Stages
from offcut.room.launch import CAN_FORK

CHUNK_BYTES = 1 << 20
PARTS = ((".bin", "crc"), (".pts.bin", "pts_crc"))


@dataclass
class Writer:
    """Appends blocks of rows to files in a folder that nobody reads yet."""

    folder: Path
    job: Mapping[str, Any]
    """What is measured how; rows left by the same job can be gone on from."""

    files: dict[str, IO[bytes]] = field(default_factory=dict)
    facts: dict[str, dict[str, Any]] = field(default_factory=dict)
    left: bytes | None = None
    is_left: bool = False
    """Whether a later process can go on from here."""

    _lock: int | None = None

    def take(self, block: Signal) -> None:
        """Append a block of rows."""
        known = self.facts.get(block.name)
        if known is None:
            for suffix, _ in PARTS:
                self.files[block.name + suffix] = (self.folder / f"{block.name}{suffix}").open("wb")
            known = self.facts[block.name] = {"rows": 0, "crc": 0, "pts_crc": 0}
        if len(block.pts) or "dtype" not in known:
            known.update(
                version=block.version,
                unit=block.unit,
                tick_s=str(block.tick_s),
                dtype=block.values.dtype.str,
                shape=list(block.values.shape[1:]),
            )
        known["rows"] += len(block.pts)
        columns = (np.ascontiguousarray(block.values), np.ascontiguousarray(block.pts, np.int64))
        for (suffix, crc), rows in zip(PARTS, columns, strict=True):
            content = rows.reshape(-1).view(np.uint8).data
            known[crc] = zlib.crc32(content, known[crc])
            self.files[block.name + suffix].write(content)

    def keep(self, state: bytes) -> None:
        """Note that a later room can go on from what was taken so far."""
        for file in self.files.values():
            file.flush()
        before = list(self.folder.glob("left-*.bin"))
        place = self.folder / f"left-{zlib.crc32(state):08x}-{len(state)}.bin"
        place.write_bytes(state)
        note = {"job": self.job, "facts": self.facts, "state": place.name, "state_crc": zlib.crc32(state)}
        aside = self.folder / "left.new"
        aside.write_text(json.dumps(note), encoding="utf-8")
        aside.replace(self.folder / "left.json")
        for old in before:
            if old != place:
                old.unlink()
        self.is_left = True

    def stages(self) -> Stages:
        """For the room: where to go on, and what to keep for the next."""
        rows = {name: int(facts["rows"]) for name, facts in self.facts.items()} if self.left else {}
        return Stages(self.keep, self.left, rows)

    def close(self) -> None:
        """Write out the last rows."""
        for file in self.files.values():
            # A file whose last rows do not fit on the disk fails here; the folder goes away with it.
            file.close()

    def abandon(self, *, for_later: bool = False) -> None:
        """Remove the folder, unless a later process can go on from what lies in it and is to."""
        for file in self.files.values():
            with contextlib.suppress(OSError):
                file.close()
        if not (for_later and self.is_left):
            shutil.rmtree(self.folder, ignore_errors=True)
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def lock(self) -> bool:
        """Claim the folder until `abandon`, or this process, ends; False if another has it."""
        if sys.platform != "linux":
            return True
        import fcntl

        self._lock = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._lock)
            self._lock = None
            return False
        return True


def begun(home: Path, job: Mapping[str, Any]) -> Writer:
    """A writer in a new folder under `home`."""
    writer = Writer(Path(tempfile.mkdtemp(prefix=".part-", dir=home)), job)
    writer.lock()
    return writer


def taken_over(home: Path, job: Mapping[str, Any]) -> Writer | None:
    """A writer that goes on where a process that is gone left `job`; None if none did, or it is broken."""
    if not CAN_FORK:
        return None
    for note in sorted(home.glob(".part-*/left.json")):
        writer = Writer(note.parent, job)
        try:
            if not writer.lock():
                continue
            told = json.loads(note.read_text(encoding="utf-8"))
            if told["job"] != job:
                writer.is_left = True
            elif _reopened(writer, told):
                return writer
        except (OSError, ValueError, KeyError, TypeError):
            pass
        # Another job's, which stays; or broken, and of no use to anybody.
        writer.abandon(for_later=True)
    return None


def _reopened(writer: Writer, told: Mapping[str, Any]) -> bool:
    """Open the files of `told` after their last good row; False if anything is not as it was written."""
    state = (writer.folder / str(told["state"])).read_bytes()
    if zlib.crc32(state) != told["state_crc"]:
        return False
    for name, facts in told["facts"].items():
        row_bytes = int(np.prod(facts["shape"], dtype=np.int64)) * np.dtype(facts["dtype"]).itemsize
        for (suffix, crc), size in zip(PARTS, (row_bytes, 8), strict=True):
            file = (writer.folder / f"{name}{suffix}").open("r+b")
            writer.files[name + suffix] = file
            if checksum(file, facts["rows"] * size) != facts[crc]:
                return False
            file.truncate(facts["rows"] * size)
            file.seek(0, os.SEEK_END)
    writer.facts, writer.left, writer.is_left = dict(told["facts"]), state, True
    return True


def checksum(file: IO[bytes], size: int) -> int | None:
    """Checksum of the first `size` bytes of a file that stands at its start; None if it has fewer."""
    found = 0
    while size > 0:
        chunk = file.read(min(size, CHUNK_BYTES))
        if not chunk:
            return None
        found = zlib.crc32(chunk, found)
        size -= len(chunk)
    return found
