"""The demo's files: three invented recordings and a release that leaves something out."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from offcut.testing.edits import DEMO
from offcut.testing.release import cut_release

__all__ = ["DemoFiles", "make_demo"]


@dataclass(frozen=True, slots=True)
class DemoFiles:
    """What `make_demo` wrote.

    Attributes:
        recordings: What an archive would hold.
        release: What an outlet published.
        external: A clip that the outlet took from elsewhere; not to be handed over as a recording.
        truth: What was really done, to check a result against.
    """

    recordings: tuple[Path, ...]
    release: Path
    external: tuple[Path, ...]
    truth: Path


def make_demo(folder: Path, progress: Callable[[str], None] = lambda _: None) -> DemoFiles:
    """Write the demo's files into `folder`, telling `progress` each; about 27 s on one core."""
    written = cut_release(DEMO, folder, write_external=True, progress=progress)
    return DemoFiles(written.recordings, written.path, written.external, written.truth)
