"""The run of the benchmark: targets, the reliability diagram, and results that are kept."""

import importlib
import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any
from xml.etree import ElementTree

import pytest

BENCH = Path(__file__).resolve().parents[2] / "bench" / "conform"


def _module(name: str) -> ModuleType:
    sys.path.insert(0, str(BENCH))
    try:
        return importlib.import_module(name)
    finally:
        sys.path.remove(str(BENCH))


targets = _module("conform_cases.targets")
tables = _module("conform_cases.pooled")
reliability = _module("conform_cases.reliability")
calibration = _module("conform_cases.calibration")
tools = _module("conform_cases.tools")
run = _module("run")
scorer = _module("score")

GOOD = {
    "vcsl_f": 0.95, "frames_within_1_decidable": 0.95, "boundaries_within_1": 0.95, "speed_right": 0.97,
    "mirror_right": 1.0, "no_source_false": 0.003, "false_left_out_share": 0.005, "left_out_recall": 0.97,
}  # fmt: skip


def verdicts(asked: Any, metrics: dict[str, Any]) -> dict[str, str]:
    return {t.key: t.met(metrics.get(t.key)) for t in asked if t.limit is not None}


def test_a_figure_at_its_limit_meets_it_and_one_beyond_does_not() -> None:
    assert verdicts(targets.MEDIUM, GOOD) == dict.fromkeys(GOOD, "yes")
    for key, value in GOOD.items():
        worse = value + 0.001 if key in {"no_source_false", "false_left_out_share"} else value - 0.001
        assert verdicts(targets.MEDIUM, {**GOOD, key: worse})[key] == "NO"


def test_hard_cases_ask_for_less_agreement_and_for_the_same_care() -> None:
    assert verdicts(targets.HARD, {"vcsl_f": 0.85, "false_left_out_share": 0.0051}) == {
        "vcsl_f": "yes",
        "false_left_out_share": "NO",
    }


def test_a_shared_case_asks_that_not_a_single_second_is_called_left_out() -> None:
    for name, least in (("shared-one", 0.97), ("shared-two", 0.93)):
        assert verdicts(targets.SHARED[name], {"vcsl_f": least, "false_left_out_s": 0.001}) == {
            "vcsl_f": "yes",
            "false_left_out_s": "NO",
        }


def test_a_figure_that_nothing_was_asked_for_is_neither_met_nor_missed() -> None:
    assert set(verdicts(targets.MEDIUM, {}).values()) == {""}


def test_both_tools_stand_beside_each_other_with_the_target() -> None:
    lines = targets.judged(targets.MEDIUM, {"offcut": GOOD, "baseline": {**GOOD, "vcsl_f": 0.4}})
    assert lines[0].split() == ["figure", "target", "offcut", "baseline"]
    assert lines[1].split()[-6:] == [">=", "0.95", "0.950", "yes", "0.400", "NO"]


@pytest.mark.parametrize("columns", [tables.JUDGED, tables.TOLD])
def test_every_column_is_a_metric_of_the_scorer_with_its_weight(columns: Any) -> None:
    for _, key, weight in columns:
        assert key in scorer.METRICS
        assert weight in {None, "one"} or weight in scorer.METRICS


def test_every_target_is_pooled() -> None:
    keys = {key for _, key, _ in tables.COLUMNS}
    assert {t.key for t in (*targets.MEDIUM, *targets.HARD)} <= keys


def test_a_case_without_sound_leaves_the_sound_of_the_others_as_it_is() -> None:
    heard = {"sound_finding_right": 0.5, "sound_steps": 10, "vcsl_f": 1.0}
    both = tables.pooled([heard, {"vcsl_f": 0.0}])
    assert (both["sound_finding_right"], both["vcsl_f"]) == (0.5, 0.5)
    assert [line.split()[0] for line in tables.table([("one", heard), ("two", {"vcsl_f": 0.0})]) if line] == [
        "case", "one", "two", "all", "case", "one", "two", "all",
    ]  # fmt: skip


def claim(confidence: float, right: float) -> Any:
    return calibration.Claim("x", 0, confidence, True, right, right, right)


def test_claims_of_like_confidence_are_one_point_with_the_interval_they_allow() -> None:
    found = reliability.bins([claim(0.92, 1.0)] * 8 + [claim(0.92, 0.0)] * 2 + [claim(0.55, 1.0)])
    assert [(b["low"], b["claims"], b["right"]) for b in found] == [(0.5, 1, 1.0), (0.9, 10, 0.8)]
    # Wilson's interval of 8 in 10, as tables print it.
    assert (found[1]["right_low"], found[1]["right_high"]) == pytest.approx((0.490, 0.943), abs=5e-4)
    assert found[0]["right_low"] < 0.25


def test_the_diagram_is_a_picture_with_one_point_a_bin_inside_its_frame() -> None:
    found = reliability.bins([claim(0.97, 1.0), claim(0.97, 0.0), claim(0.3, 1.0)])
    picture = ElementTree.fromstring(reliability.svg(found, "tuning <medium> & more"))
    space = "{http://www.w3.org/2000/svg}"
    points = picture.findall(f"{space}circle")
    title = picture.find(f"{space}title")
    assert title is not None
    assert title.text == "tuning <medium> & more"
    assert len(points) == 2
    assert all(0 <= float(p.attrib[axis]) <= 408 for p in points for axis in ("cx", "cy"))


@pytest.fixture
def case(tmp_path: Path) -> tuple[Path, list[Path], Path]:
    """A case whose files are none: whatever reads them fails."""
    (tmp_path / "truth.json").write_text("{}")
    for name in ("release.mp4", "raw.mp4"):
        (tmp_path / name).write_bytes(b"no video")
    return tmp_path / "release.mp4", [tmp_path / "raw.mp4"], tmp_path


def test_a_tool_that_fails_has_found_nothing_and_says_why(case: tuple[Path, list[Path], Path]) -> None:
    release, recordings, home = case
    said = tools.ran("baseline", release, recordings, home, folder=home, keep=True)
    assert "release.mp4" in said.failure
    assert said.document["segments"] == said.document["left_out"] == []
    assert len(said.document["recordings"]) == 1
    assert said.cpu_s > 0


def test_a_result_is_used_again_only_if_tool_and_truth_are_the_same(
    case: tuple[Path, list[Path], Path],
) -> None:
    release, recordings, home = case
    (home / "result-baseline.json").write_text('{"kept": true}')
    note = {"code": tools.version("baseline"), "files": tools.digest([home / "truth.json"]), "peak_mb": 7}
    for changes, is_kept in (({}, True), ({"code": "other"}, False), ({"files": "other"}, False)):
        (home / "result-baseline.json").write_text('{"kept": true}')
        (home / "result-baseline.key.json").write_text(json.dumps({**note, **changes}))
        said = tools.ran("baseline", release, recordings, home, folder=home, keep=True)
        assert (said.document.get("kept", False), said.cpu_s is None) == (is_kept, is_kept)


def test_without_keeping_a_result_is_made_again(case: tuple[Path, list[Path], Path]) -> None:
    release, recordings, home = case
    (home / "result-baseline.json").write_text('{"kept": true}')
    (home / "result-baseline.key.json").write_text(
        json.dumps(
            {"code": tools.version("baseline"), "files": tools.digest([home / "truth.json"]), "peak_mb": 7}
        )
    )
    assert tools.ran("baseline", release, recordings, home, folder=home, keep=False).failure
    assert not (home / "result-baseline.json").exists()


def test_what_is_told_names_failures_accusations_and_targets() -> None:
    truth = {"vcsl_f": 0.96, "false_left_out_share": 0.2, "aired_s": 10.0, "false_left_out_s": 2.0}
    outcome = run.Outcome(
        "offcut",
        "x-medium-0",
        truth,
        [claim(0.9, 1.0)],
        ["x: 2.00 s called left out"],
        [],
        3.0,
        90,
        "it broke",
    )
    told = "\n".join(run._told([outcome], ["offcut"], "medium"))
    assert "FAILED, counted as nothing found: x-medium-0: it broke" in told
    assert "x: 2.00 s called left out" in told
    assert "0.960 yes" in told
    assert "0.200  NO" in told


def test_the_page_of_the_benchmark_explains_every_metric_in_the_words_of_the_scorer() -> None:
    page = (BENCH.parents[1] / "docs" / "benchmark.md").read_text(encoding="utf-8")
    for name, meaning in scorer.METRICS.items():
        assert f"| `{name}` | {meaning} |" in page
