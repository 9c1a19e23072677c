import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offcut.decode.payload import DIGEST_BYTES, PictureDigest

AVC_RECORD = bytes([1, 77, 64, 30, 0xFF, 0xE1])
"""A configuration record of H.264: lengths of four bytes."""

HEVC_RECORD = bytes([1]) + bytes(20) + b"\xff"

SLICE, KEY_SLICE, MESSAGE, PARAMETERS, DELIMITER = 0x41, 0x65, 0x06, 0x67, 0x09

# Bytes that cannot hold a start code, as an encoder writes them.
bodies = st.binary(min_size=1, max_size=30).map(lambda raw: bytes(b | 1 for b in raw))
slices = st.lists(
    st.builds(lambda h, b: bytes([h]) + b, st.sampled_from([SLICE, KEY_SLICE]), bodies), min_size=1
)
others = st.builds(lambda h, b: bytes([h]) + b, st.sampled_from([MESSAGE, PARAMETERS, DELIMITER]), bodies)


def by_length(units: list[bytes]) -> bytes:
    return b"".join(len(u).to_bytes(4, "big") + u for u in units)


def by_start_code(units: list[bytes]) -> bytes:
    return b"".join(b"\0\0\0\1" + u for u in units)


@given(slices, st.lists(others, max_size=3))
def test_framing_and_added_units_do_not_change_the_hash(units: list[bytes], added: list[bytes]) -> None:
    in_mp4 = PictureDigest("h264", AVC_RECORD).of(by_length(units))
    in_stream = PictureDigest("h264", b"\0\0\0\1\x67").of(by_start_code([*added, *units]))
    assert in_mp4 == in_stream
    assert len(in_mp4) == DIGEST_BYTES


@given(slices, st.data())
def test_one_changed_bit_of_a_slice_changes_the_hash(units: list[bytes], data: st.DataObject) -> None:
    digests = PictureDigest("h264", AVC_RECORD)
    changed = bytearray(by_length(units))
    last = len(changed) - 1
    changed[last] ^= 1 << data.draw(st.integers(0, 7))
    if changed[last]:
        assert digests.of(bytes(changed)) != digests.of(by_length(units))


def test_slices_divided_otherwise_are_other_pictures() -> None:
    digests = PictureDigest("h264", AVC_RECORD)
    assert digests.of(by_length([b"\x41\x41ab"])) != digests.of(by_length([b"\x41", b"\x41ab"]))


def test_zeros_after_a_unit_belong_to_the_framing() -> None:
    digests = PictureDigest("h264", b"")
    assert digests.of(b"\0\0\1\x65abc\0\0\0\1\x41d") == digests.of(b"\0\0\1\x65abc\0\0\1\x41d\0\0")


def test_hevc_is_hashed_without_its_parameters() -> None:
    coded, parameters = bytes([19 << 1, 1]) + b"coded", bytes([33 << 1, 1]) + b"parameters"
    in_mp4 = PictureDigest("hevc", HEVC_RECORD).of(by_length([coded]))
    assert in_mp4 == PictureDigest("hevc", b"").of(by_start_code([parameters, coded]))


@pytest.mark.parametrize("codec", ["mpeg2video", "vp9", "prores", "mjpeg"])
def test_other_codecs_are_hashed_as_they_are(codec: str) -> None:
    payload = by_length([b"\x65abc"])
    plain = hashlib.blake2b(payload, digest_size=DIGEST_BYTES).digest()
    assert PictureDigest(codec, AVC_RECORD).of(payload) == plain


@given(
    st.binary(max_size=60), st.sampled_from(["h264", "hevc"]), st.sampled_from([b"", AVC_RECORD, HEVC_RECORD])
)
def test_any_bytes_have_a_hash(payload: bytes, codec: str, extradata: bytes) -> None:
    digests = PictureDigest(codec, extradata)
    assert digests.of(payload) == digests.of(payload)
    assert len(digests.of(payload)) == DIGEST_BYTES


def test_lengths_that_do_not_add_up_are_no_reason_to_fail() -> None:
    payload = (1000).to_bytes(4, "big") + b"\x65abc"
    plain = hashlib.blake2b(payload, digest_size=DIGEST_BYTES).digest()
    assert PictureDigest("h264", AVC_RECORD).of(payload) == plain
