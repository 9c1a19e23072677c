"""What the pages do in a browser: nothing leaves, nothing fails, nothing is shown before it is asked for."""

import os
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from browser import Page, chromium, opened
from numpy.typing import NDArray
from report_cases import small_edit, small_examination

from offcut.report import conform, examination
from offcut.report.html import write_conform, write_examination
from offcut.report.pictures import Pictures, Rgb, wanted

PROGRAM = chromium()

if PROGRAM is None and os.environ.get("CI") == "true":
    pytest.fail("no Chromium on a build machine: the report must be opened in one", pytrace=False)

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="no Chromium on this machine")

STILL = "#segment-2 .shot"


def checkerboard() -> Rgb:
    """Sharp and coloured, so that blur and grey both show: 20 px squares of red and yellow."""
    rows, columns = np.indices((180, 320)) // 20
    picture = np.zeros((180, 320, 3), np.uint8)
    picture[..., 0] = 255
    picture[..., 1] = np.where((rows + columns) % 2, 255, 0)
    return picture


def colourfulness(picture: NDArray[np.uint8]) -> float:
    """Mean difference between the strongest and the weakest channel, 0 for grey."""
    return float(np.ptp(picture[30:-30, 60:-60].astype(np.int16), axis=2).mean())


def sharpness(picture: NDArray[np.uint8]) -> float:
    """Strongest step between neighbouring pixels."""
    grey = picture[30:-30, 60:-60].astype(np.float64).mean(axis=2)
    return float(np.abs(np.diff(grey, axis=1)).max())


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pages")
    compared, examined = conform(small_edit()), examination(small_examination())
    strips: dict[int, list[tuple[Fraction, Rgb]]] = {}
    frames: dict[tuple[int, Fraction], Rgb] = {}
    for exhibit, of in (wanted(compared) | {9: wanted(examined)[0]}).items():
        strips[exhibit % 9] = [(time_s, checkerboard()) for time_s in of.strip_s]
        frames |= {(exhibit % 9, time_s): checkerboard() for time_s in of.frames_s}
    write_conform(compared, Pictures(strips, frames), folder / "conform.html")
    write_examination([examined], Pictures(strips, frames), folder / "examination.html")
    return folder


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    assert PROGRAM is not None
    with opened(PROGRAM, tmp_path_factory.mktemp("profile")) as page:
        yield page


@pytest.mark.parametrize("name", ["conform.html", "examination.html"])
@pytest.mark.parametrize("width_px", [390, 1280])
def test_a_page_opens_without_complaint_or_request_and_fits_its_width(
    page: Page, pages: Path, name: str, width_px: int
) -> None:
    page.open(pages / name, width_px=width_px, dark=width_px == 390)
    assert page.evaluate("document.querySelectorAll('.strip svg').length") > 0
    assert page.evaluate("document.documentElement.scrollWidth") <= width_px
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") <= width_px
    assert page.evaluate("[...document.images].every(one => one.complete && one.naturalWidth > 0)")
    assert page.complaints() == []
    assert page.requests() == []


def test_the_page_would_tell_if_a_request_was_made(page: Page, pages: Path, tmp_path: Path) -> None:
    text = (pages / "conform.html").read_text("utf-8")
    leaking = text.replace(
        "</header>", "<img src='http://127.0.0.1:9/a.png'></header><script>alert(1)</script>"
    )
    (tmp_path / "leaking.html").write_text(leaking, encoding="utf-8")
    page.open(tmp_path / "leaking.html")
    assert any("Content Security Policy" in line for line in page.complaints())


@pytest.mark.parametrize("scripts", [True, False])
def test_a_page_opens_veiled_and_shows_sharp_then_colour_only_when_asked(
    page: Page, pages: Path, *, scripts: bool
) -> None:
    page.open(pages / "conform.html", scripts=scripts)
    veiled = page.picture(STILL)
    assert colourfulness(veiled) < 3
    assert sharpness(veiled) < 15

    page.press("#sharp")
    grey = page.picture(STILL)
    assert colourfulness(grey) < 3
    assert sharpness(grey) > 60

    page.press("#colour")
    assert colourfulness(page.picture(STILL)) > 60

    page.press("button[type=reset]")
    again = page.picture(STILL)
    assert colourfulness(again) < 3
    assert sharpness(again) < 15


def test_colour_cannot_be_had_before_sharp(page: Page, pages: Path) -> None:
    page.open(pages / "conform.html", scripts=False)
    page.evaluate("document.querySelector('#colour').checked = true")
    assert colourfulness(page.picture(STILL)) < 3


def test_one_picture_can_be_shown_alone_and_stays_grey(page: Page, pages: Path) -> None:
    page.open(pages / "conform.html")
    page.press(f"{STILL} input")
    assert sharpness(page.picture(STILL)) > 60
    assert colourfulness(page.picture(STILL)) < 3
    assert sharpness(page.picture("#segment-3 .shot")) < 15
    page.press("button[type=reset]")
    assert sharpness(page.picture(STILL)) < 15


def test_the_cover_hides_even_what_was_unveiled(page: Page, pages: Path) -> None:
    page.open(pages / "conform.html")
    page.press("#sharp")
    page.press("#cover")
    covered = page.picture(STILL)
    assert sharpness(covered) < 3


def test_escape_and_leaving_veil_again(page: Page, pages: Path) -> None:
    page.open(pages / "conform.html")
    page.press("#sharp")
    page.evaluate("document.dispatchEvent(new KeyboardEvent('keydown', {key: 'Escape'}))")
    assert sharpness(page.picture(STILL)) < 15
    page.press("#sharp")
    page.evaluate(
        "Object.defineProperty(document, 'hidden', {get: () => true});"
        "document.dispatchEvent(new Event('visibilitychange'))"
    )
    assert sharpness(page.picture(STILL)) < 15


def test_a_page_is_printed_veiled_unless_it_was_unveiled(page: Page, pages: Path) -> None:
    page.open(pages / "conform.html")
    page.call("Emulation.setEmulatedMedia", media="print", features=[])
    assert sharpness(page.picture(STILL)) < 15
    assert colourfulness(page.picture(STILL)) < 3
    page.evaluate("document.querySelector('#sharp').checked = true")
    assert sharpness(page.picture(STILL)) > 60
    assert page.pdf().startswith(b"%PDF")


def test_a_bar_leads_to_its_segment(page: Page, pages: Path) -> None:
    page.open(pages / "conform.html", scripts=False)
    assert page.evaluate("document.querySelectorAll('a[href=\"#segment-2\"]').length") >= 2
    page.evaluate("document.querySelector('a[href=\"#segment-2\"]').dispatchEvent(new MouseEvent('click'))")
    assert page.evaluate("location.hash") == "#segment-2"
