from __future__ import annotations

import pytest

from lambdas.checks.rds.classes import GIB, hardware


@pytest.mark.parametrize(
    ("name", "vcpus", "gib"),
    [
        ("db.t3.micro", 2, 1),
        ("db.t4g.medium", 2, 4),
        ("db.t2.small", 1, 2),
        ("db.m5.large", 2, 8),
        ("db.m6gd.4xlarge", 16, 64),
        ("db.r6g.xlarge", 4, 32),
        ("db.r5b.24xlarge", 96, 768),
        ("db.x2g.large", 2, 32),
        ("db.x2iedn.xlarge", 4, 128),
        ("db.c6gd.medium", 1, 2),
    ],
)
def test_documented_classes(name: str, vcpus: int, gib: float) -> None:
    found = hardware(name)
    assert found
    assert (found.vcpus, found.memory / GIB) == (vcpus, gib)


def test_serverless_is_its_most_capacity_units() -> None:
    found = hardware("db.serverless", capacity=16)
    assert found
    assert found.memory == 32 * GIB


@pytest.mark.parametrize("name", ["", "db.unknown", "db.m5.colossal", "m5.large", "db.serverless"])
def test_unknown_classes_are_unknown(name: str) -> None:
    assert hardware(name) is None
