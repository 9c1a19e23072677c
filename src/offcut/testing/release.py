"""Cut a release from invented footage and write down exactly what was done.

The truth has the schema `offcut.truth.conform/1`: segments, what was left out, where the own sound
is, and for every frame of the release which raw frames are seen in it and how strongly. It is
computed from the edit list with the same arithmetic that chooses the pictures, never measured.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from offcut.decode.encode import write_video
from offcut.records import Box
from offcut.testing import sounds
from offcut.testing.edits import WHOLE, Cut, EditList
from offcut.testing.footage import HEIGHT_PX, WIDTH_PX, Footage, Scene
from offcut.testing.graphics import GRADE, OVERLAYS, graded, overlaid, title_card
from offcut.testing.places import Picture
from offcut.timeline import Span, exact, subtract

__all__ = ["Release", "cut_release", "truth_of", "window"]

_OWN_LEVEL = 0.08


@dataclass(frozen=True, slots=True)
class Release:
    """What `cut_release` wrote."""

    path: Path
    recordings: tuple[Path, ...]
    external: tuple[Path, ...]
    truth: Path


@dataclass(frozen=True, slots=True)
class _Placed:
    """A cut at its place in the release, in release frames; `dissolve_out` is the overlap with the next."""

    cut: Cut
    start: int
    end: int
    dissolve_out: int


def cut_release(
    edit: EditList,
    folder: Path,
    *,
    write_external: bool = False,
    progress: Callable[[str], None] = lambda _: None,
) -> Release:
    """Write the recordings, `release.mp4` and `truth.json` into `folder`.

    Args:
        edit: What to make.
        folder: Made if it does not exist; files of the same name are replaced.
        write_external: Also write the scenes that are not recordings.
        progress: Told the name of every file before it is made.

    Raises:
        ValueError: A cut asks for frames its scene does not have, or a dissolve is longer than its cuts.
    """
    footage = {scene.name: Footage(scene) for scene in (*edit.recordings, *edit.external)}
    placed = _laid_out(edit, footage)
    folder.mkdir(parents=True, exist_ok=True)

    def written(scene: Scene) -> Path:
        progress(f"{scene.name}.mp4")
        return footage[scene.name].write(folder)

    recordings = tuple(written(scene) for scene in edit.recordings)
    external = tuple(written(scene) for scene in edit.external if write_external)
    path = folder / "release.mp4"
    progress(path.name)
    write_video(
        path,
        _pictures(edit, placed, footage),
        rate_hz=edit.rate_hz,
        sound=_sound(edit, placed, footage),
        rate_audio_hz=sounds.RATE_HZ,
        options={"preset": "veryfast", "crf": str(edit.crf), "g": "60"},
    )
    truth = truth_of(edit, hashes=[hashlib.sha256(p.read_bytes()).hexdigest() for p in recordings])
    (folder / "truth.json").write_text(_json(truth), encoding="utf-8")
    return Release(path, recordings, external, folder / "truth.json")


def truth_of(edit: EditList, *, hashes: list[str] | None = None) -> dict[str, Any]:
    """Say what the release of `edit` consists of; without writing a picture, `hashes` stay empty."""
    footage = {scene.name: Footage(scene) for scene in (*edit.recordings, *edit.external)}
    placed = _laid_out(edit, footage)
    names = [scene.name for scene in edit.recordings]
    total = placed[-1].end
    spans = {name: [_raw_span(edit, p, footage) for p in placed if p.cut.scene == name] for name in names}
    return {
        "schema": "offcut.truth.conform/1",
        "release": {
            "path": "release.mp4",
            "fps": exact(edit.rate_hz),
            "frames": total,
            "width": edit.width_px,
            "height": edit.height_px,
            "crf": edit.crf,
            "duration_s": exact(total / edit.rate_hz),
        },
        "recordings": [
            {
                "path": f"{name}.mp4",
                "sound": True,
                "sha256": hashes[number] if hashes else "",
                "duration_s": exact(footage[name].times.end_s),
                "used": bool(spans[name]),
                "frame_times_s": [
                    exact(footage[name].times.time_s(i)) for i in range(len(footage[name].times))
                ],
                "end_s": exact(footage[name].times.end_s),
            }
            for number, name in enumerate(names)
        ],
        "segments": [_segment(edit, p, footage, names) for p in placed],
        "sound": [_sound_truth(edit, p, footage, names) for p in placed if p.cut.kind == "footage"],
        "left_out": [
            {"recording": number, "start_s": exact(span.start_s), "end_s": exact(span.end_s)}
            for number, name in enumerate(names)
            for span in subtract([Span(Fraction(0), footage[name].times.end_s)], spans[name])
        ],
        "inset_only": [],
        "frames": [_frame_truth(edit, placed, footage, names, n) for n in range(total)],
    }


def window(cut: Cut, edit: EditList) -> Box:
    """The part of the raw picture that `cut` shows: its crop, narrowed to the shape of where it is placed."""
    shape = (cut.placed.width * edit.width_px) / (cut.placed.height * edit.height_px)
    width, height = cut.crop.width, cut.crop.width * WIDTH_PX / shape / HEIGHT_PX
    if height > cut.crop.height:
        width, height = cut.crop.height * HEIGHT_PX * shape / WIDTH_PX, cut.crop.height
    x = cut.crop.x + (cut.crop.width - width) / 2
    return Box(x, cut.crop.y + (cut.crop.height - height) / 2, width, height)


def _laid_out(edit: EditList, footage: Mapping[str, Footage]) -> list[_Placed]:
    placed: list[_Placed] = []
    end = 0
    for number, cut in enumerate(edit.cuts):
        after = edit.cuts[number + 1].dissolve_frames if number + 1 < len(edit.cuts) else 0
        if cut.dissolve_frames + after > cut.frames or (cut.dissolve_frames and not number):
            raise ValueError(f"cut {number}: no room for a dissolve of {cut.dissolve_frames} frames")
        start = end - cut.dissolve_frames
        end = start + cut.frames
        placed.append(_Placed(cut, start, end, after))
        if cut.scene is not None:
            for n in (start, end - 1):
                _raw_index(edit, placed[-1], footage[cut.scene], n)
    return placed


def _raw_time_s(edit: EditList, placed: _Placed, footage: Footage, n: int) -> Fraction:
    return footage.times.time_s(placed.cut.raw_frame) + placed.cut.speed * (n - placed.start) / edit.rate_hz


def _raw_index(edit: EditList, placed: _Placed, footage: Footage, n: int) -> int:
    """Which raw frame release frame `n` shows: the one on screen at that raw time."""
    time_s = _raw_time_s(edit, placed, footage, n)
    if not 0 <= time_s < footage.times.end_s:
        raise ValueError(f"release frame {n}: {footage.scene.name} has no picture at {float(time_s):.3f} s")
    return footage.times.index_at(time_s)


def _raw_span(edit: EditList, placed: _Placed, footage: Mapping[str, Footage]) -> Span:
    assert placed.cut.scene is not None
    own = footage[placed.cut.scene]
    ends = sorted(_raw_time_s(edit, placed, own, n) for n in (placed.start, placed.end))
    return Span(max(ends[0], Fraction(0)), min(ends[1], own.times.end_s))


def _share(placed: _Placed, n: int) -> float:
    """How strongly a cut is seen in release frame `n`."""
    rising, falling = 1.0, 1.0
    if placed.cut.dissolve_frames:
        rising = (n - placed.start + 1) / (placed.cut.dissolve_frames + 1)
    if placed.dissolve_out:
        falling = (placed.end - n) / (placed.dissolve_out + 1)
    return min(1.0, rising, falling)


def _segment(
    edit: EditList, placed: _Placed, footage: Mapping[str, Footage], names: list[str]
) -> dict[str, Any]:
    cut = placed.cut
    start_s, dissolved_s = (exact((placed.start + d) / edit.rate_hz) for d in (0, cut.dissolve_frames))
    kind = "start" if placed.start == 0 else "dissolve" if cut.dissolve_frames else "cut"
    segment: dict[str, Any] = {
        "kind": cut.kind,
        "start_s": start_s,
        "end_s": exact(placed.end / edit.rate_hz),
    }
    segment |= dict.fromkeys(
        (
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
    )
    if cut.kind == "footage" and cut.scene is not None:
        own = footage[cut.scene]
        segment |= {
            "recording": names.index(cut.scene),
            "raw_start_s": exact(_raw_time_s(edit, placed, own, placed.start)),
            "raw_end_s": exact(_raw_time_s(edit, placed, own, placed.end)),
            "speed": exact(cut.speed),
            "mirrored": cut.mirrored,
            "crop": _box(window(cut, edit)),
            "placed": _box(cut.placed),
            "fit": "fill" if cut.placed == WHOLE else "pad",
            "motion": _motion(edit, placed, own),
            "grade": GRADE if cut.graded else None,
        }
    segment["opening"] = {"kind": kind, "start_s": start_s, "end_s": dissolved_s}
    segment["overlays"] = [dict(overlay) for overlay in OVERLAYS] if cut.overlaid else []
    return segment


def _motion(edit: EditList, placed: _Placed, own: Footage) -> float:
    """Mean change of grey level between neighbouring raw frames, from four pairs, without sensor noise."""
    changes = []
    for n in np.linspace(placed.start, placed.end - 1, 6)[1:5]:
        index = min(_raw_index(edit, placed, own, int(n)), len(own.times) - 2)
        grey = (cv2.cvtColor(own.picture(index + k), cv2.COLOR_RGB2GRAY) for k in (0, 1))
        one, two = (cv2.GaussianBlur(view, (0, 0), 1.5) for view in grey)
        changes.append(float(np.mean(cv2.absdiff(one, two))))
    return round(float(np.mean(changes)), 3)


def _sound_truth(
    edit: EditList, placed: _Placed, footage: Mapping[str, Footage], names: list[str]
) -> dict[str, Any]:
    cut = placed.cut
    assert cut.scene is not None
    audible = cut.speed > 0
    alone = placed.start + cut.dissolve_frames
    heard = "covered" if audible else "replaced"
    if edit.snr_db is None:
        heard = "same" if audible else "muted"
    raw_start_s = _raw_time_s(edit, placed, footage[cut.scene], alone)
    return {
        "start_s": exact(alone / edit.rate_hz),
        "end_s": exact((placed.end - placed.dissolve_out) / edit.rate_hz),
        "finding": heard,
        "recording": names.index(cut.scene) if audible else None,
        "raw_start_s": exact(raw_start_s) if cut.speed == 1 else None,
        "snr_db": edit.snr_db,
    }


def _frame_truth(
    edit: EditList, placed: list[_Placed], footage: Mapping[str, Footage], names: list[str], n: int
) -> list[list[Any]]:
    return [
        [
            number,
            names.index(p.cut.scene),
            _raw_index(edit, p, footage[p.cut.scene], n),
            round(_share(p, n), 3),
            "main",
        ]
        for number, p in enumerate(placed)
        if p.start <= n < p.end and p.cut.kind == "footage" and p.cut.scene is not None
    ]


def _pictures(edit: EditList, placed: list[_Placed], footage: Mapping[str, Footage]) -> Iterator[Picture]:
    for n in range(placed[-1].end):
        shown = [(p, _picture(edit, p, footage, n)) for p in placed if p.start <= n < p.end]
        if len(shown) == 1:
            yield shown[0][1]
        else:
            (_, before), (coming, after) = shown
            share = _share(coming, n)
            yield np.asarray(cv2.addWeighted(after, share, before, 1 - share, 0), np.uint8)


def _picture(edit: EditList, placed: _Placed, footage: Mapping[str, Footage], n: int) -> Picture:
    cut = placed.cut
    size = (edit.width_px, edit.height_px)
    if cut.scene is None:
        return title_card(size, "WHAT WAS SEEN THAT DAY" if cut.kind == "title" else None)
    own = footage[cut.scene]
    view = np.asarray(
        cv2.warpAffine(
            own.picture(_raw_index(edit, placed, own, n)),
            _placement(cut, edit),
            size,
            flags=cv2.INTER_CUBIC,
            borderMode=cv2.BORDER_REPLICATE,
        ),
        np.uint8,
    )
    if cut.placed != WHOLE:
        view = _on_black(view, cut.placed)
    if cut.graded:
        view = graded(view)
    return overlaid(view) if cut.overlaid else view


def _placement(cut: Cut, edit: EditList) -> NDArray[np.float64]:
    """Raw pixels to release pixels, shape (2, 3); pixel centres lie at half pixels."""
    seen = window(cut, edit)
    scale = cut.placed.width * edit.width_px / (seen.width * WIDTH_PX)
    left, top = cut.placed.x * edit.width_px, cut.placed.y * edit.height_px
    x0, y0 = seen.x * WIDTH_PX, seen.y * HEIGHT_PX
    down = [0.0, scale, top + scale * (0.5 - y0) - 0.5]
    if cut.mirrored:
        return np.array([[-scale, 0.0, left + scale * (x0 + seen.width * WIDTH_PX - 0.5) - 0.5], down])
    return np.array([[scale, 0.0, left + scale * (0.5 - x0) - 0.5], down])


def _on_black(view: Picture, placed: Box) -> Picture:
    height, width = view.shape[:2]
    rows = slice(round(placed.y * height), round((placed.y + placed.height) * height))
    columns = slice(round(placed.x * width), round((placed.x + placed.width) * width))
    kept = np.zeros_like(view)
    kept[rows, columns] = view[rows, columns]
    return kept


def _sound(edit: EditList, placed: list[_Placed], footage: Mapping[str, Footage]) -> NDArray[np.float32]:
    """The own sound of every cut at one level, faded across dissolves, and the music over all of it."""
    total = np.zeros((2, int(placed[-1].end / edit.rate_hz * sounds.RATE_HZ)))
    tracks = {name: own.sound() for name, own in footage.items()}
    for p in placed:
        if p.cut.scene is None or p.cut.speed <= 0:
            continue
        first, last = (int(n / edit.rate_hz * sounds.RATE_HZ) for n in (p.start, p.end))
        from_s = float(_raw_time_s(edit, p, footage[p.cut.scene], p.start))
        track = tracks[p.cut.scene]
        where = from_s * sounds.RATE_HZ + float(p.cut.speed) * np.arange(last - first)
        piece = np.stack([np.interp(where, np.arange(track.shape[1]), side) for side in track])
        piece *= _OWN_LEVEL / max(float(np.sqrt(np.mean(piece**2))), 1e-6)
        total[:, first:last] += piece * _fade(edit, p, last - first)
    if edit.snr_db is not None:
        bed = sounds.music(np.random.default_rng(edit.seed), total.shape[1]).astype(np.float64)
        level = float(np.sqrt(np.mean(bed**2)))
        total += bed * (_OWN_LEVEL * 10 ** (-edit.snr_db / 20) / level)
    return np.asarray(np.clip(total, -1, 1), np.float32)


def _fade(edit: EditList, placed: _Placed, samples: int) -> NDArray[np.float64]:
    gain = np.ones(samples)
    rise, fall = (
        int(n / edit.rate_hz * sounds.RATE_HZ) for n in (placed.cut.dissolve_frames, placed.dissolve_out)
    )
    gain[:rise] *= np.linspace(0, 1, rise)
    gain[samples - fall :] *= np.linspace(1, 0, fall)
    return gain


def _box(box: Box) -> dict[str, float]:
    return {side: round(getattr(box, side), 5) for side in ("x", "y", "width", "height")}


def _json(truth: Mapping[str, Any]) -> str:
    """One line a list, so that a truth can be read and compared without a tool."""
    parts = [f" {json.dumps(key)}: {json.dumps(value)}" for key, value in truth.items()]
    return "{\n" + ",\n".join(parts) + "\n}\n"
