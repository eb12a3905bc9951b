"""Maintenance that AWS has in store for the database."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lambdas.checks.base import Allow, Finding, Look, check
from lambdas.checks.rds.instances import Instance


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingMaintenance(Finding):
    """One action that waits. `at` is when it will be applied, where that is set."""

    of: str
    action: str  # system-update | db-upgrade | hardware-maintenance | …
    description: str = ""
    forced_at: datetime | None = None


@check(
    "rds.maintenance",
    title="Pending maintenance",
    yields=(PendingMaintenance,),
    needs=(Instance,),
    allow=(Allow("rds:DescribePendingMaintenanceActions", "arn:{partition}:rds:{region}:{account}:db:*"),),
    calls=1,
    optional=True,
)
def maintenance(look: Look) -> Iterator[Finding]:
    """Of the subject."""
    subject = look.found.first(Instance)
    if subject is None or not subject.arn:
        return
    answer: Any = look.aws.rds.describe_pending_maintenance_actions(ResourceIdentifier=subject.arn)
    for resource in answer.get("PendingMaintenanceActions") or ():
        if resource.get("ResourceIdentifier", subject.arn) != subject.arn:
            continue
        for raw in resource.get("PendingMaintenanceActionDetails") or ():
            yield PendingMaintenance(
                at=raw.get("CurrentApplyDate") or raw.get("AutoAppliedAfterDate"),
                of=subject.id,
                action=raw.get("Action", ""),
                description=str(raw.get("Description", ""))[:300],
                forced_at=raw.get("ForcedApplyDate"),
                source="rds:DescribePendingMaintenanceActions",
                link=subject.link,
            )
