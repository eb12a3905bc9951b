from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.triage.wording import amount, figure, metric_name, metric_unit


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (88.0, "88"),
        (88.24, "88.2"),
        (7.314, "7.31"),
        (0.0, "0"),
        (0.137, "0.137"),
        (0.00002, "0.00002"),
        (1234567.0, "1,234,567"),
        (-12.5, "-12.5"),
        (float("inf"), "inf"),
    ],
)
def test_figure(value: float, expected: str) -> None:
    assert figure(value) == expected


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        (88, "Percent", "88 %"),
        (0.137, "Seconds", "137 ms"),
        (1.93, "s", "1.93 s"),
        (250, "Milliseconds", "250 ms"),
        (2 * 1024**3, "Bytes", "2 GB"),
        (412, "Count", "412"),
        (412, "None", "412"),
        (412, "", "412"),
    ],
)
def test_amount(value: float, unit: str, expected: str) -> None:
    assert amount(value, unit) == expected


@given(st.floats())
def test_any_number_can_be_written(value: float) -> None:
    assert figure(value)
    assert amount(value, "Bytes")


def test_metrics_by_peoples_names() -> None:
    assert (metric_name("CPUUtilization"), metric_name("Odd")) == ("CPU", "Odd")
    assert (metric_unit("ReadLatency"), metric_unit("Odd", "Percent"), metric_unit("Odd", "Count")) == ("s", "%", "")
