"""Which sound the release carries: located on its own, then held against the pictures."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from offcut.conform.sound_common import STEP
from offcut.conform.sound_findings import Place, Stretch, joined
from offcut.conform.sound_lines import Drift, Line, Run, blind, chosen, guided
from offcut.conform.waves import RATE_HZ, Wave
from offcut.records import Measurement, Segment, SoundSpan

__all__ = ["heard"]

SAME_SPEED = 0.005
"""A picture this near to recorded speed has its sound looked for at recorded speed, too."""

LONGEST_GAP = 3 * RATE_HZ
"""Ticks for which a line may go unheard and still be one: a pause in what was recorded."""

LOUD_SHARE = 0.5
"""Own sound this clear would be heard throughout: a gap in it is no pause."""


def heard(
    release: Measurement,
    recordings: Sequence[Measurement],
    segments: Sequence[Segment],
    *,
    progress: Callable[[str, float], None] = lambda stage, done: None,
) -> tuple[SoundSpan, ...] | None:
    """Say of the release's sound where it comes from.

    Args:
        release: Measured with the analyser `sound_band`, like every recording.
        recordings: As the segments number them.
        segments: What the pictures gave; they are not changed, and nothing is left out or used by sound.
        progress: Called with the stage in words and the share of this work that is done.

    Returns:
        Spans in release order, disjoint; None where a file was not measured for sound. A span of the
        release without any is one of which nothing can be said.
    """
    if any("sound_band.mono" not in m.signals for m in (release, *recordings)):
        return None
    wave, waves = Wave(release), [Wave(m) for m in recordings]
    places = [place for s in segments if (place := _place(s, recordings)) is not None]
    stretches: list[Stretch] = []
    if len(wave) and any(len(w) for w in waves):
        progress("listening", 0.0)
        lines = [*blind(wave, waves), *_guided(wave, waves, places)]
        progress("listening", 0.7)
        stretches = _stretches(chosen(lines, wave, waves), wave)
    found = joined(wave, waves, places, stretches, end=_ticks(release.frames.end_s))
    progress("listening", 1.0)
    return found


def _ticks(time_s: Fraction) -> int:
    return round(time_s * RATE_HZ)


def _place(segment: Segment, recordings: Sequence[Measurement]) -> Place | None:
    """What a segment says of the sound that belongs to it; None where it names no recording."""
    if segment.recording is None or segment.raw_start_s is None or segment.speed is None:
        return None
    frame_s = max(recordings[segment.recording].frames.median_step_s, 0.02)
    speed = float(segment.speed)
    return Place(
        recording=segment.recording,
        first=_ticks(segment.start_s),
        last=_ticks(segment.end_s),
        raw_first=float(segment.raw_start_s) * RATE_HZ,
        speed=1.0 if abs(speed - 1) < SAME_SPEED else speed,
        reach=round((0.02 + 1.5 * frame_s) * RATE_HZ),
        others=tuple(
            (float(a.raw_start_s) * RATE_HZ, float(a.raw_end_s) * RATE_HZ) for a in segment.alternatives
        )
        if segment.time_is == "ambiguous"
        else None,
    )


def _guided(wave: Wave, waves: Sequence[Wave], places: Sequence[Place]) -> list[Line]:
    """Lines looked for where pictures say; a static picture says nothing about time."""
    lines: list[Line] = []
    for place in places:
        if place.others is None and place.speed:
            span = (place.first, place.last)
            speeds = [place.speed]
            if place.speed != 1:
                speeds.append(float(Fraction(place.speed).limit_denominator(12)))
            lines += guided(
                wave, waves[place.recording], place.recording, span, place.raw_first, sorted(set(speeds))
            )
    return lines


@dataclass
class _Joining:
    """A stretch while runs are added to it."""

    runs: list[Run]

    def goes_on_with(self, run: Run, wave: Wave) -> bool:
        last = self.runs[-1]
        gap = (run.first - last.last) * STEP
        middle = wave.start + (run.first + last.last) // 2 * STEP
        if not run.line.is_like(last.line, middle) or run.line.speed != last.line.speed:
            return False
        clear = min(run.share, last.share) > LOUD_SHARE
        return run.stands == last.stands and gap <= (STEP * 4 if clear else LONGEST_GAP)


def _stretches(runs: Sequence[Run], wave: Wave) -> list[Stretch]:
    """Join runs of one line over pauses in which nothing of it can be heard."""
    joining: list[_Joining] = []
    for run in runs:
        if joining and joining[-1].goes_on_with(run, wave):
            joining[-1].runs.append(run)
        else:
            joining.append(_Joining([run]))
    return [_stretch(j.runs, wave) for j in joining]


def _stretch(runs: Sequence[Run], wave: Wave) -> Stretch:
    strongest = max(runs, key=lambda r: r.z)
    lengths = sum(r.last - r.first for r in runs)
    return Stretch(
        line=strongest.line,
        first=wave.start + runs[0].first * STEP,
        last=wave.start + runs[-1].last * STEP,
        stands=strongest.stands,
        share=sum(r.share * (r.last - r.first) for r in runs) / lengths,
        z=sum(r.z**2 for r in runs) ** 0.5,
        ratio=strongest.ratio,
        located=tuple((wave.start + r.first * STEP, wave.start + r.last * STEP) for r in runs),
        drift=_drift(runs, strongest, wave),
        windows=(sum(r.windows[0] for r in runs), sum(r.windows[1] for r in runs)),
    )


def _drift(runs: Sequence[Run], strongest: Run, wave: Wave) -> Drift:
    """The drift of the strongest run, carried back to where the first one begins."""
    back = (strongest.first - runs[0].first) * STEP
    drift = strongest.drift
    if drift.slope:
        return replace(drift, ticks=drift.ticks - drift.slope * back)
    at = wave.start + runs[0].first * STEP
    return replace(drift, ticks=runs[0].drift.ticks + runs[0].line.raw(at) - strongest.line.raw(at))
