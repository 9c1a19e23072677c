"""What surrounds a picture in the release: bars beside it, a border over its edge."""

from collections.abc import Iterator
from typing import Literal

import numpy as np

from offcut.conform.expected import TOLERANCE, Expected
from offcut.records import Box

DARK, UNIFORM = 40.0, 5.0
LEAST_BAR = 0.02
"""Share of the picture's side below which a dark edge is what scaling leaves."""

WIDEST_BORDER = 0.1
EVEN = 9.0
"""Standard deviation, in grey levels, of one side of a border over place and time."""

SAME_COLOUR = 14.0
UNLIKE = 0.6
"""Share of a border that the recording must not explain."""


def letterbox(ground: Expected) -> Iterator[tuple[Literal["bars"], Box]]:
    """Yield uniform dark areas beside the recording's picture: at its sides, above and below."""
    height, width = ground.inside.shape
    rows, columns = np.flatnonzero(ground.inside.any(axis=1)), np.flatnonzero(ground.inside.any(axis=0))
    if len(rows) == 0:
        return
    # The mask lies one pixel inside the picture's edge.
    top, bottom = max(0, rows[0] - 1), min(height, rows[-1] + 2)
    left, right = max(0, columns[0] - 1), min(width, columns[-1] + 2)
    for x0, y0, x1, y1 in (
        (0, 0, left, height),
        (right, 0, width, height),
        (0, 0, width, top),
        (0, bottom, width, height),
    ):
        share = min((x1 - x0) / width, (y1 - y0) / height)
        if share < LEAST_BAR:
            continue
        area = ground.seen[:, y0:y1, x0:x1]
        level = float(np.median(area))
        # An overlay may lie over a bar; most of it is bare all the same.
        if level <= DARK and float(np.mean(np.abs(area - level) <= UNIFORM)) >= 0.75:
            sides = (x0 / width, y0 / height, (x1 - x0) / width, (y1 - y0) / height)
            yield "bars", Box(*(round(float(side), 4) for side in sides))


def border(ground: Expected) -> int | None:
    """Thickness, in whole pixels, of one colour along all four edges that the recording does not show."""
    height, width = ground.inside.shape
    seen = ground.seen[:: max(1, len(ground.seen) // 12)]
    picture = ground.picture[:: max(1, len(ground.picture) // 12)]
    sides = [seen[:, 0, :], seen[:, -1, :], seen[:, :, 0], seen[:, :, -1]]
    levels = [float(np.median(s)) for s in sides]
    if max(levels) - min(levels) > SAME_COLOUR or max(float(s.std()) for s in sides) > EVEN:
        return None
    level = float(np.median(levels))
    raw = [picture[:, 0, :], picture[:, -1, :], picture[:, :, 0], picture[:, :, -1]]
    unlike = [np.abs(r - level) > TOLERANCE for r in raw]
    if float(np.mean([u.mean() for u in unlike])) < UNLIKE or min(u.mean() for u in unlike) < UNLIKE / 2:
        return None
    thick = 1
    most = int(WIDEST_BORDER * min(height, width))
    while thick <= most:
        ring = [seen[:, thick, thick:-thick], seen[:, -1 - thick, thick:-thick]]
        ring += [seen[:, thick:-thick, thick], seen[:, thick:-thick, -1 - thick]]
        if max(float(np.abs(s - level).mean()) for s in ring) > EVEN:
            return thick + 1
        thick += 1
    return None
