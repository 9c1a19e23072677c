import io
from struct import pack

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offcut.container.isobmff import MAX_DAMAGE_LINES, Atom, Damage, Reader, Tree, walk
from offcut.testing.small_movie import SmallMovie, box, full_box, table


def walked(content: bytes, *, max_atoms: int = 1000, max_depth: int = 32) -> Tree:
    return walk(Reader(io.BytesIO(content)), max_atoms=max_atoms, max_depth=max_depth)


def test_a_small_movie_is_walked_whole() -> None:
    content = SmallMovie(edits=((1000, 0),)).build()
    tree = walked(content)
    assert [a.type for a in tree.root.children] == [b"ftyp", b"mdat", b"moov"]
    assert tree.damage.lines() == []
    assert tree.trailing is None
    stts = tree.root.first(b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stts")
    assert stts is not None
    assert content[stts.offset + 4 : stts.offset + 8] == b"stts"


def test_boxes_inside_a_sample_entry_are_found_in_order() -> None:
    tree = walked(SmallMovie().build())
    entry = tree.root.first(b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd", b"avc1")
    assert entry is not None
    assert [c.type for c in entry.children] == [b"avcC"]


def test_sizes_of_64_bits_and_sizes_that_reach_to_the_end_are_read() -> None:
    wide = pack(">I4sQ", 1, b"mdat", 16 + 5) + b"media"
    tree = walked(box(b"ftyp", b"isom") + wide + pack(">I4s", 0, b"free") + b"rest")
    assert [(a.type, a.offset, a.size) for a in tree.root.children] == [
        (b"ftyp", 0, 12),
        (b"mdat", 12, 21),
        (b"free", 33, 12),
    ]


def test_a_truncated_box_is_reported_with_its_offset_and_read_as_far_as_it_goes() -> None:
    content = SmallMovie().build()
    tree = walked(content[:-100])
    moov = tree.root.first(b"moov")
    assert moov is not None
    assert moov.end == len(content) - 100
    assert any(line.startswith(f"byte {moov.offset:,}: box 'moov' says") for line in tree.damage.lines())
    assert tree.root.first(b"moov", b"trak", b"mdia", b"mdhd") is not None


def test_a_box_shorter_than_its_header_ends_its_level_and_names_what_is_lost() -> None:
    inner = box(b"tkhd") + pack(">I4s", 4, b"mdia") + b"never read"
    tree = walked(box(b"moov", box(b"trak", inner), box(b"udta")))
    assert tree.damage.lines() == [
        "byte 24: box 'mdia' says it is 4 bytes long, less than its own header; "
        "nothing after it in 'trak' can be found"
    ]
    assert tree.root.first(b"moov", b"udta") is not None


def test_a_child_longer_than_its_parent_is_cut_to_it() -> None:
    tree = walked(box(b"moov", pack(">I4s", 4000, b"trak")) + box(b"free", bytes(5000)))
    trak = tree.root.first(b"moov", b"trak")
    assert trak is not None
    assert trak.size == 8
    assert "byte 8: box 'trak' says it is 4,000 bytes long, but only 8 are left in 'moov'" in str(
        tree.damage.lines()
    )


def test_bytes_that_are_no_box_are_kept_as_trailing() -> None:
    content = box(b"ftyp", b"isom")
    assert walked(content + bytes(100)).trailing == (12, 100)
    assert walked(content + b"\0\0").trailing == (12, 2)


def test_nesting_is_opened_to_the_limit_and_no_further() -> None:
    content = b""
    for _ in range(10_000):
        content = box(b"moov", content)
    tree = walked(content)
    assert tree.count == 32
    assert "32 boxes deep and was not opened" in tree.damage.lines()[0]


def test_the_walk_stops_at_its_limit_of_boxes_and_says_where() -> None:
    tree = walked(box(b"moov", *(box(b"free") for _ in range(50))), max_atoms=10)
    assert tree.count == 10
    assert tree.damage.lines() == ["byte 80: more than 10 boxes; from here on none was read"]


def test_a_zero_at_the_end_of_user_data_is_no_damage() -> None:
    assert walked(box(b"moov", box(b"udta", box(b"FIRM", b"x"), bytes(4)))).damage.lines() == []


def test_metadata_is_opened_with_and_without_version() -> None:
    inside = full_box(b"hdlr", bytes(20)) + box(b"ilst", box(b"\xa9too", box(b"data", bytes(8), b"x")))
    for meta in (box(b"meta", inside), full_box(b"meta", inside)):
        assert walked(meta).root.first(b"meta", b"ilst", b"\xa9too", b"data") is not None


def test_a_reader_gives_no_byte_beyond_its_budget() -> None:
    reader = Reader(io.BytesIO(bytes(100)), budget_bytes=50)
    assert len(reader.read(0, 40)) == 40
    assert reader.read(0, 11) == b""
    assert reader.is_exhausted
    assert len(reader.read(95, 10)) == 5
    assert reader.read(-1, 1) == reader.read(200, 1) == b""


def test_damage_is_bounded() -> None:
    damage = Damage()
    for offset in range(10_000):
        damage.add(offset, "broken")
    assert len(damage.lines()) == MAX_DAMAGE_LINES + 1
    assert damage.lines()[-1] == "9,900 further problems are not listed"


def nested(atom: Atom) -> None:
    reached = atom.start
    for child in atom.children:
        assert reached <= child.offset
        assert child.size >= child.header >= 8
        assert child.end <= atom.end
        reached = child.end
        nested(child)


kinds = st.sampled_from([b"moov", b"trak", b"stsd", b"avc1", b"mp4a", b"meta", b"ilst", b"udta", b"free"])
honest = st.recursive(
    st.builds(box, kinds, st.binary(max_size=20)),
    lambda inner: st.builds(lambda kind, parts: box(kind, *parts), kinds, st.lists(inner, max_size=4)),
    max_leaves=12,
)


@given(st.one_of(st.binary(max_size=300), honest, st.tuples(honest, st.binary(max_size=30)).map(b"".join)))
def test_boxes_always_lie_inside_their_parents_in_order(content: bytes) -> None:
    nested(walked(content).root)


@pytest.mark.parametrize("rows", [0, 3])
def test_a_table_has_the_rows_it_was_built_with(rows: int) -> None:
    tree = walked(box(b"moov", table(b"stts", *[(1, 2)] * rows)))
    assert tree.root.children[0].children[0].size == 16 + 8 * rows
