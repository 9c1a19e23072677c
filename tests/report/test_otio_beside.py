from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import opentimelineio
import pytest
from edit_cases import Document, document, segment
from hypothesis import given, settings
from hypothesis import strategies as st

from offcut.report import otio, otio_beside

S = opentimelineio.schema


def heard(start_s: str, end_s: str, raw_start_s: str | None = None, **more: Any) -> Document:
    found = raw_start_s is not None
    return {
        "start_s": start_s,
        "end_s": end_s,
        "finding": "same" if found else "replaced",
        "recording": 0 if found else None,
        "raw_start_s": raw_start_s,
        "confidence": 0.9,
        **more,
    }


def offcut(start_s: str, end_s: str, recording: int = 1, **more: Any) -> Document:
    return {
        "recording": recording,
        "start_s": start_s,
        "end_s": end_s,
        "finding": "left_out",
        "events": [],
        "reason": "",
        **more,
    }


def exact_s(time: Any) -> Fraction:
    assert float(time.value).is_integer()
    rate_hz = Fraction(time.rate).limit_denominator(1001)
    assert float(rate_hz) == time.rate
    return Fraction(int(time.value)) / rate_hz


def laid(track: Any) -> list[tuple[Any, Fraction, Fraction]]:
    """Every item of a track with where it begins and ends."""
    at_s, rows = Fraction(0), []
    for item in track:
        length_s = exact_s(item.source_range.duration)
        rows.append((item, at_s, at_s + length_s))
        at_s += length_s
    return rows


def written(made: Document, path: Path) -> tuple[Any, Any]:
    otio.write(made, path)
    return tuple(
        opentimelineio.adapters.read_from_file(str(file)) for file in (path, otio.left_out_path(path))
    )


@st.composite
def spans(draw: st.DrawFn) -> list[tuple[str, str]]:
    """Disjoint spans on a grid that floats do not hold, some of them touching."""
    step_s = draw(
        st.sampled_from([Fraction(1001, 30000), Fraction(1, 25), Fraction(1, 7), Fraction(1, 90000)])
    )
    bounds = sorted(draw(st.sets(st.integers(0, 400), min_size=2, max_size=9)))
    pairs = [(str(a * step_s), str(b * step_s)) for a, b in pairwise(bounds)]
    return [pair for pair in pairs if draw(st.booleans())]


@settings(max_examples=30, deadline=None)
@given(of=spans(), data=st.data())
def test_every_sound_is_read_back_to_the_exact_instant(
    of: list[tuple[str, str]], data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    sounds = [heard(a, b, data.draw(st.sampled_from([None, "7/3", "1001/30000", "12"]))) for a, b in of]
    made = document([]) | {"sound": sounds}
    timeline, _ = written(made, tmp_path_factory.mktemp("sound") / "edit.otio")
    tracks = [track for track in timeline.tracks if track.kind == S.TrackKind.Audio]
    assert len(tracks) == (1 if sounds else 0)
    found = [row for track in tracks for row in laid(track) if "offcut" in row[0].metadata]
    assert [dict(item.metadata["offcut"]) for item, _, _ in found] == [
        {"sound": number, **sound} for number, sound in enumerate(sounds)
    ]
    for (item, start_s, end_s), sound in zip(found, sounds, strict=True):
        assert (start_s, end_s) == (Fraction(sound["start_s"]), Fraction(sound["end_s"]))
        assert isinstance(item, S.Clip if sound["raw_start_s"] else S.Gap)
        if sound["raw_start_s"]:
            assert exact_s(item.source_range.start_time) == Fraction(sound["raw_start_s"])


@settings(max_examples=30, deadline=None)
@given(of=spans())
def test_every_span_left_out_is_read_back_to_the_exact_instant(
    of: list[tuple[str, str]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    made = document([segment("0", "10", "5")]) | {"left_out": [offcut(a, b) for a, b in of]}
    _, timeline = written(made, tmp_path_factory.mktemp("left") / "edit.otio")
    assert [track.name for track in timeline.tracks] == [
        f"left out: {name}" for name in ("clip.mp4", "other.mp4", "third.mov")
    ]
    assert all(exact_s(track.duration()) == 1000 for track in timeline.tracks)
    rows = [row for row in laid(timeline.tracks[1]) if isinstance(row[0], S.Clip)]
    assert [(start_s, end_s) for _, start_s, end_s in rows] == [(Fraction(a), Fraction(b)) for a, b in of]
    for item, start_s, _ in rows:
        assert exact_s(item.source_range.start_time) == start_s


def test_a_marker_says_left_out_or_undecidable_and_why() -> None:
    made = document([]) | {
        "left_out": [
            offcut("1", "2"),
            offcut("2", "3", finding="undecidable", reason="a static scene"),
        ]
    }
    _, track, _ = otio_beside.left_out(made).tracks
    markers = [clip.markers[0] for clip in track if isinstance(clip, S.Clip)]
    assert [(m.name, m.color, m.comment) for m in markers] == [
        ("left out", "RED", ""),
        ("undecidable", "YELLOW", "a static scene"),
    ]
    assert [exact_s(m.marked_range.start_time) for m in markers] == [1, 2]


def test_a_j_cut_begins_in_the_sound_before_it_begins_in_the_picture() -> None:
    pictures = [segment("0", "5", "20"), segment("5", "10", "3", recording=1)]
    sounds = [heard("0", "4", "20"), heard("4", "10", "2", recording=1, finding="shifted")]
    video, audio = otio.timeline(document(pictures) | {"sound": sounds}).tracks
    assert (video.kind, audio.kind, audio.name) == ("Video", "Audio", "A1")
    assert [exact_s(item.source_range.duration) for item in video] == [5, 5]
    assert [exact_s(item.source_range.duration) for item in audio] == [4, 6]
    assert exact_s(audio[1].source_range.start_time) == 2
    assert audio[1].name == "other.mp4"


def test_sound_that_was_retimed_has_its_speed() -> None:
    sounds = [heard("0", "4", "20", measured={"speed": 1.2}), heard("4", "8", "2", measured={"speed": 1.0})]
    (track,) = otio_beside.sound_tracks(document([]) | {"sound": sounds}, Fraction(10))
    assert [[effect.time_scalar for effect in clip.effects] for clip in track] == [[1.2], [], []]


def test_sounds_heard_at_once_have_tracks_of_their_own() -> None:
    sounds = [heard("0", "6", "20"), heard("4", "10", "2", recording=1)]
    tracks = otio_beside.sound_tracks(document([]) | {"sound": sounds}, Fraction(10))
    assert [[type(item) for item in track] for track in tracks] == [[S.Clip, S.Gap], [S.Gap, S.Clip]]


def test_sound_that_was_not_compared_has_no_track() -> None:
    assert otio_beside.sound_tracks(document([]), Fraction(10)) == []


def test_evidence_stands_in_the_metadata_word_for_word() -> None:
    evidence = [{"kind": "identical_packets", "statement": "12 packets", "start_s": "1001/30000"}]
    timeline = otio.timeline(document([]) | {"evidence": evidence})
    assert [dict(item) for item in timeline.metadata["offcut"]["evidence"]] == evidence


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"sound": [heard("0", "1", "2", recording=9)]}, "sound 0 names recording 9"),
        ({"sound": [heard("1", "1")]}, "is no span"),
        ({"left_out": [offcut("0", "1", 3)]}, "left_out 0 names recording 3"),
    ],
)
def test_spans_that_contradict_the_document_are_refused(
    change: Document, problem: str, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match=problem):
        otio.write(document([]) | change, tmp_path / "edit.otio")
    assert list(tmp_path.iterdir()) == []
