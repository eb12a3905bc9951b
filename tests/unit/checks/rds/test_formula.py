from __future__ import annotations

import pytest

from lambdas.checks.rds.formula import evaluate

GIB = 1024**3


@pytest.mark.parametrize(
    ("formula", "memory", "value"),
    [
        ("100", 0, 100),
        ("LEAST({DBInstanceClassMemory/9531392},5000)", 16 * GIB, 1802.4),
        ("LEAST({DBInstanceClassMemory/9531392},5000)", 512 * GIB, 5000),
        ("{DBInstanceClassMemory/12582880}", 8 * GIB, 682.7),
        (
            "GREATEST({log(DBInstanceClassMemory/805306368)*45},{log(DBInstanceClassMemory/8187281408)*1000})",
            16 * GIB,
            1069.3,
        ),
        ("SUM({DBInstanceClassMemory/12038},-50003)", GIB, 39192.6),
    ],
)
def test_the_forms_that_aws_documents(formula: str, memory: float, value: float) -> None:
    assert evaluate(formula, {"DBInstanceClassMemory": memory}) == pytest.approx(value, abs=0.5)


@pytest.mark.parametrize(
    "formula",
    ["", "{Unknown/2}", "1/0", "log(0)", "__import__('os')", "a.b", "(" * 300, "LEAST(", "2**9**9", "log()", "'x'"],
)
def test_what_is_not_understood_is_unknown(formula: str) -> None:
    assert evaluate(formula, {"DBInstanceClassMemory": 1.0}) is None
