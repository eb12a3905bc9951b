from __future__ import annotations

import pytest

from lambdas.causes.db.limits import limits
from lambdas.checks.rds.instances import Instance


@pytest.mark.parametrize(
    ("kind", "size", "iops", "expected"),
    [
        ("gp2", 20, None, (100, None, 3000)),
        ("gp2", 100, None, (300, None, 3000)),
        ("gp2", 500, None, (1500, None, 12000)),
        ("gp2", 5000, None, (15000, None, None)),
        ("gp3", 200, None, (3000, 125, None)),
        ("gp3", 400, None, (12000, 500, None)),
        ("gp3", 400, 16000, (16000, 500, None)),
        ("io1", 100, 5000, (5000, None, None)),
    ],
)
def test_what_is_provisioned(
    kind: str, size: int, iops: int | None, expected: tuple[float, float | None, float]
) -> None:
    found = limits(Instance(id="x", role="subject", engine="postgres", storage_type=kind, allocated=size, iops=iops))
    assert found
    assert (found.iops, found.throughput, found.burst) == expected


@pytest.mark.parametrize(
    "unknown",
    [
        Instance(id="x", role="subject", engine="aurora-postgresql", storage_type="aurora", allocated=1),
        Instance(id="x", role="subject", engine="mysql", storage_type="gp3"),
        Instance(id="x", role="subject", engine="mysql", storage_type="io1", allocated=100),
        Instance(id="x", role="subject"),
    ],
)
def test_no_limit_is_made_up(unknown: Instance) -> None:
    assert limits(unknown) is None
