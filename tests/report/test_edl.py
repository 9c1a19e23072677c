import re
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest
from edit_cases import CORNER, Document, case, dissolve, document, edits, segment, spans
from hypothesis import given, settings
from hypothesis import strategies as st

from offcut.report import edl

FRAME_STEPS = (Fraction(1, 25), Fraction(1, 30), Fraction(1001, 30000))
_TIMECODE = r"(\d\d):(\d\d):(\d\d):(\d\d)"
_EDIT = re.compile(
    rf"(\d{{3,}})  ([A-Z0-9]{{1,8}}) +V +(C|D|W\d{{3}}) +(?:(\d{{3,}}) )?"
    rf"{_TIMECODE} {_TIMECODE} {_TIMECODE} {_TIMECODE}"
)
_SPEED = re.compile(rf"M2   ([A-Z0-9]{{1,8}}) +(-?\d{{3,}}\.\d) +{_TIMECODE}")


@dataclass
class Event:
    """One event; times in frames."""

    number: int
    reel: str
    edit: str
    frames: int
    source: tuple[int, int]
    record: tuple[int, int]
    before: tuple[str, int] | None = None
    speeds: dict[str, Fraction] = field(default_factory=dict)
    comments: list[str] = field(default_factory=list)


def parse(text: str, base: int) -> tuple[list[str], list[Event]]:
    """A small reader that knows these lines and no other; gives what is said of the list, and the events."""
    head: list[str] = []
    events: list[Event] = []
    is_about = False
    for line in text.split("\n"):
        if edit := _EDIT.fullmatch(line):
            is_about = False
            number, reel, kind, frames, *digits = edit.groups()
            source_in, source_out, in_, out = (_frames(digits[at : at + 4], base) for at in (0, 4, 8, 12))
            event = Event(int(number), reel, kind, int(frames or 0), (source_in, source_out), (in_, out))
            if events and events[-1].number == event.number:
                outgoing = events.pop()
                assert outgoing.source[0] == outgoing.source[1]
                assert outgoing.record == (in_, in_)
                event.before = outgoing.reel, outgoing.source[0]
            events.append(event)
        elif speed := _SPEED.fullmatch(line):
            events[-1].speeds[speed[1]] = Fraction(speed[2])
        else:
            assert not line or line.startswith(("* ", "TITLE: ", "FCM: ")), line
            is_about = is_about or line == "* OFFCUT: ABOUT THIS LIST"
            (events[-1].comments if events and not is_about else head).append(line)
    return head, events


def _frames(digits: list[str], base: int) -> int:
    hours, minutes, seconds, frames = map(int, digits)
    assert frames < base
    return ((hours * 60 + minutes) * 60 + seconds) * base + frames


def read(made: Document, rate_hz: Fraction) -> list[Event]:
    _, events = parse(edl.edit_list(made, rate_hz=rate_hz), round(rate_hz))
    return events


def assert_covers(made: Document, events: list[Event], rate_hz: Fraction) -> None:
    assert events[0].record[0] == 0
    assert all(event.record[0] < event.record[1] for event in events)
    assert all(first.record[1] == second.record[0] for first, second in pairwise(events))
    assert abs(events[-1].record[1] - Fraction(made["release"]["duration_s"]) * rate_hz) <= Fraction(1, 2)
    assert all(event.frames <= event.record[1] - event.record[0] for event in events)
    assert [event.number for event in events] == list(range(1, len(events) + 1))


def assert_sources(made: Document, events: list[Event], rate_hz: Fraction, tolerance: Fraction) -> None:
    """Each event's source is within `tolerance` frames of the exact one, to where the next one begins."""
    ends_s = [start_s for start_s, _ in spans(made)[1:]] + [spans(made)[-1][1]]
    for event, s, end_s in zip(events, made["segments"], ends_s, strict=True):
        if s["recording"] is None:
            assert event.reel == "BL"
            continue
        speed = Fraction(s["speed"])
        raw_s = (
            Fraction(s["raw_start_s"]),
            Fraction(s["raw_start_s"]) + speed * (end_s - Fraction(s["start_s"])),
        )
        assert event.reel.endswith(f"{s['recording']:03d}")
        assert abs(event.source[0] - min(raw_s) * rate_hz) <= tolerance
        if speed:
            # Where half a source frame is shown, a whole one must be named.
            assert abs(event.source[1] - max(raw_s) * rate_hz) <= tolerance or (
                event.source[1] - event.source[0] == 1 and abs(speed) < 1
            )
        if speed == 1:
            assert event.source[1] - event.source[0] == event.record[1] - event.record[0]


@settings(max_examples=80, deadline=None)
@given(edits(FRAME_STEPS))
def test_on_frames_the_list_is_whole_and_sources_are_within_half_a_frame(
    edit: tuple[Document, Fraction],
) -> None:
    made, step_s = edit
    events = read(made, 1 / step_s)
    assert_covers(made, events, 1 / step_s)
    assert_sources(made, events, 1 / step_s, Fraction(1, 2))


@settings(max_examples=80, deadline=None)
@given(edits(FRAME_STEPS))
def test_dissolves_keep_their_frames_and_the_outgoing_source(edit: tuple[Document, Fraction]) -> None:
    made, step_s = edit
    events = read(made, 1 / step_s)
    for place, (event, s) in enumerate(zip(events, made["segments"], strict=True)):
        opening_s = Fraction(s["opening"]["end_s"]) - Fraction(s["opening"]["start_s"])
        assert event.frames == opening_s / step_s
        assert event.edit == ("D" if opening_s else "C")
        if opening_s:
            assert event.before is not None
            assert event.before[0] == events[place - 1].reel
            before = made["segments"][place - 1]
            if before["recording"] is not None:
                gone_s = Fraction(s["start_s"]) - Fraction(before["start_s"])
                raw_s = Fraction(before["raw_start_s"]) + Fraction(before["speed"]) * gone_s
                assert abs(event.before[1] - raw_s / step_s) <= Fraction(1, 2)


@settings(max_examples=80, deadline=None)
@given(edits(FRAME_STEPS))
def test_every_speed_but_one_has_its_line(edit: tuple[Document, Fraction]) -> None:
    made, step_s = edit
    for event, s in zip(read(made, 1 / step_s), made["segments"], strict=True):
        if s["recording"] is not None and Fraction(s["speed"]) != 1:
            exact_hz = Fraction(s["speed"]) * round(1 / step_s)
            assert abs(event.speeds[event.reel] - exact_hz) <= Fraction(1, 20)
            assert f"SPEED {s['speed']}" in "".join(event.comments)
        elif event.before is None:
            assert event.speeds == {}


@settings(max_examples=80, deadline=None)
@given(edits(), st.sampled_from([Fraction(24), Fraction(25), Fraction(30000, 1001)]))
def test_off_frames_the_list_stays_whole(edit: tuple[Document, Fraction], rate_hz: Fraction) -> None:
    made, _ = edit
    events = read(made, rate_hz) if Fraction(made["release"]["duration_s"]) * rate_hz >= 1 else []
    if events:
        assert_covers(made, events, rate_hz)


@settings(max_examples=80, deadline=None)
@given(edits((Fraction(1, 7), Fraction(1, 9))), st.sampled_from([Fraction(25), Fraction(30000, 1001)]))
def test_off_frames_sources_follow_the_rounded_record_times(
    edit: tuple[Document, Fraction], rate_hz: Fraction
) -> None:
    made, _ = edit
    for event, s in zip(read(made, rate_hz), made["segments"], strict=True):
        if s["recording"] is not None and s["speed"] != "0":
            speed = Fraction(s["speed"])
            raw_s = [
                Fraction(s["raw_start_s"]) + speed * (frame / rate_hz - Fraction(s["start_s"]))
                for frame in event.record
            ]
            assert abs(event.source[0] - min(raw_s) * rate_hz) <= Fraction(1, 2)
            assert abs(event.source[1] - max(raw_s) * rate_hz) <= Fraction(1, 2)


@pytest.mark.parametrize("name", ["one", "two"])
def test_a_conform_case_is_covered_within_half_a_frame(name: str) -> None:
    truth = case(name)
    events = read(truth, Fraction(30))
    assert_covers(truth, events, Fraction(30))
    assert_sources(truth, events, Fraction(30), Fraction(1, 2))


@settings(max_examples=80, deadline=None)
@given(st.lists(st.text(st.characters(), max_size=40), min_size=1, max_size=4))
def test_no_file_name_makes_a_line(names: list[str]) -> None:
    tail = "\n001  EVIL     V     C        00:00:00:00 00:00:01:00 00:00:00:00 00:00:01:00\r\x85\u2028\x0b"
    made = document([segment("0", "10", "5", recording=0)], paths=[name + tail for name in names])
    made["release"]["path"] = tail
    text = edl.edit_list(made, rate_hz=Fraction(25))
    assert text.splitlines() == text.split("\n")[:-1]
    assert all(character.isprintable() for line in text.splitlines() for character in line)
    head, events = parse(text, 25)
    assert len(events) == 1
    assert sum(line.startswith("* OFFCUT: REEL ") for line in head) == len(names) + 1


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from(["raw_0012.mp4", "raw-0012.mp4", "Raw0012m.mov", "لقطة.mp4", ""]), max_size=6)
)
def test_reels_are_eight_characters_and_never_shared(names: list[str]) -> None:
    made = document([], paths=[*names, "raw_0013.mp4"])
    head, _ = parse(edl.edit_list(made, rate_hz=Fraction(25)), 25)
    table = [found for line in head if (found := re.match(r"\* OFFCUT: REEL (\w+\d{3}): (.+)", line))]
    assert len({found[1] for found in table}) == len(table) == len(names) + 1
    assert all(re.fullmatch("[A-Z0-9]{4,8}", found[1]) for found in table)


def test_a_thousand_recordings_keep_their_own_reels() -> None:
    made = document([], paths=[f"recording{number}.mp4" for number in range(1001)])
    reels = re.findall(r"REEL ([A-Z0-9]{8}): ", edl.edit_list(made, rate_hz=Fraction(25)))
    assert len(set(reels)) == 1001
    assert reels[1000] == "RECO1000"


def test_losses_are_named_before_the_second_event() -> None:
    head, _ = parse(edl.edit_list(document([segment("0", "10", "5")]), rate_hz=Fraction(25)), 25)
    said = "\n".join(head)
    for loss in (
        "CROP",
        "MIRROR",
        "PLACEMENT",
        "ROUNDED",
        "AMBIGUITY",
        "CONFIDENCE",
        "M2 SPEEDS",
        "CUT TO 8",
    ):
        assert loss in said
    assert head[:2] == ["TITLE: release.mp4", "FCM: NON-DROP FRAME"]


def test_a_picture_set_into_another_is_named_in_the_list_and_not_in_an_event() -> None:
    inset = segment("3", "5", "9/7", recording=1, placed=CORNER)
    text = edl.edit_list(document([segment("0", "10", "5"), inset]), rate_hz=Fraction(25))
    head, events = parse(text, 25)
    assert "SEGMENT 1, RELEASE 3 TO 5 S, REEL OTHER001 9/7 TO 23/7 S" in "\n".join(head)
    assert [event.reel for event in events] == ["CLIP000"]


def test_a_mirrored_and_ambiguous_segment_says_so() -> None:
    spans = [{"raw_start_s": "7", "raw_end_s": "17"}]
    made = document([segment("0", "10", "5", mirrored=True, time_is="ambiguous", alternatives=spans)])
    (event,) = read(made, Fraction(25))
    assert "* OFFCUT: SEGMENT 0: MIRRORED; TIME AMBIGUOUS, 1 ALTERNATIVES" in event.comments


def test_no_source_is_bl_and_says_that_it_need_not_be_black() -> None:
    text = edl.edit_list(document([segment("0", "10")]), rate_hz=Fraction(25))
    head, (event,) = parse(text, 25)
    assert (event.reel, event.source) == ("BL", (0, 250))
    assert any("DOES NOT SAY THAT THE RELEASE IS BLACK" in line for line in head)
    assert "NO SOURCE FOUND AMONG THE RECORDINGS" in event.comments[0]


def test_backwards_the_lower_time_comes_first_and_the_speed_is_negative() -> None:
    (event,) = read(document([segment("0", "10", "60", speed="-2")]), Fraction(25))
    assert event.source == (40 * 25, 60 * 25)
    assert event.speeds == {"CLIP000": Fraction(-50)}


def test_a_freeze_frame_takes_one_source_frame_at_speed_zero() -> None:
    (event,) = read(document([segment("0", "10", "60", speed="0")]), Fraction(25))
    assert event.source == (1500, 1501)
    assert event.speeds == {"CLIP000": Fraction(0)}


def test_a_wipe_and_a_fade_in_are_transitions() -> None:
    fade = segment("0", "5", "5", opening=dissolve("0", "1", "fade"))
    wipe = segment("4", "10", "50", recording=1, opening=dissolve("4", "5", "wipe"))
    first, second = read(document([fade, wipe]), Fraction(25))
    assert (first.edit, first.frames, first.before) == ("D", 25, ("BL", 0))
    assert (second.edit, second.frames, second.before) == ("W001", 25, ("CLIP000", 225))


def test_a_dissolve_off_frames_ends_on_the_frame_nearest_to_its_end() -> None:
    second = segment("201/50", "10", "50", opening=dissolve("201/50", "501/100"))
    _, event = read(document([segment("0", "501/100", "5"), second]), Fraction(25))
    assert (event.record[0], event.frames) == (101, 24)


def test_a_segment_shorter_than_a_frame_is_named_in_the_list() -> None:
    short = [segment("0", "5", "5"), segment("5", "501/100", "9"), segment("501/100", "10", "20")]
    head, events = parse(edl.edit_list(document(short), rate_hz=Fraction(25)), 25)
    assert len(events) == 2
    assert any("SEGMENT 1, SHORTER THAN A FRAME" in line for line in head)


def test_a_source_never_lies_before_its_recording() -> None:
    # 1.45 frames is rounded down, to where the recording would be at -0.9 frames.
    made = document([segment("0", "29/500", "500"), segment("29/500", "10", "0", speed="2")])
    _, second = read(made, Fraction(25))
    assert second.source[0] == 0


def test_ntsc_counts_frames_at_the_true_rate_and_says_so() -> None:
    made = document([segment("0", "1001", "0")], duration_s="1001")
    text = edl.edit_list(made, rate_hz=Fraction(30000, 1001))
    _, (event,) = parse(text, 30)
    assert event.record == (0, 30000)
    assert "COUNTED AT 30000/1001 PER SECOND, WRITTEN NON-DROP AT BASE 30" in text


@pytest.mark.parametrize("rate_hz", [Fraction(0), Fraction(-25), Fraction(1, 3), Fraction(100)])
def test_a_rate_without_timecode_is_refused(rate_hz: Fraction) -> None:
    with pytest.raises(ValueError, match="timecode"):
        edl.edit_list(document([]), rate_hz=rate_hz)


def test_a_time_beyond_the_timecode_is_refused() -> None:
    with pytest.raises(ValueError, match="hours"):
        edl.edit_list(document([segment("0", "10", "360000")]), rate_hz=Fraction(25))


def test_more_events_than_the_format_has_are_said() -> None:
    many = [segment(str(n), str(n + 1), "5") for n in range(1000)]
    head, events = parse(edl.edit_list(document(many, duration_s="1000"), rate_hz=Fraction(25)), 25)
    assert len(events) == 1000
    assert any("1000 EVENTS" in line for line in head)


def test_the_file_holds_the_list(tmp_path: Path) -> None:
    made = document([segment("0", "10", "5")], paths=["لقطة.mp4"])
    edl.write(made, tmp_path / "edit.edl", rate_hz=Fraction(25))
    assert (tmp_path / "edit.edl").read_text("utf-8") == edl.edit_list(made, rate_hz=Fraction(25))
