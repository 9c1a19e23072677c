import json
import os
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import unquote

import opentimelineio
import pytest
from edit_cases import CORNER, Document, case, dissolve, document, edits, segment
from hypothesis import given, settings
from hypothesis import strategies as st

from offcut.report import otio

S = opentimelineio.schema


def exact_s(time: Any) -> Fraction:
    """A RationalTime in seconds; its value must be whole and its rate known for what it is."""
    assert float(time.value).is_integer()
    rate_hz = Fraction(time.rate).limit_denominator(1001)
    assert float(rate_hz) == time.rate
    return Fraction(int(time.value)) / rate_hz


def speed_of(clip: Any) -> Fraction:
    assert len(clip.effects) <= 1
    return Fraction(clip.effects[0].time_scalar).limit_denominator(10_000) if clip.effects else Fraction(1)


def read(path: Path) -> list[list[dict[str, Any]]]:
    """What an editing program sees in the file, per track of pictures, without looking at our metadata."""
    timeline = opentimelineio.adapters.read_from_file(str(path))
    return [_track(list(track)) for track in timeline.tracks if track.kind == S.TrackKind.Video]


def _track(items: list[Any]) -> list[dict[str, Any]]:
    seen: list[dict[str, Any]] = []
    at_s = Fraction(0)
    for place, item in enumerate(items):
        if isinstance(item, S.Transition):
            continue
        before = items[place - 1] if place else None
        after = items[place + 1] if place + 1 < len(items) else None
        lead_s = exact_s(before.in_offset) if isinstance(before, S.Transition) else Fraction(0)
        tail_s = exact_s(after.out_offset) if isinstance(after, S.Transition) else Fraction(0)
        length_s = exact_s(item.source_range.duration)
        assert length_s > 0
        found: dict[str, Any] = {"start_s": at_s - lead_s, "end_s": at_s + length_s + tail_s, "source": None}
        if isinstance(item, S.Clip):
            speed = speed_of(item)
            first_s = exact_s(item.source_range.start_time) - min(speed, Fraction(0)) * length_s
            found["source"] = unquote(item.media_reference.target_url)
            found["speed"] = speed
            found["raw_start_s"] = first_s - speed * lead_s
            found["raw_end_s"] = first_s + speed * (length_s + tail_s)
        seen.append(found)
        at_s += length_s
    return seen


def expected(document: Document) -> list[dict[str, Any]]:
    rows = []
    for s in document["segments"]:
        row: dict[str, Any] = {
            "start_s": Fraction(s["start_s"]),
            "end_s": Fraction(s["end_s"]),
            "source": None,
        }
        if s["recording"] is not None:
            row["source"] = document["recordings"][s["recording"]]["path"]
            row |= {name: Fraction(s[name]) for name in ("speed", "raw_start_s", "raw_end_s")}
        rows.append(row)
    return rows


def stored(path: Path) -> Document:
    """The document put together again from the metadata in the file alone."""
    timeline = json.loads(path.read_text("utf-8"))
    found: Document = timeline["metadata"]["offcut"]
    segments = {}
    for track in timeline["tracks"]["children"]:
        for child in track["children"]:
            kept = child["metadata"].get("offcut", {})
            if "segment" in kept:
                segments[kept.pop("segment")] = kept
    return found | {"segments": [segments[number] for number in sorted(segments)]}


@settings(max_examples=60, deadline=None)
@given(edits())
def test_every_segment_is_read_back_to_the_exact_instant(edit: tuple[Document, Fraction]) -> None:
    made, _ = edit
    with TemporaryDirectory() as folder:
        path = Path(folder) / "edit.otio"
        otio.write(made, path)
        (track,) = read(path)
        assert track == expected(made)
        assert stored(path) == made


@settings(max_examples=60, deadline=None)
@given(edits())
def test_the_timeline_is_as_long_as_the_release(edit: tuple[Document, Fraction]) -> None:
    made, _ = edit
    timeline = otio.timeline(made)
    for track in timeline.tracks:
        assert exact_s(track.duration()) == Fraction(made["release"]["duration_s"])


@settings(max_examples=60, deadline=None)
@given(edits())
def test_no_transition_is_longer_than_the_clips_it_joins(edit: tuple[Document, Fraction]) -> None:
    (track,) = otio.timeline(edit[0]).tracks
    for item in track:
        if isinstance(item, S.Transition):
            before, after = track.neighbors_of(item)
            assert exact_s(item.in_offset) <= exact_s(before.duration())
            assert exact_s(item.out_offset) <= exact_s(after.duration())


@pytest.mark.parametrize("name", ["one", "two"])
def test_a_conform_case_is_read_back_exactly(name: str, tmp_path: Path) -> None:
    truth = case(name)
    otio.write(truth, tmp_path / "edit.otio")
    (track,) = read(tmp_path / "edit.otio")
    assert track == expected(truth)
    assert stored(tmp_path / "edit.otio") == truth


def test_a_dissolve_is_cut_at_its_centre_on_a_frame() -> None:
    first = segment("0", "5", "20")
    second = segment("9/2", "10", "3", recording=1, opening=dissolve("9/2", "5"))
    (track,) = otio.timeline(document([first, second], frames=300)).tracks
    before, join, after = track
    assert join.transition_type == S.TransitionTypes.SMPTE_Dissolve
    assert (join.in_offset.value, join.out_offset.value, join.in_offset.rate) == (7, 8, 30)
    assert (before.duration().value, after.duration().value) == (142, 158)
    assert exact_s(after.source_range.start_time) == 3 + Fraction(7, 30)


def test_a_clip_played_backwards_starts_at_the_lower_end_of_its_raw_span() -> None:
    (track,) = otio.timeline(document([segment("0", "10", "60", speed="-2")])).tracks
    (clip,) = track
    assert exact_s(clip.source_range.start_time) == 40
    assert exact_s(clip.source_range.duration) == 10
    assert clip.effects[0].time_scalar == -2


def test_a_freeze_frame_is_a_freeze_frame_at_its_raw_time() -> None:
    (track,) = otio.timeline(document([segment("0", "10", "61/30", speed="0")])).tracks
    (clip,) = track
    assert isinstance(clip.effects[0], S.FreezeFrame)
    assert exact_s(clip.source_range.start_time) == Fraction(61, 30)


def test_speed_one_carries_no_effect() -> None:
    (track,) = otio.timeline(document([segment("0", "10", "5")])).tracks
    assert list(track[0].effects) == []


def test_a_picture_set_into_another_lies_on_a_second_track() -> None:
    ground = [segment("0", "6", "5"), segment("6", "10")]
    inset = segment("3", "8", "9", recording=2, placed=CORNER)
    below, above = otio.timeline(document([ground[0], inset, ground[1]])).tracks
    assert [type(item) for item in below] == [S.Clip, S.Gap]
    assert [type(item) for item in above] == [S.Gap, S.Clip, S.Gap]
    assert above[1].metadata["offcut"]["placed"]["x"] == 0.7
    assert above[1].metadata["offcut"]["segment"] == 1
    assert "offcut" not in above[0].metadata
    assert [exact_s(item.duration()) for item in above] == [3, 5, 2]


def test_an_inset_that_begins_before_its_ground_still_lies_above_it() -> None:
    inset, ground = segment("0", "4", "9", placed=CORNER), segment("2", "10", "5", recording=1)
    below, above = otio.lay_out(document([inset, ground]))
    assert [s.number for s in below] == [-1, 1]
    assert [s.number for s in above] == [0, -1]


def test_an_overlap_without_a_transition_never_becomes_one() -> None:
    tracks = otio.timeline(document([segment("0", "6", "5"), segment("5", "10", "50")])).tracks
    assert [[item.metadata["offcut"]["segment"] for item in t if item.metadata] for t in tracks] == [[0], [1]]
    assert not any(isinstance(item, S.Transition) for track in tracks for item in track)


def test_an_overlap_longer_than_its_transition_is_not_called_one() -> None:
    longer = segment("3", "10", "50", opening=dissolve("3", "4"))
    tracks = otio.timeline(document([segment("0", "6", "5"), longer])).tracks
    assert [len(list(track)) for track in tracks] == [2, 3]
    assert exact_s(tracks[0][0].duration()) == 6


def test_three_pictures_at_once_never_become_two_transitions_at_once() -> None:
    crossing = [
        segment("0", "4", "5"),
        segment("2", "6", "50", opening=dissolve("2", "4")),
        segment("3", "10", "90", opening=dissolve("3", "6")),
    ]
    tracks = otio.lay_out(document(crossing))
    for track in tracks:
        ends_s = [s.start_s + s.transition_s for s in track]
        assert all(end_s <= after.start_s for end_s, after in zip(ends_s, track[1:], strict=False))
    assert sorted(s.number for track in tracks for s in track if s.segment) == [0, 1, 2]


def test_a_fade_from_no_source_is_a_transition_out_of_the_gap() -> None:
    fade = segment("4", "10", "5", opening=dissolve("4", "5", "fade"))
    (track,) = otio.timeline(document([segment("0", "4"), fade])).tracks
    gap, join, clip = track
    assert isinstance(gap, S.Gap)
    assert [exact_s(join.in_offset), exact_s(join.out_offset)] == [0, 1]
    assert join.transition_type == S.TransitionTypes.Custom
    assert exact_s(clip.source_range.start_time) == 5


def test_a_fade_after_a_clip_that_has_ended_does_not_say_that_it_is_seen_on() -> None:
    fade = segment("4", "10", "5", opening=dissolve("4", "5", "fade"))
    (track,) = otio.timeline(document([segment("0", "4", "70"), fade])).tracks
    assert [type(item) for item in track] == [S.Clip, S.Clip]
    assert track[1].metadata["offcut"]["opening"]["kind"] == "fade"


def test_ntsc_times_count_frames_at_the_ntsc_rate() -> None:
    cut = str(Fraction(1001, 30000) * 100)
    end = str(Fraction(1001, 30000) * 300)
    made = document([segment("0", cut, "5"), segment(cut, end)], duration_s=end, frames=300)
    (track,) = otio.timeline(made).tracks
    assert [item.duration().value for item in track] == [100, 200]
    assert track[0].duration().rate == 30000 / 1001


def test_a_clock_too_fine_for_floats_is_rounded_to_the_nanosecond_and_kept_as_text() -> None:
    fine = [Fraction(3, 1_000_003), Fraction(5) + Fraction(1, 999_983)]
    bounds = ["0", *map(str, fine), "10"]
    made = document([segment(a, b, "1/3") for a, b in pairwise(bounds)])
    (track,) = otio.timeline(made).tracks
    assert track.duration().to_seconds() == 10
    assert track[1].source_range.duration.rate == 1e9
    assert track[1].metadata["offcut"]["start_s"] == "3/1000003"


def test_rounding_to_the_nanosecond_does_not_add_up() -> None:
    bounds = [str(n * (Fraction(1, 10) + Fraction(4, 10**10))) for n in range(21)]
    made = document([segment(a, b) for a, b in pairwise(bounds)], duration_s=bounds[-1])
    (track,) = otio.timeline(made).tracks
    assert track.duration().value == 2_000_000_008


def test_what_no_segment_describes_is_a_bare_gap() -> None:
    (track,) = otio.timeline(document([segment("2", "5", "1")])).tracks
    assert [type(item) for item in track] == [S.Gap, S.Clip, S.Gap]
    assert [dict(item.metadata) for item in (track[0], track[2])] == [{}, {}]


def test_a_release_without_segments_is_one_gap() -> None:
    (track,) = otio.timeline(document([])).tracks
    assert [exact_s(item.duration()) for item in track] == [10]


@pytest.mark.parametrize(
    ("path", "url"),
    [
        ("raw/my clip #1?.mp4", "raw/my%20clip%20%231%3F.mp4"),
        ("/vault/لقطة.mp4", "/vault/%D9%84%D9%82%D8%B7%D8%A9.mp4"),
        ("http://host/x.mp4", "http%3A//host/x.mp4"),
        ("//host/x.mp4", "/.//host/x.mp4"),
        ("a%20b.mp4", "a%2520b.mp4"),
    ],
)
def test_a_path_never_becomes_another_address(path: str, url: str) -> None:
    (track,) = otio.timeline(document([segment("0", "10", "5")], paths=[path])).tracks
    assert track[0].media_reference.target_url == url


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters(), min_size=1, max_size=40))
def test_any_name_can_be_written(name: str) -> None:
    made = document([segment("0", "10", "5")], paths=[name])
    with TemporaryDirectory() as folder:
        path = Path(folder) / "edit.otio"
        otio.write(made, path)
        (track,) = opentimelineio.adapters.read_from_file(str(path)).tracks
        assert track[0].name.isprintable()
        kept = name.encode("utf-8", "backslashreplace").decode().replace("\0", "\\x00")
        assert stored(path)["recordings"][0]["path"] == kept


def test_the_media_reference_names_the_recording() -> None:
    (track,) = otio.timeline(document([segment("0", "10", "5", recording=1)])).tracks
    reference = track[0].media_reference
    assert (reference.name, track[0].name) == ("other.mp4", "other.mp4")
    assert exact_s(reference.available_range.duration) == 1000
    assert reference.metadata["offcut"]["sha256"] == "0123456789abcdef" * 4
    assert reference.metadata["offcut"]["recording"] == 1


def test_the_same_document_gives_the_same_bytes(tmp_path: Path) -> None:
    made = document([segment("0", "4", "5"), segment("4", "10")])
    for name in ("first", "second"):
        otio.write(made, tmp_path / name)
    assert (tmp_path / "first").read_bytes() == (tmp_path / "second").read_bytes()


def test_a_failed_write_leaves_what_stood_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "edit.otio"
    path.write_text("before")

    def refuse(*_: object) -> None:
        raise OSError("no")

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(OSError, match="no"):
        otio.write(document([segment("0", "10", "5")]), path)
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"schema": "offcut.examination/1"}, "only offcut.conform/1"),
        ({"segments": [segment("0", "1", "5", recording=9)]}, "recording 9"),
        ({"segments": [segment("0", "1", "5") | {"raw_start_s": None}]}, "not when"),
        ({"segments": [segment("0", "1", "5") | {"end_s": "0"}]}, "no span"),
    ],
)
def test_a_document_that_contradicts_itself_is_refused(change: Document, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        otio.timeline(document([]) | change)
