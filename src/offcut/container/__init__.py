"""Bytes to `Structure`: what the container says, read without a codec library and within budgets."""

import stat
from contextlib import nullcontext
from pathlib import Path
from typing import BinaryIO

from offcut.container.movie import read_movie
from offcut.container.sniff import HEAD_BYTES, sniff
from offcut.errors import ContainerError, UnreadableError
from offcut.records import Structure

__all__ = ["probe"]

_NOT_EXAMINED = (
    "read through the decoder's view; the bytes of the container were not examined in this version"
)


def probe(path: Path, stream: BinaryIO | None = None) -> Structure:
    """Read what the container of a file says.

    Args:
        path: The file; only its name is used when `stream` is given.
        stream: The open file, seekable and binary; it is left open.

    Returns:
        The structure. Damage is recorded in it with byte offsets and as much as possible is read.
        For formats other than ISO-BMFF and QuickTime only the format, with a line in `limits`.

    Raises:
        ContainerError: Empty, a playlist, plain text, a still picture, known to hold no video, or
            nothing at all can be read.
        UnreadableError: Not a regular file, or the system refuses to read it.
    """
    try:
        # Opening a pipe would wait for ever, and a device has no end.
        if stream is None and not stat.S_ISREG(path.stat().st_mode):
            raise UnreadableError(path, "this is not a regular file; it was not opened")
        with nullcontext(stream) if stream is not None else path.open("rb") as opened:
            return _probe(path, opened)
    except OSError as error:
        raise UnreadableError(path, f"the system refuses to read it: {error.strerror or error}") from error


def _probe(path: Path, stream: BinaryIO) -> Structure:
    stream.seek(0)
    sniffed = sniff(path, stream.read(HEAD_BYTES))
    if sniffed.format != "isobmff":
        facts = {"format": sniffed.format, "looks_like": sniffed.looks_like, "limits": [_NOT_EXAMINED]}
        return Structure(sniffed.format, facts)
    structure = read_movie(stream)
    if structure is None:
        raise ContainerError(path, 0, "no box of the format can be found; nothing of the file can be read")
    return structure
