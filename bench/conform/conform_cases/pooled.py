"""Metrics of many cases as one row each, and pooled: shares are weighted by what was asked."""

from collections.abc import Mapping, Sequence
from typing import Any

Columns = Sequence[tuple[str, str, str | None]]
"""Heading, metric, and what its mean is weighted by; `one` is the plain mean over cases, None the sum."""

JUDGED: Columns = (
    ("vcsl F", "vcsl_f", "one"),
    ("fr dec", "frames_within_1_decidable", "frames_decidable"),
    ("fr all", "frames_within_1", "frames_asked"),
    ("said a", "ambiguous_said", "frames_asked"),
    ("honest", "ambiguous_honest", "frames_asked"),
    ("bound", "boundaries_within_1", "boundaries_asked"),
    ("speed", "speed_right", "speeds_asked"),
    ("sp dec", "speed_right_decidable", "speeds_decidable"),
    ("mirror", "mirror_right", "segments_asked"),
    ("none F", "no_source_false", "no_source_frames"),
    ("false s", "false_left_out_s", None),
    ("false %", "false_left_out_share", "aired_s"),
    ("recall", "left_out_recall", "left_out_true_s"),
    ("undec s", "undecidable_s", None),
)
"""What the targets speak of; the headings are explained by `METRICS` of the scorer."""

TOLD: Columns = (
    ("w time", "stated_wrong_time", "frames_asked"),
    ("w src", "stated_wrong_source", "frames_asked"),
    ("w miss", "stated_wrong_missing", "frames_asked"),
    ("present", "segments_present", "segments_asked"),
    ("b inv", "boundaries_invented", None),
    ("crop", "crop_iou", "segments_asked"),
    ("t found", "transitions_found", "transitions_asked"),
    ("t kind", "transition_kind_right", "transitions_asked"),
    ("t ext", "transition_extent_right", "transitions_asked"),
    ("t style", "transition_style_right", "transition_styles_asked"),
    ("t inv", "transitions_invented", None),
    ("inset", "inset_segments_present", "inset_segments_asked"),
    ("in fr", "inset_frames_within_1", "inset_frames_asked"),
    ("sound", "sound_finding_right", "sound_steps"),
    ("s loc", "sound_located", "sound_located_asked"),
    ("s wrong", "sound_located_wrong", "sound_located_asked"),
    ("s none", "sound_none_located", "sound_none_asked"),
)
"""Everything else that is worth a column."""

COLUMNS: Columns = (*JUDGED, *TOLD)


def table(rows: Sequence[tuple[str, Mapping[str, Any]]]) -> list[str]:
    """Two blocks of columns, each with one line a case and one for all."""
    together = pooled([metrics for _, metrics in rows])
    width = max([len(name) for name, _ in rows] + [len("all")]) + 2
    lines: list[str] = []
    for block in (JUDGED, TOLD):
        lines += [""] if lines else []
        lines.append(f"{'case':<{width}}" + "".join(f"{heading:>8}" for heading, _, _ in block))
        lines += [
            f"{name:<{width}}" + "".join(cell(metrics.get(key)) for _, key, _ in block)
            for name, metrics in (*rows, ("all", together))
        ]
    return lines


def pooled(cases: Sequence[Mapping[str, Any]]) -> dict[str, float | None]:
    """Every column over all cases; None where no case was asked for it."""
    found: dict[str, float | None] = {}
    for _, key, weight in COLUMNS:
        if weight is None:
            found[key] = float(sum(case.get(key) or 0 for case in cases))
            continue
        pairs = [
            (case[key], 1.0 if weight == "one" else float(case[weight]))
            for case in cases
            if case.get(key) is not None
        ]
        total = sum(w for _, w in pairs)
        found[key] = sum(v * w for v, w in pairs) / total if total else None
    return found


def cell(value: float | None) -> str:
    """A figure in eight characters."""
    return f"{'-':>8}" if value is None else f"{value:>8.2f}" if value >= 1.005 else f"{value:>8.3f}"
