"""What was true beside what was found, for whoever has to see what is wrong."""

from typing import Any

from conform_score.edit import crop_iou, edges_met, match, mirror_right, speed_right
from conform_score.frames import every_source
from conform_score.reading import Comparison, Segment, moves, read


def by_segment(result: dict[str, Any], truth: dict[str, Any]) -> list[str]:
    """Return lines of text that set each true segment beside what was found in its place."""
    case = read(result, truth)
    asked = every_source(case)
    lines = []
    for number, true in enumerate(case.true):
        span = f"{number:>3} {float(true.start_s):7.3f}-{float(true.end_s):7.3f}"
        mine = [a.verdict for a in asked if a.segment == number]
        tally = ", ".join(
            f"{v} {mine.count(v)}" for v in ("right", "honest", "time", "source", "missing") if v in mine
        )
        lines.append(f"{span}  true   {_describe(true, case)}" + (f"   frames: {tally}" if tally else ""))
        over = [f for f in case.found if f.overlap_s(true) > case.frame_s]
        best = match(true, case) if true.recording is not None else None
        lines += [
            f"    {float(found.start_s):7.3f}-{float(found.end_s):7.3f}  found  {_describe(found, case)}"
            for found in sorted(over, key=lambda f: (f is not best, f.start_s))
        ]
        if true.recording is not None:
            lines.append(f"    {'':15}  check  {_faults(true, best, case)}")
    return lines


def _describe(segment: Segment, case: Comparison) -> str:
    opening = f"{segment.opening} {float(segment.opening_s.duration_s):.2f}"
    if segment.recording is None:
        return f"{segment.fields.get('kind', 'no source'):<10}{'':42}{opening}"
    name = case.recordings[segment.recording].name if segment.recording >= 0 else "unknown"
    raw = "-" if segment.raw_start_s is None else f"{float(segment.raw_start_s):.3f}"
    speed = "-" if segment.speed is None else f"{float(segment.speed):.4f}"
    mirrored = "mirrored" if segment.fields["mirrored"] else ""
    text = f"{name:<10}raw {raw:>8}  speed {speed:>8}  {mirrored:8}  {opening}"
    if "motion" in segment.fields:
        return text + ("" if moves(segment) else "  nearly static")
    alternatives = " ".join(f"{float(a.start_s):.2f}-{float(a.end_s):.2f}" for a in segment.alternatives)
    return f"{text}  {segment.fields.get('time_is')} {alternatives}".rstrip()


def _faults(true: Segment, found: Segment | None, case: Comparison) -> str:
    if found is None:
        return "NOT FOUND"
    start, end = edges_met(true, case)
    raw_s = found.raw_at(true.start_s)
    shift = (
        "" if raw_s is None or true.raw_start_s is None else f"raw {float(raw_s - true.raw_start_s):+.3f} s; "
    )
    checks = {
        "start": start,
        "end": end,
        "speed": speed_right(true, found),
        "mirror": mirror_right(true, found),
    }
    wrong = [name.upper() for name, right in checks.items() if not right]
    return f"{shift}crop IoU {crop_iou(true, found):.3f}; " + (
        f"WRONG {', '.join(wrong)}" if wrong else "all right"
    )
