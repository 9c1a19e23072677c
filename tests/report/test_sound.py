from dataclasses import replace
from fractions import Fraction

import pytest
from report_cases import small_edit

from offcut.records import Edit, SoundSpan
from offcut.report import conform
from offcut.report.html import conform_page
from offcut.report.pictures import Pictures
from offcut.report.sound import FINDINGS, sentence, sound_total, spans_of, totals

F = Fraction


def span(start: int, end: int, finding: str, recording: int | None = 0, **measured: float) -> SoundSpan:
    located = finding in ("same", "covered", "shifted")
    return SoundSpan(
        F(start),
        F(end),
        finding,  # type: ignore[arg-type]
        recording,
        F(7, 3) if located else None,
        0.875,
        measured,
    )


@pytest.fixture
def edit() -> Edit:
    spans = (
        span(0, 2, "same", coherent_share=0.97),
        span(2, 3, "covered", 1, coherent_share=0.3),
        span(3, 4, "shifted", 1),
        span(4, 6, "replaced", would_be_found_db=-12.0),
        span(6, 7, "muted", release_level_db=-90.0),
    )
    return replace(small_edit(), sound=spans)


def test_every_span_stands_in_the_document_with_its_figures(edit: Edit) -> None:
    document = conform(edit)
    assert document["sound"] == spans_of(edit)
    first = document["sound"][0]
    assert (first["start_s"], first["end_s"], first["raw_start_s"]) == ("0", "2", "7/3")
    assert first["measured"] == {"coherent_share": 0.97}
    assert document["summary"]["sound_s"] == {
        "same": "2",
        "covered": "1",
        "shifted": "1",
        "replaced": "2",
        "muted": "1",
    }
    assert not any(limit.startswith("not measured: sound ") for limit in document["limits"])


def test_sound_that_was_not_compared_is_null() -> None:
    assert spans_of(small_edit()) is None
    assert totals(small_edit()) is None
    assert sound_total(conform(small_edit())) == []


def test_sound_of_which_nothing_could_be_said_is_an_empty_list() -> None:
    document = conform(replace(small_edit(), sound=()))
    assert document["sound"] == []
    assert "nothing could be said" in sound_total(document)[0]


def test_a_recording_that_was_not_given_cannot_be_heard() -> None:
    with pytest.raises(ValueError, match="recording 9 is named by a sound"):
        conform(replace(small_edit(), sound=(span(0, 1, "same", 9),)))


@pytest.mark.parametrize("finding", sorted(FINDINGS))
def test_every_finding_has_a_sentence_that_names_the_recording(finding: str, edit: Edit) -> None:
    (said,) = [sentence(s) for s in conform(edit)["sound"] if s["finding"] == finding]
    assert "recording A" in said or "recording B" in said
    assert said.endswith(".")


def test_not_found_is_bounded_by_what_would_have_been_found(edit: Edit) -> None:
    document = conform(replace(edit, sound=(span(0, 1, "replaced", would_be_found_db=-12.0),)))
    assert "12 dB quieter than what is heard" in sentence(document["sound"][0])
    document = conform(replace(edit, sound=(span(0, 1, "replaced"),)))
    assert "holds no audible sound" in sentence(document["sound"][0])


def test_another_speed_is_said() -> None:
    document = conform(replace(small_edit(), sound=(span(0, 1, "covered", speed=1.25, coherent_share=0.5),)))
    assert "at 1.25 times the recorded speed" in sentence(document["sound"][0])


def test_the_page_shows_a_bar_and_an_entry_for_every_span(edit: Edit) -> None:
    page = conform_page(conform(edit), Pictures())
    for number in range(1, 6):
        assert f'href="#sound-{number}"' in page
        assert f'id="sound-{number}"' in page
    assert "Sound is evidence of its own" in page
    assert "was not measured" not in page.split("How sure this is")[1]


def test_a_page_without_a_comparison_of_sound_has_no_such_section() -> None:
    assert 'id="sound"' not in conform_page(conform(small_edit()), Pictures())


def test_sound_in_pieces_is_not_said_to_lie_under_something() -> None:
    document = conform(replace(small_edit(), sound=(span(0, 1, "covered", speed=1.25, excess=30.0),)))
    said = sentence(document["sound"][0])
    assert "whether other sound was added could not be measured" in said
    assert "together with" not in said
