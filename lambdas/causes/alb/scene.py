"""What stands where: target groups with their targets, rules, zones and attributes, put together. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lambdas.causes.alb.levels import Level, level
from lambdas.checks.ecs.services import ServiceState
from lambdas.checks.elbv2.attributes import BalancerAttributes, GroupAttributes
from lambdas.checks.elbv2.balancers import ASKED, Balancer, Group
from lambdas.checks.elbv2.listeners import Listener, Route
from lambdas.checks.elbv2.target_groups import TargetHealth
from lambdas.targets import TargetGroup

if TYPE_CHECKING:
    from lambdas.causes.base import Evidence, Judgement

LEAVING = ("draining",)
SERVING = ("healthy", "draining", "unhealthy.draining")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ward:
    """A target group with its targets."""

    group: Group
    targets: tuple[TargetHealth, ...]  # all that DescribeTargetHealth told
    asked: bool  # whether its health was asked for and told
    routes: tuple[Route, ...] = ()
    attributes: GroupAttributes | None = None
    balancer: Balancer | None = None
    services: tuple[ServiceState, ...] = ()
    named: bool = False  # by the alarm itself

    @property
    def registered(self) -> list[TargetHealth]:
        """The targets that are not on their way out."""
        return [t for t in self.targets if t.state not in LEAVING and t.reason != "Target.NotRegistered"]

    @property
    def healthy(self) -> list[TargetHealth]:
        """The targets that pass their checks, or are not checked at all."""
        return [t for t in self.registered if t.state in ("healthy", "unavailable")]

    @property
    def unhealthy(self) -> list[TargetHealth]:
        """The targets that fail their checks."""
        return [t for t in self.registered if t.state == "unhealthy"]

    @property
    def unused(self) -> list[TargetHealth]:
        """Registered, but no traffic can reach them: stopped instances, zones that are not enabled."""
        return [t for t in self.registered if t.state == "unused"]

    @property
    def name(self) -> str:
        """The group's name."""
        return self.group.name

    def failing(self, *reasons: str) -> list[TargetHealth]:
        """The unhealthy targets with one of these reason codes."""
        return [t for t in self.unhealthy if t.reason in reasons]

    def level(self, evidence: Evidence, role: str) -> Level | None:
        """A metric of the group, e.g. "tg.latency"."""
        return level(evidence, role, self.group.dimension)


def wards(evidence: Evidence) -> list[Ward]:
    """The target groups that the alert concerns: the one it names, else all of its balancer that get traffic."""
    groups = evidence.of(Group)
    used = {r.group_arn for r in evidence.of(Route) if r.used}
    routed = any(group.arn in used for group in groups)  # else the rules were not seen, or are another balancer's
    found = []
    for index, group in enumerate(groups):
        routes = tuple(r for r in evidence.of(Route) if r.group_arn == group.arn)
        named = isinstance(evidence.target, TargetGroup) and evidence.target.name == group.dimension
        if routed and not named and group.arn not in used:
            continue  # an idle group, e.g. the other colour of a blue/green deployment
        found.append(
            Ward(
                group=group,
                targets=tuple(t for t in evidence.of(TargetHealth) if t.group_arn == group.arn),
                asked=index < ASKED and evidence.looked("elbv2.targets"),
                routes=routes,
                attributes=next((a for a in evidence.of(GroupAttributes) if a.group == group.name), None),
                balancer=next((b for b in evidence.of(Balancer) if b.arn in group.balancers), None)
                or evidence.first(Balancer),
                named=named,
                services=tuple(s for s in evidence.of(ServiceState) if group.arn in s.target_groups),
            )
        )
    return found


def aside(evidence: Evidence, ward: Ward, judged: Judgement) -> Judgement:
    """What is wrong with another group than the one that the alarm names is at most a second fault."""
    if not isinstance(evidence.target, TargetGroup) or evidence.target.name == ward.group.dimension:
        return judged
    verdict = "likely" if judged.verdict == "confirmed" else judged.verdict
    return replace(judged, verdict=verdict, score=judged.score / 2)


def cross_zone(ward: Ward, evidence: Evidence) -> bool | None:
    """Whether a node may send to targets of other zones: the group's own setting, else the balancer's."""
    if ward.attributes and ward.attributes.cross_zone is not None:
        return ward.attributes.cross_zone
    if ward.attributes is None and not evidence.looked("elbv2.group_attributes"):
        return None
    own = next((a for a in evidence.of(BalancerAttributes) if ward.balancer and a.balancer == ward.balancer.name), None)
    return own.cross_zone if own else None


def listener_of(evidence: Evidence, arn: str) -> Listener | None:
    """A listener by its ARN."""
    return next((x for x in evidence.of(Listener) if x.arn == arn), None)


def balancer_name(evidence: Evidence) -> str:
    """The balancer for people."""
    balancer = evidence.first(Balancer)
    if balancer:
        return balancer.name
    name = getattr(evidence.target, "load_balancer", "") or getattr(evidence.target, "name", "")
    parts = str(name).split("/")
    return parts[1] if len(parts) > 2 else str(evidence.target)
