"""The segments and the offcuts of a result document as two CSV files, for spreadsheet programs.

A spreadsheet executes what begins like a formula and takes `5/2` for a date. So a text that a file could
have put there is defused, and exact times carry their unit, which makes them text in every program.
"""

import csv
import io
from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path, PurePath
from typing import Any

from offcut.report import plain
from offcut.report.files import write_whole
from offcut.report.timecode import Grid, usual_rate_hz

SEGMENTS = "segments.csv"
LEFT_OUT = "left_out.csv"

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%")
"""What a cell of text may not begin with: formulas, and what some programs make one."""

_MOST_CELL = 32_000
"""Spreadsheet programs cut or refuse a cell beyond 32,767 characters."""

Row = dict[str, str]


def write(document: Mapping[str, Any], folder: Path) -> list[Path]:
    """Write `segments.csv` and `left_out.csv` into `folder`, which is made if it is not there.

    Returns:
        The files.

    Raises:
        OSError: The place cannot be written; a file that stood there before stands there still.
        ValueError: A time is none, or a recording is named that is not listed.
    """
    texts = {SEGMENTS: as_csv(segments(document)), LEFT_OUT: as_csv(left_out(document))}
    folder.mkdir(exist_ok=True)
    for name, text in texts.items():
        # A mark at the start, without which some spreadsheet programs take UTF-8 for something else.
        write_whole(folder / name, "\N{ZERO WIDTH NO-BREAK SPACE}" + text)
    return [folder / name for name in texts]


def segments(document: Mapping[str, Any]) -> list[Row]:
    """One row per segment, in the order of the document; where it lies in the release and the recording."""
    rows = []
    release = _Clock.of(document["release"])
    for number, segment in enumerate(document["segments"]):
        name, sha256, raw = _source(document, segment["recording"])
        measured = "; ".join(f"{k} {v}" for k, v in sorted((segment.get("measured") or {}).items()))
        rows.append(
            {
                "segment": str(number),
                **release.cells("release_start", segment["start_s"], segment.get("start_frame")),
                **release.cells("release_end", segment["end_s"], segment.get("end_frame")),
                "recording": _number(segment["recording"]),
                "recording_file": name,
                "recording_sha256": sha256,
                **raw.cells("raw_start", segment["raw_start_s"], segment.get("raw_start_frame")),
                **raw.cells("raw_end", segment["raw_end_s"], segment.get("raw_end_frame")),
                "speed": _exact(segment["speed"], "x"),
                "mirrored": {True: "yes", False: "no"}.get(segment["mirrored"], ""),
                "opening": str(segment["opening"]["kind"]),
                "finding": "source found" if segment["recording"] is not None else "no source found",
                "time_is": str(segment["time_is"] or ""),
                "confidence": _decimal(segment["confidence"]),
                "reason": safe(_alternatives(segment)),
                "measured": safe(measured),
            }
        )
    return rows


def left_out(document: Mapping[str, Any]) -> list[Row]:
    """One row per span that was left out, or may have been, in the order of the document."""
    rows = []
    for number, span in enumerate(document["left_out"]):
        name, sha256, clock = _source(document, span["recording"])
        length_s = Fraction(span["end_s"]) - Fraction(span["start_s"])
        rows.append(
            {
                "span": str(number),
                "recording": _number(span["recording"]),
                "recording_file": name,
                "recording_sha256": sha256,
                **clock.cells("start", span["start_s"], span.get("start_frame")),
                **clock.cells("end", span["end_s"], span.get("end_frame")),
                "length_exact": _exact(str(length_s), "s"),
                "length_s": _seconds(length_s),
                "finding": safe(str(span["finding"])),
                "confidence": _decimal(span.get("confidence")),
                "reason": safe(span.get("reason") or ""),
            }
        )
    return rows


def as_csv(rows: Sequence[Row]) -> str:
    """Write rows as CSV (RFC 4180, lines end in CR LF); without rows, the text is empty."""
    out = io.StringIO()
    if rows:
        writer = csv.DictWriter(out, list(rows[0]), quoting=csv.QUOTE_MINIMAL, lineterminator="\r\n")
        writer.writeheader()
        writer.writerows(rows)
    return out.getvalue()


def safe(text: str) -> str:
    """Return a text as one line that no spreadsheet program takes for a formula."""
    line = plain.one_line(text)[:_MOST_CELL]
    return f"'{line}" if line.lstrip().startswith(_FORMULA) else line


class _Clock:
    """Writes the times of one exhibit; timecode at the usual rate that it keeps on average."""

    def __init__(self, grid: Grid | None) -> None:
        self._grid = grid

    @classmethod
    def of(cls, exhibit: Mapping[str, Any] | None) -> "_Clock":
        rate_hz = usual_rate_hz(exhibit) if exhibit else None
        grid = Grid.of(rate_hz) if rate_hz else None
        return cls(grid if grid and 1 <= grid.base <= 99 else None)

    def cells(self, name: str, time_s: str | None, frame: int | None) -> Row:
        cells = dict.fromkeys(
            (f"{name}_exact", f"{name}_s", f"{name}_frame", f"{name}_timecode", f"{name}_timecode_drop"), ""
        )
        if time_s is None:
            return cells
        at_s = Fraction(time_s)
        cells[f"{name}_exact"], cells[f"{name}_s"] = _exact(time_s, "s"), _seconds(at_s)
        cells[f"{name}_frame"] = _number(frame)
        counted = self._grid.frame(at_s) if self._grid else -1
        if self._grid and self._grid.names(counted):
            cells[f"{name}_timecode"] = self._grid.timecode(counted)
            if self._grid.has_drop:
                cells[f"{name}_timecode_drop"] = self._grid.drop_timecode(counted)
        return cells


def _source(document: Mapping[str, Any], recording: int | None) -> tuple[str, str, _Clock]:
    if recording is None:
        return "", "", _Clock(None)
    if not 0 <= recording < len(document["recordings"]):
        raise ValueError(f"recording {recording} is named, which is not listed")
    exhibit = document["recordings"][recording]
    return safe(PurePath(exhibit["path"]).name), safe(exhibit["sha256"]), _Clock.of(exhibit)


def _alternatives(segment: Mapping[str, Any]) -> str:
    spans = [
        f"{_seconds(Fraction(a['raw_start_s']))} to {_seconds(Fraction(a['raw_end_s']))} s"
        for a in segment["alternatives"]
    ]
    return f"these raw times fit as well: {', '.join(spans)}" if spans else ""


def _exact(value: str | None, unit: str) -> str:
    return "" if value is None else f"{Fraction(value)} {unit}"


def _seconds(time_s: Fraction) -> str:
    """Six decimals, rounded from the exact time and not from a float."""
    sign, millionths = ("-" if time_s < 0 else ""), round(abs(time_s) * 10**6)
    return f"{sign}{millionths // 10**6}.{millionths % 10**6:06d}"


def _decimal(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"


def _number(value: int | None) -> str:
    return "" if value is None else str(value)
