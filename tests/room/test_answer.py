import os
from collections.abc import Callable, Iterable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pipe_cases import received

from offcut.decode.limits import Limits
from offcut.records import Signal
from offcut.room.answer import Answer, Expected, Message
from offcut.room.wire import CutOffError, Reader, TooMuchError, WireError, Writer
from offcut.timeline import FrameTimes

LIMITS = Limits(max_frames=1000, output_bytes=2**20)
MEASURE = Expected("measure", LIMITS, {"picture.luma": 1, "packets.size": 1, "features.points": 1})
VIEW = {
    **{"format": "mp4", "video_codec": "h264", "width_px": 4, "height_px": 4, "coded_width_px": 4},
    **{"coded_height_px": 4, "rotation_deg": 90, "pixel_format": "yuv420p", "pixel_aspect": [1, 1]},
    **{"declared_rate_hz": [30000, 1001], "is_interlaced": False, "audio_codec": None},
    **{"audio_rate_hz": None, "audio_channels": None},
}
ROOM = ("room", {"level": "L2", "parts": ["seccomp"]})
SIGNAL = {
    "name": "packets.size",
    "version": 1,
    "unit": "bytes",
    "tick_s": [1, 25],
    "dtype": "i4",
    "shape": [1, 2],
}
ROW = (np.array([5], np.int64), np.array([[7, 1]], np.int32))
FRAMES = ("frames", {"tick_s": [1, 25], "rows": 2, "end_pts": 9}, np.array([1, 4], np.int64))
END = ("end", {"versions": {"pyav": "18"}, "damage": ["a\x1bb"]})
Sent = tuple[Any, ...]


def answered(messages: Iterable[Sent], expected: Expected = MEASURE) -> list[Message]:
    def write(target: int) -> None:
        writer = Writer(target)
        for kind, fields, *values in messages:
            writer.send(kind, fields, *values)

    return raw_answered(write, expected)


def raw_answered(write: Callable[[int], None], expected: Expected = MEASURE) -> list[Message]:
    def read(source: int) -> list[Message]:
        reader = Reader(source, most_bytes=expected.limits.output_bytes)
        return list(Answer(reader, expected).messages())

    result = received(write, read)
    assert isinstance(result, list)
    return result


def whole(*middle: Sent) -> list[Sent]:
    return [ROOM, ("view", VIEW), *middle, FRAMES, END]


def test_an_honest_answer_arrives_as_it_was_sent() -> None:
    room, view, signal, frames, end = answered(whole(("signal", SIGNAL, *ROW)))
    assert room.words == "L2: seccomp"  # type: ignore[union-attr]
    assert view.declared_rate_hz == Fraction(30000, 1001)  # type: ignore[union-attr]
    assert isinstance(signal, Signal)
    assert (signal.pts.tolist(), signal.values.tolist(), signal.tick_s) == ([5], [[7, 1]], Fraction(1, 25))
    assert isinstance(frames, FrameTimes)
    assert (frames.pts.tolist(), frames.end_pts) == ([1, 4], 9)
    assert end.damage == (r"a\x1bb",)  # type: ignore[union-attr]


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=300))
def test_random_bytes_are_an_invalid_answer_and_nothing_else(noise: bytes) -> None:
    with pytest.raises(WireError):
        raw_answered(lambda target: void(os.write(target, noise)))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)


good_messages = [ROOM, ("view", VIEW), ("signal", SIGNAL, *ROW), ("progress", {"done": 1.5}), FRAMES, END]


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_one_field_changed_to_anything_is_refused_or_harmless(data: st.DataObject) -> None:
    messages = [list(m) for m in whole(good_messages[2], good_messages[3])]
    at = data.draw(st.integers(0, len(messages) - 1))
    field = data.draw(st.sampled_from(sorted(messages[at][1])))
    messages[at][1] = {**messages[at][1], field: data.draw(json_values)}
    problem = ""
    got: list[Message] = []
    try:
        got = answered([tuple(m) for m in messages])
    except WireError as error:
        problem = str(error)
    assert len(problem) < 300
    assert problem.isprintable()
    for message in got:
        texts = [
            value for name in ("name", "unit", "format", "damage") if (value := getattr(message, name, ""))
        ]
        assert "".join("".join(text) for text in texts).isprintable()
        assert not isinstance(message, Signal) or message.name in MEASURE.signals


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(good_messages), max_size=7))
def test_only_a_well_formed_order_is_taken(messages: list[Sent]) -> None:
    kinds = [m[0] for m in messages]
    in_order = (
        kinds[:2] == ["room", "view"]
        and kinds[-2:] == ["frames", "end"]
        and set(kinds[2:-2]) <= {"signal", "progress"}
    )
    try:
        answered(messages)
    except WireError:
        assert not in_order
    else:
        assert in_order


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 10_000))
def test_an_answer_cut_off_anywhere_is_said_to_be_cut_off(length: int) -> None:
    def write(target: int) -> None:
        for message in whole(("signal", SIGNAL, *ROW)):
            Writer(target).send(*message)

    text = received(write, lambda source: b"".join(iter(lambda: os.read(source, 65536), b"")))
    with pytest.raises(CutOffError):
        raw_answered(lambda target: void(os.write(target, text[: length % len(text)])))


@pytest.mark.parametrize(
    ("change", "values", "words"),
    [
        ({"name": "telemetry.place"}, ROW, "was not asked for"),
        ({"version": 2}, ROW, "a whole number from 1 to 1"),
        ({"version": True}, ROW, "a whole number from 1 to 1"),
        ({"dtype": "O"}, ROW, "numbers of type 'O'"),
        ({"tick_s": [0, 1]}, ROW, "a whole number from 1"),
        ({"shape": [-1, 2]}, (), "a whole number from 0"),
        ({"shape": [1, 0]}, (), "a whole number from 1"),
        ({"shape": [1, 1, 1, 1, 1]}, (), "a shape belongs"),
        ({"shape": [2**20, 2]}, (), "more bytes than the limit allows"),
        ({"shape": [1, 2**24]}, ROW, "a block of 67,108,864 bytes|more bytes"),
        ({"unit": "x" * 2000}, ROW, "no text of a sensible length"),
        ({"extra": 1}, ROW, "fields it does not have"),
        ({}, (np.array([2**62], np.int64), ROW[1]), "times beyond any clock"),
    ],
)
def test_a_signal_that_breaks_a_rule_is_refused(change: dict[str, Any], values: Sent, words: str) -> None:
    with pytest.raises(WireError, match=words):
        answered(whole(("signal", {**SIGNAL, **change}, *values)))


def rows(name: str, *pts: int, **change: Any) -> Sent:
    fields = {**SIGNAL, "name": name, "shape": [len(pts), 2], **change}
    return ("signal", fields, np.array(pts, np.int64), np.zeros((len(pts), 2), np.int32))


def test_times_rise_where_there_is_one_row_a_frame_also_across_blocks() -> None:
    answered(whole(rows("picture.luma", 1), rows("picture.luma", 4)))
    with pytest.raises(WireError, match=r"times of picture\.luma that go back"):
        answered(whole(rows("picture.luma", 1), rows("picture.luma", 1)))
    answered(whole(rows("features.points", 1, 1), rows("features.points", 1, 2)))
    with pytest.raises(WireError, match=r"times of features\.points that go back"):
        answered(whole(rows("features.points", 2, 1)))
    answered(whole(rows("packets.size", 9, 3)))


def test_blocks_of_one_signal_belong_together_and_match_the_frames() -> None:
    with pytest.raises(WireError, match="do not belong together"):
        answered(whole(rows("packets.size", 1), rows("packets.size", 2, unit="s")))
    with pytest.raises(WireError, match=r"3 rows of picture\.luma for 2 frames"):
        answered(whole(rows("picture.luma", 1, 4, 5)))


@pytest.mark.parametrize(
    "pts", [[4, 4], [4, 1], [-(2**63), 2**63 - 1]], ids=["twice", "backwards", "beyond any clock"]
)
def test_frames_are_in_order_and_on_a_clock(pts: list[int]) -> None:
    frames = ("frames", {"tick_s": [1, 25], "rows": 2, "end_pts": 9}, np.array(pts, np.int64))
    with pytest.raises(WireError):
        answered([ROOM, ("view", VIEW), frames, END])


def test_more_frames_than_the_limit_are_refused_before_they_are_read() -> None:
    frames = ("frames", {"tick_s": [1, 25], "rows": 1001, "end_pts": 9})
    with pytest.raises(WireError, match="a whole number from 1 to 1000"):
        answered([ROOM, ("view", VIEW), frames])


def test_a_room_that_sends_more_than_it_may_is_stopped() -> None:
    block = (
        "signal",
        {**SIGNAL, "shape": [2**14, 2]},
        np.zeros(2**14, np.int64),
        np.zeros((2**14, 2), np.int32),
    )
    answered(whole(block, block))
    with pytest.raises(TooMuchError):
        answered(whole(*[block] * 9))


def test_a_picture_must_be_one_that_was_wanted_once_and_fit() -> None:
    grab = Expected("grab", LIMITS, wanted_pts=frozenset({3}), longest_px=8)
    picture = ("picture", {"pts": 3, "shape": [4, 8]}, np.ones((4, 8, 3), np.uint8))
    assert len(answered([ROOM, picture, END], grab)) == 3
    for lie in (
        [ROOM, picture, picture, END],
        [ROOM, ("picture", {"pts": 4, "shape": [4, 8]}, picture[2]), END],
        [ROOM, ("picture", {"pts": 3, "shape": [4, 80]}, picture[2]), END],
        [ROOM, ("picture", {"pts": True, "shape": [4, 8]}, picture[2]), END],
        [ROOM, ("view", VIEW), END],
    ):
        with pytest.raises(WireError):
            answered(lie, grab)


def void(_: object) -> None:
    return None
