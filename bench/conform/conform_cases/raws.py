"""Recordings made of clips for one case: irregular clock, two fields, two takes, added ambience."""

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.audio.resampler import AudioResampler
from numpy.typing import NDArray

from conform_cases import odds
from conform_cases.clips import RATE_HZ, Clip, Picture, clip, sound
from offcut.decode.encode import Film, write_film

LONGEST_S = 11.0
"""Of a recording that is encoded again, to keep a case cheap."""
TWO_TAKES_S = 12.0
TICKS_HZ = 30_000
DROPPED = 0.12
JITTER = 0.15
PEAK, FADE_S = 0.4, 0.05
_ENCODING = {"preset": "superfast", "crf": "17", "g": "48"}
_TWO_FIELDS = {"flags": "+ildct+ilme", "x264-params": "tff=1"}


def prepared(rng: np.random.Generator, clips: Sequence[Clip], folder: Path, ambience: Path) -> list[Clip]:
    """Make some recordings of a case out of `clips`, into `folder`; the others are returned as they are.

    Args:
        rng: Says which clips; what is made of a clip is the same in every case.
        clips: At least two are left as they are.
        folder: Of the case.
        ambience: Folder of sound files to lay under silent clips; nothing is added if it does not exist.
    """
    found = {c.name: c for c in clips}
    spare: list[Clip] = []
    sounds = sorted(ambience.rglob("*.ogg"))
    for kind, chance in (
        ("take", odds.SECOND_TAKE),
        ("variable", odds.VARIABLE_RATE),
        ("interlaced", odds.INTERLACED),
    ):
        plain = [
            c for c in found.values() if c.derived is None and (kind != "take" or _lasts(c, TWO_TAKES_S))
        ]
        wanted = rng.random() < chance
        if not wanted or not plain or sum(c.derived is None for c in found.values()) <= 2:
            continue
        source = plain[int(rng.integers(len(plain)))]
        made = _made(source, kind, folder, sounds)
        if kind == "take":
            spare.append(replace(_made(source, "other", folder, sounds), spare=True))
        found[source.name] = made
    for name, one in found.items():
        if rng.random() < odds.AMBIENCE and not one.has_sound and one.derived is None and sounds:
            found[name] = _with_sound(one, folder, sounds)
    return [*found.values(), *spare]


def _lasts(one: Clip, seconds: float) -> bool:
    return float(one.times.end_s - one.times.start_s) >= seconds


def _random(*words: str) -> np.random.Generator:
    """The same for the same clip, so that every case makes the same file of it."""
    return np.random.default_rng(zlib.crc32(" ".join(words).encode()))


def _made(source: Clip, kind: str, folder: Path, sounds: Sequence[Path]) -> Clip:
    """A stretch of a clip, encoded again."""
    path = folder / "raw" / f"{source.name}_{kind}.mp4"
    rng = _random(source.name, kind)
    first, last = _stretch(rng, source, kind)
    kept = np.arange(first, last)
    if kind == "variable":
        kept = kept[(rng.random(len(kept)) > DROPPED) | (kept == first)]
    start_s, end_s = source.times.time_s(first), source.times.time_s(last)
    seconds = np.array([float(source.times.time_s(int(i)) - start_s) for i in kept])
    if kind == "variable":
        seconds[1:] += rng.uniform(-JITTER, JITTER, len(seconds) - 1) * source.times.median_step_s
    pts = np.round(seconds * TICKS_HZ).astype(np.int64)
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        rate_hz = Fraction(round(1000 / source.times.median_step_s), 1000)
        options = _ENCODING | (_TWO_FIELDS if kind == "interlaced" else {})
        film = Film(rate_hz, tick_s=Fraction(1, TICKS_HZ), pts=[int(p) for p in pts], options=options)
        track = _track(source, start_s, end_s, sounds)
        write_film(path, _pictures(source, kept, woven=kind == "interlaced"), film, sound=track)
    told = {"kind": kind, "from": source.name, "start_s": str(start_s), "end_s": str(end_s)}
    return replace(clip(path), derived=told)


def _stretch(rng: np.random.Generator, source: Clip, kind: str) -> tuple[int, int]:
    """Raw frames [first, last); two takes share none."""
    total, step_s = len(source.times), source.times.median_step_s
    half = total // 2
    if kind in {"take", "other"}:
        most = min(half - 1, int(LONGEST_S / step_s))
        return (half - most, half - 1) if kind == "take" else (total - most, total - 1)
    most = min(total - 1, int(LONGEST_S / step_s))
    first = int(rng.integers(0, total - most))
    return first, first + most


def _pictures(source: Clip, kept: NDArray[np.int64], *, woven: bool) -> Iterator[Picture]:
    """Pictures as they are stored; woven: the lower rows come from the picture behind it."""
    for run in np.array_split(kept, max(1, len(kept) // 60)):
        shown = source.pictures([*(int(i) for i in run), int(run[-1]) + 1])
        for index in (int(i) for i in run):
            picture = _even(shown[index]).copy()
            if woven:
                picture[1::2] = _even(shown[index + 1])[1::2]
            yield picture


def _even(picture: Picture) -> Picture:
    """Without an odd last row or column, which the encoder does not take."""
    height, width = picture.shape[:2]
    return picture[: height - height % 4, : width - width % 2]


def _track(
    source: Clip, start_s: Fraction, end_s: Fraction, sounds: Sequence[Path]
) -> NDArray[np.float32] | None:
    own = sound(source.path)
    if own is not None:
        return own[:, round(start_s * RATE_HZ) : round(end_s * RATE_HZ)]
    if not sounds or _random(source.name, "heard").random() > odds.AMBIENCE:
        return None
    return _ambience(source.name + str(start_s), float(end_s - start_s), sounds)


def _ambience(name: str, length_s: float, sounds: Sequence[Path]) -> NDArray[np.float32]:
    """Field recordings behind each other, none twice as long as they last; shape (2, samples)."""
    rng = _random(name, "ambience")
    order = rng.permutation(len(sounds))
    pieces: list[NDArray[np.float32]] = []
    while sum(p.shape[1] for p in pieces) < length_s * RATE_HZ:
        piece = _read(sounds[order[len(pieces) % len(order)]])
        fade = np.minimum(1, np.arange(piece.shape[1]) / (FADE_S * RATE_HZ))
        loud = PEAK / max(float(np.abs(piece).max()), 1e-3)
        pieces.append(np.asarray(piece * fade * fade[::-1] * loud, np.float32))
    return np.concatenate(pieces, axis=1)[:, : int(length_s * RATE_HZ)]


def _read(path: Path) -> NDArray[np.float32]:
    with av.open(str(path)) as container:
        resampler = AudioResampler(format="fltp", layout="stereo", rate=RATE_HZ)
        runs = [run.to_ndarray() for frame in container.decode(audio=0) for run in resampler.resample(frame)]
    return np.concatenate(runs, axis=1).astype(np.float32)


def _in_order(packets: list[Any]) -> list[Any]:
    """Give the first packets a decoding time, where the container has none for them, as Matroska."""
    known = next((k for k, packet in enumerate(packets) if packet.dts is not None), None)
    if known:
        first = packets[known].dts or 0
        for k, packet in enumerate(packets[:known]):
            packet.dts = first - known + k
    return packets


def _with_sound(source: Clip, folder: Path, sounds: Sequence[Path]) -> Clip:
    """The clip's own packets, not encoded again, with ambience beside them."""
    suffix = source.path.suffix if source.path.suffix in {".mp4", ".mov", ".mkv"} else ".mkv"
    path = folder / "raw" / f"{source.name}_ambience{suffix}"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        samples = _ambience(source.name, float(source.times.end_s), sounds)
        part = path.with_name(f"part_{path.name}")
        with (
            av.open(str(source.path)) as given,
            av.open(str(part), "w", container_options={"fflags": "+bitexact"}) as target,
        ):
            stored = given.streams.video[0]
            copied = target.add_stream_from_template(stored)
            tone = target.add_stream("aac", rate=RATE_HZ, layout="stereo", options={"flags": "+bitexact"})
            for packet in _in_order([p for p in given.demux(stored) if p.size]):
                packet.stream = copied
                target.mux(packet)
            for start in range(0, samples.shape[1], 1024):
                piece = np.ascontiguousarray(samples[:, start : start + 1024])
                run = av.AudioFrame.from_ndarray(piece, format="fltp", layout="stereo")
                run.sample_rate, run.pts, run.time_base = RATE_HZ, start, Fraction(1, RATE_HZ)
                target.mux(tone.encode(run))
            target.mux(tone.encode(None))
        part.replace(path)
    return replace(clip(path), derived={"kind": "ambience", "from": source.name})
