import time
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from container.xmp_packets import HEAD, TAIL, described, packet
from offcut.container import probe
from offcut.container.tags import XMP_UUID
from offcut.container.xmp import MAX_BYTES, MAX_DEPTH, MAX_ENTRIES, MAX_VALUE_CHARS, XmpError, parse_xmp
from offcut.testing.small_movie import SmallMovie, box

INGREDIENTS = """<xmpMM:Ingredients><rdf:Bag>
 <rdf:li stRef:instanceID="iid:1" stRef:filePath="take1.mp4"
   stRef:fromPart="time:254016000000f254016000000d508032000000f254016000000"
   stRef:toPart="time:0d508032000000f254016000000"/>
 <rdf:li rdf:parseType="Resource"><stRef:filePath>take2.mp4</stRef:filePath></rdf:li>
</rdf:Bag></xmpMM:Ingredients>"""


def test_attributes_and_elements_are_the_same_properties() -> None:
    one = parse_xmp(described(xmp_CreatorTool="Editor 1", xmpMM_DocumentID="did:1"))
    inside = "<xmp:CreatorTool>Editor 1</xmp:CreatorTool><xmpMM:DocumentID>did:1</xmpMM:DocumentID>"
    assert one == parse_xmp(described(inside))
    assert (one["creator_tool"], one["document_id"], one["instance_id"]) == ("Editor 1", "did:1", None)


def test_ingredients_are_read_with_their_parts_in_seconds() -> None:
    first, second = parse_xmp(described(INGREDIENTS))["ingredients"]
    assert (first["filePath"], first["instanceID"]) == ("take1.mp4", "iid:1")
    assert (first["fromPart_s"], first["toPart_s"]) == (["1", "3"], ["0", "2"])
    assert second == {"filePath": "take2.mp4"}


@pytest.mark.parametrize(
    ("part", "seconds"),
    [
        ("time:0d4068579456000f254016000000", ["0", str(Fraction(4068579456000, 254016000000))]),
        ("/content/audio/time:5000f80s20d2000f80s80", ["1250", "3250"]),
        ("time:30f30000s1001d30f30000s1001", ["1001/1000", "1001/500"]),
        ("time:9", None),
        ("time:0d9", None),
        ("time:0d9f0", None),
        ("/", None),
    ],
)
def test_parts_are_exact_or_nothing(part: str, seconds: list[str] | None) -> None:
    inside = f'<xmpMM:Ingredients><rdf:Bag><rdf:li stRef:fromPart="{part}"/></rdf:Bag></xmpMM:Ingredients>'
    (entry,) = parse_xmp(described(inside))["ingredients"]
    if seconds is None:
        assert "fromPart_s" not in entry
    else:
        assert entry["fromPart_s"] == seconds


def test_pantry_history_origin_and_project_are_read() -> None:
    inside = """
    <xmpMM:Pantry><rdf:Bag><rdf:li><rdf:Description xmpMM:InstanceID="iid:1" xmpMM:DocumentID="did:7"
      creatorAtom:uncProjectPath="of another file.prproj"/></rdf:li></rdf:Bag></xmpMM:Pantry>
    <xmpMM:History><rdf:Seq><rdf:li stEvt:action="saved" stEvt:when="2024-05-01T12:00:00Z"/>
      <rdf:li rdf:parseType="Resource"><stEvt:action>created</stEvt:action></rdf:li></rdf:Seq></xmpMM:History>
    <xmpMM:DerivedFrom stRef:documentID="did:9"/>
    <creatorAtom:windowsAtom creatorAtom:uncProjectPath="C:\\edits\\news.prproj"/>"""
    found = parse_xmp(described(inside))
    assert found["pantry"][0] | {"InstanceID": "iid:1", "DocumentID": "did:7"} == found["pantry"][0]
    assert [event["action"] for event in found["history"]] == ["saved", "created"]
    assert found["derived_from"] == {"documentID": "did:9"}
    assert found["projects"] == ["C:\\edits\\news.prproj"]
    assert found["document_id"] is None, "what stands in the pantry is of other documents"


BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'


@pytest.mark.parametrize(
    "raw",
    [
        (BOMB + HEAD + "&b;" + TAIL).encode(),
        b'<!DOCTYPE x SYSTEM "file:///etc/hostname"><x/>',
        b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]><x>&e;</x>',
        b'<?xml version="1.0"?><!DOCTYPE x><x/>',
    ],
)
def test_a_document_type_or_entity_is_refused_before_it_is_read(raw: bytes) -> None:
    with pytest.raises(XmpError, match="declares a document type or an entity"):
        parse_xmp(raw)


def test_an_entity_that_nobody_declared_is_no_text() -> None:
    with pytest.raises(XmpError, match="no XML"):
        parse_xmp(packet("&e;"))


def test_nesting_and_length_are_bounded() -> None:
    with pytest.raises(XmpError, match="levels"):
        parse_xmp(packet("<xmp:a>" * MAX_DEPTH + "</xmp:a>" * MAX_DEPTH))
    many = "<rdf:li stRef:filePath='x'/>" * (MAX_ENTRIES + 5)
    inside = f"<xmpMM:Ingredients><rdf:Bag>{many}</rdf:Bag></xmpMM:Ingredients>"
    assert len(parse_xmp(described(inside))["ingredients"]) == MAX_ENTRIES
    long = parse_xmp(described(xmp_CreatorTool="y" * (2 * MAX_VALUE_CHARS)))["creator_tool"]
    assert long == "y" * MAX_VALUE_CHARS


def test_values_are_safe_to_print() -> None:
    assert parse_xmp(described(xmp_CreatorTool="a&#x202e;b&#10;c"))["creator_tool"] == "a\\u202eb\\nc"


def test_a_megabyte_of_elements_is_refused_in_time() -> None:
    start = time.process_time()
    with pytest.raises(XmpError, match="elements"):
        parse_xmp(packet("<xmp:a/>" * 400_000))
    assert time.process_time() - start < 5


@given(st.binary(max_size=300) | st.text(alphabet="<>/&;rdf:Dli =\"'x!?-[]", max_size=200).map(str.encode))
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    for text in (raw, packet(raw.decode("latin-1").replace("\0", ""))):
        try:
            parse_xmp(text)
        except XmpError:
            continue


@pytest.mark.parametrize("where", ["udta", "uuid"])
def test_a_film_says_where_its_xmp_lies(tmp_path: Path, where: str) -> None:
    raw = described(INGREDIENTS, xmp_CreatorTool="Editor 1")
    inside = box(b"udta", box(b"XMP_", raw)) if where == "udta" else b""
    tail = box(b"uuid", XMP_UUID, raw) if where == "uuid" else b""
    path = tmp_path / "named.mp4"
    path.write_bytes(SmallMovie(moov_extra=inside, tail=tail).build())
    (found,) = probe(path).facts["xmp"]
    assert (found["problem"], found["creator_tool"], len(found["ingredients"])) == (None, "Editor 1", 2)
    assert path.read_bytes()[found["at_byte"] :][: len(raw)] == raw
    assert found["size_bytes"] == len(raw)


def test_xmp_that_is_refused_is_named_with_the_reason(tmp_path: Path) -> None:
    path = tmp_path / "bomb.mp4"
    path.write_bytes(SmallMovie(tail=box(b"uuid", XMP_UUID, (BOMB + HEAD + TAIL).encode())).build())
    (found,) = probe(path).facts["xmp"]
    assert "entity" in found["problem"]
    assert "ingredients" not in found


def test_xmp_that_is_too_long_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "long.mp4"
    path.write_bytes(SmallMovie(tail=box(b"uuid", XMP_UUID, bytes(MAX_BYTES + 1))).build())
    (found,) = probe(path).facts["xmp"]
    assert "longer than" in found["problem"]
