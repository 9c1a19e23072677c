"""What `offcut conform` writes beside document and report: timelines, lists, tables, working copies."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any

import typer

from offcut.cli.options import checked_outputs
from offcut.cli.progress import Report
from offcut.errors import OffcutError, UnreadableError, UsageError, printable
from offcut.records import Measurement

OtioOption = Annotated[
    Path | None,
    typer.Option(
        "--otio",
        metavar="PATH",
        help="Write the edit as an OpenTimelineIO timeline, and what was left out as a second one beside it.",
    ),
]
EdlOption = Annotated[
    Path | None,
    typer.Option(
        "--edl",
        metavar="PATH",
        help="Write a CMX 3600 list; it is read back, and what it loses is printed and stands in it.",
    ),
]
FcpxmlOption = Annotated[
    Path | None,
    typer.Option(
        "--fcpxml", metavar="PATH", help="Write FCPXML for Final Cut; read back and said as for --edl."
    ),
]
CsvOption = Annotated[
    Path | None,
    typer.Option(
        "--csv",
        metavar="FOLDER",
        help="Write segments.csv and left_out.csv, with frame numbers and timecode.",
    ),
]
RenderOption = Annotated[
    Path | None,
    typer.Option(
        "--render",
        metavar="FOLDER",
        help="Write a film of what was left out per recording, source time burned in, without sound: working "
        "copies for viewing, not evidence. A new or empty folder.",
    ),
]

_MOST_DIFFERENCES = 5


@dataclass(frozen=True, slots=True)
class Exports:
    """Where each export goes; None for those not asked for."""

    otio: Path | None = None
    edl: Path | None = None
    fcpxml: Path | None = None
    csv: Path | None = None
    render: Path | None = None

    def check(self, others: Mapping[str, str | Path | None], inputs: Sequence[Path]) -> None:
        """Refuse places that cannot be written, before hours of work; `others` are further outputs.

        Raises:
            UsageError: As `checked_outputs`; also if a folder asked for is something else, or not empty.
        """
        outputs = dict(others) | {"--otio": self.otio, "--edl": self.edl, "--fcpxml": self.fcpxml}
        if self.otio is not None:
            from offcut.report.otio import left_out_path

            outputs["--otio (second file)"] = left_out_path(self.otio)
        for option, folder in (("--csv", self.csv), ("--render", self.render)):
            if folder is None:
                continue
            named = f"{option} {printable(str(folder))}"
            if not folder.exists():
                outputs[option] = folder
            elif not folder.is_dir():
                raise UsageError(f"{named}: that is not a folder; nothing was done")
            elif option == "--render" and any(folder.iterdir()):
                raise UsageError(f"{named}: the folder is not empty; nothing was done")
            elif option == "--csv":
                from offcut.report.table import LEFT_OUT, SEGMENTS

                outputs |= {f"--csv ({name})": folder / name for name in (SEGMENTS, LEFT_OUT)}
        checked_outputs(outputs, inputs)


@dataclass(slots=True)
class Written:
    """What came of the exports.

    Attributes:
        lines: For standard output.
        problems: For standard error, without the program's name.
        exit_code: 0, 1 if an export failed or says something else than meant, 3 if a file was not readable.
    """

    lines: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    exit_code: int = 0

    def failed(self, line: str, code: int = OffcutError.exit_code) -> None:
        """Take note of a problem; the first code stays unless a graver one, 1, comes."""
        self.problems.append(line)
        self.exit_code = OffcutError.exit_code if OffcutError.exit_code in (self.exit_code, code) else code


def write(
    document: dict[str, Any], exports: Exports, recordings: Sequence[Measurement], *, progress: Report
) -> Written:
    """Write every export asked for; one that fails does not keep the others from being written.

    Args:
        document: Of schema `offcut.conform/1`.
        exports: Where they go.
        recordings: In the order of the document, for `render`.
        progress: Told how far working copies are.
    """
    written = Written()
    steps = (
        ("OTIO", exports.otio, _otio),
        ("EDL", exports.edl, _edl),
        ("FCPXML", exports.fcpxml, _fcpxml),
        ("CSV", exports.csv, _csv),
    )
    for label, path, step in steps:
        if path is None:
            continue
        try:
            written.lines.append(f"{label}: {printable(str(path))}")
            written.lines += [f"  {line}" for line in step(document, path, written)]
        except (OSError, ValueError) as error:
            words = getattr(error, "strerror", None) or str(error)
            written.lines.pop()
            written.failed(f"{printable(path.name)}: {printable(words)}; this {label} export was not written")
    if exports.render is not None:
        _render(document, exports.render, recordings, (written, progress))
    return written


def _otio(document: dict[str, Any], path: Path, written: Written) -> Iterator[str]:
    from offcut.report import otio

    otio.write(document, path)
    yield f"what was left out: {printable(str(otio.left_out_path(path)))}"


def _edl(document: dict[str, Any], path: Path, written: Written) -> Iterator[str]:
    from offcut.report import edl, edl_check
    from offcut.report.timecode import Grid

    rate_hz = _rate_hz(document)
    edl.write(document, path, rate_hz=rate_hz)
    text, meant = edl.planned(document, rate_hz=rate_hz)
    wrong, untold = edl_check.differences(_on_disk(path, text), meant, base=Grid.of(rate_hz).base)
    yield from _said(document, path, (wrong, untold), (written, "edl", edl_check.ADAPTER, len(meant)))


def _fcpxml(document: dict[str, Any], path: Path, written: Written) -> Iterator[str]:
    from offcut.report import fcpxml, fcpxml_check

    rate_hz = _rate_hz(document)
    fcpxml.write(document, path, rate_hz=rate_hz)
    text, meant = fcpxml.planned(document, rate_hz=rate_hz)
    found = fcpxml_check.differences(_on_disk(path, text), meant, document, rate_hz=rate_hz)
    yield from _said(document, path, found, (written, "fcpxml", fcpxml_check.ADAPTER, len(meant)))


def _csv(document: dict[str, Any], path: Path, written: Written) -> Iterator[str]:
    from offcut.report import table

    names = [printable(file.name) for file in table.write(document, path)]
    yield f"{' and '.join(names)}: {len(document['segments'])} and {len(document['left_out'])} rows"


def _rate_hz(document: dict[str, Any]) -> Fraction:
    from offcut.report.timecode import usual_rate_hz

    rate_hz = usual_rate_hz(document["release"])
    if rate_hz is None:
        raise ValueError("the release has no frame rate")
    return rate_hz


def _on_disk(path: Path, text: str) -> str:
    """What stands in the file; a pipe or a terminal cannot be read back."""
    return path.read_text("utf-8") if path.is_file() else text


def _said(
    document: dict[str, Any],
    path: Path,
    found: tuple[list[str], list[str]],
    of: tuple[Written, Any, str, int],
) -> Iterator[str]:
    """What a lossy export lost, and what another reader makes of it."""
    from offcut.report.losses import lost

    (wrong, untold), (written, form, adapter, count) = found, of
    yield f"lost in it: {'; '.join([*lost(document, form), 'times between frames are rounded'])}"
    for line in wrong[:_MOST_DIFFERENCES]:
        written.failed(f"{printable(path.name)}: read back with {adapter}: {printable(line)}")
    if len(wrong) > _MOST_DIFFERENCES:
        written.failed(f"{printable(path.name)}: and {len(wrong) - _MOST_DIFFERENCES} more differences")
    if not wrong and not any(line.startswith("not read back") for line in untold):
        yield f"read back with {adapter}: {count} of {count} as written"
    yield from (f"not checked: {printable(line)}" for line in untold)


def _render(
    document: dict[str, Any], folder: Path, recordings: Sequence[Measurement], to: tuple[Written, Report]
) -> None:
    from offcut import copies

    written, progress = to
    try:
        made = copies.write(document, recordings, folder, progress=progress)
    except OffcutError as error:
        written.failed(f"{error}", error.exit_code)
        return
    written.lines.append(
        f"Working copies, not evidence, without sound: {printable(str(folder))}"
        if made
        else "Working copies: none; no span was left out"
    )
    for copy in made:
        if copy.path is None:
            written.failed(copy.problem, UnreadableError.exit_code)
            continue
        grey = f", {copy.undecoded} of them could not be decoded again and are grey" if copy.undecoded else ""
        spans = f"{copy.spans} span{'s' if copy.spans != 1 else ''}"
        written.lines.append(f"  {printable(copy.path.name)}: {spans}, {copy.frames} frames{grey}")
