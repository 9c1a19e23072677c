"""How alike two small pictures are, whatever the camera's shake and exposure do.

Shift search makes shake harmless; the correlation coefficient makes exposure jumps harmless; sorted chroma
compares colours without asking where they are.
"""

from collections import OrderedDict
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from offcut.measure import let_go

Floats = NDArray[np.float32]

_SIDE_PX = 64
_WINDOW = 0.68
"""Share of the width and height that slides over the other picture: shifts up to 16 % are tolerated."""
_KEPT_FRAMES = 768
"""8 MB: a stretch of file over which candidates are tested, with what they reach beyond it."""
_LEAST_SPREAD = 0.7
_BLOCK_PX = 6
_TEXTURED, _FEWEST_BLOCKS = 2.5, 4
_ALIKE = 0.75
_BLACK, _BARRED = 17.5, 0.15

LET_GO_FRAMES = 64


@dataclass(frozen=True, slots=True)
class Look:
    """One picture, prepared.

    Attributes:
        picture: Luma, longest side 64 px, float32.
        mean: Of luma, code values.
        spread: Standard deviation of luma, code values.
        colours: U and V, each sorted, shape (2, 144), float32.
    """

    picture: Floats
    mean: float
    spread: float
    colours: Floats

    @property
    def is_flat(self) -> bool:
        """Nothing to compare: black, white or one colour."""
        return self.spread < 2 or (self.spread < 5 and (self.mean < 26 or self.mean > 225))


class Looks:
    """Prepared frames of one file, the latest kept."""

    def __init__(self, luma: NDArray[np.uint8], chroma: NDArray[np.uint8]) -> None:
        self._luma, self._chroma = luma, chroma
        self._kept: OrderedDict[int, Look] = OrderedDict()

    def __len__(self) -> int:
        return len(self._luma)

    def __getitem__(self, index: int) -> Look:
        if index in self._kept:
            return self._kept[index]
        look = prepare(np.asarray(self._luma[index]), np.asarray(self._chroma[index]))
        # Often enough that a walk through an hour holds a few megabytes of it.
        if index % LET_GO_FRAMES == 0:
            let_go(self._luma)
            let_go(self._chroma)
        self._kept[index] = look
        if len(self._kept) > _KEPT_FRAMES:
            self._kept.popitem(last=False)
        return look

    def unlike(self, first: int, second: int) -> float:
        """`dissimilarity` of two frames by index."""
        return dissimilarity(self[first], self[second])

    def unchanged(self, first: int, second: int) -> float:
        """`unchanged_area` of two frames by index."""
        return unchanged_area(self[first], self[second])


def prepare(luma: NDArray[np.uint8], chroma: NDArray[np.uint8]) -> Look:
    """Reduce a frame to what is compared.

    Args:
        luma: Shape (h, w), uint8.
        chroma: Shape (2, h', w'), uint8.
    """
    height, width = luma.shape
    scale = min(1.0, _SIDE_PX / max(height, width))
    size = (max(8, round(width * scale)), max(8, round(height * scale)))
    picture = np.asarray(cv2.resize(luma, size, interpolation=cv2.INTER_AREA), np.float32)
    colours = np.sort(chroma.reshape(2, -1).astype(np.float32), axis=1)
    return Look(picture, float(picture.mean()), float(picture.std()), colours)


def _correlate(first: Look, second: Look) -> tuple[float, int, int]:
    """Largest correlation coefficient over shifts, and the shift of `second` against `first`."""
    height, width = first.picture.shape
    rows, columns = max(4, round(height * _WINDOW)), max(4, round(width * _WINDOW))
    top, left = (height - rows) // 2, (width - columns) // 2
    best, shift_y, shift_x = -1.0, 0, 0
    for whole, part, sign in ((second, first, 1), (first, second, -1)):
        window = part.picture[top : top + rows, left : left + columns]
        scores = np.nan_to_num(cv2.matchTemplate(whole.picture, window, cv2.TM_CCOEFF_NORMED))
        at = int(scores.argmax())
        y, x = divmod(at, scores.shape[1])
        # A window without texture scores 1 everywhere in OpenCV; it says nothing.
        score = float(scores[y, x]) if float(window.std()) >= 0.5 else 0.0
        if score > best:
            best, shift_y, shift_x = min(score, 1.0), sign * (y - top), sign * (x - left)
    return best, shift_y, shift_x


def dissimilarity(first: Look, second: Look) -> float:
    """Unlikeness of two pictures of the same size, tolerant of shift, gain and offset.

    Returns:
        About 0 for the same scene, 0.3 and more for different ones, at most 1.95. A picture of one colour
        is unlike every textured one (1) and like every other of similar brightness (0).

    Source:
        Normalised cross-correlation by cv2.matchTemplate (TM_CCOEFF_NORMED), both ways, plus the mean
        difference of sorted chroma; weights set on generated edits, see docs/shots.md.
    """
    if first.is_flat and second.is_flat:
        return 0.0 if abs(first.mean - second.mean) < 60 else 1.0
    if min(first.spread, second.spread) < _LEAST_SPREAD:
        return 1.0
    correlation, _, _ = _correlate(first, second)
    colour = float(np.abs(first.colours - second.colours).mean(axis=1).sum())
    unlike = 0.8 * (1 - correlation) + 0.35 * min(colour / 20, 1.0)
    # A faint picture may still be recognised; that it is not recognised says no more than 1.
    return min(unlike, 1.0) if first.is_flat or second.is_flat else unlike


def unchanged_area(first: Look, second: Look) -> float:
    """Share of the textured blocks that are the same in both pictures, 0 to 1; NaN without texture.

    A banner or a muzzle flash changes part of a picture, glare its brightness; a cut changes nearly all.
    Pictures are compared as they lie and after the best shift; the better of the two counts.
    """
    _, y, x = _correlate(first, second)
    shares = [_like_blocks(first.picture, second.picture, dy, dx) for dy, dx in {(0, 0), (y, x)}]
    return max((s for s in shares if not np.isnan(s)), default=float("nan"))


def _like_blocks(first: Floats, second: Floats, y: int, x: int) -> float:
    """Share of textured blocks whose correlation coefficient is high, `second` shifted by (y, x)."""
    height, width = first.shape
    a = first[max(0, -y) : height - max(0, y), max(0, -x) : width - max(0, x)]
    b = second[max(0, y) : height - max(0, -y), max(0, x) : width - max(0, -x)]
    blocks_a, blocks_b = _blocks(a), _blocks(b)
    spread_a, spread_b = blocks_a.std(axis=1), blocks_b.std(axis=1)
    # The edge of black bars is in every picture of a file and says nothing of any.
    barred = _blocks((np.maximum(a, b) < _BLACK).astype(np.float32)).mean(axis=1) > _BARRED
    textured = (np.maximum(spread_a, spread_b) > _TEXTURED) & ~barred
    if int(textured.sum()) < _FEWEST_BLOCKS:
        return float("nan")
    centred_a = blocks_a - blocks_a.mean(axis=1, keepdims=True)
    centred_b = blocks_b - blocks_b.mean(axis=1, keepdims=True)
    likeness = (centred_a * centred_b).mean(axis=1) / np.maximum(spread_a * spread_b, 1e-3)
    return float((likeness[textured] > _ALIKE).mean())


def _blocks(picture: Floats) -> Floats:
    """Blocks of 6 x 6 pixels that fit, one a row; the whole picture where none fits."""
    rows, columns = picture.shape[0] // _BLOCK_PX, picture.shape[1] // _BLOCK_PX
    if not rows or not columns:
        return picture.reshape(1, -1)
    cut = picture[: rows * _BLOCK_PX, : columns * _BLOCK_PX]
    split = cut.reshape(rows, _BLOCK_PX, columns, _BLOCK_PX).swapaxes(1, 2)
    return np.asarray(split.reshape(rows * columns, -1), np.float32)
