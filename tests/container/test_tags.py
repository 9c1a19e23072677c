import io
from struct import pack

from hypothesis import given
from hypothesis import strategies as st

from offcut.container.isobmff import Reader, walk
from offcut.container.tags import MAX_TAGS, MAX_TEXT_CHARS, XMP_UUID, Tag, camera, read_tags, text_of
from offcut.testing.small_movie import box, full_box, item, user_data


def tags_of(content: bytes) -> list[Tag]:
    reader = Reader(io.BytesIO(content))
    return read_tags(reader, walk(reader))


def keys_and_values(*pairs: tuple[bytes, bytes]) -> bytes:
    """A moov/meta box as phones write it: names in `keys`, values numbered."""
    names = b"".join(pack(">I4s", 8 + len(k), b"mdta") + k for k, _ in pairs)
    values = [box(pack(">I", n), box(b"data", pack(">II", 1, 0), v)) for n, (_, v) in enumerate(pairs, 1)]
    keys = full_box(b"keys", pack(">I", len(pairs)), names)
    return box(b"meta", full_box(b"hdlr", pack(">I4s13x", 0, b"mdta")), keys, box(b"ilst", *values))


def test_the_writer_in_an_item_list_is_found_with_its_offset() -> None:
    content = box(b"moov", user_data(item(b"\xa9too", b"Lavf60.3.100")))
    (tag,) = tags_of(content)
    assert (tag.key, tag.text, tag.found_in) == ("©too", "Lavf60.3.100", "moov/udta/meta/ilst")
    assert content[tag.at_byte + 4 : tag.at_byte + 8] == b"\xa9too"


def test_quicktime_text_is_read_by_its_own_length() -> None:
    content = box(b"moov", box(b"udta", box(b"\xa9swr", pack(">HH", 4, 0), b"Lavfjunk")))
    assert [(t.key, t.text) for t in tags_of(content)] == [("©swr", "Lavf")]


def test_make_and_model_of_a_phone_are_read_through_their_key_names() -> None:
    content = box(
        b"moov",
        keys_and_values(
            (b"com.apple.quicktime.make", b"Maker"),
            (b"com.apple.quicktime.model", b"Phone 9"),
            (b"com.apple.quicktime.software", b"17.1"),
        ),
    )
    found = camera(tags_of(content))
    assert [f["text"] for f in found["make"]] == ["Maker"]
    assert [f["text"] for f in found["model"]] == ["Phone 9"]
    assert [f["text"] for f in found["firmware"]] == ["17.1"]


def test_a_gopro_names_firmware_model_and_identifier() -> None:
    settings = b"DEVC\0\x01\0\x20" + b"MINFc\x01\x00\x0cSome Camera\0"
    content = box(
        b"moov", box(b"udta", box(b"FIRM", b"H1.02"), box(b"CAME", bytes(range(16))), box(b"GPMF", settings))
    )
    found = camera(tags_of(content))
    assert [f["text"] for f in found["firmware"]] == ["H1.02"]
    assert [f["text"] for f in found["model"]] == ["Some Camera"]
    assert [f["text"] for f in found["identifier"]] == [bytes(range(16)).hex()]


def test_programs_are_read_out_of_xmp() -> None:
    packet = b'<x:xmpmeta x:xmptk="Toolkit 1"><a xmp:CreatorTool="Editor 2"/><xmp:CreatorTool>Editor 3</xmp>'
    content = box(b"moov") + box(b"uuid", XMP_UUID, packet)
    found = tags_of(content)
    assert [(t.key, t.text) for t in found] == [
        ("XMP toolkit", "Toolkit 1"),
        ("XMP CreatorTool", "Editor 2"),
        ("XMP CreatorTool", "Editor 3"),
    ]
    assert content[found[0].at_byte :].startswith(b'x:xmptk="Toolkit 1"')


def test_ten_thousand_tags_are_cut_to_the_limit() -> None:
    many = (item(b"\xa9too", b"x%d" % n) for n in range(10_000))
    assert len(tags_of(box(b"moov", user_data(*many)))) == MAX_TAGS


@given(st.binary(max_size=2000))
def test_any_bytes_become_one_short_printable_line(raw: bytes) -> None:
    text = text_of(raw)
    assert len(text) <= MAX_TEXT_CHARS
    assert text.isprintable()
