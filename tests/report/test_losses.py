from edit_cases import CORNER, dissolve, document, segment

from offcut.report.losses import lost


def test_only_what_the_document_holds_is_called_lost() -> None:
    plain = document([segment("0", "10")]) | {"left_out": []}
    assert lost(plain, "edl") == []
    assert lost(plain, "fcpxml") == []


def test_losses_are_counted_by_kind() -> None:
    wipe = segment("4", "10", "50", mirrored=True, crop=CORNER, opening=dissolve("4", "5", "wipe"))
    inset = segment("6", "7", "9", recording=1, placed=CORNER)
    made = document([segment("0", "5", "5"), wipe, inset])
    made["sound"] = [
        {"start_s": "0", "end_s": "4", "finding": "muted", "recording": None, "raw_start_s": None}
    ]
    made["evidence"] = [{"kind": "timecode"}]
    assert lost(made, "edl") == [
        "1 crop",
        "1 placement",
        "1 mirroring (in comments only)",
        "3 confidences",
        "1 span left out or undecidable",
        "1 statement of evidence",
        "1 segment set into or beside another (in comments only)",
        "1 span of sound",
        "1 shape of a wipe",
    ]
    assert "1 crop (in notes only)" in lost(made, "fcpxml")
    assert "1 span of sound without a source" in lost(made, "fcpxml")
    assert "1 kind of a transition (all are written alike)" in lost(made, "fcpxml")
