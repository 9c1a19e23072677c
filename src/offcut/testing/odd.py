"""Small odd files for tests of bad input: each is made when asked for, none is stored.

`SHAPES` are sound and play; `BROKEN` are broken, no video, or hostile; `ODD` is both.
"""

from collections.abc import Callable, Mapping
from pathlib import Path

from offcut.testing.odd_bytes import BROKEN
from offcut.testing.odd_shapes import SHAPES

__all__ = ["BROKEN", "NO_PICTURE", "ODD", "SHAPES"]

ODD: Mapping[str, Callable[[Path], Path]] = {**SHAPES, **BROKEN}
"""By name: writes one file of at most some hundred KB into a folder and returns its path."""

NO_PICTURE = frozenset(
    {
        "dangling_link",
        "deep_boxes",
        "deep_elements",
        "empty",
        "folder_named_video",
        "many_boxes",
        "no_index",
        "sound_only",
        "sound_wav",
        "text",
        "web_page",
        "zeros",
    }
)
"""Those of `BROKEN` that hold no moving picture however they are read: a reader has to refuse them."""
