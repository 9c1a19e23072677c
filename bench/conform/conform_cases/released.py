"""A release as it is published: encoded, and perhaps encoded once more from the first."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import av
import cv2
import numpy as np

from conform_cases.clips import RATE_HZ, Picture
from conform_cases.composed import pictures
from conform_cases.cuts import Encoding, Plan
from conform_cases.heard import Soundtrack
from conform_cases.laid_out import Laid
from offcut.decode.encode import write_video


def write_release(path: Path, plan: Plan, laid: Sequence[Laid], track: Soundtrack) -> None:
    """Compose and encode the release of a plan."""
    first = path if len(plan.encodings) == 1 else path.with_name("first.mp4")
    mixed = track.mixed()
    write_video(
        first,
        pictures(plan, laid),
        rate_hz=plan.rate_hz,
        sound=mixed,
        rate_audio_hz=RATE_HZ,
        options=_options(plan.encodings[0]),
    )
    if len(plan.encodings) == 2:
        again = plan.encodings[1]
        write_video(
            path,
            _read(first, again),
            rate_hz=plan.rate_hz,
            sound=mixed,
            rate_audio_hz=RATE_HZ,
            options=_options(again),
        )
        first.unlink()


def _options(encoding: Encoding) -> dict[str, str]:
    return {"preset": "veryfast", "crf": str(encoding.crf), "g": "120"}


def _read(path: Path, encoding: Encoding) -> Iterator[Picture]:
    size = (encoding.width_px, encoding.height_px)
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            picture = np.asarray(frame.to_ndarray(format="rgb24"), np.uint8)
            if (picture.shape[1], picture.shape[0]) != size:
                picture = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
            yield picture
