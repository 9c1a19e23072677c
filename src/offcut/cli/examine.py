"""`offcut examine`: how each file was made."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from offcut.cli.options import (
    JsonOption,
    NoReportOption,
    QuietOption,
    ReportOption,
    SignalsOption,
    checked_outputs,
    checked_signals,
    report_path,
)
from offcut.cli.progress import Report, of_file, shown
from offcut.errors import UnreadableError, printable

EXAMPLE = "Example: offcut examine release.mp4 helmet.mp4 --report how-made.html --json - "


def examine_command(
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help="Video files, of any party.")],
    json_path: JsonOption = None,
    report: ReportOption = None,
    no_report: NoReportOption = False,
    quiet: QuietOption = False,
    signals_folder: SignalsOption = None,
) -> None:
    """Say how each FILE was made: one take, trimmed, assembled or produced, with the evidence.

    A file that cannot be read gets one line; the others go on, and the exit code is 3. With several
    files --json writes one document a line.
    """
    from offcut.report import html, write_json
    from offcut.report.pictures import Pictures

    page = report_path(report, files[0], "examine", wanted=not no_report)
    checked_outputs({"--report": page, "--json": json_path}, files)
    checked_signals(signals_folder)
    documents: list[dict[str, Any]] = []
    pictures = Pictures({}, {})
    failed: list[str] = []
    with shown(quiet=quiet) as progress:
        for position, path in enumerate(files, 1):
            told = of_file(progress, path, position, len(files))
            try:
                document, seen = _examined(path, (len(documents), len(files)), (signals_folder, page, told))
            except UnreadableError as error:
                failed.append(str(error))
                typer.echo(f"offcut: {error}", err=True)
                continue
            documents.append(document)
            pictures = Pictures({**pictures.strips, **seen.strips}, {**pictures.frames, **seen.frames})
        if page is not None and documents:
            html.write_examination(documents, pictures, page)
    if json_path is not None and documents:
        if len(files) == 1:
            write_json(documents[0], json_path)
        else:
            _write_lines(documents, json_path)
    if not quiet and json_path != "-":
        for document in documents:
            typer.echo(summary(document))
        if page is not None and documents:
            typer.echo(f"Report: {printable(str(page))}")
    if failed:
        raise typer.Exit(UnreadableError.exit_code)


def _examined(
    path: Path, place: tuple[int, int], context: tuple[Path | None, Path | None, Report]
) -> tuple[dict[str, Any], Any]:
    from offcut import report, show, signals
    from offcut.examine import examine
    from offcut.indicators import container, picture
    from offcut.report.pictures import Pictures, wanted

    (number, count), (folder, page, progress) = place, context
    examination = examine(path, folder=folder or signals.default_folder(), progress=progress)
    document = report.examination(examination, rules=(*container.RULES, *picture.RULES))
    if page is None:
        return document, Pictures({}, {})
    want = wanted(document, first=number, files=count)
    seen = show.gather({number: examination.measurement}, want, progress=progress)
    return document, seen


def _write_lines(documents: list[dict[str, Any]], path: str) -> None:
    from offcut.report.files import write_whole

    lines = "".join(json.dumps(d, ensure_ascii=True, allow_nan=False) + "\n" for d in documents)
    if path == "-":
        typer.echo(lines, nl=False)
    else:
        write_whole(Path(path), lines)


def summary(document: dict[str, Any]) -> str:
    """A few lines for the terminal, all of them from the document."""
    finding = document["finding"]
    name = printable(document["exhibit"]["path"])
    sure = "" if finding["form"] == "undetermined" else f" (confidence {finding['confidence']:.2f})"
    lines = [f"{name}: {finding['form']}{sure}"]
    lines += [
        f"  {indicator['strength']:8}  {printable(indicator['statement'])}"
        for indicator in document["indicators"]
        if indicator["id"] in finding["because"]
    ]
    lines += [f"  limit     {printable(limit)}" for limit in finding["limits"][:1]]
    if len(finding["limits"]) > 1:
        lines.append(f"            and {len(finding['limits']) - 1} more limits, in the report")
    return "\n".join(lines)
