"""What a comparison of sound cannot say."""

from collections.abc import Sequence

from offcut.records import Measurement, SoundSpan

__all__ = ["sound_limits"]

NOT_COMPARED = "Sound was not compared: a span counts as used only where its picture is seen."

COMPARED = (
    "Sound is evidence of its own and is never added to that of pictures: a span counts as used only where "
    "its picture is seen. A place is named for a sound only where it fits no other place of the recordings "
    "given nearly as well. Music that was played where a recording was made and is heard in the release, "
    "too, cannot be told from that recording's own sound.",
    "Own sound may be missed where it is far quieter than what lies over it, was cleaned of noise or "
    "altered by effects, or was given another length by a program that takes it apart into tones. Something "
    "added may be missed where it is more than about 10 dB quieter than the own sound. A span of the "
    "release for which no finding about its sound is listed is one of which nothing can be said.",
)

WITHOUT = {
    "release": "The release holds no sound. Where the recording named has audible sound at that moment, the "
    "span is called muted; where it has none, nothing is said.",
    "recordings": "Recordings given without any sound: {count}. What is heard over their pictures is called "
    "replaced with less confidence: their sound may have been removed before they were given.",
}


def sound_limits(
    release: Measurement, recordings: Sequence[Measurement], sound: Sequence[SoundSpan] | None
) -> tuple[str, ...]:
    """Say what holds for the comparison of these files' sound; `sound` is what it gave."""
    if sound is None:
        return (NOT_COMPARED,)
    lines = list(COMPARED)
    if not len(release.signals["sound_band.mono"].pts):
        lines.append(WITHOUT["release"])
    empty = sum(not len(m.signals["sound_band.mono"].pts) for m in recordings)
    if empty and len(release.signals["sound_band.mono"].pts):
        lines.append(WITHOUT["recordings"].format(count=empty))
    return tuple(lines)
