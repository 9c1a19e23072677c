"""How one file was made: its container read, its pictures and sound measured, its indicators weighed."""

from pathlib import Path

from offcut import shots, signals
from offcut.container import probe
from offcut.decode.limits import Limits
from offcut.finding import weigh
from offcut.indicators import container as container_indicators
from offcut.indicators import picture as picture_indicators
from offcut.records import Examination

ANALYSERS = ("packets", "picture", "sound_level", "strip")
"""What one pass measures for an examination."""


def examine(
    path: Path,
    *,
    folder: Path,
    limits: Limits | None = None,
    progress: signals.Progress = signals.untold,
) -> Examination:
    """Examine one file.

    Args:
        path: The file.
        folder: Where signals are kept.
        limits: What the file may cost.
        progress: See `signals.Progress`.

    Raises:
        UnreadableError: the file is no video, or cannot be opened or decoded at all.
    """
    structure = probe(path)
    measurement = signals.measured(
        path, ANALYSERS, folder=folder, structure=structure, limits=limits, progress=progress
    )
    found, flashes = shots.find(measurement)
    indicators = [
        *container_indicators.read(structure),
        *picture_indicators.read(measurement, found, flashes),
    ]
    return Examination(measurement, structure, found, flashes, indicators, weigh(indicators))
