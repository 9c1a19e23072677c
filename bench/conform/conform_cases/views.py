"""Draws cuts: which raw is shown, at which pace, and how it lies in the picture."""

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Literal

import numpy as np

from conform_cases import odds
from conform_cases.clips import Clip
from conform_cases.cuts import WHOLE, Cut, Fit, Pace, View
from conform_cases.odds import Level
from offcut.records import Box

TRIES = 25
"""Places looked at for a span that was not used yet; then a used one is taken."""
LEAST_FRAMES = 12
INSET_MARGIN = 0.04
INSET_LEAST_S = 2.0


class Drawing:
    """Draws cuts and remembers which raw was used."""

    def __init__(
        self, rng: np.random.Generator, rate_hz: Fraction, shape: float, level: Level, used: Sequence[Clip]
    ) -> None:
        self._rng = rng
        self._rate_hz = rate_hz
        self._shape = shape
        self._hard = level == "hard"
        self._clips = used
        self._used: dict[str, list[tuple[float, float]]] = {}

    def plain(self, kind: Literal["title", "black"]) -> Cut:
        """A cut without footage."""
        return Cut(kind, self._frames(odds.TITLE_S if kind == "title" else odds.BLACK_S))

    def footage(self, source: Clip, kind: Literal["footage", "external"]) -> list[Cut]:
        """A cut of `source`; two where its last picture is held."""
        rng, room_s = self._rng, _room_s(source)
        wanted = self._treatments() if kind == "footage" else set()
        pace, held = self._pace(wanted)
        length_s = float(rng.uniform(*(odds.SHORT_S if rng.random() < odds.SHORT else odds.USUAL_S)))
        if "inset" in wanted:
            length_s = max(length_s, INSET_LEAST_S)
        if pace.to is not None:
            length_s = float(rng.uniform(*odds.RAMP_S))
        elif pace.speed == 0:
            length_s = float(rng.uniform(*odds.FREEZE_S))
        if length_s * abs(float(pace.mean)) > room_s:
            if pace.to is not None or room_s / abs(float(pace.mean)) < odds.SHORT_S[0]:
                pace = Pace()
            length_s = min(length_s, room_s / abs(float(pace.mean)))
        frames = max(LEAST_FRAMES, int(length_s * float(self._rate_hz)))
        view = self._looked(self._shaped(self._taken(source, frames, pace), source, wanted), wanted)
        views = (view, *self._beside(source, frames, wanted))
        if len(views) == 2 and "split" in wanted:
            views = (replace(view, area=Box(0, 0, 0.5, 1), fit="fill", crop=WHOLE), views[1])
        cut = Cut(kind, frames, views)
        return [cut, self._held(cut, source)] if held and len(views) == 1 else [cut]

    def again(self, cut: Cut) -> Cut:
        """The same raw once more, perhaps mirrored or in another look."""
        rng, view = self._rng, cut.views[0]
        other = view.mirrored if rng.random() < 0.6 else not view.mirrored
        look = str(rng.choice(odds.LOOKS)) if rng.random() < 0.3 else None
        return replace(cut, views=(replace(view, mirrored=other, look=look), *cut.views[1:]))

    def _frames(self, span_s: tuple[float, float]) -> int:
        return int(float(self._rng.uniform(*span_s)) * float(self._rate_hz))

    def _treatments(self) -> set[str]:
        """At most a few of what can be done to a cut: an editor's release, not noise."""
        rng = self._rng
        chances = {
            "time": sum(odds.TIME.values()) + (odds.RAMP if self._hard else 0),
            "mirror": odds.MIRROR,
            "crop": odds.CROP,
            "look": odds.LOOK,
            "vignette": odds.VIGNETTE,
            "bars": odds.BARS,
            "inset": odds.INSET,
            "split": odds.SPLIT,
        }
        if self._hard:
            chances |= {"tilt": odds.TILT, "perspective": odds.PERSPECTIVE, "steady": odds.STEADY}
        wanted = [name for name, chance in chances.items() if rng.random() < chance]
        kept = [wanted[i] for i in rng.permutation(len(wanted))[: odds.MOST_TREATMENTS]]
        for one, other in (("inset", "split"), ("split", "bars"), ("split", "crop"), ("tilt", "perspective")):
            if one in kept and other in kept:
                kept.remove(other)
        return set(kept)

    def _pace(self, wanted: set[str]) -> tuple[Pace, bool]:
        rng = self._rng
        if "time" not in wanted:
            return Pace(), False
        chances = odds.TIME | ({"ramp": odds.RAMP} if self._hard else {})
        weights = np.array(list(chances.values()))
        kind = str(rng.choice(list(chances), p=weights / weights.sum()))
        if kind == "lattice":
            return Pace(odds.LATTICE[int(rng.integers(len(odds.LATTICE)))]), False
        if kind == "odd":
            # In hundredths, as an editor types it; evenly over octaves from 1/4 to 4.
            return Pace(Fraction(max(25, round(100 * 2 ** float(rng.uniform(-2, 2)))), 100)), False
        if kind == "reverse":
            return Pace(odds.REVERSE[int(rng.integers(len(odds.REVERSE)))]), False
        if kind == "ramp":
            first, last = (odds.RAMP_ENDS[i] for i in rng.choice(len(odds.RAMP_ENDS), 2, replace=False))
            return (Pace(first, last) if first != last else Pace(Fraction(1), Fraction(2))), False
        return (Pace(Fraction(0)), False) if kind == "freeze" else (Pace(), True)

    def _taken(self, source: Clip, frames: int, pace: Pace) -> View:
        whole_s = frames / self._rate_hz
        run_s = float(pace.raw_s(whole_s, whole_s))
        return View(source.name, self._start(source, min(0.0, run_s), max(0.0, run_s)), pace)

    def _start(self, source: Clip, low_s: float, high_s: float) -> int:
        """A raw frame around which [low_s, high_s) lies inside the clip, if possible unused so far."""
        seconds, step_s = source.times.seconds(), source.times.median_step_s
        lowest = (
            int(np.searchsorted(seconds, float(source.times.start_s) - low_s + step_s / 2)) if low_s else 0
        )
        highest = int(np.searchsorted(seconds, float(source.times.end_s) - high_s - 2 * step_s))
        used = self._used.setdefault(source.name, [])
        index = lowest
        for _ in range(TRIES):
            index = int(self._rng.integers(lowest, max(lowest + 1, highest)))
            at_s = float(seconds[index])
            if all(at_s + high_s <= low or at_s + low_s >= high for low, high in used):
                break
        used.append((float(seconds[index]) + low_s, float(seconds[index]) + high_s))
        return index

    def _shaped(self, view: View, source: Clip, wanted: set[str]) -> View:
        rng, own = self._rng, source.width_px / source.height_px
        fit: Fit = "fill"
        crop = WHOLE
        if abs(own / self._shape - 1) > 0.1:
            fit = ("fill", "pad", "blur")[int(rng.integers(3))]
        elif "bars" in wanted:
            shape = float(rng.choice([4 / 3, 1.0, 2.2, 2.39]))
            fit = "blur" if shape < 2 and rng.random() < 0.5 else "pad"
            width, height = min(1.0, shape / own), min(1.0, own / shape)
            crop = Box((1 - width) / 2, (1 - height) / 2, width, height)
        if "crop" in wanted:
            narrow = fit == "fill" and own < 0.8 * self._shape
            side = float(rng.uniform(0.75 if narrow else odds.CROP_SIDE[0], odds.CROP_SIDE[1]))
            left, top = (float(rng.uniform(0, 1 - side)) for _ in range(2))
            crop = Box(
                crop.x + left * crop.width, crop.y + top * crop.height, crop.width * side, crop.height * side
            )
        return replace(view, fit=fit, crop=crop, mirrored="mirror" in wanted)

    def _looked(self, view: View, wanted: set[str]) -> View:
        rng = self._rng
        if "look" in wanted:
            view = replace(view, look=str(rng.choice(odds.LOOKS)))
        if "tilt" in wanted:
            view = replace(view, tilt_deg=float(rng.uniform(*odds.TILT_DEG)) * float(rng.choice([-1, 1])))
        if "perspective" in wanted:
            view = replace(view, corners=tuple(float(c) for c in rng.uniform(0, odds.CORNER, 8)))
        if "steady" in wanted:
            view = replace(view, steady_seed=int(rng.integers(1 << 31)))
        return replace(view, vignette="vignette" in wanted)

    def _beside(self, source: Clip, frames: int, wanted: set[str]) -> list[View]:
        """Another recording set into or beside the picture."""
        rng, length_s = self._rng, frames / float(self._rate_hz)
        others = [c for c in self._clips if c.name != source.name and _room_s(c) > length_s]
        if not others or not wanted & {"inset", "split"}:
            return []
        other = others[int(rng.integers(len(others)))]
        view = self._taken(other, frames, Pace())
        view = replace(view, mirrored=bool(rng.random() < odds.MIRROR))
        if "split" in wanted:
            return [replace(view, area=Box(0.5, 0, 0.5, 1))]
        side = float(rng.uniform(*odds.INSET_SIDE))
        left, top = (m if rng.random() < 0.5 else 1 - m - side for m in (INSET_MARGIN, INSET_MARGIN))
        return [replace(view, area=Box(left, top, side, side), role="inset")]

    def _held(self, cut: Cut, source: Clip) -> Cut:
        view = cut.views[0]
        last_s = source.times.time_s(view.raw_frame) + view.pace.speed * (cut.frames - 1) / self._rate_hz
        held = replace(view, raw_frame=source.times.index_at(last_s), pace=Pace(Fraction(0)))
        return Cut(cut.kind, self._frames(odds.HELD_S), (held,), goes_on=True)


def _room_s(source: Clip) -> float:
    """Raw seconds that a cut may take of a clip."""
    return 0.9 * float(source.times.end_s - source.times.start_s)
