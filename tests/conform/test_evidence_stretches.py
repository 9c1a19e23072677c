"""Which frames are stated of runs of equal packets; packets are numbers here, nothing is decoded."""

import math
from fractions import Fraction
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from offcut.conform.evidence_stretches import (
    FULL_BITS,
    LEAST_BYTES,
    LEAST_FULL,
    LEAST_SHARE,
    coded,
    stretches,
)
from offcut.records import Exhibit, Measurement, Signal, StreamView
from offcut.timeline import FrameTimes

WIDTH_PX, HEIGHT_PX = 640, 360
FULL_BYTES = math.ceil(FULL_BITS * WIDTH_PX * HEIGHT_PX / 8)
TICK_S = Fraction(1, 25)

Row = tuple[int, int, bool, int]
"""Content, presentation time, whether it is a key packet, bytes."""


def filmed(rows: list[Row], *, shown: list[int] | None = None, codec: str = "h264") -> Measurement:
    """A file of these packets; frames are shown at `shown`, or at the times of all packets."""
    pts = np.asarray([r[1] for r in rows], np.int64)
    digests = np.repeat(np.asarray([r[0] for r in rows], np.uint64), 2).view(np.uint8).reshape(-1, 16)
    places = np.asarray([(100 * n, r[3], int(r[2]), 1) for n, r in enumerate(rows)], np.int64).reshape(-1, 4)
    times = np.asarray(sorted(set(pts.tolist() if shown is None else shown)), np.int64)
    view = StreamView(
        "mov",
        codec,
        WIDTH_PX,
        HEIGHT_PX,
        WIDTH_PX,
        HEIGHT_PX,
        0,
        "yuv420p",
        Fraction(1),
        None,
        False,
        None,
        None,
        None,
    )
    signals = {
        "packet_hash.digest": Signal("packet_hash.digest", 1, "1", TICK_S, pts, digests),
        "packet_hash.place": Signal("packet_hash.place", 1, "1", TICK_S, pts, places),
    }
    end = int(times[-1]) + 1 if len(times) else 1
    return Measurement(
        Exhibit(Path("film.mp4"), "0" * 64, 1), view, FrameTimes(TICK_S, times, end), signals, {}, "none"
    )


def group(content: int, at: int, *, packets: int = 20, size: int = 2000) -> list[Row]:
    """A key packet and those after it, shown in the order of the file."""
    return [(content + k, at + k, k == 0, size) for k in range(packets)]


def frames(release: Measurement, raw: Measurement) -> list[tuple[int, int, int]]:
    return sorted((s.first, s.raw_first, s.frames) for s in stretches(release, [raw]))


def test_a_group_that_is_shown_elsewhere_is_placed_to_the_frame() -> None:
    raw = filmed(group(100, 0) + group(200, 20) + group(300, 40))
    release = filmed(group(900, 0) + group(200, 20) + group(800, 40))
    assert frames(release, raw) == [(20, 20, 20)]
    assert frames(filmed(group(300, 0)), raw) == [(0, 40, 20)]


def test_a_run_that_begins_between_key_packets_counts_from_the_next_one() -> None:
    raw = filmed(group(100, 0) + group(200, 20))
    release = filmed([*group(900, 0)[:1], *group(100, 0)[3:], *group(200, 20)])
    assert frames(release, raw) == [(18, 20, 20)]


def test_pictures_shown_before_their_key_packet_rest_on_others_and_are_not_claimed() -> None:
    # An open group: two pictures are stored after the key packet and shown before it.
    opened = [(200, 22, True, 2000), (201, 20, False, 2000), (202, 21, False, 2000)]
    rest = [(203 + k, 23 + k, False, 2000) for k in range(17)]
    raw = filmed(group(100, 0) + opened + rest)
    release = filmed(opened + rest)
    assert frames(release, raw) == [(2, 22, 18)]
    # With the group before them, all they rest on is the same.
    assert frames(filmed(group(100, 0) + opened + rest), raw) == [(0, 0, 40)]


def test_a_frame_that_is_shown_in_one_file_only_parts_the_span() -> None:
    raw = filmed(group(100, 0, packets=20), shown=[k for k in range(20) if k != 9])
    assert frames(filmed(group(100, 0, packets=20)), raw) == [(0, 0, 9), (10, 9, 10)]


def test_packets_that_are_not_shown_are_counted() -> None:
    release = filmed(group(100, 0, packets=20), shown=list(range(6, 20)))
    (one,) = stretches(release, [filmed(group(100, 0, packets=20))])
    assert (one.first, one.raw_first, one.frames, one.not_shown) == (0, 6, 14, 6)


def test_a_time_that_two_packets_claim_names_no_frame() -> None:
    twice = filmed([(1, 0, True, 2000), (2, 0, False, 2000), (3, 1, False, 2000)])
    found = coded(twice)
    assert found is not None
    assert found.frame.tolist() == [-1, -1, 1]


def test_small_packets_and_repeats_prove_nothing() -> None:
    still = [(100, 0, True, 100_000)] + [(101 + k, 1 + k, False, FULL_BYTES - 1) for k in range(40)]
    assert frames(filmed(still), filmed(still)) == []
    repeated = [(100, 0, True, 100_000)] + [(101, 1 + k, False, 4000) for k in range(40)]
    assert frames(filmed(repeated), filmed(repeated)) == []
    keys = [(100 + k, k, True, 100_000) for k in range(LEAST_FULL)]
    assert frames(filmed(keys), filmed(keys)) == [(0, 0, LEAST_FULL)]
    assert frames(filmed(keys[1:]), filmed(keys[1:])) == []


def test_a_few_changes_in_a_long_repeat_prove_nothing() -> None:
    settling = [(100 + k, k, True, 100_000) for k in range(LEAST_FULL - 1)]
    longest = int(LEAST_FULL / LEAST_SHARE)
    for packets, wanted in ((longest, True), (longest + 1, False)):
        repeat = [(99, k, True, 100_000) for k in range(LEAST_FULL - 1, packets)]
        film = filmed(settling + repeat)
        assert bool(frames(film, film)) is wanted


def test_few_bytes_prove_nothing() -> None:
    size = LEAST_BYTES // 20
    assert frames(filmed(group(100, 0, size=size)), filmed(group(100, 0, size=size))) == []
    assert frames(filmed(group(100, 0, size=size + 1)), filmed(group(100, 0, size=size + 1))) != []


def test_another_codec_or_size_makes_other_pictures_of_the_same_bytes() -> None:
    one = filmed(group(100, 0))
    assert frames(one, filmed(group(100, 0), codec="hevc")) == []


@settings(deadline=None, max_examples=50)
@given(st.data())
def test_planted_groups_are_placed_exactly(data: st.DataObject) -> None:
    groups = data.draw(st.integers(2, 8))
    raw = filmed([row for g in range(groups) for row in group(1000 * (g + 1), 20 * g)])
    chosen = data.draw(st.lists(st.integers(-1, groups - 1), min_size=1, max_size=6))
    rows: list[Row] = []
    wanted: list[tuple[int, int, int]] = []
    for number, which in enumerate(chosen):
        at = 20 * number
        content = 1000 * (which + 1) if which >= 0 else 10**6 * (number + 1)
        rows += group(content, at)
        if which < 0:
            continue
        if number and wanted and chosen[number - 1] == which - 1 >= 0:
            first, raw_first, count = wanted.pop()
            wanted.append((first, raw_first, count + 20))
        else:
            wanted.append((at, 20 * which, 20))
    assert frames(filmed(rows), raw) == sorted(wanted)
