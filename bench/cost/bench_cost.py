"""What offcut costs beside decoding alone, measured in one run.

Budgets, and why: `examine` at most 1.25 times the CPU of decoding a 1080p file, because decoding is the
floor of every question; 600 MB for an hour of video, because it runs on a laptop beside an editor's
tools; `conform` of shared case one at most 8 times the CPU of decoding its files once, and a second
release against the same recordings at most half of the first.

CPU is user + system time of a whole process tree, as the operating system accounts it; every ratio is
the median over pairs run one after the other. Run it on an idle machine.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path

import av

HERE = Path(__file__).resolve().parent
SHARED = HERE.parents[2] / "shared"
PAIRS = 3
HOUR_S = 3600


def cpu_s(command: Sequence[str]) -> float:
    """Run `command` and return the processor time of its whole tree in seconds."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert process.stderr is not None
    said = process.stderr.read()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"{' '.join(command)} ended with {process.returncode}: {said.decode()[-500:]}")
    return used.ru_utime + used.ru_stime


def peak_bytes(command: Sequence[str]) -> tuple[int, int]:
    """Run `command`; the most memory one process of its tree held, and the most all of them held together.

    Shared pages count once (proportional set size), read five times a second.
    """
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    most = [0, 0]

    def watch() -> None:
        while process.poll() is None:
            sizes = [_pss(pid) for pid in _tree(process.pid)]
            most[0], most[1] = max(most[0], *sizes, 0), max(most[1], sum(sizes))
            time.sleep(0.2)

    watcher = threading.Thread(target=watch)
    watcher.start()
    process.wait()
    watcher.join()
    return most[0], most[1]


def _tree(root: int) -> list[int]:
    found, at = [root], 0
    while at < len(found):
        for task in Path(f"/proc/{found[at]}/task").glob("*/children"):
            try:
                found += [int(pid) for pid in task.read_text().split()]
            except OSError:
                continue
        at += 1
    return found


def _pss(pid: int) -> int:
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    return 0


def large_file(path: Path) -> Path:
    """A minute of 1080p H.264 with AAC, upscaled from shared footage."""
    if path.exists():
        return path
    with av.open(str(path), "w") as out:
        video = out.add_stream("libx264", rate=30, options={"crf": "21", "preset": "medium"})
        video.width, video.height, video.pix_fmt = 1920, 1080, "yuv420p"
        audio = out.add_stream("aac", rate=48000)
        shown = heard = 0
        while shown < 1800:
            for name in ("walk", "drone", "chair"):
                with av.open(str(SHARED / "footage" / f"{name}.mp4")) as source:
                    resampler = av.AudioResampler("fltp", "stereo", 48000)
                    for frame in source.decode(source.streams.video[0], source.streams.audio[0]):
                        if isinstance(frame, av.VideoFrame):
                            large = frame.reformat(1920, 1080, "yuv420p")
                            large.pts, large.time_base = shown, Fraction(1, 30)
                            shown += 1
                            out.mux(video.encode(large))
                            continue
                        assert isinstance(frame, av.AudioFrame)
                        for part in resampler.resample(frame):
                            part.pts, part.time_base = heard, Fraction(1, 48000)
                            heard += part.samples
                            out.mux(audio.encode(part))
        out.mux(video.encode(None))
        out.mux(audio.encode(None))
    return path


def long_file(path: Path) -> Path:
    """An hour at 30 frames a second: a shared clip's packets repeated without encoding again."""
    if path.exists():
        return path
    with av.open(str(SHARED / "footage" / "chair.mp4")) as source, av.open(str(path), "w") as out:
        stream = source.streams.video[0]
        copy = out.add_stream_from_template(stream)
        assert stream.time_base is not None
        data = [
            (bytes(p), p.pts, p.dts, p.is_keyframe)
            for p in source.demux(stream)
            if p.dts is not None and p.pts is not None
        ]
        length, shift = (data[1][2] - data[0][2]) * len(data), 0
        while shift * stream.time_base < HOUR_S:
            for content, pts, dts, is_key in data:
                packet = av.Packet(content)
                packet.stream, packet.time_base = copy, stream.time_base
                packet.pts, packet.dts, packet.is_keyframe = pts + shift, dts + shift, is_key
                out.mux(packet)
            shift += length
    return path


def offcut(*arguments: str) -> list[str]:
    """The command line of offcut in this environment."""
    return [sys.executable, "-m", "offcut", *arguments]


def ratios(ours: Callable[[], float], floor: Callable[[], float]) -> tuple[float, float, float]:
    """Median CPU of both and of the ratio, over pairs."""
    pairs = [(floor(), ours()) for _ in range(PAIRS)]
    return (
        statistics.median(f for f, _ in pairs),
        statistics.median(o for _, o in pairs),
        statistics.median(o / f for f, o in pairs),
    )


def bench_examine(folder: Path) -> None:
    """Examine and PySceneDetect against decoding alone, on one 1080p file."""
    clip = str(large_file(folder / "large.mp4"))
    decode = [sys.executable, str(HERE / "decode_alone.py"), clip]

    def examine() -> float:
        with tempfile.TemporaryDirectory() as signals:
            return cpu_s(offcut("examine", clip, "--no-report", "--quiet", "--signals", signals))

    def again() -> float:
        return cpu_s(offcut("examine", clip, "--no-report", "--quiet", "--signals", kept))

    print("examine, a minute of 1080p H.264: CPU seconds, and times decoding alone")
    floor, ours, ratio = ratios(examine, lambda: cpu_s(decode))
    print(f"  decoding alone           {floor:8.2f}   1.00")
    print(f"  offcut examine           {ours:8.2f}   {ratio:.2f}   (budget 1.25)")
    with tempfile.TemporaryDirectory() as kept:
        again()
        print(f"  offcut examine, again    {again():8.2f}   {again() / floor:.2f}   (signals kept)")
    for detector in ("adaptive", "content", "hash", "hist"):
        used = cpu_s([sys.executable, str(HERE / "detect_alone.py"), detector, clip])
        print(f"  PySceneDetect {detector:10} {used:8.2f}   {used / floor:.2f}   (cuts only)")


def bench_conform(folder: Path) -> None:
    """Conform of shared case one against decoding its files once."""
    release = str(SHARED / "cases" / "one" / "release.mp4")
    other = str(SHARED / "cases" / "two" / "release.mp4")
    raw = [
        str(SHARED / "footage" / f"{n}.mp4") for n in ("chair", "drone", "walk", "road", "room", "bottles")
    ]
    floor = statistics.median(
        cpu_s([sys.executable, str(HERE / "decode_alone.py"), release, *raw]) for _ in range(PAIRS)
    )
    print("conform, shared case one: CPU seconds, and times decoding its seven files once")
    print(f"  decoding alone           {floor:8.2f}   1.00")

    def run(title: str, of: str, signals: str, note: str) -> float:
        report = str(folder / "conform.html")
        used = cpu_s(
            offcut("conform", of, "--raw", *raw, "--report", report, "--quiet", "--signals", signals)
        )
        print(f"  {title:24} {used:8.2f}   {used / floor:.2f}   {note}")
        return used

    with tempfile.TemporaryDirectory() as signals:
        first = run("first run, with report", release, signals, "(budget 8)")
        second = run("the same again", release, signals, "")
        print(f"  the same again / first run: {second / first:.2f}   (budget 0.5)")
        run("case two, new release", other, signals, "(recordings kept)")


def bench_memory(folder: Path) -> None:
    """Peak memory of examine for an hour of video."""
    clip = str(long_file(folder / "hour.mp4"))
    with tempfile.TemporaryDirectory(dir=folder) as signals:
        largest, together = peak_bytes(
            offcut("examine", clip, "--report", str(folder / "hour.html"), "--quiet", "--signals", signals)
        )
    print("examine, an hour at 30 frames a second: peak memory in MB, shared pages counted once")
    print(f"  largest process          {largest / 1e6:8.0f}   (budget 600)")
    print(f"  all processes together   {together / 1e6:8.0f}")


def main() -> None:
    """Print every table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path("build/bench"), help="where made files are kept")
    parser.add_argument("--only", choices=("examine", "conform", "memory"), help="one table instead of all")
    options = parser.parse_args()
    if not SHARED.is_dir():
        sys.exit(f"the shared footage is not beside the repository ({SHARED.name}); nothing can be measured")
    options.folder.mkdir(parents=True, exist_ok=True)
    for name, bench in (("examine", bench_examine), ("conform", bench_conform), ("memory", bench_memory)):
        if options.only in (None, name):
            bench(options.folder)


if __name__ == "__main__":
    main()
