"""Numbers of frames: those of the real clock of a file, counted, never a time divided into by a rate."""

from fractions import Fraction

from offcut.records import Edit, Offcut, Segment
from offcut.timeline import FrameTimes


def on_screen(frames: FrameTimes, time_s: Fraction | None) -> int | None:
    """Number of the frame on screen at `time_s`, from 0; the count of frames at the file's end or later.

    None where there is no time, no frame, or where the first frame has not appeared yet.
    """
    if time_s is None or not len(frames) or time_s < frames.start_s:
        return None
    return len(frames) if time_s >= frames.end_s else frames.index_at(time_s)


def of_segment(segment: Segment, edit: Edit) -> dict[str, int | None]:
    """Frames of the release and of the recording at a segment's start and end."""
    raw = None if segment.recording is None else edit.recordings[segment.recording].frames
    return {
        "start_frame": on_screen(edit.release.frames, segment.start_s),
        "end_frame": on_screen(edit.release.frames, segment.end_s),
        "raw_start_frame": None if raw is None else on_screen(raw, segment.raw_start_s),
        "raw_end_frame": None if raw is None else on_screen(raw, segment.raw_end_s),
    }


def of_offcut(offcut: Offcut, edit: Edit) -> dict[str, int | None]:
    """Frames of the recording at the start and end of a span that was left out."""
    frames = edit.recordings[offcut.recording].frames
    return {
        "start_frame": on_screen(frames, offcut.start_s),
        "end_frame": on_screen(frames, offcut.end_s),
    }
