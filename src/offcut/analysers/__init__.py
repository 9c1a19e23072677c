"""What is measured in the one pass. An analyser ships by being named in `BUILT_IN`."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from offcut.analysers import features, packet_hash, packets, picture, sound_band, sound_level, strip
from offcut.measure import Analyser

__all__ = ["BUILT_IN", "SIGNALS", "VERSIONS"]

BUILT_IN: Mapping[str, Callable[[], Analyser]] = MappingProxyType(
    {
        "features": features.Features,
        "packet_hash": packet_hash.PacketHash,
        "packets": packets.Packets,
        "picture": picture.Picture,
        "sound_band": sound_band.SoundBand,
        "sound_level": sound_level.SoundLevel,
        "strip": strip.Strip,
    }
)

VERSIONS: Mapping[str, int] = MappingProxyType(
    {
        "features": features.VERSION,
        "packet_hash": packet_hash.VERSION,
        "packets": packets.VERSION,
        "picture": picture.VERSION,
        "sound_band": sound_band.VERSION,
        "sound_level": sound_level.VERSION,
        "strip": strip.VERSION,
    }
)

SIGNALS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "features": ("features.points", "features.descriptors"),
        "packet_hash": ("packet_hash.digest", "packet_hash.place"),
        "packets": ("packets.size",),
        "picture": ("picture.luma", "picture.chroma"),
        "sound_band": ("sound_band.mono",),
        "sound_level": ("sound.level",),
        "strip": ("strip.luma", "strip.chroma"),
    }
)
"""The signals each analyser gives, in order: what the room's parent accepts from it."""
