import cv2
import numpy as np
import pytest

from conform.boundaries import laid
from conform.panorama import HEIGHT_PX, WIDTH_PX, Picture, moving
from offcut.conform.laid_over import overlap
from offcut.conform.overlays import overlays_of
from offcut.records import Box, Overlay

FRAMES = 80
LOGO = Box(0.05, 0.06, 0.15, 0.16)
LOWER = Box(0.0, 0.8, 0.75, 0.13)


def panel(picture: Picture, box: Box, grey: int, words: str = "") -> Picture:
    shown = picture.copy()
    left, top = round(box.x * WIDTH_PX), round(box.y * HEIGHT_PX)
    right, bottom = round((box.x + box.width) * WIDTH_PX), round((box.y + box.height) * HEIGHT_PX)
    shown[top:bottom, left:right] = grey
    cv2.putText(shown, words, (left + 2, bottom - 3), cv2.FONT_HERSHEY_SIMPLEX, 0.3, 255 - grey, 1)
    return shown


def found(release: list[Picture], *, late_frames: int = 0) -> tuple[Overlay, ...]:
    canvas, pieces, fitters = laid(release, [(0, len(release), 0)], late_frames=late_frames)
    return overlays_of(canvas, pieces[0], fitters[0])


@pytest.mark.parametrize("seed_frame", [0, 15])
def test_nothing_is_found_over_bare_footage(seed_frame: int) -> None:
    noise = np.random.default_rng(seed_frame)
    pictures = moving(1).pictures[:FRAMES]
    noisy = [np.clip(p + noise.normal(0, 4, p.shape), 0, 255).astype(np.uint8) for p in pictures]
    assert found(noisy) == ()


def test_nothing_is_found_where_the_picture_lies_a_pixel_off() -> None:
    assert found([np.roll(p, 1, axis=1) for p in moving(1).pictures[:FRAMES]]) == ()


def test_nothing_is_found_where_the_line_is_a_frame_off() -> None:
    assert found(list(moving(1).pictures[1 : FRAMES + 1])) == ()


def test_nothing_is_named_over_another_place() -> None:
    assert [o for o in found(list(moving(9).pictures[:FRAMES])) if o.kind != "bars"] == []


@pytest.mark.parametrize(("box", "kind", "grey"), [(LOGO, "logo", 10), (LOWER, "text", 240)])
def test_a_logo_and_a_lower_third_are_found_in_their_place(box: Box, kind: str, grey: int) -> None:
    (one,) = found([panel(p, box, grey, "NEWS") for p in moving(1).pictures[:FRAMES]])
    assert one.kind == kind
    assert overlap(one.box, box) > 0.6
    assert (float(one.start_s), float(one.end_s)) == pytest.approx((0, FRAMES / 30), abs=0.1)
    assert one.text is None


def test_the_span_of_an_overlay_is_measured() -> None:
    release = [panel(p, LOWER, 240) if 20 <= t < 60 else p for t, p in enumerate(moving(1).pictures[:FRAMES])]
    (one,) = found(release)
    assert (float(one.start_s), float(one.end_s)) == pytest.approx((20 / 30, 60 / 30), abs=3 / 30)


def test_two_texts_after_each_other_are_two_overlays() -> None:
    low, high = Box(0.1, 0.82, 0.3, 0.12), Box(0.3, 0.82, 0.6, 0.12)
    release = [panel(p, low if t < 40 else high, 245) for t, p in enumerate(moving(1).pictures[:FRAMES])]
    assert [o.kind for o in found(release)] == ["text", "text"]


def test_a_panel_in_the_middle_is_left_unnamed() -> None:
    release = [panel(p, Box(0.4, 0.4, 0.2, 0.2), 245) for p in moving(1).pictures[:FRAMES]]
    assert found(release) == ()


def test_a_border_is_found_once() -> None:
    release = []
    for p in moving(1).pictures[:FRAMES]:
        shown = p.copy()
        shown[:4] = shown[-4:] = 200
        shown[:, :4] = shown[:, -4:] = 200
        release.append(shown)
    assert [o.kind for o in found(release)] == ["border"]


def test_a_short_piece_names_nothing() -> None:
    assert found([panel(p, LOGO, 10) for p in moving(1).pictures[:12]]) == ()
