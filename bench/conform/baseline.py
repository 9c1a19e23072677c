"""What existing tools find: a conform result made of frame hashes and a temporal network.

`python bench/conform/baseline.py RELEASE --raw FILE… --json OUT` writes a document of `offcut.conform/1`.
PDQ hashes of five frames a second, as they are and mirrored, are aligned by the temporal network of the VCSL
benchmark: the best combination of published tools that was measured on the shared cases. It knows neither
transitions nor windows nor doubt; what it does not see is left out, as a reader of such a list would take it.
docs/benchmark.md says what was chosen and by which figures.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

# The bench is no part of the package: it must import from any working directory and by its path.
sys.path.insert(0, str(Path(__file__).resolve().parent))

from conform_baseline.hashes import SAMPLES_HZ, Hashes, hashes, similarity
from conform_baseline.network import MOST_IOU, Run, iou, runs

from offcut.timeline import Span, exact, subtract

__all__ = ["compared", "main"]

STEP_S = Fraction(1, SAMPLES_HZ)
MOST_EXPLAINED = 0.5
"""A run is dropped when heavier ones explain more than this share of its release samples."""

LIMITS = (
    "left out means relative to the recordings given",
    "Baseline of existing tools: frame hashes and their alignment. Crops, transitions, sound, reverse, "
    "freeze and doubt are unknown to it.",
)


def compared(release: Hashes, recordings: Sequence[Hashes], paths: Sequence[Path]) -> dict[str, Any]:
    """Align a release with recordings.

    Args:
        release, recordings: Hashed files.
        paths: Of the release and of the recordings.

    Returns:
        A document of schema `offcut.conform/1`; what the method does not measure is null.
    """
    aligned = [_Aligned(run, n, m) for n, one in enumerate(recordings) for run, m in _runs(release, one)]
    segments = [_segment(one, release, recordings[one.recording]) for one in _compatible(aligned)]
    left_out = [
        {**_times(span), "recording": number, "finding": "left_out", "events": []}
        for number, one in enumerate(recordings)
        for span in subtract([Span(Fraction(0), one.end_s)], _shown(segments, number))
    ]
    found = [Span(Fraction(s["start_s"]), Fraction(s["end_s"])) for s in segments]
    segments += [_unnamed(span) for span in subtract([Span(Fraction(0), release.end_s)], found)]
    return {
        "schema": "offcut.conform/1",
        "tool": {"baseline": f"PDQ at {SAMPLES_HZ} Hz, as it is and mirrored, aligned by a temporal network"},
        "release": _exhibit(paths[0], release),
        "recordings": [_exhibit(path, one) for path, one in zip(paths[1:], recordings, strict=True)],
        "segments": sorted(segments, key=lambda s: Fraction(s["start_s"])),
        "sound": None,
        "left_out": left_out,
        "limits": list(LIMITS),
    }


@dataclass(frozen=True, slots=True)
class _Aligned:
    run: Run
    recording: int
    mirrored: bool


def _runs(release: Hashes, recording: Hashes) -> list[tuple[Run, bool]]:
    """Runs in either orientation; of two that overlap, the heavier one."""
    both = [
        (run, mirrored)
        for mirrored in (False, True)
        for run in runs(similarity(release, recording, mirrored=mirrored))
    ]
    kept: list[tuple[Run, bool]] = []
    for run, mirrored in sorted(both, key=lambda pair: -pair[0].weight):
        if all(iou(run, other) < MOST_IOU for other, _ in kept):
            kept.append((run, mirrored))
    return kept


def _compatible(aligned: Sequence[_Aligned]) -> list[_Aligned]:
    """One source at a time, as far as runs go: the heaviest first, and none that is explained already."""
    kept: list[_Aligned] = []
    explained: set[int] = set()
    for one in sorted(aligned, key=lambda a: -a.run.weight):
        samples = set(range(one.run.first[0], one.run.last[0] + 1))
        if len(samples & explained) <= MOST_EXPLAINED * len(samples):
            kept.append(one)
            explained |= samples
    return kept


def _shown(segments: Sequence[dict[str, Any]], number: int) -> list[Span]:
    of_it = [s for s in segments if s["recording"] == number]
    return [Span(Fraction(s["raw_start_s"]), Fraction(s["raw_end_s"])) for s in of_it]


def _segment(one: _Aligned, release: Hashes, recording: Hashes) -> dict[str, Any]:
    """A run as a segment: each sample stands for the time until the next; the ends give the speed."""
    run = one.run
    speed = Fraction(run.extents[1], run.extents[0])
    start_s, raw_start_s = run.first[0] * STEP_S, run.first[1] * STEP_S
    end_s = min((run.last[0] + 1) * STEP_S, release.end_s)
    raw_end_s = min(raw_start_s + speed * (end_s - start_s), recording.end_s)
    return {
        **_times(Span(start_s, end_s)),
        "recording": one.recording,
        "raw_start_s": exact(raw_start_s),
        "raw_end_s": exact(raw_end_s),
        "speed": exact(speed),
        "mirrored": one.mirrored,
        "crop": None,
        "placed": None,
        "confidence": round(max(0.0, min(1.0, run.similarity)), 3),
        "time_is": "exact",
        "alternatives": [],
        "opening": _opening(start_s),
        "overlays": None,
    }


def _unnamed(span: Span) -> dict[str, Any]:
    names = ("recording", "raw_start_s", "raw_end_s", "speed", "mirrored", "crop", "placed", "time_is")
    return {
        **_times(span),
        **dict.fromkeys(names),
        "confidence": 0.5,
        "alternatives": [],
        "opening": _opening(span.start_s),
        "overlays": None,
    }


def _times(span: Span) -> dict[str, str]:
    return {"start_s": exact(span.start_s), "end_s": exact(span.end_s)}


def _opening(at_s: Fraction) -> dict[str, Any]:
    return {"kind": "cut" if at_s else "start", "start_s": exact(at_s), "end_s": exact(at_s)}


def _exhibit(path: Path, one: Hashes) -> dict[str, Any]:
    return {"path": path.name, "sha256": one.sha256, "duration_s": exact(one.end_s)}


def main() -> None:
    """Write what existing tools find."""
    parser = argparse.ArgumentParser(description="Align a release with recordings by existing tools.")
    parser.add_argument("release", type=Path)
    parser.add_argument("--raw", type=Path, nargs="+", required=True, help="recordings")
    parser.add_argument("--json", type=Path, required=True, help="where the result document is written")
    parser.add_argument("--hashes", type=Path, help="folder in which hashes are kept by content")
    given = parser.parse_args()
    try:
        release, *recordings = (hashes(path, given.hashes) for path in (given.release, *given.raw))
    except OSError as error:
        sys.exit(f"baseline: {error}")
    document = compared(release, recordings, [given.release, *given.raw])
    given.json.write_text(json.dumps(document, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
