import io
from pathlib import Path

import pytest
from rich.console import Console
from rich.progress import Progress

from offcut.cli.progress import Files, Steps, of_file, shown, time_left


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def clocked() -> tuple[Progress, list[float]]:
    """A display whose clock stands still unless it is set."""
    now = [0.0]
    console = Console(file=io.StringIO(), force_terminal=True, width=120)
    return Progress(console=console, get_time=lambda: now[0], auto_refresh=False), now


def test_the_time_left_follows_from_what_is_done(clocked: tuple[Progress, list[float]]) -> None:
    progress, now = clocked
    steps = Steps(progress)
    for second in range(1, 11):
        now[0] = float(second)
        steps("measuring a.mp4", 6.0 * second, 240.0)
    (task,) = progress.tasks
    assert task.percentage == pytest.approx(25)
    assert time_left(task) == "left 0:30"


def test_without_a_known_length_no_share_and_no_time_left_is_claimed(
    clocked: tuple[Progress, list[float]],
) -> None:
    progress, now = clocked
    steps = Steps(progress)
    steps("hashing a.ts", 1.0, 2.0)
    for second in range(1, 5):
        now[0] = float(second)
        steps("measuring a.ts", 12.0 * second, None)
    (task,) = progress.tasks
    assert task.total is None
    assert time_left(task) == "48 s measured"


def test_a_length_that_was_stated_too_short_never_gives_more_than_all(
    clocked: tuple[Progress, list[float]],
) -> None:
    progress, _ = clocked
    Steps(progress)("measuring a.mp4", 90.0, 60.0)
    assert progress.tasks[0].percentage == 100


def test_a_new_stage_starts_its_clock_anew(clocked: tuple[Progress, list[float]]) -> None:
    progress, now = clocked
    steps = Steps(progress)
    steps("hashing a.mp4", 1.0, 2.0)
    now[0] = 50.0
    steps("measuring a.mp4", 0.0, 2.0)
    assert progress.tasks[0].elapsed == 0
    assert progress.tasks[0].completed == 0


def test_a_name_is_shown_as_it_is_and_never_as_markup(clocked: tuple[Progress, list[float]]) -> None:
    progress, _ = clocked
    Steps(progress)("measuring [red]\x1b[31m\u202e.mp4", 0.0, 1.0)
    assert progress.tasks[0].description == "measuring [red]\\x1b[31m\\u202e.mp4"


def test_the_place_among_several_files_is_told() -> None:
    told: list[tuple[str, float, float | None]] = []
    of_file(lambda *step: told.append(step), Path("d/a\n.mp4"), 2, 5)("hashing", 1.0, 4.0)
    of_file(lambda *step: told.append(step), Path("b.mp4"), 1, 1)("hashing", 1.0)
    assert told == [("hashing a\\n.mp4 (2 of 5)", 1.0, 4.0), ("hashing b.mp4", 1.0, 1.0)]


def test_a_terminal_sees_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = _Terminal()
    monkeypatch.setattr("sys.stderr", screen)
    with shown(quiet=False) as report:
        report("measuring a.mp4", 0.5)
    assert "measuring a.mp4" in screen.getvalue()


@pytest.mark.parametrize(("quiet", "screen"), [(True, _Terminal()), (False, io.StringIO())])
def test_nobody_is_shown_anything_who_did_not_ask_or_does_not_look(
    quiet: bool, screen: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stderr", screen)
    with shown(quiet=quiet) as report:
        report("measuring a.mp4", 0.5)
    assert screen.getvalue() == ""


def test_the_time_left_for_all_files_follows_from_their_bytes(
    clocked: tuple[Progress, list[float]], tmp_path: Path
) -> None:
    progress, now = clocked
    paths = [tmp_path / name for name in ("kept.mp4", "a.mp4", "b.mp4")]
    for path, size in zip(paths, (500, 100, 900), strict=True):
        path.write_bytes(bytes(size))
    steps, files = Steps(progress), Files(paths, clock_s=lambda: now[0])
    report = of_file(steps, paths[1], 2, 3, files=files)
    report("hashing", 50.0, 100.0)
    for second in range(11):
        now[0] = float(second)
        report("measuring", 6.0 * second, 120.0)
    (task,) = progress.tasks
    # Half of 100 bytes in 10 s; 50 and 900 are left.
    assert time_left(task) == "left 0:10, all 3:10"


def test_of_one_file_and_before_anything_is_measured_no_time_is_claimed(tmp_path: Path) -> None:
    paths = [tmp_path / "a.mp4", tmp_path / "b.mp4"]
    for path in paths:
        path.write_bytes(b"12")
    assert Files(paths).left_s(1, 0.0) is None
    now = [0.0]
    alone = Files(paths[:1], clock_s=lambda: now[0])
    alone.left_s(1, 0.0)
    now[0] = 5
    assert alone.left_s(1, 0.5) is None
