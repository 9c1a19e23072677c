"""Conform documents made by hand and by hypothesis, as the exports are given them."""

import json
from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st

SHARED = Path(__file__).parents[3] / "shared"
WHOLE = {"x": 0.0, "y": 0.0, "width": 1.0, "height": 1.0}
CORNER = {"x": 0.7, "y": 0.05, "width": 0.25, "height": 0.25}

Document = dict[str, Any]


def recording(path: str = "raw/clip.mp4", duration_s: str = "1000", **more: Any) -> Document:
    return {
        "path": path,
        "sha256": "0123456789abcdef" * 4,
        "size_bytes": 12345,
        "duration_s": duration_s,
    } | more


def segment(start_s: str, end_s: str, raw_start_s: str | None = None, **more: Any) -> Document:
    """A segment of recording 0 from `raw_start_s`; without it, one that has no source."""
    speed = Fraction(more.get("speed", 1))
    length_s = Fraction(end_s) - Fraction(start_s)
    found = raw_start_s is not None
    raw_end_s = str(Fraction(raw_start_s) + speed * length_s) if raw_start_s is not None else None
    return {
        "start_s": start_s,
        "end_s": end_s,
        "recording": 0 if found else None,
        "raw_start_s": raw_start_s,
        "raw_end_s": raw_end_s,
        "speed": "1" if found else None,
        "mirrored": False if found else None,
        "crop": WHOLE if found else None,
        "placed": WHOLE if found else None,
        "confidence": 0.9,
        "time_is": "exact" if found else None,
        "alternatives": [],
        "opening": {"kind": "cut", "start_s": start_s, "end_s": start_s, "confidence": 0.9},
        "overlays": [],
        **more,
    }


def dissolve(start_s: str, end_s: str, kind: str = "dissolve") -> Document:
    return {"kind": kind, "start_s": start_s, "end_s": end_s, "confidence": 0.8}


def document(
    segments: Sequence[Document],
    *,
    duration_s: str = "10",
    frames: int | None = None,
    paths: Sequence[str] = (),
) -> Document:
    release = recording("release.mp4", duration_s) | ({} if frames is None else {"frames": frames})
    return {
        "schema": "offcut.conform/1",
        "tool": {"offcut": "0"},
        "release": release,
        "recordings": [recording(path) for path in (paths or ("raw/clip.mp4", "raw/other.mp4", "third.mov"))],
        "segments": list(segments),
        "sound": None,
        "left_out": [
            {
                "recording": 0 if len(paths) == 1 else 1,
                "start_s": "0",
                "end_s": "7/3",
                "finding": "left_out",
                "events": [],
            }
        ],
        "limits": ["left out means relative to the recordings given"],
    }


def case(name: str) -> Document:
    """The truth of a conform case as a result document."""
    path = SHARED / "cases" / name / "truth.json"
    if not SHARED.exists():
        pytest.skip("../shared is absent, and with it the conform cases")
    truth: Document = json.loads(path.read_text("utf-8"))
    truth["schema"] = "offcut.conform/1"
    for item in truth["recordings"]:
        del item["frame_times_s"]
    for item in truth["left_out"]:
        item["finding"] = "left_out"
    for item in (*truth["segments"], *(truth.get("sound") or ())):
        item.setdefault("confidence", 1.0)
    del truth["frames"]
    return truth


STEPS = tuple(Fraction(step) for step in ("1/25", "1/30", "1001/30000", "1/1000", "1/7"))
_SPEEDS = ("1", "1", "2", "1/2", "6/5", "-1", "-3/4", "0")
_TIMES = st.builds(Fraction, st.integers(2_000, 20_000), st.sampled_from((1, 25, 179))).map(
    lambda t: 100 + t % 200
)


@st.composite
def edits(draw: st.DrawFn, steps: Sequence[Fraction] = STEPS) -> tuple[Document, Fraction]:
    """A release cut at random into segments and spans without a source, some joined by dissolves.

    Returns:
        The document, and the step in seconds that all its release times are multiples of.
    """
    step_s = draw(st.sampled_from(steps))
    bounds = sorted(draw(st.sets(st.integers(1, 400), min_size=1, max_size=8)) | {0})
    segments: list[Document] = []
    for number, (start, end) in enumerate(pairwise(bounds)):
        length = start - bounds[number - 1] if number else 0
        overlap = draw(st.integers(0, max(0, length - 1)))
        from_s, to_s = str((start - overlap) * step_s), str(end * step_s)
        opening = dissolve(from_s, str(start * step_s)) if overlap else dissolve(from_s, from_s, "cut")
        found = draw(st.integers(-1, 2))
        if found < 0:
            segments.append(segment(from_s, to_s, opening=opening))
        else:
            speed, raw_s = draw(st.sampled_from(_SPEEDS)), str(draw(_TIMES))
            segments.append(segment(from_s, to_s, raw_s, speed=speed, recording=found, opening=opening))
    made = document(segments, duration_s=str(bounds[-1] * step_s))
    if draw(st.booleans()):
        made["release"]["frames"] = bounds[-1]
    return made, step_s


def spans(of: Mapping[str, Any]) -> list[tuple[Fraction, Fraction]]:
    return [(Fraction(s["start_s"]), Fraction(s["end_s"])) for s in of["segments"]]
