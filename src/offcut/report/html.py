"""The report as one HTML file: opens from a disk without a network, shows a document, computes nothing.

Names and texts out of a file are hostile until escaped: every value goes through autoescape, control and
direction characters become visible escapes, and the page forbids itself any script, style or picture but
its own. Pictures are veiled by the style sheet and hidden by the markup where the style sheet is missing.
"""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from fractions import Fraction
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from offcut.report import at_once, layout, words
from offcut.report import sound as sounds
from offcut.report.files import as_json, write_whole
from offcut.report.pictures import FRAME_PX, FRAMES_OF_INDICATOR, PAIRS, STRIP_PX, Album, Pictures
from offcut.report.plain import one_line
from offcut.timeline import clock


def write_conform(document: Mapping[str, Any], pictures: Pictures, path: Path) -> None:
    """Write the page of a comparison.

    Args:
        document: Of schema `offcut.conform/1`.
        pictures: Of exhibit 0, the release, and 1 on, the recordings; may be empty.
        path: The file; replaced in one step.

    Raises:
        OSError: The file cannot be written.
    """
    _expect(document, "offcut.conform/1")
    write_whole(path, conform_page(document, pictures))


def write_examination(documents: Sequence[Mapping[str, Any]], pictures: Pictures, path: Path) -> None:
    """Write the page of one or more examined files.

    Args:
        documents: Of schema `offcut.examination/1`.
        pictures: Exhibit i is the file of `documents[i]`; may be empty.
        path: The file; replaced in one step.

    Raises:
        OSError: The file cannot be written.
    """
    for document in documents:
        _expect(document, "offcut.examination/1")
    write_whole(path, examination_page(documents, pictures))


def conform_page(document: Mapping[str, Any], pictures: Pictures) -> str:
    """Return the page of a comparison as text."""
    return _render("conform.html.j2", pictures, document=document)


def examination_page(documents: Sequence[Mapping[str, Any]], pictures: Pictures) -> str:
    """Return the page of examined files as text."""
    return _render("examination.html.j2", pictures, documents=documents)


def _expect(document: Mapping[str, Any], schema: str) -> None:
    if document.get("schema") != schema:
        raise ValueError(f"a document of schema {schema} is needed, this is {document.get('schema')}")


def _render(template: str, pictures: Pictures, **content: Any) -> str:
    environment = _environment()
    album = Album()
    style, script = _asset("page.css"), _asset("page.js")
    policy = (
        "default-src 'none'; img-src data:; "
        f"style-src 'sha256-{_digest(style)}'; script-src 'sha256-{_digest(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )

    def picture(exhibit: int, time: str) -> str | None:
        return album.uri(pictures.frame(exhibit, Fraction(time)), FRAME_PX)

    def film(exhibit: int) -> list[tuple[str, Fraction]]:
        shown = [(album.uri(rgb, STRIP_PX), time_s) for time_s, rgb in pictures.strip(exhibit)]
        return [(uri, time_s) for uri, time_s in shown if uri]

    environment.globals.update(
        picture=picture, film=film, album=album, style=Markup(style), script=Markup(script)
    )
    return environment.get_template(template).render(**content, policy=policy)


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("offcut.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        shown=_shown,
        at=_at,
        lasting=_lasting,
        name=_name,
        json_text=_json_text,
    )
    environment.globals.update(
        words=words,
        layout=layout,
        at_once=at_once,
        sounds=sounds,
        PAIRS=PAIRS,
        FRAMES_OF_INDICATOR=FRAMES_OF_INDICATOR,
    )
    return environment


def _json_text(document: Mapping[str, Any]) -> Markup:
    """Return a document as JSON that no HTML parser can leave: without `<`, `>` and `&`."""
    text = as_json(document)
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)


def _shown(text: object) -> Markup:
    """Isolate hostile text: escaped, on one line, and unable to turn the direction of the line."""
    return Markup("<bdi>{}</bdi>").format(one_line(str(text)))


def _at(time: str | Fraction | None) -> Markup:
    """Show a time to the millisecond, with the exact one behind it."""
    if time is None:
        return Markup('<span class="t">not measured</span>')
    exact_s = Fraction(time)
    return Markup('<span class="t" title="{} s">{}</span>').format(exact_s, clock(exact_s))


def _lasting(time: str | Fraction) -> Markup:
    exact_s = Fraction(time)
    return Markup('<span class="t" title="{} s">{}</span>').format(exact_s, words.seconds(exact_s))


def _name(path: str) -> Markup:
    """Show the last part of a path, with all of it behind it."""
    return Markup('<bdi class="file" title="{}">{}</bdi>').format(
        one_line(path), one_line(path.rstrip("/").rpartition("/")[2] or path)
    )


def _asset(name: str) -> str:
    return (files("offcut.report") / "templates" / name).read_text("utf-8")


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")
