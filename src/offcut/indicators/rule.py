"""A rule as data: what it says, how much that is worth, who published it, and when it misleads."""

from dataclasses import dataclass

from offcut.records import Form, Strength


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule by which an indicator is stated; printed in the docs as it stands here.

    Attributes:
        id: Family and name, such as `container.encoded_by_x264`.
        statement: A sentence with `{fields}` for `str.format`, filled from what was measured.
        points_to: The form the indicator speaks for; `undetermined` where it speaks for none.
        strength: `decisive` only for a narrow claim that nothing innocent is known to produce.
        source: The published fact or the measurement that the rule rests on.
        false_readings: When the rule misleads; printed wherever the indicator is explained.
    """

    id: str
    statement: str
    points_to: Form
    strength: Strength
    source: str
    false_readings: str
