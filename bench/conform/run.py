"""How well conform does on releases nobody tuned it on.

`python bench/conform/run.py --set validation --seeds 0-7 --folder FOLDER` cuts the releases (once), measures
every file (once), runs conform in this process, scores it, and prints a row a case, the pooled figures
and how far the stated confidences can be trusted. Every case's folder keeps `result.json`, and `segments.txt`
with what was true beside what was found.
"""

import argparse
import hashlib
import json
import resource
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

# The bench is no part of the package: it must import from any working directory and by its path.
sys.path.insert(0, str(Path(__file__).resolve().parent))

from conform_cases.calibration import Claim, calibration, claims
from conform_cases.pooled import pooled, table
from conform_score.reading import intersect, length, raw_extent, read, span
from generate import FOOTAGE, SETS, Case, make, numbers
from score import by_segment, score

from offcut.conform import SIGNALS, conform
from offcut.decode import libav
from offcut.decode.limits import Limits
from offcut.records import Measurement
from offcut.report import conform as document
from offcut.signals import measured

__all__ = ["Outcome", "examined", "main"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What conform said of one case and how true it is; CPU in seconds of all threads."""

    case: Case
    metrics: Mapping[str, Any]
    claims: Sequence[Claim]
    accusations: Sequence[str]
    conform_cpu_s: float
    decode_cpu_s: float


def examined(case: Case, folder: Path) -> Outcome:
    """Run conform on a case and score it; what was found is kept beside the case's truth."""
    paths = (case.release, *case.recordings)
    release, *recordings = (_measurement(path, folder) for path in paths)
    before_s = time.process_time()
    edit = conform(release, recordings)
    conform_cpu_s = time.process_time() - before_s
    result = document(edit)
    truth = json.loads(case.truth.read_text(encoding="utf-8"))
    metrics = score(result, truth)
    accusations = _accusations(case.name, result, truth)
    home = case.truth.parent
    (home / "result.json").write_text(json.dumps(result, indent=1), encoding="utf-8")
    lines = [*by_segment(result, truth), "", *accusations]
    (home / "segments.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    decode_cpu_s = sum(_decode_cpu_s(path, folder) for path in paths)
    return Outcome(case, metrics, claims(case.name, result, truth), accusations, conform_cpu_s, decode_cpu_s)


def _measurement(path: Path, folder: Path) -> Measurement:
    return measured(path, SIGNALS, folder=folder / "signals")


def _decode_cpu_s(path: Path, folder: Path) -> float:
    """CPU that decoding alone costs, measured once a file."""
    kept = folder / "decode_cpu_s.json"
    known: dict[str, float] = json.loads(kept.read_text()) if kept.exists() else {}
    key = hashlib.sha256(path.read_bytes()).hexdigest()
    if key not in known:
        before_s = time.process_time()
        with path.open("rb") as file:
            for _ in libav.open_media(file, limits=Limits()).items():
                pass
        known[key] = time.process_time() - before_s
        kept.write_text(json.dumps(known))
    return known[key]


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


def _told(outcomes: Sequence[Outcome]) -> list[str]:
    lines = table([(o.case.name, o.metrics) for o in outcomes])
    lines += ["", "aired, but reported as left out:"]
    lines += [line for o in outcomes for line in o.accusations] or ["nothing"]
    lines += ["", *calibration([claim for o in outcomes for claim in o.claims]), ""]
    conform_s, decode_s = (sum(getattr(o, f"{k}_cpu_s") for o in outcomes) for k in ("conform", "decode"))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    lines.append(
        f"CPU: conform {conform_s:.0f} s, {conform_s / decode_s:.1f} times decoding ({decode_s:.0f} s); "
        f"peak {peak} MB"
    )
    return lines


def shared_cases(folder: Path, given: Path) -> list[Case]:
    """The two cases that lie beside the repository; results go to folders of their own."""
    cases = []
    for name in ("one", "two"):
        own = folder / f"shared-{name}"
        own.mkdir(parents=True, exist_ok=True)
        truth = json.loads((given / name / "truth.json").read_text(encoding="utf-8"))
        (own / "truth.json").write_text(json.dumps(truth), encoding="utf-8")
        recordings = tuple((given / name / r["path"]).resolve() for r in truth["recordings"])
        cases.append(
            Case(f"shared-{name}", given / name / truth["release"]["path"], recordings, own / "truth.json")
        )
    return cases


def main() -> None:
    """Generate, conform, score, print."""
    parser = argparse.ArgumentParser(description="Measure conform on releases cut by chance.")
    parser.add_argument("--set", choices=(*SETS, "shared"), required=True, dest="kind")
    parser.add_argument("--seeds", type=numbers, default=list(range(8)), help="such as 0-7 or 1,4")
    parser.add_argument("--folder", type=Path, required=True, help="cases and signals are kept here")
    parser.add_argument("--footage", type=Path, default=FOOTAGE, help="where the raw clips lie")
    parser.add_argument("--segments", action="store_true", help="print what was true beside what was found")
    parser.add_argument("--json", type=Path, help="also write the figures here")
    arguments = parser.parse_args()
    outcomes = []
    if arguments.kind == "shared":
        cases = shared_cases(arguments.folder, arguments.footage.parent / "cases")
    else:
        cases = [
            make(arguments.kind, s, arguments.folder, footage=arguments.footage) for s in arguments.seeds
        ]
    for case in cases:
        outcomes.append(examined(case, arguments.folder))
        print(f"{case.name}: done", file=sys.stderr, flush=True)
        if arguments.segments:
            print(f"== {case.name}\n{(case.truth.parent / 'segments.txt').read_text(encoding='utf-8')}")
    print("\n".join(_told(outcomes)))
    if arguments.json:
        figures = {o.case.name: dict(o.metrics) for o in outcomes}
        all_of_them = pooled([o.metrics for o in outcomes])
        arguments.json.write_text(json.dumps({"cases": figures, "pooled": all_of_them}, indent=1))


if __name__ == "__main__":
    main()
