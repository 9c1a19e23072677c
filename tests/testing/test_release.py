import itertools
import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest

from offcut.records import Box
from offcut.testing.edits import DEMO, SHORT, Cut, EditList, drawn
from offcut.testing.footage import HEIGHT_PX, WIDTH_PX, Footage, Scene
from offcut.testing.release import cut_release, truth_of, window
from offcut.timeline import Span, subtract, union

EDITS = {"demo": DEMO, "short": SHORT, "drawn": drawn(1), "hard": drawn(1, hard=True)}


@pytest.fixture(scope="module", params=sorted(EDITS))
def told(request: pytest.FixtureRequest) -> dict[str, Any]:
    return truth_of(EDITS[request.param])


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[EditList, Path]:
    recordings = (Scene("hills", "hills", 5, Fraction(25), 50),)
    cuts = (
        Cut("footage", 20, "hills", 24, mirrored=True, crop=Box(0.1, 0.1, 0.8, 0.8)),
        Cut("footage", 20, "hills", 2, speed=Fraction(1, 2), overlaid=True, dissolve_frames=6),
        Cut("black", 3),
    )
    edit = EditList(3, recordings, (), cuts, width_px=320, height_px=180)
    folder = tmp_path_factory.mktemp("made")
    cut_release(edit, folder)
    return edit, folder


def seconds(value: str) -> Fraction:
    return Fraction(value)


def decoded(path: Path) -> list[np.ndarray]:
    with av.open(str(path)) as source:
        return [frame.to_ndarray(format="gray8") for frame in source.decode(video=0)]


def test_every_frame_entry_names_a_frame_that_exists(told: dict[str, Any]) -> None:
    assert len(told["frames"]) == told["release"]["frames"]
    counts = [len(recording["frame_times_s"]) for recording in told["recordings"]]
    for entries in told["frames"]:
        for segment, recording, raw, share, role in entries:
            assert told["segments"][segment]["recording"] == recording
            assert 0 <= raw < counts[recording]
            assert 0 < share <= 1
            assert role == "main"


def test_segments_partition_the_release_but_for_dissolves(told: dict[str, Any]) -> None:
    segments = told["segments"]
    assert segments[0]["start_s"] == "0"
    assert segments[-1]["end_s"] == told["release"]["duration_s"]
    for before, after in itertools.pairwise(segments):
        assert after["opening"]["start_s"] == after["start_s"]
        assert after["opening"]["end_s"] == before["end_s"]
        assert (after["opening"]["kind"] == "dissolve") == (
            seconds(after["start_s"]) < seconds(before["end_s"])
        )


def test_frames_named_lie_within_one_frame_of_the_line_of_their_segment(told: dict[str, Any]) -> None:
    rate = Fraction(told["release"]["fps"])
    for n, entries in enumerate(told["frames"]):
        for number, recording, raw, _, _ in entries:
            segment, times = told["segments"][number], told["recordings"][recording]["frame_times_s"]
            line = seconds(segment["raw_start_s"]) + Fraction(segment["speed"]) * (
                n / rate - seconds(segment["start_s"])
            )
            assert 0 <= line - seconds(times[raw]) < seconds(times[1])


def test_left_out_is_the_complement_of_what_was_aired(told: dict[str, Any]) -> None:
    for number, recording in enumerate(told["recordings"]):
        aired = [
            Span(seconds(s["raw_start_s"]), seconds(s["raw_end_s"]))
            for s in told["segments"]
            if s["recording"] == number
        ]
        left = [
            Span(seconds(o["start_s"]), seconds(o["end_s"]))
            for o in told["left_out"]
            if o["recording"] == number
        ]
        whole = [Span(Fraction(0), seconds(recording["end_s"]))]
        assert union([*aired, *left]) == whole
        assert left == subtract(whole, aired)


def test_nothing_aired_twice_in_a_drawn_edit() -> None:
    for seed in range(4):
        told = truth_of(drawn(seed, hard=seed % 2 == 1))
        seen = [(r, raw) for entries in told["frames"] for _, r, raw, share, _ in entries if share == 1]
        segments = {(r, raw): s for entries in told["frames"] for s, r, raw, _, _ in entries}
        assert all(key in segments for key in seen)
        for number in range(len(told["recordings"])):
            spans = sorted(
                (seconds(s["raw_start_s"]), seconds(s["raw_end_s"]))
                for s in told["segments"]
                if s["recording"] == number
            )
            assert all(one[1] <= two[0] for one, two in itertools.pairwise(spans))


def test_the_demo_never_shows_the_fall_and_something_happens_there() -> None:
    scene = next(scene for scene in DEMO.recordings if scene.alarm_s is not None)
    number = DEMO.recordings.index(scene)
    assert scene.alarm_s is not None
    told = truth_of(DEMO)
    last = max(raw for entries in told["frames"] for _, r, raw, _, _ in entries if r == number)
    assert last / scene.rate_hz < scene.alarm_s
    quiet = Footage(Scene(scene.name, scene.place, scene.seed, scene.rate_hz, scene.frames))
    shown = Footage(scene)
    for seconds_after in (0.4, 1.0, 2.0, 4.0):
        index = int((scene.alarm_s + seconds_after) * scene.rate_hz)
        difference = cv2.absdiff(shown.picture(index), quiet.picture(index)).max(axis=2)
        assert np.mean(difference > 30) > 0.01


def test_the_demo_holds_everything_that_offcut_looks_for() -> None:
    segments = truth_of(DEMO)["segments"]
    assert {s["kind"] for s in segments} == {"title", "footage", "external", "black"}
    assert {s["speed"] for s in segments} >= {"1", "1/2", "3/2"}
    assert {s["opening"]["kind"] for s in segments} == {"start", "cut", "dissolve"}
    assert any(s["mirrored"] for s in segments)
    assert any(s["crop"] and s["crop"]["width"] < 0.9 for s in segments)
    assert any(s["grade"] for s in segments)
    assert any(s["overlays"] for s in segments)


def test_what_hardly_moves_is_called_nearly_static() -> None:
    told = truth_of(drawn(1, hard=True))
    names = [recording["path"] for recording in told["recordings"]]
    motion = [(names[s["recording"]], s["motion"]) for s in told["segments"] if s["kind"] == "footage"]
    assert {name for name, value in motion if value < 1.5} == {"empty_road.mp4"}


def test_the_truth_written_is_the_truth_told(made: tuple[EditList, Path]) -> None:
    edit, folder = made
    written = json.loads((folder / "truth.json").read_text())
    told = truth_of(edit)
    assert [len(r["sha256"]) for r in written["recordings"]] == [64]
    for recording in written["recordings"]:
        recording["sha256"] = ""
    assert written == told


def test_the_frames_shown_are_the_frames_named(made: tuple[EditList, Path]) -> None:
    edit, folder = made
    told = truth_of(edit)
    release, raw = decoded(folder / "release.mp4"), decoded(folder / "hills.mp4")
    assert (len(release), len(raw)) == (told["release"]["frames"], 50)
    whole = [(n, entries[0]) for n, entries in enumerate(told["frames"]) if entries and entries[0][3] == 1]
    assert len(whole) > 20
    for n, (segment, _, index, _, _) in whole:
        seen = told["segments"][segment]["crop"]

        def likeness(candidate: int, n: int = n, segment: int = segment, seen: Any = seen) -> float:
            rows = slice(round(seen["y"] * HEIGHT_PX), round((seen["y"] + seen["height"]) * HEIGHT_PX))
            columns = slice(round(seen["x"] * WIDTH_PX), round((seen["x"] + seen["width"]) * WIDTH_PX))
            view = cv2.resize(raw[candidate][rows, columns], (320, 180), interpolation=cv2.INTER_AREA)
            view = view[:, ::-1] if told["segments"][segment]["mirrored"] else view
            # The logo and the lower third cover the top left corner and the last rows.
            return float(np.corrcoef(view[30:150].ravel(), release[n][30:150].ravel())[0, 1])

        near = range(max(0, index - 2), min(50, index + 3))
        assert max(near, key=likeness) == index


def test_a_cut_beyond_the_end_of_its_scene_is_refused() -> None:
    edit = EditList(1, SHORT.recordings, (), (Cut("footage", 60, "hills", 140),))
    with pytest.raises(ValueError, match="hills has no picture at"):
        truth_of(edit)


def test_a_dissolve_longer_than_its_cut_is_refused() -> None:
    edit = EditList(1, SHORT.recordings, (), (Cut("title", 20), Cut("title", 10, dissolve_frames=12)))
    with pytest.raises(ValueError, match="no room for a dissolve"):
        truth_of(edit)


def test_the_window_has_the_shape_of_the_release_and_lies_in_the_crop() -> None:
    for crop in (Box(0, 0, 1, 1), Box(0.2, 0.1, 0.5, 0.9), Box(0.1, 0.3, 0.9, 0.3)):
        seen = window(Cut("footage", 1, "hills", crop=crop), SHORT)
        shape = seen.width * WIDTH_PX / (seen.height * HEIGHT_PX)
        assert shape == pytest.approx(SHORT.width_px / SHORT.height_px)
        assert seen.x >= crop.x - 1e-9
        assert seen.x + seen.width <= crop.x + crop.width + 1e-9
        assert seen.y >= crop.y - 1e-9
        assert seen.y + seen.height <= crop.y + crop.height + 1e-9
