"""The load balancers and target groups that an alert is about, whether or not an ECS service stands behind them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from lambdas.checks import links
from lambdas.checks.acm.alarm_certificate import CertificateUse
from lambdas.checks.base import Allow, Finding, Look, check
from lambdas.checks.elbv2.state import TargetGroupState
from lambdas.targets import LoadBalancer, TargetGroup

BALANCERS = 2  # a target group seldom stands behind more than one
GROUPS = 8  # of one balancer, the first ones of DescribeTargetGroups
ASKED = 3  # groups that are asked for health and attributes one by one


@dataclass(frozen=True, slots=True, kw_only=True)
class Balancer(Finding):
    """A load balancer. `at` is when it was created."""

    arn: str
    name: str
    dimension: str  # as CloudWatch names it, "app/<name>/<id>"
    kind: str = "application"  # application | network | gateway
    scheme: str = ""  # internet-facing | internal
    state: str = ""  # active | provisioning | active_impaired | failed
    state_reason: str = ""
    vpc: str = ""
    zones: Mapping[str, str] = field(default_factory=dict)  # enabled zone → subnet
    security_groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Group(TargetGroupState):
    """A target group of a balancer, with what its network path needs."""

    vpc: str = ""
    check_protocol: str = ""
    check_enabled: bool = True
    balancers: tuple[str, ...] = ()  # ARNs

    @property
    def dimension(self) -> str:
        """As CloudWatch names it, "targetgroup/<name>/<id>"."""
        return self.arn.rpartition(":")[2]


@check(
    "elbv2.balancers",
    title="Load balancer: scheme, zones, security groups; its target groups and their health checks",
    yields=(Balancer, Group),
    uses=(CertificateUse,),
    # Describe actions of Elastic Load Balancing take no resource (Service Authorization Reference).
    allow=(Allow("elasticloadbalancing:DescribeLoadBalancers"), Allow("elasticloadbalancing:DescribeTargetGroups")),
    calls=3,
)
def balancers(look: Look) -> Iterator[Finding]:
    """For a balancer: it and all its groups; for a target group: it, its balancer and the groups beside it."""
    match look.target:
        case LoadBalancer(name):
            found = _balancers(look, Names=[_name(name)])
            yield from (read_balancer(raw, look.aws.region) for raw in found)
            for raw in found:
                yield from _groups(look, LoadBalancerArn=raw.get("LoadBalancerArn", ""))
        case TargetGroup(name, balancer):
            yield from _of_group(look, name, balancer)
        case _:
            yield from _of_certificate(look)


def _of_certificate(look: Look) -> Iterator[Finding]:
    """The balancers that use the certificate of an alarm on its expiry."""
    arns = list(dict.fromkeys(use.balancer for use in look.found.of(CertificateUse)))[:BALANCERS]
    for raw in _balancers(look, LoadBalancerArns=arns) if arns else ():
        yield read_balancer(raw, look.aws.region)
        yield from _groups(look, LoadBalancerArn=raw["LoadBalancerArn"])


def _of_group(look: Look, name: str, balancer: str) -> Iterator[Finding]:
    """The named group first, then its balancer, then the balancer's other groups: they share its traffic."""
    found = _balancers(look, Names=[_name(balancer)]) if balancer else []
    groups = [g for raw in found for g in _groups(look, LoadBalancerArn=raw["LoadBalancerArn"])]
    if not any(group.dimension == name for group in groups):
        groups = [*_groups(look, Names=[_name(name)]), *groups]
    groups.sort(key=lambda group: group.dimension != name)
    yield from groups
    arns = [arn for group in groups[:1] for arn in group.balancers][:BALANCERS]
    if arns and not found:
        found = _balancers(look, LoadBalancerArns=arns)
    yield from (read_balancer(raw, look.aws.region) for raw in found)


def _balancers(look: Look, **wanted: list[str]) -> Sequence[dict[str, Any]]:
    answer: Any = look.aws.elbv2.describe_load_balancers(**wanted)  # type: ignore[arg-type] # one of two parameters
    return [raw for raw in answer.get("LoadBalancers") or () if raw.get("LoadBalancerArn")][:BALANCERS]


def _groups(look: Look, **wanted: Any) -> Iterator[Group]:
    answer: Any = look.aws.elbv2.describe_target_groups(**wanted)
    for raw in [raw for raw in answer.get("TargetGroups") or () if raw.get("TargetGroupArn")][:GROUPS]:
        yield read_group(raw, look.aws.region)


def _name(dimension: str) -> str:
    """The bare name: `app/<name>/<id>` and `targetgroup/<name>/<id>` both hold it in the middle."""
    parts = dimension.split("/")
    return parts[1] if len(parts) > 2 else parts[-1]


def read_balancer(raw: Mapping[str, Any], region: str) -> Balancer:
    """Read one balancer of DescribeLoadBalancers; all but the ARN may be absent."""
    arn = raw["LoadBalancerArn"]
    state = raw.get("State") or {}
    created: datetime | None = raw.get("CreatedTime")
    return Balancer(
        at=created,
        arn=arn,
        name=raw.get("LoadBalancerName") or _name(arn.partition(":loadbalancer/")[2]),
        dimension=arn.partition(":loadbalancer/")[2],
        kind=raw.get("Type", "application"),
        scheme=raw.get("Scheme", ""),
        state=state.get("Code", ""),
        state_reason=state.get("Reason", ""),
        vpc=raw.get("VpcId", ""),
        zones={z.get("ZoneName", ""): z.get("SubnetId", "") for z in raw.get("AvailabilityZones") or ()},
        security_groups=tuple(raw.get("SecurityGroups") or ()),
        source="elasticloadbalancing:DescribeLoadBalancers",
        link=f"{links.console(region)}/ec2/home?region={region}#LoadBalancer:loadBalancerArn={arn}",
    )


def read_group(raw: Mapping[str, Any], region: str) -> Group:
    """Read one group of DescribeTargetGroups; all but the ARN may be absent."""
    arn = raw["TargetGroupArn"]
    matcher = raw.get("Matcher") or {}
    arns = tuple(raw.get("LoadBalancerArns") or ())
    return Group(
        arn=arn,
        name=raw.get("TargetGroupName") or _name(arn.rpartition(":")[2]),
        load_balancer=next(iter(arns), "").partition(":loadbalancer/")[2],
        balancers=arns,
        protocol=raw.get("Protocol", ""),
        port=raw.get("Port"),
        target_type=raw.get("TargetType", ""),
        vpc=raw.get("VpcId", ""),
        path=raw.get("HealthCheckPath", ""),
        check_protocol=raw.get("HealthCheckProtocol", ""),
        check_port=raw.get("HealthCheckPort", ""),
        check_enabled=raw.get("HealthCheckEnabled", True),
        interval=raw.get("HealthCheckIntervalSeconds"),
        timeout=raw.get("HealthCheckTimeoutSeconds"),
        healthy_after=raw.get("HealthyThresholdCount"),
        unhealthy_after=raw.get("UnhealthyThresholdCount"),
        codes=matcher.get("HttpCode") or matcher.get("GrpcCode", ""),
        source="elasticloadbalancing:DescribeTargetGroups",
        link=links.target_group(region, arn),
    )
