"""Lines of damage that mean something to the program: how they begin, and how they are recognised.

Only lines of text leave the room, so what later stages must know is told by their beginning.
"""

from collections.abc import Sequence

PICTURE = "picture"
JUMP = "the clock of the file goes back"
MORE = "more damage of this kind was met and is not listed"


def is_of_pictures(damage: Sequence[str]) -> bool:
    """Whether a picture could not be decoded as it was encoded, or that cannot be ruled out."""
    return any(line.startswith((PICTURE, MORE)) for line in damage)


def has_two_clocks(damage: Sequence[str]) -> bool:
    """Whether a time of the file may name two frames."""
    return any(line.startswith(JUMP) for line in damage)
