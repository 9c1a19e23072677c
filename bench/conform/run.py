"""How well conform does on releases nobody tuned it on, and what existing tools find of them.

`python bench/conform/run.py --set validation --level medium --seeds 0-59 --folder FOLDER --tool both` cuts
the releases (once), runs the tools as commands, scores what they say, and prints a row a case, the pooled
figures, how far the stated confidences can be trusted, and whether the targets are met. Every case's folder
keeps `result.json`, and `segments.txt` with what was true beside what was found. `--clips FOLDER` cuts the
releases from clips of one's own; `--keep` goes on where a run was stopped.
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from importlib.util import find_spec
from multiprocessing import get_context
from pathlib import Path
from typing import Any

# The bench is no part of the package: it must import from any working directory and by its path.
sys.path.insert(0, str(Path(__file__).resolve().parent))

from conform_cases import targets
from conform_cases.calibration import Claim, calibration, claims
from conform_cases.pooled import pooled, table
from conform_cases.reliability import bins, svg
from conform_cases.tools import TOOLS, ran
from conform_score.reading import intersect, length, raw_extent, read, span
from generate import FOOTAGE, LEVELS, SETS, Case, Level, make, numbers
from score import by_segment, score

__all__ = ["Outcome", "Wanted", "examined", "main"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which case is to be examined with which tools; handed to a process of its own.

    Attributes:
        kind: A set, `shared`, or the name of a folder of clips.
        seed: Of the case; of a shared case, its number.
    """

    kind: str
    seed: int
    level: Level
    folder: Path
    footage: Path
    clips: Path | None
    tools: tuple[str, ...]
    keep: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a tool said of one case and how true it is."""

    tool: str
    name: str
    metrics: Mapping[str, Any]
    claims: Sequence[Claim]
    accusations: Sequence[str]
    segments: Sequence[str]
    cpu_s: float | None
    peak_mb: int
    failure: str


def examined(wanted: Wanted) -> list[Outcome]:
    """Cut a case if it is not there, run the tools and score what they say, one outcome a tool."""
    if wanted.kind == "shared":
        case = shared_case(wanted.folder, wanted.footage.parent / "cases", ("one", "two")[wanted.seed])
    else:
        options: dict[str, Any] = {"level": wanted.level, "footage": wanted.footage, "clips": wanted.clips}
        case = make(wanted.kind, wanted.seed, wanted.folder, **options)
    truth = json.loads(case.truth.read_text(encoding="utf-8"))
    return [_judged(tool, case, truth, wanted) for tool in wanted.tools]


def _judged(tool: str, case: Case, truth: dict[str, Any], wanted: Wanted) -> Outcome:
    home = case.truth.parent
    said = ran(tool, case.release, case.recordings, home, folder=wanted.folder, keep=wanted.keep)
    accusations = _accusations(case.name, said.document, truth)
    lines = by_segment(said.document, truth)
    name = "segments.txt" if tool == "offcut" else f"segments-{tool}.txt"
    (home / name).write_text("\n".join([*lines, "", *accusations]) + "\n", encoding="utf-8")
    return Outcome(
        tool,
        case.name,
        score(said.document, truth),
        claims(case.name, said.document, truth),
        accusations,
        lines,
        said.cpu_s,
        said.peak_mb,
        said.failure,
    )


def _accusations(name: str, result: dict[str, Any], truth: dict[str, Any]) -> list[str]:
    """Each true segment of which more than a frame is reported as left out, with how much of it."""
    case = read(result, truth)
    lines = []
    for number, true in enumerate(case.true):
        if true.recording is None:
            continue
        said = [
            span(o["start_s"], o["end_s"])
            for o in result["left_out"]
            if o["finding"] == "left_out" and case.index_of[o["recording"]] == true.recording
        ]
        wrongly = intersect([raw_extent(true, case)], said)
        if length(wrongly) > Fraction(1, 25):
            where = " ".join(f"{float(s.start_s):.2f}-{float(s.end_s):.2f}" for s in wrongly)
            shown = case.recordings[true.recording].name
            lines.append(
                f"{name} segment {number}: {float(length(wrongly)):.2f} s of {shown} called left out: {where}"
            )
    return lines


def shared_case(folder: Path, given: Path, name: str) -> Case:
    """One of the two cases that lie beside the repository; results go to a folder of its own."""
    own = folder / f"shared-{name}"
    own.mkdir(parents=True, exist_ok=True)
    truth = json.loads((given / name / "truth.json").read_text(encoding="utf-8"))
    (own / "truth.json").write_text(json.dumps(truth), encoding="utf-8")
    recordings = tuple((given / name / r["path"]).resolve() for r in truth["recordings"])
    return Case(own.name, given / name / truth["release"]["path"], recordings, own / "truth.json")


def _told(outcomes: Sequence[Outcome], tools: Sequence[str], level: str) -> list[str]:
    lines: list[str] = []
    for tool in tools:
        of_it = [o for o in outcomes if o.tool == tool]
        lines += [f"== {tool}, {len(of_it)} cases", "", *table([(o.name, o.metrics) for o in of_it]), ""]
        lines += [f"FAILED, counted as nothing found: {o.name}: {o.failure}" for o in of_it if o.failure]
        if tool == "offcut":
            lines += ["aired, but reported as left out:"]
            lines += [line for o in of_it for line in o.accusations] or ["nothing"]
            lines += ["", *calibration([claim for o in of_it for claim in o.claims]), ""]
        spent = [o.cpu_s for o in of_it if o.cpu_s is not None]
        lines.append(
            f"CPU of {len(spent)} commands {sum(spent):.0f} s (what was measured of a file before is used "
            f"again; {len(of_it) - len(spent)} results were kept); largest process "
            f"{max((o.peak_mb for o in of_it), default=0)} MB"
        )
        lines.append("")
    return [*lines, *_targets(outcomes, tools, level)]


def _targets(outcomes: Sequence[Outcome], tools: Sequence[str], level: str) -> list[str]:
    def of(tool: str) -> Iterator[Outcome]:
        return (o for o in outcomes if o.tool == tool)

    lines = ["== targets"]
    for name, asked in targets.SHARED.items():
        by_tool = {tool: o.metrics for tool in tools for o in of(tool) if o.name == name}
        lines += targets.judged(asked, by_tool) if by_tool else []
    if not any(o.name in targets.SHARED for o in outcomes):
        together = {tool: pooled([o.metrics for o in of(tool)]) for tool in tools}
        lines += targets.judged(targets.LEVELS[level], together)
    return lines


def _drawn(outcomes: Sequence[Outcome], path: Path, title: str) -> None:
    """Write the reliability diagram of offcut's claims, and its figures beside it."""
    found = bins([claim for o in outcomes if o.tool == "offcut" for claim in o.claims])
    path.write_text(svg(found, title), encoding="utf-8")
    path.with_suffix(".json").write_text(
        json.dumps({"title": title, "bins": found}, indent=1), encoding="utf-8"
    )


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Measure conform on releases cut by chance.")
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--set", choices=(*SETS, "shared"), dest="kind")
    which.add_argument("--clips", type=Path, help="cut from all clips of this folder")
    parser.add_argument("--level", choices=LEVELS, default="medium")
    parser.add_argument("--seeds", type=numbers, default=list(range(8)), help="such as 0-7 or 1,4")
    parser.add_argument("--folder", type=Path, required=True, help="cases, results and signals are kept here")
    parser.add_argument("--footage", type=Path, default=FOOTAGE, help="where the raw clips lie")
    parser.add_argument("--tool", choices=(*TOOLS, "both"), default="offcut")
    parser.add_argument("--jobs", type=int, default=1, help="cases at the same time")
    parser.add_argument("--keep", action="store_true", help="use results that the same code wrote")
    parser.add_argument("--segments", action="store_true", help="print what was true beside what was found")
    parser.add_argument("--json", type=Path, help="also write the figures here")
    parser.add_argument("--reliability", type=Path, help="also draw stated confidences against facts here")
    return parser


def main() -> None:
    """Generate, run, score, print."""
    given = _options().parse_args()
    tools = TOOLS if given.tool == "both" else (given.tool,)
    if "baseline" in tools and find_spec("pdqhash") is None:
        sys.exit("run: the baseline needs pdqhash, which is not installed: pip install -e '.[bench]'")
    kind = given.kind or given.clips.resolve().name
    seeds = (0, 1) if kind == "shared" else given.seeds
    wanted = [
        Wanted(kind, s, given.level, given.folder, given.footage, given.clips, tools, given.keep)
        for s in seeds
    ]
    outcomes: list[Outcome] = []
    # Started anew, not forked: the threads of a library do not live through a fork.
    with ProcessPoolExecutor(given.jobs, mp_context=get_context("spawn")) as pool:
        work: Callable[..., Iterable[list[Outcome]]] = (
            map if given.jobs == 1 else partial(pool.map, chunksize=1)
        )
        for of_case in work(examined, wanted):
            outcomes += of_case
            for one in of_case:
                print(f"{one.name}: {one.tool}: {one.failure or 'done'}", file=sys.stderr, flush=True)
                if given.segments:
                    print("\n".join([f"== {one.name}, {one.tool}", *one.segments, ""]))
    print("\n".join(_told(outcomes, tools, given.level)))
    if given.json:
        found = {
            tool: {
                "cases": {o.name: dict(o.metrics) for o in outcomes if o.tool == tool},
                "pooled": pooled([o.metrics for o in outcomes if o.tool == tool]),
                "calibration": bins([claim for o in outcomes if o.tool == tool for claim in o.claims]),
            }
            for tool in tools
        }
        given.json.write_text(json.dumps(found, indent=1), encoding="utf-8")
    if given.reliability:
        _drawn(outcomes, given.reliability, f"{kind}, {given.level}: {len(wanted)} cases")


if __name__ == "__main__":
    main()
