from collections.abc import Sequence
from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offcut.finding import CAMERA_ORIGINAL, LIMITS, NO_BREAK, TABLE, weigh
from offcut.records import Form, Indicator, Strength

PAGE = Path(__file__).parents[1] / "docs" / "finding.md"


def sign(id_: str, points_to: Form, strength: Strength) -> Indicator:
    return Indicator(id_, "", points_to, strength, (), {}, "")


CAMERA = sign(CAMERA_ORIGINAL, "continuous", "strong")
NO_SIGN_OF_A_BREAK = sign(NO_BREAK, "continuous", "weak")
CUT = sign("picture.cut", "assembled", "strong")
FAINT_CUT = sign("picture.cut", "assembled", "weak")
KEYFRAMES = sign("container.keyframe_interval_broken", "assembled", "weak")
HIDDEN = sign("container.hidden_media_before_start", "trimmed", "strong")
LAVF = sign("container.written_by_lavf", "undetermined", "strong")
STILL = sign("picture.repeated_frames", "produced", "weak")
MUSIC = sign("sound.music_added", "produced", "strong")


@pytest.mark.parametrize(
    ("indicators", "form", "because"),
    [
        ([], "undetermined", []),
        ([LAVF], "undetermined", []),
        ([NO_SIGN_OF_A_BREAK], "undetermined", [NO_BREAK]),
        ([LAVF, NO_SIGN_OF_A_BREAK], "undetermined", [NO_BREAK]),
        ([CAMERA], "undetermined", [CAMERA_ORIGINAL]),
        ([CAMERA, NO_SIGN_OF_A_BREAK], "continuous", [CAMERA_ORIGINAL, NO_BREAK]),
        ([CAMERA, NO_SIGN_OF_A_BREAK, STILL], "undetermined", [CAMERA_ORIGINAL, NO_BREAK, STILL.id]),
        ([CAMERA, CUT], "undetermined", [CAMERA_ORIGINAL, CUT.id]),
        ([CAMERA, MUSIC], "undetermined", [CAMERA_ORIGINAL, MUSIC.id]),
        ([CUT], "assembled", [CUT.id]),
        ([LAVF, CUT, KEYFRAMES], "assembled", [CUT.id, KEYFRAMES.id]),
        ([FAINT_CUT], "undetermined", [FAINT_CUT.id]),
        ([FAINT_CUT, KEYFRAMES], "assembled", [FAINT_CUT.id, KEYFRAMES.id]),
        ([HIDDEN], "undetermined", [HIDDEN.id]),
        ([HIDDEN, NO_SIGN_OF_A_BREAK], "trimmed", [HIDDEN.id, NO_BREAK]),
        ([HIDDEN, CUT], "assembled", [CUT.id]),
        ([HIDDEN, FAINT_CUT], "undetermined", [HIDDEN.id, FAINT_CUT.id]),
        ([STILL], "undetermined", [STILL.id]),
        ([MUSIC, CUT], "produced", [MUSIC.id]),
    ],
)
def test_the_first_row_that_holds_gives_the_form(
    indicators: Sequence[Indicator], form: Form, because: list[str]
) -> None:
    for order in permutations(indicators):
        finding = weigh(order)
        assert finding.form == form
        assert sorted(finding.because) == sorted(because)


signs = st.lists(
    st.builds(
        sign,
        st.sampled_from([CAMERA_ORIGINAL, NO_BREAK, "picture.cut", "container.x", "sound.y"]),
        st.sampled_from(["continuous", "trimmed", "assembled", "produced", "undetermined"]),
        st.sampled_from(["decisive", "strong", "weak"]),
    ),
    max_size=6,
)


@given(signs)
def test_a_finding_rests_on_indicators_that_were_given_and_always_names_its_limits(
    indicators: list[Indicator],
) -> None:
    finding = weigh(indicators)
    assert set(finding.because) <= {i.id for i in indicators}
    assert set(LIMITS) <= set(finding.limits)
    assert (finding.confidence == 0) == (finding.form == "undetermined")
    assert finding.because or finding.form == "undetermined"


@given(signs)
def test_nothing_is_called_continuous_beside_a_sign_of_a_change(indicators: list[Indicator]) -> None:
    pointing = {i.points_to for i in indicators}
    if weigh(indicators).form == "continuous":
        assert not pointing & {"trimmed", "assembled", "produced"}


def test_no_sentence_passes_a_verdict() -> None:
    text = " ".join([*(row.when + row.limit for row in TABLE), *LIMITS]).lower()
    for word in ("authentic", "genuine", "fake", "manipulated", "tampered", "proves", "certain"):
        assert word not in text


def test_the_documented_table_is_the_one_that_is_used() -> None:
    printed = [line for line in PAGE.read_text().splitlines() if line.startswith("| ")]
    rows = [f"| {n} | {row.when} | {row.form} | {row.confidence} |" for n, row in enumerate(TABLE, start=1)]
    assert [line for line in printed if line.split(" | ")[0][2:].isdigit()] == rows


def test_every_limit_is_documented() -> None:
    page = " ".join(PAGE.read_text().split())
    for limit in [*(row.limit for row in TABLE), *LIMITS]:
        assert limit in page
