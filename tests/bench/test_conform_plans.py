"""What the generator draws: every feature, an editor's rules, and a truth that agrees with itself."""

import importlib
import sys
from collections import Counter
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from offcut.decode.encode import Film, write_film, write_video
from offcut.timeline import FrameTimes, Span, union

BENCH = Path(__file__).resolve().parents[2] / "bench" / "conform"
SEEDS = range(30)


def _module(name: str) -> ModuleType:
    sys.path.insert(0, str(BENCH))
    try:
        return importlib.import_module(name)
    finally:
        sys.path.remove(str(BENCH))


clips = _module("conform_cases.clips")
cuts = _module("conform_cases.cuts")
heard = _module("conform_cases.heard")
laid_out = _module("conform_cases.laid_out")
odds = _module("conform_cases.odds")
plans = _module("conform_cases.plans")
raws = _module("conform_cases.raws")
stretched = _module("conform_cases.stretched")
told = _module("conform_cases.truth")
generate = _module("generate")


def unseen(name: str, *, width_px: int = 640, height_px: int = 360, frames: int = 600) -> Any:
    """A clip without a file, for what is decided before a picture is made."""
    times = FrameTimes(Fraction(1, 30), np.arange(frames, dtype=np.int64), frames)
    return clips.Clip(name, Path(f"{name}.mp4"), times, width_px, height_px, has_sound=name != "c")


SIX = [unseen(name) for name in "abcde"] + [unseen("tall", width_px=360, height_px=640, frames=240)]
BY_NAME = {one.name: one for one in SIX}


def drawn(seed: int, level: str = "medium") -> Any:
    return plans.draw(np.random.default_rng(seed), seed, SIX, level=level)


def features(plan: Any) -> Counter[str]:
    found = Counter(f"size {e.width_px}" for e in plan.encodings)
    found.update(f"rate {plan.rate_hz}" for _ in plan.cuts[:1])
    found["twice"] += len(plan.encodings) == 2
    found["screen"] += plan.screen_seed is not None
    found["bed" if plan.bed else "no bed"] += 1
    found.update(f"graphic {g.kind}" for g in plan.graphics)
    found["unused"] += bool(set(plan.recordings) - {v.clip for c in plan.cuts for v in c.views})
    seen: list[tuple[str, int]] = []
    for cut in plan.cuts:
        found.update(_of_cut(cut))
        for view in cut.views:
            found.update(_of_view(view))
            found["again"] += (
                cut.kind == "footage" and not cut.goes_on and (view.clip, view.raw_frame) in seen
            )
            seen.append((view.clip, view.raw_frame))
    return found


def _of_cut(cut: Any) -> list[str]:
    names = [cut.kind, f"opening {cut.opening.style or cut.opening.kind}", f"sound {cut.sound.kind}"]
    if len(cut.views) == 2:
        names.append("inset" if cut.views[1].role == "inset" else "split")
    names += [f"retimed {cut.sound.retimed}"] if cut.sound.retimed else []
    names += ["held"] if cut.goes_on else []
    return names + ["J cut"] * bool(cut.sound.lead) + ["L cut"] * bool(cut.sound.lag)


def _of_view(view: Any) -> list[str]:
    speed = view.pace.speed
    names = [f"fit {view.fit}", f"look {view.look}"]
    names += ["mirrored"] if view.mirrored else []
    names += ["cropped"] if view.crop.width * view.crop.height < 0.99 else []
    names += ["vignette"] if view.vignette else []
    if view.pace.to is not None:
        names.append("ramp")
    elif speed <= 0:
        names.append("freeze" if speed == 0 else "reverse" if speed == -1 else "reverse, other speed")
    elif speed != 1:
        names.append("lattice" if speed in odds.LATTICE else "odd speed")
    else:
        names.append("as recorded")
    bent = {"tilt": view.tilt_deg, "perspective": view.corners, "steady": view.steady_seed}
    return names + [name for name, value in bent.items() if value]


ALWAYS = {
    *("footage", "external", "title", "black", "inset", "split", "held", "again", "unused", "twice"),
    *(f"opening {style}" for style in ("cut", "dissolve", "fade", "through white", "through black", "flash")),
    *(f"opening {style}" for style in odds.WIPES),
    *("freeze", "reverse", "reverse, other speed", "lattice", "odd speed", "as recorded"),
    *("mirrored", "cropped", "vignette", "fit fill", "fit pad", "fit blur"),
    *(f"look {look}" for look in (None, *odds.LOOKS)),
    *("graphic logo", "graphic text", "graphic border", "bed", "no bed"),
    *("sound own", "sound replaced", "sound muted", "J cut", "L cut"),
    *("retimed pitched", "retimed stretched"),
    *("size 640", "size 854", "size 1280"),
    *("rate 24", "rate 25", "rate 30", "rate 30000/1001"),
}
ONLY_HARD = {"ramp", "tilt", "perspective", "steady", "screen"}


def test_every_feature_is_drawn_over_thirty_seeds_and_hard_ones_only_where_asked() -> None:
    medium, hard = Counter[str](), Counter[str]()
    for seed in SEEDS:
        medium.update(features(drawn(seed)))
        hard.update(features(drawn(seed, "hard")))
    assert {name for name in ALWAYS | ONLY_HARD if medium[name]} == ALWAYS
    assert {name for name in ALWAYS | ONLY_HARD if hard[name]} == ALWAYS | ONLY_HARD
    views = sum(medium[f"fit {fit}"] for fit in ("fill", "pad", "blur"))
    assert medium["as recorded"] > 0.6 * views
    assert medium["mirrored"] < 0.3 * views


@pytest.mark.parametrize("level", ["medium", "hard"])
@pytest.mark.parametrize("seed", range(8))
def test_what_is_drawn_keeps_the_rules_of_an_edit(seed: int, level: str) -> None:
    plan = drawn(seed, level)
    total_s = cuts.spans(plan.cuts)[-1][1] / plan.rate_hz
    assert 20 <= total_s <= 50
    assert len(plan.recordings) == len(SIX) - 1
    for cut in plan.cuts:
        assert {v.clip in plan.recordings for v in cut.views} == (
            {cut.kind == "footage"} if cut.views else set()
        )
        assert bool(cut.views) == (cut.kind in {"footage", "external"})
        assert cut.opening.frames * 3 <= cut.frames or cut.opening.style == "flash"
        assert (cut.opening.kind == "cut") == (cut.opening.frames == 0)
        assert cut.kind != "footage" or cut.frames / plan.rate_hz > 0.75
    laid_out.lay_out(plan, BY_NAME)


def test_the_same_seed_draws_the_same_edit_and_another_seed_another() -> None:
    assert drawn(5) == drawn(5) != drawn(6)
    assert drawn(5, "hard") != drawn(5)


def test_one_clip_is_no_edit() -> None:
    with pytest.raises(ValueError, match="1 clips that may be used"):
        plans.draw(np.random.default_rng(0), 0, SIX[:1])


@pytest.mark.parametrize("seed", range(30))
def test_the_sound_of_cuts_follows_without_gap_or_overlap(seed: int) -> None:
    plan = drawn(seed)
    under = heard.laid_under(plan)
    assert under[0].first == 0
    assert under[-1].last == cuts.spans(plan.cuts)[-1][1]
    assert all(before.last == after.first for before, after in pairwise(under))
    assert all(one.first < one.last for one in under)


def test_shares_of_what_is_seen_never_exceed_the_picture() -> None:
    for seed in range(2):
        plan = drawn(seed, "hard")
        laid = laid_out.lay_out(plan, BY_NAME)
        for n in range(laid_out.length_frames(laid)):
            shares = [one.share(n) for one in laid if one.view and one.start <= n < one.end]
            assert sum(shares) <= 1 + 1e-9
            assert min(shares, default=1) > 0


# --- on recordings that exist --------------------------------------------------------------------


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder, found = tmp_path_factory.mktemp("raw"), {}
    for number, rate_hz in enumerate((Fraction(30), Fraction(25), Fraction(30000, 1001), Fraction(12))):
        path, rng = folder / f"clip{number}.mp4", np.random.default_rng(number)
        frames = int(14 * rate_hz)
        pictures = (np.full((48, 64, 3), 40 + n % 100, np.uint8) for n in range(frames))
        noise = rng.normal(0, 0.1, (2, 14 * clips.RATE_HZ)).astype(np.float32) if number else None
        write_video(path, pictures, rate_hz=rate_hz, sound=noise, options={"preset": "ultrafast"})
        found[path.stem] = clips.clip(path)
    return found


@pytest.fixture(scope="module", params=[(seed, level) for seed in range(2) for level in ("medium", "hard")])
def case(request: pytest.FixtureRequest, recorded: dict[str, Any]) -> tuple[Any, dict[str, Any], Any]:
    seed, level = request.param
    plan = plans.draw(np.random.default_rng(seed), seed, list(recorded.values()), level=level)
    track = heard.soundtrack(plan, recorded)
    laid, findings = laid_out.lay_out(plan, recorded), heard.findings(plan, recorded, track)
    return plan, told.truth(plan, laid, recorded, recorded["clip0"].path.parent, findings), track


def test_frames_and_segments_name_the_same_raw_time(case: tuple[Any, dict[str, Any], Any]) -> None:
    plan, truth, _ = case
    for n, entries in enumerate(truth["frames"]):
        for number, recording, raw_frame, _, role in entries:
            segment = truth["segments"][number]
            assert (segment["recording"], segment["role"]) == (recording, role)
            start_s, end_s = Fraction(segment["start_s"]), Fraction(segment["end_s"])
            at_s = n / plan.rate_hz - start_s
            assert 0 <= at_s < end_s - start_s
            raw_s = Fraction(segment["raw_start_s"]) + Fraction(segment["speed"]) * at_s
            if segment["ramp"]:
                first, last = (Fraction(segment["ramp"][key]) for key in ("from", "to"))
                bent_s = (last - first) * at_s * at_s / (2 * (end_s - start_s))
                raw_s = Fraction(segment["raw_start_s"]) + first * at_s + bent_s
            times = [Fraction(t) for t in truth["recordings"][recording]["frame_times_s"]]
            ends = (*times[1:], Fraction(truth["recordings"][recording]["end_s"]))
            assert times[raw_frame] <= raw_s < ends[raw_frame]


def test_left_out_is_what_no_segment_shows(case: tuple[Any, dict[str, Any], Any]) -> None:
    _, truth, _ = case
    for index, recording in enumerate(truth["recordings"]):
        end_s = Fraction(recording["end_s"])
        left = [_span(o) for o in truth["left_out"] if o["recording"] == index]
        aired = []
        for segment in truth["segments"]:
            if segment["recording"] == index:
                ends = sorted(Fraction(segment[key]) for key in ("raw_start_s", "raw_end_s"))
                aired.append(Span(max(ends[0], Fraction(0)), min(ends[1], end_s)))
        length_s = sum(s.duration_s for s in union(aired)) + sum(s.duration_s for s in left)
        backwards = [s for s in truth["segments"] if s["recording"] == index and Fraction(s["speed"]) <= 0]
        slack_s = len(backwards) * Fraction(1, 11)
        assert end_s - slack_s <= length_s <= end_s
        assert recording["used"] == bool(aired)
        times = [Fraction(t) for t in recording["frame_times_s"]]
        for entry in (e for entries in truth["frames"] for e in entries if e[1] == index):
            shown = Span(times[entry[2]], (*times, end_s)[entry[2] + 1])
            assert not any(o.start_s <= shown.start_s and shown.end_s <= o.end_s for o in left)


def _span(told_of: dict[str, Any]) -> Span:
    return Span(Fraction(told_of["start_s"]), Fraction(told_of["end_s"]))


def test_own_sound_lies_where_the_truth_says(
    case: tuple[Any, dict[str, Any], Any], recorded: dict[str, Any]
) -> None:
    plan, truth, track = case
    spans, mixed = truth["sound"], track.mixed()
    assert spans[0]["start_s"] == "0"
    assert spans[-1]["end_s"] == truth["release"]["duration_s"]
    assert all(before["end_s"] == after["start_s"] for before, after in pairwise(spans))
    for span in spans:
        first, last = (int(Fraction(span[key]) * clips.RATE_HZ) for key in ("start_s", "end_s"))
        middle = slice(int(0.4 * (last - first)), int(0.6 * (last - first)))
        if span["finding"] == "muted":
            assert np.abs(mixed[:, first:last][:, middle]).max() < 0.01
        if span["raw_start_s"] is None:
            continue
        source = recorded[plan.recordings[span["recording"]]]
        raw = clips.sound(source.path)[0, int(Fraction(span["raw_start_s"]) * clips.RATE_HZ) :]
        own = track.own[0, first:last][middle]
        like = max(np.corrcoef(own, raw[middle.start + k : middle.stop + k])[0, 1] for k in (-1, 0, 1))
        assert like > 0.9


def test_own_sound_is_as_loud_over_music_as_the_truth_says(case: tuple[Any, dict[str, Any], Any]) -> None:
    _, truth, track = case
    for span in truth["sound"]:
        if span["finding"] == "covered":
            assert -19.5 <= span["snr_db"] <= 7.5
            first, last = (int(Fraction(span[key]) * clips.RATE_HZ) for key in ("start_s", "end_s"))
            powers = [float(np.mean(mix[:, first:last] ** 2)) for mix in (track.own, track.bed)]
            assert 10 * np.log10(powers[0] / powers[1]) == pytest.approx(span["snr_db"], abs=0.01)


@pytest.mark.parametrize("speed", [0.5, 0.83, 1.37, 2.0])
def test_stretched_sound_keeps_its_pitch_and_takes_another_time(speed: float) -> None:
    seconds = np.arange(6 * clips.RATE_HZ) / clips.RATE_HZ
    tone = np.stack([np.sin(2 * np.pi * 440 * seconds) * (seconds < 3)] * 2).astype(np.float32)
    out = stretched.stretched(tone, 0.0, speed, int(4 / speed * clips.RATE_HZ))
    stops_s = np.flatnonzero(np.abs(out[0]) > 0.3)[-1] / clips.RATE_HZ
    assert stops_s == pytest.approx(3 / speed, abs=0.05)
    piece = out[0, clips.RATE_HZ // 4 : clips.RATE_HZ // 4 + clips.RATE_HZ]
    peak_hz = np.argmax(np.abs(np.fft.rfft(piece * np.hanning(piece.size)))) * clips.RATE_HZ / piece.size
    assert peak_hz == pytest.approx(440, abs=3)


def test_prepared_recordings_are_the_same_for_the_same_seed(recorded: dict[str, Any], tmp_path: Path) -> None:
    kinds = set()
    for seed in range(8):
        made = [
            raws.prepared(np.random.default_rng(seed), list(recorded.values()), tmp_path, tmp_path / "none")
            for _ in range(2)
        ]
        assert [one.path for one in made[0]] == [one.path for one in made[1]]
        assert sum(one.derived is None for one in made[0]) >= 2
        assert sum(one.spare for one in made[0]) == sum("_take" in one.name for one in made[0])
        kinds |= {one.derived["kind"] for one in made[0] if one.derived}
    assert kinds == {"take", "other", "variable", "interlaced"}


def test_clips_of_any_folder_are_told_apart_and_unusable_ones_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("a.mp4", "a.mkv", "b.mov"):
        write_video(
            tmp_path / name, (np.full((48, 64, 3), n, np.uint8) for n in range(5)), rate_hz=Fraction(25)
        )
    turned = Film(Fraction(25), rotation_deg=90)
    write_film(tmp_path / "c.mp4", (np.full((48, 64, 3), n, np.uint8) for n in range(5)), turned)
    (tmp_path / "notes.txt").write_text("no clip")
    found = list(generate._folder(tmp_path))
    assert [one.name for one in found] == ["a", "a.mp4", "b"]
    assert "c.mp4: turned picture" in capsys.readouterr().err


def test_a_case_of_another_version_is_not_taken_for_this_one(tmp_path: Path) -> None:
    own = tmp_path / "nothing-medium-0"
    (own / "raw").mkdir(parents=True)
    (own / "raw" / "old.mp4").write_bytes(b"old")
    (own / "truth.json").write_text('{"generator": 1, "recordings": []}')
    (tmp_path / "clips").mkdir()
    with pytest.raises(ValueError, match="0 clips that may be used"):
        generate.make("nothing", 0, tmp_path, clips=tmp_path / "clips")
    assert not (own / "raw").exists()
