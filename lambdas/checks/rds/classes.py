"""Memory and vCPUs of DB instance classes, as a small table. Pure data.

Source: Amazon RDS User Guide, "Hardware specifications for DB instance classes". Within a family memory grows with the
vCPUs, so that a ratio for each family and the vCPUs of each size say it all; the burstable classes are listed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

GIB = 1024**3

_VCPUS = {
    "medium": 1, "large": 2, "xlarge": 4, "2xlarge": 8, "3xlarge": 12, "4xlarge": 16, "6xlarge": 24, "8xlarge": 32,
    "9xlarge": 36, "10xlarge": 40, "12xlarge": 48, "16xlarge": 64, "18xlarge": 72, "24xlarge": 96, "32xlarge": 128,
    "48xlarge": 192,
}  # fmt: skip
_GIB_FOR_EACH_VCPU = (
    ("x2iedn", 32.0), ("x2iezn", 32.0), ("x1e", 30.5), ("x1", 15.25), ("x2", 16.0), ("x8", 16.0),
    ("r3", 7.625), ("r4", 7.625), ("r", 8.0), ("z", 8.0), ("m1", 3.75), ("m3", 3.75), ("m", 4.0), ("c", 2.0),
)  # fmt: skip
_BURSTABLE_GIB = {
    "nano": 0.5, "micro": 1.0, "small": 2.0, "medium": 4.0, "large": 8.0, "xlarge": 16.0, "2xlarge": 32.0,
}  # fmt: skip
_T2_VCPUS = {"micro": 1, "small": 1, "medium": 2, "large": 2, "xlarge": 4, "2xlarge": 8}

# CPU that each vCPU may use without spending credits, per cent (EC2 User Guide, "Earn CPU credits").
_T2_BASELINE = {"micro": 10.0, "small": 20.0, "medium": 20.0, "large": 30.0, "xlarge": 22.5, "2xlarge": 17.0}
_T3_BASELINE = {"micro": 10.0, "small": 20.0, "medium": 20.0, "large": 30.0, "xlarge": 40.0, "2xlarge": 40.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Hardware:
    """What a class has: vCPUs, memory in bytes; of burstable ones the CPU (per cent) that costs no credits."""

    vcpus: int
    memory: float
    baseline: float | None = None
    unlimited: bool = False  # T3 and T4g: CPU beyond the baseline is charged, not cut off


def hardware(name: str, *, capacity: float | None = None) -> Hardware | None:
    """Look a class up ("db.r6g.large"); None where it is not in the table.

    `capacity` are the Aurora capacity units of `db.serverless`, 2 GiB each; a quarter of them is about its vCPUs.
    """
    if name == "db.serverless":
        return Hardware(vcpus=max(1, round(capacity / 4)), memory=2 * GIB * capacity) if capacity else None
    match = re.fullmatch(r"db\.([a-z]+\d[a-z0-9-]*)\.([a-z0-9]+)(\.tpc\d\.mem\dx)?", name)
    if match is None:
        return None
    family, size = match[1], match[2]
    if family.startswith("t"):
        return _burstable(family, size)
    vcpus = _VCPUS.get(size)
    each = next((gib for prefix, gib in _GIB_FOR_EACH_VCPU if family.startswith(prefix)), None)
    return Hardware(vcpus=vcpus, memory=vcpus * each * GIB) if vcpus and each else None


def _burstable(family: str, size: str) -> Hardware | None:
    gib = _BURSTABLE_GIB.get(size)
    if gib is None:
        return None
    if family == "t2":
        return Hardware(vcpus=_T2_VCPUS.get(size, 1), memory=gib * GIB, baseline=_T2_BASELINE.get(size))
    vcpus = {"xlarge": 4, "2xlarge": 8}.get(size, 2)
    return Hardware(vcpus=vcpus, memory=gib * GIB, baseline=_T3_BASELINE.get(size), unlimited=True)
