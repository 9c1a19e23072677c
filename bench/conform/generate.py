"""Cut releases by chance from a folder of raw clips, with frame-exact truth.

`python bench/conform/generate.py --set validation --seeds 0-7 --folder FOLDER` writes one folder a
case: `release.mp4` and `truth.json` in the schema of the shared cases. The same seed gives the same
edit. Clips for tuning and clips for validation are never mixed: what conform is tuned on proves
nothing. `--set synthetic` first makes its recordings from numbers and needs no footage.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np

# The bench is no part of the package: it must import from any working directory and by its path.
sys.path.insert(0, str(Path(__file__).resolve().parent))

from conform_cases.clips import RATE_HZ, Clip, clip
from conform_cases.composed import pictures, soundtrack
from conform_cases.laid_out import lay_out
from conform_cases.plans import Plan, draw
from conform_cases.truth import truth

from offcut.decode.encode import write_video
from offcut.testing.footage import Footage, Scene

__all__ = ["FOOTAGE", "SETS", "TUNING", "VALIDATION", "Case", "main", "make", "numbers"]

VERSION = 2
"""Raised when the same seed gives another edit."""

FOOTAGE = Path(__file__).resolve().parents[3] / "shared" / "footage"

TUNING = ("chair.mp4", "drone.mp4", "walk.mp4", "road.mp4", "room.mp4", "bottles.mp4")
"""Clips that conform was looked at with while it was written."""

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


def make(kind: str, seed: int, folder: Path, *, footage: Path = FOOTAGE) -> Case:
    """Write case `seed` of a set into a folder of its own, or take it from there.

    Args:
        kind: One of SETS.
        seed: Of everything that is drawn.
        folder: Holds all cases; made if it does not exist.
        footage: Where the raw clips of `tuning` and `validation` lie.

    Raises:
        FileNotFoundError: A clip of the set is not in `footage`.
    """
    own = folder / f"{kind}-{seed}"
    told = own / "truth.json"
    if told.exists():
        known = json.loads(told.read_text(encoding="utf-8"))
        if known.get("generator") == VERSION:
            return _case(own, known["recordings"])
    own.mkdir(parents=True, exist_ok=True)
    clips = {one.name: one for one in _clips(kind, seed, own, footage)}
    plan = draw(np.random.default_rng((seed, SETS.index(kind))), seed, list(clips.values()))
    return _written(plan, clips, own)


def _written(plan: Plan, clips: dict[str, Clip], own: Path) -> Case:
    laid = lay_out(plan, clips)
    write_video(
        own / "release.mp4",
        pictures(plan, laid),
        rate_hz=plan.rate_hz,
        sound=soundtrack(plan, laid),
        rate_audio_hz=RATE_HZ,
        options={"preset": "veryfast", "crf": str(plan.crf), "g": "120"},
    )
    told = {"generator": VERSION, **truth(plan, laid, clips, own)}
    lines = [f" {json.dumps(key)}: {json.dumps(value)}" for key, value in told.items()]
    (own / "truth.json").write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
    return _case(own, told["recordings"])


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
    parser.add_argument("--set", choices=SETS, required=True, dest="kind")
    parser.add_argument("--seeds", type=numbers, default=[0], help="such as 0-7 or 1,4")
    parser.add_argument("--folder", type=Path, required=True, help="where the cases are written")
    parser.add_argument("--footage", type=Path, default=FOOTAGE, help="where the raw clips lie")
    arguments = parser.parse_args()
    for seed in arguments.seeds:
        print(make(arguments.kind, seed, arguments.folder, footage=arguments.footage).truth.parent)


if __name__ == "__main__":
    main()
