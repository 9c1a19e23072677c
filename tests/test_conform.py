"""Whole conforms of tiny footage: what is claimed of an edit, from pictures to what was left out."""

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
import pytest
from conform.panorama import (
    HEIGHT_PX,
    WIDTH_PX,
    Clip,
    Picture,
    cropped,
    fixed,
    measured,
    mixed,
    moving,
    noisy,
    shown,
)

from offcut.conform import SIGNALS, conform
from offcut.records import Edit, Segment
from offcut.timeline import Span, subtract, union

FRAME_S = Fraction(1, 30)


def conformed(release: Sequence[Picture], *clips: Clip) -> Edit:
    return conform(measured(list(release), name="release"), [c.measurement for c in clips])


def only(edit: Edit) -> Segment:
    (segment,) = edit.segments
    return segment


def left_out_s(edit: Edit, recording: int, finding: str = "left_out") -> list[Span]:
    return union(
        Span(o.start_s, o.end_s) for o in edit.left_out if (o.recording, o.finding) == (recording, finding)
    )


def graded(picture: Picture, gain: float = 0.7, lift: float = 40) -> Picture:
    return np.asarray(np.clip(np.rint(picture * gain + lift), 0, 255), np.uint8)


@pytest.fixture(scope="module")
def reversed_order() -> Edit:
    """Two spans of two recordings, the later recording first."""
    return conformed([*moving(2).pictures[30:75], *moving(1).pictures[20:65]], moving(1), moving(2))


@pytest.fixture(scope="module")
def held_still() -> Edit:
    """A moving span, and one from the middle of a recording in which nothing moves."""
    return conformed([*moving(1).pictures[20:65], *fixed(3).pictures[30:70]], moving(1), fixed(3))


def test_a_straight_copy_is_recovered_to_the_frame() -> None:
    edit = conformed(moving(1).pictures[20:70], moving(1), moving(2))
    assert [shown(edit, k) for k in range(50)] == [[(0, 20 + k)] for k in range(50)]
    segment = only(edit)
    assert segment.speed == 1
    assert segment.mirrored is False
    assert segment.time_is == "exact"
    assert (segment.raw_start_s, segment.raw_end_s) == (20 * FRAME_S, 70 * FRAME_S)
    assert segment.confidence > 0.9


def test_a_mirrored_copy_is_recovered_and_said_to_be_mirrored() -> None:
    edit = conformed(
        [np.ascontiguousarray(p[:, ::-1]) for p in moving(1).pictures[20:70]], moving(1), moving(2)
    )
    assert [shown(edit, k) for k in range(50)] == [[(0, 20 + k)] for k in range(50)]
    assert only(edit).mirrored is True


def test_a_crop_is_recovered_with_its_window_to_a_percent() -> None:
    edit = conformed([cropped(p, 0.12, 0.05, 0.8) for p in moving(1).pictures[20:70]], moving(1), moving(2))
    assert [shown(edit, k) for k in range(50)] == [[(0, 20 + k)] for k in range(50)]
    window = only(edit).crop
    assert window is not None
    assert (window.x, window.y, window.width, window.height) == pytest.approx(
        (0.12, 0.05, 0.8, 0.8), abs=0.01
    )


@pytest.mark.parametrize(
    ("speed", "first", "count"),
    [(Fraction(1, 2), 20, 80), (Fraction(6, 5), 10, 70), (Fraction(2), 10, 42), (Fraction(-1), 80, 50)],
)
def test_another_speed_is_named_exactly_and_every_frame_to_one(
    speed: Fraction, first: int, count: int
) -> None:
    raw = [first + int(np.floor(float(speed) * k + 1e-9)) for k in range(count)]
    edit = conformed([moving(1).pictures[j] for j in raw], moving(1), moving(2))
    assert only(edit).speed == speed
    assert all(abs(shown(edit, k)[0][1] - raw[k]) <= 1 for k in range(count))


def test_spans_of_two_recordings_in_another_order_are_recovered(reversed_order: Edit) -> None:
    expected = [[(1, 30 + k)] for k in range(45)] + [[(0, 20 + k)] for k in range(45)]
    assert [shown(reversed_order, k) for k in range(90)] == expected
    cut = reversed_order.segments[1].opening
    assert (cut.kind, cut.start_s, cut.end_s) == ("cut", 45 * FRAME_S, 45 * FRAME_S)


def test_the_order_in_which_recordings_are_given_only_renumbers_them(reversed_order: Edit) -> None:
    other = conformed([*moving(2).pictures[30:75], *moving(1).pictures[20:65]], moving(2), moving(1))
    assert [(s.start_s, s.recording, s.raw_start_s) for s in other.segments] == [
        (s.start_s, None if s.recording is None else 1 - s.recording, s.raw_start_s)
        for s in reversed_order.segments
    ]


def test_the_same_measurements_give_the_same_edit(reversed_order: Edit) -> None:
    again = conform(reversed_order.release, reversed_order.recordings)
    assert again.segments == reversed_order.segments
    assert again.left_out == reversed_order.left_out


def test_brightness_and_contrast_of_the_release_do_not_change_the_edit(reversed_order: Edit) -> None:
    pictures = [*moving(2).pictures[30:75], *moving(1).pictures[20:65]]
    edit = conformed([graded(p) for p in pictures], moving(1), moving(2))
    assert [(s.start_s, s.end_s, s.recording, s.raw_start_s, s.speed, s.mirrored) for s in edit.segments] == [
        (s.start_s, s.end_s, s.recording, s.raw_start_s, s.speed, s.mirrored) for s in reversed_order.segments
    ]
    assert edit.left_out == reversed_order.left_out


@pytest.mark.parametrize("length", [6, 12, 20])
def test_a_dissolve_is_found_to_the_frame_and_both_sides_are_seen_in_it(length: int) -> None:
    a, b = moving(1).pictures, moving(2).pictures
    mixture = [mixed(a[60 + k], b[10 + k], (k + 0.5) / length) for k in range(length)]
    edit = conformed([*a[20:60], *mixture, *b[10 + length : 60]], moving(1), moving(2))
    opening = edit.segments[1].opening
    assert (opening.kind, opening.start_s, opening.end_s) == (
        "dissolve",
        40 * FRAME_S,
        (40 + length) * FRAME_S,
    )
    for k in range(length):
        assert sorted(shown(edit, 40 + k)) == [(0, 60 + k), (1, 10 + k)]
    assert [shown(edit, 39), shown(edit, 40 + length)] == [[(0, 59)], [(1, 10 + length)]]


def test_a_still_scene_is_called_ambiguous_and_the_true_time_is_among_the_alternatives(
    held_still: Edit,
) -> None:
    moving_one, still_one = held_still.segments
    assert (moving_one.recording, moving_one.time_is) == (0, "exact")
    assert (still_one.recording, still_one.time_is) == (1, "ambiguous")
    assert still_one.speed == 1
    true = Span(30 * FRAME_S, 70 * FRAME_S)
    spans = [Span(a.raw_start_s, a.raw_end_s) for a in still_one.alternatives]
    assert subtract([true], spans) == []


def test_the_other_times_of_a_still_scene_are_undecidable_and_never_left_out(held_still: Edit) -> None:
    assert left_out_s(held_still, 1) == []
    still_one = held_still.segments[1]
    assert still_one.raw_start_s is not None
    assert still_one.raw_end_s is not None
    named = Span(still_one.raw_start_s, still_one.raw_end_s)
    assert left_out_s(held_still, 1, "undecidable") == subtract([Span(Fraction(0), 90 * FRAME_S)], [named])


def test_a_release_that_shares_nothing_gets_no_source_and_all_is_left_out() -> None:
    edit = conformed(moving(9).pictures[:60], moving(1), moving(2), fixed(3))
    assert only(edit).recording is None
    assert only(edit).time_is is None
    whole = [Span(r.frames.start_s, r.frames.end_s) for r in edit.recordings]
    assert [left_out_s(edit, k) for k in range(3)] == [[span] for span in whole]


def test_a_title_and_black_between_spans_get_no_source() -> None:
    black = np.full((HEIGHT_PX, WIDTH_PX), 3, np.uint8)
    title = black.copy()
    title[40:50, 30:130:3] = 220
    middle = [black] * 10 + [title] * 15 + [black] * 8
    edit = conformed([*moving(1).pictures[5:45], *middle, *moving(2).pictures[40:80]], moving(1), moving(2))
    assert [s.recording for s in edit.segments] == [0, None, 1]
    assert all(shown(edit, k) == [] for k in range(42, 71))


def test_a_logo_over_the_footage_does_not_hide_its_source() -> None:
    release = [p.copy() for p in moving(1).pictures[20:70]]
    for picture in release:
        picture[6:24, 128:154] = 235
        picture[10:20, 132:150:4] = 20
    edit = conformed(release, moving(1), moving(2))
    assert [shown(edit, k) for k in range(50)] == [[(0, 20 + k)] for k in range(50)]
    assert only(edit).measured["picture_match"] > 0.8


def test_noise_like_that_of_another_encoding_does_not_move_a_frame() -> None:
    rng = np.random.default_rng(1)
    release = [noisy(p.astype(np.float32), rng, spread=5) for p in moving(1).pictures[20:70]]
    edit = conformed(release, moving(1), moving(2))
    assert [shown(edit, k) for k in range(50)] == [[(0, 20 + k)] for k in range(50)]


def test_what_was_aired_twice_is_named_twice() -> None:
    a, b = moving(1).pictures, moving(2).pictures
    edit = conformed([*a[20:60], *b[10:50], *a[20:60]], moving(1), moving(2))
    assert [s.recording for s in edit.segments] == [0, 1, 0]
    assert edit.segments[0].raw_start_s == edit.segments[2].raw_start_s == 20 * FRAME_S


def test_segments_cover_the_release_and_with_what_is_left_out_every_recording(
    reversed_order: Edit, held_still: Edit
) -> None:
    for edit in (reversed_order, held_still):
        times = edit.release.frames
        assert union(Span(s.start_s, s.end_s) for s in edit.segments) == [Span(times.start_s, times.end_s)]
        for number, recording in enumerate(edit.recordings):
            named = [
                Span(s.raw_start_s, s.raw_end_s)
                for s in edit.segments
                if s.recording == number and s.raw_start_s is not None and s.raw_end_s is not None
            ]
            rest = [Span(o.start_s, o.end_s) for o in edit.left_out if o.recording == number]
            whole = Span(recording.frames.start_s, recording.frames.end_s)
            assert union(rest) == subtract([whole], named)


def test_no_frame_that_was_aired_is_left_out(reversed_order: Edit, held_still: Edit) -> None:
    aired = {0: Span(20 * FRAME_S, 65 * FRAME_S), 1: Span(30 * FRAME_S, 70 * FRAME_S)}
    for edit in (reversed_order, held_still):
        for number, span in aired.items():
            accused = left_out_s(edit, number)
            assert union(subtract(accused, [span])) == accused


def test_a_boundary_is_never_left_out_to_the_very_frame(reversed_order: Edit) -> None:
    assert left_out_s(reversed_order, 0)[0].end_s < 20 * FRAME_S
    assert left_out_s(reversed_order, 0)[-1].start_s > 65 * FRAME_S


def test_the_limits_always_say_what_left_out_is_relative_to(reversed_order: Edit) -> None:
    assert any("recordings given" in line for line in reversed_order.limits)
    assert any("Sound is evidence of its own" in line for line in reversed_order.limits)


def test_every_segment_with_a_source_carries_the_figures_behind_its_confidence(reversed_order: Edit) -> None:
    figures = {"picture_match", "motion_match", "motion_margin", "agreeing_share", "frames_compared"}
    for segment in reversed_order.segments:
        assert figures <= set(segment.measured)
        assert segment.measured["frames_compared"] == 45


def test_progress_rises_to_the_end() -> None:
    told: list[tuple[str, float]] = []
    release = measured(list(moving(1).pictures[20:60]))
    conform(release, [moving(1).measurement], progress=lambda stage, done: told.append((stage, done)))
    shares = [done for _, done in told]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0.0, 1.0)
    assert all(stage for stage, _ in told)


def test_no_recording_at_all_leaves_a_release_without_a_source() -> None:
    edit = conform(moving(1).measurement, [])
    assert only(edit).recording is None
    assert list(edit.left_out) == []


def test_a_release_of_one_frame_is_no_error() -> None:
    edit = conformed(moving(1).pictures[30:31], moving(1))
    assert len(edit.segments) == 1


def test_the_signals_it_works_on_are_enough() -> None:
    assert set(moving(1).measurement.signals) == {
        "features.points",
        "features.descriptors",
        "picture.luma",
        "picture.chroma",
        "sound_band.mono",
    }
    assert SIGNALS == ("features", "picture", "sound_band")


def test_a_moment_that_the_recording_shows_twice_is_ambiguous_and_not_left_out() -> None:
    once = list(moving(1).pictures[:60])
    again = [noisy(p.astype(np.float32), np.random.default_rng(k)) for k, p in enumerate(once)]
    edit = conform(measured(once[10:50]), [measured([*once, *again])])
    assert only(edit).time_is == "ambiguous"
    accused = left_out_s(edit, 0)
    assert subtract(accused, [Span(70 * FRAME_S, 110 * FRAME_S)]) == accused


def test_of_two_copies_the_one_not_named_is_undecidable_and_nobody_is_sure() -> None:
    pictures = list(moving(1).pictures)
    rng = np.random.default_rng(5)
    copy = [noisy(p.astype(np.float32), rng, 2) for p in pictures]
    edit = conform(measured(pictures[10:50]), [moving(1).measurement, measured(copy, name="copy")])
    segment = only(edit)
    assert segment.recording in (0, 1)
    assert segment.confidence <= 0.5
    accused = left_out_s(edit, 1 - segment.recording)
    assert subtract(accused, [Span(10 * FRAME_S, 50 * FRAME_S)]) == accused
    assert any("another recording" in limit for limit in edit.limits)


def test_of_two_still_takes_of_one_place_neither_is_left_out() -> None:
    rng = np.random.default_rng(77)
    still = fixed(3).pictures[0].astype(np.float32)
    second = [noisy(still, rng) for _ in range(90)]
    release = [noisy(p.astype(np.float32), rng) for p in second[20:70]]
    edit = conform(measured(release), [fixed(3).measurement, measured(second, name="second")])
    assert left_out_s(edit, 0) == []
    assert left_out_s(edit, 1) == []


@pytest.mark.parametrize("gap", [9, 20, 34])
def test_a_jump_within_one_recording_is_taken_apart(gap: int) -> None:
    pictures = moving(1).pictures
    edit = conformed([*pictures[1:31], *pictures[31 + gap : 61 + gap]], moving(1))
    assert [s.speed for s in edit.segments] == [1, 1]
    true = [1 + k + (gap if k >= 30 else 0) for k in range(60)]
    assert sum(abs(j - true[k]) > 1 for k in range(60) for _, j in shown(edit, k)) <= 2
    accused = left_out_s(edit, 0)
    assert subtract(accused, [Span(1 * FRAME_S, 31 * FRAME_S)]) == accused


def test_a_held_frame_beside_motion_is_no_dissolve() -> None:
    pictures = moving(1).pictures
    edit = conformed([*pictures[10:50], *[pictures[49]] * 40], moving(1))
    assert all(segment.opening.kind != "dissolve" for segment in edit.segments)
    accused = left_out_s(edit, 0)
    assert subtract(accused, [Span(10 * FRAME_S, 50 * FRAME_S)]) == accused
