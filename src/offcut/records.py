"""What the stages hand to each other: frozen records, units in the name, nothing clever.

A Signal says what was measured. An Indicator says where the numbers depart from what an untouched
recording shows, and by which rule. A Finding weighs indicators. A Segment and an Offcut are what
conform found. No record computes anything.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from offcut.timeline import FrameTimes, Span

Form = Literal["continuous", "trimmed", "assembled", "produced", "undetermined"]
Strength = Literal["decisive", "strong", "weak"]
OpeningKind = Literal["start", "cut", "dissolve", "fade", "wipe"]


@dataclass(frozen=True, slots=True)
class Exhibit:
    """A file as received."""

    path: Path
    sha256: str
    size_bytes: int
    duration_s: Fraction | None = None
    """On the clock a browser shows; None until the file was decoded."""


# --- one pass over a file ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Packet:
    """One compressed video packet, in file order.

    Attributes:
        pts, dts: Ticks; None where the file gives none.
        size_bytes: Of the payload, as the file holds it.
        is_key: Marked as decodable alone.
        at_byte: Where the file holds it; None where the container does not say.
        digest: BLAKE2b of its picture data (see `decode.payload`), 16 bytes; empty if not taken.
    """

    pts: int | None
    dts: int | None
    size_bytes: int
    is_key: bool
    at_byte: int | None = None
    digest: bytes = b""


@dataclass(frozen=True, slots=True)
class Frame:
    """One decoded picture, upright, in the working size (longest side 321-640 px, or its own if smaller).

    Attributes:
        index: Number in presentation order, from 0.
        pts: Presentation time in ticks, after the edit list.
        tick_s: Length of a tick in seconds.
        luma: Brightness, shape (height_px, width_px), uint8, full range as stored.
        chroma: U and V, shape (2, about height_px / 2, about width_px / 2), uint8.
        is_interlaced: The decoder marks the picture as two fields.
    """

    index: int
    pts: int
    tick_s: Fraction
    luma: NDArray[np.uint8]
    chroma: NDArray[np.uint8]
    is_interlaced: bool = False


@dataclass(frozen=True, slots=True)
class Sound:
    """A run of decoded samples.

    Attributes:
        pts: Presentation time of the first sample, in samples (ticks of 1 / rate_hz).
        rate_hz: Samples per second.
        samples: Shape (channels, samples), float32, full scale is 1.
    """

    pts: int
    rate_hz: int
    samples: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Signal:
    """Numbers over time.

    Attributes:
        name: Analyser and quantity, such as `picture.luma`.
        version: Raised when the numbers change.
        unit: Of `values`; `"1"` for a plain number.
        tick_s: Length of a tick of `pts`.
        pts: When each row was measured, shape (rows,), int64.
        values: The rows, shape (rows, ...).
    """

    name: str
    version: int
    unit: str
    tick_s: Fraction
    pts: NDArray[np.int64]
    values: NDArray[Any]


@dataclass(frozen=True, slots=True)
class StreamView:
    """What the decoder says about the picture and sound it decoded (the decoder's view, not the bytes')."""

    format: str
    video_codec: str
    width_px: int
    """Upright and with square pixels, as a browser shows it."""
    height_px: int
    coded_width_px: int
    coded_height_px: int
    rotation_deg: int
    """Clockwise turn that was applied to show the picture upright: 0, 90, 180 or 270."""
    pixel_format: str
    pixel_aspect: Fraction
    declared_rate_hz: Fraction | None
    is_interlaced: bool
    audio_codec: str | None
    audio_rate_hz: int | None
    audio_channels: int | None


@dataclass(frozen=True, slots=True)
class Measurement:
    """Everything one pass over a file gave: what all later stages work from.

    Attributes:
        exhibit: The file, with its duration.
        stream: The decoder's view.
        frames: When each frame is shown.
        signals: By name.
        versions: Of the decoder libraries and of every analyser that ran.
        confinement: The level in force while the file was open, in words.
        damage: One line for each thing that could not be read (a truncated end, a broken frame).
    """

    exhibit: Exhibit
    stream: StreamView
    frames: FrameTimes
    signals: Mapping[str, Signal]
    versions: Mapping[str, str]
    confinement: str
    damage: Sequence[str] = ()


# --- container --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in fractions of a picture, origin top left."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class SensorPacket:
    """One sample of a telemetry track: when it holds, where it lies, and the hash of its bytes."""

    track: int
    start_s: Fraction
    end_s: Fraction
    at_byte: int
    size_bytes: int
    digest: bytes
    """BLAKE2b, 16 bytes."""


@dataclass(frozen=True, slots=True)
class Structure:
    """What the bytes of the container say, read without a codec library.

    `facts` is the `container` object of the result document: JSON-ready, every value as stored in
    the file (and so untrusted), with byte offsets where a second examiner can look them up.
    """

    format: str
    """`isobmff`, `matroska`, `avi`, `mpegts`, or `unknown`."""
    facts: Mapping[str, Any]
    damage: Sequence[str] = ()
    telemetry: Sequence[SensorPacket] = ()
    """Samples of the telemetry tracks, track by track in order of time; not part of the document."""


# --- what was found ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Opening:
    """How a shot or segment begins. For a cut, start_s == end_s == first frame of the new shot."""

    kind: OpeningKind
    start_s: Fraction
    end_s: Fraction
    confidence: float
    style: str | None = None
    """What the kind leaves open: `from left`, `through white`, `flash`; None where nothing more is known."""


@dataclass(frozen=True, slots=True)
class Shot:
    """A span between two openings."""

    start_s: Fraction
    end_s: Fraction
    opening: Opening


@dataclass(frozen=True, slots=True)
class Flash:
    """A burst of light that is not a cut."""

    start_s: Fraction
    end_s: Fraction
    confidence: float


@dataclass(frozen=True, slots=True)
class Indicator:
    """Where the numbers depart from what an untouched recording shows, and by which rule."""

    id: str
    statement: str
    points_to: Form
    strength: Strength
    spans: Sequence[Span]
    measured: Mapping[str, Any]
    source: str


@dataclass(frozen=True, slots=True)
class Finding:
    """Indicators weighed by the printed table."""

    form: Form
    confidence: float
    because: Sequence[str]
    limits: Sequence[str]


@dataclass(frozen=True, slots=True)
class Examination:
    """How a file was made: the answer of `examine`."""

    measurement: Measurement
    structure: Structure
    shots: Sequence[Shot]
    flashes: Sequence[Flash]
    indicators: Sequence[Indicator]
    finding: Finding


@dataclass(frozen=True, slots=True)
class Overlay:
    """Something shown over the footage."""

    kind: Literal["logo", "text", "bars", "border"]
    start_s: Fraction
    end_s: Fraction
    box: Box
    text: str | None
    confidence: float


@dataclass(frozen=True, slots=True)
class RawSpan:
    """A span of a recording; the end lies before the start when it is played backwards."""

    raw_start_s: Fraction
    raw_end_s: Fraction


@dataclass(frozen=True, slots=True)
class Segment:
    """One span of a release and where it came from; see docs/result-document.md for each field."""

    start_s: Fraction
    end_s: Fraction
    recording: int | None
    raw_start_s: Fraction | None
    raw_end_s: Fraction | None
    speed: Fraction | None
    mirrored: bool | None
    crop: Box | None
    placed: Box | None
    confidence: float
    time_is: Literal["exact", "ambiguous"] | None
    alternatives: Sequence[RawSpan]
    opening: Opening
    overlays: Sequence[Overlay] = ()
    measured: Mapping[str, float] = field(default_factory=dict)
    """The figures behind the confidence: picture match, margin to the next best, what moves."""
    raw_to_release: tuple[float, ...] | None = None
    """Homography, row by row (9 numbers): raw picture (before mirroring) to release, both in fractions."""


@dataclass(frozen=True, slots=True)
class SoundSpan:
    """One span of the release's sound and where it came from, found without the pictures."""

    start_s: Fraction
    end_s: Fraction
    finding: Literal["same", "covered", "replaced", "muted", "shifted"]
    recording: int | None
    raw_start_s: Fraction | None
    """Raw time heard at `start_s`; None where no recording's own sound was located."""
    confidence: float
    measured: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What bytes say without any comparison of pictures or sound: a class of its own, and stronger.

    Attributes:
        kind: What was found.
        statement: One sentence, bounded to what the bytes say.
        start_s, end_s: Of the release; None where it speaks of the whole file.
        recording: Index; None where no recording given is meant.
        raw_start_s, raw_end_s: Of the recording; None where it gives no span.
        source: Where in which file a second examiner finds it: table, path, byte offset.
        measured: Counts and values as stored, JSON-ready and untrusted.
    """

    kind: Literal["identical_packets", "xmp_ingredient", "xmp_history", "timecode", "telemetry"]
    statement: str
    start_s: Fraction | None
    end_s: Fraction | None
    recording: int | None
    raw_start_s: Fraction | None
    raw_end_s: Fraction | None
    source: str
    measured: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Offcut:
    """A span of a recording that the release left out, or may have."""

    recording: int
    start_s: Fraction
    end_s: Fraction
    finding: Literal["left_out", "undecidable"]
    reason: str
    """Why it is undecidable, in words; empty for `left_out`."""


@dataclass(frozen=True, slots=True)
class Edit:
    """Which raw went into a release, and what was left out: the answer of `conform`."""

    release: Measurement
    recordings: Sequence[Measurement]
    segments: Sequence[Segment]
    left_out: Sequence[Offcut]
    limits: Sequence[str]
    sound: Sequence[SoundSpan] | None = None
    """None where sound was not compared."""
    evidence: Sequence[Evidence] = ()
    overlays_sought: bool = False
    """Whether overlays were looked for, where a source is named."""
