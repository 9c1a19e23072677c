"""A hash of the picture on screen, five times a second, as it is and mirrored.

PDQ (Meta, "The TMK+PDQF video-hashing algorithm and the PDQ image-hashing algorithm", 2019): 256 bits of a
discrete cosine transform, with a quality from 0 to 100 that says how much there was to hash. Computed by the
package `pdqhash`. vPDQ, of the same publisher, is a set of such frame hashes.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

BITS = 256
SAMPLES_HZ = 5
LEAST_QUALITY = 0
"""Frames of lower quality are not compared. vPDQ takes 50, with which less of the shared cases is found."""


@dataclass(frozen=True)
class Hashes:
    """One file as its frame hashes tell of it.

    Attributes:
        sha256: Of the file.
        end_s: When its last frame stops being shown.
        as_is, mirrored: Packed bits, shape (samples, 32), uint8; sample n is the picture at n / SAMPLES_HZ.
        quality: Shape (samples,), int64.
    """

    sha256: str
    end_s: Fraction
    as_is: NDArray[np.uint8]
    mirrored: NDArray[np.uint8]
    quality: NDArray[np.int64]


def hashes(path: Path, kept_in: Path | None = None) -> Hashes:
    """Hash a file, or read what was hashed before.

    Args:
        path: A video.
        kept_in: A folder where hashes are kept by content; None: nothing is kept.

    Raises:
        OSError: The file cannot be read, or no picture in it.
    """
    av.logging.set_level(av.logging.FATAL)
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    kept = None if kept_in is None else kept_in / f"pdq-{SAMPLES_HZ}hz-{sha256}.npz"
    if kept is not None and kept.exists():
        with np.load(kept) as held:
            end_s = Fraction(str(held["end_s"]))
            return Hashes(sha256, end_s, held["as_is"], held["mirrored"], held["quality"])
    rows: list[tuple[NDArray[np.uint8], NDArray[np.uint8], int]] = []
    end_s = Fraction(0)
    try:
        for picture, shown_s, over_s in _pictures(path):
            end_s = over_s
            # Sample n is the picture on screen at its time; what comes before the first one is that one.
            missing = ceil(over_s * SAMPLES_HZ) - len(rows)
            if missing > 0 and shown_s <= Fraction(len(rows) + missing - 1, SAMPLES_HZ):
                rows += [_hashed(picture)] * missing
    except av.error.FFmpegError as error:
        raise OSError(f"{path.name}: {error.strerror}; nothing was compared") from error
    if not rows:
        raise OSError(f"{path.name}: no picture could be read; nothing was compared")
    as_is, mirrored, quality = (np.array(column) for column in zip(*rows, strict=True))
    found = Hashes(sha256, end_s, as_is, mirrored, quality)
    if kept is not None:
        kept.parent.mkdir(parents=True, exist_ok=True)
        # Several processes may hash one recording at once; what appears here is always whole.
        aside = kept.with_suffix(f".{id(found)}.npz")
        np.savez(aside, end_s=str(end_s), as_is=as_is, mirrored=mirrored, quality=quality)
        aside.replace(kept)
    return found


def _pictures(path: Path) -> Iterator[tuple[av.VideoFrame, Fraction, Fraction]]:
    """Every frame with when it appears and when the next one does."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        base = Fraction(stream.time_base or Fraction(1, 90_000))
        before: tuple[av.VideoFrame, Fraction] | None = None
        step_s = Fraction(0)
        for frame in container.decode(stream):
            if frame.pts is None:
                continue
            now_s = frame.pts * base
            if before is not None and now_s > before[1]:
                step_s = now_s - before[1]
                yield *before, now_s
            before = frame, now_s
        if before is not None:
            last_s = (before[0].duration or 0) * base or step_s or Fraction(1, 25)
            yield *before, before[1] + last_s


def _hashed(frame: av.VideoFrame) -> tuple[NDArray[np.uint8], NDArray[np.uint8], int]:
    # Imported here, so that what was hashed before can be compared without the package.
    import pdqhash

    picture = np.rot90(frame.to_ndarray(format="rgb24"), k=frame.rotation // 90)
    as_is, quality = pdqhash.compute(np.ascontiguousarray(picture))
    mirrored, _ = pdqhash.compute(np.ascontiguousarray(picture[:, ::-1]))
    return np.packbits(as_is.astype(np.uint8)), np.packbits(mirrored.astype(np.uint8)), int(quality)


def similarity(release: Hashes, recording: Hashes, *, mirrored: bool) -> NDArray[np.float64]:
    """1 for equal hashes, 0 for hashes that share half of their bits, as unrelated ones do.

    Args:
        release, recording: What is compared.
        mirrored: Compare the release with the mirrored pictures of the recording.

    Returns:
        1 - 2 h / 256 for a Hamming distance h, shape (release samples, recording samples); 0 where either
        picture is of too low quality.
    """
    theirs = recording.mirrored if mirrored else recording.as_is
    differing = np.bitwise_count(release.as_is[:, None, :] ^ theirs[None, :, :]).sum(axis=2, dtype=np.int64)
    good = (release.quality >= LEAST_QUALITY)[:, None] & (recording.quality >= LEAST_QUALITY)[None, :]
    return np.where(good, 1 - 2 * differing / BITS, 0.0)
