"""Spans of a release whose telemetry is, byte for byte, that of a recording."""

from collections.abc import Iterator, Sequence
from itertools import groupby

import numpy as np

from offcut.conform.evidence_runs import Run, equal_runs
from offcut.errors import printable
from offcut.records import Evidence, Measurement, SensorPacket, Structure
from offcut.timeline import clock

LEAST_SAMPLES = 2
LEAST_BYTES = 1024
"""Unlike samples of a run together: a track of a phone may repeat a few bytes, readings of sensors do not."""


def same_telemetry(
    release: Measurement, recordings: Sequence[Measurement], structures: Sequence[Structure]
) -> list[Evidence]:
    """State the spans of the release whose telemetry samples are those of a recording.

    Args:
        release: For its name.
        recordings: For their names.
        structures: Of the release, then of every recording.

    Returns:
        A statement a span and recording, in the order of the release; where nothing agrees, one that the
        release carries telemetry. None where it carries none.
    """
    mine = structures[0].telemetry
    found: list[Evidence] = []
    for number, (recording, structure) in enumerate(zip(recordings, structures[1:], strict=True)):
        for track in _tracks(mine):
            for other in _tracks(structure.telemetry):
                runs = _runs(track, other)
                found += [_same(track, other, run, (release, recording, number)) for run in runs]
    if not found and mine:
        found.append(_alone(release, mine))
    return sorted(found, key=lambda e: (e.start_s or 0, e.recording or 0))


def _tracks(samples: Sequence[SensorPacket]) -> Iterator[list[SensorPacket]]:
    for _, track in groupby(samples, key=lambda s: s.track):
        yield list(track)


def _runs(mine: Sequence[SensorPacket], theirs: Sequence[SensorPacket]) -> list[Run]:
    digests = [
        np.frombuffer(b"".join(s.digest for s in track), np.uint8).reshape(-1, 16) for track in (mine, theirs)
    ]
    keys = [np.ones(len(track), bool) for track in (mine, theirs)]
    runs = equal_runs(digests[0], digests[1], release_keys=keys[0], raw_keys=keys[1])
    return [run for run in runs if _tells(mine[run.release : run.release + run.packets])]


def _tells(samples: Sequence[SensorPacket]) -> bool:
    unlike = {s.digest: s.size_bytes for s in samples}
    return len(unlike) >= LEAST_SAMPLES and sum(unlike.values()) >= LEAST_BYTES


def _same(
    mine: Sequence[SensorPacket],
    theirs: Sequence[SensorPacket],
    run: Run,
    of: tuple[Measurement, Measurement, int],
) -> Evidence:
    release, recording, number = of
    shown = mine[run.release : run.release + run.packets]
    raw = theirs[run.raw : run.raw + run.packets]
    size = sum(s.size_bytes for s in shown)
    name = printable(recording.exhibit.path.name)
    statement = (
        f"{run.packets:,} telemetry samples of the release, {clock(shown[0].start_s)} to "
        f"{clock(shown[-1].end_s)}, are byte for byte those of {name}, {clock(raw[0].start_s)} to "
        f"{clock(raw[-1].end_s)}, in the same order ({size:,} bytes). Telemetry is a track of its own: this "
        "does not say where the pictures come from."
    )
    return Evidence(
        "telemetry",
        statement,
        shown[0].start_s,
        shown[-1].end_s,
        number,
        raw[0].start_s,
        raw[-1].end_s,
        f"{_where(release, shown)}; {_where(recording, raw)}",
        {
            "samples": run.packets,
            "bytes": size,
            "first_sample": run.release,
            "raw_first_sample": run.raw,
            "compared": "BLAKE2b-128 of whole samples",
        },
    )


def _alone(release: Measurement, samples: Sequence[SensorPacket]) -> Evidence:
    statement = (
        f"The release carries telemetry ({len(samples):,} samples); no run of it is, byte for byte, in the "
        "recordings given."
    )
    measured = {"samples": len(samples), "bytes": sum(s.size_bytes for s in samples)}
    return Evidence("telemetry", statement, None, None, None, None, None, _where(release, samples), measured)


def _where(of: Measurement, samples: Sequence[SensorPacket]) -> str:
    return (
        f"{printable(of.exhibit.path.name)}: samples of track {samples[0].track}, the first at byte "
        f"{samples[0].at_byte:,}, the last at byte {samples[-1].at_byte:,}"
    )
