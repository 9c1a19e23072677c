"""A plan on the clock of its release: where each view lies, which raw it shows, how strongly it is seen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from conform_cases.clips import Clip
from conform_cases.cuts import Cut, Opening, Plan, View, spans
from conform_cases.placing import seen_and_placed
from offcut.records import Box
from offcut.timeline import Span

Veil = tuple[int, int, Opening]
"""A colour over release frames [start, end)."""

FLASH = 0.92
"""How white the frames of a flash are: what was filmed is still there, and no frame is without a source."""


@dataclass(frozen=True, slots=True)
class Laid:
    """A view of a cut, or a cut without one, in release frames [start, end).

    Attributes:
        number: Of the cut in the plan.
        opens_after: Length of the opening of the next cut that overlaps this one; 0 for an inset.
        covered: Share of the release that an inset takes from this view, and in which frames.
        veils: Colours over this view: the opening's frames [start, end) and the opening.
        seen: The window of the raw picture that is shown, before mirroring.
        placed: Where in the release it is shown.
    """

    number: int
    cut: Cut
    view: View | None
    clip: Clip | None
    start: int
    end: int
    opens_after: int
    covered: tuple[float, int, int]
    veils: tuple[Veil, ...]
    rate_hz: Fraction
    seen: Box
    placed: Box

    @property
    def is_inset(self) -> bool:
        """It is set into another view."""
        return self.view is not None and self.view.role == "inset"

    @property
    def opening_frames(self) -> int:
        """Frames at the start in which the cut before is seen as well."""
        return 0 if self.is_inset else self.cut.opening.overlap

    def raw_s(self, n: int) -> Fraction:
        """Raw time at release frame `n`."""
        assert self.clip is not None
        assert self.view is not None
        passed_s = self.view.pace.raw_s(
            (n - self.start) / self.rate_hz, (self.end - self.start) / self.rate_hz
        )
        return self.clip.times.time_s(self.view.raw_frame) + passed_s

    def raw_index(self, n: int) -> int:
        """Which raw frame release frame `n` shows: the one on screen at that raw time."""
        assert self.clip is not None
        time_s = self.raw_s(n)
        if not self.clip.times.start_s <= time_s < self.clip.times.end_s:
            raise ValueError(f"{self.clip.name} has no picture at {float(time_s):.3f} s")
        return self.clip.times.index_at(time_s)

    def raw_span(self) -> Span:
        """Raw time that is shown; played backwards or held, the frame shown first counts to its end."""
        assert self.clip is not None
        ends_s = self.raw_s(self.start), self.raw_s(self.end)
        high_s = max(ends_s)
        if ends_s[1] <= ends_s[0]:
            high_s = self.clip.times.time_s(self.clip.times.index_at(ends_s[0]) + 1)
        return Span(max(min(ends_s), self.clip.times.start_s), min(high_s, self.clip.times.end_s))

    def opened(self, n: int) -> float:
        """How strongly the cut is seen in release frame `n` beside its neighbours."""
        rising, falling = 1.0, 1.0
        if self.opening_frames:
            rising = (n - self.start + 1) / (self.opening_frames + 1)
        if self.opens_after:
            falling = (self.end - n) / (self.opens_after + 1)
        return min(1.0, rising, falling)

    def share(self, n: int) -> float:
        """Share of the release's picture that is this view, weighed by how strongly it is seen."""
        assert self.view is not None
        area = self.view.area.width * self.view.area.height
        taken, first, last = self.covered
        if first <= n < last:
            area -= taken
        bare = 1.0
        for one in self.veils:
            bare *= 1 - veiled(n, one)
        return area * bare * self.opened(n)


def veiled(n: int, veil: Veil) -> float:
    """How strongly a colour lies over release frame `n`; never wholly."""
    start, end, opening = veil
    if not start <= n < end:
        return 0.0
    return FLASH if opening.style == "flash" else 1 - abs(2 * (n - start + 0.5) / (end - start) - 1)


def veils(plan: Plan) -> list[Veil]:
    """Frames [start, end) of every dip and flash."""
    found = []
    for cut, (start, _) in zip(plan.cuts, spans(plan.cuts), strict=True):
        if cut.opening.is_veil:
            half = cut.opening.frames // 2
            found.append((start - half, start + half, cut.opening))
    return found


def lay_out(plan: Plan, clips: Mapping[str, Clip]) -> list[Laid]:
    """Put the views of a plan behind each other, in order of their start.

    Raises:
        ValueError: A view asks for raw that its clip does not have.
    """
    laid: list[Laid] = []
    where, colours = spans(plan.cuts), veils(plan)
    shape = plan.width_px / plan.height_px
    for number, (cut, (start, end)) in enumerate(zip(plan.cuts, where, strict=True)):
        after = plan.cuts[number + 1].opening.overlap if number + 1 < len(plan.cuts) else 0
        own = tuple(v for v in colours if v[0] < end and v[1] > start)
        inside = (start + cut.opening.overlap, end - after)
        inset = next((v for v in cut.views if v.role == "inset"), None)
        taken = inset.area.width * inset.area.height if inset else 0.0
        for view in cut.views or (None,):
            source = clips[view.clip] if view is not None else None
            boxes = seen_and_placed(view, source, shape)
            if view is not None and view.role == "inset":
                one = Laid(number, cut, view, source, *inside, 0, (0.0, 0, 0), own, plan.rate_hz, *boxes)
            else:
                covered = (taken, *inside)
                one = Laid(number, cut, view, source, start, end, after, covered, own, plan.rate_hz, *boxes)
            if source is not None:
                for n in (one.start, one.end - 1):
                    one.raw_index(n)
            laid.append(one)
    return sorted(laid, key=lambda one: (one.start, one.number))


def length_frames(laid: Sequence[Laid]) -> int:
    """Frames of the release."""
    return max(one.end for one in laid)
