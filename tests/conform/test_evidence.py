"""Evidence from files on: recordings made from numbers and real footage, cut by copying packets."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from conform.evidence_cases import GROUP, RATE_HZ, SHARED, copy_packets, measure, record
from offcut.conform.evidence import exact_spans, found
from offcut.container import probe
from offcut.decode.damage import JUMP
from offcut.decode.encode import Film, write_film, write_video
from offcut.records import Evidence, Measurement
from offcut.testing.footage import Footage, Scene

CHAIR = SHARED / "footage" / "chair.mp4"
CLOTH = SHARED / "footage" / "cloth.mp4"

real = pytest.mark.skipif(not SHARED.exists(), reason="the shared footage is not beside this checkout")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("evidence")


@pytest.fixture(scope="module")
def square(folder: Path) -> Path:
    return record(folder / "square.mp4", "square", 6 * GROUP)


@pytest.fixture(scope="module")
def road(folder: Path) -> Path:
    return record(folder / "road.mp4", "road", 4 * GROUP, seed=2)


def spans(said: tuple[Evidence, ...]) -> list[tuple[int | None, int, int, int]]:
    """Recording, first frame, first raw frame and number of frames of every exact span."""
    return [(s.recording, s.first_frame, s.raw_first_frame, s.frames) for s in exact_spans(said)]


@pytest.mark.parametrize("ending", ["mp4", "mkv", "mov", "ts"])
def test_a_trim_by_stream_copy_is_found_in_any_container(folder: Path, square: Path, ending: str) -> None:
    release = measure(copy_packets(folder / f"trim.{ending}", [(square, 2, 5)]), folder)
    (one,) = found(release, [measure(square, folder)])
    assert spans((one,)) == [(0, 0, 2 * GROUP, 3 * GROUP)]
    assert (one.start_s, one.end_s) == (release.frames.start_s, release.frames.end_s)
    assert (one.raw_start_s, one.raw_end_s) == (2 * GROUP / RATE_HZ, 5 * GROUP / RATE_HZ)
    assert one.measured["packets"] == 3 * GROUP
    assert "byte for byte" in one.statement
    assert "square.mp4: picture packets 25 to 60" in one.source


def test_joined_trims_are_found_each_in_its_recording(folder: Path, square: Path, road: Path) -> None:
    release = copy_packets(folder / "joined.mp4", [(road, 1, 3), (square, 0, 2), (road, 0, 2)])
    said = found(measure(release, folder), [measure(square, folder), measure(road, folder)])
    assert spans(said) == [
        (1, 0, GROUP, 2 * GROUP),
        (0, 2 * GROUP, 0, 2 * GROUP),
        (1, 4 * GROUP, 0, 2 * GROUP),
    ]


def test_a_span_is_named_at_the_bytes_where_it_lies(folder: Path, square: Path) -> None:
    release = copy_packets(folder / "placed.mp4", [(square, 1, 3)])
    (one,) = found(measure(release, folder), [measure(square, folder)])
    mine, theirs = one.source.split("; ")
    for path, text in ((release, mine), (square, theirs)):
        at = int(text.split("at bytes ")[1].split(" and ")[0].replace(",", ""))
        # An IDR slice follows the length of its unit, after the parameter sets or messages before it.
        assert b"\x65" in path.read_bytes()[at : at + 1200]


def test_the_same_pictures_encoded_again_are_no_evidence(folder: Path, square: Path) -> None:
    again = record(folder / "again.mp4", "square", 6 * GROUP, crf=24)
    assert found(measure(again, folder), [measure(square, folder)]) == ()


def test_other_footage_is_no_evidence(folder: Path, square: Path, road: Path) -> None:
    assert found(measure(road, folder), [measure(square, folder)]) == ()


@pytest.mark.parametrize(("codec", "level"), [("libx264", 0), ("mpeg4", 90), ("mjpeg", 0)])
def test_plain_pictures_that_agree_are_no_evidence(folder: Path, codec: str, level: int) -> None:
    plain = np.full((360, 640, 3), level, np.uint8)
    film = Film(RATE_HZ, codec=codec, pixel_format="yuvj420p" if codec == "mjpeg" else "yuv420p")
    for name in ("one", "two"):
        frames = [plain] * ((8 if name == "one" else 9) * GROUP)
        write_film(folder / f"{name}-{codec}.mkv", frames, replace(film, options={"g": str(GROUP)}))
    one, two = (measure(folder / f"{name}-{codec}.mkv", folder) for name in ("one", "two"))
    first, second = (m.signals["packet_hash.digest"].values for m in (one, two))
    assert (first[:GROUP] == second[:GROUP]).all(), "the packets agree, and are refused for what they hold"
    assert found(one, [two]) == ()


def test_recordings_that_hold_the_same_bytes_are_named_as_rivals(folder: Path, square: Path) -> None:
    part = copy_packets(folder / "part.mp4", [(square, 2, 4)])
    release = copy_packets(folder / "rivalled.mp4", [(square, 1, 5)])
    (one,) = found(measure(release, folder), [measure(part, folder), measure(square, folder)])
    (span,) = exact_spans([one])
    assert (span.recording, span.frames, span.rivals_in_all) == (1, 4 * GROUP, 1)
    (rival,) = span.rivals
    assert rival.recording == 0
    assert (rival.start_s, rival.end_s) == (GROUP / RATE_HZ, 3 * GROUP / RATE_HZ)
    assert (rival.raw_start_s, rival.raw_end_s) == (Fraction(0), 2 * GROUP / RATE_HZ)
    assert "part.mp4" in one.statement
    assert "cannot be told" in one.statement


def test_what_is_decoded_from_a_lost_packet_on_is_not_claimed(folder: Path, square: Path) -> None:
    release = copy_packets(folder / "lost.mp4", [(square, 0, 6)], drop=[2 * GROUP + 2])
    said = exact_spans(found(measure(release, folder), [measure(square, folder)]))
    raw_frames = {s.raw_first_frame + k for s in said for k in range(s.frames)}
    assert set(range(2 * GROUP)) <= raw_frames
    assert set(range(3 * GROUP, 6 * GROUP)) <= raw_frames
    # Of the broken group only what came before the loss in the file, whatever its place in time.
    assert len(raw_frames & set(range(2 * GROUP, 3 * GROUP))) <= 2
    assert all(s.raw_first_frame - s.first_frame in (0, 1) for s in said)


def test_without_hashed_packets_nothing_is_said(folder: Path, square: Path) -> None:
    whole = measure(square, folder)
    bare = Measurement(
        whole.exhibit, whole.stream, whole.frames, {}, whole.versions, whole.confinement, whole.damage
    )
    assert found(bare, [whole]) == found(whole, [bare]) == ()


def test_a_clock_that_goes_back_fixes_no_time(folder: Path, square: Path) -> None:
    whole = measure(square, folder)
    jumped = replace(whole, damage=(f"{JUMP} by 1.000 s at frame 9",))
    assert found(whole, [whole]) != ()
    assert found(jumped, [whole]) == found(whole, [jumped]) == ()


def test_structures_must_be_one_a_file(folder: Path, square: Path) -> None:
    whole = measure(square, folder)
    with pytest.raises(ValueError, match="1 structures for a release and 1 recordings"):
        found(whole, [whole], [probe(square)])


def test_frames_hidden_by_an_edit_list_are_counted_and_not_named(folder: Path, square: Path) -> None:
    release = copy_packets(folder / "hiding.mp4", [(square, 1, 4)])
    raw = release.read_bytes()
    # The edit list starts five frames later; the copy before them stays in the file.
    at = raw.index(b"elst") + 4 + 4 + 4 + 4
    ticks = int.from_bytes(raw[at : at + 4], "big", signed=True)
    step = _ticks_of_a_frame(release)
    release.write_bytes(raw[:at] + (ticks + 5 * step).to_bytes(4, "big") + raw[at + 4 :])
    shown = measure(release, folder)
    assert len(shown.frames) == 3 * GROUP - 5
    said = found(shown, [measure(square, folder)])
    assert spans(said)[0] == (0, 0, GROUP + 5, 3 * GROUP - 5)
    assert said[0].measured["packets_not_shown"] == 5
    assert "no frame is shown at their time" in said[0].statement


def _ticks_of_a_frame(path: Path) -> int:
    (track,) = probe(path).facts["tracks"]
    step: Fraction = track["timescale"] / RATE_HZ
    return int(step)


def test_a_scene_filmed_twice_is_no_copy(folder: Path, square: Path) -> None:
    second = Footage(Scene("second", "square", 1, RATE_HZ, 4 * GROUP, take=1))
    options = {"preset": "veryfast", "crf": "23", "g": str(GROUP), "sc_threshold": "0"}
    path = folder / "second.mp4"
    write_video(path, second.pictures(), rate_hz=RATE_HZ, options=options)
    assert found(measure(path, folder), [measure(square, folder)]) == ()


@real
@pytest.mark.parametrize("ending", ["mp4", "mkv", "ts"])
def test_a_trim_of_real_footage_is_found_to_the_frame(folder: Path, ending: str) -> None:
    release = measure(copy_packets(folder / f"chair.{ending}", [(CHAIR, 3, 6)]), folder)
    recordings = [measure(path, folder) for path in (CLOTH, CHAIR, SHARED / "footage" / "chair_short.mp4")]
    said = found(release, recordings)
    assert spans(said) == [(1, 0, 180, 180)]
    assert (said[0].raw_start_s, said[0].raw_end_s) == (Fraction(6), Fraction(12))
    assert exact_spans(said)[0].rivals == ()


@real
def test_two_trims_of_real_footage_are_found(folder: Path) -> None:
    release = measure(copy_packets(folder / "two.mp4", [(CHAIR, 4, 5), (CHAIR, 1, 3)]), folder)
    assert spans(found(release, [measure(CHAIR, folder)])) == [(0, 0, 240, 60), (0, 60, 60, 120)]


@real
@pytest.mark.parametrize("name", ["chair_sepia.mp4", "chair_short.mp4"])
def test_versions_that_were_encoded_again_are_no_evidence(folder: Path, name: str) -> None:
    assert found(measure(SHARED / "footage" / name, folder), [measure(CHAIR, folder)]) == ()


@real
def test_a_camera_original_against_itself_says_all_that_its_bytes_hold(folder: Path) -> None:
    path = SHARED / "footage" / "walk.mp4"
    whole, structure = measure(path, folder), probe(path)
    said = found(whole, [whole], [structure, structure])
    assert [e.kind for e in said] == ["identical_packets", "telemetry", "timecode"]
    assert [(e.recording, e.start_s, e.raw_start_s) for e in said] == [(0, Fraction(0), Fraction(0))] * 3
    assert said[0].measured["packets"] == 315
    assert said[1].measured["samples"] == 11
    assert "15:44:35:10" in said[2].statement
