import json
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from offcut import shots
from offcut.records import Measurement, Shot, Signal
from offcut.room import measure_file
from offcut.testing.small_pictures import Clip, black, dissolved, joined, measurement, place

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared"
needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="../shared is absent")


def openings(clip: Clip, rate: int = 25) -> list[tuple[str, float, float]]:
    """Kind and extent, in frames, of every opening but the first."""
    found, _ = shots.find(measurement(clip, rate=Fraction(rate)))
    return [
        (s.opening.kind, float(s.opening.start_s * rate), float(s.opening.end_s * rate)) for s in found[1:]
    ]


def flashed(clip: Clip, first: int, end: int) -> Clip:
    luma = clip[0].copy()
    luma[first:end] = 0.25 * luma[first:end] + 190
    return luma, clip[1]


def frozen(clip: Clip, first: int, end: int) -> Clip:
    luma, chroma = (part.copy() for part in clip)
    luma[first:end], chroma[first:end] = luma[first], chroma[first]
    return luma, chroma


def dimmed(clip: Clip, first: int) -> Clip:
    luma = clip[0].copy()
    luma[first:] *= 0.6
    return luma, clip[1]


def with_banner(clip: Clip, first: int, end: int) -> Clip:
    luma = clip[0].copy()
    luma[first:end, 38:50] = 225
    luma[first:end, 41:47, 10:70:4] = 20
    return luma, clip[1]


def shaken(clip: Clip, seed: int) -> Clip:
    moves = np.random.default_rng(seed).integers(-6, 7, (len(clip[0]), 2))
    return np.stack([np.roll(p, tuple(m), (0, 1)) for p, m in zip(clip[0], moves, strict=True)]), clip[1]


def test_a_cut_is_stated_at_the_exact_time_of_the_first_frame_of_the_new_shot() -> None:
    clip = joined(place(1, 40), place(2, 33), place(3, 50))
    assert openings(clip) == [("cut", 40, 40), ("cut", 73, 73)]


def test_an_unbroken_pan_is_one_shot() -> None:
    found, flashes = shots.find(measurement(place(4, 120, speed_px=1.5)))
    assert [s.opening.kind for s in found] == ["start"]
    assert found[0].opening.confidence == 1
    assert flashes == []


@pytest.mark.parametrize("rate", [10, 25, 60])
def test_a_cut_is_found_at_any_frame_rate(rate: int) -> None:
    clip = joined(place(1, 2 * rate, speed_px=15 / rate), place(2, 2 * rate, speed_px=15 / rate))
    assert openings(clip, rate) == [("cut", 2 * rate, 2 * rate)]


def test_times_follow_the_frames_of_a_file_with_variable_rate() -> None:
    steps = np.random.default_rng(5).integers(20, 61, 90)
    ticks = np.concatenate([[0], np.cumsum(steps)[:-1]])
    clip = joined(place(1, 50), place(2, 40))
    found, _ = shots.find(measurement(clip, pts=[int(t) for t in ticks], tick_s=Fraction(1, 1000)))
    assert [s.start_s for s in found] == [0, Fraction(int(ticks[50]), 1000)]
    assert found[1].opening.end_s == found[1].opening.start_s


@pytest.mark.parametrize("mixed", [8, 15, 25])
def test_a_dissolve_is_stated_with_its_extent(mixed: int) -> None:
    clip = dissolved(place(1, 60, speed_px=0.1), place(2, 60, speed_px=0.1), mixed)
    ((kind, first, end),) = openings(clip)
    assert kind == "dissolve"
    assert first == pytest.approx(60 - mixed, abs=2)
    assert end == pytest.approx(60, abs=2)


def test_a_fade_through_black_is_one_opening() -> None:
    dark = dissolved(place(1, 50, speed_px=0.1), black(30), 12)
    ((kind, first, end),) = openings(dissolved(dark, place(2, 50, speed_px=0.1), 12))
    assert kind == "fade"
    assert first == pytest.approx(38, abs=2)
    assert end == pytest.approx(68, abs=2)


@pytest.mark.parametrize("axis", [1, 2])
def test_a_wipe_is_not_taken_for_a_cut_or_a_dissolve(axis: int) -> None:
    old, new = place(1, 90, speed_px=0), place(2, 90, speed_px=0)
    luma, chroma = old[0].copy(), old[1].copy()
    for step in range(20):
        edge = round((step + 1) / 21 * luma.shape[axis])
        part = (40 + step, slice(0, edge)) if axis == 1 else (40 + step, slice(None), slice(0, edge))
        luma[part] = new[0][part]
    luma[60:], chroma[60:] = new[0][60:], new[1][60:]
    ((kind, first, end),) = openings((luma, chroma))
    assert kind == "wipe"
    assert first == pytest.approx(40, abs=4)
    assert end == pytest.approx(60, abs=4)


@pytest.mark.parametrize("length", [1, 2, 3])
def test_a_flash_is_reported_as_a_flash_and_not_as_a_cut(length: int) -> None:
    found, (flash,) = shots.find(measurement(flashed(place(6, 80), 40, 40 + length)))
    assert len(found) == 1
    assert flash.start_s == Fraction(40, 25)
    assert flash.end_s == Fraction(40 + length, 25)


@pytest.mark.parametrize(
    "clip",
    [
        pytest.param(with_banner(place(6, 90), 30, 60), id="banner"),
        pytest.param(shaken(place(6, 90, speed_px=0), 3), id="shake"),
        pytest.param(frozen(place(6, 90), 30, 45), id="freeze"),
        pytest.param(dimmed(place(6, 90), 45), id="exposure"),
    ],
)
def test_what_is_not_a_boundary_is_not_stated(clip: Clip) -> None:
    assert openings(clip) == []


def test_a_cut_between_dark_shots_is_found() -> None:
    luma, chroma = joined(place(1, 50), place(2, 50))
    assert openings((16 + 0.15 * (luma - 16), chroma)) == [("cut", 50, 50)]


def test_a_cut_beside_black_bars_is_found() -> None:
    luma, chroma = joined(place(1, 50), place(2, 50))
    bars = luma.copy()
    bars[:, :, :33], bars[:, :, 63:] = 16, 16
    assert openings((bars, chroma)) == [("cut", 50, 50)]


def test_a_cut_to_black_opens_a_black_shot() -> None:
    assert openings(joined(place(1, 50), black(40))) == [("cut", 50, 50)]


@pytest.mark.parametrize("count", [1, 2, 3])
def test_a_file_of_hardly_any_frames_is_one_shot(count: int) -> None:
    found, _ = shots.find(measurement(place(1, count)))
    assert len(found) == 1


def test_a_measurement_without_frames_has_no_shots() -> None:
    luma, chroma = place(1, 1)
    assert shots.find(measurement((luma[:0], chroma[:0]))) == ([], [])


def test_rows_that_do_not_fit_the_frames_are_refused() -> None:
    whole = measurement(place(1, 10))
    luma = whole.signals["picture.luma"]
    short = replace(whole, signals={**whole.signals, "picture.luma": replace(luma, values=luma.values[:9])})
    with pytest.raises(ValueError, match="9 luma"):
        shots.find(short)


def test_a_boundary_that_straddles_a_block_of_the_scan_is_found_once() -> None:
    clip = joined(place(1, 505, speed_px=0.1), place(2, 60, speed_px=0.1))
    assert openings(clip) == [("cut", 505, 505)]
    mixed = dissolved(place(1, 520, speed_px=0.02), place(2, 60, speed_px=0.1), 16)
    ((kind, first, end),) = openings(mixed)
    assert kind == "dissolve"
    assert first == pytest.approx(504, abs=2)
    assert end == pytest.approx(520, abs=2)


lengths = st.lists(st.integers(1, 40), min_size=1, max_size=5)


@settings(max_examples=25, deadline=None)
@given(lengths=lengths, seed=st.integers(0, 50), rate=st.sampled_from([10, 25, 60]))
def test_shots_share_out_the_whole_time_without_gap_or_overlap(
    lengths: list[int], seed: int, rate: int
) -> None:
    clip = joined(*(place(seed + i, n) for i, n in enumerate(lengths)))
    subject = measurement(clip, rate=Fraction(rate))
    found, _ = shots.find(subject)
    assert found[0].start_s == subject.frames.start_s
    assert found[-1].end_s == subject.frames.end_s
    assert all(a.end_s == b.start_s for a, b in pairwise(found))
    assert all(s.start_s < s.end_s and s.opening.start_s == s.start_s for s in found)
    assert all(0.5 <= s.opening.confidence <= 1 for s in found)
    frame_times = {subject.frames.time_s(i) for i in range(len(subject.frames) + 1)}
    assert all(s.start_s in frame_times and s.opening.end_s in frame_times for s in found)


@settings(max_examples=15, deadline=None)
@given(offset=st.integers(-20, 20), seed=st.integers(0, 50))
def test_brighter_or_darker_pictures_have_the_same_cuts(offset: int, seed: int) -> None:
    luma, chroma = joined(place(seed, 30), place(seed + 100, 25), place(seed + 200, 30))
    luma = 60 + 0.6 * (luma - 60)
    assert openings((luma + offset, chroma)) == openings((luma, chroma)) == [("cut", 30, 30), ("cut", 55, 55)]


def test_the_same_measurement_gives_the_same_answer() -> None:
    subject = measurement(joined(place(1, 40), flashed(place(2, 40), 20, 22)))
    assert shots.find(subject) == shots.find(subject)


def on_file(path: Path) -> tuple[Measurement, list[Shot]]:
    blocks: dict[str, list[Signal]] = {}
    report = measure_file(path, analysers=["picture"], sink=lambda s: blocks.setdefault(s.name, []).append(s))
    signals = {
        name: replace(
            parts[0],
            pts=np.concatenate([p.pts for p in parts]),
            values=np.concatenate([p.values for p in parts]),
        )
        for name, parts in blocks.items()
    }
    base = measurement(place(1, 2))
    subject = replace(base, frames=report.frames, signals=signals)
    return subject, shots.find(subject)[0]


@needs_shared
@pytest.mark.parametrize("case", ["one", "two"])
def test_every_boundary_of_a_real_release_is_found_within_a_frame_and_none_invented(case: str) -> None:
    truth = json.loads((SHARED / "cases" / case / "truth.json").read_text())
    subject, found = on_file(SHARED / "cases" / case / "release.mp4")
    frame_s = Fraction(1) / Fraction(truth["release"]["fps"])
    expected = [s["opening"] for s in truth["segments"] if s["opening"]["kind"] != "start"]
    assert [s.opening.kind for s in found[1:]] == [o["kind"] for o in expected]
    for shot, opening in zip(found[1:], expected, strict=True):
        slack_s = frame_s if opening["kind"] == "cut" else 4 * frame_s
        assert abs(shot.opening.start_s - Fraction(opening["start_s"])) <= slack_s
        assert abs(shot.opening.end_s - Fraction(opening["end_s"])) <= slack_s
    assert found[-1].end_s == subject.frames.end_s


@needs_shared
@pytest.mark.parametrize("take", ["walk.mp4", "road.mp4", "puppy.mp4", "sign_learn.mkv"])
def test_an_unbroken_real_take_is_one_shot(take: str) -> None:
    assert len(on_file(SHARED / "footage" / take)[1]) == 1
