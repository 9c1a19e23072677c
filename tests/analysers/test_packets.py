from fractions import Fraction

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from analysers.streams import fed, frame
from offcut.analysers.packets import Packets
from offcut.measure import Item
from offcut.records import Packet

stamps = st.none() | st.integers(-(10**6), 10**9)
packets = st.builds(Packet, stamps, stamps, st.integers(0, 2**31 - 1), st.booleans())


@settings(deadline=None)
@given(st.lists(packets, max_size=30))
def test_every_packet_is_one_row_in_the_order_of_the_file(stream: list[Packet]) -> None:
    (signal,) = fed(Packets(), list(stream))
    assert signal.values.tolist() == [[p.size_bytes, int(p.is_key)] for p in stream]
    assert signal.values.dtype == np.int32


@settings(deadline=None)
@given(st.lists(packets, min_size=1, max_size=30))
def test_a_packet_keeps_its_own_time_if_it_has_one(stream: list[Packet]) -> None:
    (signal,) = fed(Packets(), list(stream))
    for pts, packet in zip(signal.pts.tolist(), stream, strict=True):
        if packet.pts is not None:
            assert pts == packet.pts
        elif packet.dts is not None:
            assert pts == packet.dts


def test_a_packet_without_any_time_takes_the_one_before() -> None:
    (signal,) = fed(
        Packets(), [Packet(None, None, 1, True), Packet(7, 5, 1, False), Packet(None, None, 1, False)]
    )
    assert signal.pts.tolist() == [0, 7, 7]


def test_packets_before_the_first_frame_are_on_the_clock_of_the_frames() -> None:
    items: list[Item] = [Packet(0, 0, 9, True), frame(0, 0)]
    (signal,) = fed(Packets(), items)
    assert signal.tick_s == Fraction(1, 90_000)
