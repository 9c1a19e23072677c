"""What was really done, in the schema of the shared cases: computed from the plan, never measured."""

import hashlib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from conform_cases.clips import Clip
from conform_cases.composed import matrix
from conform_cases.cuts import Graphic, Plan
from conform_cases.filmed import Screen
from conform_cases.laid_out import Laid, length_frames
from conform_cases.painted import BORDER_SHARE
from conform_cases.placing import Matrix, around, corners, mapped
from offcut.records import Box
from offcut.timeline import Span, exact, subtract

LEAST_SHARE = 0.001


def truth(
    plan: Plan,
    laid: Sequence[Laid],
    clips: Mapping[str, Clip],
    folder: Path,
    sound: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    """Say what the release of `plan` consists of.

    Args:
        plan: The edit.
        laid: Of `lay_out`.
        clips: By name.
        folder: Of the case; paths are relative to it.
        sound: Of `heard.findings`.
    """
    total, names = length_frames(laid), plan.recordings
    aired = {name: [o.raw_span() for o in laid if _is(o, name)] for name in names}
    main = {name: [o.raw_span() for o in laid if _is(o, name, "main")] for name in names}
    last = plan.encodings[-1]
    screen = Screen(plan.screen_seed) if plan.screen_seed is not None else None
    return {
        "schema": "offcut.truth.conform/1",
        "release": {
            "path": "release.mp4",
            "fps": exact(plan.rate_hz),
            "frames": total,
            "width": last.width_px,
            "height": last.height_px,
            "crf": last.crf,
            "generations": [
                {"width": e.width_px, "height": e.height_px, "crf": e.crf} for e in plan.encodings
            ],
            "duration_s": exact(total / plan.rate_hz),
            "screen": None if screen is None else _rounded(screen.matrix),
            "bed": None if plan.bed is None else [exact(n / plan.rate_hz) for n in plan.bed],
        },
        "recordings": [_recording(clips[name], folder, used=bool(aired[name])) for name in names],
        "segments": [_segment(plan, one, screen) for one in laid],
        "sound": [dict(span) for span in sound],
        "left_out": [one for name in names for one in _spans(plan, name, [_whole(clips[name])], aired[name])],
        "inset_only": [one for name in names for one in _spans(plan, name, aired[name], main[name])],
        "frames": [_frame(plan, laid, n) for n in range(total)],
    }


def _is(one: Laid, name: str, role: str | None = None) -> bool:
    shows = one.cut.kind == "footage" and one.view is not None and one.view.clip == name
    return shows and (role is None or one.is_inset == (role == "inset"))


def _spans(plan: Plan, name: str, whole: Sequence[Span], taken: Sequence[Span]) -> list[dict[str, Any]]:
    number = plan.recordings.index(name)
    return [
        {"recording": number, "start_s": exact(span.start_s), "end_s": exact(span.end_s)}
        for span in subtract(whole, taken)
    ]


def _whole(one: Clip) -> Span:
    return Span(one.times.start_s, one.times.end_s)


def _recording(one: Clip, folder: Path, *, used: bool) -> dict[str, Any]:
    return {
        "path": Path(os.path.relpath(one.path.resolve(), folder.resolve())).as_posix(),
        "sound": one.has_sound,
        "sha256": hashlib.sha256(one.path.read_bytes()).hexdigest(),
        "duration_s": exact(one.times.end_s - one.times.start_s),
        "used": used,
        "derived": None if one.derived is None else dict(one.derived),
        "frame_times_s": [exact(one.times.time_s(i)) for i in range(len(one.times))],
        "end_s": exact(one.times.end_s),
    }


_SOURCED = (
    "recording",
    "raw_start_s",
    "raw_end_s",
    "speed",
    "ramp",
    "mirrored",
    "crop",
    "placed",
    "fit",
    "motion",
    "grade",
    "vignette",
    "warp",
    "raw_to_release",
)


def _segment(plan: Plan, one: Laid, screen: Screen | None) -> dict[str, Any]:
    start_s = exact(one.start / plan.rate_hz)
    segment: dict[str, Any] = {
        "kind": one.cut.kind,
        "role": None if one.view is None else one.view.role,
        "start_s": start_s,
        "end_s": exact(one.end / plan.rate_hz),
        **dict.fromkeys(_SOURCED),
    }
    if one.cut.kind == "footage":
        segment |= _sourced(plan, one, screen)
    segment["opening"] = _opening(plan, one)
    segment["overlays"] = _overlays(plan, one, screen)
    segment["clip"] = None if one.view is None else one.view.clip
    return segment


def _sourced(plan: Plan, one: Laid, screen: Screen | None) -> dict[str, Any]:
    view = one.view
    assert view is not None
    edited = matrix(plan, one, None)
    shown = edited if screen is None else screen.matrix @ edited
    seen = around(mapped(np.asarray(np.linalg.inv(edited), np.float64), corners(one.placed)))
    placed = one.placed if screen is None else around(mapped(screen.matrix, corners(one.placed)))
    pace = view.pace
    warp = {
        "tilt_deg": round(view.tilt_deg, 4),
        "corners": None if view.corners is None else [round(c, 5) for c in view.corners],
        "stabilised": view.steady_seed is not None,
        "screen": screen is not None,
    }
    bent = view.tilt_deg or view.corners or view.steady_seed is not None or screen is not None
    return {
        "recording": plan.recordings.index(view.clip),
        "raw_start_s": exact(one.raw_s(one.start)),
        "raw_end_s": exact(one.raw_s(one.end)),
        "speed": exact(pace.mean),
        "ramp": None if pace.to is None else {"from": exact(pace.speed), "to": exact(pace.to)},
        "mirrored": view.mirrored,
        "crop": _box(seen),
        "placed": _box(placed),
        "fit": view.fit,
        "motion": _motion(one),
        "grade": view.look,
        "vignette": view.vignette,
        "warp": warp if bent else None,
        "raw_to_release": _rounded(shown),
    }


def _opening(plan: Plan, one: Laid) -> dict[str, Any]:
    """An inset appears by a cut; a dip or a flash begins before the cut that it lies over."""
    opening, start, end = one.cut.opening, one.start, one.start
    kind: str = opening.kind
    if one.start == 0:
        kind = "start"
    elif one.view is not None and one.view.role == "inset":
        return {"kind": "cut", "start_s": exact(start / plan.rate_hz), "end_s": exact(start / plan.rate_hz)}
    elif opening.is_veil:
        start, end = start - opening.frames // 2, start + opening.frames // 2
    else:
        end = start + opening.frames
    told = {"kind": kind, "start_s": exact(start / plan.rate_hz), "end_s": exact(end / plan.rate_hz)}
    if opening.style:
        told["style"] = opening.style
    if one.cut.goes_on:
        told["style"] = "held"
    return told


def _overlays(plan: Plan, one: Laid, screen: Screen | None) -> list[dict[str, Any]]:
    found = []
    for graphic in plan.graphics:
        first, last = max(graphic.start, one.start), min(graphic.end, one.end)
        if first >= last or not _meet(graphic, one.placed):
            continue
        box = graphic.box if screen is None else around(mapped(screen.matrix, corners(graphic.box)))
        told: dict[str, Any] = {"kind": graphic.kind, "box": _box(box), "text": graphic.text}
        if graphic.kind == "border":
            told["thickness"] = BORDER_SHARE
        told |= {"start_s": exact(first / plan.rate_hz), "end_s": exact(last / plan.rate_hz)}
        found.append(told)
    return found


def _meet(graphic: Graphic, placed: Box) -> bool:
    a, b = graphic.box, placed
    across = min(a.x + a.width, b.x + b.width) - max(a.x, b.x)
    down = min(a.y + a.height, b.y + b.height) - max(a.y, b.y)
    return across > 0 and down > 0


def _motion(one: Laid) -> float:
    """Mean change of grey level between neighbouring raw frames, from four pairs."""
    assert one.clip is not None
    last = len(one.clip.times) - 2
    picks = [min(one.raw_index(int(n)), last) for n in np.linspace(one.start, one.end - 1, 6)[1:5]]
    shown = one.clip.pictures(i + k for i in picks for k in (0, 1))
    grey = {i: cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY) for i, picture in shown.items()}
    return round(float(np.mean([np.mean(cv2.absdiff(grey[i], grey[i + 1])) for i in picks])), 3)


def _frame(plan: Plan, laid: Sequence[Laid], n: int) -> list[list[Any]]:
    """Every recording seen in release frame `n`: segment, recording, raw frame, visible share, role."""
    found: list[list[Any]] = []
    for number, one in enumerate(laid):
        if one.view is None or one.cut.kind != "footage" or not one.start <= n < one.end:
            continue
        share = one.share(n)
        if share > LEAST_SHARE:
            recording = plan.recordings.index(one.view.clip)
            found.append([number, recording, one.raw_index(n), round(share, 3), one.view.role])
    return found


def _rounded(matrix_of: Matrix) -> list[float]:
    return [round(float(v), 7) for v in (matrix_of / matrix_of[2, 2]).ravel()]


def _box(box: Box) -> dict[str, float]:
    return {side: round(getattr(box, side), 5) for side in ("x", "y", "width", "height")}
