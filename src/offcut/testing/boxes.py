"""Change a box of an MP4 file and correct the sizes of those around it.

Only for files whose sample data comes before their index, as our writer leaves them: there the
index may grow without moving a sample.
"""

import struct
from collections.abc import Callable, Sequence

__all__ = ["box", "rewritten"]


def box(kind: str, payload: bytes) -> bytes:
    """A box of `kind` around `payload`."""
    return struct.pack(">I4s", 8 + len(payload), kind.encode("ascii")) + payload


def rewritten(mp4: bytes, where: Sequence[str], change: Callable[[bytes], bytes]) -> bytes:
    """Replace the payload of the first box at `where`, such as `["moov", "trak", "tkhd"]`.

    Raises:
        ValueError: There is no such box.
    """
    at = 0
    while at + 8 <= len(mp4):
        size, kind = struct.unpack_from(">I4s", mp4, at)
        if size < 8:
            break
        if kind == where[0].encode("ascii"):
            payload = mp4[at + 8 : at + size]
            inside = change(payload) if len(where) == 1 else rewritten(payload, where[1:], change)
            return mp4[:at] + box(where[0], inside) + mp4[at + size :]
        at += size
    raise ValueError(f"there is no box {'/'.join(where)}")
