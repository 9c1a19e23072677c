"""The timecode track of a QuickTime or MP4 file: where its count starts, at which rate, from which reel.

Layout: Apple QuickTime File Format, "Timecode media" (sample description tmcd, sample of 32 bits);
drop-frame counting: SMPTE ST 12-1.
"""

from fractions import Fraction
from typing import Any

from offcut.container.headers import Source, number
from offcut.container.isobmff import Atom
from offcut.container.tags import text_of

_DROP, _NEGATIVE, _COUNTER = 1, 4, 8
_ENTRY_BYTES = 26
"""Of a sample entry, before the boxes in it."""

MAX_ENTRY_BYTES = 1024


def read_timecode(
    source: Source, trak: Atom, track: dict[str, Any], sample: tuple[int, int] | None
) -> dict[str, Any] | None:
    """Read the first timecode of a track.

    Args:
        source: The file.
        trak: Its box.
        track: Its facts, of codec `tmcd`.
        sample: Offset and size of its first sample.

    Returns:
        `start_frame` counted from midnight, `rate_hz` (exact), `is_drop_frame`, `start` (as a person reads
        it), `start_s` (frames times their length), `length_s`, `reel`, and the offsets of both places; None
        where bytes are missing or the track is a plain counter.
    """
    stsd = trak.first(b"mdia", b"minf", b"stbl", b"stsd")
    if stsd is None or not stsd.children or sample is None or sample[1] < 4:
        return None
    entry = stsd.children[0]
    raw = source.reader.read(entry.start, min(entry.end - entry.start, MAX_ENTRY_BYTES))
    stored = source.reader.read(sample[0], 4)
    flags, timescale, step = (number(raw, at) for at in (12, 16, 20))
    stated = number(raw, 24, 1)
    if flags is None or not timescale or not step or stated is None or len(stored) < 4 or flags & _COUNTER:
        return None
    start = int.from_bytes(stored, "big", signed=bool(flags & _NEGATIVE))
    rate_hz = Fraction(timescale, step)
    return {
        "track": track["id"],
        "at_byte": entry.offset,
        "sample_at_byte": sample[0],
        "start_frame": start,
        "rate_hz": str(rate_hz),
        "frames_in_a_second_as_stored": stated,
        "is_drop_frame": bool(flags & _DROP),
        "start": timecode_text(start, rate_hz, is_drop_frame=bool(flags & _DROP)),
        "start_s": str(start / rate_hz),
        "length_s": track["duration_from_samples_s"],
        "samples": track["samples"],
        "reel": _reel(raw),
    }


def timecode_text(frame: int, rate_hz: Fraction, *, is_drop_frame: bool) -> str:
    """Write a count of frames as `hours:minutes:seconds:frames`, `;` before the frames if some are dropped.

    The frames of a second are the rate, rounded up: what some cameras store in the field for it is one
    less at 29.97 frames a second (measured on two models).
    """
    second = max(1, -(-rate_hz.numerator // rate_hz.denominator))
    sign, frame = ("-", -frame) if frame < 0 else ("", frame)
    if is_drop_frame and second % 30 == 0:
        dropped = second // 15
        ten_minutes, minute = 600 * second - 9 * dropped, 60 * second - dropped
        tens, rest = divmod(frame, ten_minutes)
        # The first minute of ten drops nothing.
        minutes = 0 if rest < minute + dropped else 1 + (rest - minute - dropped) // minute
        frame += dropped * (9 * tens + minutes)
    seconds, frames = divmod(frame, second)
    hours, rest = divmod(seconds, 3600)
    mark = ";" if is_drop_frame else ":"
    return f"{sign}{hours:02d}:{rest // 60:02d}:{rest % 60:02d}{mark}{frames:02d}"


def _reel(raw: bytes) -> str | None:
    """The name in the box `name` of the entry: length, language, text."""
    at = _ENTRY_BYTES
    while at + 8 <= len(raw):
        size = int.from_bytes(raw[at : at + 4], "big")
        if size < 8:
            return None
        if raw[at + 4 : at + 8] == b"name" and size >= 12:
            length = int.from_bytes(raw[at + 8 : at + 10], "big")
            return text_of(raw[at + 12 : min(at + size, at + 12 + length)]) or None
        at += size
    return None
