"""What is said of a release's sound whose truth is known to the sample."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conform.listening import Samples, ambience, at_db, cut, measured, music, segment, silence
from offcut.conform.sound import heard
from offcut.conform.waves import RATE_HZ, retimed
from offcut.records import SoundSpan

A, B = ambience(20, seed=1), ambience(24, seed=2)
RECORDINGS = [measured(A), measured(B)]
BED = music(12, seed=3)


def under(own: Samples, level_db: float, bed: Samples = BED) -> Samples:
    """Own sound, so many dB above (or below) a bed of the same length."""
    return at_db(own, -20.0 + level_db) + bed[: len(own)]


def said_of(wave: Samples, segments: list, recordings: list = RECORDINGS) -> list[SoundSpan]:  # type: ignore[type-arg]
    found = heard(measured(wave), recordings, segments)
    assert found is not None
    return list(found)


def off_s(span: SoundSpan) -> float:
    assert span.raw_start_s is not None
    return float(span.raw_start_s - span.start_s)


def test_own_sound_alone_is_the_same() -> None:
    (span,) = said_of(cut(A, 5, 11), [segment(0, 6, 0, 5)])
    assert (span.finding, span.recording) == ("same", 0)
    assert (float(span.start_s), float(span.end_s)) == (0, 6)
    assert off_s(span) == pytest.approx(5, abs=1e-3)
    assert span.measured["coherent_share"] > 0.95


@pytest.mark.parametrize("level_db", [6, -6, -12, -18])
def test_own_sound_under_music_is_covered_and_located_to_a_millisecond(level_db: float) -> None:
    (span,) = said_of(under(cut(A, 5, 11), level_db), [segment(0, 6, 0, 5)])
    assert (span.finding, span.recording) == ("covered", 0)
    assert off_s(span) == pytest.approx(5, abs=1e-3)
    assert span.end_s - span.start_s > 5.5


@pytest.mark.parametrize("level_db", [6, -12])
def test_it_is_located_without_a_picture_that_says_where(level_db: float) -> None:
    (span,) = said_of(under(cut(B, 15, 21), level_db), [segment(0, 6, None)])
    assert (span.finding, span.recording) == ("shifted", 1)
    assert off_s(span) == pytest.approx(15, abs=1e-3)


def test_inverted_polarity_is_found_and_said() -> None:
    (span,) = said_of(under(-cut(A, 5, 11), -6), [segment(0, 6, 0, 5)])
    assert span.finding == "covered"
    assert span.measured["inverted"] == 1


def test_a_gain_and_an_equaliser_do_not_count_as_something_added() -> None:
    own = cut(A, 5, 11)
    filtered = np.convolve(own, [0.6, 0.3, -0.1], mode="same").astype(np.float32) * 0.3
    (span,) = said_of(filtered, [segment(0, 6, 0, 5)])
    assert span.finding == "same"


def test_music_instead_of_own_sound_is_replaced_and_nowhere() -> None:
    (span,) = said_of(cut(BED, 0, 6), [segment(0, 6, 0, 5)])
    assert (span.finding, span.recording, span.raw_start_s) == ("replaced", 0, None)
    assert span.measured["would_be_found_db"] <= -12


def test_a_silent_span_over_a_recording_with_sound_is_muted() -> None:
    spans = said_of(np.concatenate([cut(A, 5, 8), silence(2), cut(A, 10, 13)]), [segment(0, 8, 0, 5)])
    assert [s.finding for s in spans] == ["same", "muted", "same"]
    assert float(spans[1].start_s) == pytest.approx(3, abs=0.1)
    assert float(spans[1].end_s) == pytest.approx(5, abs=0.1)


def test_a_recording_that_is_silent_itself_cannot_be_muted() -> None:
    assert said_of(silence(6), [segment(0, 6, 0, 0)], [measured(silence(10)), RECORDINGS[1]]) == []


def test_a_release_without_a_sound_track_is_muted_where_a_recording_has_sound() -> None:
    found = heard(measured(None, seconds=6), RECORDINGS, [segment(0, 4, 0, 5), segment(4, 6, None)])
    assert found is not None
    assert [(s.finding, float(s.start_s), float(s.end_s)) for s in found] == [("muted", 0, 4)]


def test_other_sound_over_a_recording_without_sound_is_replaced_with_less_confidence() -> None:
    recordings = [measured(None, seconds=20), RECORDINGS[1]]
    (span,) = said_of(cut(BED, 0, 6), [segment(0, 6, 0, 5)], recordings)
    assert (span.finding, span.raw_start_s) == ("replaced", None)
    assert span.confidence < 0.7


@pytest.mark.parametrize("level_db", [None, -6])
def test_sound_that_runs_on_over_the_next_picture_is_shifted(level_db: float | None) -> None:
    own = np.concatenate([cut(A, 5, 9), cut(B, 8, 10)])
    wave = own if level_db is None else under(own, level_db)
    spans = said_of(wave, [segment(0, 3, 0, 5), segment(3, 6, 1, 7)])
    assert [(s.finding == "shifted", s.recording) for s in spans] == [(False, 0), (True, 0), (False, 1)]
    assert float(spans[1].start_s) == pytest.approx(3, abs=0.05)
    assert float(spans[1].end_s) == pytest.approx(4, abs=0.2)
    assert off_s(spans[1]) == pytest.approx(5, abs=1e-2)


def test_sound_that_comes_before_its_picture_is_shifted() -> None:
    own = np.concatenate([cut(A, 5, 7), cut(B, 6, 10)])
    spans = said_of(under(own, -6), [segment(0, 3, 0, 5), segment(3, 6, 1, 7)])
    assert [(s.finding == "shifted", s.recording) for s in spans] == [(False, 0), (True, 1), (False, 1)]
    assert float(spans[1].start_s) == pytest.approx(2, abs=0.2)


@pytest.mark.parametrize("speed", [1.25, 0.8, -1.0])
def test_retimed_sound_with_its_pitch_is_found_at_the_speed_of_the_picture(speed: float) -> None:
    own = retimed(cut(A, 4, 12), 1 / speed)
    raw_start_s = 4.0 if speed > 0 else 12.0
    (span,) = said_of(under(own, 0), [segment(0, len(own) / RATE_HZ, 0, raw_start_s, speed=speed)])
    assert (span.finding, span.recording) == ("covered", 0)
    assert span.measured["speed"] == pytest.approx(speed, rel=0.01)
    assert off_s(span) + float(span.start_s) * (1 - speed) == pytest.approx(raw_start_s, abs=0.04)


def test_sound_that_drifts_by_a_thousandth_is_followed() -> None:
    own = retimed(cut(A, 4, 10), 1.001)
    (span,) = said_of(under(own, 0), [segment(0, 6, 0, 4)])
    assert span.finding == "covered"
    assert span.end_s - span.start_s > 5.5
    assert off_s(span) == pytest.approx(4, abs=0.005)


def test_own_sound_of_which_only_the_clock_differs_is_the_same() -> None:
    own = retimed(cut(A, 4, 10), 1000 / 1001)
    (span,) = said_of(own, [segment(0, len(own) / RATE_HZ, 0, 4)])
    assert span.finding == "same"
    assert span.measured["speed"] == pytest.approx(1.001, abs=1e-5)


@pytest.mark.parametrize("seed", range(2))
def test_a_recording_that_is_not_heard_is_never_named(seed: int) -> None:
    wave = under(ambience(10, seed=50 + seed), 0, music(10, seed=80 + seed))
    assert [s for s in said_of(wave, [segment(0, 10, None)]) if s.raw_start_s is not None] == []


def test_a_song_that_two_recordings_share_is_at_no_place() -> None:
    song = music(10, seed=7)
    recordings = [measured(at_db(A[: len(song)], -40) + song), measured(at_db(B[: len(song)], -40) + song)]
    for segments in ([segment(0, 6, None)], [segment(0, 6, 0, 2)]):
        spans = said_of(cut(song, 2, 8), segments, recordings)
        assert [s for s in spans if s.raw_start_s is not None] == []
        assert [s for s in spans if s.finding in ("replaced", "muted")] == []


def test_a_loop_that_repeats_in_a_recording_is_at_no_place() -> None:
    loop = music(4, seed=7)
    recordings = [measured(np.tile(loop, 4)), RECORDINGS[1]]
    spans = said_of(loop, [segment(0, 4, None)], recordings)
    assert [s for s in spans if s.raw_start_s is not None] == []


def test_a_steady_tone_is_at_no_place() -> None:
    tone = (0.1 * np.sin(2 * np.pi * 440 * np.arange(10 * RATE_HZ) / RATE_HZ)).astype(np.float32)
    spans = said_of(cut(tone, 0, 6), [segment(0, 6, None)], [measured(tone), RECORDINGS[1]])
    assert [s for s in spans if s.raw_start_s is not None] == []


def test_an_ambiguous_picture_is_at_its_place_anywhere_among_its_alternatives() -> None:
    wave = under(cut(A, 12, 18), -6)
    (span,) = said_of(wave, [segment(0, 6, 0, 3, others=[(2, 9), (11, 19)])])
    assert span.finding == "covered"
    assert off_s(span) == pytest.approx(12, abs=1e-3)


def test_files_that_were_not_measured_for_sound_are_not_compared() -> None:
    plain = replace(RECORDINGS[0], signals={})
    assert heard(measured(A), [plain], []) is None


@settings(max_examples=5, deadline=None)
@given(
    st.lists(st.sampled_from(["A", "B", "music", "silence"]), min_size=1, max_size=4),
    st.integers(0, 5),
    st.booleans(),
)
def test_spans_are_in_order_disjoint_and_inside_the_release(kinds: list[str], at: int, own: bool) -> None:
    sources = {
        "A": cut(A, at, at + 2),
        "B": cut(B, at, at + 2),
        "music": cut(BED, 0, 2),
        "silence": silence(2),
    }
    wave = np.concatenate([sources[k] for k in kinds])
    segments = [segment(2 * k, 2 * k + 2, (0 if own else None), at) for k in range(len(kinds))]
    spans = said_of(wave, segments)
    assert all(s.start_s < s.end_s for s in spans)
    assert all(a.end_s <= b.start_s for a, b in pairwise(spans))
    assert all(s.start_s >= 0 and s.end_s <= 2 * len(kinds) for s in spans)
    assert all(0 <= s.confidence <= 0.95 for s in spans)
    assert all(s.raw_start_s is None or s.recording is not None for s in spans)


@pytest.mark.parametrize("speed", [1.25, 0.8, -1.0])
def test_retimed_own_sound_alone_is_the_same(speed: float) -> None:
    own = retimed(cut(A, 4, 12), 1 / speed)
    raw_start_s = 4.0 if speed > 0 else 12.0
    (span,) = said_of(own, [segment(0, len(own) / RATE_HZ, 0, raw_start_s, speed=speed)])
    assert (span.finding, span.recording) == ("same", 0)
