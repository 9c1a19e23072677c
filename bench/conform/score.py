"""How well a conform result tells the truth about an edit.

`python bench/conform/score.py RESULT.json TRUTH.json` prints every metric and, segment by segment,
what was true beside what was found. The metrics are those of the two shared cases; `METRICS` says in
one line each what they measure. The one that matters most is `false_left_out_s`: raw time that was
aired but is reported as left out is a false accusation.

Recordings are matched by their SHA-256, never by their place in the list or their name. Times stay
exact until a share is printed, because a frame boundary is decided by less than a rounding error.
"""

import argparse
import json
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

# The scorer is no part of the package: it must import from any working directory and by its path.
sys.path.insert(0, str(Path(__file__).resolve().parent))

from conform_score import edit, frames, hearing, raw_time
from conform_score.reading import read
from conform_score.table import by_segment

__all__ = ["METRICS", "by_segment", "main", "oracle", "score"]

METRICS: dict[str, str] = {
    "aired_s": "raw seconds that were aired",
    "false_left_out_s": "aired raw seconds reported as left out",
    "false_left_out_share": "the same as a share of what was aired",
    "false_left_out_core_s": "the same without transitions and the first and last frame of each segment",
    "false_left_out_core_share": "the same as a share of what was aired there",
    "left_out_true_s": "raw seconds truly left out",
    "left_out_recall": "share of them reported as left out",
    "undecidable_s": "raw seconds reported as undecidable",
    "undecidable_aired_s": "of these, truly aired",
    "undecidable_left_out_s": "of these, truly left out",
    "unsaid_s": "raw seconds of which the result says nothing: in no segment and not in left_out",
    "contradicted_s": "raw seconds reported as left out although a segment of the same result shows them",
    "frames_asked": "sources asked for: one for each source at least 15 % visible in each release frame",
    "frames_within_1": "share of them named with a raw frame at most one frame off",
    "frames_decidable": "sources asked for, less those honestly ambiguous in nearly static segments",
    "frames_within_1_decidable": "share of these named with a raw frame at most one frame off",
    "ambiguous_said": "share of the sources asked for whose time the result calls ambiguous, right or wrong",
    "ambiguous_mean_s": "mean raw seconds that the alternatives hold where it does",
    "frames_within_1_moving": "share of the sources asked for within one frame in moving segments",
    "frames_within_1_static": "the same in nearly static segments",
    "ambiguous_honest": "share of them wrong, but said to be ambiguous, the true time among the alternatives",
    "stated_wrong": "share of them wrong without that; the sum of the next three",
    "stated_wrong_time": "right recording, wrong raw time",
    "stated_wrong_source": "only recordings named that are not seen",
    "stated_wrong_missing": "not named at all, or only the other side of a dissolve",
    "source_right": "share of them whose recording is named, at any raw time",
    "claims": "sources named by the result, one for each segment in each release frame",
    "claims_right": "share of the claims whose recording is seen in that frame",
    "no_source_frames": "release frames that show no recording",
    "no_source_false": "share of them for which a recording is named",
    "boundaries_asked": "starts and ends of the true segments that have a source",
    "boundaries_within_1": "share of them met by a segment of that recording within one frame",
    "boundaries_invented": "edges of predicted segments with a source that are near no true boundary",
    "segments_asked": "true segments that have a source",
    "segments_present": "share of them covered for 30 % by one predicted segment of their recording",
    "speeds_asked": "true segments that have a source and one speed: all but ramps",
    "speed_right": "share of them whose speed is found within 1 %; of a freeze, 0",
    "speed_right_moving": "the same of the moving segments",
    "speeds_decidable": "of them, without nearly static ones that are said to be ambiguous",
    "speed_right_decidable": "share of these whose speed is found within 1 %",
    "mirror_right": "share of the true segments whose mirroring is found",
    "crop_iou": "mean overlap of true and found crop, 0 where the segment is not found",
    "transitions_asked": "true dissolves, fades, wipes and flashes",
    "transitions_found": "share of them where the result has a transition",
    "transition_kind_right": "share of them where it is of the right kind",
    "transition_extent_right": "share of them whose start and end are both found within one frame",
    "transition_styles_asked": "true transitions of a named style, such as a wipe from the left",
    "transition_style_right": "share of them whose kind and style are found",
    "transitions_invented": "transitions of the result where there is none",
    "vcsl_recall": "segment recall of the VCSL protocol, mean over the used recordings",
    "vcsl_precision": "segment precision, mean over the recordings with a prediction",
    "vcsl_f": "their harmonic mean",
    "inset_segments_asked": "true segments that are pictures in picture; above, only left out asks for them",
    "inset_segments_present": "share of them covered for 30 % by one predicted segment of their recording",
    "inset_frames_asked": "sources seen only as a picture in picture, in release frames",
    "inset_frames_within_1": "share of them named with a raw frame at most one frame off",
    "sound_steps": "steps of 100 ms outside transitions (only where the result has `sound`)",
    "sound_finding_right": "share of them with the right finding",
    "sound_located_asked": "steps where the own sound is heard at a known raw time",
    "sound_located": "share of them located within 40 ms",
    "sound_located_wrong": "share of them located, but nowhere within 40 ms",
    "sound_none_asked": "steps where no recording is heard",
    "sound_none_located": "share of them where the result locates one",
}
"""Every key of `score`, with its meaning. Shares are None where nothing was asked."""


def score(result: dict[str, Any], truth: dict[str, Any]) -> dict[str, Any]:
    """Measure a conform result against the truth of its case.

    Args:
        result: A document of schema `offcut.conform/1`; only `recordings`, `segments`, `left_out`
            and, where present, `sound` are read. docs/benchmark.md says which fields may be missing.
        truth: A document of schema `offcut.truth.conform/1`.

    Returns:
        A flat mapping with the keys of `METRICS`; the sound keys only where the result has `sound`.
        Seconds and shares are floats, counts ints; a share is None where nothing was asked.

    Raises:
        KeyError: A field that the result document owes is missing.
        ValueError: A time is no rational number, or a span ends before it begins.
    """
    case = read(result, truth)
    return {
        **raw_time.left_out(case),
        **frames.frames(case),
        **frames.claims(case),
        **edit.boundaries(case),
        **edit.segments(case),
        **edit.transitions(case),
        **raw_time.vcsl(case),
        **hearing.sound(case),
    }


def oracle(truth: dict[str, Any]) -> dict[str, Any]:
    """Return the result document of a conform that makes no mistake.

    Args:
        truth: A document of schema `offcut.truth.conform/1`.

    Returns:
        A document of schema `offcut.conform/1` that scores 1 on every share and 0 on every error. A ramp
        is written as one segment for each raw frame that is shown.
    """
    return {
        "schema": "offcut.conform/1",
        "release": {"path": truth["release"]["path"], "duration_s": truth["release"]["duration_s"]},
        "recordings": [
            {"path": r["path"], "sha256": r["sha256"], "duration_s": r["duration_s"]}
            for r in truth["recordings"]
        ],
        "segments": [
            piece for number, s in enumerate(truth["segments"]) for piece in _told(s, number, truth)
        ],
        "sound": [{**span, "confidence": 1.0} for span in truth["sound"]],
        "left_out": [{**span, "finding": "left_out", "events": []} for span in truth["left_out"]],
        "limits": [],
    }


def _told(true: dict[str, Any], number: int, truth: dict[str, Any]) -> list[dict[str, Any]]:
    names = (
        "start_s",
        "end_s",
        "recording",
        "raw_start_s",
        "raw_end_s",
        "speed",
        "mirrored",
        "crop",
        "placed",
    )
    whole = {
        **{name: true[name] for name in names},
        "confidence": 1.0,
        "time_is": None if true["recording"] is None else "exact",
        "alternatives": [],
        "opening": {**true["opening"], "confidence": 1.0},
        "overlays": true["overlays"],
    }
    if not true.get("ramp"):
        return [whole]
    frame_s = 1 / Fraction(truth["release"]["fps"])
    times = truth["recordings"][true["recording"]]["frame_times_s"]
    shown = [(n * frame_s, times[e[2]]) for n, es in enumerate(truth["frames"]) for e in es if e[0] == number]
    knots = [pair for k, pair in enumerate(shown) if k == 0 or pair[1] != shown[k - 1][1]]
    ends = [*knots[1:], (Fraction(true["end_s"]), true["raw_end_s"])]
    pieces: list[dict[str, Any]] = []
    for (at_s, raw_s), (end_s, raw_end_s) in zip(knots, ends, strict=True):
        opening = {"kind": "cut", "start_s": str(at_s), "end_s": str(at_s)} if pieces else whole["opening"]
        speed = str((Fraction(raw_end_s) - Fraction(raw_s)) / (end_s - at_s))
        piece = {"start_s": str(at_s), "end_s": str(end_s), "raw_start_s": raw_s, "raw_end_s": raw_end_s}
        pieces.append({**whole, **piece, "speed": speed, "opening": opening})
    return pieces


def main() -> None:
    """Print the score of a result."""
    parser = argparse.ArgumentParser(description="Score a conform result against the truth of its case.")
    parser.add_argument("result", type=Path, help="result document of offcut conform")
    parser.add_argument("truth", type=Path, help="truth.json of the case")
    parser.add_argument("--json", action="store_true", help="print the metrics as JSON and nothing else")
    arguments = parser.parse_args()
    result = json.loads(arguments.result.read_text(encoding="utf-8"))
    truth = json.loads(arguments.truth.read_text(encoding="utf-8"))
    metrics = score(result, truth)
    if arguments.json:
        print(json.dumps(metrics, indent=2))
        return
    for name, value in metrics.items():
        shown = "-" if value is None else f"{value:.3f}" if isinstance(value, float) else str(value)
        print(f"{name:<28}{shown:>9}  {METRICS[name]}")
    print()
    print("\n".join(by_segment(result, truth)))


if __name__ == "__main__":
    main()
