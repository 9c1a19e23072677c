"""The edit of a release as FCPXML 1.8, for Final Cut Pro and programs that read its format.

Times on the timeline are rounded to the release's frames, as that program demands; every speed is exact.
What the format cannot hold is named in a comment at the head of the file.

OpenTimelineIO's adapter for this format reads our file back (`fcpxml_check`) but does not write it: it drops
speeds and transitions, moves connected clips by a frame where a float falls short of one, knows no frame
of 30000/1001 s, and starts another program on the media files, outside the room.
"""

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

from offcut.report import plain
from offcut.report.files import write_whole
from offcut.report.losses import lost
from offcut.report.otio import Stretch, lay_out
from offcut.report.otio_beside import lanes, sound_speed
from offcut.report.otio_parts import file_name

VERSION = "1.8"
"""The last one in which an asset names its file itself, as OpenTimelineIO's adapter expects."""

_ALWAYS = (
    "A LOSSY VIEW: the result document and its OTIO file keep times as measured; here they lie on frames of "
    "the release.",
    "A gap says that no source was found among the recordings, not that the release is black.",
    "Times of recordings count from their time 0, which is not the camera's timecode.",
    "Pictures carry no sound of their own; sound is written only where it was compared and located.",
)


Point = tuple[Fraction, Fraction]


@dataclass(frozen=True, slots=True)
class Placed:
    """One clip as it is meant; `fcpxml_check` compares what a reader makes of it.

    Attributes:
        lane: 0 is the spine, above it are pictures, below it sound.
        recording: Index.
        record: In and out, in frames of the release.
        start_s: Time on its own clock at which it begins: raw time, or where it is retimed time of the map.
        map_s: Where it is retimed, two points of the map, each its own time and the raw time then: where the
            segment is first and last seen, transitions included. None at speed 1.
        note: What a person must know.
    """

    lane: int
    recording: int
    record: tuple[int, int]
    start_s: Fraction
    map_s: tuple["Point", "Point"] | None = None
    note: str = ""


def planned(document: Mapping[str, Any], *, rate_hz: Fraction) -> tuple[str, list[Placed]]:
    """Return the text of the file and the clips that it is meant to hold, lane by lane.

    Args:
        document: Of schema `offcut.conform/1`.
        rate_hz: Frames a second of the release.

    Raises:
        ValueError: The rate is none, or see `lay_out` of `otio`.
    """
    if rate_hz <= 0:
        raise ValueError(f"{rate_hz} frames a second are no rate")
    page = _Page(document, Fraction(rate_hz))
    text = Xml.tostring(page.root, encoding="unicode")
    remarks = [*_ALWAYS, *(f"LOST: {line}" for line in lost(document, "fcpxml")), *page.notes]
    comment = "\n".join(f"  {_commented(line)}" for line in remarks)
    head = f'<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE fcpxml>\n<!-- offcut:\n{comment}\n-->\n'
    return f"{head}{text}\n", page.placed


def write(document: Mapping[str, Any], path: Path, *, rate_hz: Fraction) -> None:
    """Write the text of `planned` to `path`, whole or not at all.

    Raises:
        ValueError: See `planned`.
        OSError: The place cannot be written; what stood there before stands there still.
    """
    write_whole(path, planned(document, rate_hz=rate_hz)[0])


class _Page:
    """Builds the tree: resources, the spine, and what is connected to it."""

    def __init__(self, document: Mapping[str, Any], rate_hz: Fraction) -> None:
        self._document, self._rate_hz = document, rate_hz
        self.placed: list[Placed] = []
        self.notes: list[str] = []
        tracks = lay_out(document)
        self.root = Xml.Element("fcpxml", version=VERSION)
        self._resources()
        project = Xml.SubElement(self.root, "project", name=file_name(document["release"]["path"]))
        end_s = max((track[-1].end_s for track in tracks if track), default=Fraction(0))
        sequence = Xml.SubElement(
            project,
            "sequence",
            format="r0",
            duration=_time(self._frame(end_s) / rate_hz),
            tcStart="0s",
            tcFormat="NDF",
        )
        self._spine = Xml.SubElement(sequence, "spine")
        self._on_spine: list[tuple[int, int, Xml.Element]] = []
        for lane, track in enumerate(tracks):
            self._pictures(track, lane)
        for place, sounds in enumerate(lanes(list(enumerate(document.get("sound") or ()))), start=1):
            for _, span in sounds:
                self._sound(span, -place)
        Xml.indent(self.root)

    def _frame(self, time_s: Fraction) -> int:
        return _nearest(time_s * self._rate_hz)

    def _resources(self) -> None:
        resources = Xml.SubElement(self.root, "resources")
        release = self._document["release"]
        sides = {k: str(release[f"{k}_px"]) for k in ("width", "height") if release.get(f"{k}_px")}
        Xml.SubElement(resources, "format", {"id": "r0", "frameDuration": _time(1 / self._rate_hz), **sides})
        heard = {span["recording"] for span in self._document.get("sound") or ()}
        for number, recording in enumerate(self._document["recordings"]):
            length = {"duration": _time(Fraction(recording["duration_s"]))} if recording["duration_s"] else {}
            # No format: a reader counts frames in that of the release then, and an editor asks the file.
            asset = {
                "id": f"a{number}",
                "name": file_name(recording["path"]),
                "src": address(recording["path"]),
                "start": "0s",
                "hasVideo": "1",
            }
            if number in heard:
                asset["hasAudio"] = "1"
            Xml.SubElement(resources, "asset", asset | length)

    def _pictures(self, track: Sequence[Stretch], lane: int) -> None:
        cuts = [*(self._cut(*pair) for pair in itertools.pairwise([None, *track])), None]
        for stretch, in_, out in zip(track, cuts, cuts[1:], strict=False):
            record = in_ or 0, self._frame(stretch.end_s) if out is None else out
            if record[0] >= record[1]:
                self.notes.append(f"NOT HERE: segment {stretch.number}, shorter than a frame")
                continue
            if lane == 0 and stretch.transition_s:
                self._transition(stretch)
            if stretch.recording is not None:
                self._clip(_meant(stretch, record, self._rate_hz, lane), "video")
            elif lane == 0:
                self._gap(stretch, record)

    def _cut(self, before: Stretch | None, stretch: Stretch | None) -> int:
        """Where two stretches abut: at the centre of their overlap."""
        assert stretch is not None
        overlap_s = before.end_s - stretch.start_s if before else Fraction(0)
        return self._frame(stretch.start_s + max(overlap_s, Fraction(0)) / 2)

    def _transition(self, stretch: Stretch) -> None:
        from_, to = self._frame(stretch.start_s), self._frame(stretch.start_s + stretch.transition_s)
        if to > from_:
            kind = (stretch.segment or {})["opening"]["kind"]
            offset, duration = _time(from_ / self._rate_hz), _time((to - from_) / self._rate_hz)
            Xml.SubElement(self._spine, "transition", name=kind, offset=offset, duration=duration)

    def _gap(self, stretch: Stretch, record: tuple[int, int]) -> None:
        name = "no source found" if stretch.segment else "no segment"
        gap = Xml.SubElement(
            self._spine,
            "gap",
            name=name,
            offset=_time(record[0] / self._rate_hz),
            duration=_time((record[1] - record[0]) / self._rate_hz),
            start="0s",
        )
        self._on_spine.append((*record, gap))

    def _clip(self, clip: Placed, what: str) -> None:
        parent, offset, lane = self._spine, clip.record[0], dict[str, str]()
        if clip.lane:
            # On the parent's own clock, which begins at its start.
            in_, _, parent = next(row for row in self._on_spine if row[0] <= clip.record[0] < row[1])
            lane = {"lane": str(clip.lane)}
            offset = clip.record[0] - in_
        at_s = offset / self._rate_hz + (_seconds(parent.get("start")) if clip.lane else 0)
        length_s = (clip.record[1] - clip.record[0]) / self._rate_hz
        attributes = {
            "ref": f"a{clip.recording}",
            "name": file_name(self._document["recordings"][clip.recording]["path"]),
            "offset": _time(at_s),
            "duration": _time(length_s),
            "start": _time(clip.start_s),
            "srcEnable": what,
        }
        element = Xml.SubElement(parent, "asset-clip", attributes | lane)
        if clip.note:
            Xml.SubElement(element, "note").text = clip.note
        if clip.map_s:
            times = Xml.SubElement(element, "timeMap")
            for time_s, raw_s in clip.map_s:
                Xml.SubElement(times, "timept", time=_time(time_s), value=_time(raw_s), interp="linear")
        if not clip.lane:
            self._on_spine.append((*clip.record, element))
        self.placed.append(clip)

    def _sound(self, span: Mapping[str, Any], lane: int) -> None:
        if span["recording"] is None or span["raw_start_s"] is None:
            return
        record = self._frame(Fraction(span["start_s"])), self._frame(Fraction(span["end_s"]))
        end = max((out for _, out, _ in self._on_spine), default=0)
        record = record[0], min(record[1], end)
        speed = sound_speed(span)
        raw_s = Fraction(span["raw_start_s"]) + speed * (
            record[0] / self._rate_hz - Fraction(span["start_s"])
        )
        if record[0] >= record[1] or raw_s < 0:
            self.notes.append(f"NOT HERE: sound from {span['start_s']} s, not on a frame of both files")
            return
        note = f"sound: {span['finding']}; confidence {float(span['confidence']):.2f}"
        length_s = (record[1] - record[0]) / self._rate_hz
        points = (Fraction(0), raw_s), (length_s, raw_s + speed * length_s)
        start_s, map_s = (raw_s, None) if speed == 1 else (Fraction(0), points)
        self._clip(Placed(lane, span["recording"], record, start_s, map_s, note), "audio")


def _meant(stretch: Stretch, record: tuple[int, int], rate_hz: Fraction, lane: int) -> Placed:
    """A clip for record frames `record`; its raw times are those of the rounded record times."""
    assert stretch.recording is not None
    note = "; ".join(_remarks(stretch))
    if stretch.speed == 1:
        raw_s = max(Fraction(0), stretch.raw_s(record[0] / rate_hz))
        return Placed(lane, stretch.recording, record, raw_s, note=note)
    seen = (
        min(record[0], _nearest(stretch.start_s * rate_hz)),
        max(record[1], _nearest(stretch.end_s * rate_hz)),
    )
    first, last = (
        ((frame - seen[0]) / rate_hz, max(Fraction(0), stretch.raw_s(frame / rate_hz))) for frame in seen
    )
    start_s = (record[0] - seen[0]) / rate_hz
    return Placed(lane, stretch.recording, record, start_s, (first, last), note)


def _nearest(frames: Fraction) -> int:
    return math.floor(frames + Fraction(1, 2))


def _remarks(stretch: Stretch) -> Iterator[str]:
    segment = stretch.segment or {}
    yield f"offcut segment {stretch.number}, confidence {float(segment['confidence']):.2f}"
    if stretch.speed != 1:
        yield f"speed {stretch.speed}"
    if segment.get("mirrored"):
        yield "mirrored in the release"
    if segment.get("time_is") == "ambiguous":
        yield f"raw time ambiguous, {len(segment.get('alternatives') or ())} alternatives"
    for name in ("crop", "placed"):
        box = segment.get(name)
        if box:
            yield f"{name} " + " ".join(f"{float(box[k]):.4f}" for k in ("x", "y", "width", "height"))


def address(path: str) -> str:
    """The file's address, absolute, as the format demands; whether the file is there is not looked up."""
    return Path(plain.readable(path).replace("\0", "\\x00")).absolute().as_uri()


def _time(time_s: Fraction) -> str:
    return f"{Fraction(time_s)}s"


def _seconds(written: str | None) -> Fraction:
    return Fraction((written or "0s").removesuffix("s"))


def _commented(line: str) -> str:
    """A line that cannot end a comment."""
    return plain.one_line(line).replace("--", "- -").rstrip("-")
