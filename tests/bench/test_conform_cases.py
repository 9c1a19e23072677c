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
cuts = _module("conform_cases.cuts")
heard = _module("conform_cases.heard")
odds = _module("conform_cases.odds")
placing = _module("conform_cases.placing")
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


def shown(
    frames: int, clip: str, raw_frame: int, speed: str = "1", *, opening: Any = None, **view: Any
) -> Any:
    one = cuts.View(clip, raw_frame, cuts.Pace(Fraction(speed)), **view)
    return cuts.Cut("footage", frames, (one,), opening or cuts.Opening())


def planned(*entries: Any, name: str = "numbered", size: tuple[int, int] | None = None) -> Any:
    encoding = cuts.Encoding(*(size or (SQUARES * SQUARE_PX, 2 * SQUARE_PX)), 28)
    return cuts.Plan(1, (name,), entries, Fraction(30), (encoding,))


def truth_of(plan: Any, sources: dict[str, Any], folder: Path) -> dict[str, Any]:
    laid, track = laid_out.lay_out(plan, sources), heard.soundtrack(plan, sources)
    truth: dict[str, Any] = told.truth(plan, laid, sources, folder, heard.findings(plan, sources, track))
    return truth


@pytest.fixture(scope="module")
def edit(numbered: Any) -> tuple[Any, Any, dict[str, Any]]:
    plan = planned(
        shown(24, "numbered", 3),
        shown(20, "numbered", 1, "1/2", mirrored=True),
        cuts.Cut("black", 16, opening=cuts.Opening("fade", 6)),
        shown(20, "numbered", 2, "3/2", opening=cuts.Opening("fade", 6)),
        shown(18, "numbered", 20, "9/10", opening=cuts.Opening("dissolve", 6)),
    )
    sources = {"numbered": numbered}
    laid = laid_out.lay_out(plan, sources)
    return plan, laid, truth_of(plan, sources, numbered.path.parent)


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
    plan = planned(shown(30, "a", 395), name="a")
    with pytest.raises(ValueError, match="a has no picture at"):
        laid_out.lay_out(plan, {"a": FIVE[0]})


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("fit", ["fill", "pad", "blur"])
def test_the_window_named_lands_where_the_truth_says(fit: Any, mirrored: bool) -> None:
    cut = shown(20, "tall", 0, crop=Box(0.1, 0.05, 0.8, 0.8), fit=fit, mirrored=mirrored)
    plan = planned(cut, name="tall", size=(854, 480))
    (one,) = laid_out.lay_out(plan, {"tall": FIVE[-1]})
    carried = placing.mapped(composed.matrix(plan, one, 0), placing.corners(one.seen))
    box = one.placed
    assert carried.min(axis=0) == pytest.approx([box.x, box.y], abs=1e-9)
    assert carried.max(axis=0) == pytest.approx([box.x + box.width, box.y + box.height], abs=1e-9)
    assert (carried[0, 0] > carried[1, 0]) == mirrored


@pytest.mark.parametrize(
    "bent", [{"tilt_deg": 4.0}, {"tilt_deg": -1.0}, {"corners": (0.05,) * 8}, {"steady_seed": 3}]
)
@pytest.mark.parametrize("clip", ["a", "tall"])
def test_a_turned_or_bent_picture_leaves_no_corner_empty(clip: str, bent: dict[str, Any]) -> None:
    plan = planned(shown(20, clip, 0, mirrored=True, **bent), name=clip, size=(854, 480))
    (one,) = laid_out.lay_out(plan, {"a": FIVE[0], "tall": FIVE[-1]})
    for n in range(20):
        back = placing.mapped(np.linalg.inv(composed.matrix(plan, one, n)), placing.corners(one.placed))
        assert back.min() > -0.001
        assert back.max() < 1.001


def test_a_turn_keeps_right_angles_in_pixels() -> None:
    plan = planned(shown(20, "a", 0, tilt_deg=4.0), name="a", size=(854, 480))
    (one,) = laid_out.lay_out(plan, {"a": FIVE[0]})
    matrix = placing.pixels(composed.matrix(plan, one, 0), (640, 360), (854, 480))[:2, :2]
    assert float(matrix[:, 0] @ matrix[:, 1]) == pytest.approx(0, abs=0.01)
    assert np.degrees(np.arctan2(matrix[1, 0], matrix[0, 0])) == pytest.approx(4.0, abs=0.01)


def test_a_whole_tall_picture_stands_between_bars_or_fills_by_its_middle() -> None:
    for fit, seen, placed in (
        ("pad", Box(0, 0, 1, 1), Box((1 - 81 / 256) / 2, 0, 81 / 256, 1)),
        ("fill", Box(0, (1 - 81 / 256) / 2, 1, 81 / 256), Box(0, 0, 1, 1)),
    ):
        plan = planned(shown(20, "tall", 0, fit=fit), name="tall", size=(640, 360))
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
