"""Pictures that spell their number go through the generator: the truth must name what is read back."""

import importlib
import sys
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from types import ModuleType
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from offcut.decode.encode import write_video
from offcut.records import Box

BENCH = Path(__file__).resolve().parents[2] / "bench" / "conform"


def _module(name: str) -> ModuleType:
    sys.path.insert(0, str(BENCH))
    try:
        return importlib.import_module(name)
    finally:
        sys.path.remove(str(BENCH))


clips = _module("conform_cases.clips")
composed = _module("conform_cases.composed")
cuts = _module("conform_cases.cuts")
heard = _module("conform_cases.heard")
laid_out = _module("conform_cases.laid_out")
plans = _module("conform_cases.plans")
placing = _module("conform_cases.placing")
raws = _module("conform_cases.raws")
released = _module("conform_cases.released")
told = _module("conform_cases.truth")

WIDTH_PX, HEIGHT_PX, BLOCK_PX = 480, 288, 32
FRAME_BITS, BITS_ACROSS, BITS_DOWN = 9, 4, 3
"""Twelve bits in a tile of 4 x 3 blocks: nine for the frame, three for the clip; tiles fill the picture."""
DARK, BRIGHT = 30, 225
RAW_FRAMES = 150
RATES_HZ = (Fraction(30), Fraction(25), Fraction(30000, 1001), Fraction(24))

Points = NDArray[np.float64]
Marks = NDArray[np.bool_]


def spelt(clip_number: int, frame: int) -> NDArray[np.uint8]:
    word = clip_number << FRAME_BITS | frame
    tile = np.array([BRIGHT if word >> bit & 1 else DARK for bit in range(BITS_ACROSS * BITS_DOWN)], np.uint8)
    tiles = np.tile(tile.reshape(BITS_DOWN, BITS_ACROSS), (3, 4))[:, : WIDTH_PX // BLOCK_PX]
    grey = np.kron(tiles, np.ones((BLOCK_PX, BLOCK_PX), np.uint8))[:HEIGHT_PX]
    return np.repeat(grey[:, :, None], 3, axis=2)


def word_in(
    picture: NDArray[np.uint8], matrix: Any, free: Callable[[Points], Marks]
) -> tuple[int, int] | None:
    """Clip and frame that a picture spells where `matrix` puts the raw; None if a bit is hidden."""
    rows, columns = np.mgrid[0 : HEIGHT_PX // BLOCK_PX, 0 : WIDTH_PX // BLOCK_PX]
    centres = np.stack([(columns.ravel() + 0.5) * BLOCK_PX, (rows.ravel() + 0.5) * BLOCK_PX], axis=1)
    at = placing.mapped(matrix, centres / (WIDTH_PX, HEIGHT_PX))
    bits = (rows % BITS_DOWN * BITS_ACROSS + columns % BITS_ACROSS).ravel()
    height, width = picture.shape[:2]
    votes: list[list[float]] = [[] for _ in range(BITS_ACROSS * BITS_DOWN)]
    kept = free(at)
    for (x, y), bit in zip(at[kept], bits[kept], strict=True):
        column, row = int(x * width), int(y * height)
        votes[bit].append(float(picture[row - 1 : row + 2, column - 1 : column + 2, 1].mean()))
    if not all(votes):
        return None
    levels = np.array([np.mean(v) for v in votes])
    if np.ptp(levels) < 8:
        return None
    word = sum(int(level > (levels.max() + levels.min()) / 2) << bit for bit, level in enumerate(levels))
    return word >> FRAME_BITS, word & (1 << FRAME_BITS) - 1


def inside(box: Box, at: Points, margin: float) -> Marks:
    low, size = np.array([box.x, box.y]), np.array([box.width, box.height])
    return np.asarray(((at > low + margin) & (at < low + size - margin)).all(axis=1), np.bool_)


def everywhere(at: Points) -> Marks:
    return np.ones(len(at), np.bool_)


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder, found = tmp_path_factory.mktemp("raw"), {}
    for number, rate_hz in enumerate(RATES_HZ):
        path = folder / f"clip{number}.mp4"
        noise = np.random.default_rng(number).normal(0, 0.1, (2, int(RAW_FRAMES / rate_hz * clips.RATE_HZ)))
        write_video(
            path,
            (spelt(number + 1, frame) for frame in range(RAW_FRAMES)),
            rate_hz=rate_hz,
            sound=noise.astype(np.float32),
            options={"crf": "14", "preset": "ultrafast", "g": "50"},
        )
        found[path.stem] = clips.clip(path)
    return found


def decoded(path: Path) -> Iterator[NDArray[np.uint8]]:
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            yield np.asarray(frame.to_ndarray(format="rgb24"), np.uint8)


def reached(laid: list[Any], one: Any, n: int, at: Points) -> Marks:
    """Where a wipe has left or brought `one` in release frame `n`."""
    for later in laid:
        opening = later.cut.opening
        if opening.kind != "wipe" or not later.start <= n < later.start + opening.frames:
            continue
        depth = {"from left": at[:, 0], "from right": 1 - at[:, 0], "from top": at[:, 1]}[opening.style]
        if one.number in (later.number, later.number - 1):
            sign = 1 if one.number == later.number else -1
            return np.asarray(sign * (later.opened(n) - depth) > 0.02, np.bool_)
    return everywhere(at)


def read_back(plan: Any, sources: dict[str, Any], folder: Path) -> tuple[int, set[int], list[str]]:
    """Encode a release, read every picture, compare with the truth: how many were read, of which segments."""
    laid = laid_out.lay_out(plan, sources)
    track = heard.soundtrack(plan, sources)
    released.write_release(folder / "release.mp4", plan, laid, track)
    truth = told.truth(plan, laid, sources, folder, heard.findings(plan, sources, track))
    screen = truth["release"]["screen"]
    filmed = np.eye(3) if screen is None else np.reshape(screen, (3, 3))
    read, segments, wrong = 0, set(), []
    shown = list(decoded(folder / "release.mp4"))
    assert len(shown) == len(truth["frames"]) == truth["release"]["frames"]
    over = [g.box for g in plan.graphics if g.kind != "border"]
    for n, entries in enumerate(truth["frames"]):
        taken = over + [laid[entry[0]].placed for entry in entries if entry[4] == "inset"]
        wiped = any(laid[e[0]].cut.opening.kind == "wipe" for e in entries) and len(entries) > 1
        for segment, recording, raw_frame, share, role in entries:
            one = laid[segment]
            area = one.view.area.width * one.view.area.height - one.covered[0]
            if share < (0.3 if wiped else 0.6) * area:
                continue
            hidden = over if role == "inset" else taken

            def free(at: Points, one: Any = one, n: int = n, hidden: list[Box] = hidden) -> Marks:
                edited = placing.mapped(np.linalg.inv(filmed), at)
                bare = inside(one.placed, edited, 0.012) & reached(laid, one, n, edited)
                for box in hidden:
                    bare &= ~inside(box, edited, -0.03)
                return bare

            word = word_in(shown[n], filmed @ composed.matrix(plan, one, n), free)
            if word is None:
                continue
            read += 1
            segments.add(segment)
            wanted = (int(plan.recordings[recording][-1]) + 1, raw_frame)
            if word != wanted:
                wrong.append(f"frame {n} segment {segment} {one.view}: spells {word}, truth {wanted}")
    return read, segments, wrong


def view(clip: int, raw_frame: int, speed: str = "1", to: str | None = None, **fields: Any) -> Any:
    pace = cuts.Pace(Fraction(speed), None if to is None else Fraction(to))
    return cuts.View(f"clip{clip}", raw_frame, pace, **fields)


def cut(frames: int, *views: Any, opening: Any = None, **fields: Any) -> Any:
    return cuts.Cut("footage", frames, views, opening or cuts.Opening(), **fields)


EVERYTHING = (
    cut(20, view(0, 3)),
    cut(20, view(1, 20, "137/100"), opening=cuts.Opening("dissolve", 6)),
    cut(20, view(2, 120, "-1"), opening=cuts.Opening("wipe", 6, "from left")),
    cut(20, view(3, 130, "-83/100", mirrored=True), opening=cuts.Opening("fade", 8, "through white")),
    cut(12, view(0, 77, "0"), opening=cuts.Opening("fade", 4, "flash")),
    cut(20, view(1, 40), opening=cuts.Opening("wipe", 6, "from top")),
    cut(10, view(1, 53, "0"), goes_on=True),
    cut(30, view(2, 5, "1/4", "3")),
    cut(30, view(3, 40, "4", "1/2")),
    cuts.Cut("black", 14, opening=cuts.Opening("fade", 6)),
    cut(18, view(0, 50, crop=Box(0.1, 0.05, 0.7, 0.7)), opening=cuts.Opening("fade", 6)),
    cut(16, view(1, 60, "1/4", mirrored=True, crop=Box(0.2, 0.1, 0.75, 0.75), look="dark")),
    cut(16, view(2, 60, tilt_deg=3.7, look="teal")),
    cut(16, view(3, 60, tilt_deg=-2.0, mirrored=True, look="flat")),
    cut(16, view(0, 90, corners=(0.05, 0.01, 0.02, 0.05, 0.0, 0.04, 0.03, 0.02), look="bw")),
    cut(24, view(1, 90, steady_seed=7, vignette=True)),
    cut(18, view(2, 20), view(0, 30, area=Box(0.57, 0.57, 0.39, 0.39), role="inset")),
    cut(18, view(3, 20, area=Box(0, 0, 0.5, 1)), view(1, 110, area=Box(0.5, 0, 0.5, 1), mirrored=True)),
    cut(16, view(0, 20, crop=Box(0, 0.15, 1, 0.7), fit="pad")),
    cut(16, view(1, 10, crop=Box(0.2, 0, 0.6, 1), fit="blur"), opening=cuts.Opening("dissolve", 5)),
    cut(16, view(2, 50, "4"), opening=cuts.Opening("fade", 8, "through black")),
)


def whole(*entries: Any, **fields: Any) -> Any:
    settings = {"encodings": (cuts.Encoding(640, 360, 26),), "graphics": ()} | fields
    names = tuple(f"clip{number}" for number in range(len(RATES_HZ)))
    return cuts.Plan(3, names, entries, Fraction(25), **settings)


def test_every_picture_spells_the_raw_frame_that_the_truth_names(
    sources: dict[str, Any], tmp_path: Path
) -> None:
    graphics = (
        cuts.Graphic("logo", 0, 200, Box(0.03, 0.05, 0.12, 0.08), "NEWS 7"),
        cuts.Graphic("text", 30, 60, Box(0.15, 0.88, 0.7, 0.075), "you can see it here"),
        cuts.Graphic("border", 210, 260, Box(0, 0, 1, 1)),
    )
    plan = whole(*EVERYTHING, graphics=graphics)
    read, segments, wrong = read_back(plan, sources, tmp_path)
    assert wrong == []
    assert segments == set(range(len(EVERYTHING) + 2)) - {9}
    assert read > 0.8 * sum(c.frames for c in EVERYTHING)


def test_a_release_encoded_twice_made_smaller_and_filmed_still_spells_the_truth(
    sources: dict[str, Any], tmp_path: Path
) -> None:
    twice = (cuts.Encoding(640, 360, 20), cuts.Encoding(480, 270, 28))
    plan = whole(*EVERYTHING[1:3], *EVERYTHING[15:17], encodings=twice, screen_seed=5)
    read, segments, wrong = read_back(plan, sources, tmp_path)
    assert wrong == []
    assert segments == set(range(5))
    assert read > 60


@pytest.mark.parametrize(("seed", "level"), [(1, "medium"), (5, "hard")])
def test_the_start_of_an_edit_drawn_by_chance_spells_the_truth(
    seed: int, level: str, sources: dict[str, Any], tmp_path: Path
) -> None:
    rng = np.random.default_rng(seed)
    drawn = plans.draw(rng, seed, list(sources.values()), level=level)
    total = cuts.spans(drawn.cuts[:4])[-1][1]
    graphics = tuple(g for g in drawn.graphics if g.end <= total)
    plan = whole(*drawn.cuts[:4], graphics=graphics, screen_seed=drawn.screen_seed)
    plan = cuts.Plan(
        3, drawn.recordings, plan.cuts, drawn.rate_hz, plan.encodings, graphics, None, drawn.screen_seed
    )
    read, segments, wrong = read_back(plan, sources, tmp_path)
    assert wrong == []
    assert len(segments) >= 2
    assert read > 0.3 * total


def stored(one: Any, *, rows: slice) -> list[int]:
    """Frame numbers that the stored pictures of a recording spell in these rows."""
    spelt_there = []
    for picture in decoded(one.path):
        bits = picture[rows][:, :, 0].astype(float)
        grown = np.repeat(bits, HEIGHT_PX // bits.shape[0], axis=0)
        word = word_in(np.repeat(grown[:, :, None], 3, 2).astype(np.uint8), np.eye(3), everywhere)
        assert word is not None
        spelt_there.append(word[1])
    return spelt_there


def test_a_recording_with_an_irregular_clock_keeps_each_picture_near_its_time(
    sources: dict[str, Any], tmp_path: Path
) -> None:
    made = raws._made(sources["clip0"], "variable", tmp_path, [])
    source, start_s = sources["clip0"], Fraction(made.derived["start_s"])
    numbers = stored(made, rows=slice(None))
    steps = np.diff(numbers)
    assert steps.min() >= 1
    assert steps.max() >= 2
    assert len(made.times) == len(numbers)
    for index, number in enumerate(numbers):
        late_s = float(made.times.time_s(index) + start_s - source.times.time_s(number))
        assert abs(late_s) <= raws.JITTER * source.times.median_step_s + 1e-3
    assert len(set(np.diff(made.times.pts))) > 10


def test_an_interlaced_recording_is_marked_and_holds_two_moments_in_each_picture(
    sources: dict[str, Any], tmp_path: Path
) -> None:
    made = raws._made(sources["clip1"], "interlaced", tmp_path, [])
    assert made.is_interlaced
    upper, lower = (stored(made, rows=slice(first, None, 2)) for first in (0, 1))
    assert [n + 1 for n in upper] == lower
    shown = made.pictures([5])[5]
    word = word_in(shown, np.eye(3), everywhere)
    assert word == (2, upper[5])


def test_two_takes_share_no_picture(sources: dict[str, Any], tmp_path: Path) -> None:
    takes = [raws._made(sources["clip2"], kind, tmp_path, []) for kind in ("take", "other")]
    numbers = [set(stored(take, rows=slice(None))) for take in takes]
    assert all(len(seen) > 50 for seen in numbers)
    assert not numbers[0] & numbers[1]


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_ambience_is_laid_beside_packets_that_are_not_touched(
    suffix: str, sources: dict[str, Any], tmp_path: Path
) -> None:
    silent = tmp_path / f"silent{suffix}"
    write_video(silent, (spelt(1, n) for n in range(20)), rate_hz=Fraction(25), options={"crf": "20"})
    hum = sources["clip3"].path
    made = raws._with_sound(clips.clip(silent), tmp_path, [hum])
    assert made.has_sound
    assert made.derived == {"kind": "ambience", "from": "silent"}
    payloads = []
    for path in (silent, made.path):
        with av.open(str(path)) as container:
            payloads.append([bytes(p) for p in container.demux(video=0) if p.size])
    assert payloads[0] == payloads[1]
    assert list(made.times.seconds()) == pytest.approx(list(clips.clip(silent).times.seconds()))
