"""The sample tables of one track: when samples are shown, which are keyframes, where they lie.

Tables are kept as runs, never expanded to samples: a table of one entry that claims 2^32-1 samples
costs as much as one that claims ten. Clauses of ISO/IEC 14496-12: stts 8.6.1.2, ctts 8.6.1.3,
stss 8.6.2, elst 8.6.6, stsz 8.7.3, stsc 8.7.4, stco 8.7.5.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from offcut.container.isobmff import Atom, Damage, Reader

MAX_TABLE_ENTRIES = 2_000_000
"""Nine hours at 60 frames/s; a longer table is read so far, and the damage list says so."""

Ticks = NDArray[np.int64]

_MAX_TICKS = 2.0**60
"""Beyond this sums of ticks could overflow 64 bits; such a track is not timed."""


def read_table(reader: Reader, atom: Atom, damage: Damage, *, columns: int, head_bytes: int = 4) -> Ticks:
    """Read the rows of a table of 32-bit numbers, as many as are really there.

    Args:
        reader: The file.
        atom: The box; its payload is `head_bytes`, a 32-bit count, then the rows.
        damage: Told when the count is not what the box holds.
        columns: Numbers a row.
        head_bytes: Bytes before the count.

    Returns:
        Shape (rows, columns), int64, each number read as unsigned.
    """
    width = 4 * columns
    head = reader.read(atom.start, head_bytes + 4)
    declared = int.from_bytes(head[head_bytes:], "big") if len(head) == head_bytes + 4 else 0
    held = max(0, atom.end - atom.start - head_bytes - 4) // width
    if declared > held:
        damage.add(atom.offset, f"table '{atom.name}' declares {declared:,} entries but holds {held:,}")
    rows = min(declared, held)
    if rows > MAX_TABLE_ENTRIES:
        damage.add(atom.offset, f"of the {rows:,} entries of '{atom.name}', {MAX_TABLE_ENTRIES:,} were read")
        rows = MAX_TABLE_ENTRIES
    raw = reader.read(atom.start + head_bytes + 4, rows * width)
    raw = raw[: len(raw) // width * width]
    return np.frombuffer(raw, dtype=">u4").astype(np.int64).reshape(-1, columns)


@dataclass(frozen=True, slots=True)
class Runs:
    """When samples are shown, on the clock of the media before the edit list.

    A run is `count` samples in decoding order, the first shown at `first`, each `step` after the
    one before. All four arrays have shape (runs,), int64; times are ticks of the media.
    """

    index: Ticks
    count: Ticks
    first: Ticks
    step: Ticks

    @property
    def samples(self) -> int:
        """Samples in all."""
        return int(self.count.sum())

    @property
    def start(self) -> int:
        """When the first sample is shown."""
        return int(self.first.min())

    @property
    def end(self) -> int:
        """When the last sample stops being shown."""
        return int((self.first + self.count * self.step).max())

    def ended_by(self, time: int) -> int:
        """How many samples are over at `time`."""
        fits = (time - self.first) // np.maximum(self.step, 1)
        zero = np.where(self.first <= time, self.count, 0)
        return int(np.where(self.step == 0, zero, np.clip(fits, 0, self.count)).sum())

    def begun_before(self, time: int) -> int:
        """How many samples begin before `time`."""
        fits = -((self.first - time) // np.maximum(self.step, 1))
        zero = np.where(self.first < time, self.count, 0)
        return int(np.where(self.step == 0, zero, np.clip(fits, 0, self.count)).sum())

    def time_of(self, sample: int) -> int:
        """When sample `sample` (from 0, decoding order) is shown."""
        run = int(np.searchsorted(self.index, sample, side="right")) - 1
        return int(self.first[run] + (sample - self.index[run]) * self.step[run])


def timing(stts: Ticks, ctts: Ticks | None) -> Runs | None:
    """Join the table of decoding times with the one of composition offsets.

    Args:
        stts: Rows (count, delta).
        ctts: Rows (count, offset); an offset of 2^31 or more is read as negative, as writers of
            version 0 boxes do too. None: shown in decoding order.

    Returns:
        The runs; None without samples, or where the times overflow 64 bits.
    """
    count, step = stts[:, 0], stts[:, 1]
    total = int(count.sum())
    if total == 0 or float((count.astype(np.float64) * step).sum()) > _MAX_TICKS:
        return None
    ends = np.cumsum(count)
    starts = ends - count
    decoded = np.cumsum(count * step) - count * step
    if ctts is None or not len(ctts):
        kept = count > 0
        return Runs(starts[kept], count[kept], decoded[kept], step[kept])
    offset = np.append(np.where(ctts[:, 1] >= 2**31, ctts[:, 1] - 2**32, ctts[:, 1]), 0)
    offset_ends = np.cumsum(ctts[:, 0])
    # Samples behind the last offset have none: a run of their own. A stable sort joins the rising
    # lists in one sweep; numpy's unique needs 40 times as long for 4 million numbers.
    index = np.concatenate([starts, offset_ends - ctts[:, 0], offset_ends[-1:]])
    index.sort(kind="stable")
    index = index[np.append(True, np.diff(index) > 0) & (index < total)]
    run = np.searchsorted(ends, index, side="right")
    first = decoded[run] + (index - starts[run]) * step[run]
    first = first + offset[np.searchsorted(offset_ends, index, side="right")]
    return Runs(index, np.diff(np.append(index, total)), first, step[run])


@dataclass(frozen=True, slots=True)
class Edit:
    """One entry of an edit list: `duration` in ticks of the movie, `media_time` of the media, -1 for none."""

    duration: int
    media_time: int
    rate: Fraction


@dataclass(frozen=True, slots=True)
class Hidden:
    """Media that is in the file but outside what the edit list shows."""

    duration_s: Fraction
    samples: int


def hidden_media(
    runs: Runs, edits: Sequence[Edit], *, media_timescale: int, movie_timescale: int
) -> dict[str, Hidden]:
    """Measure what lies before, between and after the spans that the edit list shows.

    A sample counts only if it lies outside as a whole. The media begins with its first sample as
    *shown*, so the delay that reordering needs (B-frames) is no hidden media.

    Returns:
        `before_start`, `between` and `after_end`; empty when the edit list shows nothing.
    """
    shown: list[tuple[Fraction, Fraction]] = []
    for edit in edits:
        if edit.media_time < 0:
            continue
        length = Fraction(edit.duration * media_timescale, movie_timescale) * abs(edit.rate)
        # ISO/IEC 14496-12, 8.6.6.1: a single edit of no duration lasts as long as the media.
        end = Fraction(runs.end) if edit.duration == 0 else edit.media_time + length
        shown.append((Fraction(edit.media_time), max(end, Fraction(edit.media_time))))
    if not shown:
        return {}
    shown.sort()
    first, last = shown[0][0], max(end for _, end in shown)
    tick_s = Fraction(1, media_timescale)
    gap_ticks, gap_samples, reached = Fraction(0), 0, shown[0][1]
    for start, end in shown[1:]:
        if start > reached:
            inside = runs.ended_by(_whole(start)) - runs.begun_before(_whole(reached, up=True))
            gap_ticks += start - reached
            gap_samples += max(0, inside)
        reached = max(reached, end)
    after = runs.samples - runs.begun_before(_whole(last, up=True))
    return {
        "before_start": Hidden(max(Fraction(0), first - runs.start) * tick_s, runs.ended_by(_whole(first))),
        "between": Hidden(gap_ticks * tick_s, gap_samples),
        "after_end": Hidden(max(Fraction(0), runs.end - last) * tick_s, after),
    }


def _whole(ticks: Fraction, *, up: bool = False) -> int:
    """The tick at or before (`up`: at or after) a time, kept within 62 bits."""
    whole = -(-ticks.numerator // ticks.denominator) if up else ticks.numerator // ticks.denominator
    return max(-(2**62), min(whole, 2**62))


@dataclass(frozen=True, slots=True)
class Extents:
    """Where the samples of a track lie: chunks as [start, end), shape (chunks,), int64."""

    start: Ticks
    end: Ticks


def extents(chunks: Ticks, stsc: Ticks, sizes: Ticks | int) -> Extents | None:
    """Find the bytes of every chunk.

    Args:
        chunks: Offsets, shape (chunks,).
        stsc: Rows (first chunk from 1, samples a chunk, description).
        sizes: Bytes of each sample, shape (samples,), or one size for all.

    Returns:
        The extents; None where the tables cannot be joined.
    """
    if not len(chunks) or not len(stsc) or (np.diff(stsc[:, 0]) <= 0).any():
        return None
    run = np.searchsorted(stsc[:, 0], np.arange(1, len(chunks) + 1), side="right") - 1
    if (run < 0).any():
        return None
    last = np.cumsum(stsc[run, 1])
    begin = last - stsc[run, 1]
    if isinstance(sizes, int):
        if sizes and float(last[-1]) * sizes > _MAX_TICKS:
            return None
        lengths = (last - begin) * sizes
    else:
        total = np.concatenate([[0], np.cumsum(sizes)])
        lengths = total[np.minimum(last, len(sizes))] - total[np.minimum(begin, len(sizes))]
    start = np.minimum(chunks, 2**62)
    return Extents(start, start + lengths)
