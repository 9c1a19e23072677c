from pathlib import Path

import pytest
from room_cases import ON_LINUX, SMALL, assert_same, children_of, faulty, keeper_pid, measured

from offcut.decode import libav
from offcut.decode.limits import Limits
from offcut.errors import LimitError, UnreadableError
from offcut.records import Signal
from offcut.room import Room


def test_a_second_room_gives_the_same_numbers_bit_for_bit(room: Room, film: Path) -> None:
    first, one = measured(room, film)
    second, other = measured(room, film)
    assert_same(one, other)
    assert first.frames.pts.tobytes() == second.frames.pts.tobytes()


def test_a_picture_is_the_exact_frame_asked_for_and_a_missing_one_is_absent(room: Room, film: Path) -> None:
    pts = measured(room, film)[0].frames.pts.tolist()
    done: list[float] = []
    pictures = room.grab(film, [pts[5], pts[20], pts[-1] + 1], longest_px=64, progress=done.append)
    with film.open("rb") as file:
        truth = dict(libav.pictures(file, [pts[5], pts[20]], longest_px=64, limits=Limits()))
    assert pictures.keys() == truth.keys() == {pts[5], pts[20]}
    assert all((pictures[p] == truth[p]).all() for p in truth)
    assert done == [1, 2]


def test_an_unknown_analyser_is_a_wrong_call_and_not_a_broken_file(room: Room, film: Path) -> None:
    with pytest.raises(KeyError, match="nonsense"):
        room.measure_file(film, analysers=["nonsense"], sink=lambda _: None)


def test_what_the_sink_raises_reaches_the_caller_and_ends_the_room(room: Room, film: Path) -> None:
    def full(_: Signal) -> None:
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        room.measure_file(film, analysers=["picture"], sink=full)
    assert children_of(keeper_pid(room)) == []
    measured(room, film)


def test_a_file_that_is_no_video_is_refused_with_its_name(room: Room, tmp_path: Path) -> None:
    path = tmp_path / "letter.mp4"
    path.write_text("Dear editor, " * 100)
    with pytest.raises(UnreadableError, match=r"^letter\.mp4: it is not a video of a known kind"):
        measured(room, path)


# --- what goes wrong in one room stays there --------------------------------------------------


@ON_LINUX
@pytest.mark.parametrize(
    ("fault", "kind", "words"),
    [
        ("crash", UnreadableError, "the decoder crashed on it (signal 11)"),
        ("abort", UnreadableError, "the decoder crashed on it (signal 6)"),
        ("spin", LimitError, "more than 2 s of processor time"),
        ("bomb", LimitError, "more memory than the limit allows"),
        ("no-memory", LimitError, "more memory than the limit allows"),
        ("fork", UnreadableError, "Operation not permitted"),
        ("flood", LimitError, "come to more than 33,554,432 bytes"),
        ("leave", UnreadableError, "ended early (exit 7)"),
        ("unforeseen", UnreadableError, "measuring it failed (KeyError"),
    ],
)
def test_one_bad_file_is_one_clear_line_and_the_next_file_is_measured(
    faulty_room: Room, film: Path, tmp_path: Path, fault: str, kind: type[Exception], words: str
) -> None:
    with pytest.raises(UnreadableError) as caught:
        measured(faulty_room, faulty(tmp_path, fault), SMALL)
    line = str(caught.value)
    assert type(caught.value) is kind
    assert line.startswith(f"{fault}.mp4: ")
    assert words in line
    assert line.endswith("nothing measured from it is used")
    assert line.isprintable()
    assert children_of(keeper_pid(faulty_room)) == []
    assert len(measured(faulty_room, film)[0].frames) == 30


@ON_LINUX
@pytest.mark.parametrize(
    "lie",
    [
        *("lie-other-signal", "lie-huge-block", "lie-huge-shape", "lie-type", "lie-backwards", "lie-text"),
        *("lie-nan", "lie-nesting", "lie-no-json", "lie-order", "lie-room", "lie-header"),
    ],
)
def test_a_room_that_lies_is_not_believed(faulty_room: Room, tmp_path: Path, lie: str) -> None:
    with pytest.raises(UnreadableError, match="the room's answer was not valid: ") as caught:
        measured(faulty_room, faulty(tmp_path, lie), SMALL)
    assert len(str(caught.value)) < 400
