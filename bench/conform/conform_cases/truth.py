"""What was really done, in the schema of the shared cases: computed from the plan, never measured."""

import hashlib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from conform_cases.clips import Clip, sound
from conform_cases.laid_out import Laid, length_frames
from conform_cases.plans import Plan
from offcut.records import Box
from offcut.testing.graphics import OVERLAYS
from offcut.timeline import Span, exact, subtract


def truth(plan: Plan, laid: Sequence[Laid], clips: Mapping[str, Clip], folder: Path) -> dict[str, Any]:
    """Say what the release of `plan` consists of; paths are relative to `folder`."""
    total = length_frames(laid)
    spans = {
        name: [one.raw_span() for one in laid if one.cut.kind == "footage" and one.cut.clip == name]
        for name in plan.recordings
    }
    return {
        "schema": "offcut.truth.conform/1",
        "release": {
            "path": "release.mp4",
            "fps": exact(plan.rate_hz),
            "frames": total,
            "width": plan.width_px,
            "height": plan.height_px,
            "crf": plan.crf,
            "duration_s": exact(total / plan.rate_hz),
        },
        "recordings": [_recording(clips[name], folder, used=bool(spans[name])) for name in plan.recordings],
        "segments": [_segment(plan, one) for one in laid],
        "sound": [
            _sound(plan, one)
            for one in laid
            if one.cut.kind == "footage" and one.clip is not None and sound(one.clip.path) is not None
        ],
        "left_out": [
            {"recording": number, "start_s": exact(span.start_s), "end_s": exact(span.end_s)}
            for number, name in enumerate(plan.recordings)
            for span in subtract([_whole(clips[name])], spans[name])
        ],
        "inset_only": [],
        "frames": [_frame(plan, laid, n) for n in range(total)],
    }


def _whole(one: Clip) -> Span:
    return Span(one.times.start_s, one.times.end_s)


def _recording(one: Clip, folder: Path, *, used: bool) -> dict[str, Any]:
    return {
        "path": Path(os.path.relpath(one.path.resolve(), folder.resolve())).as_posix(),
        "sound": sound(one.path) is not None,
        "sha256": hashlib.sha256(one.path.read_bytes()).hexdigest(),
        "duration_s": exact(one.times.end_s - one.times.start_s),
        "used": used,
        "frame_times_s": [exact(one.times.time_s(i)) for i in range(len(one.times))],
        "end_s": exact(one.times.end_s),
    }


_SOURCED = (
    "recording",
    "raw_start_s",
    "raw_end_s",
    "speed",
    "mirrored",
    "crop",
    "placed",
    "fit",
    "motion",
    "grade",
)


def _segment(plan: Plan, one: Laid) -> dict[str, Any]:
    cut = one.cut
    start_s, opened_s = (exact((one.start + d) / plan.rate_hz) for d in (0, cut.opening_frames))
    segment: dict[str, Any] = {
        "kind": cut.kind,
        "start_s": start_s,
        "end_s": exact(one.end / plan.rate_hz),
        **dict.fromkeys(_SOURCED),
    }
    if cut.kind == "footage" and cut.clip is not None:
        segment |= {
            "recording": plan.recordings.index(cut.clip),
            "raw_start_s": exact(one.raw_s(one.start)),
            "raw_end_s": exact(one.raw_s(one.end)),
            "speed": exact(cut.speed),
            "mirrored": cut.mirrored,
            "crop": _box(one.seen),
            "placed": _box(one.placed),
            "fit": cut.fit,
            "motion": _motion(one),
            "grade": cut.look,
        }
    kind = "start" if one.start == 0 else cut.opening
    segment["opening"] = {"kind": kind, "start_s": start_s, "end_s": opened_s}
    segment["overlays"] = [dict(overlay) for overlay in OVERLAYS] if cut.overlaid else []
    segment["clip"] = cut.clip
    return segment


def _motion(one: Laid) -> float:
    """Mean change of grey level between neighbouring raw frames, from four pairs."""
    assert one.clip is not None
    last = len(one.clip.times) - 2
    picks = [min(one.raw_index(int(n)), last) for n in np.linspace(one.start, one.end - 1, 6)[1:5]]
    shown = one.clip.pictures(i + k for i in picks for k in (0, 1))
    grey = {i: cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY) for i, picture in shown.items()}
    return round(float(np.mean([np.mean(cv2.absdiff(grey[i], grey[i + 1])) for i in picks])), 3)


def _sound(plan: Plan, one: Laid) -> dict[str, Any]:
    alone = one.start + one.cut.opening_frames
    return {
        "start_s": exact(alone / plan.rate_hz),
        "end_s": exact((one.end - one.opens_after) / plan.rate_hz),
        "finding": "covered",
        "recording": plan.recordings.index(str(one.cut.clip)),
        "raw_start_s": exact(one.raw_s(alone)) if one.cut.speed == 1 else None,
        "snr_db": plan.snr_db,
    }


def _frame(plan: Plan, laid: Sequence[Laid], n: int) -> list[list[Any]]:
    return [
        [number, plan.recordings.index(str(one.cut.clip)), one.raw_index(n), round(one.share(n), 3), "main"]
        for number, one in enumerate(laid)
        if one.start <= n < one.end and one.cut.kind == "footage"
    ]


def _box(box: Box) -> dict[str, float]:
    return {side: round(getattr(box, side), 5) for side in ("x", "y", "width", "height")}
