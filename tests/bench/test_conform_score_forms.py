"""The scorer on every form an edit can take: whatever the truth is, its oracle is perfect."""

import copy
import importlib.util
import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

SCORE_PATH = Path(__file__).resolve().parents[2] / "bench" / "conform" / "score.py"
FRAME_S = Fraction(1, 30)
RATES = (30, 10, 25)
RAW_S = 40

Document = dict[str, Any]


def _load() -> Any:
    spec = importlib.util.spec_from_file_location("bench_conform_score_forms", SCORE_PATH)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


scorer = _load()

WHOLE = {"x": 0.0, "y": 0.0, "width": 1.0, "height": 1.0}
LEFT = {"x": 0.0, "y": 0.0, "width": 0.5, "height": 1.0}
CORNER = {"x": 0.6, "y": 0.6, "width": 0.3, "height": 0.3}


def part(
    start: int, end: int, recording: int | None, raw_s: int = 0, speed: str = "1", **fields: Any
) -> Document:
    """A true segment in release frames; `to` makes it a ramp from `speed` to that speed."""
    start_s, end_s = start * FRAME_S, end * FRAME_S
    sourced, to = recording is not None, fields.pop("to", None)
    role, share = fields.pop("role", "main"), fields.pop("share", 1.0)
    mean = Fraction(speed) if to is None else (Fraction(speed) + Fraction(to)) / 2
    opening = {"kind": "cut" if start else "start", "start_s": str(start_s), "end_s": str(start_s)}
    return {
        "kind": "footage" if sourced else "title",
        "start_s": str(start_s),
        "end_s": str(end_s),
        "recording": recording,
        "raw_start_s": str(raw_s) if sourced else None,
        "raw_end_s": str(raw_s + mean * (end_s - start_s)) if sourced else None,
        "speed": (None if to else speed) if sourced else None,
        "mirrored": False if sourced else None,
        "crop": WHOLE if sourced else None,
        "placed": WHOLE if sourced else None,
        "motion": 5.0 if sourced else None,
        "overlays": [],
        **({"ramp": {"from": speed, "to": to}} if to else {}),
        "opening": opening,
        **fields,
        "_seen": (start, end, Fraction(raw_s), Fraction(speed), Fraction(to or speed), role, share),
    }


def opened(kind: str, start: int, end: int, style: str | None = None) -> Document:
    opening = {"kind": kind, "start_s": str(start * FRAME_S), "end_s": str(end * FRAME_S)}
    return opening if style is None else {**opening, "style": style}


def case(*parts: Document) -> Document:
    """The truth of an edit made of parts; what is left out and which frames are shown follows from them."""
    total = max(p["_seen"][1] for p in parts)
    frames: list[list[list[Any]]] = [[] for _ in range(total)]
    used: dict[int, list[tuple[Fraction, Fraction]]] = {0: [], 1: [], 2: []}
    for number, one in enumerate(parts):
        start, end, raw_s, first, last, role, share = one["_seen"]
        if one["recording"] is None:
            continue
        rate = RATES[one["recording"]]
        for n in range(start, end):
            at_s = (n - start) * FRAME_S
            now_s = raw_s + first * at_s + (last - first) * at_s * at_s / (2 * (end - start) * FRAME_S)
            frames[n].append([number, one["recording"], int(now_s * rate), share, role])
        low_s, high_s = sorted((raw_s, Fraction(one["raw_end_s"])))
        if Fraction(one["raw_end_s"]) <= raw_s:
            high_s += Fraction(1, rate)
        used[one["recording"]].append((low_s, high_s))
    left_out = []
    for recording, spans in used.items():
        at_s = Fraction(0)
        for low_s, high_s in [*sorted(spans), (Fraction(RAW_S), Fraction(RAW_S))]:
            if low_s > at_s:
                left_out.append({"recording": recording, "start_s": str(at_s), "end_s": str(low_s)})
            at_s = max(at_s, high_s)
    recordings = [
        {
            "path": f"{name}.mp4",
            "sha256": name * 8,
            "duration_s": str(RAW_S),
            "end_s": str(RAW_S),
            "frame_times_s": [str(Fraction(i, rate)) for i in range(rate * RAW_S)],
        }
        for name, rate in zip("abc", RATES, strict=True)
    ]
    segments = [{k: v for k, v in p.items() if k != "_seen"} for p in parts]
    return {
        "schema": "offcut.truth.conform/1",
        "release": {"path": "release.mp4", "fps": "30", "frames": total, "duration_s": str(total * FRAME_S)},
        "recordings": recordings,
        "segments": segments,
        "sound": [{"start_s": "0", "end_s": "1", "finding": "same", "recording": 0, "raw_start_s": "3"}],
        "left_out": left_out,
        "frames": frames,
    }


EVERYTHING = case(
    part(0, 60, 0, 5, opening=opened("start", 0, 0)),
    part(60, 90, 0, 20, "-1"),
    part(90, 120, 1, 8, "0"),
    part(120, 180, 2, 10, "1/4", to="2"),
    part(170, 230, 0, 30, "-3/2", opening=opened("wipe", 170, 180, "from left"), mirrored=True),
    part(230, 290, 1, 20, "1", opening=opened("fade", 227, 233, "flash")),
    part(240, 280, 2, 2, "1", role="inset", share=0.09, placed=CORNER),
    part(290, 330, 0, 35, "1", share=0.5, placed=LEFT),
    part(290, 330, 2, 30, "1", share=0.5, placed=LEFT),
    part(330, 345, None),
)

FAULTS = {
    "false_left_out_s", "false_left_out_share", "false_left_out_core_s", "false_left_out_core_share",
    "undecidable_s", "undecidable_aired_s", "undecidable_left_out_s", "unsaid_s", "contradicted_s",
    "ambiguous_honest", "ambiguous_said", "stated_wrong", "stated_wrong_time", "stated_wrong_source",
    "stated_wrong_missing", "no_source_false", "boundaries_invented", "transitions_invented",
    "sound_located_wrong", "sound_none_located",
}  # fmt: skip
COUNTS = {
    "aired_s", "left_out_true_s", "frames_asked", "frames_decidable", "claims", "no_source_frames",
    "boundaries_asked", "segments_asked", "speeds_asked", "speeds_decidable", "transitions_asked",
    "transition_styles_asked", "inset_segments_asked", "inset_frames_asked", "sound_steps",
    "sound_located_asked", "sound_none_asked", "ambiguous_mean_s",
}  # fmt: skip


def assert_perfect(scores: Document) -> None:
    asked = {name: value for name, value in scores.items() if name not in COUNTS and value is not None}
    assert asked == {name: 0 if name in FAULTS else 1 for name in asked}


def test_the_oracle_is_perfect_on_every_form_of_edit() -> None:
    scores = scorer.score(scorer.oracle(EVERYTHING), EVERYTHING)
    assert_perfect(scores)
    assert (scores["segments_asked"], scores["speeds_asked"], scores["inset_segments_asked"]) == (8, 7, 1)
    assert (scores["transitions_asked"], scores["transition_styles_asked"]) == (2, 2)
    assert scores["inset_frames_asked"] == 40


pieces = st.tuples(
    st.integers(2, 40),
    st.sampled_from([None, 0, 1, 2]),
    st.integers(0, 9),
    st.sampled_from(["1", "0", "-1", "1/4", "6/5", "4", "ramp"]),
    st.sampled_from(["main", "split", "inset"]),
    st.sampled_from([None, "dissolve", "wipe", "fade", "flash"]),
    st.integers(0, 3),
)


edits = st.lists(pieces, min_size=1, max_size=5)


def built(drawn: list[Any]) -> Document:
    parts: list[Document] = []
    at = 0
    for length, recording, place, speed, role, opening, motion in drawn:
        start = at - min(4, length // 2) if opening not in {None, "flash"} and at > 4 else at
        end = start + length + 8
        if recording is None:
            parts.append(part(start, end, None))
            at = end
            continue
        fields: Document = {"motion": float(motion), "mirrored": place % 2 == 0}
        if opening is not None and start:
            style = {"flash": "flash", "wipe": "from right"}.get(opening)
            kind = "fade" if opening == "flash" else opening
            fields["opening"] = opened(kind, start, max(at, start + 1), style)
        if speed == "ramp":
            fields["to"], speed = "3/2", "1/2"
        # Backwards it takes raw time before the place, at most 48 frames at speed 4 after it.
        parts.append(part(start, end, recording, 8 + 2 * place, speed, **fields))
        if role != "main":
            beside = (recording + 1) % 3
            parts.append(
                part(start, end, beside, 2 * place, role=role, share=0.5 if role == "split" else 0.1)
            )
        at = end
    return case(*parts)


@settings(max_examples=25, deadline=None)
@given(edits)
def test_the_oracle_of_any_edit_is_perfect(drawn: list[Any]) -> None:
    truth = built(drawn)
    result = scorer.oracle(truth)
    result["sound"] = None
    assert_perfect(scorer.score(result, truth))


@settings(max_examples=10, deadline=None)
@given(edits)
def test_an_empty_result_finds_nothing_accuses_nobody_and_claims_nothing(drawn: list[Any]) -> None:
    truth = built(drawn)
    empty = {**scorer.oracle(truth), "segments": [], "left_out": [], "sound": []}
    scores = scorer.score(empty, truth)
    for name in ("false_left_out_s", "claims", "boundaries_invented", "transitions_invented"):
        assert scores[name] == 0
    for name in (
        "frames_within_1",
        "frames_within_1_decidable",
        "speed_right",
        "mirror_right",
        "vcsl_recall",
        "vcsl_f",
    ):
        assert scores[name] in {0, None}
    assert scores["stated_wrong_missing"] in {1, None}
    assert scores["vcsl_precision"] is None
    assert scores["left_out_recall"] == 0
    assert scores["unsaid_s"] == pytest.approx(3 * RAW_S)


def test_without_a_list_of_what_was_left_out_everything_not_shown_is_said_to_be() -> None:
    result = scorer.oracle(EVERYTHING)
    del result["left_out"]
    scores = scorer.score(result, EVERYTHING)
    assert_perfect(scores)
    nothing_found = {**result, "segments": []}
    assert scorer.score(nothing_found, EVERYTHING)["false_left_out_share"] == 1.0


def test_a_result_of_the_fewest_fields_can_be_scored() -> None:
    names = ("start_s", "end_s", "recording", "raw_start_s", "raw_end_s")
    full = scorer.oracle(EVERYTHING)
    few = {
        "recordings": [{"sha256": r["sha256"]} for r in full["recordings"]],
        "segments": [
            {name: None if s[name] is None else float(Fraction(s[name])) if name != "recording" else s[name]
             for name in names}
            for s in full["segments"]
        ],
    }  # fmt: skip
    scores = scorer.score(json.loads(json.dumps(few)), EVERYTHING)
    assert scores["frames_within_1"] == scores["boundaries_within_1"] == scores["speed_right"] == 1.0
    assert scores["vcsl_f"] == pytest.approx(1.0)
    assert (scores["mirror_right"], scores["crop_iou"], scores["transitions_found"]) == (0, 0, 0)


def changed(number: int, truth: Document = EVERYTHING, **fields: Any) -> Document:
    result = copy.deepcopy(scorer.oracle(truth))
    true = truth["segments"][number]
    same = [s for s in result["segments"] if all(s[k] == true[k] for k in ("start_s", "end_s", "recording"))]
    same[0].update(fields)
    scores: Document = scorer.score(result, truth)
    return scores


def test_hedging_where_raw_frames_differ_is_no_way_out_and_where_nothing_moves_it_is() -> None:
    wrong = {
        "raw_start_s": "25", "time_is": "ambiguous", "alternatives": [{"raw_start_s": "0", "raw_end_s": "9"}]
    }  # fmt: skip
    for motion, decidable in ((5.0, 60), (0.4, 0)):
        truth = case(part(0, 60, 0, 5, motion=motion))
        scores = changed(0, truth, **wrong)
        assert scores["frames_decidable"] == decidable
        assert scores["frames_within_1_decidable"] == (0 if decidable else None)
        assert (scores["ambiguous_said"], scores["ambiguous_mean_s"]) == (1.0, 9.0)
        assert scores["ambiguous_honest"] == 1.0


def test_what_is_called_ambiguous_and_named_rightly_stays_in_what_is_decidable() -> None:
    truth = case(part(0, 60, 0, 5, motion=0.4))
    spans = [{"raw_start_s": "0", "raw_end_s": "9"}]
    scores = changed(0, truth, time_is="ambiguous", alternatives=spans)
    assert (scores["frames_decidable"], scores["frames_within_1_decidable"]) == (60, 1.0)


def test_a_speed_is_not_asked_for_where_nothing_moves_and_the_result_says_so() -> None:
    for motion, hedged, decidable in ((0.4, True, 0), (0.4, False, 1), (5.0, True, 1)):
        truth = case(part(0, 60, 0, 5, motion=motion))
        fields = {"time_is": "ambiguous", "alternatives": [{"raw_start_s": "0", "raw_end_s": "9"}]}
        scores = changed(0, truth, speed="2", **(fields if hedged else {}))
        assert (scores["speeds_decidable"], scores["speed_right"]) == (decidable, 0)


def test_a_freeze_put_within_its_raw_frame_keeps_its_whole_extent() -> None:
    truth = case(part(0, 30, 1, 8, "0"))
    scores = changed(0, truth, raw_start_s="161/20", raw_end_s="161/20")
    assert scores["vcsl_f"] == scores["frames_within_1"] == scores["speed_right"] == 1.0


def test_a_segment_played_backwards_and_said_to_run_forwards_covers_its_raw_but_not_its_frames() -> None:
    truth = case(part(0, 60, 0, 20, "-1"))
    scores = changed(0, truth, raw_start_s="18", raw_end_s="601/30", speed="1")
    assert scores["vcsl_f"] == 1.0
    assert scores["speed_right"] == 0
    assert scores["frames_within_1"] < 0.1


@pytest.mark.parametrize(
    ("opening", "kind", "style"),
    [
        (opened("wipe", 170, 180, "from left"), 1, 1),
        (opened("wipe", 170, 180, "from right"), 1, 0.5),
        (opened("dissolve", 170, 180, "from left"), 0.5, 0.5),
    ],
)
def test_a_wipe_is_judged_by_kind_and_by_where_it_comes_from(
    opening: Document, kind: float, style: float
) -> None:
    scores = changed(4, opening=opening)
    assert (scores["transition_kind_right"], scores["transition_style_right"]) == (kind, style)
    assert scores["transition_extent_right"] == 1.0


def test_a_flash_is_a_kind_of_its_own_whatever_it_is_laid_on() -> None:
    assert changed(5, opening=opened("cut", 227, 233, "flash"))["transition_kind_right"] == 1.0
    assert changed(5, opening=opened("fade", 227, 233))["transition_kind_right"] == 0.5


def test_a_transition_two_frames_too_long_is_found_but_not_its_extent() -> None:
    scores = changed(4, opening=opened("wipe", 170, 182, "from left"))
    assert (scores["transition_kind_right"], scores["transition_extent_right"]) == (1.0, 0.5)


def test_a_picture_in_picture_that_is_missed_or_invented_costs_nothing_but_its_own_metrics() -> None:
    result = scorer.oracle(EVERYTHING)
    result["segments"] = [s for s in result["segments"] if s["placed"] != CORNER]
    scores = scorer.score(result, EVERYTHING)
    assert (scores["inset_segments_present"], scores["inset_frames_within_1"]) == (0, 0)
    assert scores["vcsl_f"] == scores["frames_within_1"] == scores["boundaries_within_1"] == 1.0


def test_a_side_of_a_split_screen_is_asked_for_like_any_other_source() -> None:
    result = scorer.oracle(EVERYTHING)
    sides = [s for s in result["segments"] if s["placed"] == LEFT]
    result["segments"].remove(sides[1])
    scores = scorer.score(result, EVERYTHING)
    assert scores["segments_present"] == pytest.approx(7 / 8)
    assert scores["frames_within_1"] < 1
    assert scores["vcsl_recall"] < 1


def test_a_transition_that_both_sides_of_a_split_screen_share_is_asked_once() -> None:
    fade = opened("fade", 60, 70)
    truth = case(
        part(0, 70, None),
        part(60, 120, 0, 5, opening=fade, share=0.5, placed=LEFT),
        part(60, 120, 1, 5, opening=fade, share=0.5, placed=LEFT),
    )
    scores = scorer.score(scorer.oracle(truth), truth)
    assert_perfect(scores)
    assert scores["transitions_asked"] == 1


def test_a_recording_whose_first_picture_comes_late_has_no_time_before_it() -> None:
    truth = copy.deepcopy(case(part(0, 60, 0, 5)))
    truth["recordings"][0]["frame_times_s"] = truth["recordings"][0]["frame_times_s"][3:]
    for entries in truth["frames"]:
        entries[0][2] -= 3
    truth["left_out"][0]["start_s"] = "1/10"
    assert_perfect(scorer.score(scorer.oracle(truth), truth))


def test_joints_inside_a_ramp_are_not_invented_but_outside_of_one_they_are() -> None:
    for truth, invented in ((case(part(0, 60, 0, 5, "1/2", to="3/2")), 0), (case(part(0, 60, 0, 5)), 1)):
        one = part(0, 30, 0, 5)
        two = part(30, 60, 0, 6)
        result = {**scorer.oracle(truth), "segments": [one, two]}
        assert scorer.score(result, truth)["boundaries_invented"] == invented


def test_sound_located_where_no_recording_is_heard_is_counted_apart_from_sound_located_wrongly() -> None:
    truth = case(part(0, 60, 0, 3))
    truth["sound"].append(
        {"start_s": "1", "end_s": "2", "finding": "replaced", "recording": None, "raw_start_s": None}
    )
    result = scorer.oracle(truth)
    claimed = {"finding": "same", "recording": 0, "raw_start_s": "9"}
    result["sound"] = [
        {"start_s": "0", "end_s": "1/2", **claimed},
        {"start_s": "1", "end_s": "3/2", **claimed},
    ]
    scores = scorer.score(result, truth)
    assert (scores["sound_located_asked"], scores["sound_none_asked"]) == (10, 10)
    assert (scores["sound_located"], scores["sound_located_wrong"], scores["sound_none_located"]) == (
        0,
        0.5,
        0.5,
    )
    assert scores["sound_finding_right"] == 0.5 * 0.5 + 0


def test_retimed_sound_is_followed_at_its_own_speed() -> None:
    truth = case(part(0, 60, 0, 3, "2"))
    truth["sound"] = [
        {"start_s": "0", "end_s": "2", "finding": "same", "recording": 0, "raw_start_s": "3", "speed": "2"}
    ]
    result = scorer.oracle(truth)
    assert scorer.score(result, truth)["sound_located"] == 1.0
    del result["sound"][0]["speed"]
    assert scorer.score(result, truth)["sound_located"] < 0.1
