"""What conform costs as recordings grow: CPU, memory and disk for hours of raw against one release.

Budgets, and why: 1.3 times the CPU of decoding the recordings once, growing linearly, because a day's
footage is measured overnight on a laptop; 0.3 times where they were measured before, because the next
release is compared at once; 2 GB of memory for all processes together.

The hours are clips of the shared footage, each graded anew for every file and repeated without encoding
again, half an hour a file; the release is cut from them. Repeated footage stands in for long footage in
cost only: the same moment comes again, so its times are rightly ambiguous.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from bench_cost import HERE, SHARED, _pss, _tree, offcut

CLIPS = ("walk", "chair", "drone", "bottles", "road", "room")
FILE_S = 1800
PIECE_S = 8


@dataclass(frozen=True)
class Used:
    """What a command took."""

    cpu_s: float
    largest_bytes: int
    together_bytes: int


def used_by(command: Sequence[str]) -> Used:
    """Run `command` and watch its whole tree; shared pages count once, read twice a second."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    most, done = [0, 0], threading.Event()

    def watch() -> None:
        while not done.wait(0.5):
            sizes = [_pss(pid) for pid in _tree(process.pid)]
            most[0], most[1] = max(most[0], *sizes, 0), max(most[1], sum(sizes))

    watcher = threading.Thread(target=watch)
    watcher.start()
    assert process.stderr is not None
    said = process.stderr.read()
    _, status, used = os.wait4(process.pid, 0)
    done.set()
    watcher.join()
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"{' '.join(command)} ended with {process.returncode}: {said.decode()[-500:]}")
    return Used(used.ru_utime + used.ru_stime, *most)


def graded(clip: Path, path: Path, number: int) -> Path:
    """Encode a clip with brightness, contrast and tone of its own, its sound copied."""
    if path.exists():
        return path
    rng = np.random.default_rng(number)
    tone = np.clip(
        (np.arange(256) / 255) ** rng.uniform(0.8, 1.25) * rng.uniform(200, 250) + rng.uniform(0, 12), 0, 255
    )
    tone = tone.astype(np.uint8)
    with av.open(str(clip)) as source, av.open(str(path.with_suffix(".part.mp4")), "w") as out:
        stream = source.streams.video[0]
        video = out.add_stream(
            "libx264", rate=stream.average_rate, options={"crf": "23", "preset": "veryfast"}
        )
        video.width, video.height, video.pix_fmt = stream.width, stream.height, "yuv420p"
        video.time_base = stream.time_base
        heard = source.streams.audio[0] if source.streams.audio else None
        sound = out.add_stream_from_template(heard) if heard else None
        for packet in source.demux([stream, *([heard] if heard else [])]):
            if packet.dts is not None and packet.stream is heard and sound is not None:
                packet.stream = sound
                out.mux(packet)
            elif packet.stream is stream:
                for frame in packet.decode():
                    assert isinstance(frame, av.VideoFrame)
                    planes = frame.reformat(format="yuv420p")
                    rows = np.frombuffer(memoryview(planes.planes[0]), np.uint8)
                    planes.planes[0].update(tone[rows].tobytes())
                    planes.pts, planes.time_base = frame.pts, stream.time_base
                    out.mux(video.encode(planes))
        out.mux(video.encode(None))
    path.with_suffix(".part.mp4").rename(path)
    return path


def repeated(clip: Path, path: Path, seconds: float) -> Path:
    """A file of this length: the packets of `clip` again and again."""
    if path.exists():
        return path
    part = path.with_suffix(".part.mp4")
    with av.open(str(clip)) as source, av.open(str(part), "w") as out:
        streams = [source.streams.video[0], *source.streams.audio[:1]]
        copies = {s.index: out.add_stream_from_template(s) for s in streams}
        data = [
            (p.stream.index, bytes(p), p.pts, p.dts, p.is_keyframe)
            for p in source.demux(streams)
            if p.pts is not None and p.dts is not None
        ]
        video = streams[0]
        assert video.time_base is not None
        times = [pts for index, _, pts, _, _ in data if index == video.index]
        length_s = (max(times) - min(times)) * video.time_base * Fraction(len(times), len(times) - 1)
        if len(streams) > 1:
            assert streams[1].time_base is not None
            heard = [pts for index, _, pts, _, _ in data if index == streams[1].index]
            length_s = max(length_s, (max(heard) - min(heard)) * streams[1].time_base + Fraction(1, 40))
        for turn in range(int(np.ceil(seconds / float(length_s)))):
            for index, content, pts, dts, is_key in data:
                stream = source.streams[index]
                assert stream.time_base is not None
                shift = round(turn * length_s / stream.time_base)
                packet = av.Packet(content)
                packet.stream, packet.time_base = copies[index], stream.time_base
                packet.pts, packet.dts, packet.is_keyframe = pts + shift, dts + shift, is_key
                out.mux(packet)
    part.rename(path)
    return path


def recordings(folder: Path, hours: float) -> list[Path]:
    """Files that last `hours` together."""
    made = []
    left_s, number = hours * 3600, 0
    while left_s > 1:
        seconds = min(FILE_S, left_s)
        name = CLIPS[number % len(CLIPS)]
        short = graded(SHARED / "footage" / f"{name}.mp4", folder / f"graded-{number}-{name}.mp4", number)
        made.append(repeated(short, folder / f"raw-{number}-{name}-{seconds:.0f}.mp4", seconds))
        left_s, number = left_s - seconds, number + 1
    return made


def release(folder: Path, minutes: float) -> Path:
    """Pieces of the graded clips, cropped by a tenth and encoded again, without sound."""
    path = folder / f"release-{minutes:g}.mp4"
    if path.exists():
        return path
    rng, part, shown = np.random.default_rng(3), path.with_suffix(".part.mp4"), 0
    with av.open(str(part), "w") as out:
        video = out.add_stream("libx264", rate=30, options={"crf": "24", "preset": "veryfast"})
        video.width, video.height, video.pix_fmt = 640, 360, "yuv420p"
        piece = 0
        while shown < minutes * 1800:
            name = CLIPS[piece % len(CLIPS)]
            clip = graded(
                SHARED / "footage" / f"{name}.mp4", folder / f"graded-{piece % len(CLIPS)}-{name}.mp4", piece
            )
            piece += 1
            with av.open(str(clip)) as source:
                stream = source.streams.video[0]
                length_s = float((stream.duration or 0) * (stream.time_base or 0))
                start_s = rng.uniform(0, max(0.0, length_s - PIECE_S))
                rate = float(stream.average_rate or 30)
                frames = [
                    f for k, f in enumerate(source.decode(stream)) if start_s <= k / rate < start_s + PIECE_S
                ]
            for k in range(int(len(frames) / rate * 30)):
                wide = frames[min(len(frames) - 1, int(k / 30 * rate))].reformat(704, 396, "yuv420p")
                inner = wide.to_ndarray()[:396][18:378, 32:672]
                grey = np.full((540, 640), 128, np.uint8)
                grey[:360] = inner
                picture = av.VideoFrame.from_ndarray(grey, "yuv420p")
                picture.pts, picture.time_base = shown, Fraction(1, 30)
                shown += 1
                out.mux(video.encode(picture))
        out.mux(video.encode(None))
    part.rename(path)
    return path


def row(folder: Path, hours: float, minutes: float) -> None:
    """Measure one length and print it."""
    raw, published = recordings(folder, hours), release(folder, minutes)
    decode = used_by([sys.executable, str(HERE / "decode_alone.py"), str(published), *map(str, raw)])
    with tempfile.TemporaryDirectory(dir=folder) as signals:
        command = offcut(
            "conform", str(published), *(a for path in raw for a in ("--raw", str(path))),
            "--no-report", "--quiet", "--json", str(folder / f"long-{hours:g}.json"), "--signals", signals,
        )  # fmt: skip
        first = used_by(command)
        again = used_by(command)
        disk = sum(p.stat().st_size for p in Path(signals).rglob("*") if p.is_file())
    ratio, later = first.cpu_s / decode.cpu_s, again.cpu_s / decode.cpu_s
    together = max(first.together_bytes, again.together_bytes)
    print(
        f"{hours:6g} h {decode.cpu_s:10.1f} {first.cpu_s:10.1f} {ratio:7.2f} {again.cpu_s:10.1f} "
        f"{later:7.2f} {together / 1e6:9.0f} {disk / 1e9:8.2f}",
        flush=True,
    )


def main() -> None:
    """Print a row for each length."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path("build/bench"), help="where made files are kept")
    parser.add_argument("--hours", default="0.5,1,2,5,10", help="lengths of the recordings, comma separated")
    parser.add_argument("--minutes", type=float, default=10, help="length of the release")
    parser.add_argument("--clean", action="store_true", help="remove the recordings made, afterwards")
    options = parser.parse_args()
    if not SHARED.is_dir():
        sys.exit(f"the shared footage is not beside the repository ({SHARED.name}); nothing can be measured")
    folder = options.folder / "long"
    folder.mkdir(parents=True, exist_ok=True)
    print("   raw     decoding  first run   ratio      again   ratio  peak (MB)  disk (GB)")
    print("          (CPU s)    (CPU s)  (1.30)    (CPU s)  (0.30)    (2000)")
    for hours in options.hours.split(","):
        row(folder, float(hours), options.minutes)
    if options.clean:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
