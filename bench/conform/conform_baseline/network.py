"""Spans of two videos that run along each other: the temporal network.

Tan, Ngo, Hong and Chua, "Scalable detection of partial near-duplicate videos by visual-temporal consistency",
ACM Multimedia 2009: the best matches of every frame are nodes, edges lead forward in both videos, and the
heaviest path is a copied span. The figures are those of the benchmark of He et al., "A large-scale
comprehensive dataset and copy-overlap aware evaluation protocol for segment-level video copy detection",
CVPR 2022 (VCSL), where it was the best of five methods of alignment.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BEST_OF_ROW = 5
MOST_STEP = 10
MOST_PATHS = 10
LEAST_SIMILARITY = 0.2
LEAST_LENGTH = 5
MOST_IOU = 0.3


@dataclass(frozen=True, slots=True)
class Run:
    """A path from one pair of samples to another; both ends belong to it.

    Attributes:
        first, last: Sample of the release and of the recording.
        similarity: Mean over the pairs on the path.
    """

    first: tuple[int, int]
    last: tuple[int, int]
    similarity: float

    @property
    def weight(self) -> float:
        """How much agrees for how long, on both sides together."""
        return self.similarity * sum(self.extents)

    @property
    def extents(self) -> tuple[int, int]:
        """Steps from the first to the last sample, in the release and in the recording."""
        return self.last[0] - self.first[0], self.last[1] - self.first[1]


@dataclass(frozen=True)
class _Network:
    """Edges by the row they lead to: row they come from, node of that row, node led to, weight."""

    columns: NDArray[np.intp]
    weights: NDArray[np.float64]
    arriving: Sequence[list[tuple[int, NDArray[np.intp], NDArray[np.intp], NDArray[np.float64]]]]


def runs(similarity: NDArray[np.float64]) -> list[Run]:
    """Find spans that run along each other, heaviest first.

    Args:
        similarity: Of every release sample with every recording sample, shape (release, recording).

    Returns:
        Runs longer than LEAST_LENGTH steps on both sides that hardly overlap each other. Both sides only
        ever run forwards, so reverse and freeze are not found: the method has no place for them.
    """
    network = _network(similarity)
    found: list[Run] = []
    for _ in range(MOST_PATHS + 1):
        path = _heaviest(network)
        if len(path) < 2:
            break
        pairs = [(row, int(network.columns[row, node])) for row, node in path]
        weights = [float(network.weights[row, node]) for row, node in path]
        run = Run(pairs[0], pairs[-1], float(np.mean(weights)))
        dense = sum(weights) / (sum(run.extents) / 2) > LEAST_SIMILARITY
        if dense and min(run.extents) > LEAST_LENGTH and all(iou(run, other) < MOST_IOU for other in found):
            found.append(run)
    return found


def iou(a: Run, b: Run) -> float:
    """Common area of two runs as boxes of release by recording, as a share of both together."""
    common = 1
    for axis in (0, 1):
        common *= max(0, min(a.last[axis], b.last[axis]) - max(a.first[axis], b.first[axis]))
    areas = [run.extents[0] * run.extents[1] for run in (a, b)]
    return common / (sum(areas) - common) if sum(areas) > common else 0.0


def _network(similarity: NDArray[np.float64]) -> _Network:
    """Lead edges from every node to nodes at most MOST_STEP - 1 samples later on both sides.

    An edge may not leap over a recording sample that could be reached on the way. Both of its ends have to be
    similar; in VCSL only the later one has to, which lets every path begin at one sample of no meaning.
    """
    rows = similarity.shape[0]
    columns = np.argsort(-similarity, axis=1, kind="stable")[:, :BEST_OF_ROW]
    weights = np.take_along_axis(similarity, columns, axis=1)
    arriving: list[list[tuple[int, NDArray[np.intp], NDArray[np.intp], NDArray[np.float64]]]] = [
        [] for _ in range(rows)
    ]
    for row in range(rows):
        reached = np.empty(0, np.intp)
        for later in range(row + 1, min(rows, row + MOST_STEP)):
            step = columns[later][None, :] - columns[row][:, None]
            allowed = (step > 0) & (step < MOST_STEP)
            allowed &= (weights[row] >= LEAST_SIMILARITY)[:, None] & (weights[later] >= LEAST_SIMILARITY)
            after, before = reached > columns[row][:, None], reached < columns[later][:, None]
            allowed &= ~(after[:, None, :] & before[None, :, :]).any(axis=2)
            froms, tos = np.nonzero(allowed)
            if len(tos):
                arriving[later].append((row, froms, tos, weights[later][tos].copy()))
                reached = np.union1d(reached, columns[later][tos])
    return _Network(columns, weights, arriving)


def _heaviest(network: _Network) -> list[tuple[int, int]]:
    """The path of most weight as (row, node) pairs; its edges weigh nothing afterwards."""
    total = np.zeros(network.columns.shape)
    back: dict[tuple[int, int], tuple[int, int, NDArray[np.float64], int]] = {}
    for row, edges in enumerate(network.arriving):
        for source, froms, tos, weights in edges:
            sums = total[source, froms] + weights
            for edge in np.argsort(-sums, kind="stable"):
                node = int(tos[edge])
                if sums[edge] <= total[row, node]:
                    continue
                total[row, node] = sums[edge]
                back[row, node] = source, int(froms[edge]), weights, int(edge)
    row, node = (int(index) for index in np.unravel_index(total.argmax(), total.shape))
    path = [(row, node)] if total[row, node] > 0 else []
    while (row, node) in back:
        row, node, weighed, edge = back[row, node]
        weighed[edge] = 0.0
        path.append((row, node))
    return path[::-1]
