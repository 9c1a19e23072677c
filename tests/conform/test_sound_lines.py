import numpy as np
import pytest

from conform.listening import Samples, ambience, at_db, cut, measured, music
from offcut.conform.sound_common import STEP
from offcut.conform.sound_lines import BLIND_RATIO, blind, chosen, common, guided
from offcut.conform.waves import RATE_HZ, Wave

A, B = ambience(30, seed=1), ambience(30, seed=2)
WAVES = [Wave(measured(A)), Wave(measured(B))]


def release_of(*parts: Samples) -> Wave:
    own = np.concatenate(parts)
    return Wave(measured(at_db(own, -26) + music(len(own) / RATE_HZ, seed=5)))


def test_two_pieces_of_two_recordings_are_two_runs_with_the_cut_between() -> None:
    release = release_of(cut(A, 10, 14), cut(B, 20, 24))
    runs = chosen(blind(release, WAVES), release, WAVES)
    assert [r.line.recording for r in runs] == [0, 1]
    assert runs[0].last * STEP / RATE_HZ == pytest.approx(4, abs=0.1)
    assert runs[1].first * STEP / RATE_HZ == pytest.approx(4, abs=0.1)
    assert all(r.stands and r.ratio >= BLIND_RATIO for r in runs)


def test_a_jump_within_one_recording_is_two_runs() -> None:
    release = release_of(cut(A, 10, 13), cut(A, 20, 23))
    runs = chosen(blind(release, WAVES), release, WAVES)
    starts = [round(r.line.raw(r.first * STEP) / RATE_HZ) for r in runs]
    assert starts == [10, 20]


def test_the_same_sound_twice_in_a_recording_does_not_stand() -> None:
    waves = [Wave(measured(np.concatenate([A[: 8 * RATE_HZ], A[: 8 * RATE_HZ]]))), WAVES[1]]
    release = release_of(cut(A, 2, 7))
    runs = chosen(blind(release, waves), release, waves)
    assert runs
    assert not any(r.stands for r in runs)


def test_a_guided_line_is_found_only_where_the_picture_says() -> None:
    release = release_of(cut(A, 10, 14))
    span = (0, 4 * RATE_HZ)
    (line,) = guided(release, WAVES[0], 0, span, 10.03 * RATE_HZ, [1.0])
    assert line.is_guided
    assert line.raw(0) == pytest.approx(10 * RATE_HZ, abs=1)
    assert guided(release, WAVES[0], 0, span, 15 * RATE_HZ, [1.0]) == []
    assert guided(release, WAVES[1], 1, span, 10 * RATE_HZ, [1.0]) == []


def test_outside_a_line_nothing_is_measured() -> None:
    release = release_of(cut(A, 10, 25))
    lines = [line for line in blind(release, WAVES, chunk=3 * RATE_HZ) if line.recording == 0][:1]
    shares, shifts = common(lines, release, WAVES, (0, len(release) // STEP))
    assert shares.shape == shifts.shape == (1, len(release) // STEP)
    first, last = lines[0].first // STEP + 1, lines[0].last // STEP - 1
    assert np.isfinite(shares[0, first:last]).all()
    assert np.isneginf(shares[0, : first - 1]).all()
    assert np.isneginf(shares[0, last + 1 :]).all()


def test_a_release_without_sound_has_no_lines() -> None:
    nothing = Wave(measured(None, seconds=4))
    assert blind(nothing, WAVES) == []
    assert chosen([], nothing, WAVES) == []


def test_a_long_release_is_decided_in_sections_and_loses_nothing_between_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    release = release_of(cut(A, 10, 18), cut(B, 12, 20))
    lines = blind(release, WAVES)
    whole = chosen(lines, release, WAVES)
    monkeypatch.setattr("offcut.conform.sound_lines.SECTION", 5 * RATE_HZ // STEP)
    parts = chosen(lines, release, WAVES)
    heard = [sum(r.last - r.first for r in runs) for runs in (whole, parts)]
    assert heard[1] == pytest.approx(heard[0], rel=0.03)
    assert {(r.line.recording, round(r.line.raw(0) / RATE_HZ)) for r in parts} == {(0, 10), (1, 4)}
