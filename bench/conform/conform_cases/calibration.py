"""Does a stated confidence mean what it says: of the claims made at 0.9, are nine in ten true?"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from conform_score.reading import Comparison, Segment, read

EDGES = (0.0, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.01)
RIGHT_SHARE = 0.9
"""Share of a segment's frames on which the claim must hold."""


@dataclass(frozen=True, slots=True)
class Claim:
    """One predicted segment that names a recording.

    Attributes:
        number: Of the segment in the result.
        source: Share of its frames in which the recording is seen.
        time: Share of its frames in which the raw time is right to one frame.
        covered: Share of its frames whose true time lies at the named time or among the alternatives.
    """

    case: str
    number: int
    confidence: float
    is_exact: bool
    source: float
    time: float
    covered: float

    @property
    def is_right(self) -> bool:
        """The recording is right, and the moment where it is said to be exact."""
        return (self.time if self.is_exact else self.source) >= RIGHT_SHARE


def claims(name: str, result: dict[str, Any], truth: dict[str, Any]) -> list[Claim]:
    """Judge every segment of a result that names a recording."""
    case = read(result, truth)
    return [
        _judged(name, number, segment, case)
        for number, segment in enumerate(case.found)
        if segment.recording is not None
    ]


def _judged(name: str, number: int, segment: Segment, case: Comparison) -> Claim:
    frames = [n for n in range(len(case.frames)) if segment.shows(n * case.frame_s)]
    source = time = covered = 0
    for n in frames:
        mine = [entry for entry in case.frames[n] if entry[1] == segment.recording]
        source += bool(mine)
        at = [_meets(segment, case, n, entry) for entry in mine]
        time += any(right for right, _ in at)
        covered += any(right or among for right, among in at)
    total = max(1, len(frames))
    return Claim(
        name,
        number,
        float(segment.fields["confidence"]),
        segment.fields.get("time_is") != "ambiguous",
        source / total,
        time / total,
        covered / total,
    )


def _meets(segment: Segment, case: Comparison, n: int, entry: Sequence[Any]) -> tuple[bool, bool]:
    recording = case.recordings[entry[1]]
    tolerance_s = case.tolerance_s(entry[1])
    true_s = recording.times_s[entry[2]]
    raw_s = segment.raw_at(n * case.frame_s)
    right = raw_s is not None and abs(recording.shown_at(raw_s) - true_s) <= tolerance_s
    among = any(a.start_s - tolerance_s <= true_s <= a.end_s + tolerance_s for a in segment.alternatives)
    return right, among


def calibration(found: Sequence[Claim]) -> list[str]:
    """A table: how often claims of each confidence are right."""
    lines = [f"{'confidence':<13}{'claims':>7}{'mean':>7}{'right':>7}   wrong ones"]
    for low, high in pairwise(EDGES):
        inside = [c for c in found if low <= c.confidence < high]
        if not inside:
            continue
        mean = sum(c.confidence for c in inside) / len(inside)
        right = sum(c.is_right for c in inside) / len(inside)
        wrong = " ".join(f"{c.case}#{c.number}" for c in inside if not c.is_right)
        lines.append(f"{low:.2f}-{min(high, 1):.2f}    {len(inside):>7}{mean:>7.3f}{right:>7.3f}   {wrong}")
    for exact in (True, False):
        kind = [c for c in found if c.is_exact is exact]
        if kind:
            right = sum(c.is_right for c in kind) / len(kind)
            held = sum(c.covered >= RIGHT_SHARE for c in kind) / len(kind)
            word = "exact" if exact else "ambiguous"
            lines.append(
                f"{word:<13}{len(kind):>7}{'':>7}{right:>7.3f}   named or among the alternatives {held:.3f}"
            )
    return lines
