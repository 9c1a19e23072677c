"""Every odd file through the same door as any other: a right answer, or one clear line."""

import os
import re
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from offcut.container import probe
from offcut.errors import UnreadableError
from offcut.examine import examine
from offcut.records import Examination, Measurement
from offcut.signals import measured
from offcut.testing.odd import NO_PICTURE, ODD
from offcut.testing.odd_shapes import FRAMES, moving

R = Fraction(1, 25)

REFUSED = {
    "animation": "this is a GIF picture, not a video; it was not opened",
    "concat_script": "this is an ffconcat list, a text that names other files, not a video; no file it names",
    "countless_samples": "is damaged (Invalid data found when processing input); nothing was measured",
    "countless_times": "more memory than the limit allows; nothing measured from it is used. In the",
    "dangling_link": "No such file or directory",
    "deep_boxes": "box 'moov' lies 32 boxes deep and was not opened",
    "deep_elements": "is damaged (End of file); nothing was measured",
    "empty": "the file is empty; there is nothing to read",
    "far_chunk": "no picture could be decoded; nothing can be said about it. In the container, byte",
    "folder_named_video": "this is not a regular file; it was not opened",
    "huge_frames": "no picture could be decoded; nothing can be said about it",
    "huge_png": "this is a PNG picture, not a video; it was not opened",
    "long_element": "is damaged (End of file); nothing was measured",
    "many_boxes": "of 20,000 tracks, 32 were read",
    "no_index": "the index of the file is missing, as after an interrupted recording or transfer",
    "playlist": "this is an HLS playlist (#EXTM3U), a text that names other files, not a video; no file",
    "short_box": "it holds no picture track; there is no picture to measure. In the container, byte",
    "sound_only": "it holds only sound; there is no picture to measure",
    "sound_wav": "this is sound without picture (WAV), not a video; it was not opened",
    "still_as_video": "this is a PNG picture, not a video; it was not opened",
    "still_jpeg": "this is a JPEG picture, not a video; it was not opened",
    "still_png": "this is a PNG picture, not a video; it was not opened",
    "text": "this is plain text, not a video; it was not opened",
    "too_wide": "its pictures are 8,400 x 32 pixels; allowed are 8,192 x 8,192",
    "web_page": "this is XML or HTML, not a video; it was not opened",
    "zeros": "is damaged (Invalid data found when processing input); nothing was measured",
}

USUAL = (160, 120, FRAMES, Fraction(0), FRAMES * R)

ANSWERED: dict[str, tuple[int, int, int, Fraction, Fraction]] = {
    # AVI stores no times. With B-frames the decoder shows the first frame one step longer.
    "avi": (160, 120, 24, Fraction(0), 25 * R),
    "banner": (1600, 32, 24, Fraction(0), 24 * R),
    "clock_wraps": (160, 120, 60, Fraction(0), 60 * R),
    "cut_off": (160, 120, 16, Fraction(0), 17 * R),
    "cut_off_stream": (160, 120, 12, Fraction(8, 375), Fraction(8, 375) + 13 * R),
    "delayed_start": (160, 120, 24, Fraction(1, 2), Fraction(1, 2) + 24 * R),
    # The reordering delay of the B-frames stands in the file, and no edit list takes it away.
    "fragmented": (160, 120, 24, 2 * R, 26 * R),
    "full_chroma": (161, 121, 24, Fraction(0), 24 * R),
    "hidden_end": (160, 120, 12, Fraction(0), 12 * R),
    "hidden_start": (160, 120, 14, Fraction(0), 14 * R),
    # The index claims pixels that are a third wider than high; nothing else is left to go by.
    "huge_in_index": (213, 120, 24, Fraction(0), 24 * R),
    "long_pause": (160, 120, 24, Fraction(0), 36000 + R),
    "matroska": (160, 120, 24, Fraction(0), Fraction(4, 5)),
    # One tick of a clock without ticks is taken for a second.
    "no_clock": (160, 120, 1, Fraction(0), Fraction(512)),
    "non_square": (213, 120, 24, Fraction(0), 24 * R),
    "odd_size": (161, 121, 24, Fraction(0), 24 * R),
    "one_frame": (160, 120, 1, Fraction(0), R),
    "portrait": (120, 200, 24, Fraction(0), 24 * R),
    "quicktime": (160, 120, 6, Fraction(0), 6 * R),
    "rotated_270": (120, 160, 24, Fraction(0), 24 * R),
    "rotated_90": (120, 160, 24, Fraction(0), 24 * R),
    "scratched": (160, 120, 38, Fraction(0), 40 * R),
    "smallest": (16, 16, 24, Fraction(0), 24 * R),
    "transport_stream": (160, 120, 24, Fraction(8, 375), Fraction(8, 375) + 24 * R),
    "uneven_times": (160, 120, 24, Fraction(0), Fraction(761, 500)),
}
"""Width, height, frames, first time, end; where nothing is said, as the plain file."""

DAMAGED = {
    "cut_off": "cut short",
    "cut_off_stream": "sound near",
    "countless_edits": "declares 4,294,967,295 entries but holds 1",
    "endless_box": "18,446,744,073,709,551,615 bytes long",
    "joined": "the clock of the file goes back",
    "long_box": "2,147,483,647 bytes long",
    "long_run": "gives times to 4,294,967,295 samples",
    "samples_elsewhere": "media lies in another file; it was not looked for",
    "scratched": "pictures that the decoder calls damaged",
}


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("kept")


def pictures(name: str, folder: Path, kept: Path) -> Measurement:
    return measured(ODD[name](folder), ("picture",), folder=kept)


def examined(name: str, folder: Path, kept: Path) -> Examination:
    return examine(ODD[name](folder), folder=kept)


def test_every_odd_file_is_either_refused_or_answered() -> None:
    assert set(ODD) >= set(REFUSED) | set(ANSWERED) | set(DAMAGED)
    assert not set(REFUSED) & (set(ANSWERED) | set(DAMAGED))
    assert set(REFUSED) >= NO_PICTURE


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_what_is_refused_is_one_line_with_name_reason_and_consequence(
    name: str, tmp_path: Path, kept: Path
) -> None:
    path = ODD[name](tmp_path)
    with pytest.raises(UnreadableError) as caught:
        examine(path, folder=kept)
    line = str(caught.value)
    assert line.startswith(f"{path.name}: ")
    assert REFUSED[name] in line
    assert line.isprintable()
    assert caught.value.exit_code == 3
    assert len(line) < 500


@pytest.mark.parametrize("name", sorted(set(ODD) - set(REFUSED)))
def test_what_plays_is_answered_with_its_size_frames_and_exact_times(
    name: str, tmp_path: Path, kept: Path
) -> None:
    found = examined(name, tmp_path, kept)
    frames, stream = found.measurement.frames, found.measurement.stream
    expected = ANSWERED.get(name, USUAL)
    assert (stream.width_px, stream.height_px, len(frames), frames.start_s, frames.end_s) == expected
    assert found.shots[0].start_s == frames.start_s
    damage = "; ".join((*found.structure.damage, *found.measurement.damage))
    assert DAMAGED[name] in damage if name in DAMAGED else not found.measurement.damage


@pytest.mark.parametrize(("name", "turns"), [("rotated_90", -1), ("rotated_180", 2), ("rotated_270", 1)])
def test_a_turned_file_is_measured_upright(name: str, turns: int, tmp_path: Path, kept: Path) -> None:
    stored = pictures("no_sound", tmp_path, kept).signals["picture.luma"].values
    shown = pictures(name, tmp_path, kept).signals["picture.luma"].values
    upright = np.rot90(stored, turns, axes=(1, 2))
    wrong = np.rot90(stored, turns + 2, axes=(1, 2))
    assert shown.shape == upright.shape
    assert np.abs(shown.astype(int) - upright).mean() < 2 < np.abs(shown.astype(int) - wrong).mean()


@pytest.mark.parametrize(
    "name", ["av1", "hevc", "ten_bit_h264", "ten_bit_hevc", "vp8", "vp9", "interlaced", "avi", "matroska"]
)
def test_every_codec_shows_the_same_pictures(name: str, tmp_path: Path, kept: Path) -> None:
    plain = pictures("no_sound", tmp_path, kept).signals["picture.luma"].values.astype(int)
    other = pictures(name, tmp_path, kept).signals["picture.luma"].values.astype(int)
    for k in (0, 11, 23):
        distance = [float(np.abs(plain[i] - other[k]).mean()) for i in range(FRAMES)]
        assert distance.index(min(distance)) == k
        assert min(distance) < 6


def test_fields_are_said_and_ten_bits_are_named(tmp_path: Path, kept: Path) -> None:
    assert pictures("interlaced", tmp_path, kept).stream.is_interlaced
    assert not pictures("plain", tmp_path, kept).stream.is_interlaced
    assert pictures("ten_bit_hevc", tmp_path, kept).stream.pixel_format == "yuv420p10le"


def test_variable_frame_rate_keeps_every_time(tmp_path: Path, kept: Path) -> None:
    steps = np.random.default_rng(8).integers(30, 70, FRAMES)
    steps[10] = 400
    expected = [Fraction(int(t), 1000) for t in np.cumsum(steps) - steps[0]]
    frames = pictures("uneven_times", tmp_path, kept).frames
    assert [frames.time_s(k) for k in range(FRAMES)] == expected


def test_an_edit_list_hides_repeats_and_delays_as_it_says(tmp_path: Path, kept: Path) -> None:
    plain, start, end, twice, late = (
        pictures(name, tmp_path, kept)
        for name in ("no_sound", "hidden_start", "hidden_end", "shown_twice", "delayed_start")
    )

    def shown(of: Measurement) -> list[int]:
        """The frame of the plain film that each frame is most like."""
        known = plain.signals["picture.luma"].values.astype(int)
        return [
            int(np.abs(known - picture).mean(axis=(1, 2)).argmin())
            for picture in of.signals["picture.luma"].values
        ]

    assert shown(start) == list(range(10, 24))
    assert shown(end) == list(range(12))
    assert shown(twice) == [*range(12), *range(12)]
    assert shown(late) == list(range(24))
    assert [late.frames.time_s(k) for k in range(24)] == [Fraction(1, 2) + k * R for k in range(24)]
    assert [twice.frames.time_s(k) for k in range(24)] == [k * R for k in range(24)]


def test_pixels_that_are_not_square_are_stretched(tmp_path: Path, kept: Path) -> None:
    found = pictures("non_square", tmp_path, kept)
    assert found.stream.pixel_aspect == Fraction(4, 3)
    height, width = found.signals["picture.luma"].values.shape[1:]
    assert width / height == pytest.approx(213 / 120, abs=0.02)


def test_a_named_pipe_is_refused_without_waiting_for_a_writer(tmp_path: Path, kept: Path) -> None:
    os.mkfifo(tmp_path / "pipe.mp4")
    with pytest.raises(UnreadableError, match=r"pipe\.mp4: this is not a regular file; it was not opened"):
        examine(tmp_path / "pipe.mp4", folder=kept)


def test_a_refusal_by_the_system_is_one_line(
    tmp_path: Path, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = ODD["plain"](tmp_path)

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(UnreadableError, match=r"plain\.mp4: the system refuses to read it: P"):
        probe(path)


def test_a_name_of_tricks_is_shown_escaped(tmp_path: Path, kept: Path) -> None:
    found = examined("strange_name", tmp_path, kept)
    assert len(found.measurement.frames) == FRAMES
    path = found.measurement.exhibit.path
    path.write_bytes(b"")
    with pytest.raises(UnreadableError) as caught:
        examine(path, folder=kept)
    assert re.match(r"-a\\n\"b'<i>\\u202egpj\.mp4: ", str(caught.value))


def test_the_moving_square_is_where_it_was_drawn(tmp_path: Path, kept: Path) -> None:
    luma = pictures("portrait", tmp_path, kept).signals["picture.luma"].values[0]
    drawn = moving(1, width=120, height=200)[0][..., :2].mean(axis=2)
    height, width = luma.shape
    rows = np.linspace(0, 199, height).round().astype(int)
    columns = np.linspace(0, 119, width).round().astype(int)
    small = drawn[np.ix_(rows, columns)]
    assert np.corrcoef(small.ravel(), luma.ravel())[0, 1] > 0.95
