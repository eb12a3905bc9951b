"""Attributes of the balancer and its target groups: what decides how traffic spreads and how long anything waits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lambdas.checks.base import Allow, Finding, Look, check
from lambdas.checks.elbv2.balancers import ASKED, Balancer, Group


@dataclass(frozen=True, slots=True, kw_only=True)
class BalancerAttributes(Finding):
    """Attributes of a balancer; None where AWS did not tell."""

    balancer: str  # name
    idle_timeout: float | None = None  # seconds
    keep_alive: float | None = None  # the client's side, seconds
    cross_zone: bool | None = None
    http2: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupAttributes(Finding):
    """Attributes of a target group; None where AWS did not tell."""

    group: str  # name
    sticky: bool | None = None
    sticky_kind: str = ""  # lb_cookie | app_cookie | source_ip
    sticky_seconds: float | None = None
    cross_zone: bool | None = None  # None also means "as the load balancer"
    slow_start: float | None = None  # seconds
    deregistration_delay: float | None = None
    algorithm: str = ""  # round_robin | least_outstanding_requests | weighted_random


@check(
    "elbv2.balancer_attributes",
    title="Load balancer attributes: idle timeout, cross-zone, keep-alive",
    yields=(BalancerAttributes,),
    needs=(Balancer,),
    allow=(Allow("elasticloadbalancing:DescribeLoadBalancerAttributes"),),
)
def balancer_attributes(look: Look) -> Iterator[Finding]:
    """One call for each balancer."""
    for balancer in look.found.of(Balancer):
        answer: Any = look.aws.elbv2.describe_load_balancer_attributes(LoadBalancerArn=balancer.arn)
        values = _values(answer)
        yield BalancerAttributes(
            balancer=balancer.name,
            idle_timeout=_number(values, "idle_timeout.timeout_seconds"),
            keep_alive=_number(values, "client_keep_alive.seconds"),
            cross_zone=_flag(values, "load_balancing.cross_zone.enabled"),
            http2=_flag(values, "routing.http2.enabled"),
            source="elasticloadbalancing:DescribeLoadBalancerAttributes",
            link=balancer.link,
        )


@check(
    "elbv2.group_attributes",
    title="Sticky session configuration; cross-zone, slow start, deregistration delay, algorithm",
    yields=(GroupAttributes,),
    needs=(Group,),
    allow=(Allow("elasticloadbalancing:DescribeTargetGroupAttributes"),),
    calls=3,
)
def group_attributes(look: Look) -> Iterator[Finding]:
    """One call for each of the first groups."""
    for group in look.found.of(Group)[:ASKED]:
        answer: Any = look.aws.elbv2.describe_target_group_attributes(TargetGroupArn=group.arn)
        values = _values(answer)
        sticky = _flag(values, "stickiness.enabled")
        kind = values.get("stickiness.type", "")
        yield GroupAttributes(
            group=group.name,
            sticky=sticky,
            sticky_kind=kind,
            sticky_seconds=_number(
                values, f"stickiness.{'app_cookie' if kind == 'app_cookie' else 'lb_cookie'}.duration_seconds"
            ),
            cross_zone=_flag(values, "load_balancing.cross_zone.enabled"),
            slow_start=_number(values, "slow_start.duration_seconds"),
            deregistration_delay=_number(values, "deregistration_delay.timeout_seconds"),
            algorithm=values.get("load_balancing.algorithm.type", ""),
            source="elasticloadbalancing:DescribeTargetGroupAttributes",
            link=group.link,
        )


def _values(answer: Mapping[str, Any]) -> dict[str, str]:
    return {a.get("Key", ""): str(a.get("Value", "")) for a in answer.get("Attributes") or ()}


def _number(values: Mapping[str, str], key: str) -> float | None:
    try:
        return float(values[key])
    except (KeyError, ValueError):
        return None


def _flag(values: Mapping[str, str], key: str) -> bool | None:
    """A group says "use_load_balancer_configuration" where it has no setting of its own: that is None."""
    return {"true": True, "false": False}.get(values.get(key, "").lower())
