"""Frame times that rise, made from the times a file gives.

Most files give every frame a time later than the one before, and nothing is done. Streams that were
joined jump back; some frames have no time, or that of their neighbour. What was done about them is
said in words, because a time that was made here is not a fact about the file.
"""

from collections.abc import Iterator
from fractions import Fraction

from offcut.decode.damage import JUMP

JUMP_STEPS = 5
"""Going back further than this many frames is another clock, not a frame out of order."""


class Clock:
    """Gives every frame a time later than the one before.

    Args:
        tick_s: Length of a tick in seconds.
    """

    def __init__(self, tick_s: Fraction) -> None:
        self.step = 1
        """Ticks between the last two frames, the best guess for one that says nothing."""
        self._tick_s = tick_s
        self._last: int | None = None
        self._offset = 0
        self._frames = 0
        self._jumps: list[tuple[int, int]] = []
        self._guessed: list[int] = []
        self._moved: list[int] = []

    def rising(self, pts: int | None) -> int:
        """Return the tick at which the next frame appears: its own, unless that is missing or not later."""
        last, index = self._last, self._frames
        self._frames += 1
        if pts is None:
            self._guessed.append(index)
            shown = 0 if last is None else last + self.step
        elif last is None:
            shown = pts
        else:
            shown = self._after(last, pts, index)
            steps = shown - last
            # Growing at most fourfold: one long pause is not the usual step.
            self.step = max(1, min(self.step * 4, steps) if self.step > 1 else steps)
        self._last = shown
        return shown

    def _after(self, last: int, pts: int, index: int) -> int:
        far = JUMP_STEPS * self.step
        if self._offset and 0 < pts - last <= far < pts + self._offset - last:
            # A single frame was out of order after all, and the old clock goes on.
            self._offset = 0
        shown = pts + self._offset
        if last - shown > far:
            self._offset = last + self.step - pts
            self._jumps.append((index, last - shown))
            return last + self.step
        if shown <= last:
            self._moved.append(index)
            return last + 1
        return shown

    def damage(self) -> Iterator[str]:
        """Lines that say which times are not the file's own."""
        if self._jumps:
            index, back = self._jumps[0]
            yield (
                f"{JUMP} by {float(back * self._tick_s):.3f} s at frame {index:,}"
                f"{_more(self._jumps)}; later frames are counted on from the one before"
            )
        if self._guessed:
            yield (
                f"frames without a time: {len(self._guessed):,}, the first is frame {self._guessed[0]:,}; "
                "each was placed one step after the one before"
            )
        if self._moved:
            yield (
                f"frames whose time is not after that of the one before: {len(self._moved):,}, the first is "
                f"frame {self._moved[0]:,}; each was placed one tick after it"
            )


def _more(jumps: list[tuple[int, int]]) -> str:
    return f" (and {len(jumps) - 1:,} more times)" if len(jumps) > 1 else ""
