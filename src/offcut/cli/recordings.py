"""Which files are meant by --raw: files as named, folders opened one level deep."""

from dataclasses import dataclass
from pathlib import Path

from offcut.errors import UnreadableError, UsageError, printable


@dataclass(frozen=True)
class Given:
    """The recordings that were named, and what lay beside them.

    Attributes:
        paths: Each once, in the order given.
        in_folder: Those of them that nobody named, because they were found in a folder.
        skipped: Why each file found in a folder is no recording.
    """

    paths: list[Path]
    in_folder: frozenset[Path]
    skipped: list[str]


def recordings_of(given: list[Path], release: Path) -> Given:
    """The recordings, folders opened one level deep, each file once.

    In a folder, hidden files and what its first bytes show to be no video are passed over.

    Raises:
        UsageError: there is none, or one is the release.
    """
    paths: list[Path] = []
    in_folder: set[Path] = set()
    skipped: list[str] = []
    for path in given:
        if path.is_dir():
            skipped += [
                f"{printable(inner.name)}: a folder inside a folder, which is not opened; name it with --raw"
                for inner in sorted(path.iterdir())
                if inner.is_dir() and not inner.name.startswith(".")
            ]
        for found in _inside(path) if path.is_dir() else [path]:
            if any(_same_file(found, other) for other in paths):
                continue
            if path.is_dir():
                reason = _no_recording(found, release)
                if reason:
                    skipped.append(reason)
                    continue
                in_folder.add(found)
            elif _same_file(found, release):
                raise UsageError(f"{printable(found.name)}: it is the release itself; name recordings only")
            paths.append(found)
    if not paths:
        what = "in the folders given is none" if skipped or given else "name at least one with --raw"
        raise UsageError(f"no recording is given: {what}")
    return Given(paths, frozenset(in_folder), skipped)


def _inside(folder: Path) -> list[Path]:
    return sorted(p for p in folder.iterdir() if p.is_file() and not p.name.startswith("."))


def _no_recording(path: Path, release: Path) -> str:
    """Why a file in a folder is no recording; empty if it may be one.

    An empty file may be a recording that was lost, so it stays, and is reported as unreadable.
    """
    from offcut.container.sniff import HEAD_BYTES, sniff

    if _same_file(path, release):
        return f"{printable(path.name)}: it is the release itself"
    try:
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
        if head:
            sniff(path, head)
    except UnreadableError as error:
        return str(error)
    except OSError:
        return ""
    return ""


def _same_file(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return one == other
