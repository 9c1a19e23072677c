from conform.listening import ambience, measured
from offcut.conform.sound_limits import COMPARED, NOT_COMPARED, sound_limits

HEARD, EMPTY = measured(ambience(1, seed=1)), measured(None, seconds=1)


def test_what_was_not_compared_is_said_to_be_so() -> None:
    assert sound_limits(HEARD, [HEARD], None) == (NOT_COMPARED,)


def test_what_holds_for_every_comparison_is_said_once() -> None:
    assert sound_limits(HEARD, [HEARD], ()) == COMPARED


def test_recordings_without_sound_are_counted() -> None:
    *_, last = sound_limits(HEARD, [EMPTY, HEARD, EMPTY], ())
    assert "without any sound: 2." in last


def test_a_release_without_sound_is_said_to_have_none() -> None:
    *_, last = sound_limits(EMPTY, [EMPTY, HEARD], ())
    assert last.startswith("The release holds no sound.")
