import math
from fractions import Fraction
from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest
from edit_cases import CORNER, Document, case, dissolve, document, edits, segment
from hypothesis import given, settings
from hypothesis import strategies as st

from offcut.report import fcpxml

FRAME_STEPS = (Fraction(1, 25), Fraction(1, 30), Fraction(1001, 30000))
FRAMES_A_S = Fraction(25)


def written(made: Document, rate_hz: Fraction = FRAMES_A_S) -> Xml.Element:
    return Xml.fromstring(fcpxml.planned(made, rate_hz=rate_hz)[0])


def exact_s(text: str | None) -> Fraction:
    assert text is not None
    assert text.endswith("s")
    return Fraction(text[:-1])


def clips(root: Xml.Element) -> list[dict[str, object]]:
    """Every clip with exact times, as a reader of the format understands them."""
    rows: list[dict[str, object]] = []

    def take(element: Xml.Element, start_s: Fraction) -> None:
        length_s = exact_s(element.get("duration"))
        own_s = exact_s(element.get("start"))
        if element.tag == "asset-clip":
            raw = [own_s, own_s + length_s]
            points = [
                (exact_s(p.get("time")), exact_s(p.get("value"))) for p in element.iterfind("timeMap/timept")
            ]
            if points:
                (t0, v0), (t1, v1) = points
                raw = [v0 + (t - t0) * (v1 - v0) / (t1 - t0) for t in raw]
            rows.append(
                {
                    "lane": int(element.get("lane", "0")),
                    "recording": int(str(element.get("ref"))[1:]),
                    "record": (start_s, start_s + length_s),
                    "raw": tuple(raw),
                    "enabled": element.get("srcEnable"),
                }
            )
        for child in element.iterfind("asset-clip"):
            take(child, start_s + exact_s(child.get("offset")) - own_s)

    spine = root.find("project/sequence/spine")
    assert spine is not None
    for element in spine:
        if element.tag != "transition":
            take(element, exact_s(element.get("offset")))
    return rows


@settings(max_examples=30, deadline=None)
@given(edits(FRAME_STEPS))
def test_on_frames_every_clip_has_its_exact_times(edit: tuple[Document, Fraction]) -> None:
    made, step_s = edit
    rows = clips(written(made, 1 / step_s))
    found = [s for s in made["segments"] if s["recording"] is not None]
    assert [row["recording"] for row in rows] == [s["recording"] for s in found]
    for row, s in zip(rows, found, strict=True):
        record, raw = row["record"], row["raw"]
        assert isinstance(record, tuple)
        assert isinstance(raw, tuple)
        assert Fraction(s["start_s"]) <= record[0] < record[1] <= Fraction(s["end_s"])
        for at_s, raw_s in zip(record, raw, strict=True):
            meant_s = Fraction(s["raw_start_s"]) + Fraction(s["speed"]) * (at_s - Fraction(s["start_s"]))
            assert raw_s == meant_s


@settings(max_examples=30, deadline=None)
@given(edits(), st.sampled_from([Fraction(25), Fraction(30000, 1001)]))
def test_the_spine_has_no_hole_and_lies_on_frames(edit: tuple[Document, Fraction], rate_hz: Fraction) -> None:
    root = written(edit[0], rate_hz)
    sequence = root.find("project/sequence")
    assert sequence is not None
    at_s = Fraction(0)
    for element in sequence[0]:
        if element.tag != "transition":
            assert exact_s(element.get("offset")) == at_s
            at_s += exact_s(element.get("duration"))
        assert (exact_s(element.get("offset")) * rate_hz).denominator == 1
    assert at_s == exact_s(sequence.get("duration"))
    assert abs(at_s * rate_hz - Fraction(edit[0]["release"]["duration_s"]) * rate_hz) <= Fraction(1, 2)


@settings(max_examples=40, deadline=None)
@given(edits(FRAME_STEPS))
def test_elements_stand_in_the_order_the_format_demands(edit: tuple[Document, Fraction]) -> None:
    made, step_s = edit
    made["sound"] = [
        {"start_s": "0", "end_s": str(3 * step_s), "finding": "same", "recording": 0, "raw_start_s": "1",
         "confidence": 0.9}
    ]  # fmt: skip
    order = ("note", "timeMap", "asset-clip")
    for element in written(made, 1 / step_s).iter("asset-clip"):
        places = [order.index(child.tag) for child in element]
        assert places == sorted(places)


def test_a_picture_set_into_another_is_connected_above_it() -> None:
    inset = segment("3", "5", "9", recording=1, placed=CORNER)
    rows = clips(written(document([segment("0", "10", "60", speed="-2"), inset])))
    assert [(row["lane"], row["record"], row["raw"]) for row in rows] == [
        (0, (0, 10), (60, 40)),
        (1, (3, 5), (9, 11)),
    ]


def test_sound_is_connected_below_the_pictures_at_the_raw_time_heard() -> None:
    made = document([segment("0", "5", "20"), segment("5", "10")]) | {
        "sound": [
            {"start_s": "4", "end_s": "9", "finding": "shifted", "recording": 1, "raw_start_s": "7/3",
             "confidence": 0.8},
            {"start_s": "9", "end_s": "10", "finding": "muted", "recording": None, "raw_start_s": None,
             "confidence": 0.8},
        ]
    }  # fmt: skip
    rows = clips(written(made))
    assert [(row["lane"], row["enabled"]) for row in rows] == [(0, "video"), (-1, "audio")]
    assert (rows[1]["record"], rows[1]["raw"]) == ((4, 9), (Fraction(7, 3), Fraction(22, 3)))


def test_sound_that_was_retimed_has_its_speed() -> None:
    sound = {"start_s": "0", "end_s": "5", "finding": "same", "recording": 1, "raw_start_s": "2"}
    made = document([segment("0", "10")]) | {
        "sound": [sound | {"confidence": 0.8, "measured": {"speed": 1.2}}]
    }
    (row,) = clips(written(made))
    assert (row["record"], row["raw"]) == ((0, 5), (2, 8))


def test_a_dissolve_has_its_frames_and_media_on_both_sides() -> None:
    second = segment("4", "10", "50", recording=1, speed="2", opening=dissolve("4", "5"))
    root = written(document([segment("0", "5", "5"), second]))
    (transition,) = root.iter("transition")
    assert (transition.get("name"), transition.get("offset"), transition.get("duration")) == (
        "dissolve",
        "4s",
        "1s",
    )
    first, later = (row["record"] for row in clips(root))
    assert first == (0, Fraction(113, 25))
    assert later == (Fraction(113, 25), 10)
    # The map begins where the second picture is first seen, half a second before the cut.
    points = [(p.get("time"), p.get("value")) for p in root.iter("timept")]
    assert points == [("0s", "50s"), ("6s", "62s")]


def test_a_freeze_frame_stays_at_its_raw_time() -> None:
    (row,) = clips(written(document([segment("0", "10", "61/30", speed="0")])))
    assert row["raw"] == (Fraction(61, 30), Fraction(61, 30))


def test_losses_are_named_with_their_number_at_the_head() -> None:
    inset = segment("3", "5", "9", recording=1, placed=CORNER, mirrored=True)
    text, _ = fcpxml.planned(document([segment("0", "10", "5"), inset]), rate_hz=FRAMES_A_S)
    head = text[: text.index("<fcpxml ")]
    for words in ("LOST: 1 placement", "LOST: 1 mirroring", "LOST: 1 span left out", "A LOSSY VIEW"):
        assert words in head


@settings(max_examples=30, deadline=None)
@given(st.text(st.characters(), max_size=40))
def test_no_file_name_ends_a_comment_or_a_tag(name: str) -> None:
    hostile = name + "--><x/>\"'&]]>\n"
    made = document([segment("0", "10", "5"), segment("10", "501/50", "9")], paths=[hostile])
    made["release"]["path"] = hostile
    root = written(made)
    assert [child.tag for child in root] == ["resources", "project"]


@pytest.mark.parametrize("path", ["raw/my clip #1?.mp4", "لقطة.mp4", "http://host/x.mp4", "a%20b.mp4"])
def test_an_address_is_that_of_a_file(path: str) -> None:
    assert fcpxml.address(path) == Path(path).absolute().as_uri()
    assert fcpxml.address(path).startswith("file:///")


@pytest.mark.parametrize("name", ["one", "two"])
def test_a_conform_case_is_written_clip_by_clip(name: str) -> None:
    truth = case(name)
    rows = [row for row in clips(written(truth, Fraction(30))) if row["enabled"] == "video"]
    assert len(rows) == sum(s["recording"] is not None for s in truth["segments"])


def test_a_segment_shorter_than_a_frame_is_named() -> None:
    short = [segment("0", "5", "5"), segment("5", "501/100", "9"), segment("501/100", "10", "20")]
    text, placed = fcpxml.planned(document(short), rate_hz=FRAMES_A_S)
    assert "NOT HERE: segment 1, shorter than a frame" in text
    assert len(placed) == 2


def test_a_rate_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="no rate"):
        fcpxml.planned(document([]), rate_hz=Fraction(0))


def test_the_file_holds_the_text(tmp_path: Path) -> None:
    made = document([segment("0", "10", "5")])
    fcpxml.write(made, tmp_path / "edit.fcpxml", rate_hz=FRAMES_A_S)
    assert (tmp_path / "edit.fcpxml").read_text("utf-8") == fcpxml.planned(made, rate_hz=FRAMES_A_S)[0]
    assert math.isclose(float(exact_s("7/2s")), 3.5)
