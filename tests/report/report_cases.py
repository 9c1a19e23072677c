"""Records as conform and examine would give them, made from numbers."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Literal

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from offcut.records import (
    Box,
    Edit,
    Examination,
    Exhibit,
    Finding,
    Flash,
    Indicator,
    Measurement,
    Offcut,
    Opening,
    RawSpan,
    Segment,
    Shot,
    Signal,
    StreamView,
    Structure,
)
from offcut.timeline import FrameTimes, Span

WHOLE = Box(0.0, 0.0, 1.0, 1.0)


def seconds(value: str | int) -> Fraction:
    return Fraction(value)


def measured(
    name: str = "clip.mp4",
    *,
    frames: int = 300,
    tick_s: Fraction = Fraction(1, 30),
    damage: Sequence[str] = (),
    versions: Mapping[str, str] | None = None,
) -> Measurement:
    pts = np.arange(frames, dtype=np.int64)
    signal = Signal("picture.luma", 1, "code value", tick_s, pts, np.zeros((frames, 2, 2), np.uint8))
    return Measurement(
        exhibit=Exhibit(Path(name), "0123456789abcdef" * 4, 12345, frames * tick_s),
        stream=StreamView(
            "mov,mp4",
            "h264",
            640,
            360,
            640,
            360,
            0,
            "yuv420p",
            Fraction(1),
            Fraction(30),
            False,
            "aac",
            48000,
            2,
        ),
        frames=FrameTimes(tick_s, pts, frames),
        signals={signal.name: signal},
        versions=versions
        if versions is not None
        else {"libavcodec": "62.11.100", "numpy": "2.4", "analyser.picture": "1"},
        confinement="one file, no network, no other files",
        damage=damage,
    )


def sourced(
    start: str | int,
    end: str | int,
    recording: int,
    raw_start: str | int,
    *,
    speed: str | int = 1,
    opening: Opening | None = None,
    mirrored: bool = False,
    alternatives: Sequence[RawSpan] = (),
) -> Segment:
    start_s, end_s, raw_start_s = seconds(start), seconds(end), seconds(raw_start)
    return Segment(
        start_s=start_s,
        end_s=end_s,
        recording=recording,
        raw_start_s=raw_start_s,
        raw_end_s=raw_start_s + seconds(speed) * (end_s - start_s),
        speed=seconds(speed),
        mirrored=mirrored,
        crop=WHOLE,
        placed=WHOLE,
        confidence=0.9,
        time_is="ambiguous" if alternatives else "exact",
        alternatives=alternatives,
        opening=opening or Opening("cut", start_s, start_s, 0.9),
        measured={"picture_match": 0.97, "margin": float("nan")},
    )


def unsourced(start: str | int, end: str | int) -> Segment:
    start_s, end_s = seconds(start), seconds(end)
    opening = Opening("start" if start_s == 0 else "cut", start_s, start_s, 1.0)
    return Segment(start_s, end_s, None, None, None, None, None, None, None, 0.8, None, (), opening)


def small_edit(*, release: str = "release.mp4", first: str = "first.mp4") -> Edit:
    """Ten seconds: a title, two spans of one recording with a dissolve, one that could be elsewhere."""
    dissolve = Opening("dissolve", seconds("9/2"), seconds(5), 0.8)
    still = sourced(7, 10, 1, 4, alternatives=[RawSpan(seconds(6), seconds(9))])
    return Edit(
        release=measured(release),
        recordings=[measured(first), measured("second.mp4"), measured("never.mp4", frames=60)],
        segments=[
            unsourced(0, 2),
            sourced(2, 5, 0, 1),
            sourced("9/2", 7, 0, 6, mirrored=True, opening=dissolve),
            still,
        ],
        left_out=[
            Offcut(0, seconds(0), seconds(1), "left_out", ""),
            Offcut(0, seconds(4), seconds(6), "left_out", ""),
            Offcut(0, seconds("17/2"), seconds(10), "left_out", ""),
            Offcut(1, seconds(0), seconds(4), "left_out", ""),
            Offcut(
                1,
                seconds(4),
                seconds(9),
                "undecidable",
                "the picture does not move: 4 to 7 s and 6 to 9 s fit",
            ),
            Offcut(1, seconds(9), seconds(10), "left_out", ""),
            Offcut(2, seconds(0), seconds(2), "left_out", ""),
        ],
        limits=["a span shorter than 0.2 s of a release is not searched for"],
    )


def small_examination(*, name: str = "clip.mp4", note: str = "Lavf62") -> Examination:
    measurement = measured(name, damage=["the last packet is cut short"])
    cut = Opening("cut", seconds(3), seconds(3), 0.95)
    return Examination(
        measurement=measurement,
        structure=Structure(
            "isobmff",
            {
                "brands": {"major": "isom", "compatible": ["isom", "avc1"]},
                "writing_application": {"value": note, "offset": 4120},
                "duration_s": Fraction(10),
                "boxes": [
                    {"type": "ftyp", "offset": 0, "size": 32},
                    {"type": "moov", "offset": 32, "size": 900},
                ],
            },
            ["byte 932: the last box is 4 bytes short"],
        ),
        shots=[
            Shot(seconds(0), seconds(3), Opening("start", seconds(0), seconds(0), 1.0)),
            Shot(seconds(3), seconds(10), cut),
        ],
        flashes=[Flash(seconds(6), seconds("31/5"), 0.7)],
        indicators=[
            Indicator(
                "picture.cut",
                "The picture changes completely from one frame to the next at 1 place",
                "assembled",
                "strong",
                [Span(seconds(3), seconds(3))],
                {"cuts": np.int64(1), "change": np.float32(0.5), "at_s": seconds(3), "offset": 4120},
                "measured on the shared cases",
            )
        ],
        finding=Finding("assembled", 0.9, ["picture.cut"], ["a cut between two similar views can be missed"]),
    )


def noise(seed: int, shape: tuple[int, int, int] = (90, 160, 3)) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def _times(maximum: int) -> st.SearchStrategy[Fraction]:
    return st.fractions(min_value=0, max_value=maximum, max_denominator=1001)


@st.composite
def edits(draw: st.DrawFn) -> Edit:
    """Any edit that the records allow, sensible or not."""
    recordings = [measured(draw(st.text(min_size=1, max_size=8))) for _ in range(draw(st.integers(0, 3)))]
    share = st.floats(0, 1)
    boxes = st.none() | st.builds(Box, share, share, share, share)
    segments = []
    for _ in range(draw(st.integers(0, 4))):
        start_s, end_s = sorted((draw(_times(10)), draw(_times(10))))
        source = draw(st.none() | st.integers(0, len(recordings) - 1)) if recordings else None
        known = source is not None
        segments.append(
            Segment(
                start_s=start_s,
                end_s=end_s,
                recording=source,
                raw_start_s=draw(_times(10)) if known else None,
                raw_end_s=draw(_times(10)) if known else None,
                speed=draw(st.fractions(-4, 4)) if known else None,
                mirrored=draw(st.none() | st.booleans()),
                crop=draw(boxes),
                placed=draw(boxes),
                confidence=draw(share),
                time_is=draw(st.sampled_from(["exact", "ambiguous"])) if known else None,
                alternatives=[RawSpan(draw(_times(10)), draw(_times(10)))] if draw(st.booleans()) else [],
                opening=Opening(
                    draw(st.sampled_from(["start", "cut", "dissolve"])), start_s, start_s, draw(share)
                ),
                measured={"figure": draw(st.floats())},
            )
        )
    left_out = []
    for _ in range(draw(st.integers(0, 4)) if recordings else 0):
        start_s, end_s = sorted((draw(_times(10)), draw(_times(10))))
        finding: Literal["left_out", "undecidable"] = "left_out" if draw(st.booleans()) else "undecidable"
        left_out.append(
            Offcut(
                draw(st.integers(0, len(recordings) - 1)), start_s, end_s, finding, draw(st.text(max_size=9))
            )
        )
    limits = draw(st.lists(st.text(max_size=20), max_size=3))
    return Edit(measured("release.mp4"), recordings, segments, left_out, limits)
