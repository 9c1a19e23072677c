"""Metrics of many cases as one row each, and pooled: shares are weighted by what was asked."""

from collections.abc import Mapping, Sequence
from typing import Any

COLUMNS: Sequence[tuple[str, str, str | None]] = (
    ("false s", "false_left_out_s", None),
    ("false %", "false_left_out_share", "aired_s"),
    ("recall", "left_out_recall", "left_out_true_s"),
    ("undec s", "undecidable_s", None),
    ("fr<=1", "frames_within_1", "frames_asked"),
    ("honest", "ambiguous_honest", "frames_asked"),
    ("wrong", "stated_wrong", "frames_asked"),
    ("w time", "stated_wrong_time", "frames_asked"),
    ("w src", "stated_wrong_source", "frames_asked"),
    ("w miss", "stated_wrong_missing", "frames_asked"),
    ("none F", "no_source_false", "no_source_frames"),
    ("bound", "boundaries_within_1", "boundaries_asked"),
    ("speed", "speed_right", "segments_asked"),
    ("mirror", "mirror_right", "segments_asked"),
    ("crop", "crop_iou", "segments_asked"),
    ("trans", "transition_kind_right", "transitions_asked"),
    ("t inv", "transitions_invented", None),
    ("vcsl F", "vcsl_f", "one"),
)
"""Heading, metric, and what its pooled mean is weighted by; None: summed."""


def table(rows: Sequence[tuple[str, Mapping[str, Any]]]) -> list[str]:
    """One line a case and one for all."""
    lines = [f"{'case':<15}" + "".join(f"{heading:>8}" for heading, _, _ in COLUMNS)]
    lines += [f"{name:<15}" + "".join(_cell(metrics[key]) for _, key, _ in COLUMNS) for name, metrics in rows]
    lines.append(f"{'all':<15}" + "".join(_cell(value) for value in pooled([m for _, m in rows]).values()))
    return lines


def pooled(cases: Sequence[Mapping[str, Any]]) -> dict[str, float | None]:
    """Every column over all cases."""
    found: dict[str, float | None] = {}
    for _, key, weight in COLUMNS:
        if weight is None:
            found[key] = float(sum(case[key] or 0 for case in cases))
            continue
        pairs = [
            (case[key], 1.0 if weight == "one" else float(case[weight]))
            for case in cases
            if case[key] is not None
        ]
        total = sum(w for _, w in pairs)
        found[key] = sum(v * w for v, w in pairs) / total if total else None
    return found


def _cell(value: float | None) -> str:
    return f"{'-':>8}" if value is None else f"{value:>8.2f}" if value >= 1.005 else f"{value:>8.3f}"
