"""The edit of a release as an OpenTimelineIO timeline, for editors' own tools.

The timeline holds what editors' programs can draw; the result document's own words, its exact times
among them, stand beside it under `metadata["offcut"]` of the timeline, its clips, gaps and transitions.
OpenTimelineIO keeps times as floats, so every clock gets a rate at which its times are whole numbers.

A clip's `source_range` follows the reading that importers share: the duration is the time taken in the
release, whatever the speed; for a clip played backwards the start is the lower end of the raw span.
"""

import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import opentimelineio as otio

from offcut.report import otio_beside
from offcut.report.files import write_whole
from offcut.report.otio_parts import Clock, file_name, frame_rate_hz, kept, reference

TRANSITIONS = ("dissolve", "fade", "wipe")
"""Openings that take time; only for these may two segments of one track overlap."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A segment on its track, or a hole between segments.

    Attributes:
        start_s: Release time at which it is first seen, at the start of its transition.
        end_s: Release time at which it is last seen, at the end of the next one's transition.
        segment: As in the result document; None for time that no segment of this track describes.
        number: Its place in the document's `segments`; -1 for a hole.
        transition_s: Length of the transition that begins at `start_s`; zero for a cut.
    """

    start_s: Fraction
    end_s: Fraction
    segment: Mapping[str, Any] | None = None
    number: int = -1
    transition_s: Fraction = Fraction(0)

    @property
    def recording(self) -> int | None:
        """Index of the recording; None where no source was found."""
        return None if self.segment is None else self.segment["recording"]

    @property
    def speed(self) -> Fraction:
        """Raw seconds per release second, of a stretch with a recording."""
        assert self.segment is not None
        return Fraction(self.segment["speed"])

    def raw_s(self, at_s: Fraction) -> Fraction:
        """Raw time shown at release time `at_s`, of a stretch with a recording."""
        assert self.segment is not None
        return Fraction(self.segment["raw_start_s"]) + self.speed * (at_s - self.start_s)


def lay_out(document: Mapping[str, Any]) -> list[list[Stretch]]:
    """Put the segments of a conform document on tracks, the lowest first.

    Where two segments overlap in other than a transition (one set into or beside the other), the one
    placed smaller lies on a higher track. Every track runs from 0 to the release's end without a hole.

    Raises:
        ValueError: This is no conform document, or a segment names a recording or raw time it lacks.
    """
    if document.get("schema") != "offcut.conform/1":
        raise ValueError(f"schema is {document.get('schema')!r}; only offcut.conform/1 has an edit")
    rest = sorted(
        (_stretch(segment, number, document) for number, segment in enumerate(document["segments"])),
        key=lambda stretch: stretch.start_s,
    )
    end_s = max((Fraction(document["release"].get("duration_s") or 0), *(s.end_s for s in rest)))
    tracks: list[list[Stretch]] = []
    while rest or not tracks:
        above = _above(rest)
        tracks.append(_filled([s for s in rest if s.number not in above], end_s))
        rest = [s for s in rest if s.number in above]
    return tracks


def timeline(document: Mapping[str, Any]) -> otio.schema.Timeline:
    """Write a conform document as a timeline that is as long as the release.

    Raises:
        ValueError: See `lay_out`.
    """
    tracks = lay_out(document)
    frame_hz = frame_rate_hz(document["release"])
    cuts = [_cuts(track, frame_hz) for track in tracks]
    release = Clock.of(itertools.chain(*cuts, (t for track in tracks for t in _ends(track))), frame_hz)
    recordings = _recording_clocks(document, tracks, cuts)
    made = otio.schema.Timeline(
        name=file_name(document["release"]["path"]),
        metadata={"offcut": kept({k: v for k, v in document.items() if k != "segments"})},
    )
    for number, (track, times_s) in enumerate(zip(tracks, cuts, strict=True), start=1):
        lane = otio.schema.Track(name=f"V{number}", kind=otio.schema.TrackKind.Video)
        for stretch, (from_s, to_s) in zip(track, itertools.pairwise(times_s), strict=True):
            if stretch.transition_s:
                lane.append(_transition(stretch, from_s, release))
            if stretch.recording is None:
                lane.append(_gap(stretch, release.range(from_s, to_s)))
            else:
                clock = recordings[stretch.recording]
                lane.append(_clip(stretch, (from_s, to_s), (release, clock), document))
        made.tracks.append(lane)
    made.tracks.extend(otio_beside.sound_tracks(document, tracks[0][-1].end_s if tracks[0] else Fraction(0)))
    return made


def left_out_path(path: Path) -> Path:
    """Where the second timeline goes, that of what was left out: `edit.otio` → `edit.left-out.otio`."""
    return path.with_name(f"{path.stem}.left-out{path.suffix}")


def write(document: Mapping[str, Any], path: Path) -> None:
    """Write a conform document to `path` as `.otio`, and what was left out to `left_out_path`.

    Each is written whole or not at all; the same document gives the same bytes.

    Raises:
        ValueError: See `lay_out`.
        OSError: The place cannot be written; what stood there before stands there still.
    """
    edit, left_out = timeline(document), otio_beside.left_out(document)
    write_whole(path, edit.to_json_string(indent=2) + "\n")
    write_whole(left_out_path(path), left_out.to_json_string(indent=2) + "\n")


def _stretch(segment: Mapping[str, Any], number: int, document: Mapping[str, Any]) -> Stretch:
    recording = segment["recording"]
    if recording is not None:
        if not 0 <= recording < len(document["recordings"]):
            raise ValueError(f"segment {number} names recording {recording}, which is not listed")
        if segment["raw_start_s"] is None or segment["speed"] is None:
            raise ValueError(f"segment {number} names recording {recording} but not when or how fast")
    start_s, end_s = Fraction(segment["start_s"]), Fraction(segment["end_s"])
    if not 0 <= start_s < end_s:
        raise ValueError(f"segment {number} from {start_s} s to {end_s} s is no span of a release")
    return Stretch(start_s, end_s, segment, number)


def _opening(stretch: Stretch) -> tuple[str, Fraction, Fraction]:
    opening = (stretch.segment or {}).get("opening")
    if not opening or opening["kind"] not in TRANSITIONS:
        return "cut", stretch.start_s, stretch.start_s
    return opening["kind"], Fraction(opening["start_s"]), Fraction(opening["end_s"])


def _joined(first: Stretch, second: Stretch) -> bool:
    """Whether two overlapping segments overlap as the transition into `second` says, and only so."""
    kind, from_s, to_s = _opening(second)
    ordered = first.start_s < second.start_s < first.end_s < second.end_s
    one_at_a_time = _opening(first)[2] <= second.start_s
    return kind != "cut" and ordered and one_at_a_time and from_s <= second.start_s and first.end_s <= to_s


def _above(rest: Sequence[Stretch]) -> set[int]:
    """Numbers of the segments that another one lies under; never all of them."""
    above: set[int] = set()
    for place, first in enumerate(rest):
        for second in itertools.islice(rest, place + 1, None):
            if second.start_s >= first.end_s:
                break
            if not _joined(first, second):
                above.add(min(first, second, key=lambda s: (_area(s), -s.number)).number)
    return above


def _area(stretch: Stretch) -> float:
    box = (stretch.segment or {}).get("placed")
    return 1.0 if box is None else float(box["width"]) * float(box["height"])


def _filled(track: Sequence[Stretch], end_s: Fraction) -> list[Stretch]:
    """Fill the holes of a track and say how long each transition lasts."""
    filled: list[Stretch] = []
    at_s = Fraction(0)
    for stretch in track:
        if stretch.start_s > at_s:
            filled.append(Stretch(at_s, stretch.start_s))
        transition_s = at_s - stretch.start_s
        # Where the picture before has ended, a transition would say that it is seen on; a gap may be.
        if transition_s <= 0 and (not filled or filled[-1].recording is None):
            transition_s = max(Fraction(0), min(_opening(stretch)[2], stretch.end_s) - stretch.start_s)
        filled.append(replace(stretch, transition_s=max(transition_s, Fraction(0))))
        at_s = stretch.end_s
    if at_s < end_s:
        filled.append(Stretch(at_s, end_s))
    return filled


def _ends(track: Iterable[Stretch]) -> list[Fraction]:
    return [time_s for s in track for time_s in (s.start_s, s.end_s, s.start_s + s.transition_s)]


def _cuts(track: Sequence[Stretch], frame_hz: Fraction | None) -> list[Fraction]:
    """Where the stretches abut: at the centre of an overlap, on a frame if the rate is known."""
    cuts: list[Fraction] = []
    for before, stretch in zip([None, *track], track, strict=False):
        overlap_s = before.end_s - stretch.start_s if before else Fraction(0)
        cut_s = stretch.start_s + max(overlap_s, Fraction(0)) / 2
        if frame_hz and (stretch.start_s * frame_hz).denominator == 1:
            cut_s = math.floor(cut_s * frame_hz) / frame_hz
        cuts.append(cut_s)
    return [*cuts, track[-1].end_s] if track else [Fraction(0)]


def _recording_clocks(
    document: Mapping[str, Any], tracks: Sequence[Sequence[Stretch]], cuts: Sequence[Sequence[Fraction]]
) -> list[Clock]:
    times: list[list[Fraction]] = [[Fraction(r["duration_s"] or 0)] for r in document["recordings"]]
    for track, times_s in zip(tracks, cuts, strict=True):
        for stretch, at_s in zip(track, itertools.pairwise(times_s), strict=True):
            if stretch.recording is not None:
                of = times[stretch.recording]
                of += [stretch.raw_s(t) for t in (*at_s, stretch.start_s, stretch.end_s)]
    return [
        Clock.of(of, frame_rate_hz(recording))
        for of, recording in zip(times, document["recordings"], strict=True)
    ]


def _clip(
    stretch: Stretch,
    span_s: tuple[Fraction, Fraction],
    clocks: tuple[Clock, Clock],
    document: Mapping[str, Any],
) -> otio.schema.Clip:
    release, recording = clocks
    assert stretch.recording is not None
    assert stretch.segment is not None
    lower_s = min(stretch.raw_s(span_s[0]), stretch.raw_s(span_s[1]))
    clip = otio.schema.Clip(
        name=file_name(document["recordings"][stretch.recording]["path"]),
        media_reference=reference(document["recordings"][stretch.recording], stretch.recording, recording),
        source_range=otio.opentime.TimeRange(recording.time(Fraction(0), lower_s), release.time(*span_s)),
        metadata={"offcut": kept({"segment": stretch.number, **stretch.segment})},
    )
    if stretch.speed == 0:
        clip.effects.append(otio.schema.FreezeFrame())
    elif stretch.speed != 1:
        clip.effects.append(otio.schema.LinearTimeWarp(time_scalar=float(stretch.speed)))
    return clip


def _gap(stretch: Stretch, source_range: otio.opentime.TimeRange) -> otio.schema.Gap:
    if stretch.segment is None:
        return otio.schema.Gap(source_range=source_range)
    return otio.schema.Gap(
        name="no source found among the recordings",
        source_range=source_range,
        metadata={"offcut": kept({"segment": stretch.number, **stretch.segment})},
    )


def _transition(stretch: Stretch, cut_s: Fraction, clock: Clock) -> otio.schema.Transition:
    kind, _, _ = _opening(stretch)
    types = otio.schema.TransitionTypes
    return otio.schema.Transition(
        name=kind,
        transition_type=types.SMPTE_Dissolve if kind == "dissolve" else types.Custom,
        in_offset=clock.time(stretch.start_s, cut_s),
        out_offset=clock.time(cut_s, stretch.start_s + stretch.transition_s),
        metadata={"offcut": kept((stretch.segment or {})["opening"])},
    )
