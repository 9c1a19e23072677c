"""What located sound means beside the pictures: same, covered, shifted, replaced or muted."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from typing import Literal

import numpy as np

from offcut.conform.coherence import audible_at, explained
from offcut.conform.sound_common import SPREAD, STEP
from offcut.conform.sound_lines import Drift, Line
from offcut.conform.sound_stretched import stretched
from offcut.conform.waves import RATE_HZ, Samples, Wave, level_db, retimed
from offcut.records import SoundSpan
from offcut.timeline import Span, subtract

__all__ = ["Place", "Stretch", "joined"]

SAME_SHARE = 0.92
"""Share of the power that the own sound explains from which nothing else is said to be heard.

Measured on 19 recordings: AAC at 64 to 128 kbit/s leaves 0.88 to 1.0 (two of 57 below 0.92), at 48 kbit/s
0.72 and more; music 6 dB below the own sound leaves 0.03 to 0.91, 12 dB below it 0.13 to 0.98.
"""

NEARLY_SAME = (0.8, 0.96)
"""Between these, a poor encoding and something quiet that was added look alike."""

NEARLY_SURE = 0.7

STEADY_TICKS = 1.5
"""Above this scatter of its shifts a sound lies in pieces and has no one waveform that could be fitted.

Whether something was added is then not measured: `covered` is said, with at most NEARLY_SURE.
"""

SHORTEST = RATE_HZ // 4
"""Ticks below which no span is reported, and a line that crosses a cut is not said to run on."""

SILENT_DB, AUDIBLE_DB, NOTHING_DB = -60.0, -55.0, -75.0
"""A release below the first is silent; a recording is heard above the second, silent below the third."""

TRIED_DB = (-18.0, -12.0, -6.0, 0.0)
"""Levels, relative to what is heard, at which the own sound is added on trial."""

ENCODING_DB = 6.0
"""What is added on trial is this much quieter than what is said of it: an encoder drops what is masked."""

LEAST_TRIAL_Z = 8.0
"""What the added sound has to reach to be found by a line that a picture guides."""

LONGEST_TRIAL = 10 * RATE_HZ


@dataclass(frozen=True, slots=True)
class Place:
    """Where the sound of a picture would stand, in ticks.

    Attributes:
        raw_first: Tick of the recording at `first`.
        speed: Ticks of the recording per tick of the release.
        reach: How far a picture's time may be from its sound's and still be the same.
        others: Spans of the recording that fit as well; None where the picture names one time.
    """

    recording: int
    first: int
    last: int
    raw_first: float
    speed: float
    reach: int
    others: tuple[tuple[float, float], ...] | None

    def raw(self, tick: int) -> float:
        """The tick of the recording that belongs to a tick of the release."""
        return self.raw_first + self.speed * (tick - self.first)

    def holds(self, line: Line, tick: int) -> bool:
        """Whether a line is at this picture's place around a tick."""
        if line.recording != self.recording:
            return False
        raw = line.raw(tick)
        if abs(raw - self.raw(tick)) <= self.reach:
            return True
        return any(low - self.reach <= raw <= high + self.reach for low, high in self.others or ())


@dataclass(frozen=True, slots=True)
class Stretch:
    """Runs of one line with the pauses between them, in ticks.

    Attributes:
        located: The spans in which it was heard.
        stands: Whether a place may be named; if not, the sound fits elsewhere as well.
        share, z, ratio, windows: As in `Run`.
        drift: As in `Run`, from where the stretch begins.
    """

    line: Line
    first: int
    last: int
    stands: bool
    share: float
    z: float
    ratio: float
    located: tuple[tuple[int, int], ...]
    windows: tuple[int, int]
    drift: Drift

    def raw(self, tick: int) -> int:
        """The tick of the recording that is heard at a tick of the release."""
        return self.line.raw(tick) + round(self.drift.ticks + self.drift.slope * (tick - self.first))

    def samples(self, wave: Wave, first: int, last: int) -> Samples:
        """What of the recording is heard in a span of the release, its drift taken back."""
        low, high = sorted((self.raw(first), self.raw(last)))
        if high - low == last - first or high - low < STEP:
            played = wave.samples(low, low + last - first)
        else:
            played = retimed(wave.samples(low, high), (last - first) / (high - low))
        return played[::-1].copy() if self.line.speed < 0 else played


def joined(
    release: Wave, waves: Sequence[Wave], places: Sequence[Place], stretches: Sequence[Stretch], *, end: int
) -> tuple[SoundSpan, ...]:
    """Hold what was located against the pictures.

    Args:
        release: The sound of the release.
        waves: That of the recordings.
        places: What the pictures say.
        stretches: What the sound alone says.
        end: Tick at which the last picture of the release ends.

    Returns:
        Disjoint spans in release order.
    """
    parts = [part for stretch in stretches if stretch.stands for part in _parts(stretch, places, end)]
    parts = _grown(release, waves, parts, places)
    found = [_located(release, waves, part) for part in parts]
    taken = [_span(p.first, p.last) for p in parts]
    taken += [_span(s.first, s.last) for s in stretches if not s.stands]
    for place in places:
        rivals = [_span(p.first, p.last) for p in places if p is not place]
        for span in subtract([_span(max(0, place.first), place.last)], [*taken, *rivals]):
            missing = _missing(release, waves[place.recording], place, span)
            if any(p.place is place for p in parts):
                # Own sound goes on beside this span: it may only have become too quiet.
                missing = [replace(m, confidence=min(m.confidence, NEARLY_SURE)) for m in missing]
            found += missing
    return tuple(sorted(found, key=lambda s: s.start_s))


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of a stretch under one picture, or under none."""

    stretch: Stretch
    first: int
    last: int
    place: Place | None

    @property
    def heard_share(self) -> float:
        """How much of the part has sound that was located, and not filled in."""
        inside = sum(max(0, min(b, self.last) - max(a, self.first)) for a, b in self.stretch.located)
        return inside / (self.last - self.first)

    @property
    def is_long(self) -> bool:
        """Whether it lasts a second."""
        return self.last - self.first >= RATE_HZ


def _span(first: int, last: int) -> Span:
    return Span(Fraction(first, RATE_HZ), Fraction(max(first, last), RATE_HZ))


def _parts(stretch: Stretch, places: Sequence[Place], end: int) -> list[_Part]:
    """Cut a stretch where pictures are cut; what is short beyond its own picture is blur, not sound."""
    edges = {stretch.first, min(stretch.last, end)}
    edges |= {t for p in places for t in (p.first, p.last) if stretch.first < t < min(stretch.last, end)}
    ticks = sorted(edges)
    parts: list[_Part] = []
    for first, last in pairwise(ticks):
        middle = (first + last) // 2
        own = [p for p in places if p.first <= middle < p.last and p.holds(stretch.line, middle)]
        place = own[0] if own else None
        if parts and parts[-1].place is place:
            parts[-1] = _Part(stretch, parts[-1].first, last, place)
        else:
            parts.append(_Part(stretch, first, last, place))
    # Where the length was changed and the pitch kept, single pieces lie at recorded speed for a moment.
    parts = [p for p in parts if p.place is None or p.place.speed == stretch.line.speed or p.is_long]
    return [p for p in parts if p.place is not None or p.last - p.first >= SHORTEST]


def _grown(
    release: Wave, waves: Sequence[Wave], parts: Sequence[_Part], places: Sequence[Place]
) -> list[_Part]:
    """Let own sound last as long as its picture where it is too quiet to be heard at the ends."""
    grown: list[_Part] = []
    ordered = sorted(parts, key=lambda p: p.first)
    for number, part in enumerate(ordered):
        place = part.place
        if place is None or part.stretch.line.speed != place.speed:
            grown.append(part)
            continue
        before = grown[-1].last if grown else 0
        after = ordered[number + 1].first if number + 1 < len(ordered) else place.last
        low = max(min(place.first, part.first), before)
        high = min(max(place.last, part.last), max(after, part.last))
        first = part.first if _would_be_heard(release, waves, part, (low, part.first)) else low
        last = part.last if _would_be_heard(release, waves, part, (part.last, high)) else high
        grown.append(_Part(part.stretch, min(first, part.first), max(last, part.last), place))
    return grown


def _would_be_heard(release: Wave, waves: Sequence[Wave], part: _Part, span: tuple[int, int]) -> bool:
    """Whether own sound, as loud as where it was located, would be found in a span beside it."""
    first, last = span
    if last - first < SHORTEST:
        return False
    line = part.stretch.line
    if line.speed != 1:
        return True
    at, until = max(part.stretch.located, key=lambda s: s[1] - s[0])
    wave = waves[line.recording]
    gain = explained(release.samples(at, until), part.stretch.samples(wave, at, until)).gain
    heard = release.samples(first, last)
    if level_db(heard) < SILENT_DB:
        return True
    raw = part.stretch.samples(wave, first, last)
    return _is_found(heard, raw, gain)


def _is_found(heard: Samples, raw: Samples, gain: float) -> bool:
    """Whether `raw`, added to `heard` with `gain`, would be found by a line that a picture guides."""
    share = audible_at(heard, raw, gain * 10 ** (-ENCODING_DB / 20))
    return bool(share / SPREAD * np.sqrt(len(heard) / STEP) >= LEAST_TRIAL_Z)


def _located(release: Wave, waves: Sequence[Wave], part: _Part) -> SoundSpan:
    """A span whose sound was found in a recording."""
    stretch, line = part.stretch, part.stretch.line
    measured = {
        "common_share": stretch.share,
        "peak_ratio": stretch.ratio,
        "z": stretch.z,
        "windows": float(stretch.windows[0]),
        "windows_agreeing": float(stretch.windows[1]),
        "heard_share": part.heard_share,
        "inverted": float(line.sign < 0),
        "speed": line.speed + stretch.drift.slope,
    }
    is_same = is_near = False
    if stretch.drift.scatter > STEADY_TICKS:
        is_near = True
    else:
        raw = stretch.samples(waves[line.recording], part.first, part.last)
        fit = explained(release.samples(part.first, part.first + len(raw)), raw)
        share = min(max(fit.share, 1e-4), 1 - 1e-4)
        measured["coherent_share"] = fit.share
        measured["snr_db"] = float(10 * np.log10(share / (1 - share)))
        measured["gain_db"] = float(20 * np.log10(max(fit.gain, 1e-6)))
        is_same = fit.share >= SAME_SHARE
        is_near = NEARLY_SAME[0] < fit.share < NEARLY_SAME[1]
    finding: Literal["same", "covered", "shifted"] = "same" if is_same else "covered"
    if part.place is None:
        finding = "shifted"
    span = _span(part.first, part.last)
    return SoundSpan(
        span.start_s,
        span.end_s,
        finding,
        line.recording,
        Fraction(stretch.raw(part.first), RATE_HZ),
        min(_confidence(part), NEARLY_SURE) if is_near and part.place is not None else _confidence(part),
        measured,
    )


def _confidence(part: _Part) -> float:
    """Rises with how far the place is ahead of every other, and with how much of the span was heard."""
    stretch = part.stretch
    sure = min(1.0, (stretch.ratio - 1) / 3) * min(1.0, stretch.z / 20)
    return round(0.6 + 0.35 * sure * (0.5 + 0.5 * min(1.0, part.heard_share / 0.5)), 3)


def _missing(release: Wave, wave: Wave, place: Place, span: Span) -> list[SoundSpan]:
    """What is said of a span in which a picture's own sound was not located."""
    first, last = int(span.start_s * RATE_HZ), int(span.end_s * RATE_HZ)
    if last - first < SHORTEST:
        return []
    heard = release.samples(first, last)
    raw_first = round(place.raw(first if place.speed >= 0 else last))
    raw = wave.samples(raw_first, raw_first + max(STEP, round((last - first) * abs(place.speed))))
    heard_db, raw_db = level_db(heard), level_db(raw)
    measured = {"release_level_db": heard_db, "recording_level_db": raw_db}
    if heard_db < SILENT_DB:
        if raw_db < AUDIBLE_DB or not place.speed:
            return []
        sure = 0.9 if place.others is None else 0.7
        return [SoundSpan(span.start_s, span.end_s, "muted", place.recording, None, sure, measured)]
    if raw_db < NOTHING_DB:
        return [SoundSpan(span.start_s, span.end_s, "replaced", place.recording, None, 0.6, measured)]
    if place.others is not None or not place.speed:
        return []
    found = _in_pieces(release, wave, place, span)
    if found is not None or place.speed != 1:
        return [found] if found is not None else []
    middle = max(0, (last - first - LONGEST_TRIAL) // 2)
    part = slice(middle, middle + LONGEST_TRIAL)
    for step, tried_db in enumerate(TRIED_DB):
        gain = 10 ** ((tried_db + heard_db - raw_db) / 20)
        if _is_found(heard[part], raw[part], gain):
            measured["would_be_found_db"] = tried_db
            sure = (0.9, 0.85, 0.7, 0.55)[step]
            return [SoundSpan(span.start_s, span.end_s, "replaced", place.recording, None, sure, measured)]
    return []


def _in_pieces(release: Wave, wave: Wave, place: Place, span: Span) -> SoundSpan | None:
    """Own sound whose length was changed with its picture's and whose pitch was kept, if it is found."""
    first, last = int(span.start_s * RATE_HZ), int(span.end_s * RATE_HZ)
    found = stretched(release, wave, (first, last), place.raw(first), place.speed)
    if found is None:
        return None
    measured = {
        "common_share": found.share,
        "peak_ratio": found.ratio,
        "excess": found.excess,
        "speed": place.speed,
    }
    raw_s = Fraction(found.raw_at, RATE_HZ)
    sure = round(0.5 + (NEARLY_SURE - 0.5) * min(1.0, found.excess / 20), 3)
    return SoundSpan(span.start_s, span.end_s, "covered", place.recording, raw_s, sure, measured)
