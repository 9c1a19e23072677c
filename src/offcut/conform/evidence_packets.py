"""Spans of a release whose coded pictures are, byte for byte, those of a recording, in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from offcut.analysers.packet_hash import AT_BYTE, IS_KEY, SIZE_BYTES
from offcut.conform.evidence_stretches import Index, Stretch, stretches
from offcut.errors import printable
from offcut.records import Evidence, Measurement
from offcut.timeline import FrameTimes, clock, exact

MOST_STRETCHES = 2000
"""The longest are kept; an edit has hundreds, only a file made to waste time has more."""

MOST_RIVALS = 20


def identical(release: Measurement, recordings: Sequence[Measurement]) -> list[Evidence]:
    """State the spans of the release whose coded pictures are those of a recording.

    Args:
        release: Measured with `packet_hash`; without it nothing is found.
        recordings: Likewise.

    Returns:
        In the order of the release. A span is stated once, for the recording with the longest stretch;
        where the same bytes lie elsewhere too, these places are its rivals.
    """
    every = sorted(stretches(release, recordings), key=lambda s: (-s.frames, s.recording, s.raw_first))
    del every[MOST_STRETCHES:]
    kept: list[Stretch] = []
    for one in every:
        if not any(other.holds(one) for other in kept):
            kept.append(one)
    kept.sort(key=lambda s: (s.first, s.recording))
    files = _Files(release, recordings)
    return [files.evidence(one, _rivals(one, every)) for one in kept]


def _rivals(one: Stretch, every: Sequence[Stretch]) -> list[Stretch]:
    """Other places whose bytes are those of some frames of `one`, cut to these frames."""
    found = []
    for other in every:
        low, high = one.overlap(other)
        same = (other.recording, other.offset) == (one.recording, one.offset)
        if low < high and not same:
            raw_first = other.raw_first + low - other.first
            found.append(Stretch(other.recording, low, raw_first, high - low, other.packets, other.offset, 0))
    return found


@dataclass(frozen=True, slots=True)
class _Files:
    """The measured files that stretches are put into words for."""

    release: Measurement
    recordings: Sequence[Measurement]

    def evidence(self, one: Stretch, rivals: Sequence[Stretch]) -> Evidence:
        start_s, end_s = _times(self.release.frames, one.first, one.frames)
        raw = self.recordings[one.recording]
        raw_start_s, raw_end_s = _times(raw.frames, one.raw_first, one.frames)
        size = int(self._places(one.packets)[:, SIZE_BYTES].sum())
        measured = self._measured(one, size)
        statement = self._same(one, (start_s, end_s), (raw_start_s, raw_end_s), size)
        if rivals:
            named = list(dict.fromkeys(_name(self.recordings[r.recording]) for r in rivals))
            statement += (
                " The same bytes, or some of them, also lie elsewhere "
                f"({', '.join(named[:MOST_RIVALS])}); which place was used cannot be told."
            )
        if one.not_shown:
            statement += (
                f" {_counted(one.not_shown, 'packet')} more of the same run lie in the release, "
                "but no frame is shown at their time."
            )
        measured |= {
            "rivals": [self._rival(r) for r in rivals[:MOST_RIVALS]],
            "rivals_in_all": len(rivals),
        }
        return Evidence(
            "identical_packets",
            statement,
            start_s,
            end_s,
            one.recording,
            raw_start_s,
            raw_end_s,
            f"{self._where(self.release, one.packets)}; {self._where(raw, one.packets + one.offset)}",
            measured,
        )

    def _same(
        self, one: Stretch, shown: tuple[Fraction, Fraction], raw: tuple[Fraction, Fraction], size: int
    ) -> str:
        frames, packets = _counted(one.frames, "frame"), _counted(len(one.packets), "packet")
        return (
            f"The coded pictures of {frames} of the release, {clock(shown[0])} to {clock(shown[1])}, are "
            f"byte for byte those of {frames} of {_name(self.recordings[one.recording])}, {clock(raw[0])} to "
            f"{clock(raw[1])}, in the same order ({packets} of {size:,} bytes in the release). "
            "This does not say which file was made from which."
        )

    def _places(self, packets: Index) -> Index:
        return np.asarray(self.release.signals["packet_hash.place"].values[packets])

    def _measured(self, one: Stretch, size: int) -> dict[str, Any]:
        return {
            "frames": one.frames,
            "first_frame": one.first,
            "raw_first_frame": one.raw_first,
            "packets": len(one.packets),
            "key_packets": int(self._places(one.packets)[:, IS_KEY].sum()),
            "bytes": size,
            "packets_not_shown": one.not_shown,
            "compared": "BLAKE2b-128 of the coded slices (H.264, HEVC) or of the whole packet",
        }

    def _rival(self, rival: Stretch) -> dict[str, Any]:
        start_s, end_s = _times(self.release.frames, rival.first, rival.frames)
        raw_frames = self.recordings[rival.recording].frames
        raw_start_s, raw_end_s = _times(raw_frames, rival.raw_first, rival.frames)
        return {
            "recording": rival.recording,
            "start_s": exact(start_s),
            "end_s": exact(end_s),
            "raw_start_s": exact(raw_start_s),
            "raw_end_s": exact(raw_end_s),
        }

    def _where(self, of: Measurement, packets: Index) -> str:
        """Where a second examiner finds the first and the last packet."""
        first, last = int(packets[0]), int(packets[-1])
        text = f"{_name(of)}: picture packets {first + 1:,} to {last + 1:,} in the order of the file"
        places = np.asarray(of.signals["packet_hash.place"].values[[first, last], AT_BYTE])
        if (places >= 0).all():
            text += f", at bytes {int(places[0]):,} and {int(places[1]):,}"
        return text


def _times(frames: FrameTimes, first: int, count: int) -> tuple[Fraction, Fraction]:
    return frames.time_s(first), frames.time_s(first + count)


def _name(of: Measurement) -> str:
    return printable(of.exhibit.path.name)


def _counted(count: int, one: str) -> str:
    return f"{count:,} {one}{'' if count == 1 else 's'}"
