"""Result documents on disk: written whole or not at all, read back with suspicion."""

import json
import os
import secrets
import sys
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

from offcut.errors import UnreadableError

_SCHEMAS = {
    "offcut.examination/1": "offcut.examination.1.json",
    "offcut.conform/1": "offcut.conform.1.json",
}


def schema(name: str) -> dict[str, Any]:
    """Return the JSON Schema of the documents called `name`, such as `offcut.conform/1`.

    Raises:
        ValueError: There is no such schema.
    """
    if name not in _SCHEMAS:
        raise ValueError(f"there is no schema {name!r}; there are {', '.join(_SCHEMAS)}")
    text = (files("offcut.report") / "schemas" / _SCHEMAS[name]).read_text("utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def as_json(document: Mapping[str, Any]) -> str:
    """Write a document as ASCII JSON: no byte of a hostile file's text reaches a terminal as it was."""
    return json.dumps(document, indent=1, ensure_ascii=True, allow_nan=False)


def write_json(document: Mapping[str, Any], path: Path | str) -> None:
    """Write `document` to `path`; `-` is standard output.

    Raises:
        OSError: The place cannot be written; what stood there before stands there still.
    """
    text = as_json(document) + "\n"
    if str(path) == "-":
        sys.stdout.write(text)
        sys.stdout.flush()
        return
    write_whole(Path(path), text)


def write_whole(path: Path, text: str) -> None:
    """Write `text` to `path` in one step: a reader sees the old file or the new one, never half.

    Raises:
        OSError: The place cannot be written; what stood there before stands there still.
    """
    target = path.resolve()
    if target.exists() and not target.is_file():
        # A pipe or a terminal cannot be replaced by a file, and must not be.
        target.write_text(text, encoding="utf-8")
        return
    part = target.with_name(f".{target.name[:100]}.{secrets.token_hex(6)}.part")
    try:
        # "x" lets the user's own file mode apply, which tempfile's 0600 would not.
        with part.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, target)  # noqa: PTH105 - the name readers know for this guarantee
    finally:
        part.unlink(missing_ok=True)


def read_json(path: Path) -> dict[str, Any]:
    """Read a result document back.

    Raises:
        UnreadableError: The file is no result document of a schema this version knows.
        OSError: The file cannot be opened.
    """
    try:
        document = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise UnreadableError(path, f"it is not JSON: {error}") from None
    if not isinstance(document, dict) or document.get("schema") not in _SCHEMAS:
        raise UnreadableError(path, f"it is no result document; known are {', '.join(_SCHEMAS)}")
    return document
