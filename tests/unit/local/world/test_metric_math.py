from __future__ import annotations

import pytest

from local.world.errors import AwsError
from local.world.metric_math import Scope, Value, evaluate

A = {0.0: 10.0, 60.0: 20.0, 120.0: 30.0}
B = {0.0: 2.0, 120.0: 0.0}


def value(expression: str) -> Value:
    scope = Scope(
        lines={"a": A, "b": B},
        periods={"a": 60, "b": 60},
        times=[0.0, 60.0, 120.0],
        band=lambda _name, width: [{0.0: 5.0 - width}, {0.0: 5.0 + width}],
        metrics=["a", "b"],
    )
    return evaluate(expression, scope)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("a + 1", {0.0: 11, 60.0: 21, 120.0: 31}),
        ("100 * (a - b) / a", {0.0: 80, 120.0: 100}),
        ("a / b", {0.0: 5}),
        ("-a", {0.0: -10, 60.0: -20, 120.0: -30}),
        ("a^2", {0.0: 100, 60.0: 400, 120.0: 900}),
        ("FILL(b, 0)", {0.0: 2, 60.0: 0, 120.0: 0}),
        ("FILL(b, REPEAT)", {0.0: 2, 60.0: 2, 120.0: 0}),
        ("FILL(b, LINEAR)", {0.0: 2, 60.0: 1, 120.0: 0}),
        ("IF(a > 15, 1, 0)", {0.0: 0, 60.0: 1, 120.0: 1}),
        ("IF(a >= 20 AND a < 30, a)", {60.0: 20}),
        ("SUM(METRICS())", {0.0: 12, 60.0: 20, 120.0: 30}),
        ("SUM(METRICS('b'))", {0.0: 2, 120.0: 0}),
        ("AVG([a, b])", {0.0: 6, 60.0: 20, 120.0: 15}),
        ("MAX([a, b])", {0.0: 10, 60.0: 20, 120.0: 30}),
        ("MIN([a, b])", {0.0: 2, 60.0: 20, 120.0: 0}),
        ("SUM(a)", 60),
        ("RATE(a)", {60.0: 10 / 60, 120.0: 10 / 60}),
        ("DIFF(a)", {60.0: 10, 120.0: 10}),
        ("a / PERIOD(a)", {0.0: 10 / 60, 60.0: 20 / 60, 120.0: 30 / 60}),
        ("ANOMALY_DETECTION_BAND(a, 2)", [{0.0: 3}, {0.0: 7}]),
    ],
)
def test_expressions(expression: str, expected: Value) -> None:
    assert (
        value(expression) == pytest.approx(expected)
        if not isinstance(expected, list)
        else value(expression) == expected
    )


@pytest.mark.parametrize(
    "expression", ["c + 1", "a +", "NOPE(a)", "a & b", "(a", "FILL(b, SOON)", "RATE(1)", "a b", "PERIOD(z)"]
)
def test_what_it_does_not_know_is_a_validation_error(expression: str) -> None:
    with pytest.raises(AwsError) as error:
        value(expression)
    assert error.value.code == "ValidationError"
    assert expression in str(error.value)
