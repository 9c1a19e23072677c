"""The scorer of conform: a perfect result is perfect, and every kind of mistake costs its own metric."""

import copy
import importlib.util
import json
import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

ROOT = Path(__file__).resolve().parents[2]
SCORE_PATH = ROOT / "bench" / "conform" / "score.py"
CASES = ROOT.parent / "shared" / "cases"
FRAME_S = Fraction(1, 30)

Document = dict[str, Any]


def _load() -> Any:
    spec = importlib.util.spec_from_file_location("bench_conform_score", SCORE_PATH)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


scorer = _load()


def _made_segment(
    start: str, end: str, recording: int | None, raw: str, speed: str, **fields: Any
) -> Document:
    sourced = recording is not None
    raw_end = Fraction(raw) + Fraction(speed) * (Fraction(end) - Fraction(start))
    whole = {"x": 0.0, "y": 0.0, "width": 1.0, "height": 1.0}
    return {
        "kind": "footage" if sourced else "title",
        "start_s": start,
        "end_s": end,
        "recording": recording,
        "raw_start_s": raw if sourced else None,
        "raw_end_s": str(raw_end) if sourced else None,
        "speed": speed if sourced else None,
        "mirrored": False if sourced else None,
        "crop": whole if sourced else None,
        "placed": whole if sourced else None,
        "motion": 5.0 if sourced else None,
        "opening": {"kind": "cut", "start_s": start, "end_s": start},
        "overlays": [],
        **fields,
    }


def _made_recording(name: str, rate: int, duration: int) -> Document:
    times = [str(Fraction(i, rate)) for i in range(rate * duration)]
    return {
        "path": f"{name}.mp4",
        "sha256": name * 8,
        "duration_s": str(duration),
        "end_s": str(duration),
        "frame_times_s": times,
    }


def _made_truth() -> Document:
    """A title; 2 s at real time; over half a second into a static 10 fps shot; backwards; a freeze."""
    dissolve = {"kind": "dissolve", "start_s": "5/2", "end_s": "3"}
    recordings = [_made_recording("a", 30, 10), _made_recording("b", 10, 20), _made_recording("c", 30, 5)]
    segments = [
        _made_segment("0", "1", None, "0", "0"),
        _made_segment("1", "3", 0, "2", "1"),
        _made_segment("5/2", "5", 1, "4", "2", mirrored=True, motion=0.2, opening=dissolve),
        _made_segment("5", "6", 0, "8", "-1"),
        _made_segment("6", "7", 1, "15", "0"),
    ]
    frames: list[list[list[Any]]] = []
    for number in range(210):
        time_s = number * FRAME_S
        seen = [i for i, s in enumerate(segments) if Fraction(s["start_s"]) <= time_s < Fraction(s["end_s"])]
        entries = []
        for i in seen:
            segment = segments[i]
            if segment["recording"] is None:
                continue
            raw_s = Fraction(segment["raw_start_s"]) + Fraction(segment["speed"]) * (
                time_s - Fraction(segment["start_s"])
            )
            rate = 10 if segment["recording"] == 1 else 30
            entries.append([i, segment["recording"], int(raw_s * rate), 1.0 / len(seen), "main"])
        frames.append(entries)
    left_out = [
        (0, "0", "2"), (0, "4", "7"), (0, "241/30", "10"),
        (1, "0", "4"), (1, "9", "15"), (1, "151/10", "20"), (2, "0", "5"),
    ]  # fmt: skip
    return {
        "schema": "offcut.truth.conform/1",
        "release": {"path": "release.mp4", "fps": "30", "frames": 210, "duration_s": "7"},
        "recordings": recordings,
        "segments": segments,
        "sound": [{"start_s": "1", "end_s": "5/2", "finding": "covered", "recording": 0, "raw_start_s": "2"}],
        "left_out": [{"recording": r, "start_s": a, "end_s": b} for r, a, b in left_out],
        "frames": frames,
    }


MADE = _made_truth()


@pytest.fixture(params=["made", "one", "two"])
def truth(request: pytest.FixtureRequest) -> Document:
    if request.param == "made":
        return copy.deepcopy(MADE)
    if not CASES.parent.exists():
        pytest.skip("the shared cases are not beside this checkout")
    document: Document = json.loads((CASES / request.param / "truth.json").read_text(encoding="utf-8"))
    return document


def _changed(truth: Document, change: Callable[[Document], None]) -> Document:
    """Score the oracle after `change` was done to each of its segments with a source."""
    result = copy.deepcopy(scorer.oracle(truth))
    for segment in result["segments"]:
        if segment["recording"] is not None:
            change(segment)
    scores: Document = scorer.score(result, truth)
    return scores


PERFECT = (
    "left_out_recall", "frames_within_1", "frames_within_1_moving", "frames_within_1_static", "source_right",
    "claims_right", "boundaries_within_1", "segments_present", "speed_right", "speed_right_moving",
    "mirror_right", "crop_iou", "transitions_found", "transition_kind_right", "vcsl_recall",
    "vcsl_precision", "vcsl_f", "sound_finding_right", "sound_located",
)  # fmt: skip
WITHOUT_FAULT = (
    "false_left_out_s", "false_left_out_share", "false_left_out_core_s", "false_left_out_core_share",
    "undecidable_s", "unsaid_s", "contradicted_s", "ambiguous_honest", "stated_wrong", "stated_wrong_time",
    "stated_wrong_source", "stated_wrong_missing", "no_source_false", "boundaries_invented",
    "transitions_invented",
)  # fmt: skip


def test_the_oracle_is_perfect_on_every_metric(truth: Document) -> None:
    scores = scorer.score(scorer.oracle(truth), truth)
    assert {name: scores[name] for name in PERFECT} == dict.fromkeys(PERFECT, 1.0)
    assert {name: scores[name] for name in WITHOUT_FAULT} == dict.fromkeys(WITHOUT_FAULT, 0)


def test_every_metric_is_documented_and_given(truth: Document) -> None:
    assert set(scorer.score(scorer.oracle(truth), truth)) == set(scorer.METRICS)


def test_the_cases_ask_for_as_many_boundaries_as_their_published_baselines() -> None:
    if not CASES.parent.exists():
        pytest.skip("the shared cases are not beside this checkout")
    asked = []
    for name in ("one", "two"):
        case = json.loads((CASES / name / "truth.json").read_text(encoding="utf-8"))
        scores = scorer.score(scorer.oracle(case), case)
        asked.append((scores["segments_asked"], scores["boundaries_asked"]))
    assert asked == [(13, 26), (10, 20)]


def test_calling_everything_undecidable_is_safe_and_worthless(truth: Document) -> None:
    result = scorer.oracle(truth)
    result["segments"] = []
    result["left_out"] = [
        {"recording": i, "start_s": "0", "end_s": r["end_s"], "finding": "undecidable", "events": []}
        for i, r in enumerate(truth["recordings"])
    ]
    scores = scorer.score(result, truth)
    assert scores["false_left_out_s"] == 0
    assert scores["left_out_recall"] == 0
    assert scores["undecidable_s"] == pytest.approx(scores["aired_s"] + scores["left_out_true_s"])
    assert scores["undecidable_aired_s"] == pytest.approx(scores["aired_s"])
    assert scores["stated_wrong"] == scores["stated_wrong_missing"] == 1.0
    assert scores["vcsl_f"] == 0
    assert scores["vcsl_precision"] is None


def test_calling_everything_left_out_accuses_of_everything_aired(truth: Document) -> None:
    result = scorer.oracle(truth)
    result["left_out"] = [
        {"recording": i, "start_s": "0", "end_s": r["end_s"], "finding": "left_out", "events": []}
        for i, r in enumerate(truth["recordings"])
    ]
    scores = scorer.score(result, truth)
    assert scores["false_left_out_share"] == scores["false_left_out_core_share"] == 1.0
    assert scores["contradicted_s"] == pytest.approx(scores["aired_s"])


def test_an_accusation_at_the_edge_of_a_segment_is_not_in_the_core() -> None:
    result = scorer.oracle(MADE)
    result["left_out"].append({"recording": 0, "start_s": "2", "end_s": "61/30", "finding": "left_out"})
    scores = scorer.score(result, MADE)
    assert scores["false_left_out_s"] == pytest.approx(1 / 30)
    assert scores["false_left_out_core_s"] == 0


def test_an_accusation_inside_a_dissolve_is_not_in_the_core() -> None:
    result = scorer.oracle(MADE)
    result["left_out"].append({"recording": 1, "start_s": "4", "end_s": "6", "finding": "left_out"})
    scores = scorer.score(result, MADE)
    assert scores["false_left_out_s"] == pytest.approx(2.0)
    assert scores["false_left_out_core_s"] == pytest.approx(1.0)


def test_time_that_the_result_passes_over_is_unsaid(truth: Document) -> None:
    result = scorer.oracle(truth)
    result["left_out"] = []
    scores = scorer.score(result, truth)
    assert scores["unsaid_s"] == pytest.approx(scores["left_out_true_s"])
    assert scores["left_out_recall"] == 0


def test_raw_time_five_raw_frames_off_is_stated_wrong(truth: Document) -> None:
    steps = [max(FRAME_S, Fraction(r["frame_times_s"][1])) for r in truth["recordings"]]

    def shift(segment: Document) -> None:
        segment["raw_start_s"] = str(Fraction(segment["raw_start_s"]) + 5 * steps[segment["recording"]])

    scores = _changed(truth, shift)
    # A shift may run into the last frame of a recording, where it cannot be seen.
    assert scores["frames_within_1"] < 0.02
    assert scores["stated_wrong_time"] > 0.98
    assert scores["source_right"] == 1.0


def test_raw_time_one_release_frame_off_is_forgiven() -> None:
    def shift(segment: Document) -> None:
        segment["raw_start_s"] = str(Fraction(segment["raw_start_s"]) + FRAME_S)

    assert _changed(MADE, shift)["frames_within_1"] == 1.0


def test_one_frame_of_a_slow_recording_is_forgiven_and_two_are_not() -> None:
    def shifted(by_s: Fraction) -> float:
        def shift(segment: Document) -> None:
            if segment["recording"] == 1:
                segment["raw_start_s"] = str(Fraction(segment["raw_start_s"]) + by_s)

        static: float = _changed(MADE, shift)["frames_within_1_static"]
        return static

    assert shifted(Fraction(1, 10)) == 1.0
    assert shifted(Fraction(2, 10)) == 0.0


def test_a_wrong_time_is_honest_if_the_true_one_is_among_the_alternatives(truth: Document) -> None:
    def shift(segment: Document) -> None:
        alternative = {name: segment[name] for name in ("raw_start_s", "raw_end_s")}
        segment["raw_start_s"] = str(Fraction(segment["raw_start_s"]) + 1)
        segment.update(time_is="ambiguous", alternatives=[alternative])

    scores = _changed(truth, shift)
    assert scores["ambiguous_honest"] > 0.95
    assert scores["stated_wrong"] == 0


@pytest.mark.parametrize(
    "fields",
    [
        {"time_is": "ambiguous", "alternatives": []},
        {"time_is": "ambiguous", "alternatives": [{"raw_start_s": "0", "raw_end_s": "1/100"}]},
        {"time_is": "exact", "alternatives": [{"raw_start_s": "0", "raw_end_s": "20"}]},
    ],
)
def test_saying_ambiguous_without_the_true_time_is_no_excuse(fields: Document) -> None:
    def shift(segment: Document) -> None:
        segment["raw_start_s"] = str(Fraction(segment["raw_start_s"]) + 1)
        segment.update(fields)

    scores = _changed(MADE, shift)
    assert scores["ambiguous_honest"] == 0
    assert scores["stated_wrong"] == 1.0


def test_a_raw_time_past_the_end_of_a_recording_names_no_frame() -> None:
    def last(segment: Document) -> None:
        segment.update(raw_start_s="1000", speed="0")

    assert _changed(MADE, last)["frames_within_1"] == 0


def test_swapped_mirroring_costs_the_mirror_and_nothing_else(truth: Document) -> None:
    scores = _changed(truth, lambda s: s.update(mirrored=not s["mirrored"]))
    assert scores["mirror_right"] == 0
    assert scores["speed_right"] == scores["frames_within_1"] == scores["vcsl_f"] == 1.0


@pytest.mark.parametrize(("factor", "right"), [("1009/1000", 1.0), ("1011/1000", 0.0), ("-1", 0.0)])
def test_a_speed_counts_within_one_percent(truth: Document, factor: str, right: float) -> None:
    moving = [s for s in truth["segments"] if s["speed"] not in {None, "0"}]
    scores = _changed(truth, lambda s: s.update(speed=str(Fraction(s["speed"]) * Fraction(factor))))
    frozen = sum(s["speed"] == "0" for s in truth["segments"])
    assert scores["speed_right"] == pytest.approx((right * len(moving) + frozen) / (len(moving) + frozen))


def test_a_freeze_frame_that_is_said_to_run_is_wrong() -> None:
    scores = _changed(MADE, lambda s: s.update(speed="1/1000") if s["speed"] == "0" else None)
    assert scores["speed_right"] == 0.75


def test_half_a_crop_has_half_the_overlap() -> None:
    half = {"x": 0.0, "y": 0.0, "width": 0.5, "height": 1.0}
    assert _changed(MADE, lambda s: s.update(crop=half))["crop_iou"] == pytest.approx(0.5)
    assert _changed(MADE, lambda s: s.update(crop=None))["crop_iou"] == 0


def test_a_cut_put_one_frame_off_is_met_and_two_frames_off_is_not() -> None:
    def moved(frames: int) -> float:
        def move(segment: Document) -> None:
            if segment["start_s"] == "5":
                segment["start_s"] = str(5 + frames * FRAME_S)

        met: float = _changed(MADE, move)["boundaries_within_1"]
        return met

    assert moved(1) == 1.0
    assert moved(2) == pytest.approx(7 / 8)


def test_any_frame_of_a_dissolve_is_its_boundary() -> None:
    def hard_cut(segment: Document) -> None:
        if segment["end_s"] == "3":
            segment["end_s"] = "11/4"
        if segment["start_s"] == "5/2":
            segment.update(start_s="11/4", opening={"kind": "cut", "start_s": "11/4", "end_s": "11/4"})

    scores = _changed(MADE, hard_cut)
    assert scores["boundaries_within_1"] == 1.0
    assert scores["boundaries_invented"] == 0
    assert scores["transitions_found"] == 0


def test_the_other_side_of_a_dissolve_is_asked_for() -> None:
    result = scorer.oracle(MADE)
    result["segments"][1]["end_s"] = "5/2"
    scores = scorer.score(result, MADE)
    assert scores["frames_asked"] == 30 * (2 + Fraction(5, 2) + 2)
    assert scores["stated_wrong_missing"] == pytest.approx(15 / 195)
    assert scores["claims_right"] == 1.0


def test_a_hardly_visible_side_is_not_asked_for() -> None:
    case = copy.deepcopy(MADE)
    for entries in case["frames"]:
        if len(entries) == 2:
            entries[0][3] = 0.149
    assert scorer.score(scorer.oracle(case), case)["frames_asked"] == 180


def test_a_picture_in_picture_is_scored_apart() -> None:
    case = copy.deepcopy(MADE)
    for entries in case["frames"]:
        if len(entries) == 2:
            entries[0][3:] = [0.06, "inset"]
    result = scorer.oracle(case)
    result["segments"][1]["end_s"] = "5/2"
    scores = scorer.score(result, case)
    assert scores["frames_within_1"] == 1.0
    assert (scores["inset_frames_asked"], scores["inset_frames_within_1"]) == (15, 0.0)


def test_a_segment_split_in_two_invents_one_boundary() -> None:
    result = scorer.oracle(MADE)
    first = result["segments"][1]
    second = copy.deepcopy(first)
    first.update(end_s="2", raw_end_s="3")
    second.update(start_s="2", raw_start_s="3", opening={"kind": "cut", "start_s": "2", "end_s": "2"})
    result["segments"].insert(2, second)
    scores = scorer.score(result, MADE)
    assert scores["boundaries_invented"] == 1
    assert scores["frames_within_1"] == scores["vcsl_f"] == 1.0


def test_a_transition_of_another_kind_is_found_but_its_kind_is_wrong(truth: Document) -> None:
    def wipe(segment: Document) -> None:
        if segment["opening"]["kind"] == "dissolve":
            segment["opening"]["kind"] = "wipe"

    scores = _changed(truth, wipe)
    assert (scores["transitions_found"], scores["transition_kind_right"]) == (1.0, 0.0)
    assert scores["transitions_invented"] == 0


def test_a_transition_at_a_cut_is_invented() -> None:
    opening = {"kind": "fade", "start_s": "5", "end_s": "21/4"}
    scores = _changed(MADE, lambda s: s.update(opening=opening) if s["start_s"] == "5" else None)
    assert scores["transitions_invented"] == 1


def test_naming_a_source_for_a_title_is_false(truth: Document) -> None:
    result = scorer.oracle(truth)
    for segment in result["segments"]:
        if segment["recording"] is None:
            segment.update(recording=0, raw_start_s="0", raw_end_s="1", speed="1", mirrored=False)
    scores = scorer.score(result, truth)
    assert scores["no_source_false"] == 1.0
    assert scores["claims_right"] < 1.0


def test_an_unused_recording_that_is_named_enters_precision_but_not_recall() -> None:
    result = scorer.oracle(MADE)
    result["segments"][0].update(recording=2, raw_start_s="0", raw_end_s="1", speed="1", mirrored=False)
    scores = scorer.score(result, MADE)
    assert scores["vcsl_recall"] == 1.0
    assert scores["vcsl_precision"] == pytest.approx(2 / 3)
    assert scores["vcsl_f"] == pytest.approx(0.8)


def test_a_used_recording_without_prediction_enters_recall_but_not_precision() -> None:
    result = scorer.oracle(MADE)
    result["segments"] = [s for s in result["segments"] if s["recording"] != 1]
    scores = scorer.score(result, MADE)
    assert (scores["vcsl_recall"], scores["vcsl_precision"]) == (0.5, 1.0)


def test_segment_recall_multiplies_the_covered_shares_of_both_axes() -> None:
    result = scorer.oracle(MADE)
    result["segments"] = [s for s in result["segments"] if s["recording"] == 0]
    # Half the release time of 2 s, three quarters of its 2 s of raw time; the other segment of 1 s stays,
    # which is played backwards and begins with the whole of its first frame.
    result["segments"][0].update(end_s="2", raw_end_s="7/2", speed="3/2")
    scores = scorer.score(result, MADE)
    assert scores["vcsl_recall"] == pytest.approx((2 / 3) * (2.5 + 1 / 30) / (3 + 1 / 30) / 2)
    assert scores["vcsl_precision"] == 1.0


def test_the_order_of_the_recordings_does_not_matter(truth: Document) -> None:
    result = scorer.oracle(truth)
    count = len(result["recordings"])
    result["recordings"].reverse()
    for item in (*result["segments"], *result["left_out"], *result["sound"]):
        if item["recording"] is not None:
            item["recording"] = count - 1 - item["recording"]
    assert scorer.score(result, truth) == scorer.score(scorer.oracle(truth), truth)


def test_a_recording_that_the_truth_does_not_know_is_never_right() -> None:
    result = scorer.oracle(MADE)
    result["recordings"][0]["sha256"] = "something else"
    scores = scorer.score(result, MADE)
    assert scores["stated_wrong_source"] > 0
    assert scores["source_right"] < 1.0
    assert scores["unsaid_s"] == 10.0


def test_sound_is_scored_only_where_the_result_has_it() -> None:
    result = scorer.oracle(MADE)
    del result["sound"]
    assert not [name for name in scorer.score(result, MADE) if name.startswith("sound")]


def test_sound_more_than_forty_milliseconds_off_is_not_located() -> None:
    def shifted(by_s: str) -> tuple[float, float]:
        result = scorer.oracle(MADE)
        result["sound"][0]["raw_start_s"] = str(2 + Fraction(by_s))
        scores = scorer.score(result, MADE)
        return scores["sound_finding_right"], scores["sound_located"]

    assert shifted("1/25") == (1.0, 1.0)
    assert shifted("41/1000") == (1.0, 0.0)


def test_sound_said_to_be_muted_is_the_wrong_finding() -> None:
    result = scorer.oracle(MADE)
    result["sound"] = [
        {"start_s": "0", "end_s": "7", "finding": "muted", "recording": None, "raw_start_s": None}
    ]
    scores = scorer.score(result, MADE)
    assert (scores["sound_finding_right"], scores["sound_located"]) == (0.0, 0.0)


times = st.fractions(min_value=0, max_value=7, max_denominator=60)


@st.composite
def any_segment(draw: st.DrawFn) -> Document:
    start_s, end_s = sorted((draw(times), draw(times)))
    speed = draw(st.sampled_from(["1", "1/2", "-1", "0", "2"]))
    segment = _made_segment(str(start_s), str(end_s), draw(st.integers(0, 2)), str(draw(times)), speed)
    segment["time_is"] = draw(st.sampled_from(["exact", "ambiguous"]))
    segment["alternatives"] = [{"raw_start_s": str(draw(times)), "raw_end_s": str(draw(times))}]
    return segment


@settings(max_examples=40, deadline=None)
@given(st.lists(any_segment(), max_size=5), st.lists(st.tuples(st.integers(0, 2), times, times), max_size=5))
def test_shares_stay_shares_and_add_up(segments: list[Document], spans: list[tuple[int, Any, Any]]) -> None:
    result = scorer.oracle(MADE)
    result["segments"] = segments
    result["left_out"] = [
        {"recording": r, "start_s": str(min(a, b)), "end_s": str(max(a, b)), "finding": "left_out"}
        for r, a, b in spans
    ]
    scores = scorer.score(result, MADE)
    assert all(0 <= value <= 1 for name, value in scores.items() if value is not None and "share" in name)
    assert all(0 <= scores[name] <= 1 for name in PERFECT if scores[name] is not None)
    assert scores["frames_within_1"] + scores["ambiguous_honest"] + scores["stated_wrong"] == pytest.approx(1)
    parts = scores["stated_wrong_time"] + scores["stated_wrong_source"] + scores["stated_wrong_missing"]
    assert parts == pytest.approx(scores["stated_wrong"])
    assert scores["false_left_out_core_s"] <= scores["false_left_out_s"] <= scores["aired_s"]
    json.dumps(scores, allow_nan=False)


def test_the_table_names_what_is_wrong_with_a_segment(truth: Document) -> None:
    result = scorer.oracle(truth)
    assert not [line for line in scorer.by_segment(result, truth) if "WRONG" in line or "NOT FOUND" in line]
    sourced = [s for s in result["segments"] if s["recording"] is not None]
    sourced[0]["mirrored"] = not sourced[0]["mirrored"]
    result["segments"].remove(sourced[1])
    lines = "\n".join(scorer.by_segment(result, truth))
    assert "WRONG MIRROR" in lines
    assert "NOT FOUND" in lines


def test_the_command_prints_the_same_scores_as_the_function(tmp_path: Path) -> None:
    paths = [tmp_path / "result.json", tmp_path / "truth.json"]
    for path, document in zip(paths, (scorer.oracle(MADE), MADE), strict=True):
        path.write_text(json.dumps(document), encoding="utf-8")
    command = [sys.executable, str(SCORE_PATH), *map(str, paths)]
    printed = subprocess.run([*command, "--json"], capture_output=True, text=True, check=True).stdout
    assert json.loads(printed) == scorer.score(scorer.oracle(MADE), MADE)
    table = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "false_left_out_s" in table
    assert "all right" in table
