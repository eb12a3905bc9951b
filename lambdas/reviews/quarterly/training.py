"""What the team should train: what went unacknowledged, and what went up a level again and again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from lambdas.reviews.base import Piece, Tour, part
from lambdas.reviews.history.incidents import by, cause_of, counted, moment
from lambdas.reviews.model import Action, Item, Note, Table
from lambdas.reviews.words import many

if TYPE_CHECKING:
    from lambdas.incidents.model import Incident

LEAST = 3  # incidents of a kind
SHARE = 0.5  # of them without an answer
LONG = 15 * 60  # seconds: shorter ones were over before anybody could
NIGHT = (22, 7)  # local hours


@part(
    "quarterly.training",
    title="Training needs",
    runbook="Quarterly Assessment: Training needs assessment for operations team",
    place=20,
)
def training(tour: Tour) -> Iterator[Piece]:
    """Kinds of incident by their first part (`ecs`, `db`, `alb` …), which are the runbook's scenarios."""
    found = [
        one
        for one in counted(tour.table.opened(int(tour.start.timestamp()), int(tour.end.timestamp())))
        if (one.resolved_at or int(tour.end.timestamp())) - one.opened_at >= LONG
    ]
    rows = []
    for family, same in sorted(by(found, _family).items()):
        unanswered = [one for one in same if one.acknowledged_at is None]
        raised = [one for one in same if one.level > 1]
        rows.append((family, str(len(same)), str(len(unanswered)), str(len(raised))))
        if len(unanswered) >= LEAST and len(unanswered) >= SHARE * len(same):
            yield _unanswered(family, same, unanswered, tour.settings.time_zone)
        elif len(raised) >= LEAST and len(raised) >= SHARE * len(same):
            yield Item(
                id="quarterly.training.escalated",
                weight="advice",
                subject=family,
                text=f"{len(raised)} of {many(len(same), 'incident')} went to level 2 or 3: level 1 could not solve "
                "them.",
                actions=(Action(text=f"A hands-on session on this kind: {_scenario(family)}."),),
                level=float(len(raised)),
            )
    if rows:
        yield Table(
            title="Incidents of 15 minutes and more",
            columns=("Kind", "Incidents", "Never acknowledged", "Escalated"),
            rows=tuple(rows),
            right=(1, 2, 3),
        )
    else:
        yield Note(text="No incident lasted for 15 minutes.")


def _family(incident: Incident) -> str:
    return cause_of(incident).partition(".")[0]


def _unanswered(family: str, same: Sequence[Incident], unanswered: Sequence[Incident], zone: str) -> Item:
    hours = [moment(one.opened_at).astimezone(ZoneInfo(zone)).hour for one in unanswered]
    night = sum(hour >= NIGHT[0] or hour < NIGHT[1] for hour in hours)
    where = f" {night} of them came at night." if night else ""
    return Item(
        id="quarterly.training.unacknowledged",
        weight="advice",
        subject=family,
        text=f"{len(unanswered)} of {many(len(same), 'incident')} of 15 minutes or more were never acknowledged."
        f"{where}",
        actions=(
            Action(
                text="Train the first response, and test the night's paging."
                if night >= len(unanswered) / 2
                else f"A hands-on session on this kind: {_scenario(family)}."
            ),
        ),
        level=float(len(unanswered)),
    )


def _scenario(family: str) -> str:
    return {
        "ecs": "Scenario 1, ECS Service Startup Failures, and Critical Alert Response",
        "db": "Scenario 2, Database Performance Degradation",
        "alb": "Scenario 3, Application Load Balancer Issues",
        "ddb": "Scenario 4, DynamoDB Performance Issues",
        "app": "Critical Alert Response, Application Errors",
    }.get(family, "the incidents of the table, one by one")
