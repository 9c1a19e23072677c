"""An edit as data: views of clips, cuts made of views, graphics and sound over them."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from offcut.records import Box

Fit = Literal["fill", "pad", "blur"]
Role = Literal["main", "inset"]
OpeningKind = Literal["cut", "dissolve", "fade", "wipe"]
SoundKind = Literal["own", "replaced", "muted"]
Retimed = Literal["pitched", "stretched"]

WHOLE = Box(0.0, 0.0, 1.0, 1.0)


@dataclass(frozen=True, slots=True)
class Pace:
    """How raw time runs; with `to` the speed changes evenly from `speed` to it over the cut."""

    speed: Fraction = Fraction(1)
    to: Fraction | None = None

    @property
    def mean(self) -> Fraction:
        """Raw seconds per release second over the whole cut."""
        return self.speed if self.to is None else (self.speed + self.to) / 2

    def raw_s(self, at_s: Fraction, whole_s: Fraction) -> Fraction:
        """Raw seconds passed `at_s` seconds into a cut of `whole_s` seconds; negative if backwards."""
        bend = Fraction(0) if self.to is None else (self.to - self.speed) * at_s * at_s / (2 * whole_s)
        return self.speed * at_s + bend


@dataclass(frozen=True, slots=True)
class View:
    """One clip as it is seen in one cut.

    Attributes:
        raw_frame: The raw frame shown first.
        crop: Window of the raw picture before mirroring; `fill` narrows it to the shape of `area`.
        fit: `fill` the area, or whole between black bars (`pad`) or over a blurred copy (`blur`).
        area: Where in the release it is put.
        look: A grade by name; None leaves the colours.
        tilt_deg: Clockwise turn; the picture is enlarged until no empty corner is seen.
        corners: How far each corner (top left, top right, bottom right, bottom left; x, y) is pulled
            outwards, as a share of the area.
        steady_seed: Of the small movement that a stabiliser adds; None: not stabilised.
    """

    clip: str
    raw_frame: int
    pace: Pace = Pace()
    mirrored: bool = False
    crop: Box = WHOLE
    fit: Fit = "fill"
    area: Box = WHOLE
    role: Role = "main"
    look: str | None = None
    vignette: bool = False
    tilt_deg: float = 0.0
    corners: tuple[float, ...] | None = None
    steady_seed: int | None = None


@dataclass(frozen=True, slots=True)
class Opening:
    """How a cut begins.

    Attributes:
        frames: Length. A dissolve, wipe or fade from or to a black cut overlaps the cut before; a dip
            or flash (`through white`, `through black`, `flash`) lies half on either side of a cut.
        style: What the kind leaves open, as the result document says it.
    """

    kind: OpeningKind = "cut"
    frames: int = 0
    style: str | None = None

    @property
    def overlap(self) -> int:
        """Frames in which the cut before is seen as well."""
        return 0 if self.is_veil else self.frames

    @property
    def is_veil(self) -> bool:
        """A colour lies over the cut."""
        return self.style in {"through white", "through black", "flash"}


@dataclass(frozen=True, slots=True)
class CutSound:
    """What is heard in a cut.

    Attributes:
        level_db: Of the own sound over the music, where music lies over it.
        lead: Frames that the own sound begins before the picture (J cut).
        lag: Frames that it runs on after the picture (L cut).
        retimed: How sound follows a speed other than 1.
    """

    kind: SoundKind = "muted"
    level_db: float = 0.0
    lead: int = 0
    lag: int = 0
    retimed: Retimed | None = None


@dataclass(frozen=True, slots=True)
class Cut:
    """One entry of an edit; `frames` counts release frames and includes an overlapping opening.

    Attributes:
        kind: `external` shows a clip that is not among the recordings.
        views: None for title and black; two for a split screen or a picture in picture.
        goes_on: The picture before is held or goes on; nothing is cut visibly.
    """

    kind: Literal["footage", "external", "title", "black"]
    frames: int
    views: tuple[View, ...] = ()
    opening: Opening = Opening()
    sound: CutSound = CutSound()
    goes_on: bool = False


@dataclass(frozen=True, slots=True)
class Graphic:
    """Something drawn over the release in frames [start, end)."""

    kind: Literal["logo", "text", "border"]
    start: int
    end: int
    box: Box
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Encoding:
    """One generation of the release."""

    width_px: int
    height_px: int
    crf: int


@dataclass(frozen=True, slots=True)
class Plan:
    """A release and what it is made of.

    Attributes:
        recordings: Names of clips in the order they are handed over.
        bed: Release frames [start, end) under music; None: no music.
        encodings: One or two; the first one's size is composed.
        screen_seed: Of filming the release from a screen; None: not filmed.
    """

    seed: int
    recordings: tuple[str, ...]
    cuts: tuple[Cut, ...]
    rate_hz: Fraction
    encodings: tuple[Encoding, ...]
    graphics: tuple[Graphic, ...] = ()
    bed: tuple[int, int] | None = None
    screen_seed: int | None = None

    @property
    def width_px(self) -> int:
        """Of the pictures as they are composed."""
        return self.encodings[0].width_px

    @property
    def height_px(self) -> int:
        """Of the pictures as they are composed."""
        return self.encodings[0].height_px


def spans(cuts: tuple[Cut, ...] | list[Cut]) -> list[tuple[int, int]]:
    """Release frames [start, end) of every cut."""
    found: list[tuple[int, int]] = []
    end = 0
    for cut in cuts:
        start = end - cut.opening.overlap
        end = start + cut.frames
        found.append((start, end))
    return found
