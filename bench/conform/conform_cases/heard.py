"""The sound of a release, and what of it is whose: made together, so that levels are measured, not meant."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from conform_cases.clips import RATE_HZ, Clip, sound
from conform_cases.cuts import Cut, Plan, spans
from conform_cases.stretched import stretched
from offcut.testing import sounds

Mix = NDArray[np.float64]
"""Shape (2, samples) at RATE_HZ."""

LEVEL = 0.08
"""Root mean square of music, and of own sound where nothing lies over it."""
QUIETEST = 2e-4
"""Root mean square below which nothing is heard."""
HIDDEN_DB = -40.0
"""Own sound so far below the music is not there."""
EDGE_S = 0.005


@dataclass(frozen=True, slots=True)
class Heard:
    """The sound of one cut in release frames [start, end), with fades of so many frames.

    Attributes:
        first, last: Where the truth puts its ends: the middle of a fade.
    """

    number: int
    start: int
    end: int
    rise: int
    fall: int
    first: int
    last: int


@dataclass(slots=True)
class Soundtrack:
    """What was laid over each other: own sound, other sound, music; shape (2, samples) each."""

    own: Mix
    other: Mix
    bed: Mix
    heard: list[Heard]

    def mixed(self) -> NDArray[np.float32]:
        """All of it, made quieter if it would clip."""
        total = self.own + self.other + self.bed
        return np.asarray(total * min(1.0, 0.98 / max(float(np.abs(total).max()), 1e-9)), np.float32)


def laid_under(plan: Plan) -> list[Heard]:
    """Where the sound of each cut lies."""
    where, found = spans(plan.cuts), list[Heard]()
    for number, (cut, (start, end)) in enumerate(zip(plan.cuts, where, strict=True)):
        before = plan.cuts[number - 1].sound.lag if number else 0
        behind = plan.cuts[number + 1] if number + 1 < len(plan.cuts) else None
        rise = cut.opening.overlap
        fall = behind.opening.overlap if behind else 0
        first = start + (before or rise // 2) - cut.sound.lead
        last = end - (fall - fall // 2) + cut.sound.lag - (behind.sound.lead if behind else 0)
        begins, ends = (start if rise else first), (end if fall else last)
        found.append(Heard(number, begins, ends, rise, fall, first, last))
    return found


def soundtrack(plan: Plan, clips: Mapping[str, Clip]) -> Soundtrack:
    """Lay the sound of every cut, other sound where it was replaced, and music."""
    total = _sample(spans(plan.cuts)[-1][1], plan)
    own, other, bed = (np.zeros((2, total)) for _ in range(3))
    track = Soundtrack(own, other, bed, laid_under(plan))
    if plan.bed:
        first, last = (_sample(n, plan) for n in plan.bed)
        music = sounds.music(np.random.default_rng(plan.seed), last - first).astype(np.float64)
        track.bed[:, first:last] = music * _edges(last - first) * (LEVEL / _loudness(music))
    for heard in track.heard:
        cut = plan.cuts[heard.number]
        first, last = _sample(heard.start, plan), _sample(heard.end, plan)
        under = _loudness(track.bed[:, first:last]) > QUIETEST
        gain = _fades(heard, plan, last - first)
        if cut.sound.kind == "own":
            piece = _own(cut, heard, plan, clips)
            level = LEVEL * (10 ** (cut.sound.level_db / 20) if under else 1.0)
            piece *= level / max(_loudness(piece), 1e-3)
            (track.own if cut.kind == "footage" else track.other)[:, first:last] += piece * gain
        elif cut.sound.kind == "replaced" and not under:
            piece = _foreign(plan, heard.number, last - first)
            track.other[:, first:last] += piece * gain * (LEVEL / max(_loudness(piece), 1e-3))
    return track


def findings(plan: Plan, clips: Mapping[str, Clip], track: Soundtrack) -> list[dict[str, object]]:
    """The sound spans of the truth; they cover the whole release."""
    found: list[dict[str, object]] = []
    for heard in track.heard:
        start, end = spans(plan.cuts)[heard.number]
        inner = {e for e in (start, end, *(plan.bed or ())) if heard.first < e < heard.last}
        edges = sorted({heard.first, heard.last} | inner)
        for first, last in pairwise(edges):
            one = _finding(plan, clips, track, heard, (first, last))
            if one["recording"] is None and found and _alike(found[-1], one):
                found[-1]["end_s"] = one["end_s"]
            else:
                found.append(one)
    return found


def _alike(before: Mapping[str, object], after: Mapping[str, object]) -> bool:
    return all(before[name] == after[name] for name in ("finding", "recording"))


def _finding(
    plan: Plan, clips: Mapping[str, Clip], track: Soundtrack, heard: Heard, span: tuple[int, int]
) -> dict[str, object]:
    cut, (start, end) = plan.cuts[heard.number], spans(plan.cuts)[heard.number]
    samples = slice(_sample(span[0], plan), _sample(span[1], plan))
    own, bed = _loudness(track.own[:, samples]), _loudness(track.bed[:, samples])
    snr_db = 20 * float(np.log10(own / bed)) if own > QUIETEST and bed > QUIETEST else None
    is_own = cut.kind == "footage" and cut.sound.kind == "own" and own > QUIETEST
    told: dict[str, object] = {
        "start_s": str(span[0] / plan.rate_hz),
        "end_s": str(span[1] / plan.rate_hz),
        "finding": "replaced",
        "recording": None,
        "raw_start_s": None,
        "snr_db": None,
    }
    if is_own and (snr_db is None or snr_db > HIDDEN_DB):
        outside = span[1] <= start or span[0] >= end
        view = cut.views[0]
        at_s = clips[view.clip].times.time_s(view.raw_frame) + (span[0] - start) / plan.rate_hz
        return told | {
            "finding": "shifted" if outside else "same" if snr_db is None else "covered",
            "recording": plan.recordings.index(view.clip),
            "raw_start_s": str(at_s) if cut.sound.retimed is None else None,
            "snr_db": None if snr_db is None else round(snr_db, 2),
            "retimed": cut.sound.retimed,
            "speed": str(view.pace.speed),
        }
    audible = max(bed, _loudness(track.other[:, samples])) > QUIETEST
    return told | {"finding": "replaced" if audible else "muted"}


def _own(cut: Cut, heard: Heard, plan: Plan, clips: Mapping[str, Clip]) -> Mix:
    view, source = cut.views[0], clips[cut.views[0].clip]
    track = sound(source.path)
    length = _sample(heard.end, plan) - _sample(heard.start, plan)
    if track is None:
        return np.zeros((2, length))
    late_s = (heard.start - spans(plan.cuts)[heard.number][0]) / plan.rate_hz
    speed = view.pace.speed
    start = float(source.times.time_s(view.raw_frame) + late_s * speed) * RATE_HZ
    if cut.sound.retimed == "stretched":
        return stretched(track, start, float(speed), length)
    # Between two samples only where the sound is retimed: interpolation would take the high notes.
    where = (round(start) if speed == 1 else start) + float(speed) * np.arange(length)
    return np.stack([np.interp(where, np.arange(track.shape[1]), side, 0.0, 0.0) for side in track])


def _foreign(plan: Plan, number: int, samples: int) -> Mix:
    """Sound that is in no clip."""
    rng = np.random.default_rng((plan.seed, number))
    made = (sounds.wind(rng, samples), sounds.engine(rng, samples, pitch_hz=70.0))[int(rng.integers(2))]
    return made.astype(np.float64)


def _sample(n: int, plan: Plan) -> int:
    return int(Fraction(n) / plan.rate_hz * RATE_HZ)


def _loudness(mix: Mix | NDArray[np.float32]) -> float:
    return float(np.sqrt(np.mean(mix**2))) if mix.size else 0.0


def _fades(heard: Heard, plan: Plan, samples: int) -> Mix:
    """Gain over a cut's sound: across an opening, else just long enough not to click."""
    gain = _edges(samples)
    rise, fall = _sample(heard.rise, plan), _sample(heard.fall, plan)
    gain[:rise] *= np.linspace(0, 1, rise)
    gain[samples - fall :] *= np.linspace(1, 0, fall)
    return gain


def _edges(samples: int) -> Mix:
    ramp = np.minimum(1, np.arange(samples) / (EDGE_S * RATE_HZ))
    return np.asarray(ramp * ramp[::-1], np.float64)
