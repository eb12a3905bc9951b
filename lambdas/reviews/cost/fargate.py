"""Fargate's task sizes, and which would do. Pure data and arithmetic.

Source: Amazon ECS Developer Guide, "Task CPU and memory" (Linux): 1,024 units are one vCPU, memory in MiB.
"""

from __future__ import annotations

from dataclasses import dataclass

_SIZES: dict[int, tuple[int, ...]] = {
    256: (512, 1024, 2048),
    512: tuple(range(1024, 4096 + 1, 1024)),
    1024: tuple(range(2048, 8192 + 1, 1024)),
    2048: tuple(range(4096, 16384 + 1, 1024)),
    4096: tuple(range(8192, 30720 + 1, 1024)),
    8192: tuple(range(16384, 61440 + 1, 4096)),
    16384: tuple(range(32768, 122880 + 1, 8192)),
}


@dataclass(frozen=True, slots=True)
class Size:
    """A task's size: CPU in units of 1/1024 vCPU, memory in MiB."""

    cpu: int
    memory: int

    @property
    def vcpus(self) -> float:
        """In vCPU."""
        return self.cpu / 1024

    @property
    def gib(self) -> float:
        """In GiB (AWS's price list says GB)."""
        return self.memory / 1024

    def __str__(self) -> str:
        return f"{self.vcpus:g} vCPU / {self.gib:g} GB"


def smallest(cpu: float, memory: float) -> Size | None:
    """The smallest size that has at least these units and MiB; None where Fargate has none so large."""
    for units, amounts in _SIZES.items():
        if units >= cpu:
            for amount in amounts:
                if amount >= memory:
                    return Size(units, amount)
    return None


def fitting(now: Size, cpu_peak: float, memory_peak: float, *, room: float = 0.6) -> Size | None:
    """A smaller size in which the peaks (per cent of `now`) use at most `room`; None where none is smaller.

    Memory keeps more room than CPU, for a task without CPU is slow and a task without memory is killed.
    """
    found = smallest(now.cpu * cpu_peak / 100 / room, now.memory * memory_peak / 100 / (room + 0.1))
    if found is None or (found.cpu >= now.cpu and found.memory >= now.memory):
        return None
    return found if found.cpu <= now.cpu and found.memory <= now.memory else None
