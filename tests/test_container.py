import io
import json
import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from struct import pack
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offcut.container import probe
from offcut.errors import ContainerError, UnreadableError
from offcut.indicators.container import read
from offcut.records import Structure
from offcut.testing.mutants import mutants
from offcut.testing.small_movie import SmallMovie, box, full_box, item, table, user_data

FILE = Path("clip.mp4")
FOOTAGE = Path(__file__).parents[2] / "shared" / "footage"
needs_footage = pytest.mark.skipif(not FOOTAGE.is_dir(), reason="../shared/footage is absent")
X264 = bytes.fromhex("dc45e9bde6d948b7962cd820d923eeef") + b"x264 - core 164 r1 - H.264/MPEG-4 AVC codec\0"

RICH = SmallMovie(
    edits=((300, 2560), (200, 10_000)),
    offsets=((1, 1024), (1, 2560)) * 10,
    compressor=b"GoPro AVC encoder",
    moov_extra=user_data(item(b"\xa9too", b"Lavf60.3.100")),
    first_sample=X264,
).build()


def probed(content: bytes) -> Structure:
    return probe(FILE, io.BytesIO(content))


def bytes_at(content: bytes, fact: dict[str, Any]) -> bytes:
    return content[fact["at_byte"] + 4 : fact["at_byte"] + 8]


def test_facts_are_json_and_point_at_the_boxes_they_were_read_from() -> None:
    facts = probed(RICH).facts
    assert json.loads(json.dumps(facts)) == facts
    track = facts["tracks"][0]
    assert bytes_at(RICH, facts["brands"]) == b"ftyp"
    assert bytes_at(RICH, track) == b"trak"
    assert bytes_at(RICH, track["handler_name"]) == b"hdlr"
    assert bytes_at(RICH, track["sample_entry"]) == b"avc1"
    assert bytes_at(RICH, track["edit_list"]) == b"elst"
    assert bytes_at(RICH, facts["gop"]) == b"stss"
    assert [bytes_at(RICH, d) for d in facts["dates"]["stored"]] == [b"mvhd", b"tkhd", b"mdhd"]
    assert RICH[facts["encoder_text"]["at_byte"] :].startswith(X264[:16])


def test_a_track_is_described_exactly() -> None:
    track = probed(RICH).facts["tracks"][0]
    assert (track["kind"], track["codec"], track["width_px"], track["height_px"]) == (
        "video",
        "avc1",
        640,
        360,
    )
    assert track["duration_from_header_s"] == "1"
    assert track["samples"] == 30
    assert track["language"] == "und"
    assert track["is_reordered"]
    assert [e["media_time"] for e in track["edit_list"]["entries"]] == [2560, 10_000]
    assert track["sample_entry"]["compressor_name"] == "GoPro AVC encoder"


def test_every_box_is_listed_where_it_lies() -> None:
    facts = probed(RICH).facts

    def check(boxes: list[dict[str, Any]]) -> int:
        for one in boxes:
            size = int.from_bytes(RICH[one["offset_bytes"] :][:4], "big")
            assert (size, RICH[one["offset_bytes"] + 4 :][:4].decode("latin-1")) == (
                one["size_bytes"],
                one["type"],
            )
        return len(boxes) + sum(check(one["children"]) for one in boxes)

    assert check(facts["boxes"]) == facts["box_count"]


def test_the_listing_of_boxes_is_cut_and_says_so() -> None:
    many = box(b"udta", *(box(b"free") for _ in range(3000)))
    facts = probed(SmallMovie(moov_extra=many).build()).facts
    assert facts["boxes_note"] == "only the first 2,000 boxes are listed"
    assert len(json.dumps(facts["boxes"])) < 300_000


def test_a_zero_date_is_not_a_date() -> None:
    stored = probed(SmallMovie(dates=(0, 3_600_000_000)).build()).facts["dates"]["stored"]
    assert [d["creation"] for d in stored] == [None, "2018-01-28T16:00:00", "2018-01-28T16:00:00"]
    assert stored[0]["creation_raw"] == 0


def test_bytes_that_no_sample_refers_to_are_counted_and_located() -> None:
    content = SmallMovie(unused_media=b"left over" * 100).build()
    unused = probed(content).facts["unreferenced"]
    assert unused["size_bytes"] == 900
    assert content[unused["largest"][0]["at_byte"] :].startswith(b"left over")


def test_a_file_cut_short_is_read_and_reported() -> None:
    media_last = SmallMovie().build()
    moov = media_last[media_last.index(b"moov") - 4 :]
    head = media_last[: media_last.index(b"mdat") - 4]
    # The same boxes with the index first; its chunk offset moves by the size of the index.
    at = moov.index(b"stco") + 12
    moved = moov[:at] + pack(">I", len(head) + len(moov) + 8) + moov[at + 4 :]
    content = head + moved + box(b"mdat", b"\x55" * 3000)
    assert probed(content).damage == ()
    structure = probed(content[:-1000])
    assert structure.facts["tracks"][0]["samples"] == 30
    assert any("lie beyond the end of the file: it is cut short" in line for line in structure.damage)


def test_a_file_without_index_is_a_finding_not_an_error() -> None:
    structure = probed(box(b"ftyp", b"mp42\0\0\0\0") + box(b"mdat", b"media"))
    assert any("no 'moov' box" in line for line in structure.damage)
    assert structure.facts["tracks"] == []


def test_media_in_another_file_is_reported_and_not_looked_for() -> None:
    own = full_box(b"url ", flags=1)
    other = full_box(b"url ", flags=0)
    structure = probed(SmallMovie().build().replace(own, other))
    assert any("media lies in another file; it was not looked for" in line for line in structure.damage)


def test_counts_that_contradict_each_other_are_reported() -> None:
    content = SmallMovie().build().replace(table(b"stts", (30, 512)), table(b"stts", (31, 512)))
    assert any("'stts' gives times to 31 samples, 'stsz' sizes to 30" in d for d in probed(content).damage)


@pytest.mark.parametrize("kind", [b"stts", b"ctts", b"stss", b"stsc", b"stco", b"elst", b"stsz"])
def test_a_count_of_four_thousand_million_allocates_nothing(kind: bytes) -> None:
    content = bytearray(RICH)
    at = content.index(kind) + (12 if kind == b"stsz" else 8)
    content[at : at + 4] = b"\xff\xff\xff\xff"
    begin = time.process_time()
    structure = probed(bytes(content))
    assert time.process_time() - begin < 2
    assert structure.damage
    assert len(json.dumps(structure.facts)) < 100_000


def test_a_fragmented_file_says_what_was_not_counted() -> None:
    fragments = b"".join(
        box(b"moof", full_box(b"mfhd", pack(">I", n))) + box(b"mdat", b"x") for n in range(3)
    )
    structure = probed(SmallMovie().build() + fragments)
    assert structure.facts["is_fragmented"]
    assert structure.facts["fragments"] == 3
    assert any("fragmented" in line for line in structure.facts["limits"])


def test_an_index_without_samples_is_not_called_all_keyframes() -> None:
    content = SmallMovie(samples=0, keyframes=()).build().replace(b"stss", b"free")
    assert probed(content).facts["gop"]["note"] == "the index holds no samples"
    every = SmallMovie().build().replace(b"stss", b"free")
    assert probed(every).facts["gop"]["note"] == "no table: every sample is a keyframe"


def test_an_empty_track_does_not_keep_unused_media_from_being_found() -> None:
    empty = SmallMovie(samples=0, keyframes=()).build()
    trak = empty[empty.index(b"trak") - 4 :]
    facts = probed(SmallMovie(unused_media=bytes(70), moov_extra=trak).build()).facts
    assert len(facts["tracks"]) == 2
    assert facts["unreferenced"]["size_bytes"] == 70


def test_other_formats_give_their_name_and_a_limit() -> None:
    structure = probed(b"\x1a\x45\xdf\xa3" + bytes(60))
    assert structure.format == "matroska"
    assert structure.facts["limits"] == [
        "read through the decoder's view; the bytes of the container were not examined in this version"
    ]
    assert read(structure) == []


def test_an_open_stream_is_read_from_its_start_and_left_open() -> None:
    stream = io.BytesIO(RICH)
    stream.seek(500)
    assert probe(FILE, stream).format == "isobmff"
    assert not stream.closed


def test_a_path_is_opened_and_gives_the_same(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(RICH)
    assert probe(path) == probed(RICH)


def test_a_file_in_which_no_box_can_be_found_is_refused() -> None:
    with pytest.raises(ContainerError, match="no box of the format can be found"):
        probed(b"\0\0\0\x04ftyp" + bytes(50))


def test_what_is_no_regular_file_is_refused_without_opening_it(tmp_path: Path) -> None:
    with pytest.raises(UnreadableError, match="not a regular file"):
        probe(tmp_path)
    with pytest.raises(UnreadableError, match="the system refuses to read it: No such file"):
        probe(tmp_path / "absent.mp4")
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.mp4")
        with pytest.raises(UnreadableError, match="not a regular file"):
            probe(tmp_path / "pipe.mp4")


def examine(content: bytes) -> None:
    """The whole way of hostile bytes; only our own error may come out, within two seconds."""
    begin = time.process_time()
    with suppress(ContainerError):
        structure = probed(content)
        json.dumps(structure.facts)
        json.dumps([dict(i.measured) for i in read(structure)])
    assert time.process_time() - begin < 2


def test_five_hundred_mutants_of_a_small_file_end_in_facts_or_our_error() -> None:
    for content in mutants(RICH, count=500, seed=20):
        examine(content)


@needs_footage
def test_five_hundred_mutants_of_a_camera_file_end_in_facts_or_our_error() -> None:
    original = (FOOTAGE / "walk.mp4").read_bytes()
    for content in mutants(original, count=500, seed=21, first=original.rindex(b"moov") - 4):
        examine(content)


@given(st.binary(max_size=600))
def test_any_bytes_behind_a_brand_end_in_facts_or_our_error(content: bytes) -> None:
    examine(box(b"ftyp", b"mp42\0\0\0\0") + content)


payloads = st.binary(max_size=64)
header_kinds = st.sampled_from(
    b"mvhd tkhd mdhd hdlr elst stts ctts stss stsz stsc stco co64 stsd keys ilst udta FIRM GPMF XMP_".split()
)
parents: list[Callable[[bytes], bytes]] = [
    lambda inner: box(b"moov", inner),
    lambda inner: box(b"moov", box(b"trak", box(b"edts", inner), inner, box(b"mdia", inner))),
    lambda inner: box(b"moov", box(b"trak", box(b"mdia", inner, box(b"minf", box(b"stbl", inner))))),
    lambda inner: box(b"moov", box(b"udta", inner, box(b"meta", bytes(4), inner))),
]


@given(st.sampled_from(parents), st.lists(st.builds(box, header_kinds, payloads), min_size=1, max_size=8))
def test_any_payload_in_any_known_box_ends_in_facts(
    wrap: Callable[[bytes], bytes], inner: list[bytes]
) -> None:
    examine(box(b"ftyp", b"mp42\0\0\0\0") + wrap(b"".join(inner)))


def test_long_tables_that_multiply_are_not_multiplied() -> None:
    rows = 100_000
    offsets = tuple((1, n % 7) for n in range(rows))
    content = SmallMovie(samples=1, offsets=offsets, edits=tuple((1, 7 * n) for n in range(5000))).build()
    content = content.replace(table(b"stts", (1, 512)), table(b"stts", (rows, 512)))
    begin = time.process_time()
    structure = probed(content)
    assert time.process_time() - begin < 2
    assert any("hidden media was not measured" in line for line in structure.damage)


@needs_footage
@pytest.mark.parametrize(
    ("name", "samples", "interval", "firmware", "model"),
    [("walk", 315, 10, "H19.03.01.30.00", ["GoPro Max"]), ("drone", 362, 8, "HD5.02.02.00.00", [])],
)
def test_a_camera_original_is_read_as_measured(
    name: str, samples: int, interval: int, firmware: str, model: list[str]
) -> None:
    structure = probe(FOOTAGE / f"{name}.mp4")
    facts = structure.facts
    assert structure.damage == ()
    assert facts["tracks"][0]["samples"] == samples
    assert facts["gop"]["interval_median"] == interval
    assert facts["gop"]["is_constant"]
    assert facts["camera"]["firmware"][0]["text"] == firmware
    assert [m["text"] for m in facts["camera"]["model"]] == model
    assert facts["telemetry"]["present"]
    assert facts["unreferenced"]["size_bytes"] == 0
    assert facts["hidden_frames"] == []


@needs_footage
@pytest.mark.parametrize("path", sorted(FOOTAGE.glob("*.mp4")), ids=lambda p: p.stem)
def test_no_undamaged_file_is_called_damaged(path: Path) -> None:
    structure = probe(path)
    assert structure.damage == ()
    assert [t["kind"] for t in structure.facts["tracks"]].count("video") == 1
