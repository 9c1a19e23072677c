"""From indicators to a form, by the printed table.

The rows are tried from the top; the first that holds gives the form. Indicators count by the form they
point to and by their strength, whoever states them, so a new rule needs no new row. docs/finding.md shows
the table as it stands here.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from offcut.records import Finding, Form, Indicator

__all__ = ["LIMITS", "TABLE", "Row", "weigh"]

CAMERA_ORIGINAL = "container.camera_original_layout"
NO_BREAK = "picture.no_break_found"

Indicators = Sequence[Indicator]


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the table.

    Attributes:
        when: The condition in words, as printed.
        form: What is then said.
        confidence: Of that statement; 0 where nothing is claimed.
        because: Picks the indicators that fulfil the condition; none, if it does not hold.
        limit: What the statement does not say, and what would change it.
    """

    when: str
    form: Form
    confidence: float
    because: Callable[[Indicators], Indicators]
    limit: str


def _pointing(indicators: Indicators, *forms: Form, strong: bool = False) -> Indicators:
    return [
        i for i in indicators if i.points_to in forms and (not strong or i.strength in ("strong", "decisive"))
    ]


def _contradiction(indicators: Indicators) -> Indicators:
    untouched = _pointing(indicators, "continuous", strong=True)
    made = _pointing(indicators, "assembled", "produced", strong=True)
    return [*untouched, *made] if untouched and made else []


def _strong(form: Form) -> Callable[[Indicators], Indicators]:
    def because(indicators: Indicators) -> Indicators:
        return _pointing(indicators, form) if _pointing(indicators, form, strong=True) else []

    return because


def _weak_from_two_sides(indicators: Indicators) -> Indicators:
    weak = _pointing(indicators, "assembled")
    return weak if len({i.id.partition(".")[0] for i in weak}) > 1 else []


def _trimmed(indicators: Indicators) -> Indicators:
    if _pointing(indicators, "assembled", "produced"):
        return []
    whole = [i for i in indicators if i.id == NO_BREAK]
    return [*_strong("trimmed")(indicators), *whole] if whole and _strong("trimmed")(indicators) else []


def _continuous(indicators: Indicators) -> Indicators:
    if _pointing(indicators, "trimmed", "assembled", "produced"):
        return []
    needed = [i for i in indicators if i.id in (CAMERA_ORIGINAL, NO_BREAK)]
    return needed if len({i.id for i in needed}) == 2 else []


def _anything(indicators: Indicators) -> Indicators:
    return _pointing(indicators, "continuous", "trimmed", "assembled", "produced")


TABLE: tuple[Row, ...] = (
    Row(
        "a strong indicator of continuous stands against a strong one of assembled or produced",
        "undetermined",
        0.0,
        _contradiction,
        "The container and the picture contradict each other. A camera that was paused, or a program that "
        "imitates the camera's layout, explains both; the recording's telemetry or the camera would tell.",
    ),
    Row(
        "at least one strong indicator of produced",
        "produced",
        0.9,
        _strong("produced"),
        "What was added or altered is named by the indicators; nothing is said about the rest.",
    ),
    Row(
        "at least one strong indicator of assembled",
        "assembled",
        0.9,
        _strong("assembled"),
        "Assembled does not say why or by whom: a camera that was paused and a live mixer join spans too. "
        "Whether something was also added or altered is not examined, so produced is not excluded.",
    ),
    Row(
        "weak indicators of assembled from at least two sides, such as picture and container",
        "assembled",
        0.6,
        _weak_from_two_sides,
        "Each of these signs alone has innocent causes; a comparison with the recordings would decide.",
    ),
    Row(
        "a strong indicator of trimmed, no break found in the picture, and nothing that points to assembled "
        "or produced",
        "trimmed",
        0.8,
        _trimmed,
        "Trimmed means shortened at an end as far as the file itself still shows it. Breaks between nearly "
        "identical pictures would not have been seen.",
    ),
    Row(
        "the layout of a camera original, no break found in the picture, and nothing that points to trimmed, "
        "assembled or produced",
        "continuous",
        0.7,
        _continuous,
        "Continuous means no sign of a break: it does not say that the file is unaltered, nor that what it "
        "shows is as it seems. A recording trimmed inside the camera may look the same.",
    ),
    Row(
        "none of these",
        "undetermined",
        0.0,
        _anything,
        "What was measured does not decide how this file was made. The file as the camera wrote it, or "
        "recordings to compare with, would allow to say more.",
    ),
)
"""Confidences are set by judgement below the measured ones of the indicators: files of known making, on
which they could be calibrated, were not available in sufficient number."""

LIMITS: tuple[str, ...] = (
    "Music, other added sound, graphics, grading and speed are not measured in this version: that something "
    "was added or altered cannot be excluded by this finding.",
    "A jump between nearly identical pictures of one fixed view is not seen.",
    "The confidence of the form is set by the printed table, not calibrated on files of known making.",
)
"""Said with every finding."""


def weigh(indicators: Sequence[Indicator]) -> Finding:
    """Weigh indicators by `TABLE`.

    Args:
        indicators: Of any family, in any order.

    Returns:
        The form of the first row that holds, with the ids it rests on in the order given. For
        `undetermined` by the last row, `because` lists what points somewhere without deciding.

    Source:
        docs/finding.md, which prints the table.
    """
    for row in TABLE[:-1]:
        because = row.because(indicators)
        if because:
            return _finding(row, because, indicators)
    return _finding(TABLE[-1], TABLE[-1].because(indicators), indicators)


def _finding(row: Row, because: Indicators, indicators: Indicators) -> Finding:
    chosen = {i.id for i in because}
    ids = tuple(dict.fromkeys(i.id for i in indicators if i.id in chosen))
    return Finding(row.form, row.confidence, ids, (row.limit, *LIMITS))
