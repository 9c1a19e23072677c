"""`offcut conform`: which raw went into a release, and what was left out."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any

import typer

from offcut.cli import exports
from offcut.cli.exports import CsvOption, EdlOption, Exports, FcpxmlOption, OtioOption, RenderOption
from offcut.cli.options import (
    JsonOption,
    NoReportOption,
    QuietOption,
    ReportOption,
    SignalsOption,
    checked_signals,
    report_path,
)
from offcut.cli.progress import Files, Report, of_file, shown
from offcut.cli.recordings import Given, recordings_of
from offcut.errors import UnreadableError, UsageError, printable
from offcut.records import Measurement, Structure
from offcut.timeline import clock

EXAMPLE = "Example: offcut conform release.mp4 --raw helmet1.mp4 --raw helmet2.mp4 --otio edit.otio"


MOST_LEFT_OUT = 12


def conform_command(
    release: Annotated[Path, typer.Argument(metavar="RELEASE", help="What a party published.")],
    more: Annotated[list[Path] | None, typer.Argument(metavar="RAW", help="Recordings, like --raw.")] = None,
    raw: Annotated[
        list[Path] | None,
        typer.Option("--raw", metavar="FILE|FOLDER", help="A recording, or a folder of them; repeat."),
    ] = None,
    json_path: JsonOption = None,
    report: ReportOption = None,
    no_report: NoReportOption = False,
    otio: OtioOption = None,
    edl: EdlOption = None,
    fcpxml: FcpxmlOption = None,
    csv: CsvOption = None,
    render: RenderOption = None,
    quiet: QuietOption = False,
    signals_folder: SignalsOption = None,
) -> None:
    """Recover the edit of RELEASE from the recordings given with --raw, and list what it left out.

    Several recordings may follow one --raw (--raw a.mp4 b.mp4). "Left out" always means: relative to
    the recordings given. A recording that cannot be read gets one line, the others are compared, and
    the exit code is 3.
    """
    from offcut import report as documents

    given = recordings_of([*(raw or []), *(more or [])], release)
    page = report_path(report, release, "conform", wanted=not no_report)
    wanted = Exports(otio=otio, edl=edl, fcpxml=fcpxml, csv=csv, render=render)
    wanted.check({"--report": page, "--json": json_path}, [release, *given.paths])
    checked_signals(signals_folder)
    with shown(quiet=quiet) as progress:
        if not quiet:
            for line in given.skipped:
                _note(f"{line}; passed over")
        files, unread = _measured(release, given, (signals_folder, progress))
        document, edit_measurements = _compared(files, unread, (given, progress))
        if page is not None:
            _write_page(document, edit_measurements, page, progress)
        if json_path is not None and json_path != "-":
            documents.write_json(document, json_path)
        written = exports.write(document, wanted, edit_measurements[1:], progress=progress)
    for line in written.problems:
        _note(line)
    if json_path == "-":
        documents.write_json(document, json_path)
    elif not quiet:
        typer.echo(summary(document))
        for line in ([] if page is None else [f"Report: {printable(str(page))}"]) + written.lines:
            typer.echo(line)
    if written.exit_code or unread:
        raise typer.Exit(written.exit_code or UnreadableError.exit_code)


def _measured(
    release: Path, given: Given, context: tuple[Path | None, Report]
) -> tuple[list[tuple[Measurement, Structure]], list[str]]:
    """Measure the release (which must be readable), then every recording that can be read."""
    several = Files([release, *given.paths])
    files = [_one(release, (1, len(given.paths) + 1), context, several)]
    unread: list[str] = []
    for position, path in enumerate(given.paths, 2):
        try:
            found, structure = _one(path, (position, len(given.paths) + 1), context, several)
        except UnreadableError as error:
            _note(f"{error}")
            unread.append(printable(path.name))
            continue
        name = printable(path.name)
        if found.exhibit.sha256 == files[0][0].exhibit.sha256:
            if path not in given.in_folder:
                raise UsageError(
                    f"{name}: it is the release itself (same content); compare it with recordings"
                )
            _note(f"{name}: it is the release itself (same content); not compared")
        elif any(found.exhibit.sha256 == m.exhibit.sha256 for m, _ in files[1:]):
            _note(f"{name}: same content as another recording; compared once")
        else:
            files.append((found, structure))
    if len(files) == 1:
        what = "could be read" if unread else "is another file than the release"
        raise UnreadableError(release, f"none of its recordings {what}; nothing was compared")
    return files, unread


def _one(
    path: Path, place: tuple[int, int], context: tuple[Path | None, Report], several: Files
) -> tuple[Measurement, Structure]:
    from offcut import signals
    from offcut.container import probe

    folder, progress = context
    structure = probe(path)
    found = signals.measured(
        path,
        ("features", "packet_hash", "picture", "sound_band", "strip"),
        folder=folder or signals.default_folder(),
        structure=structure,
        progress=of_file(progress, path, *place, files=several),
    )
    return replace(found, damage=(*structure.damage, *found.damage)), structure


def _note(line: str) -> None:
    typer.echo(f"offcut: {line}", err=True)


def _compared(
    files: list[tuple[Measurement, Structure]], unread: list[str], context: tuple[Given, Report]
) -> tuple[dict[str, Any], list[Measurement]]:
    from offcut import report
    from offcut.conform import conform

    given, progress = context
    (release, *measured), structures = [m for m, _ in files], [s for _, s in files]
    edit = conform(release, measured, structures=structures, progress=progress)
    lines = []
    if unread:
        lines.append(f"These recordings could not be read and were not compared: {', '.join(unread)}.")
    if given.skipped:
        lines.append(
            "These files in the folders given were taken for no recordings and not compared: "
            f"{'; '.join(given.skipped)}."
        )
    damaged = [printable(m.exhibit.path.name) for m in (release, *measured) if m.damage]
    if damaged:
        lines.append(
            "Damage was met in these files, and is listed with each; what could not be read was not "
            f"compared: {', '.join(damaged)}."
        )
    edit = replace(edit, limits=(*lines, *edit.limits))
    return report.conform(edit), [edit.release, *edit.recordings]


def _write_page(
    document: dict[str, Any], measurements: list[Measurement], page: Path, progress: Report
) -> None:
    from offcut import show
    from offcut.report import html
    from offcut.report.pictures import wanted

    pictures = show.gather(dict(enumerate(measurements)), wanted(document), progress=progress)
    html.write_conform(document, pictures, page)


def summary(document: dict[str, Any]) -> str:
    """A few lines for the terminal, all of them from the document."""
    from offcut.report.at_once import further, part, together
    from offcut.report.sound import sound_total
    from offcut.report.words import answer, evidence

    said = [*answer(document), *filter(None, [together(document), evidence(document)])]
    said += sound_total(document)
    lines = [printable(sentence.replace("\N{NO-BREAK SPACE}", " ")) for sentence in said]
    second = further(document)
    for at, segment in enumerate(document["segments"]):
        start, end = (clock(Fraction(segment[k])) for k in ("start_s", "end_s"))
        if segment["recording"] is None:
            lines.append(f"  {start} - {end}  no source found")
            continue
        name = printable(Path(document["recordings"][segment["recording"]]["path"]).name)
        raw = clock(Fraction(segment["raw_start_s"]))
        notes = [
            _pace(Fraction(segment["speed"])),
            "mirrored" if segment["mirrored"] else "",
            "time ambiguous" if segment["time_is"] == "ambiguous" else "",
            ", ".join(filter(None, ["seen at the same time", part(segment["placed"])]))
            if at in second
            else "",
        ]
        rest = ", ".join(n for n in notes if n)
        lines.append(f"  {start} - {end}  {name} from {raw}{', ' + rest if rest else ''}")
    return "\n".join([*lines, *_left_out(document)])


def _pace(speed: Fraction) -> str:
    """Say how fast a segment plays where it is not as recorded."""
    if speed == 0:
        return "one frame, held"
    times = "" if abs(speed) == 1 else f"x{float(abs(speed)):.4g}"
    return ", ".join(word for word in ("backwards" if speed < 0 else "", times) if word)


def _left_out(document: dict[str, Any]) -> list[str]:
    """The longest spans left out, in the order of the recordings; the rest is counted."""
    spans = [s for s in document["left_out"] if s["finding"] == "left_out"]
    if not spans:
        return ["Nothing of these recordings can be said to be left out."]
    longest = sorted(spans, key=lambda s: -Fraction(s["length_s"]))[:MOST_LEFT_OUT]
    lines = ["Left out of this release, of these recordings:"]
    for span in (s for s in spans if s in longest):
        name = printable(Path(document["recordings"][span["recording"]]["path"]).name)
        start, end = (clock(Fraction(span[k])) for k in ("start_s", "end_s"))
        lines.append(f"  {start} - {end}  {name}, {float(Fraction(span['length_s'])):.3f} s")
    if len(spans) > len(longest):
        lines.append(f"  and {len(spans) - len(longest)} shorter spans; all are in the report")
    return lines
