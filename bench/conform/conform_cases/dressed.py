"""Draws what lies between and over cuts: openings, sound, music, graphics."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import numpy as np

from conform_cases import odds
from conform_cases.clips import Clip
from conform_cases.cuts import WHOLE, Cut, CutSound, Graphic, Opening, spans
from offcut.records import Box

Random = np.random.Generator

_LOGOS = ("OUTLET 9", "NEWS 7", "DAILY", "TV 24")
_NAMES = ("EYEWITNESS VIDEO", "RECORDED BY A RESIDENT", "THE EDGE OF TOWN", "ARCHIVE")
_LINES = (
    "we stood at the window",
    "and then it was quiet",
    "nobody knew what to do",
    "they came from the left",
    "I was filming all the time",
    "you can see it here",
)


def opened(rng: Random, cuts: Sequence[Cut]) -> list[Cut]:
    """Say how each cut begins; an opening takes at most a third of the cut on either of its sides."""
    found = [cuts[0]]
    for before, cut in pairwise(cuts):
        found.append(cut if cut.goes_on else replace(cut, opening=_opening(rng, before, cut)))
    return found


def _opening(rng: Random, before: Cut, cut: Cut) -> Opening:
    room = min(before.frames, cut.frames) // 3
    low, high = odds.OPENING_FRAMES
    length = min(int(rng.integers(low, high + 1)), room)
    chance, kind = float(rng.random()), "cut"
    for name, share in odds.OPENINGS.items():
        if chance < share:
            kind = name
            break
        chance -= share
    if "black" in (before.kind, cut.kind):
        fades = length >= low and rng.random() < odds.FADE_AT_BLACK
        return Opening("fade", length) if fades else Opening()
    if kind == "flash" and before.kind == cut.kind == "footage":
        return Opening("fade", int(rng.choice(odds.FLASH_FRAMES)), "flash")
    if length < low or kind in {"cut", "flash"}:
        return Opening()
    if kind in {"white", "dark"}:
        return Opening("fade", 2 * (length // 2), "through white" if kind == "white" else "through black")
    if kind == "wipe" and len(before.views) < 2 and len(cut.views) < 2:
        return Opening("wipe", length, str(rng.choice(odds.WIPES)))
    return Opening("dissolve", length)


def sounded(rng: Random, cuts: Sequence[Cut], clips: Mapping[str, Clip], rate_hz: Fraction) -> list[Cut]:
    """Say what is heard in each cut, and where sound runs on across a cut of the picture."""
    found = [replace(cut, sound=_sound(rng, cut, clips)) for cut in cuts]
    for number, (before, cut) in enumerate(pairwise(found)):
        if cut.opening.kind != "cut":
            continue
        chance, run_s = float(rng.random()), float(rng.uniform(*odds.RUN_ON_S))
        frames = min(int(run_s * float(rate_hz)), before.frames // 2, cut.frames // 2)
        if chance < odds.J_CUT:
            if _room(cut, clips, rate_hz, before_s=frames / rate_hz):
                found[number + 1] = replace(cut, sound=replace(cut.sound, lead=frames))
        elif chance < odds.J_CUT + odds.L_CUT and _room(before, clips, rate_hz, after_s=frames / rate_hz):
            found[number] = replace(before, sound=replace(before.sound, lag=frames))
    return found


def _sound(rng: Random, cut: Cut, clips: Mapping[str, Clip]) -> CutSound:
    if not cut.views:
        return CutSound("muted")
    pace, source = cut.views[0].pace, clips[cut.views[0].clip]
    level_db = float(rng.uniform(*odds.SNR_DB))
    chance = float(rng.random())
    if not source.has_sound or pace.to is not None or pace.speed <= 0:
        return CutSound("replaced" if chance < 0.5 and pace.speed != 1 else "muted")
    if chance < odds.OWN_SOUND or cut.kind == "external":
        if pace.speed == 1:
            return CutSound("own", level_db)
        return CutSound("own", level_db, retimed="stretched" if rng.random() < odds.STRETCHED else "pitched")
    return CutSound("replaced" if chance < odds.OWN_SOUND + odds.REPLACED else "muted")


def _room(
    cut: Cut,
    clips: Mapping[str, Clip],
    rate_hz: Fraction,
    *,
    before_s: Fraction = Fraction(0),
    after_s: Fraction = Fraction(0),
) -> bool:
    """Whether own sound at normal speed can begin so much earlier or end so much later."""
    if cut.kind != "footage" or cut.sound.kind != "own" or cut.views[0].pace.speed != 1:
        return False
    source = clips[cut.views[0].clip]
    start_s = source.times.time_s(cut.views[0].raw_frame)
    end_s = start_s + cut.frames / rate_hz
    return start_s - before_s >= 0 and end_s + after_s <= source.times.end_s


def bed(rng: Random, cuts: Sequence[Cut]) -> tuple[int, int] | None:
    """Where music lies: over everything, over some neighbouring cuts, or nowhere."""
    where = spans(list(cuts))
    chance = float(rng.random())
    if chance < odds.BED_ALL:
        return 0, where[-1][1]
    if chance < odds.BED_ALL + odds.BED_PART and len(cuts) > 2:
        first = int(rng.integers(0, len(cuts) // 2))
        last = int(rng.integers(first + len(cuts) // 3, len(cuts)))
        return where[first][0] + cuts[first].opening.overlap, where[last][1]
    return None


def graphics(rng: Random, cuts: Sequence[Cut], rate_hz: Fraction) -> list[Graphic]:
    """Draw a logo, a border, subtitles that change and lower thirds."""
    where, rate = spans(list(cuts)), float(rate_hz)
    total, found = where[-1][1], list[Graphic]()
    if rng.random() < odds.LOGO:
        wide, high = float(rng.uniform(0.1, 0.16)), float(rng.uniform(0.07, 0.11))
        left = 0.03 if rng.random() < 0.5 else 0.97 - wide
        begins = int(rng.integers(0, max(1, total // 4))) if rng.random() < 0.5 else 0
        found.append(Graphic("logo", begins, total, Box(left, 0.05, wide, high), str(rng.choice(_LOGOS))))
    if rng.random() < odds.BORDER:
        first, last = _stretch(rng, len(cuts))
        found.append(Graphic("border", where[first][0], where[last][1], WHOLE))
    titled: tuple[int, int] = (0, 0)
    if rng.random() < odds.SUBTITLES:
        first, last = _stretch(rng, len(cuts))
        titled = at, end = where[first][0], where[last][1]
        while at + rate < end:
            until = min(end, at + int(float(rng.uniform(1.0, 2.4)) * rate))
            line = str(rng.choice([one for one in _LINES if one != (found[-1].text if found else None)]))
            found.append(Graphic("text", at, until, Box(0.15, 0.88, 0.7, 0.075), line))
            at = until + int(rng.choice([0, 0, 4, 10]))
    for cut, (start, end) in zip(cuts, where, strict=True):
        lower = cut.kind in {"footage", "external"} and end - start > 1.6 * rate
        if lower and rng.random() < odds.LOWER_THIRD and not titled[0] <= start < titled[1]:
            inside = (start + int(0.3 * rate), end - int(0.3 * rate))
            found.append(Graphic("text", *inside, Box(0.0, 0.8, 0.62, 0.11), str(rng.choice(_NAMES))))
    return found


def _stretch(rng: Random, cuts: int) -> tuple[int, int]:
    """First and last of some neighbouring cuts."""
    first = int(rng.integers(0, max(1, cuts // 2)))
    return first, min(cuts - 1, first + int(rng.integers(2, max(3, cuts))))
