from __future__ import annotations

import pytest

from lambdas.alerts.rds import meaning


@pytest.mark.parametrize(
    ("event", "categories", "message", "expected"),
    [
        ("RDS-EVENT-0013", ("failover",), "Multi-AZ instance failover started.", ("ALARM", False)),
        ("RDS-EVENT-0049", ("failover",), "Multi-AZ instance failover completed", ("OK", False)),
        ("RDS-EVENT-0006", ("availability",), "DB instance restarted", ("OK", False)),
        ("RDS-EVENT-0004", ("availability",), "DB instance shutdown", ("ALARM", False)),
        ("RDS-EVENT-0031", ("failure",), "The DB instance has failed.", ("ALARM", False)),
        ("RDS-EVENT-0089", ("low storage",), "The free storage capacity is low.", ("ALARM", False)),
        ("RDS-EVENT-0002", ("backup",), "Finished DB Instance backup", ("OK", True)),
        (
            "RDS-EVENT-0056",
            ("notification",),
            "The number of databases exceeds recommended best practices.",
            ("OK", True),
        ),
        ("RDS-EVENT-9999", ("notification",), "Unable to resize the buffer pool.", ("ALARM", False)),
        ("RDS-EVENT-9999", ("Failure",), "Something new.", ("ALARM", False)),
        ("", (), "", ("OK", True)),
    ],
)
def test_meaning(event: str, categories: tuple[str, ...], message: str, expected: tuple[str, bool]) -> None:
    state, routine, short = meaning(event, categories, message)
    assert (state, routine) == expected
    assert short
