"""The baseline of existing tools: what its alignment finds, and what it says of it."""

import importlib
import importlib.util
import json
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from offcut.decode.encode import write_video

BENCH = Path(__file__).resolve().parents[2] / "bench" / "conform"


def _module(name: str) -> ModuleType:
    sys.path.insert(0, str(BENCH))
    try:
        return importlib.import_module(name)
    finally:
        sys.path.remove(str(BENCH))


network = _module("conform_baseline.network")
hashing = _module("conform_baseline.hashes")
baseline = _module("baseline")
scorer = _module("score")


def along(pairs: list[tuple[int, int]], shape: tuple[int, int]) -> NDArray[np.float64]:
    """Similarities as unrelated hashes have them, and 0.9 for these pairs."""
    similarity = np.random.default_rng(5).normal(0.0, 0.06, shape)
    for row, column in pairs:
        similarity[row, column] = 0.9
    return similarity


def test_a_span_that_runs_along_is_found_from_its_first_to_its_last_sample() -> None:
    (run,) = network.runs(along([(10 + i, 30 + i) for i in range(15)], (40, 60)))
    assert (run.first, run.last) == ((10, 30), (24, 44))
    assert run.similarity == pytest.approx(0.9)


def test_half_of_the_samples_of_a_span_may_be_lost() -> None:
    (run,) = network.runs(along([(i, 5 + i) for i in range(0, 21, 2)], (25, 30)))
    assert (run.first, run.last) == ((0, 5), (20, 25))


def test_twice_the_speed_is_twice_the_steps() -> None:
    (run,) = network.runs(along([(i, 2 * i) for i in range(20)], (20, 40)))
    assert run.extents == (19, 38)


def test_two_spans_of_one_recording_are_two_runs() -> None:
    pairs = [(i, 40 + i) for i in range(15)] + [(20 + i, 5 + i) for i in range(12)]
    found = network.runs(along(pairs, (40, 60)))
    assert [(run.first, run.last) for run in found] == [((0, 40), (14, 54)), ((20, 5), (31, 16))]


def test_a_span_played_backwards_a_short_one_and_noise_are_not_found() -> None:
    backwards = [(i, 30 - i) for i in range(20)]
    short = [(5 + i, 5 + i) for i in range(5)]
    for pairs in (backwards, short, []):
        assert network.runs(along(pairs, (30, 40))) == []


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 24), st.integers(1, 24))
def test_runs_lead_forward_inside_of_what_was_compared(seed: int, rows: int, columns: int) -> None:
    similarity = np.random.default_rng(seed).uniform(-0.5, 1.0, (rows, columns))
    for run in network.runs(similarity):
        assert 0 <= run.first[0] < run.last[0] < rows
        assert 0 <= run.first[1] < run.last[1] < columns
        assert min(run.extents) > network.LEAST_LENGTH


def hashed(name: str, bits: NDArray[np.uint8], mirrored: NDArray[np.uint8]) -> Any:
    quality = np.full(len(bits), 100, np.int64)
    return hashing.Hashes(name * 8, Fraction(len(bits), 5), bits, mirrored, quality)


@pytest.fixture(scope="module")
def recordings() -> list[Any]:
    rng = np.random.default_rng(3)
    return [hashed(name, *(rng.integers(0, 256, (60, 32), np.uint8) for _ in "12")) for name in "ab"]


@pytest.fixture(scope="module")
def document(recordings: list[Any]) -> Any:
    first, second = recordings
    nothing = np.random.default_rng(4).integers(0, 256, (10, 32), np.uint8)
    shown = np.concatenate([first.as_is[20:40], nothing, second.mirrored[10:40:2]])
    release = hashed("r", shown, shown)
    paths = [Path(f"{name}.mp4") for name in "rab"]
    return baseline.compared(release, recordings, paths)


def test_recording_time_speed_and_mirroring_are_named(document: Any) -> None:
    names = ("start_s", "end_s", "recording", "raw_start_s", "raw_end_s", "speed", "mirrored")
    assert [tuple(s[name] for name in names) for s in document["segments"]] == [
        ("0", "4", 0, "4", "8", "1", False),
        ("4", "6", None, None, None, None, None),
        ("6", "9", 1, "2", "8", "2", True),
    ]


def test_what_no_segment_shows_is_called_left_out(document: Any) -> None:
    spans = [(o["recording"], o["start_s"], o["end_s"], o["finding"]) for o in document["left_out"]]
    assert spans == [
        (0, "0", "4", "left_out"), (0, "8", "12", "left_out"),
        (1, "0", "2", "left_out"), (1, "8", "12", "left_out"),
    ]  # fmt: skip


def test_of_two_recordings_that_explain_one_span_the_one_that_agrees_better_is_named(
    recordings: list[Any],
) -> None:
    first, second = recordings
    worse = first.as_is.copy()
    worse[:, :2] ^= 255
    copy = hashed("c", worse, second.mirrored)
    release = hashed("r", first.as_is[20:40], first.mirrored[20:40])
    document = baseline.compared(release, [copy, first], [Path(f"{name}.mp4") for name in "rca"])
    assert [s["recording"] for s in document["segments"]] == [1]


def test_pictures_are_hashed_five_times_a_second_and_kept(tmp_path: Path) -> None:
    pytest.importorskip("pdqhash", reason="pdqhash is not installed: pip install 'offcut[bench]'")
    rng = np.random.default_rng(1)
    coarse = rng.integers(0, 256, (6, 8, 3), np.uint8)
    picture = np.ascontiguousarray(coarse.repeat(16, axis=0).repeat(16, axis=1))
    flipped = np.ascontiguousarray(picture[:, ::-1])
    for name, shown in (("plain", picture), ("flipped", flipped)):
        write_video(tmp_path / f"{name}.mp4", [shown] * 25, rate_hz=Fraction(25), options={"crf": "12"})
    plain, other = (hashing.hashes(tmp_path / f"{n}.mp4", tmp_path / "kept") for n in ("plain", "flipped"))
    assert (len(plain.as_is), plain.end_s) == (5, 1)
    assert hashing.similarity(other, plain, mirrored=True).min() > 0.7
    assert hashing.similarity(other, plain, mirrored=False).max() < 0.5
    again = hashing.hashes(tmp_path / "plain.mp4", tmp_path / "kept")
    assert (again.as_is == plain.as_is).all()
    assert again.end_s == plain.end_s


def test_a_file_without_pictures_is_named_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "noise.mp4").write_bytes(b"no video at all")
    command = [sys.executable, str(BENCH / "baseline.py"), str(tmp_path / "noise.mp4")]
    command += ["--raw", str(tmp_path / "noise.mp4"), "--json", str(tmp_path / "out.json")]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    (line,) = ended.stderr.splitlines()
    assert line.startswith("baseline: ")
    assert "noise.mp4" in line


def test_the_document_can_be_scored(document: Any) -> None:
    truth = {
        "release": {"fps": "30"},
        "recordings": [
            {"path": "a.mp4", "sha256": "a" * 8, "end_s": "12", "frame_times_s": ["0", "6"]}
        ],
        "segments": [],
        "sound": [],
        "left_out": [],
        "frames": [],
    }  # fmt: skip
    assert scorer.score(json.loads(json.dumps(document)), truth)["no_source_frames"] == 0
