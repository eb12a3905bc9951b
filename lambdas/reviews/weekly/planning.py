"""What is known of the weeks ahead: AWS's own plans, and what was released this week.

A release that is yet to come is known to nobody here: AWS has no such list. What can be said is what changed this week,
what AWS will change, and how much room is left (`weekly.services`, `weekly.scaling`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from lambdas.checks.base import Allow
from lambdas.reviews import inventory
from lambdas.reviews.base import Piece, Tour, part
from lambdas.reviews.model import Action, Fact, Item, Note, Table
from lambdas.reviews.words import listed, many, when

if TYPE_CHECKING:
    from lambdas.checks.ecs.services import ServiceState

FORCED = ("AutoAppliedAfterDate", "ForcedApplyDate")


@part(
    "weekly.planning",
    title="The weeks ahead",
    runbook="Weekly Capacity Planning Review, 2: Plan infrastructure adjustments for upcoming releases",
    place=50,
    allow=(
        *inventory.SERVICES,
        Allow("rds:DescribePendingMaintenanceActions", "arn:{partition}:rds:{region}:{account}:*"),
    ),
    present=True,
)
def planning(tour: Tour) -> Iterator[Piece]:
    """Maintenance that AWS will do by itself is a finding; what merely waits for somebody is a row."""
    released = [s for s in tour.inventory.services() if _released(s, tour)]
    names = listed([s.name for s in released], 8)
    yield Note(
        text=f"{many(len(released), 'service')} released this week"
        + (f": {names}." if released else ".")
        + " Releases to come are not known to AWS: compare the room above with your own plan."
    )
    rows = []
    pages: Any = tour.aws.rds.get_paginator("describe_pending_maintenance_actions").paginate()
    for page in pages:
        for raw in page.get("PendingMaintenanceActions") or ():
            name = raw.get("ResourceIdentifier", "").rpartition(":")[2]
            for action in raw.get("PendingMaintenanceActionDetails") or ():
                at = next((action[key] for key in (*FORCED, "CurrentApplyDate") if action.get(key)), None)
                said = when(at, tour.settings.time_zone) if at else "when somebody applies it"
                rows.append((name, action.get("Description") or action.get("Action", ""), said))
                forced = next((action[key] for key in FORCED if action.get(key)), None)
                if forced is not None:
                    yield Item(
                        id="weekly.planning.maintenance",
                        weight="advice",
                        subject=name,
                        text=f"AWS applies “{action.get('Description') or action.get('Action', '')}” by itself after "
                        f"{when(forced, tour.settings.time_zone)}.",
                        facts=(Fact(text=action.get("Action", ""), source="rds:DescribePendingMaintenanceActions"),),
                        actions=(Action(text="Apply it before, in a window of your own choice."),),
                        level=-float((forced - tour.end).days),
                    )
    if rows:
        yield Table(title="Pending maintenance of databases", columns=("Database", "What", "When"), rows=tuple(rows))


def _released(service: ServiceState, tour: Tour) -> bool:
    """A service's newest deployment began in the week. Scaling makes no deployment."""
    primary = service.primary
    return primary is not None and primary.created_at is not None and tour.start <= primary.created_at < tour.end
