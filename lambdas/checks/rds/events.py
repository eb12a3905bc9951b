"""RDS's own events of the database and those it stands with, told apart by what they mean."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from lambdas.checks.base import Allow, Finding, Look, check
from lambdas.checks.rds import links
from lambdas.checks.rds.instances import Cluster, Instance
from lambdas.targets import Database

BEFORE = timedelta(days=1)  # RDS keeps fourteen; what is older than a day causes no alarm today
SOURCES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class RdsEvent(Finding):
    """One event. `kind` is what it means; empty for what says nothing about trouble."""

    id: str  # the database
    message: str
    categories: tuple[str, ...] = ()
    kind: str = ""


# By the sentences of "Amazon RDS event categories and event messages": DescribeEvents gives no event ids.
# The first that matches counts, so that the special stands before the general.
_SENTENCES: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "storage_unscalable",
        (r"autoscal\w* .*(unable|can't|cannot|not able|fail|reached|exceed)", "maximum storage threshold"),
    ),
    (
        "storage_scaled",
        (
            r"autoscal\w*.*(finish|complet|success|increased)",
            r"(finish|complet)\w* applying.*(allocated )?storage",
            "allocated storage .*increased",
        ),
    ),
    ("storage_scaling", ("autoscal",)),
    ("burst_low", ("burst balance", "burst credits")),
    (
        "storage_full",
        (
            r"storage .*exhausted", "storage[ -]full", r"(ran|run(ning)?) out of .*(space|storage|disk)",
            "out of storage", "no space left", "insufficient (disk|storage) space",
        ),
    ),
    (
        "storage_low",
        (
            "(free )?storage (capacity|space).*(low|less than|below|only)", r"free storage.*\b(low|below)\b",
            "low (on )?(free )?storage",
            "storage .*(nearly|almost) full", "approaching.*storage",
        ),
    ),
    ("memory", ("out of memory", "low on memory", "memory pressure", "insufficient memory", "low memory", r"\bOOM\b")),
    (
        "failover_done",
        (
            "fail ?over.*(complet|finish|success)", r"(complet|finish)\w* .*fail ?over", "promoted .*primary",
            "recovered from partial failover",
        ),
    ),
    (
        "failover_started",
        ("fail ?over.*(start|begin|began|initiat|in progress)", r"(start|began|initiat)\w* .*fail ?over"),
    ),
    ("failover", (r"\bfail(ed)? ?over\b",)),
    (
        "replication_stopped",
        (
            "replication.*(stop|terminat|error|fail|interrupt)", r"(stop|terminat)\w* .*replication",
            "read replica.*(error|fail|terminat|not replicating)",
        ),
    ),
    ("replication_resumed", ("replication.*(resum|restor|re-?start|success)", "resumed .*replication")),
    (
        "patch",
        (
            "patch", "(engine|version|operating system|os) (upgrade|update)", "upgrad", "system update",
            "maintenance .*(start|appl|complet)", "offline maintenance",
        ),
    ),
    ("class_changed", ("instance class",)),
    (
        "storage_changed",
        (
            "modification to (allocated )?storage", "storage (type|optimi[sz]ation)", "convert.*storage",
            "provisioned iops",
        ),
    ),
    (
        "parameters",
        ("parameter group", "parameter .*(updated|changed|modified)", "DBParameterGroup", "with apply method"),
    ),
    ("restart", ("re-?start", "reboot", "shut ?down")),
    ("recovery", ("recover",)),
    ("backup", (r"back(ing)? ?up", "snapshot")),
    ("modification", ("applying modification", "modified")),
)  # fmt: skip
_COMPILED = tuple((kind, re.compile("|".join(patterns), re.IGNORECASE)) for kind, patterns in _SENTENCES)


def meaning(message: str, categories: tuple[str, ...] = ()) -> str:
    """What an event means, by its sentence; by its category where the sentence is new to us."""
    for kind, pattern in _COMPILED:
        if pattern.search(message):
            return kind
    lower = {c.lower() for c in categories}
    if "failover" in lower:
        return "failover"
    if "low storage" in lower:
        return "storage_low"
    return ""


@check(
    "rds.events",
    title="RDS events: failover, storage, restarts, changes, patches",
    yields=(RdsEvent,),
    uses=(Instance, Cluster),
    allow=(
        # DescribeEvents is scoped by the source's ARN; without a source it would need "*".
        Allow("rds:DescribeEvents", "arn:{partition}:rds:{region}:{account}:*"),
    ),
    calls=5,
)
def events(look: Look) -> Iterator[Finding]:
    """Oldest first. The alert itself, where it is an RDS event, is told too: it may not be listed yet."""
    seen: set[tuple[str, str, str]] = set()
    if look.alert.kind == "rds" and (told := _alert(look)):
        seen.add((told.id, told.message, str(told.at)))
        yield told
    for name, kind in _sources(look):
        answer: Any = look.aws.rds.describe_events(
            SourceIdentifier=name,
            SourceType=kind,  # type: ignore[arg-type] # one of two literals, below
            StartTime=look.window.at - BEFORE,
            EndTime=look.window.end,
        )
        for raw in answer.get("Events") or ():
            message = str(raw.get("Message", ""))
            source = raw.get("SourceIdentifier") or name
            key = (source, message, str(raw.get("Date")))
            if source != name or key in seen:
                continue
            seen.add(key)
            categories = tuple(raw.get("EventCategories") or ())
            yield RdsEvent(
                at=raw.get("Date"),
                id=source,
                message=message[:500],
                categories=categories,
                kind=meaning(message, categories),
                source="rds:DescribeEvents",
                link=links.events(look.aws.region),
            )


def _sources(look: Look) -> list[tuple[str, str]]:
    named = [(i.id, "db-instance") for i in look.found.of(Instance)]
    named += [(c.id, "db-cluster") for c in look.found.of(Cluster)]
    if not named and isinstance(look.target, Database):
        named = [(look.target.identifier, "db-cluster" if look.target.cluster else "db-instance")]
    subject, *others = named or [("", "")]
    others.sort(key=lambda n: n[1] != "db-cluster")
    return [n for n in dict.fromkeys((subject, *others)) if n[0]][:SOURCES]


def _alert(look: Look) -> RdsEvent | None:
    message = str(look.alert.detail.get("Message") or look.alert.detail.get("Event Message") or look.alert.reason)
    if not message or not isinstance(look.target, Database):
        return None
    return RdsEvent(
        at=look.alert.at,
        id=look.target.identifier,
        message=message[:500],
        kind=meaning(message),
        source="the event itself",
        link=links.events(look.aws.region),
    )
