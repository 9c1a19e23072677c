"""Tools run on a case as anybody would run them: a command that writes a result document."""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

BENCH = Path(__file__).resolve().parents[1]
ROOT = BENCH.parents[1]
TOOLS = ("offcut", "baseline")
DONE = (0, 3)
"""Exit codes of a tool that wrote its document; 3 says that something could not be read."""


@dataclass(frozen=True, slots=True)
class Ran:
    """What a tool said of one case, and what that cost.

    Attributes:
        document: The result; one that finds nothing where the tool failed.
        cpu_s: User and system time of the command with its children; None where the result was kept.
        peak_mb: Most memory of one of its processes.
        failure: The last line of what a failed tool printed; empty where it did not fail.
    """

    document: dict[str, Any]
    cpu_s: float | None
    peak_mb: int
    failure: str = ""


@dataclass(frozen=True, slots=True)
class _Key:
    """A kept result is used again only if tool, release, recordings and truth are the same."""

    code: str
    files: str


def ran(tool: str, release: Path, recordings: Sequence[Path], home: Path, *, folder: Path, keep: bool) -> Ran:
    """Run a tool on a case, or take what the same code said of it before.

    Args:
        tool: One of TOOLS.
        release, recordings: The case's files.
        home: Folder of the case; its result is written there.
        folder: What is computed once a file and used again lies here.
        keep: Use a result that the same version of the tool wrote.
    """
    out = home / ("result.json" if tool == "offcut" else f"result-{tool}.json")
    note = out.with_suffix(".key.json")
    key = asdict(_Key(version(tool), digest([home / "truth.json"])))
    if keep and out.exists() and note.exists():
        kept = json.loads(note.read_text(encoding="utf-8"))
        if {name: kept.get(name) for name in key} == key:
            return Ran(json.loads(out.read_text(encoding="utf-8")), None, kept["peak_mb"])
    out.unlink(missing_ok=True)
    code, cpu_s, peak_mb, said = _measured(_command(tool, release, recordings, out, folder))
    if code not in DONE or not out.exists():
        return Ran(_nothing(recordings), cpu_s, peak_mb, (said or [f"ended with {code}"])[-1])
    note.write_text(json.dumps({**key, "cpu_s": cpu_s, "peak_mb": peak_mb}), encoding="utf-8")
    return Ran(json.loads(out.read_text(encoding="utf-8")), cpu_s, peak_mb)


def version(tool: str) -> str:
    """Hash of the code of a tool as it lies there."""
    if tool == "offcut":
        return digest(sorted((ROOT / "src" / "offcut").rglob("*.py")))
    return digest([BENCH / "baseline.py", *sorted((BENCH / "conform_baseline").rglob("*.py"))])


def digest(paths: Sequence[Path]) -> str:
    """Hash of the names and the content of files."""
    whole = hashlib.sha256()
    for path in paths:
        whole.update(path.name.encode() + b"\0" + path.read_bytes())
    return whole.hexdigest()[:16]


def _command(tool: str, release: Path, recordings: Sequence[Path], out: Path, folder: Path) -> list[str]:
    given = [str(release), "--raw", *map(str, recordings), "--json", str(out)]
    if tool == "baseline":
        return [sys.executable, str(BENCH / "baseline.py"), *given, "--hashes", str(folder / "hashes")]
    quietly = ["--no-report", "--quiet", "--signals", str(folder / "signals")]
    return [sys.executable, "-m", "offcut", "conform", *given, *quietly]


def _measured(command: Sequence[str]) -> tuple[int, float, int, list[str]]:
    """Exit code, CPU seconds, largest memory in MB and the lines printed."""
    with TemporaryFile() as said:
        process = subprocess.Popen(command, stdout=said, stderr=said)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        lines = [line for line in said.read().decode("utf-8", "replace").splitlines() if line.strip()]
    return process.returncode, used.ru_utime + used.ru_stime, used.ru_maxrss // 1024, lines


def _nothing(recordings: Sequence[Path]) -> dict[str, Any]:
    """The result of a tool that found nothing and accuses nobody."""
    shas = [hashlib.sha256(path.read_bytes()).hexdigest() for path in recordings]
    return {"recordings": [{"sha256": sha} for sha in shas], "segments": [], "left_out": []}
