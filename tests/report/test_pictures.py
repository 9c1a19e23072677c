import base64
from fractions import Fraction

import cv2
import numpy as np
import pytest
from report_cases import noise, small_edit, small_examination

from offcut.report import conform, examination
from offcut.report.pictures import Album, data_uri, wanted


def test_a_page_wants_each_frame_once_and_no_more_strip_than_frames() -> None:
    document = conform(small_edit())
    of = wanted(document)
    assert sorted(of) == [0, 1, 2, 3]
    assert list(of[0].frames_s) == [1, Fraction(13, 4), 6, Fraction(17, 2)]
    assert len(of[0].strip_s) == 24
    assert of[0].strip_s[0] == Fraction(10, 48)
    assert list(wanted(examination(small_examination()), first=4)) == [4]


def test_a_picture_is_scaled_down_and_never_up() -> None:
    def width(uri: str) -> int:
        raw = np.frombuffer(base64.b64decode(uri.partition(",")[2]), np.uint8)
        decoded = cv2.imdecode(raw, cv2.IMREAD_COLOR)
        assert decoded is not None
        return int(decoded.shape[1])

    assert width(data_uri(noise(0), 80)) == 80
    assert width(data_uri(noise(0), 1000)) == 160
    with pytest.raises(ValueError, match="is no RGB picture"):
        data_uri(np.zeros((4, 4), np.uint8), 80)


def test_colours_come_out_as_they_went_in() -> None:
    red = np.zeros((16, 16, 3), np.uint8)
    red[..., 0] = 200
    raw = np.frombuffer(base64.b64decode(data_uri(red, 80).partition(",")[2]), np.uint8)
    bgr = cv2.imdecode(raw, cv2.IMREAD_COLOR)
    assert bgr is not None
    blue_green_red = bgr[8, 8].tolist()
    assert blue_green_red[2] > 180
    assert max(blue_green_red[:2]) < 30


def test_an_album_stops_at_its_budget_and_counts_what_it_refused() -> None:
    one = len(data_uri(noise(0), 80))
    album = Album(budget_bytes=one + one // 2)
    assert [album.uri(noise(0), 80) is None for _ in range(4)] == [False, True, True, True]
    assert album.uri(None, 80) is None
    assert album.refused == 3
