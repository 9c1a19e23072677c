"""The pictures of a release, made from a plan."""

from collections.abc import Iterator, Sequence

import cv2
import numpy as np

from conform_cases.clips import Picture
from conform_cases.cuts import Plan
from conform_cases.filmed import Screen
from conform_cases.laid_out import Laid, length_frames, veiled, veils
from conform_cases.painted import dipped, drawn_over, looked, wiped
from conform_cases.placing import Matrix, pixels, raw_to_release
from offcut.testing.graphics import title_card

BACKDROP_BLUR_SHARE = 0.04
BACKDROP_SMALLER = 6
TITLE = "WHAT WAS SEEN THAT DAY"

Held = dict[int, dict[int, Picture]]
"""Decoded raw frames by their number, by the view that shows them."""


def pictures(plan: Plan, laid: Sequence[Laid]) -> Iterator[Picture]:
    """Release pictures in order; the raw of a view is decoded when it begins and let go when it ends."""
    held: Held = {}
    colours = veils(plan)
    screen = Screen(plan.screen_seed) if plan.screen_seed is not None else None
    for n in range(length_frames(laid)):
        showing = {k: one for k, one in enumerate(laid) if one.start <= n < one.end}
        for k in [k for k in held if k not in showing]:
            del held[k]
        for k, one in showing.items():
            if one.clip is not None and k not in held:
                held[k] = one.clip.pictures(one.raw_index(t) for t in range(one.start, one.end))
        shown = _joined(plan, showing, held, n)
        for colour in colours:
            if (strength := veiled(n, colour)) > 0:
                shown = dipped(shown, strength, str(colour[2].style))
        shown = shown.copy()
        for graphic in plan.graphics:
            if graphic.start <= n < graphic.end:
                drawn_over(shown, graphic)
        yield screen.filmed(shown, n) if screen else shown


def _joined(plan: Plan, showing: dict[int, Laid], held: Held, n: int) -> Picture:
    """The one or two cuts on screen, blended as the later one opens."""
    numbers = sorted({one.number for one in showing.values()})
    cuts = [_cut(plan, {k: one for k, one in showing.items() if one.number == c}, held, n) for c in numbers]
    if len(cuts) == 1:
        return cuts[0]
    later = next(one for one in showing.values() if one.number == numbers[1])
    share, opening = later.opened(n), later.cut.opening
    if opening.kind == "wipe":
        return wiped(cuts[0], cuts[1], share, str(opening.style))
    return np.asarray(cv2.addWeighted(cuts[1], share, cuts[0], 1 - share, 0), np.uint8)


def _cut(plan: Plan, views: dict[int, Laid], held: Held, n: int) -> Picture:
    """All views of one cut; what is set in comes last."""
    size = (plan.width_px, plan.height_px)
    canvas: Picture | None = None
    for k, one in sorted(views.items(), key=lambda item: item[1].is_inset):
        if one.clip is None or one.view is None:
            return title_card(size, TITLE if one.cut.kind == "title" else None)
        view = _view(plan, one, held[k][one.raw_index(n)], n)
        area = one.view.area
        if canvas is None and area.width == area.height == 1:
            canvas = view
            continue
        canvas = np.zeros_like(view) if canvas is None else canvas.copy()
        rows, columns = _within(one, size, whole_area=True)
        canvas[rows, columns] = view[rows, columns]
    assert canvas is not None
    return canvas


def matrix(plan: Plan, one: Laid, n: int | None) -> Matrix:
    """Raw picture to release as edited, in fractions; at release frame `n`, or without a stabiliser."""
    assert one.view is not None
    at = None if n is None else n - one.start
    return raw_to_release(one.view, one.seen, one.placed, plan.width_px / plan.height_px, at)


def _view(plan: Plan, one: Laid, raw: Picture, n: int) -> Picture:
    assert one.view is not None
    size = (plan.width_px, plan.height_px)
    raw_px = (raw.shape[1], raw.shape[0])
    view = _laid(raw, pixels(matrix(plan, one, n), raw_px, size), size)
    if one.view.fit != "fill":
        view = _framed(view, raw, one, size)
    return looked(view, one.view.look, vignette=one.view.vignette)


def _laid(raw: Picture, placement: Matrix, size: tuple[int, int]) -> Picture:
    scale = float(np.sqrt(abs(np.linalg.det(placement[:2, :2]))))
    if scale < 1:
        # An editor's scaler filters before it leaves out pixels; cubic interpolation alone would not.
        sigma = 0.45 * float(np.sqrt(1 / scale**2 - 1))
        raw = np.asarray(cv2.GaussianBlur(raw, (0, 0), sigma), np.uint8) if sigma > 0.2 else raw
    if np.allclose(placement[2], (0, 0, 1)):
        warped = cv2.warpAffine(
            raw, placement[:2], size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
        )
    else:
        warped = cv2.warpPerspective(
            raw, placement, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
        )
    return np.asarray(warped, np.uint8)


def _framed(view: Picture, raw: Picture, one: Laid, size: tuple[int, int]) -> Picture:
    """The picture between black bars or over a blurred copy of itself."""
    width, height = size
    assert one.view is not None
    if one.view.fit == "blur":
        own_height, own_width = raw.shape[:2]
        scale = max(width / own_width, height / own_height)
        tall, wide = height / scale, width / scale
        top, left = round((own_height - tall) / 2), round((own_width - wide) / 2)
        middle = raw[top : top + round(tall), left : left + round(wide)]
        small = cv2.resize(
            middle, (width // BACKDROP_SMALLER, height // BACKDROP_SMALLER), interpolation=cv2.INTER_AREA
        )
        soft = cv2.GaussianBlur(small, (0, 0), BACKDROP_BLUR_SHARE * small.shape[0])
        kept = np.asarray(cv2.convertScaleAbs(cv2.resize(soft, size), alpha=0.7), np.uint8)
    else:
        kept = np.zeros_like(view)
    rows, columns = _within(one, size, whole_area=False)
    kept[rows, columns] = view[rows, columns]
    return kept


def _within(one: Laid, size: tuple[int, int], *, whole_area: bool) -> tuple[slice, slice]:
    """Rows and columns of a view's place, or of the whole area that it stands in."""
    assert one.view is not None
    width, height = size
    box = one.view.area if whole_area else one.placed
    return (
        slice(round(box.y * height), round((box.y + box.height) * height)),
        slice(round(box.x * width), round((box.x + box.width) * width)),
    )
