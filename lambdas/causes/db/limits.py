"""What a database's storage gives: IOPS, throughput, burst. Pure.

Source: Amazon RDS User Guide, "Amazon RDS DB instance storage" (gp2, gp3, io1, io2 Block Express). RDS stripes larger
volumes of MySQL, MariaDB and PostgreSQL over four, so that the baselines step up at 400 GiB.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lambdas.checks.rds.instances import Instance

STRIPED = 400  # GiB


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """IOPS, MiB/s. `burst` is what gp2 gives while its balance lasts."""

    iops: float
    throughput: float | None
    burst: float | None = None
    how: str = ""


def limits(database: Instance) -> Limits | None:
    """What is provisioned; None for Aurora, whose storage has no such limit, and where the size is unknown."""
    kind, size = database.storage_type, database.allocated
    if database.aurora or not kind or size is None:
        return None
    striped = size >= STRIPED
    match kind:
        case "gp3":
            return Limits(
                iops=database.iops or (12000 if striped else 3000),
                throughput=database.throughput or (500 if striped else 125),
                how=f"gp3, {size} GiB" + ("" if database.iops else ", baseline"),
            )
        case "gp2":
            return Limits(
                iops=max(100.0, min(3.0 * size, 64000.0 if striped else 16000.0)),
                throughput=None,
                burst=(12000.0 if striped else 3000.0) if 3 * size < (12000 if striped else 3000) else None,
                how=f"gp2, 3 IOPS for each of {size} GiB",
            )
        case "io1" | "io2":
            return Limits(iops=database.iops, throughput=None, how=f"{kind}, provisioned") if database.iops else None
        case "standard":
            return Limits(iops=200.0, throughput=None, how="magnetic storage gives about 100–200")
        case _:
            return None
