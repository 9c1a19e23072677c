"""Frames of a release and of a recording that are coded by the same bytes, from runs of equal packets.

Why chance is excluded. Two unlike payloads share a hash of 128 bits once in 2^128 pairs. That two
cameras, or two exports, write the same payload without one being copied needs the same pictures to
the last level and the same encoder state: sensor noise alone differs from frame to frame. What does
repeat are pictures made by programs: black, slates, colour bars, titles. There a key packet can be
large, but what follows is small or the same again. Measured on 100 frames of black, bars and a title
at 360 and 1080 lines: unlike packets of at least `FULL_BITS` a pixel that are not key packets were
at most 4 with x264, x265 and MPEG-4 and 14 with MPEG-2, while rate control settled; Motion JPEG, all
key packets, had 10. Of 17 clips of real footage, each had over a third. So a run counts only if it
holds `LEAST_FULL` of them and they are `LEAST_SHARE` of such packets in it (of all packets, where all
are key packets).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from offcut.analysers.packet_hash import HAS_TIME, IS_KEY, SIZE_BYTES
from offcut.conform.evidence_runs import Digests, Run, equal_runs
from offcut.decode.damage import has_two_clocks
from offcut.records import Measurement

FULL_BITS = 0.01
LEAST_FULL = 16
LEAST_SHARE = 0.25
LEAST_BYTES = 8192

Index = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Coded:
    """The packets of one file, in file order.

    Attributes:
        digests: Hashes, shape (packets, 16).
        places: Columns of `packet_hash.place`.
        pts: Presentation time in ticks.
        frame: The frame that is shown at a packet's time; -1 where there is none, or not one only.
    """

    digests: Digests
    places: Index
    pts: Index
    frame: Index

    @property
    def is_key(self) -> NDArray[np.bool_]:
        """Which packets can be decoded alone."""
        return self.places[:, IS_KEY] > 0


@dataclass(frozen=True, slots=True)
class Stretch:
    """Neighbouring frames of the release that are neighbouring frames of a recording.

    Attributes:
        recording: Index.
        first, raw_first: The first frame in either.
        frames: How many.
        packets: Their packets in the release, in file order.
        offset: What has to be added to name the packets of the recording.
        not_shown: Packets of the same run that lie in the release without being shown.
    """

    recording: int
    first: int
    raw_first: int
    frames: int
    packets: Index
    offset: int
    not_shown: int

    def overlap(self, other: "Stretch") -> tuple[int, int]:
        """The release frames that both cover, as a half-open range; empty where it does not rise."""
        return max(self.first, other.first), min(self.first + self.frames, other.first + other.frames)

    def holds(self, other: "Stretch") -> bool:
        """Whether all release frames of `other` are among its own."""
        return self.overlap(other) == (other.first, other.first + other.frames)


def stretches(release: Measurement, recordings: Sequence[Measurement]) -> list[Stretch]:
    """Find the frames of the release whose coded pictures are those of recordings; see `identical`."""
    mine = coded(release)
    found: list[Stretch] = []
    for number, recording in enumerate(recordings):
        theirs = coded(recording)
        if mine is None or theirs is None or not _same_kind(release, recording):
            continue
        pixels = release.stream.coded_width_px * release.stream.coded_height_px
        keys = {"release_keys": mine.is_key, "raw_keys": theirs.is_key}
        for run in equal_runs(mine.digests, theirs.digests, **keys):
            found += _stretches(mine, theirs, run, (number, pixels))
    return found


def coded(measurement: Measurement) -> Coded | None:
    """The packets of a measured file; None if they were not hashed or its clock names two frames at once."""
    digest = measurement.signals.get("packet_hash.digest")
    place = measurement.signals.get("packet_hash.place")
    if digest is None or place is None or has_two_clocks(measurement.damage):
        return None
    pts, frames = np.asarray(place.pts), measurement.frames.pts
    places = np.asarray(place.values)
    at = np.minimum(np.searchsorted(frames, pts), max(0, len(frames) - 1))
    shown = (frames[at] == pts) & (places[:, HAS_TIME] > 0) if len(frames) else np.zeros(len(pts), bool)
    claims = np.bincount(at[shown], minlength=max(1, len(frames)))
    frame = np.where(shown & (claims[at] == 1), at, -1).astype(np.int64)
    return Coded(np.asarray(digest.values), places, pts, frame)


def _same_kind(one: Measurement, other: Measurement) -> bool:
    """Equal slices make equal pictures only under equal parameters: codec, size and samples must agree."""
    a, b = one.stream, other.stream
    return (a.video_codec, a.coded_width_px, a.coded_height_px, a.pixel_format) == (
        b.video_codec,
        b.coded_width_px,
        b.coded_height_px,
        b.pixel_format,
    )


def _stretches(mine: Coded, theirs: Coded, run: Run, of: tuple[int, int]) -> list[Stretch]:
    """What a run shows: from its first key packet on, in frames that are neighbours in both files."""
    recording, pixels = of
    offset = run.raw - run.release
    rows = np.arange(run.release, run.release + run.packets)
    keys = np.nonzero(mine.is_key[rows] & theirs.is_key[rows + offset])[0]
    # Pictures before the first key packet rest on others that may not be the same.
    rows = rows[keys[0] :]
    if not _tells(mine, rows, pixels):
        return []
    not_shown = int((mine.frame[rows] < 0).sum())
    # Shown before the key packet though stored after it: they rest on the group before.
    rows = rows[mine.pts[rows] >= mine.pts[rows[0]]]
    rows = rows[(mine.frame[rows] >= 0) & (theirs.frame[rows + offset] >= 0)]
    rows = rows[np.argsort(mine.frame[rows], kind="stable")]
    shown, raw = mine.frame[rows], theirs.frame[rows + offset]
    breaks = np.nonzero((np.diff(shown) != 1) | (np.diff(raw) != 1))[0] + 1
    pieces = [piece for piece in np.split(np.arange(len(rows)), breaks) if len(piece)]
    return [
        Stretch(
            recording,
            int(shown[piece[0]]),
            int(raw[piece[0]]),
            len(piece),
            np.sort(rows[piece]),
            offset,
            not_shown if piece[0] == 0 else 0,
        )
        for piece in pieces
    ]


def _tells(mine: Coded, rows: Index, pixels: int) -> bool:
    """Whether a run holds enough that changes to exclude chance; see the head of this module."""
    # Half a hash is enough to count by, and sorts faster.
    _, first = np.unique(mine.digests[rows, :8].copy().view(np.uint64)[:, 0], return_index=True)
    unlike = rows[first]
    sizes = mine.places[unlike, SIZE_BYTES]
    full = 8 * sizes >= FULL_BITS * pixels
    asked = ~mine.is_key[rows]
    if asked.any():
        full &= ~mine.is_key[unlike]
    else:
        asked = ~asked
    return int(full.sum()) >= max(LEAST_FULL, LEAST_SHARE * int(asked.sum())) and (
        int(sizes.sum()) >= LEAST_BYTES
    )
