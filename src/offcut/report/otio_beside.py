"""What stands beside the pictures of an edit in OpenTimelineIO: its sound, and what it left out.

Sound has tracks of its own, because it need not follow the cuts of the pictures. What was left out has a
timeline of its own, because its clock is that of the recordings and not that of the release.
"""

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

import opentimelineio as otio

from offcut.report.otio_parts import Clock, file_name, frame_rate_hz, kept, reference

_COLOURS = {"left_out": otio.schema.MarkerColor.RED, "undecidable": otio.schema.MarkerColor.YELLOW}
_WORDS = {"left_out": "left out", "undecidable": "undecidable"}

_FINEST_SPEED = 10_000
"""Speeds of sound are measured figures; this undoes what a float made of 6/5."""

Span = tuple[int, Mapping[str, Any]]
"""A span of the document and its place in the document's list."""


def sound_tracks(document: Mapping[str, Any], end_s: Fraction) -> list[otio.schema.Track]:
    """Lay the sound of a release on audio tracks, each from 0 to `end_s`; none where it was not compared.

    A span whose raw time is known is a clip that starts at that raw time: where the sound runs on across a
    cut of the pictures, so does its clip. Any other span is a gap that carries it.

    Raises:
        ValueError: A span is none, or names a recording that is not listed.
    """
    spans = list(enumerate(document.get("sound") or ()))
    for number, span in spans:
        _check(f"sound {number}", span, len(document["recordings"]))
    times = [t for _, s in spans for t in (Fraction(s["start_s"]), Fraction(s["end_s"]))]
    end_s = max([end_s, *times])
    release = Clock.of([end_s, *times], frame_rate_hz(document["release"]))
    clocks = _sound_clocks(document)
    tracks = []
    for place, lane in enumerate(lanes(spans), start=1):
        track = otio.schema.Track(name=f"A{place}", kind=otio.schema.TrackKind.Audio)
        at_s = Fraction(0)
        for number, span in lane:
            from_s, to_s = Fraction(span["start_s"]), Fraction(span["end_s"])
            track.extend(_hole(release, at_s, from_s))
            track.append(_heard(number, span, (release, clocks), document))
            at_s = to_s
        track.extend(_hole(release, at_s, end_s))
        tracks.append(track)
    return tracks


def left_out(document: Mapping[str, Any]) -> otio.schema.Timeline:
    """Lay out what a release left out: a track per recording, on that recording's own clock.

    A clip is a span that was left out or may have been, with a marker that says which; a gap is time that
    is in a segment of the release.

    Raises:
        ValueError: A span is none, or names a recording that is not listed.
    """
    recordings = document["recordings"]
    made = otio.schema.Timeline(
        name=f"left out of {file_name(document['release']['path'])}",
        metadata={"offcut": kept({"schema": document["schema"], "limits": document.get("limits", [])})},
    )
    for number, span in enumerate(document["left_out"]):
        _check(f"left_out {number}", span, len(recordings))
    for index, recording in enumerate(recordings):
        spans = [(n, s) for n, s in enumerate(document["left_out"]) if s["recording"] == index]
        end_s = max([Fraction(recording["duration_s"] or 0), *(Fraction(s["end_s"]) for _, s in spans)])
        times = [t for _, s in spans for t in (Fraction(s["start_s"]), Fraction(s["end_s"]))]
        clock = Clock.of([end_s, *times], frame_rate_hz(recording))
        for lane in lanes(spans) or [[]]:
            made.tracks.append(_lane_left_out(lane, index, recording, (clock, end_s)))
    return made


def _lane_left_out(
    lane: Sequence[Span], index: int, recording: Mapping[str, Any], of: tuple[Clock, Fraction]
) -> otio.schema.Track:
    clock, end_s = of
    track = otio.schema.Track(
        name=f"left out: {file_name(recording['path'])}",
        kind=otio.schema.TrackKind.Video,
        metadata={"offcut": {"recording": index}},
    )
    at_s = Fraction(0)
    for number, span in lane:
        from_s, to_s = Fraction(span["start_s"]), Fraction(span["end_s"])
        track.extend(_hole(clock, at_s, from_s))
        range_ = otio.opentime.TimeRange(clock.time(Fraction(0), from_s), clock.time(from_s, to_s))
        clip = otio.schema.Clip(
            name=file_name(recording["path"]),
            media_reference=reference(recording, index, clock),
            source_range=range_,
            metadata={"offcut": kept({"left_out": number, **span})},
        )
        clip.markers.append(
            otio.schema.Marker(
                name=_WORDS.get(span["finding"], str(span["finding"])),
                marked_range=range_,
                color=_COLOURS.get(span["finding"], otio.schema.MarkerColor.PURPLE),
                comment=kept(span.get("reason") or ""),
            )
        )
        track.append(clip)
        at_s = to_s
    track.extend(_hole(clock, at_s, end_s))
    return track


def _check(name: str, span: Mapping[str, Any], recordings: int) -> None:
    if span["recording"] is not None and not 0 <= span["recording"] < recordings:
        raise ValueError(f"{name} names recording {span['recording']}, which is not listed")
    if not 0 <= Fraction(span["start_s"]) < Fraction(span["end_s"]):
        raise ValueError(f"{name} from {span['start_s']} s to {span['end_s']} s is no span")


def lanes(spans: Sequence[Span]) -> list[list[Span]]:
    """Spread spans over as few lanes as keep those that overlap apart."""
    found: list[list[Span]] = []
    for number, span in sorted(spans, key=lambda item: (Fraction(item[1]["start_s"]), item[0])):
        free = next((e for e in found if Fraction(e[-1][1]["end_s"]) <= Fraction(span["start_s"])), None)
        if free is None:
            found.append([(number, span)])
        else:
            free.append((number, span))
    return found


def _hole(clock: Clock, from_s: Fraction, to_s: Fraction) -> Iterator[otio.schema.Gap]:
    if to_s > from_s:
        yield otio.schema.Gap(source_range=clock.range(from_s, to_s))


def _is_located(span: Mapping[str, Any]) -> bool:
    return span["recording"] is not None and span["raw_start_s"] is not None


def _sound_clocks(document: Mapping[str, Any]) -> list[Clock]:
    times: list[list[Fraction]] = [[Fraction(r["duration_s"] or 0)] for r in document["recordings"]]
    for span in document.get("sound") or ():
        if _is_located(span):
            times[span["recording"]].append(Fraction(span["raw_start_s"]))
    return [
        Clock.of(of, frame_rate_hz(recording))
        for of, recording in zip(times, document["recordings"], strict=True)
    ]


def _heard(
    number: int,
    span: Mapping[str, Any],
    clocks: tuple[Clock, Sequence[Clock]],
    document: Mapping[str, Any],
) -> otio.core.Item:
    release, recordings = clocks
    from_s, to_s = Fraction(span["start_s"]), Fraction(span["end_s"])
    metadata = {"offcut": kept({"sound": number, **span})}
    if not _is_located(span):
        return otio.schema.Gap(
            name=f"sound: {span['finding']}", source_range=release.range(from_s, to_s), metadata=metadata
        )
    index = span["recording"]
    recording, clock = document["recordings"][index], recordings[index]
    clip = otio.schema.Clip(
        name=file_name(recording["path"]),
        media_reference=reference(recording, index, clock),
        source_range=otio.opentime.TimeRange(
            clock.time(Fraction(0), Fraction(span["raw_start_s"])), release.time(from_s, to_s)
        ),
        metadata=metadata,
    )
    if sound_speed(span) != 1:
        clip.effects.append(otio.schema.LinearTimeWarp(time_scalar=float(sound_speed(span))))
    return clip


def sound_speed(span: Mapping[str, Any]) -> Fraction:
    """Raw seconds per release second of a span of sound, as measured; 1 where nothing above 0 was."""
    speed = (span.get("measured") or {}).get("speed")
    return Fraction(speed).limit_denominator(_FINEST_SPEED) if speed and speed > 0 else Fraction(1)
