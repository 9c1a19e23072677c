"""The thresholds and kinds that the page on evidence prints are those in force."""

import importlib
import re
from pathlib import Path
from typing import get_args, get_type_hints

import pytest

from offcut.records import Evidence

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "evidence.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| `(\w+)\.([A-Z_]+)` \| ([\d.,]+) \|", PAGE, re.MULTILINE)


def test_the_page_prints_thresholds() -> None:
    assert len(ROWS) == 7


@pytest.mark.parametrize(("module", "name", "value"), ROWS)
def test_a_printed_threshold_is_the_one_in_force(module: str, name: str, value: str) -> None:
    assert getattr(importlib.import_module(f"offcut.conform.{module}"), name) == float(value)


def test_every_kind_has_its_row() -> None:
    kinds = get_args(get_type_hints(Evidence)["kind"])
    assert set(re.findall(r"^\| `([a-z_]+)` \| ", PAGE, re.MULTILINE)) - {"kind"} == set(kinds)
