"""Cut releases by chance from a folder of raw clips, with frame-exact truth.

`python bench/conform/generate.py --set tuning --level medium --seeds 0-7 --folder FOLDER` writes one folder a
case: `release.mp4`, `truth.json` in the schema of the shared cases, and in `raw/` what was made for it.
The same seed gives the same edit. Clips for tuning and clips for validation are never mixed: what conform
is tuned on proves nothing. `--set synthetic` makes its recordings from numbers and needs no footage;
`--clips FOLDER` cuts from any folder of clips.
"""

import argparse
import json
import shutil
import sys
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import numpy as np

# The bench is no part of the package: it must import from any working directory and by its path.
sys.path.insert(0, str(Path(__file__).resolve().parent))

from conform_cases.clips import Clip, clip
from conform_cases.cuts import Plan
from conform_cases.heard import findings, soundtrack
from conform_cases.laid_out import lay_out
from conform_cases.odds import LEVELS, Level
from conform_cases.plans import draw
from conform_cases.raws import prepared
from conform_cases.released import write_release
from conform_cases.truth import truth

from offcut.testing.footage import Footage, Scene

__all__ = ["FOOTAGE", "LEVELS", "SETS", "TUNING", "VALIDATION", "Case", "Level", "main", "make", "numbers"]

VERSION = 4
"""Raised when the same seed gives another edit."""

FOOTAGE = Path(__file__).resolve().parents[3] / "shared" / "footage"

TUNING = ("chair.mp4", "drone.mp4", "walk.mp4", "road.mp4", "room.mp4", "bottles.mp4")
"""Clips that conform was looked at with while it was written."""

SUFFIXES = frozenset({".mp4", ".mov", ".mkv", ".avi", ".webm", ".mts", ".m4v"})
"""Files of a folder that are taken for clips."""

VALIDATION = (
    "cloth.mp4",
    "door.mp4",
    "puppy.mp4",
    "sign_again.mkv",
    "sign_night.mkv",
    "sign_book.mkv",
    "sign_learn.mkv",
    "sign_walk.mkv",
)
"""Clips that no threshold is set on; the last three show one woman before one wall."""

SETS = ("tuning", "validation", "synthetic")
_PLACES = ("square", "road", "hills", "harbour", "square")
"""Not two roads: lanes and cars are the same in all of them, which no two real recordings are."""

SYNTHETIC_SEED = 100
"""Scenes of lower seeds are used elsewhere."""


@dataclass(frozen=True, slots=True)
class Case:
    """A release on disk with its recordings and its truth."""

    name: str
    release: Path
    recordings: tuple[Path, ...]
    truth: Path


def make(
    kind: str,
    seed: int,
    folder: Path,
    *,
    level: Level = "medium",
    footage: Path = FOOTAGE,
    clips: Path | None = None,
) -> Case:
    """Write case `seed` of a set into a folder of its own, or take it from there.

    Args:
        kind: One of SETS; a name of its own with `clips`.
        seed: Of everything that is drawn.
        folder: Holds all cases; made if it does not exist.
        level: How hard the edit is.
        footage: Where the raw clips of `tuning` and `validation` lie; sound to lay under silent clips is
            looked for in `../sound` beside it.
        clips: A folder whose clips are all used instead.

    Raises:
        FileNotFoundError: A clip of the set is not in `footage`.
        ValueError: There are fewer than two clips that can be used.
    """
    own = folder / f"{kind}-{level}-{seed}"
    told = own / "truth.json"
    if told.exists():
        known = json.loads(told.read_text(encoding="utf-8"))
        if known.get("generator") == VERSION:
            return _case(own, known["recordings"])
        # What another version made of the clips may be other stretches under the same names.
        shutil.rmtree(own / "raw", ignore_errors=True)
    own.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng((seed, zlib.crc32(kind.encode()), LEVELS.index(level)))
    found = list(_folder(clips)) if clips is not None else list(_clips(kind, seed, own, footage))
    found = prepared(rng, found, own, footage.parent / "sound" / "esc10")
    plan = draw(rng, seed, found, level=level)
    return _written(plan, {one.name: one for one in found}, own, level)


def _written(plan: Plan, clips: dict[str, Clip], own: Path, level: Level) -> Case:
    laid = lay_out(plan, clips)
    track = soundtrack(plan, clips)
    write_release(own / "release.mp4", plan, laid, track)
    sound = findings(plan, clips, track)
    told = {"generator": VERSION, "level": level, **truth(plan, laid, clips, own, sound)}
    lines = [f" {json.dumps(key)}: {json.dumps(value)}" for key, value in told.items()]
    (own / "truth.json").write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
    return _case(own, told["recordings"])


def _folder(clips: Path) -> Iterator[Clip]:
    """Every clip of a folder that an edit can be cut from; two of one name keep their endings."""
    names: set[str] = set()
    for path in sorted(p for p in clips.iterdir() if p.suffix.lower() in SUFFIXES):
        try:
            one = clip(path)
            yield one if one.name not in names else replace(one, name=path.name)
            names.add(one.name)
        except ValueError as error:
            print(f"{error}: not used", file=sys.stderr)


def _case(own: Path, recordings: Sequence[dict[str, str]]) -> Case:
    paths = tuple((own / one["path"]).resolve() for one in recordings)
    return Case(own.name, own / "release.mp4", paths, own / "truth.json")


def _clips(kind: str, seed: int, own: Path, footage: Path) -> Iterator[Clip]:
    if kind != "synthetic":
        for name in TUNING if kind == "tuning" else VALIDATION:
            yield clip(footage / name)
        return
    rng = np.random.default_rng((seed, len(SETS)))
    rates = (Fraction(30), Fraction(25), Fraction(30000, 1001))
    for number, place in enumerate(_PLACES):
        name = f"{place}_{number}"
        rate_hz, frames = rates[int(rng.integers(3))], int(rng.integers(300, 421))
        scene = Scene(name, place, SYNTHETIC_SEED + 10 * seed + number, rate_hz, frames)
        if not (own / f"{name}.mp4").exists():
            Footage(scene).write(own)
        yield clip(own / f"{name}.mp4")


def numbers(text: str) -> list[int]:
    """Read `3` or `0-7` or `1,4,6`."""
    found: list[int] = []
    for part in text.split(","):
        low, _, high = part.partition("-")
        found += range(int(low), int(high or low) + 1)
    return found


def main() -> None:
    """Write cases and print their folders."""
    parser = argparse.ArgumentParser(description="Cut releases by chance, with exact truth.")
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--set", choices=SETS, dest="kind")
    which.add_argument("--clips", type=Path, help="cut from all clips of this folder")
    parser.add_argument("--level", choices=LEVELS, default="medium")
    parser.add_argument("--seeds", type=numbers, default=[0], help="such as 0-7 or 1,4")
    parser.add_argument("--folder", type=Path, required=True, help="where the cases are written")
    parser.add_argument("--footage", type=Path, default=FOOTAGE, help="where the raw clips lie")
    given = parser.parse_args()
    kind = given.kind or given.clips.resolve().name
    for seed in given.seeds:
        case = make(kind, seed, given.folder, level=given.level, footage=given.footage, clips=given.clips)
        print(case.truth.parent, flush=True)


if __name__ == "__main__":
    main()
