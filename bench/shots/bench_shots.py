"""Accuracy of shot boundaries on generated edits, on unbroken takes and on the shared releases.

    python bench/shots/bench_shots.py --videos 16

Budget: 0.35 ms of processor time a frame on one core, a sixteenth of decoding 1080p H.264.
PySceneDetect's detectors run on the same files at their defaults where the package is installed
(`pip install offcut[bench]`); without it their lines are missing and a line says so.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from importlib.util import find_spec
from pathlib import Path

from generate_edits import FOOTAGE, TUNING, VALIDATION, Event, videos, write
from shots_score import GRADUAL, Score, Statement, add, measured, statements

from offcut import shots

CASES = FOOTAGE.parent / "cases"
FIRST_SEED = {"tuning": 1000, "validation": 9000}

HEADING = (
    f"{'':26}{'F1':>6}{'P':>6}{'R':>6}  {'F1 cut':>6}  "
    "cut jump dissolve fade wipe | exact kind | false alarms"
)

Detector = Callable[[Path], list[Statement]]


class Clock:
    """Processor time of `shots.find` and the frames it saw."""

    def __init__(self) -> None:
        self.cpu_s, self.frames = 0.0, 0

    def find(self, path: Path) -> list[Statement]:
        """What offcut states about a file."""
        measurement = measured(path)
        before = time.process_time()
        found, _ = shots.find(measurement)
        self.cpu_s += time.process_time() - before
        self.frames += len(measurement.frames)
        return statements([shot.opening for shot in found], measurement.frames)


def published() -> Iterator[tuple[str, Detector]]:
    """PySceneDetect's detectors at their defaults."""
    if find_spec("scenedetect") is None:
        print("scenedetect is not installed: its detectors are not compared here")
        return
    import scenedetect

    for name in ("AdaptiveDetector", "ContentDetector", "HistogramDetector", "HashDetector"):

        def run(path: Path, name: str = name) -> list[Statement]:
            detector = getattr(scenedetect, name)()
            scenes = scenedetect.detect(str(path), detector)
            return [Statement("cut", start.frame_num, start.frame_num) for start, _ in scenes[1:]]

        yield f"PySceneDetect {name.removesuffix('Detector').lower()}", run


def on_generated(detectors: Mapping[str, Detector], clips: str, count: int, directory: Path) -> None:
    """Print precision, recall and F1 of every detector on generated edits."""
    scores = {name: Score() for name in detectors}
    frames = 0
    names = TUNING if clips == "tuning" else VALIDATION
    for video in videos(names, count, first_seed=FIRST_SEED[clips]):
        path = directory / f"{video.name}.mp4"
        write(video, path)
        frames += len(video.frames)
        for name, detect in detectors.items():
            add(scores[name], video.boundaries, video.distractors, detect(path))
        path.unlink()
    print(f"\n{count} generated videos of the {clips} clips, {frames:,} frames")
    print(HEADING)
    for name, score in scores.items():
        print(_line(name, score))


def _line(name: str, score: Score) -> str:
    precision, recall, f1 = score.measures(("cut", "jump", *GRADUAL))
    cuts = score.measures(("cut",))[2]
    kinds = " ".join(f"{score.found[k]}/{score.events[k]}" for k in ("cut", "jump", *GRADUAL))
    causes = ", ".join(f"{k} {n}" for k, n in score.false_by_cause.most_common())
    total = sum(score.false_by_cause.values())
    return (
        f"{name:26}{f1:6.3f}{precision:6.3f}{recall:6.3f}  {cuts:6.3f}  {kinds} | "
        f"{score.exact} {score.kind_right} of {sum(score.found.values())} | {total} ({causes})"
    )


def on_takes(detectors: Mapping[str, Detector]) -> None:
    """Print false alarms a minute on the unbroken takes."""
    takes = sorted(p for p in FOOTAGE.iterdir() if p.suffix in (".mp4", ".mkv"))
    alarms: dict[str, dict[str, int]] = {name: {} for name in detectors}
    seconds = 0.0
    for path in takes:
        seconds += float(measured(path).frames.end_s)
        for name, detect in detectors.items():
            if said := len(detect(path)):
                alarms[name][path.stem] = said
    print(f"\n{len(takes)} unbroken takes, {seconds / 60:.1f} min: false alarms a minute")
    for name, by_take in alarms.items():
        print(f"{name:26}{60 * sum(by_take.values()) / seconds:6.2f}  {by_take or ''}")


def on_releases(detectors: Mapping[str, Detector]) -> None:
    """Print what is found in the shared releases, against their truth."""
    for case in ("one", "two"):
        truth = json.loads((CASES / case / "truth.json").read_text())
        rate = Fraction(truth["release"]["fps"])
        openings = [s["opening"] for s in truth["segments"] if s["opening"]["kind"] != "start"]
        events = [
            Event(o["kind"], round(Fraction(o["start_s"]) * rate), round(Fraction(o["end_s"]) * rate))
            for o in openings
        ]
        print(f"\nrelease {case}: {len(events)} boundaries")
        for name, detect in detectors.items():
            score = Score()
            add(score, events, [], detect(CASES / case / "release.mp4"))
            print(_line(name, score))


def main() -> None:
    """Run the whole comparison."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--clips", choices=("validation", "tuning"), default="validation")
    parser.add_argument("--videos", type=int, default=16)
    arguments = parser.parse_args()
    if not FOOTAGE.is_dir():
        raise SystemExit(f"the shared footage is not at {FOOTAGE}: nothing can be measured")
    clock = Clock()
    detectors: dict[str, Detector] = {"offcut": clock.find, **dict(published())}
    with tempfile.TemporaryDirectory() as directory:
        on_generated(detectors, arguments.clips, arguments.videos, Path(directory))
    on_takes(detectors)
    on_releases(detectors)
    print(f"\nshots.find: {1000 * clock.cpu_s / clock.frames:.3f} ms a frame over {clock.frames:,} frames")


if __name__ == "__main__":
    main()
