"""The weights of conform's confidence, from cases with known truth.

`python bench/conform/fit_confidence.py FOLDER…` reads `result.json` and `truth.json` of every case in the
folders (as `run.py` leaves them), fits by logistic regression the probability that an exact moment is right,
and prints the weights, and how stated and true shares agree when each case is left out. Only cases of tuning
and calibration clips belong in here: what it is fitted on proves nothing.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

# The bench is no part of the package: it must import from any working directory and by its path.
sys.path.insert(0, str(Path(__file__).resolve().parent))

from conform_cases.calibration import claims

from offcut.conform.confidence import figures

RIDGE, STEPS = 0.05, 60
RIGHT_SHARE = 0.9


def gathered(
    results: Sequence[tuple[str, dict[str, Any], dict[str, Any]]],
) -> list[tuple[str, NDArray[np.float64], bool]]:
    """Name of the case, figures, and whether the moment is right, for every segment stated exact."""
    found = []
    for name, result, truth in results:
        for claim in claims(name, result, truth):
            measured = result["segments"][claim.number]["measured"]
            if claim.is_exact:
                found.append((name, np.array(figures(measured)), claim.time >= RIGHT_SHARE))
    return found


def fitted(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """Bias and weights of a logistic regression by Newton's method, ridge on the weights only."""
    design = np.column_stack([np.ones(len(x)), x])
    ridge = RIDGE * np.diag([0.0, *np.ones(x.shape[1])])
    weights = np.zeros(design.shape[1])
    for _ in range(STEPS):
        share = 1 / (1 + np.exp(-design @ weights))
        slope = design.T @ (y - share) - ridge @ weights
        bend = (design * (share * (1 - share))[:, None]).T @ design + ridge + 1e-6 * np.eye(len(weights))
        weights = weights + np.linalg.solve(bend, slope)
    return weights


def main() -> None:
    """Fit and print."""
    parser = argparse.ArgumentParser(description="Fit conform's confidence on cases with known truth.")
    parser.add_argument("folders", nargs="+", type=Path, help="folders of cases with results")
    results = [
        (one.parent.name, json.loads(one.read_text()), json.loads((one.parent / "truth.json").read_text()))
        for folder in parser.parse_args().folders
        for one in sorted(folder.glob("*/result.json"))
        if (one.parent / "truth.json").exists()
    ]
    found = gathered(results)
    x, y = np.stack([f for _, f, _ in found]), np.array([float(right) for _, _, right in found])
    print(f"{len(results)} cases, {len(found)} moments stated exact, {int((1 - y).sum())} of them wrong")
    print("bias and weights:", ", ".join(f"{w:.2f}" for w in fitted(x, y)))
    names = np.array([name for name, _, _ in found])
    left = np.zeros(len(y))
    for name in np.unique(names):
        rest = fitted(x[names != name], y[names != name])
        left[names == name] = 1 / (1 + np.exp(-(rest[0] + x[names == name] @ rest[1:])))
    for low, high in ((0, 0.6), (0.6, 0.8), (0.8, 0.9), (0.9, 0.95), (0.95, 1)):
        inside = (left >= low) & (left < high)
        if inside.any():
            shares = f"mean {left[inside].mean():.3f}, right {y[inside].mean():.3f}"
            print(f"stated {low:.2f}-{high:.2f}: {inside.sum():4d}, {shares}")


if __name__ == "__main__":
    main()
