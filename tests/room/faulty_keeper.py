"""A keeper whose decoder does what a file tells it to; tests only, and nothing in the product knows it.

A file that begins with `FAULT name` makes the decoder, inside the real room, go wrong in that way.
Any other file is decoded as usual.
"""

import ctypes
import errno
import json
import os
import socket
import struct
import sys
import time
from typing import Any, BinaryIO

from offcut.decode import libav
from offcut.decode.limits import Limits, Refused
from offcut.room import keeper

_OUT = 4


def _raw(header: object, payload: bytes = b"") -> None:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    whole = struct.pack("<I", len(text)) + text + payload
    while whole:
        whole = whole[os.write(_OUT, whole) :]


def _crash() -> None:
    ctypes.string_at(0)


def _abort() -> None:
    os.abort()


def _spin() -> None:
    while True:
        pass


def _hang() -> None:
    time.sleep(1000)


def _bomb() -> None:
    held = []
    while True:
        held.append(bytearray(2**24))


def _fork() -> None:
    if os.fork() == 0:
        time.sleep(1000)


def _flood() -> None:
    _raw({"kind": "view", **_VIEW})
    while True:
        _raw({"kind": "signal", **_SIGNAL, "name": "packets.size", "shape": [2**20]}, bytes(9 * 2**20))


def _leave() -> None:
    os._exit(7)


def _no_memory() -> None:
    raise Refused(f"it is not a video of a known kind ({os.strerror(errno.ENOMEM)}); nothing was measured")


def _unforeseen() -> None:
    raise KeyError("\x1b[31mred\u202e")


_SIGNAL = {"name": "picture.luma", "version": 1, "unit": "1", "tick_s": [1, 25], "dtype": "u1"}
_VIEW = {
    **{"format": "mp4", "video_codec": "h264", "width_px": 4, "height_px": 4, "coded_width_px": 4},
    **{"coded_height_px": 4, "rotation_deg": 0, "pixel_format": "yuv420p", "pixel_aspect": [1, 1]},
    **{"declared_rate_hz": None, "is_interlaced": False, "audio_codec": None, "audio_rate_hz": None},
    "audio_channels": None,
}


def _lie(*messages: tuple[object, bytes]) -> Any:
    def tell() -> None:
        _raw({"kind": "view", **_VIEW})
        for header, payload in messages:
            _raw(header, payload)
        os._exit(0)

    return tell


FAULTS = {
    "crash": _crash,
    "abort": _abort,
    "spin": _spin,
    "hang": _hang,
    "bomb": _bomb,
    "fork": _fork,
    "flood": _flood,
    "leave": _leave,
    "no-memory": _no_memory,
    "unforeseen": _unforeseen,
    "lie-other-signal": _lie(({"kind": "signal", **_SIGNAL, "name": "telemetry.place", "shape": [0]}, b"")),
    "lie-huge-block": _lie(({"kind": "signal", **_SIGNAL, "shape": [2**40]}, b"")),
    "lie-huge-shape": _lie(({"kind": "signal", **_SIGNAL, "shape": [1, 2**23, 2**23]}, bytes(8))),
    "lie-type": _lie(({"kind": "signal", **_SIGNAL, "dtype": "O", "shape": [1]}, bytes(9))),
    "lie-backwards": _lie(({"kind": "signal", **_SIGNAL, "shape": [2]}, struct.pack("<qq", 5, 5) + bytes(2))),
    "lie-text": _lie((b'{"kind":"end","versions":{},"damage":["' + b"x" * 5000 + b'"]}', b"")),
    "lie-nan": _lie((b'{"kind":"progress","done":NaN}', b"")),
    "lie-nesting": _lie((b"[" * 60_000, b"")),
    "lie-no-json": _lie((b"\xff\xfe\x00\x01", b"")),
    "lie-order": _lie(({"kind": "end", "versions": {}, "damage": []}, b"")),
    "lie-room": _lie(({"kind": "room", "level": "L2", "parts": []}, b"")),
    "lie-header": _lie((b" " * 70_000, b"")),
}


def _open_media(file: BinaryIO, *, limits: Limits) -> libav.Media:
    words = file.read(100).split()
    file.seek(0)
    if words[:1] == [b"FAULT"]:
        FAULTS[words[1].decode()]()
    return _open_truly(file, limits=limits)


_open_truly = libav.open_media


def main() -> None:
    libav.open_media = _open_media
    keeper.main(socket.socket(fileno=int(sys.argv[2])))
