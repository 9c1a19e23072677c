import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conform.panorama import (
    HEIGHT_PX,
    WIDTH_PX,
    Picture,
    aired,
    aired_still,
    cropped,
    fixed,
    inset,
    measured,
    moving,
    noisy,
    side_by_side,
)
from offcut.conform.anchors import Anchor, agreed, anchors_of, runs
from offcut.conform.canvas import Canvas
from offcut.conform.edit import USUAL, Assembly, assemble, hard_cuts, held, plain, refit
from offcut.conform.hypotheses import Geometry, propose
from offcut.conform.lines import Fitter, Line
from offcut.conform.path import Piece
from offcut.conform.planes import plane
from offcut.records import Measurement

WHOLE = Geometry(0, False, np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]))


def at(speed: float, count: int, first: int = 10) -> list[Picture]:
    return [aired(1)[first + int(np.floor(speed * k + 1e-9))] for k in range(count)]


def fitted(release: list[Picture], recording: Measurement) -> Fitter:
    ours = measured(release)
    found = plane(Canvas(ours, [recording]), WHOLE, [Anchor(len(release) // 2, 40, WHOLE, 0.9)])
    assert found is not None
    return Fitter(found, 0, ours.frames, recording.frames)


def assembled(release: list[Picture], recordings: list[Measurement]) -> Assembly:
    ours = measured(release)
    canvas = Canvas(ours, recordings)
    anchors = [
        a
        for number, recording in enumerate(recordings)
        for likeliest_first in propose(ours, recording, number)
        for a in anchors_of(canvas, likeliest_first)
    ]
    groups = [pair for run in runs(canvas, anchors) for pair in agreed(canvas, run)]
    return assemble(canvas, [p for g, group in groups if (p := plane(canvas, g, group)) is not None])


def test_a_cut_between_two_places_is_hard_and_a_moving_camera_is_not() -> None:
    release = measured([*moving(1).pictures[:30], *moving(2).pictures[:25], *fixed(3).pictures[:20]])
    assert hard_cuts(Canvas(release, [])) == [0, 30, 55]


def test_a_flash_of_light_over_the_same_view_is_no_hard_cut() -> None:
    pictures = list(moving(1).pictures[:30])
    pictures[15] = np.clip(pictures[15].astype(np.int16) + 60, 0, 255).astype(np.uint8)
    assert hard_cuts(Canvas(measured(pictures), [])) == [0]


def test_two_spans_of_two_recordings_meet_at_the_frame_of_the_cut() -> None:
    found = assembled([*aired(2)[30:75], *aired(1)[20:65]], [moving(1).measurement, moving(2).measurement])
    assert [(p.first, p.last) for p in found.pieces] == [(0, 45), (45, 90)]
    recordings = [
        found.fitters[p.line.plane].plane.geometry.recording for p in found.pieces if p.line is not None
    ]
    assert recordings == [1, 0]


def test_a_jump_within_one_recording_is_a_cut_too() -> None:
    pieces = assembled(
        [*aired(1)[5:40], *aired(1)[62:97]], [moving(1).measurement, moving(2).measurement]
    ).pieces
    assert [(p.first, p.last) for p in pieces] == [(0, 35), (35, 70)]
    starts = [float(p.line.raw_at(p.first / 30)) * 30 for p in pieces if p.line is not None]
    assert starts == pytest.approx([5, 62], abs=1)


def test_one_flashed_frame_does_not_cut_a_span_in_two() -> None:
    pictures = list(aired(1)[10:70])
    pictures[30] = np.full((HEIGHT_PX, WIDTH_PX), 250, np.uint8)
    pieces = assembled(pictures, [moving(1).measurement]).pieces
    assert [(p.first, p.last) for p in pieces] == [(0, 60)]


def test_pieces_cover_the_release_and_no_two_without_a_source_are_neighbours() -> None:
    black: list[Picture] = [np.full((HEIGHT_PX, WIDTH_PX), 3, np.uint8)] * 12
    foreign = list(moving(9).pictures[:30])
    pieces = assembled([*black, *foreign, *aired(1)[20:60], *black], [moving(1).measurement]).pieces
    assert [(p.first, p.last, p.line is None) for p in pieces] == [
        (0, 42, True),
        (42, 82, False),
        (82, 94, True),
    ]


@pytest.mark.parametrize("speed", [0.8, 1.1, 1.2, 1.37])
def test_a_line_is_fitted_anew_at_any_speed(speed: float) -> None:
    count = 60
    fitter = fitted(at(speed, count), moving(1).measurement)
    start = Line(0, 1.0, (10 + speed * 30) / 30, round(speed * 4) / 4, 0.8, 0.5)
    found = refit(Piece(0, count, start), [fitter])
    assert found.speed == pytest.approx(speed, abs=0.012)
    assert float(found.raw_at(0.0)) * 30 == pytest.approx(10, abs=1.2)


def test_a_piece_of_three_frames_keeps_its_line() -> None:
    line = Line(0, 0.0, 0.5, 1.0, 0.9, 0.9)
    assert refit(Piece(4, 7, line), [fitted(at(1, 40), moving(1).measurement)]) is line


@pytest.mark.parametrize(("measured_speed", "true_speed"), [(1.006, 1.0), (1.195, 1.2), (0.503, 0.5)])
def test_a_speed_that_cannot_be_told_from_a_usual_one_is_named_as_that(
    measured_speed: float, true_speed: float
) -> None:
    count = 50
    fitter = fitted(at(true_speed, count), moving(1).measurement)
    rows = np.arange(count)
    middle_s = float(fitter.release_s[25])
    near = Line(0, middle_s, (10 + 0.5) / 30 + true_speed * middle_s, measured_speed, 0.97, 0.9)
    assert plain(fitter, rows, near).speed == true_speed


def test_a_speed_far_from_every_usual_one_stays_as_it_was_measured() -> None:
    count = 70
    fitter = fitted(at(1.16, count), moving(1).measurement)
    rows = np.arange(count)
    middle_s = float(fitter.release_s[35])
    line = fitter.refined(rows, Line(0, middle_s, (10 + 0.5) / 30 + 1.16 * middle_s, 1.16, 0.0, 0.0))
    assert plain(fitter, rows, line).speed == pytest.approx(1.16, abs=0.01)


def test_where_nothing_moves_no_change_of_speed_is_claimed() -> None:
    pieces = assembled(list(aired_still(3)[20:70]), [fixed(3).measurement]).pieces
    assert [p.line.speed for p in pieces if p.line is not None] == [1.0]


def test_usual_speeds_are_sorted_positive_and_hold_the_everyday_ones() -> None:
    values = [float(s) for s in USUAL]
    assert values == sorted(set(values))
    assert {0.25, 0.5, 0.8, 1.0, 1.2, 1.5, 2.0, 4.0} <= set(values)
    assert values[0] > 0


def test_runs_of_one_picture_are_found_and_what_moves_or_has_noise_is_none() -> None:
    release = [*aired(1)[10:40], *[aired(1)[40]] * 20, *aired(1)[41:60], *aired_still(3)[:20]]
    assert held(Canvas(measured(release), [])) == [30, 50]


@pytest.mark.parametrize("frame", [22, 57])
def test_a_held_frame_between_other_footage_is_one_piece_without_speed(frame: int) -> None:
    release = [*aired(2)[10:45], *[aired(1)[frame]] * 40, *aired(2)[50:85]]
    found = assembled(release, [moving(1).measurement, moving(2).measurement])
    assert [(p.first, p.last) for p in found.pieces] == [(0, 35), (35, 75), (75, 110)]
    line = found.pieces[1].line
    assert line is not None
    assert line.speed == 0
    assert found.fitters[line.plane].raw_index(line, 50) == frame


@pytest.mark.parametrize("after", [False, True], ids=["at the end", "in between"])
def test_motion_that_is_held_is_two_pieces_that_meet_where_it_stops(after: bool) -> None:
    release = [*aired(1)[20:60], *[aired(1)[59]] * 40, *(aired(1)[60:95] if after else [])]
    pieces = assembled(release, [moving(1).measurement]).pieces
    assert [p.line.speed for p in pieces if p.line is not None] == [1, 0, 1][: 3 if after else 2]
    assert [p.first for p in pieces] == pytest.approx([0, 40, 80][: len(pieces)], abs=1)


def test_a_change_of_speed_within_one_run_is_a_boundary_of_its_own() -> None:
    release = [*at(1, 40), *at(0.5, 60, first=50)]
    pieces = assembled(release, [moving(1).measurement]).pieces
    assert [p.line.speed for p in pieces if p.line is not None] == [1, 0.5]
    assert pieces[1].first == pytest.approx(40, abs=2)


def test_two_pictures_side_by_side_are_a_first_and_a_second_layer() -> None:
    release = [side_by_side(p, q) for p, q in zip(aired(1)[20:70], aired(2)[10:60], strict=True)]
    found = assembled(release, [moving(1).measurement, moving(2).measurement])
    layers = [*found.pieces, *found.beside]
    assert len(found.beside) == 1
    assert [(p.first, p.last) for p in layers] == [(0, 50), (0, 50)]
    seen = {
        found.fitters[p.line.plane].plane.geometry.recording: p.line for p in layers if p.line is not None
    }
    starts = {number: float(line.raw_at(0.0)) * 30 for number, line in seen.items()}
    assert starts == pytest.approx({0: 20.5, 1: 10.5}, abs=1)


def test_the_larger_picture_is_the_first_layer_and_what_is_set_into_it_the_second() -> None:
    release = [inset(p, q, 98, 8, 52) for p, q in zip(aired(1)[20:70], aired(2)[10:60], strict=True)]
    found = assembled(release, [moving(2).measurement, moving(1).measurement])
    layers = [*found.pieces, *found.beside]
    recordings = [found.fitters[p.line.plane].plane.geometry.recording for p in layers if p.line is not None]
    assert recordings == [1, 0]


def plain_releases() -> dict[str, list[Picture]]:
    a, b = aired(1), aired(2)
    logo = [p.copy() for p in a[20:70]]
    for picture in logo:
        picture[6:24, 128:154] = 235
        picture[10:20, 132:150:4] = 20
    third = [p.copy() for p in a[20:70]]
    for picture in third:
        picture[62:, :] = 30
        picture[66:86, 20:140:6] = 230
    return {
        "a copy": list(a[20:70]),
        "a cut": [*a[20:50], *b[30:60]],
        "a mirror image": [np.ascontiguousarray(p[:, ::-1]) for p in a[20:70]],
        "a window": [cropped(p, 0.12, 0.05, 0.8) for p in a[20:70]],
        "a still scene": list(aired_still(3)[20:70]),
        "a held frame": [a[50]] * 45,
        "slow motion": at(0.5, 60),
        "a logo": logo,
        "a lower third": third,
        "foreign footage": list(moving(9).pictures[:50]),
        "more noise": [
            noisy(p.astype(np.float32), np.random.default_rng(k), 6) for k, p in enumerate(a[20:70])
        ],
    }


@pytest.mark.parametrize("name", list(plain_releases()))
def test_a_plain_release_never_gets_a_second_layer(name: str) -> None:
    recordings = [moving(1).measurement, moving(2).measurement, fixed(3).measurement]
    assert assembled(plain_releases()[name], recordings).beside == []


@settings(deadline=None, max_examples=6)
@given(st.integers(0, 60), st.integers(0, 60), st.floats(0.6, 1.0), st.integers(0, 2))
def test_a_cut_of_any_two_spans_has_no_second_layer_and_covers_the_release(
    a: int, b: int, share: float, noise: int
) -> None:
    rng = np.random.default_rng(noise)
    release = [cropped(p, 0.0, 0.0, share) for p in (*aired(1)[a : a + 30], *aired(2)[b : b + 30])]
    release = [noisy(p.astype(np.float32), rng, 1 + noise) for p in release]
    found = assembled(release, [moving(1).measurement, moving(2).measurement])
    assert found.beside == []
    edges = [0, *(p.last for p in found.pieces)]
    assert [p.first for p in found.pieces] == edges[:-1]
    assert edges[-1] == 60
