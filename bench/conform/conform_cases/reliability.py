"""The reliability diagram: stated confidence against how often the claim was right."""

from collections.abc import Sequence
from itertools import pairwise
from math import sqrt
from typing import Any

from conform_cases.calibration import EDGES, Claim

SIDE_PX, MARGIN_PX = 320, 44
Z_95 = 1.96


def bins(found: Sequence[Claim]) -> list[dict[str, Any]]:
    """Claims of like confidence together, with the interval that their share of right ones lies in.

    Returns:
        For each bin that holds a claim: `low`, `high`, `claims`, `mean` confidence, share `right`, and
        `right_low` and `right_high`, the interval of 95 % after Wilson (1927).
    """
    lines = []
    for low, high in pairwise(EDGES):
        inside = [c for c in found if low <= c.confidence < high]
        if not inside:
            continue
        count = len(inside)
        right = sum(c.is_right for c in inside) / count
        middle = (right + Z_95**2 / (2 * count)) / (1 + Z_95**2 / count)
        half = Z_95 / (1 + Z_95**2 / count) * sqrt(right * (1 - right) / count + (Z_95 / (2 * count)) ** 2)
        lines.append(
            {
                "low": low,
                "high": min(high, 1.0),
                "claims": count,
                "mean": sum(c.confidence for c in inside) / count,
                "right": right,
                "right_low": max(0.0, middle - half),
                "right_high": min(1.0, middle + half),
            }
        )
    return lines


def svg(found: Sequence[dict[str, Any]], title: str) -> str:
    """Draw bins: the diagonal is a confidence that means what it says; below it, too much is claimed.

    Args:
        found: Of `bins`.
        title: What was measured on what; shown above and read out.
    """
    whole = SIDE_PX + 2 * MARGIN_PX

    def x(value: float) -> float:
        return round(MARGIN_PX + value * SIDE_PX, 1)

    def y(value: float) -> float:
        return round(MARGIN_PX + (1 - value) * SIDE_PX, 1)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {whole} {whole}" role="img" '
        'font-family="sans-serif" font-size="11">',
        f"<title>{_text(title)}</title>",
        f'<rect width="{whole}" height="{whole}" fill="#fff"/>',
        f'<text x="{whole / 2}" y="20" text-anchor="middle">{_text(title)}</text>',
        f'<path d="M{x(0)} {y(0)}L{x(1)} {y(1)}" stroke="#888" stroke-dasharray="4 4"/>',
        f'<path d="M{x(0)} {y(1)}V{y(0)}H{x(1)}" fill="none" stroke="#222"/>',
        f'<text x="{x(0.5)}" y="{whole - 8}" text-anchor="middle">stated confidence</text>',
        f'<text transform="translate(12 {y(0.5)}) rotate(-90)" text-anchor="middle">'
        "share that was right</text>",
    ]
    for value in (0.0, 0.25, 0.5, 0.75, 1.0):
        parts.append(f'<text x="{x(value)}" y="{y(0) + 15}" text-anchor="middle">{value:g}</text>')
        parts.append(f'<text x="{x(0) - 6}" y="{y(value) + 4}" text-anchor="end">{value:g}</text>')
    for one in found:
        across, low, high = x(one["mean"]), y(one["right_low"]), y(one["right_high"])
        parts.append(f'<path d="M{across} {low}V{high}" stroke="#1a5fb4" stroke-width="2"/>')
        parts.append(f'<circle cx="{across}" cy="{y(one["right"])}" r="4" fill="#1a5fb4"/>')
        parts.append(f'<text x="{across + 6}" y="{y(one["right"]) + 14}">{one["claims"]}</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"


def _text(words: str) -> str:
    return words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
