"""Fit the weights in `offcut.shots.confidence` on the tuning clips and print how well they are calibrated.

    python bench/shots/calibrate.py

Logistic regression with a ridge of 1; the table is cross-validated in five parts, whole videos apart.
"""

import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from bench_shots import FIRST_SEED
from generate_edits import TUNING, Event, Video, videos, write
from numpy.typing import NDArray
from shots_score import GRADUAL, TOLERANCE_FRAMES, measured

from offcut.shots.confidence import cut_figures, dissolve_figures
from offcut.shots.cuts import find_cuts
from offcut.shots.gradual import find_gradual
from offcut.shots.scan import scan
from offcut.shots.similarity import Looks

VIDEOS = 36
PARTS = 5
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Case:
    """The figures of one statement, whether it was true, and the video it was made about."""

    figures: tuple[float, ...]
    is_true: bool
    video: int


def cases_of(path: Path, video: Video, number: int) -> tuple[list[Case], list[Case]]:
    """Cuts and dissolves suspected in a video."""
    measurement = measured(path)
    luma, chroma = (measurement.signals[f"picture.{name}"].values for name in ("luma", "chroma"))
    seconds = measurement.frames.seconds()
    figures, looks = scan(luma, chroma, measurement.frames), Looks(luma, chroma)
    cuts, bursts = find_cuts(figures, looks, seconds)
    spans = [(b.first, b.end) for b in bursts]
    changes = find_gradual(figures.blends, [c.index for c in cuts], spans, looks, seconds)
    gradual = [e for e in video.boundaries if e.kind in GRADUAL]
    sudden = [e for e in video.boundaries if e.kind not in GRADUAL]
    cut_cases = [
        Case(cut_figures(c), any(_near(e, c.index, c.index) for e in sudden), number)
        for c in cuts
        if not any(_near(e, c.index, c.index) for e in gradual)
    ]
    dissolve_cases = [
        Case(dissolve_figures(c), any(_near(e, c.first, c.end) for e in gradual), number)
        for c in changes
        if c.kind == "dissolve"
    ]
    return cut_cases, dissolve_cases


def _near(event: Event, first: int, end: int) -> bool:
    return first <= event.end + TOLERANCE_FRAMES and event.first - TOLERANCE_FRAMES <= end


def fitted(figures: Floats, truth: Floats) -> Floats:
    """Bias and weights by Newton's method, ridge 1 on standardised figures."""
    mean, spread = figures.mean(axis=0), figures.std(axis=0) + 1e-9
    rows = np.column_stack([np.ones(len(figures)), (figures - mean) / spread])
    weights = np.zeros(rows.shape[1])
    ridge = np.eye(len(weights))
    ridge[0, 0] = 0
    for _ in range(50):
        likely = 1 / (1 + np.exp(-rows @ weights))
        slope = rows.T @ (truth - likely) - ridge @ weights
        curve = (rows * (likely * (1 - likely))[:, None]).T @ rows + ridge
        weights += np.linalg.solve(curve, slope)
    scaled = weights[1:] / spread
    return np.asarray([weights[0] - scaled @ mean, *scaled])


def report(name: str, cases: list[Case]) -> None:
    """Print the weights and the cross-validated calibration."""
    figures = np.asarray([c.figures for c in cases])
    truth = np.asarray([float(c.is_true) for c in cases])
    part = np.asarray([c.video % PARTS for c in cases])
    whole = fitted(figures, truth)
    said = np.zeros(len(cases))
    for number in range(PARTS):
        weights = fitted(figures[part != number], truth[part != number])
        said[part == number] = 1 / (1 + np.exp(-(weights[0] + figures[part == number] @ weights[1:])))
    print(f"\n{name}: {int(truth.sum())} true, {int((1 - truth).sum())} false")
    print("bias", round(float(whole[0]), 2), "weights", [round(float(w), 2) for w in whole[1:]])
    for low, high in ((0.5, 0.7), (0.7, 0.85), (0.85, 0.95), (0.95, 1.01)):
        inside = (said >= low) & (said < high)
        print(
            f"  said {low:.2f} to {min(high, 1):.2f}: {int(truth[inside].sum())} of {int(inside.sum())} true"
        )


def main() -> None:
    """Make the tuning videos and fit."""
    cuts: list[Case] = []
    dissolves: list[Case] = []
    with tempfile.TemporaryDirectory() as directory:
        for number, video in enumerate(videos(TUNING, VIDEOS, first_seed=FIRST_SEED["tuning"])):
            path = Path(directory) / f"{video.name}.mp4"
            write(video, path)
            more_cuts, more_dissolves = cases_of(path, video, number)
            cuts += more_cuts
            dissolves += more_dissolves
            path.unlink()
    report("cuts", cuts)
    report("dissolves", dissolves)


if __name__ == "__main__":
    main()
