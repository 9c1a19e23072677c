"""What located sound means beside pictures; how it is located is tested in test_sound_lines."""

import pytest

from conform.listening import ambience, cut, measured, music, silence
from offcut.conform.sound_findings import Place, Stretch, joined
from offcut.conform.sound_lines import Drift, Line
from offcut.conform.waves import RATE_HZ, Wave

RAW = ambience(20, seed=1)
WAVE = Wave(measured(RAW))


def place(first_s: float, last_s: float, raw_s: float, *, recording: int = 0) -> Place:
    first, last, raw = (round(t * RATE_HZ) for t in (first_s, last_s, raw_s))
    return Place(recording, first, last, float(raw), 1.0, RATE_HZ // 20, None)


def stretch(
    first_s: float, last_s: float, raw_s: float, *, stands: bool = True, share: float = 0.6
) -> Stretch:
    first, last, raw = (round(t * RATE_HZ) for t in (first_s, last_s, raw_s))
    line = Line(0, 1.0, first, raw, first, last, 1, False)
    return Stretch(
        line, first, last, stands, share, 40.0, 8.0, ((first, last),), (4, 4), Drift(0.0, 0.0, 0.0)
    )


def test_short_sound_beyond_a_cut_is_taken_for_blur() -> None:
    release = Wave(measured(cut(RAW, 5, 11)))
    spans = joined(release, [WAVE], [place(0, 3, 5)], [stretch(0, 3.2, 5)], end=6 * RATE_HZ)
    assert [(s.finding, float(s.end_s)) for s in spans] == [("same", 3)]


def test_sound_beyond_the_last_picture_is_not_told() -> None:
    release = Wave(measured(cut(RAW, 5, 11)))
    spans = joined(release, [WAVE], [place(0, 4, 5)], [stretch(0, 6, 5)], end=4 * RATE_HZ)
    assert [float(s.end_s) for s in spans] == [4]


def test_where_the_place_does_not_stand_nothing_is_said_at_all() -> None:
    release = Wave(measured(cut(RAW, 5, 9)))
    spans = joined(release, [WAVE], [place(0, 4, 5)], [stretch(0, 4, 5, stands=False)], end=4 * RATE_HZ)
    assert spans == ()


def test_the_end_of_a_span_too_quiet_to_be_heard_is_counted_to_it() -> None:
    raw = RAW.copy()
    raw[8 * RATE_HZ :] *= 0.003
    release = Wave(measured(cut(raw, 5, 10) + ambience(5, seed=9)))
    spans = joined(release, [Wave(measured(raw))], [place(0, 5, 5)], [stretch(0, 3, 5)], end=5 * RATE_HZ)
    assert [(s.finding, float(s.end_s)) for s in spans] == [("covered", 5)]
    assert spans[0].measured["heard_share"] == pytest.approx(0.6)


def test_the_end_of_a_span_that_would_be_heard_and_is_not_is_replaced() -> None:
    wave = music(5, seed=2)
    wave[: 3 * RATE_HZ] += cut(RAW, 5, 8)
    spans = joined(Wave(measured(wave)), [WAVE], [place(0, 5, 5)], [stretch(0, 3, 5)], end=5 * RATE_HZ)
    assert [(s.finding, float(s.start_s), float(s.end_s)) for s in spans] == [
        ("covered", 0, 3),
        ("replaced", 3, 5),
    ]
    assert spans[1].confidence <= 0.7, "own sound beside it may only have become too quiet"


def test_a_quiet_recording_is_neither_muted_nor_replaced() -> None:
    hush = Wave(measured(RAW * 0.01))
    assert joined(Wave(measured(silence(4))), [hush], [place(0, 4, 5)], [], end=4 * RATE_HZ) == ()


def test_where_two_pictures_are_seen_nothing_is_called_replaced() -> None:
    release = Wave(measured(music(4, seed=2)))
    places = [place(0, 3, 5), place(1, 4, 12)]
    spans = joined(release, [WAVE], places, [], end=4 * RATE_HZ)
    assert [(s.finding, float(s.start_s), float(s.end_s)) for s in spans] == [
        ("replaced", 0, 1),
        ("replaced", 3, 4),
    ]
