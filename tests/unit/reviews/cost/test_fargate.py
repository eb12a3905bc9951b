"""Task sizes that Fargate has, and which would do."""

from __future__ import annotations

import pytest

from lambdas.reviews.cost.fargate import Size, fitting, smallest


@pytest.mark.parametrize(
    ("cpu", "memory", "size"),
    [
        (100, 300, Size(256, 512)), (256, 2048, Size(256, 2048)), (256, 2049, Size(512, 3072)),
        (600, 1500, Size(1024, 2048)), (4000, 30000, Size(4096, 30000 // 1024 * 1024 + 1024)), (99999, 1, None),
    ],
)  # fmt: skip
def test_smallest(cpu: float, memory: float, size: Size | None) -> None:
    assert smallest(cpu, memory) == size


@pytest.mark.parametrize(
    ("now", "cpu", "memory", "size"),
    [
        (Size(2048, 4096), 12, 20, Size(512, 2048)),
        (Size(1024, 2048), 50, 60, None),  # it is used
        (Size(256, 512), 1, 1, None),  # there is none smaller
        (Size(1024, 8192), 10, 90, None),  # memory needs what it has: no size with less CPU holds it
        (Size(4096, 8192), 5, 80, None),
        (Size(1024, 8192), 40, 10, Size(1024, 2048)),
    ],
)
def test_fitting(now: Size, cpu: float, memory: float, size: Size | None) -> None:
    assert fitting(now, cpu, memory) == size


def test_people_read_a_size() -> None:
    assert str(Size(512, 1024)) == "0.5 vCPU / 1 GB"
