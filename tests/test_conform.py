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
    aired,
    aired_still,
    cropped,
    fixed,
    inset,
    measured,
    mixed,
    moving,
    noisy,
    passed,
    shown,
    side_by_side,
    still,
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
    return conformed([*aired(2)[30:75], *aired(1)[20:65]], moving(1), moving(2))


@pytest.fixture(scope="module")
def held_still() -> Edit:
    """A moving span, and one from the middle of a recording in which nothing moves."""
    return conformed([*aired(1)[20:65], *aired_still(3)[30:70]], moving(1), fixed(3))


def test_a_straight_copy_is_recovered_to_the_frame() -> None:
    edit = conformed(aired(1)[20:70], moving(1), moving(2))
    assert [shown(edit, k) for k in range(50)] == [[(0, 20 + k)] for k in range(50)]
    segment = only(edit)
    assert segment.speed == 1
    assert segment.mirrored is False
    assert segment.time_is == "exact"
    assert (segment.raw_start_s, segment.raw_end_s) == (20 * FRAME_S, 70 * FRAME_S)
    assert segment.confidence > 0.9


def test_a_mirrored_copy_is_recovered_and_said_to_be_mirrored() -> None:
    edit = conformed([np.ascontiguousarray(p[:, ::-1]) for p in aired(1)[20:70]], moving(1), moving(2))
    assert [shown(edit, k) for k in range(50)] == [[(0, 20 + k)] for k in range(50)]
    assert only(edit).mirrored is True


def test_a_crop_is_recovered_with_its_window_to_a_percent() -> None:
    edit = conformed([cropped(p, 0.12, 0.05, 0.8) for p in aired(1)[20:70]], moving(1), moving(2))
    assert [shown(edit, k) for k in range(50)] == [[(0, 20 + k)] for k in range(50)]
    window = only(edit).crop
    assert window is not None
    assert (window.x, window.y, window.width, window.height) == pytest.approx(
        (0.12, 0.05, 0.8, 0.8), abs=0.01
    )


@pytest.mark.parametrize(
    ("speed", "first", "count"),
    [
        (Fraction(1, 2), 20, 80),
        (Fraction(6, 5), 10, 70),
        (Fraction(2), 10, 42),
        (Fraction(-1, 2), 90, 80),
        (Fraction(-1), 80, 50),
        (Fraction(-2), 95, 42),
    ],
)
def test_another_speed_is_named_exactly_and_every_frame_to_one(
    speed: Fraction, first: int, count: int
) -> None:
    raw = [first + int(np.floor(float(speed) * k + 1e-9)) for k in range(count)]
    edit = conformed([aired(1)[j] for j in raw], moving(1), moving(2))
    assert only(edit).speed == speed
    assert all(abs(shown(edit, k)[0][1] - raw[k]) <= 1 for k in range(count))


@pytest.mark.parametrize(
    ("speed", "first", "count"), [(0.83, 10, 60), (1.37, 10, 60), (2.7, 5, 34), (-0.7, 95, 60)]
)
def test_a_speed_that_no_editor_offers_is_named_within_a_hundredth_of_itself(
    speed: float, first: int, count: int
) -> None:
    raw = [first + int(np.floor(speed * k + 1e-9)) for k in range(count)]
    edit = conformed([aired(1)[j] for j in raw], moving(1), moving(2))
    named = only(edit).speed
    assert named is not None
    assert float(named) == pytest.approx(speed, rel=0.01)
    assert all(abs(shown(edit, k)[0][1] - raw[k]) <= 1 for k in range(count))


@pytest.mark.parametrize("frame", [31, 64])
def test_a_held_frame_of_a_moving_camera_is_named_with_its_exact_moment(frame: int) -> None:
    edit = conformed([aired(1)[frame]] * 40, moving(1), moving(2))
    segment = only(edit)
    assert (segment.recording, segment.speed, segment.time_is) == (0, Fraction(0), "exact")
    assert segment.raw_start_s == segment.raw_end_s
    assert [shown(edit, k) for k in range(40)] == [[(0, frame)]] * 40


@pytest.mark.parametrize(
    ("frame", "left", "top", "share"), [(5, 0.16, 0.16, 0.7), (50, 0.05, 0.24, 0.7), (80, 0.25, 0.2, 0.6)]
)
def test_a_held_window_of_a_panning_camera_is_not_called_exact_at_a_wrong_moment(
    frame: int, left: float, top: float, share: float
) -> None:
    """A window moved a little and another moment show nearly the same picture."""
    segment = only(conformed([cropped(aired(1)[frame], left, top, share)] * 36, moving(1)))
    if segment.time_is == "exact":
        assert segment.raw_start_s is not None
        assert abs(segment.raw_start_s - frame * FRAME_S) <= FRAME_S


def test_all_but_the_instant_of_a_held_frame_is_accounted_for() -> None:
    edit = conformed([aired(1)[50]] * 40, moving(1))
    spans = union(Span(o.start_s, o.end_s) for o in edit.left_out)
    assert spans[0].start_s == 0
    assert spans[-1].end_s == 100 * FRAME_S
    accused = left_out_s(edit, 0)
    assert subtract(accused, [Span(50 * FRAME_S, 51 * FRAME_S)]) == accused


def test_motion_and_the_frame_it_stops_at_are_two_segments_that_meet_there() -> None:
    edit = conformed([*aired(1)[20:60], *[aired(1)[59]] * 40], moving(1))
    assert [s.speed for s in edit.segments] == [1, 0]
    assert abs(edit.segments[1].start_s - 40 * FRAME_S) <= FRAME_S
    assert all(abs(j - min(20 + k, 59)) <= 1 for k in range(80) for _, j in shown(edit, k))


def two_at_once(release: list[Picture], *clips: Clip) -> tuple[Edit, dict[int | None, Segment]]:
    edit = conformed(release, *clips)
    return edit, {s.recording: s for s in edit.segments}


@pytest.fixture(scope="module")
def split_screen() -> tuple[Edit, dict[int | None, Segment]]:
    pairs = zip(aired(1)[20:70], aired(2)[10:60], strict=True)
    return two_at_once([side_by_side(p, q) for p, q in pairs], moving(1), moving(2))


@pytest.fixture(scope="module")
def picture_in_picture() -> tuple[Edit, dict[int | None, Segment]]:
    pairs = zip(aired(1)[20:70], aired(2)[10:60], strict=True)
    return two_at_once([inset(p, q, 98, 8, 52) for p, q in pairs], moving(1), moving(2))


BOTH = ("split_screen", "picture_in_picture")


@pytest.mark.parametrize("name", BOTH)
def test_of_two_pictures_at_once_each_is_a_segment_over_the_whole_time(
    name: str, request: pytest.FixtureRequest
) -> None:
    edit, _ = request.getfixturevalue(name)
    assert [(s.start_s, s.end_s) for s in edit.segments] == [(0, 50 * FRAME_S)] * 2
    assert all(sorted(shown(edit, k)) == [(0, 20 + k), (1, 10 + k)] for k in range(50))
    assert {s.time_is for s in edit.segments} == {"exact"}


def test_each_half_of_a_split_screen_has_its_place_and_its_window(
    split_screen: tuple[Edit, dict[int | None, Segment]],
) -> None:
    _, by_recording = split_screen
    for number, left in ((0, 0.0), (1, 0.5)):
        placed, crop = by_recording[number].placed, by_recording[number].crop
        assert placed is not None
        assert crop is not None
        assert (placed.x, placed.y, placed.width, placed.height) == pytest.approx((left, 0, 0.5, 1), abs=0.02)
        assert (crop.x, crop.y, crop.width, crop.height) == pytest.approx((0.25, 0, 0.5, 1), abs=0.02)


def test_a_picture_in_a_picture_has_its_place_and_the_other_the_whole_release(
    picture_in_picture: tuple[Edit, dict[int | None, Segment]],
) -> None:
    _, by_recording = picture_in_picture
    outer, inner = by_recording[0].placed, by_recording[1].placed
    assert outer is not None
    assert inner is not None
    assert (outer.x, outer.y, outer.width, outer.height) == (0, 0, 1, 1)
    expected = (98 / WIDTH_PX, 8 / HEIGHT_PX, 52 / WIDTH_PX, 29 / HEIGHT_PX)
    assert (inner.x, inner.y, inner.width, inner.height) == pytest.approx(expected, abs=0.02)


@pytest.mark.parametrize("name", BOTH)
def test_two_pictures_at_once_are_no_rivals_of_each_other(name: str, request: pytest.FixtureRequest) -> None:
    """Both are seen, each in its place: none could be the other."""
    edit, _ = request.getfixturevalue(name)
    assert all(s.confidence > 0.5 for s in edit.segments)
    assert not any("another recording" in limit for limit in edit.limits)


@pytest.mark.parametrize("name", BOTH)
def test_what_two_pictures_at_once_show_is_left_out_of_neither_recording(
    name: str, request: pytest.FixtureRequest
) -> None:
    edit, _ = request.getfixturevalue(name)
    for number, span in ((0, Span(20 * FRAME_S, 70 * FRAME_S)), (1, Span(10 * FRAME_S, 60 * FRAME_S))):
        accused = left_out_s(edit, number)
        assert accused
        assert subtract(accused, [span]) == accused


def test_graphics_over_a_third_of_the_picture_do_not_hide_its_source() -> None:
    release = [p.copy() for p in aired(1)[20:70]]
    for picture in release:
        picture[60:] = 30
        picture[66:86, 20:140:6] = 230
    edit = conformed(release, moving(1), moving(2))
    assert [shown(edit, k) for k in range(50)] == [[(0, 20 + k)] for k in range(50)]


def test_a_passer_before_a_fixed_camera_fixes_the_moment() -> None:
    recording = measured(passed(3, 90), name="passed")
    edit = conform(measured(passed(3, 90, take=1, spread=4)[25:70]), [recording])
    segment = only(edit)
    assert (segment.time_is, segment.speed) == ("exact", Fraction(1))
    assert [shown(edit, k)[0][1] for k in range(45)] == pytest.approx(list(range(25, 70)), abs=1)


def test_numbers_of_a_segment_are_plain_and_scores_at_most_1(
    split_screen: tuple[Edit, dict[int | None, Segment]], reversed_order: Edit
) -> None:
    for segment in (*split_screen[0].segments, *reversed_order.segments):
        assert segment.placed is not None
        box = segment.placed
        assert {type(v) for v in (box.x, box.y, box.width, box.height)} == {float}
        assert segment.measured["picture_match"] <= 1
        assert segment.measured["motion_match"] <= 1


def test_spans_of_two_recordings_in_another_order_are_recovered(reversed_order: Edit) -> None:
    expected = [[(1, 30 + k)] for k in range(45)] + [[(0, 20 + k)] for k in range(45)]
    assert [shown(reversed_order, k) for k in range(90)] == expected
    cut = reversed_order.segments[1].opening
    assert (cut.kind, cut.start_s, cut.end_s) == ("cut", 45 * FRAME_S, 45 * FRAME_S)


def test_the_order_in_which_recordings_are_given_only_renumbers_them(reversed_order: Edit) -> None:
    other = conformed([*aired(2)[30:75], *aired(1)[20:65]], moving(2), moving(1))
    assert [(s.start_s, s.recording, s.raw_start_s) for s in other.segments] == [
        (s.start_s, None if s.recording is None else 1 - s.recording, s.raw_start_s)
        for s in reversed_order.segments
    ]


def test_the_same_measurements_give_the_same_edit(reversed_order: Edit) -> None:
    again = conform(reversed_order.release, reversed_order.recordings)
    assert again.segments == reversed_order.segments
    assert again.left_out == reversed_order.left_out


def test_brightness_and_contrast_of_the_release_do_not_change_the_edit(reversed_order: Edit) -> None:
    pictures = [*aired(2)[30:75], *aired(1)[20:65]]
    edit = conformed([graded(p) for p in pictures], moving(1), moving(2))
    assert [(s.start_s, s.end_s, s.recording, s.raw_start_s, s.speed, s.mirrored) for s in edit.segments] == [
        (s.start_s, s.end_s, s.recording, s.raw_start_s, s.speed, s.mirrored) for s in reversed_order.segments
    ]
    assert edit.left_out == reversed_order.left_out


@pytest.mark.parametrize("length", [6, 12, 20])
def test_a_dissolve_is_found_to_the_frame_and_both_sides_are_seen_in_it(length: int) -> None:
    a, b = aired(1), aired(2)
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
    edit = conformed(aired(9)[:60], moving(1), moving(2), fixed(3))
    assert only(edit).recording is None
    assert only(edit).time_is is None
    whole = [Span(r.frames.start_s, r.frames.end_s) for r in edit.recordings]
    assert [left_out_s(edit, k) for k in range(3)] == [[span] for span in whole]


def test_a_title_and_black_between_spans_get_no_source() -> None:
    black = np.full((HEIGHT_PX, WIDTH_PX), 3, np.uint8)
    title = black.copy()
    title[40:50, 30:130:3] = 220
    middle = [black] * 10 + [title] * 15 + [black] * 8
    edit = conformed([*aired(1)[5:45], *middle, *aired(2)[40:80]], moving(1), moving(2))
    assert [s.recording for s in edit.segments] == [0, None, 1]
    assert all(shown(edit, k) == [] for k in range(42, 71))


def test_a_logo_over_the_footage_does_not_hide_its_source() -> None:
    release = [p.copy() for p in aired(1)[20:70]]
    for picture in release:
        picture[6:24, 128:154] = 235
        picture[10:20, 132:150:4] = 20
    edit = conformed(release, moving(1), moving(2))
    assert [shown(edit, k) for k in range(50)] == [[(0, 20 + k)] for k in range(50)]
    assert only(edit).measured["picture_match"] > 0.8


def test_noise_like_that_of_another_encoding_does_not_move_a_frame() -> None:
    rng = np.random.default_rng(1)
    release = [noisy(p.astype(np.float32), rng, spread=5) for p in aired(1)[20:70]]
    edit = conformed(release, moving(1), moving(2))
    assert [shown(edit, k) for k in range(50)] == [[(0, 20 + k)] for k in range(50)]


def test_what_was_aired_twice_is_named_twice() -> None:
    a, b = aired(1), aired(2)
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
    release = measured(list(aired(1)[20:60]))
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
    edit = conformed(aired(1)[30:31], moving(1))
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
    once = moving(1).pictures[:60]
    again = [noisy(p.astype(np.float32), np.random.default_rng(k)) for k, p in enumerate(aired(1)[:60])]
    edit = conform(measured(aired(1)[10:50]), [measured([*once, *again])])
    assert only(edit).time_is == "ambiguous"
    accused = left_out_s(edit, 0)
    assert subtract(accused, [Span(70 * FRAME_S, 110 * FRAME_S)]) == accused


def test_of_two_copies_the_one_not_named_is_undecidable_and_nobody_is_sure() -> None:
    pictures = list(moving(1).pictures)
    rng = np.random.default_rng(5)
    copy = [noisy(p.astype(np.float32), rng, 2) for p in pictures]
    edit = conform(measured(aired(1)[10:50]), [moving(1).measurement, measured(copy, name="copy")])
    segment = only(edit)
    assert segment.recording in (0, 1)
    assert segment.confidence <= 0.5
    accused = left_out_s(edit, 1 - segment.recording)
    assert subtract(accused, [Span(10 * FRAME_S, 50 * FRAME_S)]) == accused
    assert any("another recording" in limit for limit in edit.limits)


def test_of_two_still_takes_of_one_place_neither_is_left_out() -> None:
    second = still(3, 90, take=2)
    edit = conform(measured(still(3, 50, take=3)), [fixed(3).measurement, measured(second, name="second")])
    assert left_out_s(edit, 0) == []
    assert left_out_s(edit, 1) == []


@pytest.mark.parametrize("gap", [9, 20, 34])
def test_a_jump_within_one_recording_is_taken_apart(gap: int) -> None:
    pictures = aired(1)
    edit = conformed([*pictures[1:31], *pictures[31 + gap : 61 + gap]], moving(1))
    assert [s.speed for s in edit.segments] == [1, 1]
    true = [1 + k + (gap if k >= 30 else 0) for k in range(60)]
    assert sum(abs(j - true[k]) > 1 for k in range(60) for _, j in shown(edit, k)) <= 2
    accused = left_out_s(edit, 0)
    assert subtract(accused, [Span(1 * FRAME_S, 31 * FRAME_S)]) == accused


def test_a_held_frame_beside_motion_is_no_dissolve() -> None:
    pictures = aired(1)
    edit = conformed([*pictures[10:50], *[pictures[49]] * 40], moving(1))
    assert all(segment.opening.kind != "dissolve" for segment in edit.segments)
    accused = left_out_s(edit, 0)
    assert subtract(accused, [Span(10 * FRAME_S, 50 * FRAME_S)]) == accused
