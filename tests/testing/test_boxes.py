import pytest
from hypothesis import given
from hypothesis import strategies as st

from offcut.testing.boxes import box, rewritten

kinds = st.sampled_from(["free", "moov", "trak", "tkhd"])


@given(st.binary(max_size=40), st.binary(max_size=40), st.binary(max_size=40))
def test_only_the_payload_asked_for_changes_and_sizes_follow(
    before: bytes, inside: bytes, new: bytes
) -> None:
    def tree(payload: bytes) -> bytes:
        return box("free", before) + box("moov", box("trak", box("tkhd", payload))) + box("free", b"end")

    assert rewritten(tree(inside), ["moov", "trak", "tkhd"], lambda _: new) == tree(new)


@given(kinds, st.binary(max_size=40))
def test_a_change_to_the_same_is_no_change(kind: str, payload: bytes) -> None:
    assert rewritten(box(kind, payload), [kind], lambda same: same) == box(kind, payload)


@pytest.mark.parametrize("mp4", [b"", b"\0\0\0\4moov", box("free", b""), box("moov", b"")])
def test_a_box_that_is_not_there_is_said_to_be_missing(mp4: bytes) -> None:
    with pytest.raises(ValueError, match=r"no box moov/trak|no box trak"):
        rewritten(mp4, ["moov", "trak"], lambda payload: payload)
