"""What the figures have to be, and whether they are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from conform_cases.pooled import cell


@dataclass(frozen=True, slots=True)
class Target:
    """One figure and its limit.

    Attributes:
        key: Of the metric.
        words: What it is.
        limit: None: printed beside the others, for whoever judges them.
        at_most: The figure may not be larger; else it may not be smaller.
    """

    key: str
    words: str
    limit: float | None
    at_most: bool = False

    def met(self, value: float | None) -> str:
        """`yes` or `no`; empty where nothing was asked or there is no limit."""
        if value is None or self.limit is None:
            return ""
        return "yes" if (value <= self.limit if self.at_most else value >= self.limit) else "NO"


_FALSE = Target(
    "false_left_out_share", "used footage reported left out, share of what was used", 0.005, at_most=True
)
_SHARED = Target("false_left_out_s", "used footage reported left out, seconds", 0.0, at_most=True)
_BESIDE = (
    Target("frames_within_1", "  … of all that is asked, ambiguous ones counted as wrong", None),
    Target("ambiguous_said", "  … share whose time is called ambiguous at all", None),
)

MEDIUM = (
    Target("vcsl_f", "segment F (VCSL)", 0.95),
    Target("frames_within_1_decidable", "frames within one frame, of what is decidable", 0.95),
    *_BESIDE,
    Target("boundaries_within_1", "boundaries within one frame", 0.95),
    Target("speed_right", "speed within 1 %", 0.97),
    Target("speed_right_decidable", "  … of segments whose time is decidable", None),
    Target("mirror_right", "mirrors", 1.0),
    Target("no_source_false", "frames without a source for which one is claimed", 0.003, at_most=True),
    _FALSE,
    Target("left_out_recall", "left-out recall", 0.97),
)
HARD = (
    Target("vcsl_f", "segment F (VCSL)", 0.85),
    _FALSE,
    *(Target(t.key, t.words, None) for t in MEDIUM if t.key not in {"vcsl_f", _FALSE.key}),
)
SHARED = {
    "shared-one": (Target("vcsl_f", "case one: segment F (VCSL)", 0.97), _SHARED),
    "shared-two": (Target("vcsl_f", "case two: segment F (VCSL)", 0.93), _SHARED),
}
LEVELS: Mapping[str, Sequence[Target]] = {"medium": MEDIUM, "hard": HARD}


def judged(targets: Sequence[Target], by_tool: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """One line a target: its limit, and for every tool the figure and whether it is met.

    Args:
        targets: What is asked.
        by_tool: For each tool the metrics of one case, or pooled ones.
    """
    width = max(len(t.words) for t in targets) + 2
    lines = [f"{'figure':<{width}}{'target':>10}" + "".join(f"{tool:>12}" for tool in by_tool)]
    for target in targets:
        sign = "<=" if target.at_most else ">="
        limit = "" if target.limit is None else f"{sign} {target.limit:g}"
        figures = ((metrics.get(target.key), metrics) for metrics in by_tool.values())
        lines.append(
            f"{target.words:<{width}}{limit:>10}"
            + "".join(f"{cell(value)}{target.met(value):>4}" for value, _ in figures)
        )
    return [line.rstrip() for line in lines]
