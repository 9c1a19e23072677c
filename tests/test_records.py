import dataclasses
import inspect

import pytest

from offcut import records

ALL = [c for _, c in inspect.getmembers(records, inspect.isclass) if c.__module__ == records.__name__]


@pytest.mark.parametrize("record", ALL, ids=lambda c: c.__name__)
def test_a_record_is_frozen_and_takes_no_further_fields(record: type) -> None:
    assert dataclasses.is_dataclass(record)
    assert record.__dataclass_params__.frozen  # type: ignore[attr-defined]
    assert "__slots__" in vars(record)


@pytest.mark.parametrize("record", ALL, ids=lambda c: c.__name__)
def test_a_record_computes_nothing(record: type) -> None:
    own = {
        name
        for name, member in vars(record).items()
        if not name.startswith("__") and (inspect.isfunction(member) or isinstance(member, property))
    }
    assert {name for name in own if not name.startswith("_")} == set()


def test_the_records_are_those_that_the_stages_exchange() -> None:
    assert {"Exhibit", "Frame", "Measurement", "Segment", "Offcut", "Edit"} <= {c.__name__ for c in ALL}
