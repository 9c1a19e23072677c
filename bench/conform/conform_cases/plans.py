"""Edits drawn by chance: which cuts a release has, before any picture is made."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from typing import Literal

import numpy as np

from conform_cases.clips import Clip
from offcut.records import Box

Fit = Literal["fill", "pad", "blur"]

WHOLE = Box(0.0, 0.0, 1.0, 1.0)

USUAL_SPEEDS = tuple(Fraction(s) for s in ("1/2", "3/4", "1", "1", "1", "6/5", "3/2", "2"))
ODD_SPEEDS = (Fraction(9, 10), Fraction(11, 10))
ODD_SHARE = 0.12
_FITS: tuple[Fit, ...] = ("fill", "pad", "blur")
LOOKS = ("warm", "bw", "dark", "flat")
SIZES = ((640, 360), (854, 480))
SHORTEST_S, LONGEST_S = 1.2, 4.0
DISSOLVE_FRAMES = (6, 25)
TRIES = 25
"""Places looked at for a span that was not used yet; then a used one is taken."""


@dataclass(frozen=True, slots=True)
class Cut:
    """One entry of an edit; `frames` counts release frames and includes the opening's.

    Attributes:
        kind: `external` shows a clip that is not among the recordings.
        crop: Window of the raw picture before mirroring; `fill` narrows it to the release's shape.
        fit: `fill` the release, or whole between black bars (`pad`) or over a blurred copy (`blur`).
        look: A grade by name; None leaves the colours.
        opening: How it begins; a fade has black on one of its sides.
    """

    kind: Literal["footage", "external", "title", "black"]
    frames: int
    clip: str | None = None
    raw_frame: int = 0
    speed: Fraction = Fraction(1)
    mirrored: bool = False
    crop: Box = WHOLE
    fit: Fit = "fill"
    look: str | None = None
    overlaid: bool = False
    opening: Literal["cut", "dissolve", "fade"] = "cut"
    opening_frames: int = 0


@dataclass(frozen=True, slots=True)
class Plan:
    """A release and what it is made of; clips are named, `recordings` in the order they are handed over."""

    seed: int
    recordings: tuple[str, ...]
    cuts: tuple[Cut, ...]
    rate_hz: Fraction
    width_px: int
    height_px: int
    crf: int
    snr_db: float


def draw(rng: np.random.Generator, seed: int, clips: Sequence[Clip]) -> Plan:
    """Draw an edit of 8 to 14 cuts; one clip is kept back as the external one, one or two stay unused."""
    order = [clips[i] for i in rng.permutation(len(clips))]
    external, recordings = order[0], order[1:]
    unused = int(rng.integers(1, 3)) if len(recordings) > 3 else 0
    used = recordings[unused:]
    width_px, height_px = SIZES[int(rng.integers(len(SIZES)))]
    rate_hz = Fraction(int(rng.choice([25, 30])))
    drawing = _Drawing(rng, rate_hz, width_px / height_px)
    weights = np.sqrt([float(c.times.end_s) for c in used])
    weights /= weights.sum()
    wanted = int(rng.integers(8, 15))
    cuts: list[Cut] = [drawing.plain("title")] if rng.random() < 0.35 else []
    while len(cuts) < wanted:
        chance = float(rng.random())
        last = cuts[-1].kind if cuts else "black"
        if chance < 0.07 and last == "footage":
            cuts.append(drawing.plain("title" if rng.random() < 0.3 else "black"))
        elif chance < 0.15 and last == "footage":
            cuts.append(drawing.footage(external, "external"))
        elif chance < 0.22 and (again := [c for c in cuts if c.kind == "footage"]):
            cuts.append(drawing.again(again[int(rng.integers(len(again)))]))
        else:
            cuts.append(drawing.footage(used[int(rng.choice(len(used), p=weights))], "footage"))
    cuts = _opened(rng, cuts)
    names = tuple(sorted(c.name for c in recordings))
    crf = int(rng.integers(24, 37))
    return Plan(seed, names, tuple(cuts), rate_hz, width_px, height_px, crf, -4.0)


class _Drawing:
    """Draws cuts and remembers which raw was used."""

    def __init__(self, rng: np.random.Generator, rate_hz: Fraction, shape: float) -> None:
        self._rng = rng
        self._rate_hz = rate_hz
        self._shape = shape
        self._used: dict[str, list[tuple[float, float]]] = {}

    def plain(self, kind: Literal["title", "black"]) -> Cut:
        low, high = (1.0, 2.0) if kind == "title" else (0.4, 1.2)
        return Cut(kind, int(self._rng.uniform(low, high) * float(self._rate_hz)))

    def footage(self, source: Clip, kind: Literal["footage", "external"]) -> Cut:
        rng = self._rng
        odd = rng.random() < ODD_SHARE
        speeds = ODD_SPEEDS if odd else USUAL_SPEEDS
        speed = speeds[int(rng.integers(len(speeds)))]
        room_s = float(source.times.end_s - source.times.start_s)
        length_s = min(float(rng.uniform(SHORTEST_S, LONGEST_S)), 0.9 * room_s / float(speed))
        frames = max(12, int(length_s * float(self._rate_hz)))
        raw_frame = self._start(source, frames / float(self._rate_hz) * float(speed))
        fit: Fit = "fill"
        if source.width_px / source.height_px < 0.9 * self._shape:
            fit = _FITS[int(rng.integers(3))]
        side = float(rng.uniform(0.7, 1.0))
        left, top = (float(rng.uniform(0, 1 - side)) for _ in range(2))
        return Cut(
            kind,
            frames,
            source.name,
            raw_frame,
            speed,
            mirrored=bool(rng.random() < 0.25),
            crop=Box(left, top, side, side) if rng.random() < 0.4 else WHOLE,
            fit=fit,
            look=str(rng.choice(LOOKS)) if rng.random() < 0.4 else None,
            overlaid=bool(rng.random() < 0.3),
        )

    def again(self, cut: Cut) -> Cut:
        """The same raw once more, perhaps mirrored or in another look."""
        rng = self._rng
        other = cut.mirrored if rng.random() < 0.6 else not cut.mirrored
        look = str(rng.choice(LOOKS)) if rng.random() < 0.3 else None
        return replace(cut, mirrored=other, look=look, overlaid=bool(rng.random() < 0.3))

    def _start(self, source: Clip, raw_s: float) -> int:
        seconds = source.times.seconds()
        latest_s = float(source.times.end_s) - raw_s - 2 * source.times.median_step_s
        highest = max(1, int(np.searchsorted(seconds, latest_s)))
        used = self._used.setdefault(source.name, [])
        index = 0
        for _ in range(TRIES):
            index = int(self._rng.integers(highest))
            start_s = float(seconds[index])
            if all(start_s + raw_s <= low or start_s >= high for low, high in used):
                break
        used.append((float(seconds[index]), float(seconds[index]) + raw_s))
        return index


def _opened(rng: np.random.Generator, cuts: Sequence[Cut]) -> list[Cut]:
    """Say how each cut begins; an opening takes at most a third of the cut on either of its sides."""
    opened = [cuts[0]]
    for before, cut in pairwise(cuts):
        room = min(before.frames, cut.frames) // 3
        length = min(int(rng.integers(DISSOLVE_FRAMES[0], DISSOLVE_FRAMES[1] + 1)), room)
        black = "black" in (before.kind, cut.kind)
        chance = 0.6 if black else 0.3
        if length >= DISSOLVE_FRAMES[0] and rng.random() < chance:
            kind: Literal["fade", "dissolve"] = "fade" if black else "dissolve"
            opened.append(replace(cut, opening=kind, opening_frames=length))
        else:
            opened.append(cut)
    return opened
