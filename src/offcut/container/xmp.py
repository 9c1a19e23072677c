"""What XMP says a file was made from: documents, ingredients, pantry, history, projects.

XMP is text that any program may write and anyone may change; every value is as stored. It is read by
the standard library's expat, and whatever could make a small text a large one is refused: a document
type, entities, deep nesting, long values.

Layout: Adobe XMP specification, parts 1 (RDF), 2 (xmpMM, stEvt, stRef) and 3 (where files keep it).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import islice
from typing import Any
from xml.parsers import expat

from offcut.container.isobmff import Reader, Tree
from offcut.container.tags import MAX_TRACKS, MAX_XMP_PACKETS, XMP_UUID
from offcut.errors import printable

MAX_BYTES = 4 * 2**20
"""A project with hundreds of clips leaves a pantry of a megabyte or two."""

MAX_DEPTH = 40
MAX_ELEMENTS = 100_000
MAX_VALUE_CHARS = 1000
MAX_ENTRIES = 500

_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns# "
_XMP = "http://ns.adobe.com/xap/1.0/ "
_MM = "http://ns.adobe.com/xap/1.0/mm/ "
_PROJECTS = frozenset(("uncProjectPath", "posixProjectPath", "projectPath", "fullPath"))
_PART = re.compile(
    r"(?:/[\w/]{0,200})?time:(?P<start>-?\d{1,20})(?:f(?P<rate>\d{1,20})(?:s(?P<base>\d{1,20}))?)?"
    r"(?:d(?P<length>\d{1,20})(?:f(?P<length_rate>\d{1,20})(?:s(?P<length_base>\d{1,20}))?)?)?"
)


class XmpError(ValueError):
    """XMP that is not read, and why, in words."""


@dataclass
class _Node:
    """One element of the text."""

    name: str
    attributes: dict[str, str]
    children: list["_Node"] = field(default_factory=list)
    text: str = ""

    def all(self, name: str) -> Iterator["_Node"]:
        return (child for child in self.children if child.name == name)


def parse_xmp(raw: bytes) -> dict[str, Any]:
    """Read one XMP packet.

    Args:
        raw: The packet with its wrapper and padding.

    Returns:
        `document_id`, `instance_id`, `original_document_id`, `creator_tool` (text or None), `projects`
        (paths), `derived_from` (one reference or None), `ingredients` and `pantry` (references), `history`
        (events), each at most `MAX_ENTRIES`. Names are those of the specification, without prefix; a part
        `time:…` is also given in seconds.

    Raises:
        XmpError: It is no XML, or holds what is refused.
    """
    descriptions = [d for rdf in _root(raw).all(f"{_RDF}RDF") for d in rdf.all(f"{_RDF}Description")]
    properties: dict[str, str] = {}
    for description in descriptions:
        properties |= _properties(description, local=False)
    return {
        "document_id": properties.get(f"{_MM}DocumentID"),
        "instance_id": properties.get(f"{_MM}InstanceID"),
        "original_document_id": properties.get(f"{_MM}OriginalDocumentID"),
        "creator_tool": properties.get(f"{_XMP}CreatorTool"),
        "projects": list(dict.fromkeys(p for d in descriptions for p in _projects(d)))[:MAX_ENTRIES],
        "derived_from": next((_entry(n) for d in descriptions for n in d.all(f"{_MM}DerivedFrom")), None),
        "ingredients": _entries(descriptions, "Ingredients"),
        "pantry": _entries(descriptions, "Pantry"),
        "history": _entries(descriptions, "History"),
    }


def read_xmp(reader: Reader, tree: Tree) -> list[dict[str, Any]]:
    """Read every XMP packet of an ISO-BMFF file: what `parse_xmp` gives, where it lies, or why not."""
    packets: list[dict[str, Any]] = []
    for start, end, found_in in islice(_places(reader, tree), MAX_XMP_PACKETS):
        place = {"found_in": found_in, "at_byte": start, "size_bytes": end - start}
        if end - start > MAX_BYTES:
            packets.append({**place, "problem": f"it is longer than {MAX_BYTES:,} bytes and was not read"})
            continue
        try:
            packets.append({**place, "problem": None, **parse_xmp(reader.read(start, end - start))})
        except XmpError as error:
            packets.append({**place, "problem": str(error)})
    return packets


def _places(reader: Reader, tree: Tree) -> Iterator[tuple[int, int, str]]:
    for moov in islice(tree.root.all(b"moov"), 2):
        for parent, name in (
            (moov, "moov"),
            *((t, "moov/trak") for t in islice(moov.all(b"trak"), MAX_TRACKS)),
        ):
            for atom in islice(parent.all(b"udta", b"XMP_"), 1):
                yield atom.start, atom.end, f"{name}/udta/XMP_"
    for uuid in tree.root.all(b"uuid"):
        if reader.read(uuid.start, 16) == XMP_UUID:
            yield uuid.start + 16, uuid.end, "uuid (XMP)"


def _root(raw: bytes) -> _Node:
    """The element around everything, built within the limits."""
    top = _Node("", {})
    open_: list[_Node] = [top]
    count = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal count
        count += 1
        if count > MAX_ELEMENTS or len(open_) > MAX_DEPTH:
            raise XmpError(f"it has more than {MAX_ELEMENTS:,} elements or more than {MAX_DEPTH} levels")
        node = _Node(name, {k: _value(v) for k, v in attributes.items()})
        open_[-1].children.append(node)
        open_.append(node)

    def text(data: str) -> None:
        if len(open_[-1].text) <= MAX_VALUE_CHARS:
            open_[-1].text += data

    def refuse(*_: object) -> None:
        raise XmpError("it declares a document type or an entity, which XMP does not need; it was not read")

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = start
    parser.EndElementHandler = lambda _: open_.pop()
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    try:
        parser.Parse(raw.strip(b"\0 \r\n\t"), True)
    except expat.ExpatError as error:
        raise XmpError(f"it is no XML that can be read: {error}") from None
    # The wrapper x:xmpmeta may be missing; RDF is then the outermost element.
    outer = top.children[0]
    return top if outer.name == f"{_RDF}RDF" else outer


def _value(text: str) -> str:
    return printable(text.strip()[:MAX_VALUE_CHARS])


def _properties(node: _Node, *, local: bool = True) -> dict[str, str]:
    """Simple properties, which RDF allows as attributes or as elements, of a node or a description in it."""
    found: dict[str, str] = {}
    for key, value in node.attributes.items():
        if not key.startswith(_RDF):
            found[key.rpartition(" ")[2] if local else key] = value
    for child in node.children:
        if child.name == f"{_RDF}Description":
            found |= _properties(child, local=local)
        elif not child.children and child.text.strip():
            found.setdefault(child.name.rpartition(" ")[2] if local else child.name, _value(child.text))
    return found


def _entries(descriptions: list[_Node], name: str) -> list[dict[str, Any]]:
    lists = [n for d in descriptions for n in d.all(f"{_MM}{name}")]
    bags = [bag for one in lists for bag in one.children if bag.name.startswith(_RDF)]
    found = (_entry(item) for bag in bags for item in bag.all(f"{_RDF}li"))
    return list(islice((entry for entry in found if entry), MAX_ENTRIES))


def _entry(item: _Node) -> dict[str, Any]:
    entry: dict[str, Any] = dict(list(_properties(item).items())[:40])
    for key in ("fromPart", "toPart"):
        part = _part_s(str(entry.get(key, "")))
        if part:
            entry[f"{key}_s"] = part
    return entry


def _projects(node: _Node) -> Iterator[str]:
    """Paths of projects, anywhere but among what other documents left."""
    for key, value in node.attributes.items():
        if key.rpartition(" ")[2] in _PROJECTS and value:
            yield value
    for child in node.children:
        if child.name.rpartition(" ")[2] in _PROJECTS and child.text.strip():
            yield _value(child.text)
        if child.name != f"{_MM}Pantry":
            yield from _projects(child)


def _part_s(text: str) -> list[str] | None:
    """`time:0d4068579456000f254016000000` as start and end in seconds; rates stand behind the numbers.

    Where only one number has a rate, it is taken for both. A part without a length, or without any rate
    (whole seconds in the specification, ticks in practice), is not turned into seconds.
    """
    match = _PART.fullmatch(text)
    if match is None or match["length"] is None:
        return None
    rate = _rate(match["rate"], match["base"]) or _rate(match["length_rate"], match["length_base"])
    length_rate = _rate(match["length_rate"], match["length_base"]) or rate
    if not rate or not length_rate:
        return None
    start_s = int(match["start"]) / rate
    return [str(start_s), str(start_s + int(match["length"]) / length_rate)]


def _rate(rate: str | None, base: str | None) -> Fraction | None:
    """Counts a second: `f30000s1001` is 30000/1001."""
    if rate is None or not int(rate) or (base is not None and not int(base)):
        return None
    return Fraction(int(rate), int(base or 1))
