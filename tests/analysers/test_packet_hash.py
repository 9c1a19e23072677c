from fractions import Fraction

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from analysers.streams import fed, frame
from offcut.analysers.packet_hash import AT_BYTE, HAS_TIME, IS_KEY, SIZE_BYTES, PacketHash
from offcut.records import Packet

stamps = st.none() | st.integers(-(10**6), 10**9)
packets = st.builds(
    Packet,
    stamps,
    stamps,
    st.integers(0, 2**31 - 1),
    st.booleans(),
    st.none() | st.integers(0, 2**50),
    st.binary(min_size=16, max_size=16),
)


@settings(deadline=None)
@given(st.lists(packets, max_size=20))
def test_every_packet_is_one_row_in_the_order_of_the_file(stream: list[Packet]) -> None:
    digest, place = fed(PacketHash(), list(stream))
    assert [row.tobytes() for row in digest.values] == [p.digest for p in stream]
    assert place.values[:, SIZE_BYTES].tolist() == [p.size_bytes for p in stream]
    assert place.values[:, IS_KEY].tolist() == [int(p.is_key) for p in stream]
    assert place.values[:, HAS_TIME].tolist() == [int(p.pts is not None) for p in stream]
    assert digest.pts.tolist() == place.pts.tolist() == [p.pts or 0 for p in stream]


def test_an_unknown_place_is_minus_one() -> None:
    _, place = fed(
        PacketHash(), [Packet(0, 0, 9, True, None, bytes(16)), Packet(1, 1, 9, True, 48, bytes(16))]
    )
    assert place.values[:, AT_BYTE].tolist() == [-1, 48]


def test_a_packet_that_was_not_hashed_has_no_row() -> None:
    digest, place = fed(PacketHash(), [Packet(0, 0, 9, True), Packet(1, 1, 9, False, 7, b"short")])
    assert len(digest.pts) == len(place.pts) == 0
    assert (digest.values.dtype, place.values.dtype) == (np.dtype(np.uint8), np.dtype(np.int64))


def test_packets_are_on_the_clock_of_the_frames() -> None:
    digest, _ = fed(PacketHash(), [Packet(0, 0, 9, True, 0, bytes(16)), frame(0, 0)])
    assert digest.tick_s == Fraction(1, 90_000)
