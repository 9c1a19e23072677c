"""Shots: where one continuous span of picture ends and another begins, and how.

    similarity   how alike two pictures are, whatever shake and exposure do
    scan         the cheap look at every frame
    cuts         the two-sided test, flashes
    gradual      dissolves, fades, wipes
    confidence   from the figures to a probability

`find` joins them. It works on the small pictures of a measurement, so it can be repeated without the file.
"""

from offcut.shots.boundaries import find

__all__ = ["find"]
