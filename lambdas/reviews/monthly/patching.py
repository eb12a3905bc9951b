"""Before the monthly security patching: what can be verified without touching anything.

Runbook, Monthly Security Patching: first Saturday of each month, 02:00 to 06:00. Backups of all databases, services in
health, images that nobody has rebuilt for long or that the registry's scan finds open. Nothing is patched here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from lambdas.checks.base import Allow
from lambdas.reviews import inventory
from lambdas.reviews.base import Piece, Tour, part
from lambdas.reviews.cost import tasks
from lambdas.reviews.model import Action, Fact, Item, Note, Table
from lambdas.reviews.words import listed, many, when

if TYPE_CHECKING:
    from datetime import datetime

    from lambdas.reviews.inventory import Doc

SATURDAY = 5
FRESH = timedelta(hours=1)  # RDS uploads its logs every five minutes (User Guide, "Point-in-time recovery")
OLD = timedelta(days=90)  # an image that was not rebuilt for so long has missed several patches of its base
_IMAGE = re.compile(
    r"^(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?/([^:@]+)(?::([^@]+))?(?:@(sha256:\w+))?$"
)


@part(
    "monthly.patching",
    title="Before the security patching",
    runbook="Monthly Security Patching: Verify backup completion for all databases; check system health status; apply "
    "security patches to ECS container images",
    place=40,
    allow=(
        *inventory.DATABASES,
        *inventory.DB_CLUSTERS,
        *inventory.SERVICES,
        # No resource-level permission for DescribeTaskDefinition (Service Authorization Reference, Amazon ECS).
        Allow("ecs:DescribeTaskDefinition"),
        Allow("ecr:DescribeImages", "arn:{partition}:ecr:{region}:{account}:repository/*"),
    ),
    present=True,
)
def patching(tour: Tour) -> Iterator[Piece]:
    """Clusters answer for their members: an Aurora instance has no backup of its own."""
    day = window(tour.end.date())
    yield Note(
        text=f"Next window: Saturday {day:%d %b}, 02:00 to 06:00 ({tour.settings.time_zone}). Tell the "
        "stakeholders before."
    )
    databases = [raw for raw in tour.inventory.databases() if not raw.get("DBClusterIdentifier")]
    clusters = tour.inventory.db_clusters()
    for raw in databases:
        yield from _backup(raw, raw["DBInstanceIdentifier"], tour)
    for raw in clusters:
        yield from _backup(raw, raw["DBClusterIdentifier"], tour)
    short = [one.name for one in tour.inventory.services() if one.short]
    for name in short:
        yield Item(
            id="monthly.patching.unhealthy",
            weight="warning",
            subject=name,
            text="Fewer tasks run than are wanted: a rolling deployment would start from a sick service.",
            actions=(Action(text="Bring it back to health before the window."),),
        )
    yield from _images(tour)
    yield _checklist(len(databases) + len(clusters), short, day)


def window(day: date) -> date:
    """The first Saturday of the month that is not yet over."""
    first = _first(day)
    return first if first >= day else _first((day.replace(day=1) + timedelta(days=32)).replace(day=1))


def _first(day: date) -> date:
    start = day.replace(day=1)
    return start + timedelta(days=(SATURDAY - start.weekday()) % 7)


def off(raw: Doc) -> bool:
    """Whether a database has no automated backups; a replica's are its source's."""
    return raw.get("BackupRetentionPeriod") == 0 and not raw.get("ReadReplicaSourceDBInstanceIdentifier")


def stale(raw: Doc, now: datetime) -> bool:
    """Whether a database cannot be restored to nearly now. One that is stopped or being changed is not judged."""
    latest, status = raw.get("LatestRestorableTime"), raw.get("DBInstanceStatus") or raw.get("Status")
    return off(raw) or (latest is not None and status == "available" and now - latest > FRESH)


def _backup(raw: Doc, name: str, tour: Tour) -> Iterator[Item]:
    if off(raw):
        yield Item(
            id="monthly.patching.no_backup",
            weight="critical",
            subject=name,
            text="Automated backups are off: what a patch breaks is lost.",
            actions=(
                Action(
                    text="Turn them on (this restarts nothing, but takes a first backup), or take a snapshot.",
                    command=f"aws rds modify-db-instance --db-instance-identifier {name} --backup-retention-period 7 "
                    "--apply-immediately",
                ),
            ),
        )
        return
    restorable = raw.get("LatestRestorableTime")
    if restorable and stale(raw, tour.now):
        yield Item(
            id="monthly.patching.backup_stale",
            weight="warning",
            subject=name,
            text=f"It can be restored only to {when(restorable, tour.settings.time_zone)}: its backups do not keep up.",
            facts=(Fact(text="LatestRestorableTime", source="rds:DescribeDBInstances", at=restorable),),
            actions=(Action(text="Look at its events, and take a snapshot before the window."),),
        )


def _images(tour: Tour) -> Iterator[Piece]:
    """The images that run now, each once. One of another registry or account cannot be looked at, and is named."""
    users: dict[str, list[str]] = {}
    for service in tour.inventory.services():
        if service.task_definition:
            raw = tasks.definition(tour, service.task_definition)
            for container in raw.get("containerDefinitions") or ():
                users.setdefault(container.get("image", ""), []).append(service.name)
    elsewhere = []
    for image, services in sorted(users.items()):
        match = _IMAGE.match(image)
        if match is None or match[1] != tour.settings.account or match[2] != tour.aws.region:
            elsewhere.append(image)
            continue
        yield from _image(tour, match, sorted(set(services)))
    yield Note(text=f"{many(len(users) - len(elsewhere), 'image')} looked at.")
    if elsewhere:
        yield Note(text=f"Of other registries or accounts, not looked at: {listed(sorted(elsewhere), 6)}.")


def _image(tour: Tour, match: re.Match[str], services: list[str]) -> Iterator[Item]:
    repository, tag, digest = match[3], match[4] or "latest", match[5]
    wanted: Any = {"imageDigest": digest} if digest else {"imageTag": tag}
    try:
        answer: Any = tour.aws.ecr.describe_images(repositoryName=repository, imageIds=[wanted])
    except ClientError as error:
        if "NotFound" in error.response["Error"]["Code"]:
            return  # an image that is gone: the daily review says what cannot start
        raise
    for detail in answer.get("imageDetails") or ():
        name = f"{repository}:{tag}"
        counts = (detail.get("imageScanFindingsSummary") or {}).get("findingSeverityCounts") or {}
        if bad := counts.get("CRITICAL", 0):
            yield Item(
                id="monthly.patching.vulnerable",
                weight="warning",
                subject=name,
                text=f"The registry's scan found {many(bad, 'critical vulnerability', 'critical vulnerabilities')}"
                f" and {counts.get('HIGH', 0)} high ones; it runs in {listed(services)}.",
                facts=(
                    Fact(text=", ".join(f"{k} {v}" for k, v in sorted(counts.items())), source="ecr:DescribeImages"),
                ),
                actions=(Action(text="Rebuild it on a patched base, and roll it out in the window."),),
                level=float(bad),
            )
        elif (pushed := detail.get("imagePushedAt")) and tour.now - pushed > OLD:
            yield Item(
                id="monthly.patching.old_image",
                weight="advice",
                subject=name,
                text=f"It was built {(tour.now - pushed).days} days ago, and runs in {listed(services)}: the "
                "patches of its base since then are not in it.",
                actions=(Action(text="Rebuild it without the cache, and roll it out in the window."),),
            )


def _checklist(databases: int, short: list[str], day: date) -> Table:
    rows = (
        ("Verify backup completion for all databases", f"{many(databases, 'database')} looked at; findings above"),
        ("Check system health status", f"{many(len(short), 'service')} short of tasks" if short else "all tasks run"),
        ("Notify stakeholders of the maintenance window", f"by people, before {day:%d %b}"),
        ("Apply patches, update task definitions, rolling deployment", "by people, in the window"),
        ("Verify all services return to healthy state; monitor for 30 minutes", "by this product, after the window"),
    )
    return Table(title="Checklist", columns=("Runbook", "State"), rows=rows)
