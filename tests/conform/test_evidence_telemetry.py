from fractions import Fraction

from conform.evidence_cases import named
from offcut.conform.evidence_telemetry import same_telemetry
from offcut.records import SensorPacket, Structure


def flown(contents: list[int], *, track: int = 4, size: int = 6000) -> list[SensorPacket]:
    """A sample a second; equal numbers are equal bytes."""
    return [
        SensorPacket(track, Fraction(k), Fraction(k + 1), 1000 * k, size, c.to_bytes(8, "little") * 2)
        for k, c in enumerate(contents)
    ]


def structure(samples: list[SensorPacket]) -> Structure:
    return Structure("isobmff", {}, (), samples)


def said(release: list[SensorPacket], *raws: list[SensorPacket]) -> list[tuple[int | None, ...]]:
    recordings = [named(f"raw{n}.mp4") for n in range(len(raws))]
    found = same_telemetry(named("release.mp4"), recordings, [structure(release), *map(structure, raws)])
    assert all(e.kind == "telemetry" for e in found)
    return [
        (e.recording, *(None if t is None else int(t) for t in (e.start_s, e.end_s, e.raw_start_s)))
        for e in found
    ]


def test_the_same_samples_name_recording_and_span() -> None:
    assert said(flown([9, 3, 4, 5, 8]), flown([1, 2]), flown([2, 3, 4, 5, 6])) == [(1, 1, 4, 1)]


def test_a_release_with_telemetry_of_its_own_says_so() -> None:
    assert said(flown([1, 2, 3]), flown([4, 5, 6])) == [(None, None, None, None)]


def test_a_release_without_telemetry_says_nothing() -> None:
    assert said([], flown([4, 5, 6])) == []


def test_one_sample_or_few_bytes_are_not_enough() -> None:
    assert said(flown([1, 2]), flown([2, 3])) == [(None, None, None, None)]
    assert said(flown([1, 2, 3], size=100), flown([1, 2, 3], size=100)) == [(None, None, None, None)]
    assert said(flown([7, 7, 7]), flown([7, 7, 7])) == [(None, None, None, None)]


def test_tracks_are_compared_one_by_one() -> None:
    two = [*flown([1, 2, 3]), *flown([4, 5, 6], track=5)]
    assert said(two, [*flown([4, 5, 6], track=3), *flown([1, 2, 3], track=4)]) == [(0, 0, 3, 0), (0, 0, 3, 0)]


def test_the_statement_is_bounded_and_names_both_places() -> None:
    found = same_telemetry(
        named("release.mp4"), [named("raw.mp4")], [structure(flown([1, 2])), structure(flown([1, 2]))]
    )
    assert "does not say where the pictures come from" in found[0].statement
    assert found[0].source == (
        "release.mp4: samples of track 4, the first at byte 0, the last at byte 1,000; "
        "raw.mp4: samples of track 4, the first at byte 0, the last at byte 1,000"
    )
