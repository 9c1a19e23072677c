"""What one exhibit may cost to read, and the word for refusing it."""

from dataclasses import dataclass


class Refused(Exception):  # noqa: N818 - it is not an error of the program but an answer about the file
    """The decoder will not or cannot go on; the text says why, without a path (none is known here)."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on one file; every one of them ends in one clear line, never in a dead machine.

    The defaults let through ten hours of 4K video from any camera met so far.
    """

    max_file_bytes: int = 200 * 2**30
    max_width_px: int = 8192
    max_height_px: int = 8192
    max_pixels: int = 8192 * 4352
    max_frames: int = 4_000_000
    max_duration_s: int = 12 * 3600
    cpu_s: int = 24 * 3600
    wall_s: int = 24 * 3600
    idle_s: int = 120
    """Wall time without any sign of progress after which the room is closed."""
    memory_bytes: int = 4 * 2**30
    open_files: int = 64
    output_bytes: int = 64 * 2**30
    leave_every_frames: int = 16384
    """Pictures (nine minutes) after which a pass can be taken up; a multiple of `measure.BLOCK_FRAMES`."""
    threads: int = 2
    """That decode pictures. Several do not always complete a damaged picture alike; one does."""
