import sys
from pathlib import Path

import numpy as np
import pytest

BENCH = Path(__file__).parents[2] / "bench" / "conform"


@pytest.fixture(autouse=True)
def on_the_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [str(BENCH), *sys.path])


def test_the_weights_that_made_the_answers_are_found_again() -> None:
    from fit_confidence import fitted

    rng = np.random.default_rng(3)
    x = rng.normal(size=(4000, 2))
    share = 1 / (1 + np.exp(-(0.5 + x @ np.array([2.0, -1.0]))))
    weights = fitted(x, (rng.random(4000) < share).astype(float))
    assert weights == pytest.approx([0.5, 2.0, -1.0], abs=0.2)


def test_answers_that_are_all_right_give_weights_and_no_error() -> None:
    from fit_confidence import fitted

    weights = fitted(np.random.default_rng(4).normal(size=(40, 3)), np.ones(40))
    assert np.isfinite(weights).all()
    assert weights[0] > 2
