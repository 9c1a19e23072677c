"""The thresholds that the page prints are those that the code works with."""

import importlib
import re
from pathlib import Path

import pytest

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "conform.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| `(\w+)\.([A-Z_]+)` \| (-?[\d.,]+) \|", PAGE, re.MULTILINE)


def test_the_page_prints_thresholds() -> None:
    assert len(ROWS) >= 15


@pytest.mark.parametrize(("module", "name", "value"), ROWS, ids=lambda part: str(part))
def test_a_printed_threshold_is_the_one_in_force(module: str, name: str, value: str) -> None:
    assert getattr(importlib.import_module(f"offcut.conform.{module}"), name) == float(value)


def test_the_page_gives_every_reason_for_undecidable() -> None:
    reasons = [
        value
        for name, value in vars(importlib.import_module("offcut.conform.left_out")).items()
        if name.isupper() and isinstance(value, str) and not name.startswith("_")
    ]
    assert len(reasons) == 6, "the page says that there are six"


def test_the_commands_that_the_page_names_exist() -> None:
    root = Path(__file__).resolve().parents[2]
    named = re.findall(r"(?:python|pytest) ((?:bench|tests)/[\w/]+\.py)", PAGE)
    assert len(named) == 3
    assert [path for path in named if not (root / path).is_file()] == []
