"""What more capacity costs: list prices in USD, without discounts, savings plans and reservations.

Pinned, so that a proposal waits for no API; a region or an architecture that is not here is 'not known', never a guess.
Fargate (Linux, on demand, a task's vCPU and GB by the hour): AWS Price List, `AmazonECS`, usage types
`Fargate-vCPU-Hours:perCPU`, `Fargate-GB-Hours` and their ARM forms, as published up to July 2026.
DynamoDB (Standard table class, provisioned, a unit by the hour): AWS's own awslabs/amazon-dynamodb-tools, its table of
prices by region, version 1.1.0.
"""

from __future__ import annotations

from collections.abc import Mapping

HOURS = 24

# region → (vCPU-hour, GB-hour)
FARGATE_X86: Mapping[str, tuple[float, float]] = {
    "us-east-1": (0.04048, 0.004445),
    "us-west-2": (0.04048, 0.004445),
    "eu-west-1": (0.04048, 0.004445),
    "eu-central-1": (0.04656, 0.00511),
    "ap-southeast-2": (0.04856, 0.00532),
    "sa-east-1": (0.0696, 0.0076),
}
FARGATE_ARM: Mapping[str, tuple[float, float]] = {
    "us-east-1": (0.03238, 0.00356),
    "eu-west-1": (0.03238, 0.00356),
    "ap-southeast-2": (0.03885, 0.00426),
    "sa-east-1": (0.0557, 0.00612),
}
# region → (read unit-hour, write unit-hour)
DYNAMODB: Mapping[str, tuple[float, float]] = {
    "us-east-1": (0.00013, 0.00065),
    "us-east-2": (0.00013, 0.00065),
    "us-west-1": (0.000145, 0.000725),
    "us-west-2": (0.00013, 0.00065),
    "ca-central-1": (0.000143, 0.000715),
    "sa-east-1": (0.000195, 0.000975),
    "eu-west-1": (0.000147, 0.000735),
    "eu-west-2": (0.0001544, 0.000772),
    "eu-west-3": (0.0001544, 0.000772),
    "eu-central-1": (0.0001586, 0.000793),
    "eu-north-1": (0.00014, 0.000698),
    "ap-south-1": (0.000148, 0.00074),
    "ap-southeast-1": (0.000148, 0.00074),
    "ap-southeast-2": (0.000148, 0.00074),
    "ap-northeast-1": (0.0001484, 0.000742),
    "ap-northeast-2": (0.00014098, 0.0007049),
    "ap-northeast-3": (0.0001484, 0.000742),
    "ap-east-1": (0.0001628, 0.000814),
    "af-south-1": (0.00017493, 0.00087465),
    "me-south-1": (0.0001617, 0.0008085),
    "us-gov-west-1": (0.000156, 0.00078),
    "us-gov-east-1": (0.000156, 0.00078),
}


def fargate_task(region: str, architecture: str, cpu: int | None, memory: int | None) -> float | None:
    """USD a day of one task on Fargate; None where it is not known.

    Args:
        region: where it runs.
        architecture: the task definition's `cpuArchitecture`.
        cpu: CPU units, 1,024 to the vCPU.
        memory: MiB.
    """
    prices = {"X86_64": FARGATE_X86, "ARM64": FARGATE_ARM}.get(architecture, {}).get(region)
    if prices is None or not cpu or not memory:
        return None
    return HOURS * (cpu / 1024 * prices[0] + memory / 1024 * prices[1])


def capacity(region: str, reads: float, writes: float) -> float | None:
    """USD a day of so many provisioned units a second; None where it is not known."""
    prices = DYNAMODB.get(region)
    return None if prices is None else HOURS * (reads * prices[0] + writes * prices[1])
