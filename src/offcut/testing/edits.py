"""Edits as data: which scenes there are and how a release is put together from them.

A release is one list of cuts. `DEMO` shows everything at once, `SHORT` is made in a few seconds,
`drawn` draws as many others as a benchmark wants.
"""

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Literal

import numpy as np

from offcut.records import Box
from offcut.testing.footage import Scene

__all__ = ["DEMO", "SHORT", "WHOLE", "Cut", "EditList", "drawn"]

WHOLE = Box(0.0, 0.0, 1.0, 1.0)


@dataclass(frozen=True, slots=True)
class Cut:
    """One entry of an edit.

    Attributes:
        kind: `footage` from a recording, `external` from a scene that is not among them, `title` or `black`.
        frames: How long, in release frames; a dissolve at its start is part of it.
        scene: Name of the scene; None for title and black.
        raw_frame: First raw frame shown.
        speed: Raw seconds per release second; negative plays backwards, 0 holds the frame.
        mirrored: Left and right are exchanged.
        crop: The window of the raw picture, before mirroring; its height follows from the release's shape.
        placed: Where in the release the window is shown; black around it.
        graded: More contrast, warmer, stronger colours.
        overlaid: A logo and a lower third are shown.
        dissolve_frames: Length of the dissolve from the cut before; 0 is a cut.
    """

    kind: Literal["footage", "external", "title", "black"]
    frames: int
    scene: str | None = None
    raw_frame: int = 0
    speed: Fraction = Fraction(1)
    mirrored: bool = False
    crop: Box = WHOLE
    placed: Box = WHOLE
    graded: bool = False
    overlaid: bool = False
    dissolve_frames: int = 0


@dataclass(frozen=True, slots=True)
class EditList:
    """A release and what it is made of.

    Attributes:
        seed: Of the music.
        recordings: The scenes that are handed over as recordings.
        external: Scenes that are used but not handed over.
        cuts: In release order.
        rate_hz: Of the release.
        width_px: Of the release.
        height_px: Of the release.
        crf: How coarsely the release is encoded.
        snr_db: Own sound over music; None: no music.
    """

    seed: int
    recordings: tuple[Scene, ...]
    external: tuple[Scene, ...]
    cuts: tuple[Cut, ...]
    rate_hz: Fraction = Fraction(30)
    width_px: int = 854
    height_px: int = 480
    crf: int = 28
    snr_db: float | None = -4.0


_NTSC = Fraction(30000, 1001)

DEMO = EditList(
    seed=1,
    recordings=(
        Scene("square", "square", 1, Fraction(30), 480, alarm_s=9.0),
        Scene("road", "road", 2, Fraction(25), 350),
        Scene("hills", "hills", 3, _NTSC, 450),
    ),
    external=(Scene("harbour", "harbour", 4, Fraction(30), 90),),
    cuts=(
        Cut("title", 60),
        Cut("footage", 105, "hills", 40, dissolve_frames=15),
        Cut("footage", 90, "square", 30, overlaid=True),
        Cut("footage", 75, "road", 60, speed=Fraction(3, 2)),
        Cut("external", 60, "harbour", 10),
        Cut("footage", 90, "square", 141, mirrored=True, crop=Box(0.1, 0.08, 0.8, 0.8)),
        Cut("footage", 90, "hills", 250, graded=True, overlaid=True, dissolve_frames=15),
        Cut("footage", 60, "hills", 4, speed=Fraction(1, 2), mirrored=True),
        Cut("footage", 75, "road", 210, crop=Box(0.05, 0.12, 0.85, 0.85)),
        Cut("footage", 60, "square", 231, speed=Fraction(1, 2), graded=True, dissolve_frames=15),
        Cut("black", 20),
    ),
)
"""Three recordings and a bit of everything. The square is never used after 8.7 s: at 9 s somebody falls."""

SHORT = EditList(
    seed=2,
    recordings=(
        Scene("square", "square", 11, Fraction(30), 180, alarm_s=3.0),
        Scene("hills", "hills", 13, _NTSC, 150),
    ),
    external=(Scene("harbour", "harbour", 14, Fraction(30), 40),),
    cuts=(
        Cut("footage", 60, "hills", 60, dissolve_frames=0),
        Cut("footage", 55, "square", 12, overlaid=True),
        Cut("external", 30, "harbour", 0),
        Cut("footage", 45, "hills", 6, speed=Fraction(1, 2), mirrored=True, dissolve_frames=15),
        Cut("title", 20),
    ),
)
"""Two recordings of 5-6 s and a release of 6.5 s, for tests."""


def drawn(seed: int, *, hard: bool = False) -> EditList:
    """Draw an edit of eight to twelve cuts from three recordings, by chance; no raw frame is used twice.

    Args:
        seed: Another seed, another edit and other places.
        hard: Add a second take of the first place and a road on which nothing moves, from which some
            cuts are taken; show some cuts between bars; compress more.
    """
    rng = np.random.default_rng((seed, 20))
    recordings, external = _drawn_scenes(rng, seed, hard=hard)
    free = {scene.name: _slots(rng, scene) for scene in recordings}
    cuts: list[Cut] = [Cut("title", int(rng.integers(30, 60)))] if rng.random() < 0.5 else []
    wanted = int(rng.integers(8, 13))
    while len(cuts) < wanted and any(free.values()):
        if rng.random() < 0.1:
            cuts.append(Cut("external", int(rng.integers(30, 70)), external.name, int(rng.integers(60))))
            continue
        name = str(rng.choice([key for key in sorted(free) if free[key]]))
        scene = next(scene for scene in recordings if scene.name == name)
        cut = _drawn_cut(rng, scene, free[name].pop(int(rng.integers(len(free[name])))), first=not cuts)
        if hard and rng.random() < 0.2:
            cut = replace(cut, placed=Box(0.2, 0.0, 0.6, 1.0))
        cuts.append(cut)
    crf = int(rng.integers(31, 36) if hard else rng.integers(24, 33))
    return EditList(seed, recordings, (external,), tuple(cuts), crf=crf)


def _drawn_scenes(rng: np.random.Generator, seed: int, *, hard: bool) -> tuple[tuple[Scene, ...], Scene]:
    """Three recordings, or with `hard` four, and one scene that is not handed over."""
    rates = (Fraction(30), Fraction(25), _NTSC)
    places = [str(place) for place in rng.permutation(["square", "road", "hills", "harbour"])]
    scenes = [
        Scene(place, place, seed * 10 + number, rates[int(rng.integers(3))], int(rng.integers(300, 420)))
        for number, place in enumerate(places)
    ]
    if not hard:
        return tuple(scenes[:3]), scenes[3]
    again = replace(scenes[0], name=f"{scenes[0].name}_again", take=1)
    empty = Scene("empty_road", "road", seed * 10 + 7, Fraction(25), 300, busy=False)
    return (*scenes[:2], again, empty), scenes[3]


def _slots(rng: np.random.Generator, scene: Scene) -> list[tuple[int, int]]:
    """Spans of raw frames that do not touch, in order: first frame and number of frames."""
    slots: list[tuple[int, int]] = []
    at = int(rng.integers(0, 40))
    while at + 60 < scene.frames:
        length = min(int(rng.integers(45, 110)), scene.frames - at - 8)
        slots.append((at, length))
        at += length + int(rng.integers(15, 90))
    return slots


def _drawn_cut(rng: np.random.Generator, scene: Scene, slot: tuple[int, int], *, first: bool) -> Cut:
    speeds = (
        Fraction(1),
        Fraction(1),
        Fraction(1),
        Fraction(1, 2),
        Fraction(3, 2),
        Fraction(2),
        Fraction(7, 8),
    )
    speed = speeds[int(rng.integers(len(speeds)))]
    frames = max(20, int(slot[1] / scene.rate_hz / speed * 30) - 2)
    share = float(rng.uniform(0.75, 0.95))
    window = Box(float(rng.uniform(0, 1 - share)), float(rng.uniform(0, 1 - share)), share, share)
    return Cut(
        "footage",
        frames,
        scene.name,
        slot[0],
        speed=speed,
        mirrored=bool(rng.random() < 0.25),
        crop=window if rng.random() < 0.35 else WHOLE,
        graded=bool(rng.random() < 0.25),
        overlaid=bool(rng.random() < 0.3),
        dissolve_frames=int(rng.integers(10, 19)) if rng.random() < 0.3 and not first else 0,
    )
