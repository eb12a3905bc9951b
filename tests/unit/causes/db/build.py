"""Evidence built by hand, as sparse as some accounts are: a few points, no past, or no Performance Insights."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from lambdas.alerts.model import Alert, Metric
from lambdas.causes.base import CAUSES, Evidence, Judgement
from lambdas.checks.base import Found, Gap, Window
from lambdas.checks.cloudwatch.metrics import Past, Series
from lambdas.checks.pi.counters import Counter
from lambdas.checks.pi.load import LoadSeries, LoadTotal
from lambdas.checks.rds.events import RdsEvent, meaning
from lambdas.checks.rds.instances import Instance
from lambdas.checks.rds.parameters import ConnectionLimit
from lambdas.diagnosis.catalogue import loaded
from lambdas.diagnosis.ranking import rank
from lambdas.targets import Database

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lambdas.checks.base import Finding

AT = datetime(2026, 5, 12, 10, 0, tzinfo=UTC)
WINDOW = Window(start=AT - timedelta(hours=3), at=AT, end=AT + timedelta(minutes=2), now=AT + timedelta(minutes=2))
CHECKS = (
    "rds.instances", "rds.events", "rds.metrics", "rds.metrics_baseline", "rds.parameters", "rds.logs",
    "rds.maintenance", "pi.totals", "pi.load", "pi.statements", "pi.history", "pi.sessions", "pi.transactions",
    "cloudtrail.changes", "cloudwatch.alarm", "cloudwatch.alarm_metric",
)  # fmt: skip


def minutes(values: Sequence[float], *, every: int = 1, end: datetime = AT) -> tuple[tuple[datetime, float], ...]:
    """Points that end with the alarm, oldest first."""
    last = len(values) - 1
    return tuple((end - timedelta(minutes=every * (last - i)), v) for i, v in enumerate(values))


def step(before: float, after: float, *, ago: int = 12, length: int = 90) -> tuple[tuple[datetime, float], ...]:
    """A level, then another since `ago` minutes, with a little jitter."""
    return minutes([(after if length - i <= ago else before) * (1 + 0.01 * (i % 3)) for i in range(length)])


def metric(name: str, points: tuple[tuple[datetime, float], ...], *, of: str = "orders", role: str = "") -> Series:
    return Series(
        role=role or f"db.{name}", of=of, namespace="AWS/RDS", name=name, stat="Average", period=60, points=points
    )


def usual(name: str, level: float, *, of: str = "orders", days: int = 7) -> Past:
    """The same level at all hours of the days before."""
    start = WINDOW.start - timedelta(days=days)
    points = tuple((start + timedelta(minutes=5 * i), level * (1 + 0.02 * (i % 4))) for i in range(days * 288))
    return Past(role=f"db.{name}", of=of, period=300, points=points)


def instance(id_: str = "orders", **given: Any) -> Instance:
    told: dict[str, Any] = {
        "role": "subject", "cls": "db.m6g.large", "engine": "postgres", "status": "available", "storage_type": "gp3",
        "allocated": 200, "resource_id": f"db-{id_.upper()}",
    }  # fmt: skip
    return Instance(id=id_, **(told | given))


def total(
    group: Any, key: str, load: float, *, of: str = "orders", waits: tuple[tuple[str, float], ...] = ()
) -> LoadTotal:
    return LoadTotal(of=of, group=group, key=key, load=load, waits=waits)


def over_time(
    group: Any, key: str, points: tuple[tuple[datetime, float], ...], *, of: str = "orders", days: int = 0
) -> LoadSeries:
    return LoadSeries(of=of, group=group, key=key, points=points, days=days)


def event(message: str, ago: int, *, of: str = "orders") -> RdsEvent:
    return RdsEvent(at=AT - timedelta(minutes=ago), id=of, message=message, kind=meaning(message))


def limit(value: float, *, exact: bool = True) -> ConnectionLimit:
    return ConnectionLimit(of="orders", value=value, expression=str(value), exact=exact)


def counter(name: str, points: tuple[tuple[datetime, float], ...]) -> Counter:
    return Counter(of="orders", name=name, points=points)


def evidence(
    *findings: Finding,
    watched: str = "CPUUtilization",
    threshold: float = 80.0,
    comparison: str = "GreaterThanThreshold",
    gaps: dict[str, str] | None = None,
    target: str = "orders",
) -> Evidence:
    """All checks looked, but those in `gaps`. The alarm's own metric is taken from the findings."""
    found = Found()
    own = next((f for f in findings if isinstance(f, Series) and f.name == watched and f.of == target), None)
    for finding in findings:
        found.add(finding)
    if own:
        found.add(metric(watched, own.points, role="alarm"))
    missing = gaps or {}
    found.looked |= set(CHECKS) - set(missing)
    found.gaps.extend(Gap(check, why) for check, why in missing.items())
    alert = Alert(
        kind="alarm",
        source="sns",
        name=f"{target}-{watched}",
        state="ALARM",
        at=AT,
        account="123456789012",
        region="eu-west-1",
        metrics=(Metric(namespace="AWS/RDS", name=watched, dimensions={"DBInstanceIdentifier": target}),),
        threshold=threshold,
        comparison=comparison,
        observed=own.points[-1][1] if own else None,
    )
    return Evidence(alert=alert, target=Database(target), window=WINDOW, found=found)


def judged(cause: str, told: Evidence) -> Judgement:
    """The judgement of one cause of the catalogue."""
    loaded()
    return CAUSES[cause].judge(told)


def standing(told: Evidence) -> dict[str, str]:
    """Every database cause that is confirmed or likely, the headline first."""
    loaded()
    ranked = rank(told, [c for c in CAUSES.values() if c.id.startswith("db.") or c.id == "unknown"])
    return {r.id: r.judgement.verdict for r in ranked if r.judgement.verdict in {"confirmed", "likely"}}
