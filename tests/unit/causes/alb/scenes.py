"""Evidence built by hand: a balancer with one target group, and series with a level before and in the trouble."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from lambdas.alerts.model import Alert, Metric
from lambdas.causes.base import Evidence
from lambdas.checks.base import Found, Gap, Window
from lambdas.checks.cloudwatch.metrics import Past, Series
from lambdas.checks.ecs.services import ServiceState
from lambdas.checks.elbv2.attributes import BalancerAttributes, GroupAttributes
from lambdas.checks.elbv2.balancers import Balancer, Group
from lambdas.checks.elbv2.listeners import Route
from lambdas.checks.elbv2.target_groups import TargetHealth
from lambdas.targets import LoadBalancer, TargetGroup

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lambdas.checks.base import Finding
    from lambdas.targets import Target

AT = datetime(2026, 11, 24, 3, 6, tzinfo=UTC)
START, END = AT - timedelta(hours=3), AT + timedelta(minutes=2)
ELB = "arn:aws:elasticloadbalancing:eu-west-1:123456789012"
LB, TG = "app/web/50dc6c495c0c9188", "targetgroup/api/73e2d6bc24d8a067"
LB_ARN, TG_ARN = f"{ELB}:loadbalancer/{LB}", f"{ELB}:{TG}"
CHECKS = (
    "elbv2.balancers", "elbv2.targets", "elbv2.group_attributes", "elbv2.balancer_attributes", "elbv2.listeners",
    "elbv2.metrics", "elbv2.metrics_baseline", "elbv2.paths", "elbv2.path_acls", "acm.certificates", "ecs.services",
    "ecs.stopped_tasks", "cloudtrail.changes", "application_autoscaling.activities", "logs.errors",
)  # fmt: skip


def evidence(
    *found: Finding | Iterable[Finding],
    target: Target | None = None,
    metric: str = "HTTPCode_ELB_5XX_Count",
    gaps: tuple[str, ...] = (),
) -> Evidence:
    """All checks looked, but those named in `gaps`."""
    kept = Found()
    for one in found:
        for finding in [one] if not isinstance(one, list) else one:
            kept.add(finding)  # type: ignore[arg-type] # a finding, or a list of them
    kept.looked = {c for c in CHECKS if c not in gaps}
    kept.gaps = [Gap(c, "access denied") for c in gaps]
    target = target or LoadBalancer(LB)
    alert = Alert(
        kind="alarm", source="sns", name="web", state="ALARM", at=AT, account="123456789012", region="eu-west-1",
        metrics=(Metric(namespace="AWS/ApplicationELB", name=metric),),
    )  # fmt: skip
    return Evidence(alert=alert, target=target, window=Window(start=START, at=AT, end=END, now=END), found=kept)


def on_group(metric: str = "UnHealthyHostCount") -> dict[str, Any]:
    """Keywords for an alarm on the target group."""
    return {"target": TargetGroup(TG, LB), "metric": metric}


def balancer(**fields: Any) -> Balancer:
    """The balancer, in two zones."""
    given: dict[str, Any] = {
        "zones": {"eu-west-1a": "subnet-a", "eu-west-1b": "subnet-b"},
        "security_groups": ("sg-lb",),
    } | fields
    return Balancer(arn=LB_ARN, name="web", dimension=LB, **given)


def group(**fields: Any) -> Group:
    """The target group."""
    given: dict[str, Any] = {
        "path": "/health",
        "codes": "200",
        "interval": 30,
        "timeout": 5,
        "unhealthy_after": 2,
    } | fields
    return Group(arn=TG_ARN, name="api", load_balancer=LB, balancers=(LB_ARN,), port=8080, **given)


def scene(*, targets: Iterable[TargetHealth] | None = None, sticky: bool = False, cross_zone: bool | None = True,
          **fields: Any) -> list[Finding]:  # fmt: skip
    """A balancer, its group with targets, a rule and attributes."""
    given = list(targets) if targets is not None else [health("a"), health("b")]
    return [
        balancer(), group(**fields), *given, route(),
        GroupAttributes(group="api", sticky=sticky, sticky_seconds=86400, cross_zone=cross_zone),
        BalancerAttributes(balancer="web", idle_timeout=60, cross_zone=True),
    ]  # fmt: skip


def health(
    name: str,
    state: str = "healthy",
    reason: str = "",
    *,
    zone: str = "eu-west-1a",
    description: str = "",
) -> TargetHealth:
    """One target."""
    return TargetHealth(
        group="api", group_arn=TG_ARN, target=name, port=8080, zone=zone, state=state, reason=reason,
        description=description,
    )  # fmt: skip


def route(weight: int | None = None, priority: str = "default") -> Route:
    """A rule that forwards to the group."""
    return Route(listener=f"{ELB}:listener/{LB}/1", port=443, priority=priority, group_arn=TG_ARN, weight=weight,
                 of_weights=weight or 0)  # fmt: skip


def service(**fields: Any) -> ServiceState:
    """The ECS service behind the group."""
    given: dict[str, Any] = {"desired": 2, "running": 2, "pending": 0} | fields
    return ServiceState(cluster="prod", name="api", task_definition="api:7", target_groups=(TG_ARN,), **given)


def series(
    role: str, before: float | None, trouble: float | None, *, of: str = "", minutes: float = 10, back: bool = False,
    usual: float | None = None, past: bool = True,
) -> list[Finding]:  # fmt: skip
    """A level, another one from `minutes` before the alarm (until 8 minutes before the end if `back`), and its past.

    None: no datapoints. `usual`: of the days before, where it differs from `before`.
    """
    of = of or (LB if role.startswith("alb.") else TG)
    stat = "Average" if any(w in role for w in ("latency", "healthy", "cpu")) else "Sum"
    points = []
    moment = START
    while moment <= END:
        late = moment >= AT - timedelta(minutes=minutes) and not (back and moment > AT - timedelta(minutes=6))
        value = trouble if late else before
        if value is not None:
            points.append((moment, value))
        moment += timedelta(minutes=1)
    found: list[Finding] = [
        Series(role=role, of=of, namespace="AWS/ApplicationELB", name=role, stat=stat, period=60, points=tuple(points))
    ]
    level = usual if usual is not None else before
    if past and level is not None:
        scale = 5 if stat == "Sum" else 1
        first = START - timedelta(days=7)
        old = tuple((first + timedelta(minutes=5 * i), level * scale) for i in range(7 * 288))
        found.append(Past(role=role, of=of, period=300, points=old))
    return found
