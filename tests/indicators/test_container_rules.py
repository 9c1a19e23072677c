import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

import av
import numpy as np
import pytest

from offcut.container import probe
from offcut.indicators.container import _READERS, RULES, read
from offcut.records import Indicator
from offcut.testing.small_movie import SmallMovie, box, item, user_data

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared"
needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="../shared is absent")
X264 = (
    bytes.fromhex("dc45e9bde6d948b7962cd820d923eeef") + b"x264 - core 164 r1 - H.264/MPEG-4 AVC codec - x\0"
)
PLAIN = SmallMovie(brand=(b"mp42", 0))
BEAT = tuple(range(1, 300, 10))
SPACER = box(b"free")


def indicators_of(movie: SmallMovie) -> dict[str, Indicator]:
    return {i.id: i for i in read(probe(Path("clip.mp4"), io.BytesIO(movie.build())))}


def written_by(name: bytes) -> bytes:
    return user_data(item(b"\xa9too", name))


STATED = {
    "written_by_lavf": replace(PLAIN, moov_extra=written_by(b"Lavf60.3.100")),
    "arranged_as_by_lavf": replace(PLAIN, brand=(b"isom", 0x200), before_media=SPACER),
    "encoded_by_lavc": replace(PLAIN, compressor=b"Lavc60.3.100 libx264"),
    "encoded_by_x264": replace(PLAIN, first_sample=X264),
    "names_a_program": replace(PLAIN, moov_extra=written_by(b"HandBrake 1.6.1 2023012900")),
    "hidden_media_before_start": replace(PLAIN, edits=((900, 3 * 512),)),
    "hidden_media_after_end": replace(PLAIN, edits=((900, 0),)),
    "edit_list_skips_media": replace(PLAIN, edits=((300, 0), (600, 12 * 512))),
    "keyframe_interval_broken": replace(PLAIN, samples=300, keyframes=(*BEAT[:20], 195, *BEAT[20:])),
    "keyframes_irregular": replace(PLAIN, samples=300, keyframes=(1, 9, 40, 77, 80, 150, 170, 260)),
    "creation_date_unset": replace(PLAIN, dates=(0, 0)),
    "dates_differ": replace(PLAIN, dates=(3_600_000_000, 3_600_000_062)),
    "handlers_named_as_by_lavf": replace(PLAIN, handler=b"VideoHandler"),
    "timescale_of_lavf": PLAIN,
    "bytes_after_the_last_box": replace(PLAIN, tail=bytes(12)),
    "media_without_samples": replace(PLAIN, unused_media=bytes(4096)),
    "not_as_the_camera_wrote_it": replace(PLAIN, compressor=b"GoPro AVC encoder"),
}
SILENT = {
    "written_by_lavf": replace(PLAIN, moov_extra=written_by(b"Slavfoo")),
    "arranged_as_by_lavf": replace(PLAIN, brand=(b"isom", 0x200), before_media=box(b"free", bytes(90))),
    "encoded_by_lavc": replace(PLAIN, compressor=b"AVC Coding"),
    "encoded_by_x264": replace(PLAIN, first_sample=X264[16:]),
    "names_a_program": replace(PLAIN, moov_extra=written_by(b"David's camera, OBSERVER")),
    "hidden_media_before_start": replace(PLAIN, offsets=((30, 1024),), edits=((1000, 1024 + 2 * 512),)),
    "hidden_media_after_end": replace(PLAIN, edits=((933, 0),)),
    "edit_list_skips_media": replace(PLAIN, edits=((300, 0), (700, 9 * 512))),
    "keyframe_interval_broken": replace(PLAIN, samples=300, keyframes=BEAT),
    "keyframes_irregular": replace(PLAIN, samples=300, keyframes=(*BEAT[:20], 195, *BEAT[20:])),
    "creation_date_unset": PLAIN,
    "dates_differ": replace(PLAIN, dates=(3_600_000_000, 3_600_000_061)),
    "handlers_named_as_by_lavf": replace(PLAIN, handler=b"VideoHandle"),
    "timescale_of_lavf": replace(PLAIN, moov_extra=written_by(b"Lavf60.3.100")),
    "bytes_after_the_last_box": PLAIN,
    "media_without_samples": replace(PLAIN, unused_media=bytes(4095)),
    "not_as_the_camera_wrote_it": PLAIN,
}


@pytest.mark.parametrize("name", STATED)
def test_a_rule_is_stated_where_it_holds_and_only_there(name: str) -> None:
    assert f"container.{name}" in indicators_of(STATED[name])
    assert f"container.{name}" not in indicators_of(SILENT[name])


def test_every_rule_but_the_camera_layout_is_tried_on_built_files() -> None:
    tried = {f"container.{name}" for name in STATED}
    assert {r.id for r in RULES} - tried == {"container.camera_original_layout"}
    assert tried == {f"container.{name}" for name in SILENT}
    assert set(_READERS) == {r.id for r in RULES}


def test_a_broken_rhythm_is_not_held_against_an_encoder_program() -> None:
    broken = replace(STATED["keyframe_interval_broken"], first_sample=X264)
    assert "container.keyframe_interval_broken" not in indicators_of(broken)


def test_an_indicator_carries_its_rule_and_the_bytes_it_was_read_from() -> None:
    movie = STATED["hidden_media_before_start"]
    indicator = indicators_of(movie)["container.hidden_media_before_start"]
    rule = next(r for r in RULES if r.id == indicator.id)
    assert (indicator.points_to, indicator.strength, indicator.source) == ("trimmed", "strong", rule.source)
    assert indicator.measured["samples"] == 3
    assert movie.build()[indicator.measured["at_byte"] + 4 :].startswith(b"elst")
    assert indicator.statement.startswith("3 pictures (0.100 s) lie in the file before the first one")


def test_text_from_the_file_cannot_fill_in_a_statement() -> None:
    movie = replace(PLAIN, moov_extra=written_by(b"Lavf60 {found} {0.__class__}"))
    assert "(Lavf60 {found} {0.__class__})" in indicators_of(movie)["container.written_by_lavf"].statement


def test_no_rule_gives_a_verdict() -> None:
    words = " ".join(f"{r.statement} {r.false_readings}" for r in RULES).lower()
    for verdict in ("authentic", "fake", "genuine", "tampered", "manipulated", "forged"):
        assert verdict not in words


def test_no_rule_is_decisive_and_only_edits_point_to_editing() -> None:
    assert {r.strength for r in RULES} == {"strong", "weak"}
    pointing = {r.id.removeprefix("container."): r.points_to for r in RULES if r.points_to != "undetermined"}
    assert pointing == {
        "camera_original_layout": "continuous",
        "hidden_media_before_start": "trimmed",
        "hidden_media_after_end": "trimmed",
        "edit_list_skips_media": "assembled",
        "keyframe_interval_broken": "assembled",
    }


def test_the_page_prints_every_rule_as_it_stands() -> None:
    page = (ROOT / "docs" / "container.md").read_text(encoding="utf-8")
    for r in RULES:
        assert f"| `{r.id}` | {r.points_to} | {r.strength} | {r.false_readings} | {r.source} |" in page


# --- real files -------------------------------------------------------------------------------


def ids(path: Path) -> set[str]:
    return {i.id.removeprefix("container.") for i in read(probe(path))}


@needs_shared
@pytest.mark.parametrize(
    ("name", "camera"), [("walk", "GoPro Max, firmware H19"), ("drone", "a GoPro camera, model not stored")]
)
def test_a_camera_original_is_consistent_with_its_camera_and_nothing_else(name: str, camera: str) -> None:
    (indicator,) = read(probe(SHARED / "footage" / f"{name}.mp4"))
    assert indicator.id == "container.camera_original_layout"
    assert f"consistent with a camera original of {camera}" in indicator.statement
    assert all(p["as_measured"] for p in indicator.measured["properties"])


@needs_shared
@pytest.mark.parametrize("case", ["one", "two"])
def test_a_produced_release_names_its_muxer_and_encoder(case: str) -> None:
    found = ids(SHARED / "cases" / case / "release.mp4")
    assert {"written_by_lavf", "encoded_by_lavc", "encoded_by_x264", "keyframes_irregular"} <= found
    assert not found & {"camera_original_layout", "hidden_media_before_start", "hidden_media_after_end"}


@needs_shared
def test_no_footage_but_the_camera_originals_is_called_one_or_trimmed() -> None:
    others = [p for p in (SHARED / "footage").glob("*.mp4") if p.stem not in ("walk", "drone")]
    assert others
    for path in others:
        found = ids(path)
        assert found & {"written_by_lavf", "names_a_program"}, path.name
        assert not found & {"camera_original_layout", "hidden_media_before_start", "edit_list_skips_media"}


VideoPacket: TypeAlias = "av.Packet[av.VideoStream]"


def copied(path: Path, choose: Callable[[list[VideoPacket]], list[VideoPacket]]) -> Path:
    """Chosen picture packets of walk.mp4, copied without encoding."""
    with av.open(str(SHARED / "footage" / "walk.mp4")) as source, av.open(str(path), "w") as target:
        video = source.streams.video[0]
        stream = target.add_stream_from_template(video)
        stream.metadata["handler_name"] = video.metadata["handler_name"]
        for packet in choose([p for p in source.demux(video) if p.dts is not None]):
            packet.stream = stream
            target.mux(packet)
    return path


def moved(packets: list[VideoPacket], *, start: int) -> list[VideoPacket]:
    for number, packet in enumerate(packets):
        packet.pts = packet.dts = start + 3003 * number
    return packets


@needs_shared
def test_a_camera_original_that_was_only_re_muxed_is_no_longer_called_one(tmp_path: Path) -> None:
    found = ids(copied(tmp_path / "copy.mp4", lambda packets: packets))
    assert {"written_by_lavf", "not_as_the_camera_wrote_it", "creation_date_unset"} <= found
    assert not found & {"camera_original_layout", "hidden_media_before_start", "keyframe_interval_broken"}


@needs_shared
def test_a_stream_copy_trim_shows_the_pictures_it_hides(tmp_path: Path) -> None:
    # Cut at picture 95: the copy starts at keyframe 90, five pictures before time zero.
    path = copied(tmp_path / "trim.mp4", lambda packets: moved(packets[90:], start=-5 * 3003))
    indicator = next(i for i in read(probe(path)) if i.points_to == "trimmed")
    assert indicator.id == "container.hidden_media_before_start"
    assert indicator.measured["samples"] == 5


@needs_shared
def test_two_spans_joined_without_encoding_break_the_rhythm_of_the_camera(tmp_path: Path) -> None:
    path = copied(tmp_path / "join.mp4", lambda packets: moved(packets[:105] + packets[200:], start=0))
    indicator = next(i for i in read(probe(path)) if i.points_to == "assembled")
    assert indicator.id == "container.keyframe_interval_broken"
    (place,) = indicator.measured["unlike_median"]
    assert (place["interval"], place["ends_with_sample"]) == (5, 106)


@pytest.mark.parametrize("suffix", [".mp4", ".mov"])
@pytest.mark.parametrize("silent", [False, True])
def test_an_encode_is_recognised_even_where_the_muxer_hides_its_name(
    tmp_path: Path, suffix: str, silent: bool
) -> None:
    path = tmp_path / f"encoded{suffix}"
    options = {"fflags": "+bitexact"} if silent else {}
    with av.open(str(path), "w", container_options=options) as target:
        stream = target.add_stream("libx264", rate=30, options={"g": "20", "threads": "1"})
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for number in range(40):
            picture = np.full((48, 64, 3), 3 * number, dtype=np.uint8)
            target.mux(stream.encode(av.VideoFrame.from_ndarray(picture)))
        target.mux(stream.encode())
    found = ids(path)
    assert ("arranged_as_by_lavf" if silent else "written_by_lavf") in found
    assert "encoded_by_x264" in found
    # Reordered pictures delay the first by two; that is no trim.
    assert probe(path).facts["gop"]["is_reordered"]
    assert not found & {"hidden_media_before_start", "hidden_media_after_end"}
