"""Cases cut by chance: the truth names the frames that are shown, and a perfect result scores perfectly."""

import copy
import importlib
import importlib.util
import sys
from fractions import Fraction
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from offcut.decode.encode import write_video
from offcut.records import Box
from offcut.timeline import FrameTimes

BENCH = Path(__file__).resolve().parents[2] / "bench" / "conform"
SQUARES, SQUARE_PX, RAW_FRAMES = 6, 24, 40
"""A raw frame spells its number in six black or white squares; 24 pixels outlive the encoder and a scaler."""


def _module(name: str) -> ModuleType:
    sys.path.insert(0, str(BENCH))
    try:
        return importlib.import_module(name)
    finally:
        sys.path.remove(str(BENCH))


def _by_path(name: str, path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


clips = _module("conform_cases.clips")
plans = _module("conform_cases.plans")
laid_out = _module("conform_cases.laid_out")
composed = _module("conform_cases.composed")
told = _module("conform_cases.truth")
pooled = _module("conform_cases.pooled")
judged = _module("conform_cases.calibration")
scorer = _by_path("bench_conform_score", BENCH / "score.py")


def unseen(name: str, *, width_px: int = 640, height_px: int = 360, frames: int = 400) -> Any:
    """A clip without a file, for what is decided before a picture is made."""
    times = FrameTimes(Fraction(1, 30), np.arange(frames, dtype=np.int64), frames)
    return clips.Clip(name, Path(f"{name}.mp4"), times, width_px, height_px)


FIVE = [unseen(name) for name in "abcd"] + [unseen("tall", width_px=360, height_px=640, frames=90)]


def spelt(number: int) -> np.ndarray:
    picture = np.full((2 * SQUARE_PX, SQUARES * SQUARE_PX, 3), 128, np.uint8)
    for bit in range(SQUARES):
        picture[: 2 * SQUARE_PX, bit * SQUARE_PX : (bit + 1) * SQUARE_PX] = 230 if number >> bit & 1 else 25
    return picture


def number_in(picture: np.ndarray, *, mirrored: bool) -> int:
    shown = picture[:, ::-1] if mirrored else picture
    height, width = shown.shape[:2]
    centres = [round((bit + 0.5) * width / SQUARES) for bit in range(SQUARES)]
    return sum((shown[height // 2, x].mean() > 128) << bit for bit, x in enumerate(centres))


@pytest.fixture(scope="module")
def numbered(tmp_path_factory: pytest.TempPathFactory) -> Any:
    path = tmp_path_factory.mktemp("raw") / "numbered.mp4"
    pictures = (spelt(number) for number in range(RAW_FRAMES))
    write_video(path, pictures, rate_hz=Fraction(25), options={"crf": "12", "preset": "ultrafast"})
    return clips.clip(path)


def planned(*cuts: Any, name: str = "numbered") -> Any:
    shape = (SQUARES * SQUARE_PX, 2 * SQUARE_PX)
    return plans.Plan(1, (name,), cuts, Fraction(30), shape[0], shape[1], 28, -4.0)


@pytest.fixture(scope="module")
def edit(numbered: Any) -> tuple[Any, Any, dict[str, Any]]:
    plan = planned(
        plans.Cut("footage", 24, "numbered", 3),
        plans.Cut("footage", 20, "numbered", 1, Fraction(1, 2), mirrored=True),
        plans.Cut("black", 16, opening="fade", opening_frames=6),
        plans.Cut("footage", 20, "numbered", 2, Fraction(3, 2), opening="fade", opening_frames=6),
        plans.Cut("footage", 18, "numbered", 20, Fraction(9, 10), opening="dissolve", opening_frames=6),
    )
    sources = {"numbered": numbered}
    laid = laid_out.lay_out(plan, sources)
    return plan, laid, told.truth(plan, laid, sources, numbered.path.parent)


def test_the_raw_frame_that_the_truth_names_is_the_one_shown(edit: tuple[Any, Any, dict[str, Any]]) -> None:
    plan, laid, truth = edit
    checked = 0
    for picture, entries in zip(composed.pictures(plan, laid), truth["frames"], strict=True):
        if len(entries) == 1 and entries[0][3] == 1:
            segment, _, raw_frame, _, _ = entries[0]
            assert number_in(picture, mirrored=truth["segments"][segment]["mirrored"]) == raw_frame
            checked += 1
    assert checked > 50


def test_an_oracle_scores_perfectly_on_what_was_cut(edit: tuple[Any, Any, dict[str, Any]]) -> None:
    metrics = scorer.score(scorer.oracle(edit[2]), edit[2])
    shares = (
        "frames_within_1",
        "left_out_recall",
        "boundaries_within_1",
        "speed_right",
        "transition_kind_right",
    )
    assert {name: metrics[name] for name in shares} == dict.fromkeys(shares, 1.0)
    assert metrics["false_left_out_s"] == metrics["transitions_invented"] == 0
    assert metrics["transitions_asked"] == 3


def test_aired_and_left_out_make_up_the_recording(edit: tuple[Any, Any, dict[str, Any]]) -> None:
    metrics = scorer.score(scorer.oracle(edit[2]), edit[2])
    whole_s = float(Fraction(edit[2]["recordings"][0]["duration_s"]))
    assert metrics["aired_s"] + metrics["left_out_true_s"] == pytest.approx(whole_s)


def test_a_cut_beyond_the_end_of_its_clip_is_refused() -> None:
    plan = planned(plans.Cut("footage", 30, "a", 395), name="a")
    with pytest.raises(ValueError, match="a has no picture at"):
        laid_out.lay_out(plan, {"a": FIVE[0]})


@pytest.mark.parametrize("seed", range(12))
def test_what_is_drawn_keeps_the_rules_of_an_edit(seed: int) -> None:
    plan = plans.draw(np.random.default_rng(seed), seed, FIVE)
    assert 8 <= len(plan.cuts) <= 14
    assert len(plan.recordings) == len(FIVE) - 1
    for cut in plan.cuts:
        assert (cut.clip in plan.recordings) == (cut.kind == "footage")
        assert (cut.clip is None) == (cut.kind in {"title", "black"})
        assert cut.opening_frames * 3 <= cut.frames
        assert (cut.opening == "cut") == (cut.opening_frames == 0)
    laid_out.lay_out(plan, {one.name: one for one in FIVE})


def test_the_same_seed_draws_the_same_edit_and_another_seed_another() -> None:
    drawn = [plans.draw(np.random.default_rng(seed), 0, FIVE) for seed in (5, 5, 6)]
    assert drawn[0] == drawn[1] != drawn[2]


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("fit", ["fill", "pad", "blur"])
def test_the_window_named_lands_where_the_truth_says(fit: Any, mirrored: bool) -> None:
    cut = plans.Cut("footage", 20, "tall", 0, crop=Box(0.1, 0.05, 0.8, 0.8), fit=fit, mirrored=mirrored)
    plan = plans.Plan(1, ("tall",), (cut,), Fraction(25), 854, 480, 28, -4.0)
    (one,) = laid_out.lay_out(plan, {"tall": FIVE[-1]})
    placement = laid_out.matrix(one, 854, 480)
    left, right = one.seen.x * 360, (one.seen.x + one.seen.width) * 360
    corners = np.array(
        [[x, y * 640, 1] for x in (left, right) for y in (one.seen.y, one.seen.y + one.seen.height)]
    )
    # Matrices map pixel centres; the edge of a picture lies half a pixel outside of them.
    shown = (corners - [0.5, 0.5, 0]) @ placement.T + 0.5
    box = one.placed
    assert shown.min(axis=0) == pytest.approx([box.x * 854, box.y * 480], abs=1e-6)
    assert shown.max(axis=0) == pytest.approx(
        [(box.x + box.width) * 854, (box.y + box.height) * 480], abs=1e-6
    )
    assert (shown[0, 0] > shown[-1, 0]) == mirrored


def test_a_whole_tall_picture_stands_between_bars_or_fills_by_its_middle() -> None:
    for fit, seen, placed in (
        ("pad", Box(0, 0, 1, 1), Box((1 - 81 / 256) / 2, 0, 81 / 256, 1)),
        ("fill", Box(0, (1 - 81 / 256) / 2, 1, 81 / 256), Box(0, 0, 1, 1)),
    ):
        cut = plans.Cut("footage", 20, "tall", 0, fit=fit)
        plan = plans.Plan(1, ("tall",), (cut,), Fraction(25), 640, 360, 28, -4.0)
        (one,) = laid_out.lay_out(plan, {"tall": FIVE[-1]})
        for found, wanted in ((one.seen, seen), (one.placed, placed)):
            assert [found.x, found.y, found.width, found.height] == pytest.approx(
                [wanted.x, wanted.y, wanted.width, wanted.height]
            )


def test_a_claim_is_right_only_if_its_time_is_where_it_says_it_is_exact(
    edit: tuple[Any, Any, dict[str, Any]],
) -> None:
    truth = edit[2]
    result = scorer.oracle(truth)
    assert [c.is_right for c in judged.claims("x", result, truth)] == [True] * 4
    late = copy.deepcopy(result)
    first = late["segments"][0]
    first["raw_start_s"] = str(Fraction(first["raw_start_s"]) + Fraction(1, 4))
    assert [c.is_right for c in judged.claims("x", late, truth)] == [False, True, True, True]
    first["time_is"], first["alternatives"] = "ambiguous", [{"raw_start_s": "0", "raw_end_s": "1"}]
    claims = judged.claims("x", late, truth)
    assert claims[0].is_right
    assert (claims[0].time, claims[0].covered) == (0, 1)


def test_shares_are_pooled_by_what_was_asked_and_seconds_are_summed(
    edit: tuple[Any, Any, dict[str, Any]],
) -> None:
    perfect = scorer.score(scorer.oracle(edit[2]), edit[2])
    poor = {
        **perfect,
        "frames_within_1": 0.5,
        "frames_asked": 3 * perfect["frames_asked"],
        "false_left_out_s": 2.0,
    }
    both = pooled.pooled([perfect, poor])
    assert both["frames_within_1"] == pytest.approx(0.625)
    assert both["false_left_out_s"] == 2.0
    nothing_asked = pooled.pooled([{**perfect, "no_source_false": None}])
    assert nothing_asked["no_source_false"] is None
