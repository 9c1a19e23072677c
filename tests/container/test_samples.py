import io
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from offcut.container.isobmff import Damage, Reader, walk
from offcut.container.samples import Edit, Runs, extents, hidden_media, read_table, timing
from offcut.testing.small_movie import table


def rows(*values: tuple[int, ...]) -> np.ndarray:
    return np.asarray(values, dtype=np.int64).reshape(len(values), -1)


def one_by_one(stts: list[tuple[int, int]], ctts: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Every sample as (start, end), expanded the slow way."""
    offsets = [o - 2**32 if o >= 2**31 else o for n, o in ctts for _ in range(n)]
    samples: list[tuple[int, int]] = []
    decoded = 0
    for count, delta in stts:
        for _ in range(count):
            offset = offsets[len(samples)] if len(samples) < len(offsets) else 0
            samples.append((decoded + offset, decoded + offset + delta))
            decoded += delta
    return samples


counts = st.integers(0, 6)
decoding = st.lists(st.tuples(counts, st.integers(0, 9)), min_size=1, max_size=6)
offsets = st.lists(
    st.tuples(counts, st.one_of(st.integers(0, 30), st.integers(2**32 - 9, 2**32 - 1))), max_size=6
)


@given(decoding, offsets, st.integers(-20, 120))
def test_runs_say_the_same_as_samples_one_by_one(
    stts: list[tuple[int, int]], ctts: list[tuple[int, int]], time: int
) -> None:
    samples = one_by_one(stts, ctts)
    runs = timing(rows(*stts), rows(*ctts) if ctts else None)
    if not samples:
        assert runs is None
        return
    assert runs is not None
    assert runs.samples == len(samples)
    assert [runs.time_of(i) for i in range(len(samples))] == [start for start, _ in samples]
    assert runs.start == min(start for start, _ in samples)
    assert runs.end == max(end for _, end in samples)
    assert runs.ended_by(time) == sum(end <= time for _, end in samples)
    assert runs.begun_before(time) == sum(start < time for start, _ in samples)


def test_four_thousand_million_samples_cost_one_run() -> None:
    runs = timing(rows((2**32 - 1, 1001)), rows((2**32 - 1, 2002)))
    assert runs is not None
    assert len(runs.count) == 1
    assert runs.samples == 2**32 - 1
    assert runs.ended_by(2002 + 1001 * 10) == 10


def test_times_that_overflow_are_not_computed() -> None:
    assert timing(rows(*[(2**32 - 1, 2**32 - 1)] * 4), None) is None


def runs_of(samples: int, *, delay: int = 0) -> Runs:
    runs = timing(rows((samples, 512)), rows((samples, delay)) if delay else None)
    assert runs is not None
    return runs


def hidden(runs: Runs, *edits: tuple[int, int]) -> dict[str, tuple[Fraction, int]]:
    listed = [Edit(duration, at, Fraction(1)) for duration, at in edits]
    found = hidden_media(runs, listed, media_timescale=15360, movie_timescale=1000)
    return {place: (h.duration_s, h.samples) for place, h in found.items()}


def test_what_the_edit_list_leaves_out_is_measured_on_both_sides() -> None:
    assert hidden(runs_of(30), (500, 2560)) == {
        "before_start": (Fraction(1, 6), 5),
        "between": (Fraction(0), 0),
        "after_end": (Fraction(1, 3), 10),
    }


def test_the_delay_of_reordered_pictures_is_not_hidden_media() -> None:
    assert hidden(runs_of(30, delay=1024), (1000, 1024))["before_start"] == (Fraction(0), 0)
    assert hidden(runs_of(30, delay=1024), (1000, 1024 + 1536))["before_start"] == (Fraction(1, 10), 3)


def test_a_skipped_span_between_two_edits_is_measured() -> None:
    assert hidden(runs_of(30), (200, 0), (200, 10 * 512))["between"] == (Fraction(2, 15), 4)


def test_the_order_of_edits_does_not_hide_anything() -> None:
    found = hidden(runs_of(30), (500, 15 * 512), (500, 0))
    assert {n for _, n in found.values()} == {0}


def test_an_edit_that_shows_nothing_hides_nothing() -> None:
    assert hidden(runs_of(30), (500, -1)) == {}


def test_an_edit_without_duration_lasts_to_the_end() -> None:
    assert hidden(runs_of(30), (0, 0))["after_end"] == (Fraction(0), 0)


def test_a_table_gives_the_rows_that_are_there_and_reports_the_lie() -> None:
    honest = table(b"stts", (5, 512), (6, 512))
    lying = honest[:12] + b"\xff\xff\xff\xff" + honest[16:]
    reader = Reader(io.BytesIO(lying))
    damage = Damage()
    read = read_table(reader, walk(reader).root.children[0], damage, columns=2)
    assert read.tolist() == [[5, 512], [6, 512]]
    assert damage.lines() == ["byte 0: table 'stts' declares 4,294,967,295 entries but holds 2"]


@pytest.mark.parametrize("sizes", [10, np.asarray([10] * 7)])
def test_chunks_end_where_their_samples_end(sizes: int | np.ndarray) -> None:
    found = extents(np.asarray([100, 200, 300]), rows((1, 3, 1), (3, 1, 1)), sizes)
    assert found is not None
    assert found.end.tolist() == [130, 230, 310]


def test_chunk_tables_that_contradict_themselves_give_no_extents() -> None:
    chunks = np.asarray([100, 200])
    assert extents(chunks, rows((2, 1, 1)), 10) is None
    assert extents(chunks, rows((1, 1, 1), (1, 2, 1)), 10) is None
    assert extents(chunks, rows((1, 2**32 - 1, 1)), 2**32 - 1) is None
