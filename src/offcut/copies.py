"""Working copies of what a release left out: small films for viewing, never evidence.

Recordings are only read, and decoded only in the room; the pictures come out of it in portions of a bounded
size, get their words burned in, and are written as H.264 with the times they have in the recording.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from offcut import room, signals
from offcut.decode.damage import has_two_clocks, is_of_pictures
from offcut.decode.encode import Film, write_film
from offcut.decode.limits import Limits
from offcut.errors import OffcutError, UnreadableError, printable
from offcut.records import Measurement
from offcut.report import burn
from offcut.report.timecode import Grid, usual_rate_hz
from offcut.signals import Progress

LONGEST_PX = 640
"""Longest side of a picture in a working copy: enough to see what it shows, and small."""

_PORTION_BYTES = 64 * 2**20
_TICK_S = Fraction(1, 90_000)
_USUAL_HZ = Fraction(25)
_MOST_NAME_BYTES = 120


@dataclass(frozen=True, slots=True)
class Copy:
    """A working copy that was written, or why there is none.

    Attributes:
        path: The film; None if there is none.
        recording: Index of the recording.
        spans: How many spans of it were left out or may have been.
        frames: How many frames the film has.
        undecoded: How many of them could not be decoded again and are grey.
        problem: Why there is no film, in one line; empty if there is one.
    """

    path: Path | None
    recording: int
    spans: int
    frames: int = 0
    undecoded: int = 0
    problem: str = ""


@dataclass(frozen=True, slots=True)
class _Shown:
    """One frame of a working copy: which of the recording, and when in the copy."""

    frame: int
    pts: int
    label: burn.Label
    out_pts: int


def write(
    document: Mapping[str, Any],
    recordings: Sequence[Measurement],
    folder: Path,
    *,
    progress: Progress = signals.untold,
) -> list[Copy]:
    """Write one film per recording with spans left out, or that may have been, in their order.

    Args:
        document: Of schema `offcut.conform/1`.
        recordings: In the order of the document.
        folder: Is made; if it is there already, it must be empty.
        progress: Told what is being done and how much of it.

    Returns:
        One entry per recording that has such spans, in order.

    Raises:
        OffcutError: The folder is not empty, or a film cannot be written; no half film is left.
    """
    _made(folder)
    copies = []
    wanted = [k for k in range(len(recordings)) if any(s["recording"] == k for s in document["left_out"])]
    for index in wanted:
        spans = [s for s in document["left_out"] if s["recording"] == index]
        measurement = recordings[index]
        try:
            _check(measurement, progress)
            copies.append(_copy(document, (index, measurement), spans, folder, progress))
        except UnreadableError as error:
            copies.append(Copy(None, index, len(spans), problem=f"{error}; there is no working copy of it"))
    return copies


def _made(folder: Path) -> None:
    try:
        folder.mkdir(exist_ok=True)
        is_empty = next(folder.iterdir(), None) is None
    except OSError as error:
        raise OffcutError(f"{folder}: {error.strerror or error}; no working copy was written") from None
    if not is_empty:
        raise OffcutError(f"{folder}: the folder is not empty; no working copy was written")


def _check(measurement: Measurement, progress: Progress) -> None:
    exhibit = measurement.exhibit
    if has_two_clocks(measurement.damage):
        raise UnreadableError(exhibit.path, "some of its times name two frames")
    if signals.hashed(exhibit.path, limits=Limits(), progress=progress).sha256 != exhibit.sha256:
        raise UnreadableError(exhibit.path, "it is no longer the file that was measured")


def _copy(
    document: Mapping[str, Any],
    recording: tuple[int, Measurement],
    spans: Sequence[Mapping[str, Any]],
    folder: Path,
    progress: Progress,
) -> Copy:
    index, measurement = recording
    exhibit = document["recordings"][index]
    shown = list(_planned(spans, exhibit, measurement))
    path = folder / _name(index, measurement.exhibit.path)
    if not shown:
        return Copy(None, index, len(spans), problem=f"{path.name}: no frame lies in its spans; not written")
    pictures = _Pictures(measurement, shown, progress)
    rate_hz = usual_rate_hz(exhibit) or _USUAL_HZ
    film = Film(
        rate_hz=rate_hz.limit_denominator(1001),
        tick_s=_TICK_S,
        pts=[one.out_pts for one in shown],
        options={"crf": "26", "preset": "veryfast"},
        container_options={"movflags": "faststart"},
    )
    try:
        write_film(path, pictures.burned(), film)
    except OffcutError:
        raise
    except OSError as error:
        words = error.strerror or str(error)
        raise OffcutError(f"{path.name}: {words}; this working copy could not be written") from None
    return Copy(path, index, len(spans), len(shown), pictures.undecoded)


def _planned(
    spans: Sequence[Mapping[str, Any]], exhibit: Mapping[str, Any], measurement: Measurement
) -> Iterator[_Shown]:
    """Which frames the copy has, and when: spans follow each other, each frame for as long as it lasts."""
    frames = measurement.frames
    rate_hz = usual_rate_hz(exhibit)
    grid = Grid.of(rate_hz) if rate_hz and 1 <= round(rate_hz) <= 99 else None
    before_s, last = Fraction(0), -1
    for number, span in enumerate(spans, start=1):
        start_s, end_s = Fraction(span["start_s"]), Fraction(span["end_s"])
        label = burn.Label(exhibit, str(span["finding"]), number, len(spans), grid)
        first = frames.index_at(start_s)
        for frame in range(first, len(frames)):
            time_s = frames.time_s(frame)
            if time_s >= end_s:
                break
            out_s = before_s + (max(time_s, start_s) - start_s if frame > first else 0)
            # Rounding must not give two frames one time.
            last = max(last + 1, round(out_s / _TICK_S))
            yield _Shown(frame, int(frames.pts[frame]), label, last)
        before_s += end_s - start_s


class _Pictures:
    """The frames of one copy with their words, decoded portion by portion as they are asked for."""

    def __init__(self, measurement: Measurement, shown: Sequence[_Shown], progress: Progress) -> None:
        self.undecoded = 0
        self._measurement, self._shown, self._progress = measurement, shown, progress
        view = measurement.stream
        scale = min(1.0, LONGEST_PX / max(view.width_px, view.height_px))
        self._size_px = max(2, round(view.width_px * scale)), max(2, round(view.height_px * scale))

    def burned(self) -> Iterator[NDArray[np.uint8]]:
        name = printable(self._measurement.exhibit.path.name)
        portion = max(1, _PORTION_BYTES // (3 * self._size_px[0] * self._size_px[1]))
        rest, done = iter(self._shown), 0
        while part := list(islice(rest, portion)):
            found = self._taken(part)
            for one in part:
                self._progress(f"writing the working copy of {name}", done / len(self._shown))
                picture = found.get(one.pts)
                self.undecoded += picture is None
                yield burn.burned(
                    picture,
                    one.label,
                    size_px=self._size_px,
                    frame=one.frame,
                    time_s=self._measurement.frames.time_s(one.frame),
                )
                done += 1

    def _taken(self, part: Sequence[_Shown]) -> dict[int, NDArray[np.uint8]]:
        # As it was measured: see offcut.signals on files with broken pictures.
        limits = Limits(threads=1) if is_of_pictures(self._measurement.damage) else Limits()
        return room.grab(
            self._measurement.exhibit.path,
            sorted({one.pts for one in part}),
            longest_px=LONGEST_PX,
            limits=limits,
        )


def _name(index: int, path: Path) -> str:
    """Name of a copy: the recording's number in the document keeps like names apart."""
    stem = "".join(c if c.isprintable() and c not in '/\\:*?"<>|' else "_" for c in path.stem)
    short = os.fsencode(stem)[:_MOST_NAME_BYTES].decode("utf-8", "ignore").lstrip("-. ")
    return f"{index}-{short or 'recording'}-left-out.mp4"
