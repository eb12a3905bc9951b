"""Before the quarterly disaster-recovery test: what can be verified without restoring anything.

Runbook, Quarterly Disaster Recovery Testing: last Friday of each quarter. Whether a restored database is whole only a
restore can tell: that stays with people, and is said so.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from lambdas.checks.base import Allow
from lambdas.reviews import inventory
from lambdas.reviews.base import Piece, Tour, part
from lambdas.reviews.model import Action, Item, Note, Table
from lambdas.reviews.words import many, when

if TYPE_CHECKING:
    from lambdas.reviews.inventory import Doc

FRIDAY = 4
RETENTION = 7  # days: less does not reach over a long weekend and its discovery
EXPIRES = timedelta(days=90)  # before the next quarterly look


@part(
    "quarterly.recovery",
    title="Before the disaster-recovery test",
    runbook="Quarterly Disaster Recovery Testing: Validate backup retention and recovery objectives; verify DNS "
    "routing and certificate validity",
    place=30,
    allow=(
        *inventory.DATABASES,
        *inventory.DB_CLUSTERS,
        *inventory.TABLES,
        Allow("dynamodb:DescribeContinuousBackups", "arn:{partition}:dynamodb:{region}:{account}:table/*"),
        Allow("acm:ListCertificates"),
    ),
    present=True,
)
def recovery(tour: Tour) -> Iterator[Piece]:
    """Retention and recovery points of databases and tables, and certificates that end before the next look."""
    day = last_friday(tour.now.date())
    yield Note(
        text=f"Next test: Friday {day:%d %b %Y}. What was last restored, and how long it took, AWS does not keep."
    )
    rows = []
    for raw in tour.inventory.databases():
        if not raw.get("DBClusterIdentifier"):
            rows.append(_row(raw, raw["DBInstanceIdentifier"], tour))
            yield from _retention(raw, raw["DBInstanceIdentifier"])
    for raw in tour.inventory.db_clusters():
        rows.append(_row(raw, raw["DBClusterIdentifier"], tour))
        yield from _retention(raw, raw["DBClusterIdentifier"])
    if rows:
        yield Table(
            title="Recovery points of databases",
            columns=("Database", "Kept", "Latest restorable time"),
            rows=tuple(rows),
            right=(1,),
        )
    tables = [name for name in tour.inventory.tables() if name != tour.settings.table]
    for name in tables:
        yield from _table(tour, name)
    yield from _certificates(tour)
    yield Note(text=f"{many(len(rows), 'database')} and {many(len(tables), 'table')} looked at.")
    yield Table(
        title="Checklist",
        columns=("Runbook", "Who"),
        rows=(
            ("Restore RDS snapshots to the test environment; verify data integrity", "people, on the day"),
            ("Document restoration time and process", "people, on the day"),
            ("Test load balancer failover and DNS routing", "people, on the day"),
            ("Certificate validity", "looked at here"),
            ("Validate backup retention and recovery objectives", "looked at here"),
            ("Review emergency contacts", "the monthly report asks each of them"),
        ),
    )


def last_friday(day: date) -> date:
    """The last Friday of the quarter that is not yet over."""
    month = (day.month - 1) // 3 * 3 + 3
    end = (day.replace(month=month, day=1) + timedelta(days=32)).replace(day=1) - timedelta(days=1)
    found = end - timedelta(days=(end.weekday() - FRIDAY) % 7)
    return found if found >= day else last_friday(end + timedelta(days=1))


def _row(raw: Doc, name: str, tour: Tour) -> tuple[str, str, str]:
    latest = raw.get("LatestRestorableTime")
    kept = raw.get("BackupRetentionPeriod")
    shown = when(latest, tour.settings.time_zone) if latest else "unknown"
    return name, f"{kept} days" if kept is not None else "unknown", shown


def _retention(raw: Doc, name: str) -> Iterator[Item]:
    kept = raw.get("BackupRetentionPeriod")
    if kept is None or raw.get("ReadReplicaSourceDBInstanceIdentifier") or kept >= RETENTION:
        return
    yield Item(
        id="quarterly.recovery.retention",
        weight="warning" if kept == 0 else "advice",
        subject=name,
        text=f"Backups are kept for {many(kept, 'day')}: a fault that is found later cannot be undone."
        if kept
        else "There are no automated backups: nothing can be restored.",
        actions=(
            Action(text=f"Keep at least {RETENTION} days, or as long as the customer's recovery objective says."),
        ),
    )


def _table(tour: Tour, name: str) -> Iterator[Item]:
    answer: Any = tour.aws.dynamodb.describe_continuous_backups(TableName=name)
    backups = answer.get("ContinuousBackupsDescription") or {}
    state = (backups.get("PointInTimeRecoveryDescription") or {}).get("PointInTimeRecoveryStatus")
    if state == "DISABLED":
        yield Item(
            id="quarterly.recovery.no_point_in_time",
            weight="advice",
            subject=name,
            text="Point-in-time recovery is off: an accidental write or delete cannot be undone.",
            actions=(
                Action(
                    text="Turn it on, unless the table can be rebuilt from elsewhere.",
                    command=f"aws dynamodb update-continuous-backups --table-name {name} "
                    "--point-in-time-recovery-specification PointInTimeRecoveryEnabled=true",
                ),
            ),
        )


def _certificates(tour: Tour) -> Iterator[Item]:
    pages: Any = tour.aws.acm.get_paginator("list_certificates").paginate(CertificateStatuses=["ISSUED"])
    for page in pages:
        for raw in page.get("CertificateSummaryList") or ():
            ends = raw.get("NotAfter")
            # ACM renews its own certificates by itself; imported ones never (User Guide, "Managed renewal").
            if not raw.get("InUse", True) or ends is None or ends - tour.now > EXPIRES:
                continue
            if raw.get("Type") == "IMPORTED" or raw.get("RenewalEligibility") == "INELIGIBLE":
                yield Item(
                    id="quarterly.recovery.certificate",
                    weight="warning",
                    subject=raw.get("DomainName", ""),
                    text=f"Its certificate ends on {when(ends, tour.settings.time_zone)} and is not renewed by itself.",
                    actions=(Action(text="Import its successor, in the backup region too."),),
                    level=-float((ends - tour.now).days),
                )
