"""A run of pictures seen as mixtures of the first and the last of them."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from offcut.shots.similarity import Looks

Floats = NDArray[np.float32]

_SIDE_PX = 32
_WIPE_BLUR = 0.1
_FEWEST_LINES = 8


@dataclass(frozen=True, slots=True)
class Mixture:
    """Small pictures from just before to just after a suspected change, seen as mixtures of the outer two."""

    pictures: Floats
    difference: Floats
    ratio: Floats

    @property
    def residual(self) -> Floats:
        """Mean absolute rest of every picture over the mean absolute difference, shape (pictures,)."""
        explained = self.pictures[0] + self.ratio[:, None, None] * self.difference
        rest = np.abs(self.pictures - explained).mean(axis=(1, 2))
        return np.asarray(rest / max(float(np.abs(self.difference).mean()), 1e-3), np.float32)

    @property
    def cover(self) -> float:
        """Share of the picture in which the two sides differ clearly."""
        threshold = 10 + 0.1 * float(self.pictures[0].std())
        return float(
            (np.abs(self.difference) > min(threshold, 0.5 * float(self.difference.std()) + 8)).mean()
        )


def mixture_of(first: int, last: int, looks: Looks) -> Mixture:
    """Frames first - 1 to last + 1 as mixtures of the outer two."""
    height, width = looks[first].picture.shape
    scale = min(1.0, _SIDE_PX / max(height, width))
    size = (max(4, round(width * scale)), max(4, round(height * scale)))
    pictures: Floats = np.stack(
        [cv2.resize(looks[i].picture, size, interpolation=cv2.INTER_AREA) for i in range(first - 1, last + 2)]
    ).astype(np.float32)
    difference = pictures[-1] - pictures[0]
    energy = max(float((difference**2).sum()), 1e-3)
    ratio = ((pictures - pictures[0]) * difference).sum(axis=(1, 2)) / energy
    return Mixture(pictures, difference, np.asarray(ratio, np.float32))


def unevenness(mixture: Mixture) -> float:
    """How far the sixteenths of the picture stray from the common mixing ratio, on average."""
    rows, columns = mixture.difference.shape
    strays = []
    for y in np.array_split(np.arange(rows), 4):
        for x in np.array_split(np.arange(columns), 4):
            part = mixture.difference[np.ix_(y, x)]
            energy = float((part**2).sum())
            if energy < 30 * part.size:
                continue
            moved = (
                mixture.pictures[:, y[0] : y[-1] + 1, x[0] : x[-1] + 1]
                - mixture.pictures[0, y[0] : y[-1] + 1, x[0] : x[-1] + 1]
            )
            strays.append(float(np.abs((moved * part).sum(axis=(1, 2)) / energy - mixture.ratio).mean()))
    return float(np.mean(strays)) if strays else 1.0


def crispness(first: int, last: int, ratio: Floats, looks: Looks) -> float:
    """How much fine contrast stays half way, between what a mixture leaves (0) and all of it (1).

    Two unlike pictures laid over each other keep half of the energy of their edges; a moving camera, a
    passing car or glare keep it all. Movement within either side changes nothing in this.
    """
    energy = np.asarray([_edge_energy(looks[i].picture) for i in range(first - 1, last + 2)], np.float64)
    share = np.clip(ratio.astype(np.float64), 0, 1)
    unmixed = (1 - share) * energy[0] + share * energy[-1]
    mixed = (1 - share) ** 2 * energy[0] + share**2 * energy[-1]
    middle = unmixed - mixed > 0.5 * float((unmixed - mixed).max())
    if not middle.any() or float(unmixed.max()) < 1e-3:
        return 1.0
    return float(((energy - mixed)[middle] / (unmixed - mixed)[middle]).mean())


def _edge_energy(picture: Floats) -> float:
    down, right = np.diff(picture, axis=0), np.diff(picture, axis=1)
    return float((down**2).mean() + (right**2).mean())


def evenness(mixture: Mixture, axis: int) -> float:
    """How well the lines' moments of change lie on a straight path, 0 where lines change gradually."""
    across = 3 - axis
    moved = (mixture.pictures - mixture.pictures[0]) * mixture.difference
    energy = (mixture.difference**2).sum(axis=across - 1)
    strong = energy / mixture.difference.shape[across - 1] > 40
    if int(strong.sum()) < max(_FEWEST_LINES, 0.6 * len(strong)):
        return 0.0
    ratio = moved.sum(axis=across)[:, strong] / energy[strong]
    blur = float(np.minimum(np.abs(ratio), np.abs(ratio - 1)).mean())
    moments = (ratio > 0.5).argmax(axis=0).astype(np.float64)
    if blur > _WIPE_BLUR or float(moments.std()) < 1:
        return 0.0
    return abs(float(np.corrcoef(moments, np.flatnonzero(strong))[0, 1]))
