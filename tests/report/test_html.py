import base64
import hashlib
import json
import re
from dataclasses import replace
from fractions import Fraction
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from report_cases import edits, noise, small_edit, small_examination, sourced, unsourced

from offcut.records import Box, Edit, Indicator, RawSpan
from offcut.report import conform, examination
from offcut.report.html import conform_page, examination_page, write_conform, write_examination
from offcut.report.pictures import Pictures, Rgb, wanted

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'>&lt;\u202egpj.exe\x1b[2J\x00\n{{7*7}}"


class Elements(HTMLParser):
    """Every element of a page with its attributes, and all text outside of scripts and styles."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.all: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self._raw = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.all.append((tag, dict(attrs)))
        self._raw = tag in ("script", "style")

    def handle_endtag(self, tag: str) -> None:
        self._raw = False

    def handle_data(self, data: str) -> None:
        self.text += "" if self._raw else data

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.all if name == tag]


def flat(page: str) -> str:
    return " ".join(Elements(page).text.split())


def pictures_for(*documents: dict[str, Any]) -> Pictures:
    strips: dict[int, list[tuple[Fraction, Rgb]]] = {}
    frames: dict[tuple[int, Fraction], Rgb] = {}
    for first, document in enumerate(documents):
        for exhibit, of in wanted(document, first=first, files=len(documents)).items():
            strips[exhibit] = [(time_s, noise(exhibit)) for time_s in of.strip_s]
            frames |= {(exhibit, time_s): noise(exhibit) for time_s in of.frames_s}
    return Pictures(strips, frames)


@pytest.fixture(scope="module")
def edit_page() -> str:
    document = conform(small_edit())
    return conform_page(document, pictures_for(document))


@pytest.fixture(scope="module")
def hostile_pages() -> list[str]:
    edit = small_edit(release=HOSTILE, first=f"dir/{HOSTILE}")
    left_out = [replace(offcut, reason=HOSTILE) for offcut in edit.left_out]
    compared = conform(replace(edit, left_out=left_out, limits=[HOSTILE]))
    examined = small_examination(name=HOSTILE, note=HOSTILE)
    indicator = Indicator(HOSTILE, HOSTILE, "produced", "weak", [], {HOSTILE: HOSTILE}, HOSTILE)
    seen = examination(replace(examined, indicators=[indicator]))
    seen["container"][HOSTILE] = {"deep": [{HOSTILE: [HOSTILE]}]}
    return [conform_page(compared, Pictures()), examination_page([seen, seen], Pictures())]


def test_the_answer_comes_first_in_words(edit_page: str) -> None:
    text = flat(edit_page)
    answer = (
        "3 of 4 segments of the release have a source in 2 of the 3 recordings given. Together they cover "
        "8.000 s of its 10.000 s; for 2.000 s no source was found among these recordings."
    )
    assert answer in text
    assert text.index(answer) < text.index("Before you look") < text.index("The release over time")


def test_the_parts_stand_in_their_order(edit_page: str) -> None:
    text = flat(edit_page)
    heads = ["The release over time", "The recordings over time", "The segments of the release"]
    heads += [
        "Left out, relative to the recordings given",
        "What cannot be said",
        "How sure this is, and why",
    ]
    heads += ["Files, hashes and versions"]
    places = [text.index(head) for head in heads]
    assert places == sorted(places)


def test_every_link_leads_somewhere_on_the_page(edit_page: str) -> None:
    examined = examination(small_examination())
    for page in (
        edit_page,
        examination_page([examined], Pictures()),
        examination_page([examined] * 2, Pictures()),
    ):
        elements = Elements(page)
        ids = [attributes["id"] for _, attributes in elements.all if "id" in attributes]
        assert len(ids) == len(set(ids))
        assert {attributes["href"] for attributes in elements.named("a")} <= {f"#{name}" for name in ids}


def test_a_page_names_no_address_it_could_load(edit_page: str) -> None:
    elements = Elements(edit_page)
    assert not elements.named("link")
    assert not elements.named("iframe")
    for _, attributes in elements.all:
        assert "style" not in attributes
        assert not any(name.startswith("on") for name in attributes)
        assert (
            str(attributes.get("src") or "data:").startswith("data:image/webp;base64,")
            or "src" not in attributes
        )
    assert not re.search(r"url\((?!#)", edit_page)
    assert "@import" not in edit_page


def test_the_policy_forbids_everything_but_this_style_and_this_script(edit_page: str) -> None:
    (policy,) = [m["content"] for m in Elements(edit_page).named("meta") if "http-equiv" in m]
    assert policy is not None
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    for tag, directive in (("style", "style-src"), ("script", "script-src")):
        (inside,) = re.findall(f"<{tag}>(.*?)</{tag}>", edit_page, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode()
        assert f"{directive} 'sha256-{digest}'" in policy


def test_pictures_are_hidden_where_the_style_sheet_is_missing(edit_page: str) -> None:
    images = Elements(edit_page).named("img")
    assert images
    assert all("hidden" in image for image in images)


def test_every_choice_to_see_starts_unmade_and_is_undone_by_one_button(edit_page: str) -> None:
    elements = Elements(edit_page)
    boxes = elements.named("input")
    assert len(boxes) > 3
    assert all("checked" not in box and box.get("autocomplete") == "off" for box in boxes)
    assert all(box.get("form") == "veil" or box.get("id") in ("sharp", "colour", "cover") for box in boxes)
    assert [button.get("type") for button in elements.named("button")] == ["reset"]


def test_the_result_can_be_taken_out_of_the_page() -> None:
    document = conform(small_edit(release=HOSTILE))
    page = conform_page(document, Pictures())
    (inside,) = re.findall(r'<pre class="result"[^>]*>(.*?)</pre>', page, re.DOTALL)
    assert json.loads(inside) == document


def test_hostile_text_makes_no_element_and_turns_no_line(hostile_pages: list[str]) -> None:
    harmless = Elements(examination_page([examination(small_examination())] * 2, Pictures()))
    for page in hostile_pages:
        elements = Elements(page)
        assert len(elements.named("script")) == len(harmless.named("script")) == 1
        assert not elements.named("img")
        assert not any(name.startswith("on") for _, attributes in elements.all for name in attributes)
        assert not re.search("[\u202a-\u202e\u2066-\u2069\x00-\x08\x0b-\x1f\x7f]", page)
        assert "\\u202egpj.exe" in elements.text
        assert "{{7*7}}" in elements.text


def test_hostile_text_is_isolated(hostile_pages: list[str]) -> None:
    for page in hostile_pages:
        outside = re.sub(
            r"<bdi.*?</bdi>|<pre.*?</pre>|title=\"[^\"]*\"|aria-label=\"[^\"]*\"", "", page, flags=re.DOTALL
        )
        outside = re.sub(r"<title>.*?</title>|<text.*?</text>", "", outside, flags=re.DOTALL)
        assert "gpj.exe" not in outside


@given(edits())
@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.too_slow])
def test_any_edit_makes_a_page(edit: Edit) -> None:
    document = conform(edit)
    page = conform_page(document, Pictures())
    assert flat(page).count("Files, hashes and versions") == 1


def test_a_mirrored_segment_says_so_at_its_picture(edit_page: str) -> None:
    assert flat(edit_page).count("the release shows it mirrored") == 1


def test_a_picture_that_could_not_be_taken_is_said_to_be_missing() -> None:
    document = conform(small_edit())
    some = pictures_for(document)
    without = {key: picture for key, picture in some.frames.items() if key[0] != 2}
    page = conform_page(document, Pictures(some.strips, without))
    assert flat(page).count("no picture could be taken here") == 1


def test_an_ambiguous_segment_lists_the_times_that_fit(edit_page: str) -> None:
    assert (
        "Which time of the recording is seen could not be told: 0:06.000 to 0:09.000. The time above"
        in flat(edit_page)
    )


def test_undecidable_is_told_from_left_out_in_words_with_its_reason(edit_page: str) -> None:
    text = flat(edit_page)
    assert "? Undecidable , 5.000 s" in text or "? Undecidable, 5.000 s" in text
    assert "the picture does not move: 4 to 7 s and 6 to 9 s fit" in text


def test_exact_times_stand_behind_the_rounded_ones() -> None:
    page = conform_page(
        conform(replace(small_edit(), segments=[sourced("1/3", "2", 0, "1001/30000")])), Pictures()
    )
    assert '<span class="t" title="1001/30000 s">0:00.033</span>' in page


def test_what_was_not_measured_is_said_on_the_page(edit_page: str) -> None:
    text = flat(edit_page)
    assert "not measured: sound" in text
    assert "Nothing is said about the sound: it was not measured." in text


def test_no_source_is_said_without_blame() -> None:
    document = conform(replace(small_edit(), segments=[unsourced(0, 10)], left_out=[]))
    text = flat(conform_page(document, Pictures()))
    assert "For none of the 1 segment of the release was a source found" in text
    assert "That does not say that the release was not made from them" in text


def test_no_page_gives_a_verdict(edit_page: str, hostile_pages: list[str]) -> None:
    forbidden = re.compile(
        r"\b(fake|authentic|genuine|manipulat\w*|forg\w*|tamper\w*|doctored|mislead\w*|censor\w*)\b",
        re.IGNORECASE,
    )
    for page in (edit_page, *hostile_pages):
        assert not forbidden.search(flat(page))


def test_an_examination_says_form_reasons_and_limits() -> None:
    document = examination(small_examination())
    text = flat(examination_page([document], pictures_for(document)))
    assert "fits the form “assembled”: several takes or spans joined" in text
    assert "Confidence 0.90." in text
    assert "a cut between two similar views can be missed" in text
    assert "not measured: splices" in text
    assert "Last before: frame 89, 0:02.967" in text
    assert "First of the span: frame 90, 0:03.000" in text
    assert "byte 932: the last box is 4 bytes short" in text
    assert "4,120" in text


def test_a_page_of_two_files_keeps_them_apart() -> None:
    first, second = (
        examination(small_examination(name="one.mp4")),
        examination(small_examination(name="two.mp4")),
    )
    page = examination_page([first, second], pictures_for(first, second))
    assert page.count('<pre class="result"') == 2
    assert "How 2 files were made" in flat(page)


def test_a_document_of_another_schema_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"offcut\.conform/1 is needed"):
        write_conform(examination(small_examination()), Pictures(), tmp_path / "page.html")
    with pytest.raises(ValueError, match=r"offcut\.examination/1 is needed"):
        write_examination([conform(small_edit())], Pictures(), tmp_path / "page.html")
    assert not list(tmp_path.iterdir())


def test_the_same_document_makes_the_same_file(tmp_path: Path) -> None:
    document = conform(small_edit())
    for name in ("a.html", "b.html"):
        write_conform(document, pictures_for(document), tmp_path / name)
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()
    examined = examination(small_examination())
    write_examination([examined], pictures_for(examined), tmp_path / "c.html")
    assert (tmp_path / "c.html").read_text("utf-8").startswith("<!doctype html>")


def test_an_hour_in_five_hundred_segments_stays_under_fifteen_megabytes() -> None:
    segments = [sourced(at, at + 1, at % 3, at % 9) for at in range(500)]
    left_out = [small_edit().left_out[0]] * 500
    document = conform(replace(small_edit(), segments=segments, left_out=left_out))
    picture = noise(0, (320, 320, 3))
    strips: dict[int, list[tuple[Fraction, Rgb]]] = {}
    frames: dict[tuple[int, Fraction], Rgb] = {}
    for exhibit, of in wanted(document).items():
        strips[exhibit] = [(time_s, picture) for time_s in of.strip_s]
        frames |= {(exhibit, time_s): picture for time_s in of.frames_s}
    page = conform_page(document, Pictures(strips, frames))
    assert len(page.encode()) < 15_000_000
    assert "The first 200 segments are shown with pictures." in flat(page)
    assert re.search(r"[0-9]+ pictures are not on this page", flat(page))


def test_pictures_seen_at_once_are_said_to_be_so_in_words_and_in_a_row_of_their_own() -> None:
    inset = replace(sourced(8, 9, 0, 4), placed=Box(0.7, 0.05, 0.25, 0.25))
    edit = small_edit()
    text = flat(conform_page(conform(replace(edit, segments=[*edit.segments, inset])), Pictures()))
    assert "1 segment shares its time with another" in text
    assert "In the lowest row, marked +," in text
    assert (
        "seen at the same time as segment 4, in the top right part of the picture, 0:08.000 to 0:09.000"
        in text
    )
    assert (
        "segment 5 is seen at the same time, in the top right part of the picture, 0:08.000 to 0:09.000"
        in text
    )


def test_a_page_of_one_picture_at_a_time_speaks_of_no_second_row(edit_page: str) -> None:
    assert "lowest row" not in flat(edit_page)
    assert "at the same time" not in flat(edit_page)


def test_a_held_frame_has_one_time_and_no_claim_where_nothing_moves() -> None:
    held = sourced(0, 10, 0, 3, speed=0, alternatives=[RawSpan(Fraction(2), Fraction(4))])
    text = flat(conform_page(conform(replace(small_edit(), segments=[held])), Pictures()))
    assert re.search(r"Time in it ?0:03\.000 Speed ?one frame, held", text)
    assert "Where nothing moves, a recording that plays on looks like one frame that is held." in text
