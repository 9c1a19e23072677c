"""Where the bars of a strip stand: per cent of its width, lanes where spans overlap, marks of time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from offcut.report import at_once
from offcut.report.words import OPENINGS, letter, short_seconds
from offcut.timeline import clock

_STEPS_S = (
    Fraction(1, 10),
    Fraction(1, 5),
    Fraction(1, 2),
    1,
    2,
    5,
    10,
    15,
    30,
    60,
    120,
    300,
    600,
    900,
    1800,
    3600,
)
_MARKS = 6


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a strip; `x` and `width` in per cent of the strip."""

    x: float
    width: float
    lane: int
    look: str
    label: str
    href: str
    title: str


@dataclass(frozen=True, slots=True)
class Strip:
    """The bars over one exhibit and the marks of its clock."""

    bars: Sequence[Bar]
    lanes: int
    marks: Sequence[tuple[float, str]]


def release_strip(document: Mapping[str, Any]) -> Strip:
    """Lay out the segments over the release, each linked to its entry in the list of segments.

    What is seen beside or in a larger picture stands in lanes of its own, below all others.
    """
    segments = document["segments"]
    spans = [(Fraction(s["start_s"]), Fraction(s["end_s"])) for s in segments]
    second = at_once.further(document)
    bars = []
    for at, (segment, span, lane) in enumerate(zip(segments, spans, _rows(spans, second), strict=True)):
        recording = segment["recording"]
        source = "no source found" if recording is None else f"recording {letter(recording)}"
        look = "none" if recording is None else f"r{recording % 8}"
        label = "–" if recording is None else letter(recording)
        title = f"Segment {at + 1}: {clock(span[0])} to {clock(span[1])}, {source}"
        if at in second:
            place = at_once.part(segment["placed"])
            label = f"+{label}"
            title = f"{title}, seen at the same time as another{', ' if place else ''}{place}"
        bars.append(_bar(span, document["release"], lane, (look, label, f"#segment-{at + 1}", title)))
    return _strip(bars, document["release"])


def recording_strip(document: Mapping[str, Any], recording: int) -> Strip:
    """Lay out what was used of a recording, and under it what was left out or is undecidable."""
    exhibit = document["recordings"][recording]
    used, at_segment = [], []
    for at, segment in enumerate(document["segments"]):
        if segment["recording"] == recording and segment["raw_start_s"] is not None:
            ends = Fraction(segment["raw_start_s"]), Fraction(segment["raw_end_s"])
            used.append((min(ends), max(ends)))
            at_segment.append(at + 1)
    bars = []
    levels = lanes(used)
    for number, span, lane in zip(at_segment, used, levels, strict=True):
        held = span[0] == span[1]
        when = f"{clock(span[0])}, one frame, held" if held else f"{clock(span[0])} to {clock(span[1])}"
        title = f"{when}: used in segment {number}"
        bars.append(
            _bar(span, exhibit, lane, (f"r{recording % 8}", str(number), f"#segment-{number}", title))
        )
    below = max(levels, default=-1) + 1
    for at, offcut in enumerate(document["left_out"]):
        if offcut["recording"] != recording:
            continue
        span = Fraction(offcut["start_s"]), Fraction(offcut["end_s"])
        length = short_seconds(span[1] - span[0])
        is_open = offcut["finding"] == "undecidable"
        said = f"undecidable: {offcut['reason']}" if is_open else "left out"
        title = f"{clock(span[0])} to {clock(span[1])}, {length}: {said}"
        look, label = ("undecidable", f"? {length}") if is_open else ("left-out", length)
        bars.append(_bar(span, exhibit, below, (look, label, f"#offcut-{at + 1}", title)))
    return _strip(bars, exhibit)


def sound_strip(document: Mapping[str, Any]) -> Strip:
    """Lay out what was found of the release's sound, each linked to its entry; none where nothing is said."""
    spans = [(Fraction(s["start_s"]), Fraction(s["end_s"])) for s in document["sound"]]
    bars = []
    for at, (said, span, lane) in enumerate(zip(document["sound"], spans, lanes(spans), strict=True)):
        recording = said["recording"]
        name = "" if recording is None else letter(recording)
        look, label = {
            "same": (f"r{(recording or 0) % 8}", name),
            "covered": (f"r{(recording or 0) % 8}", f"{name} + other"),
            "shifted": (f"r{(recording or 0) % 8}", f"{name} from elsewhere"),
            "replaced": ("none", "other"),
            "muted": ("undecidable", "silent"),
        }[said["finding"]]
        title = f"{clock(span[0])} to {clock(span[1])}: {label}"
        bars.append(_bar(span, document["release"], lane, (look, label, f"#sound-{at + 1}", title)))
    return _strip(bars, document["release"])


def shot_strip(document: Mapping[str, Any], prefix: str = "") -> Strip:
    """Lay out the shots of an examined file; transitions and flashes on a lane of their own.

    `prefix` begins the ids of the file's shots on a page that shows several files.
    """
    exhibit = document["exhibit"]
    bars = []
    has_second_lane = False
    for at, shot in enumerate(document["shots"]):
        span = Fraction(shot["start_s"]), Fraction(shot["end_s"])
        begins = OPENINGS[shot["opening"]["kind"]]
        title = f"Shot {at + 1}: {clock(span[0])} to {clock(span[1])}, begins with {begins}"
        bars.append(_bar(span, exhibit, 0, (f"shot{at % 2}", str(at + 1), f"#{prefix}shot-{at + 1}", title)))
        opening = Fraction(shot["opening"]["start_s"]), Fraction(shot["opening"]["end_s"])
        if opening[1] > opening[0]:
            has_second_lane = True
            kind = shot["opening"]["kind"]
            title = f"{kind.capitalize()} from {clock(opening[0])} to {clock(opening[1])}"
            bars.append(_bar(opening, exhibit, 1, ("transition", kind, f"#{prefix}shot-{at + 1}", title)))
    for flash in document["flashes"]:
        has_second_lane = True
        span = Fraction(flash["start_s"]), Fraction(flash["end_s"])
        title = f"Flash from {clock(span[0])} to {clock(span[1])}, not a cut"
        bars.append(_bar(span, exhibit, 1, ("flash", "flash", f"#{prefix}shots", title)))
    return _strip(bars, exhibit, at_least=1 + has_second_lane)


def lanes(spans: Sequence[tuple[Fraction, Fraction]]) -> list[int]:
    """Give each span, in any order, the lowest lane in which it overlaps none given before it."""
    taken: list[list[tuple[Fraction, Fraction]]] = []
    chosen = []
    for start_s, end_s in spans:
        free = [all(end_s <= other[0] or start_s >= other[1] for other in others) for others in taken]
        lane = free.index(True) if True in free else len(taken)
        if lane == len(taken):
            taken.append([])
        taken[lane].append((start_s, end_s))
        chosen.append(lane)
    return chosen


def _rows(spans: Sequence[tuple[Fraction, Fraction]], below: Sequence[int]) -> list[int]:
    """Lanes for all spans; those whose indices are `below` get lanes under all the others."""
    above = [at for at in range(len(spans)) if at not in below]
    rows = [0] * len(spans)
    for at, lane in zip(above, lanes([spans[at] for at in above]), strict=True):
        rows[at] = lane
    first = max((rows[at] for at in above), default=-1) + 1
    for at, lane in zip(below, lanes([spans[at] for at in below]), strict=True):
        rows[at] = first + lane
    return rows


def marks(start_s: Fraction, end_s: Fraction) -> list[tuple[float, str]]:
    """Choose round times for the clock under a strip, at most seven of them, the start included."""
    length_s = end_s - start_s
    if length_s <= 0:
        return []
    step_s = next((Fraction(step) for step in _STEPS_S if length_s / step <= _MARKS), length_s / _MARKS)
    decimals = 1 if step_s < 1 else 0
    times = [start_s + at * step_s for at in range(_MARKS + 1) if at * step_s <= length_s * Fraction(19, 20)]
    return [
        (float((time_s - start_s) / length_s * 100), clock(time_s, decimals=decimals)) for time_s in times
    ]


def _bar(
    span: tuple[Fraction, Fraction],
    exhibit: Mapping[str, Any],
    lane: int,
    shown: tuple[str, str, str, str],
) -> Bar:
    start_s, length_s = (
        Fraction(exhibit["start_s"]),
        Fraction(exhibit["end_s"]) - Fraction(exhibit["start_s"]),
    )
    if length_s <= 0:
        return Bar(0.0, 0.0, lane, *shown)
    left = min(max((span[0] - start_s) / length_s, Fraction(0)), Fraction(1))
    right = min(max((span[1] - start_s) / length_s, left), Fraction(1))
    return Bar(round(float(left) * 100, 3), round(float(right - left) * 100, 3), lane, *shown)


def _strip(bars: Sequence[Bar], exhibit: Mapping[str, Any], *, at_least: int = 1) -> Strip:
    count = max((bar.lane + 1 for bar in bars), default=at_least)
    return Strip(bars, max(count, at_least), marks(Fraction(exhibit["start_s"]), Fraction(exhibit["end_s"])))
