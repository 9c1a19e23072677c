from fractions import Fraction

import pytest
from container.xmp_packets import described
from hypothesis import given
from hypothesis import strategies as st

from conform.evidence_cases import named
from offcut.conform.evidence_xmp import file_name, named_in_xmp
from offcut.container.xmp import parse_xmp
from offcut.records import Evidence, Structure

PART = "time:254016000000f254016000000d508032000000f254016000000"


def holding(raw: bytes | None = None, *, problem: str | None = None) -> Structure:
    """A file with one XMP packet, or none."""
    place = {"found_in": "uuid (XMP)", "at_byte": 4096, "size_bytes": 3000, "problem": problem}
    packets = [{**place, **(parse_xmp(raw) if raw else {})}] if raw or problem else []
    return Structure("isobmff", {"xmp": packets})


def ingredient(**properties: str) -> str:
    said = " ".join(f'stRef:{key}="{value}"' for key, value in properties.items())
    return f"<xmpMM:Ingredients><rdf:Bag><rdf:li {said}/></rdf:Bag></xmpMM:Ingredients>"


def said(release: Structure, *raws: tuple[str, Structure]) -> list[Evidence]:
    return named_in_xmp(named("release.mp4"), [named(n) for n, _ in raws], [release, *(s for _, s in raws)])


@pytest.mark.parametrize("path", ["take1.mp4", "C:\\footage\\Take1.MP4", "/Volumes/card/take1.mp4"])
def test_an_ingredient_is_matched_by_its_file_name(path: str) -> None:
    release = holding(described(ingredient(filePath=path)))
    (one,) = said(release, ("other.mp4", holding()), ("take1.mp4", holding()))
    assert (one.kind, one.recording, one.start_s) == ("xmp_ingredient", 1, None)
    assert "take1.mp4, a recording given, has this name" in one.statement
    assert one.statement.endswith("XMP is text that any program can write and anyone can change.")
    assert one.source == "release.mp4: XMP in uuid (XMP), at byte 4,096, 3,000 bytes"


def test_an_ingredient_is_matched_by_an_identifier_even_through_the_pantry() -> None:
    kept = '<rdf:li xmpMM:InstanceID="iid:1" xmpMM:DocumentID="did:7"/>'
    pantry = f"<xmpMM:Pantry><rdf:Bag>{kept}</rdf:Bag></xmpMM:Pantry>"
    release = holding(described(ingredient(instanceID="iid:1", filePath="old.mp4") + pantry))
    (one,) = said(release, ("renamed.mp4", holding(described(xmpMM_DocumentID="did:7"))))
    assert one.recording == 0
    assert "the identifier did:7 in its XMP" in one.statement
    assert "this name" not in one.statement


def test_parts_are_given_as_what_the_text_says() -> None:
    release = holding(described(ingredient(filePath="take1.mp4", fromPart=PART, toPart="time:0d2f1")))
    (one,) = said(release, ("take1.mp4", holding()))
    assert (one.start_s, one.end_s, one.raw_start_s, one.raw_end_s) == tuple(map(Fraction, (0, 2, 1, 3)))
    assert (
        "It says that 0:01.000 to 0:03.000 of the ingredient stands at 0:00.000 to 0:02.000" in one.statement
    )


def test_an_ingredient_that_no_recording_fits_is_told_too() -> None:
    release = holding(described(ingredient(filePath="missing.mp4", fromPart=PART, toPart=PART)))
    (one,) = said(release, ("take1.mp4", holding()))
    assert (one.recording, one.raw_start_s, one.start_s) == (None, None, Fraction(1))
    assert "missing.mp4; no recording given has this name" in one.statement


def test_two_recordings_of_one_name_are_both_told() -> None:
    release = holding(described(ingredient(filePath="take1.mp4")))
    assert [e.recording for e in said(release, ("take1.mp4", holding()), ("take1.mp4", holding()))] == [0, 1]


def test_origin_history_program_and_project_are_told() -> None:
    inside = """<xmpMM:DerivedFrom stRef:documentID="did:7"/><xmpMM:History><rdf:Seq>
      <rdf:li stEvt:action="created" stEvt:when="2024-05-01" stEvt:softwareAgent="Editor 1"/>
      <rdf:li stEvt:action="saved" stEvt:when="2024-05-02" stEvt:softwareAgent="Editor 1"/>
      </rdf:Seq></xmpMM:History><creatorAtom:windowsAtom creatorAtom:uncProjectPath="D:\\news.prproj"/>"""
    release = holding(described(inside, xmp_CreatorTool="Editor 1"))
    origin, history = said(release, ("raw.mp4", holding(described(xmpMM_DocumentID="did:7"))))
    assert (origin.kind, origin.recording) == ("xmp_history", 0)
    assert "the document it was derived from the identifier did:7" in origin.statement
    assert history.recording is None
    assert (
        "names the program Editor 1; the project news.prproj; a history of 2 events dated 2024-05-01 to "
        "2024-05-02 by Editor 1" in history.statement
    )


def test_xmp_that_was_not_read_is_told_with_the_reason() -> None:
    (one,) = said(holding(problem="it declares an entity"), ("raw.mp4", holding()))
    assert one.statement == "The release holds XMP that was not read: it declares an entity."


def test_without_xmp_nothing_is_said() -> None:
    assert said(Structure("matroska", {}), ("raw.mp4", holding())) == []
    assert said(holding(described()), ("raw.mp4", holding())) == []


@given(
    st.lists(st.text("ab .", min_size=1).filter(str.strip), min_size=1, max_size=4), st.sampled_from("/\\")
)
def test_the_last_part_of_any_path_is_its_name(parts: list[str], separator: str) -> None:
    assert file_name(separator.join(parts)) == parts[-1]
