"""Score found boundaries against the truth of a generated video.

A cut counts when found within two frames; a gradual change counts once when any statement touches its
extent, two frames more on either side. Everything else that was stated is a false alarm. Hits on the
exact frame are counted apart.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path

import numpy as np
from generate_edits import Event

from offcut.records import Exhibit, Measurement, Opening, Signal
from offcut.room import measure_file
from offcut.timeline import FrameTimes

TOLERANCE_FRAMES = 2
GRADUAL = ("dissolve", "fade", "wipe")


@dataclass(slots=True)
class Score:
    """Counts over many videos."""

    events: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    false_by_cause: Counter[str] = field(default_factory=Counter)
    exact: int = 0
    kind_right: int = 0

    def measures(self, kinds: Sequence[str]) -> tuple[float, float, float]:
        """Precision, recall and F1 over `kinds`; every false alarm counts against precision."""
        hits, events = sum(self.found[k] for k in kinds), sum(self.events[k] for k in kinds)
        false = sum(self.false_by_cause.values())
        precision = hits / max(hits + false, 1)
        recall = hits / max(events, 1)
        return precision, recall, 2 * precision * recall / max(precision + recall, 1e-9)


@dataclass(frozen=True, slots=True)
class Statement:
    """A boundary as a detector states it; a detector of cuts alone states `first == end`."""

    kind: str
    first: int
    end: int


def add(
    score: Score, truth: Sequence[Event], distractors: Sequence[Event], said: Sequence[Statement]
) -> None:
    """Count one video."""
    used: set[int] = set()
    for event in truth:
        score.events[event.kind] += 1
        touching = [i for i, s in enumerate(said) if _touches(event, s)]
        used.update(touching)
        if touching:
            best = said[min(touching, key=lambda i: abs(said[i].first - event.first))]
            score.found[event.kind] += 1
            score.exact += best.first == event.first
            score.kind_right += best.kind == ("cut" if event.kind == "jump" else event.kind)
    for number, statement in enumerate(said):
        if number not in used:
            causes = {
                d.kind for d in distractors if d.first - 1 <= statement.end and statement.first <= d.end + 1
            }
            score.false_by_cause["+".join(sorted(causes)) or "none"] += 1


def _touches(event: Event, statement: Statement) -> bool:
    return statement.first <= event.end + TOLERANCE_FRAMES and event.first - TOLERANCE_FRAMES <= statement.end


def statements(openings: Sequence[Opening], times: FrameTimes) -> list[Statement]:
    """What offcut says, in frame numbers; the start of the file is no boundary."""
    return [
        Statement(o.kind, times.index_at(o.start_s), _index_after(o.end_s, times))
        for o in openings
        if o.kind != "start"
    ]


def _index_after(time_s: Fraction, times: FrameTimes) -> int:
    return len(times) if time_s >= times.end_s else times.index_at(time_s)


def measured(path: Path) -> Measurement:
    """The small pictures of a file."""
    blocks: dict[str, list[Signal]] = {}
    report = measure_file(path, analysers=["picture"], sink=lambda s: blocks.setdefault(s.name, []).append(s))
    signals = {
        name: replace(
            parts[0],
            pts=np.concatenate([p.pts for p in parts]),
            values=np.concatenate([p.values for p in parts]),
        )
        for name, parts in blocks.items()
    }
    exhibit = Exhibit(path, "", path.stat().st_size)
    return Measurement(exhibit, report.view, report.frames, signals, report.versions, report.confinement)
