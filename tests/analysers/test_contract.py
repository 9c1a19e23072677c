"""What every analyser owes; a new one is covered by being named in `BUILT_IN`."""

import gc
import weakref
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysers.streams import fed, frame, rows, sound, streams
from offcut.analysers import BUILT_IN, SIGNALS, VERSIONS
from offcut.measure import Item
from offcut.records import Frame, Packet, Sound
from offcut.room.frozen import frozen, thawed

every = pytest.mark.parametrize("name", sorted(BUILT_IN))


def whole_file() -> list[Item]:
    """Three seconds with everything in it."""
    items: list[Item] = []
    for k in range(45):
        packet = Packet(k * 6000, k * 6000, 100 + k, k % 12 == 0, 48 + 200 * k, bytes([k] * 16))
        items += [packet, frame(k, k * 6000), sound(k * 533, 533)]
    return items


def same(a: dict[str, tuple[np.ndarray, np.ndarray]], b: dict[str, tuple[np.ndarray, np.ndarray]]) -> bool:
    return list(a) == list(b) and all(
        x.dtype == y.dtype and x.shape == y.shape and (x == y).all()
        for k in a
        for x, y in zip(a[k], b[k], strict=True)
    )


def test_every_analyser_has_a_version_and_names_its_signals() -> None:
    assert set(BUILT_IN) == set(VERSIONS) == set(SIGNALS)
    names = [name for named in SIGNALS.values() for name in named]
    assert len(set(names)) == len(names)


@every
def test_an_empty_stream_gives_signals_without_rows(name: str) -> None:
    signals = BUILT_IN[name]().take(last=True)
    assert [s.name for s in signals] == list(SIGNALS[name])
    assert all(len(s.pts) == len(s.values) == 0 for s in signals)


@every
def test_an_empty_signal_has_the_type_and_columns_of_a_full_one(name: str) -> None:
    empty, full = BUILT_IN[name]().take(last=True), fed(BUILT_IN[name](), whole_file())
    assert all(len(f.pts) for f in full)
    for nothing, something in zip(empty, full, strict=True):
        assert (nothing.values.dtype, nothing.values.ndim) == (something.values.dtype, something.values.ndim)
        assert nothing.unit == something.unit


@every
def test_every_call_gives_the_same_signals_in_the_same_order(name: str) -> None:
    analyser = BUILT_IN[name]()
    for item in whole_file():
        analyser.push(item)
        given_ = analyser.take(last=False)
        assert [(s.name, s.version) for s in given_] == [(n, VERSIONS[name]) for n in SIGNALS[name]]
        assert all(s.pts.dtype == np.int64 and len(s.pts) == len(s.values) for s in given_)


@every
@settings(max_examples=20, deadline=None)
@given(items=streams(), data=st.data())
def test_rows_do_not_depend_on_how_often_they_are_asked_for(
    name: str, items: list[Item], data: st.DataObject
) -> None:
    after = data.draw(st.sets(st.integers(0, max(0, len(items) - 1))))
    once = rows(fed(BUILT_IN[name](), items))
    often = rows(fed(BUILT_IN[name](), items, takes_after=sorted(after)))
    assert same(once, often)


@every
def test_the_same_stream_gives_the_same_numbers_to_the_bit(name: str) -> None:
    assert same(rows(fed(BUILT_IN[name](), whole_file())), rows(fed(BUILT_IN[name](), whole_file())))


@every
def test_rows_are_in_the_order_of_the_stream(name: str) -> None:
    for pts, _ in rows(fed(BUILT_IN[name](), whole_file())).values():
        assert (np.diff(pts) >= 0).all()


@every
def test_no_frame_and_no_sound_is_kept_or_changed(name: str) -> None:
    analyser = BUILT_IN[name]()
    kept: list[weakref.ref[np.ndarray]] = []
    for k in range(20):
        one = frame(k, k * 6000, width_px=640, height_px=360)
        run = sound(k * 8000, 8000)
        arrays: list[np.ndarray] = [one.luma, one.chroma, run.samples]
        before = [array.tobytes() for array in arrays]
        analyser.push(one)
        analyser.push(run)
        assert [array.tobytes() for array in arrays] == before
        kept += [weakref.ref(array) for array in arrays]
    del one, run, arrays
    gc.collect()
    alive = sum(ref() is not None for ref in kept)
    assert alive == 0, f"{alive} of {len(kept)} arrays of the stream are still held"


@every
def test_what_is_given_owns_its_memory(name: str) -> None:
    items = whole_file()
    signals = fed(BUILT_IN[name](), items)
    before = [s.values.copy() for s in signals]
    for item in items:
        if isinstance(item, Frame):
            item.luma[:] = 0
            item.chroma[:] = 0
        if isinstance(item, Sound):
            item.samples[:] = 0
    assert all((b == s.values).all() for b, s in zip(before, signals, strict=True))


@every
def test_a_stream_of_one_picture_is_measured(name: str) -> None:
    one = replace(frame(0, 4500), index=7)
    for signal in fed(BUILT_IN[name](), [one]):
        if signal.name.startswith(("picture.", "strip.")):
            assert signal.pts.tolist() == [4500]


@every
@pytest.mark.parametrize("at", [0, 1, 50, 133])
def test_an_analyser_that_was_written_down_goes_on_as_if_nothing_had_been(name: str, at: int) -> None:
    whole, broken = BUILT_IN[name](), BUILT_IN[name]()
    for item in whole_file()[:at]:
        whole.push(item)
        broken.push(item)
    whole.take(last=False)
    broken.take(last=False)
    broken = thawed(frozen(broken))
    for item in whole_file()[at:]:
        whole.push(item)
        broken.push(item)
    for one, other in zip(whole.take(last=True), broken.take(last=True), strict=True):
        assert (one.name, one.tick_s, one.values.dtype) == (other.name, other.tick_s, other.values.dtype)
        assert np.array_equal(one.pts, other.pts)
        assert np.array_equal(one.values, other.values)
