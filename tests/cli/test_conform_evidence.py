"""What the command says of a release that was cut by copying packets, with the container's own words."""

import json
from pathlib import Path

from conform.evidence_cases import GROUP, copy_packets, record
from container.xmp_packets import described

from cli.conftest import Offcut
from offcut.container.tags import XMP_UUID
from offcut.testing.boxes import box


def test_copied_packets_and_named_ingredients_are_told(offcut: Offcut, tmp_path: Path) -> None:
    raw = record(tmp_path / "take1.mp4", "square", 4 * GROUP)
    release = copy_packets(tmp_path / "release.mp4", [(raw, 1, 3)])
    named = '<xmpMM:Ingredients><rdf:Bag><rdf:li stRef:filePath="take1.mp4"/></rdf:Bag></xmpMM:Ingredients>'
    release.write_bytes(release.read_bytes() + box("uuid", XMP_UUID + described(named)))
    out = tmp_path / "out.json"
    said = offcut("conform", release, "--raw", raw, "--json", out, "--no-report")
    assert said.code == 0, said.err
    copied, ingredient = json.loads(out.read_text(encoding="utf-8"))["evidence"]
    assert (copied["kind"], copied["recording"], copied["raw_start_s"]) == ("identical_packets", 0, "12/25")
    assert copied["measured"]["frames"] == 2 * GROUP
    assert (ingredient["kind"], ingredient["recording"]) == ("xmp_ingredient", 0)
    assert (
        "Without comparing pictures: 0.960 s of the release, in 1 span, is coded by the same bytes"
        in said.out
    )
