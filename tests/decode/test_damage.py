import pytest

from offcut.decode.damage import MORE, has_two_clocks, is_of_pictures


@pytest.mark.parametrize(
    "line",
    [
        "picture near 0.600 s: Invalid data found when processing input",
        "pictures that the decoder calls damaged, and completed from others: 8 of 38, the first is frame 10",
        MORE,
    ],
)
def test_a_broken_picture_is_recognised_by_its_line(line: str) -> None:
    assert is_of_pictures(["sound near 1.000 s: End of file", line])


def test_broken_sound_is_not_a_broken_picture() -> None:
    assert not is_of_pictures(["sound near 1.000 s: End of file"])
    assert not is_of_pictures([])


def test_two_clocks_are_recognised_by_their_line() -> None:
    assert has_two_clocks(["the clock of the file goes back by 0.240 s at frame 7; later frames ..."])
    assert not has_two_clocks(["the clock of the sound goes back 1 times; it is counted on from there"])
