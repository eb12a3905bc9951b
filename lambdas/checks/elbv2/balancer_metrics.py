"""Traffic, response times, codes and hosts of the balancer, of each target group, and of each zone.

Dimensions and statistics as in the Elastic Load Balancing User Guide, "CloudWatch metrics for your Application Load
Balancer". Counters have no datapoint in a minute without an event: the causes fill those with zeros where the balancer
reported anything at all in that minute.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from lambdas.checks.cloudwatch.metrics import Want, metric_checks
from lambdas.checks.elbv2.balancers import ASKED, Balancer, Group
from lambdas.checks.elbv2.target_groups import TargetHealth
from lambdas.targets import LoadBalancer, TargetGroup

if TYPE_CHECKING:
    from lambdas.checks.base import Look

ALB, NLB = "AWS/ApplicationELB", "AWS/NetworkELB"
INSTANCES = 12  # whose CPU is read
OF_BALANCER = (  # role, metric, statistic, whether the week before is read
    ("alb.requests", "RequestCount", "Sum", True),
    ("alb.elb_4xx", "HTTPCode_ELB_4XX_Count", "Sum", True),
    ("alb.elb_5xx", "HTTPCode_ELB_5XX_Count", "Sum", True),
    ("alb.elb_500", "HTTPCode_ELB_500_Count", "Sum", False),
    ("alb.elb_502", "HTTPCode_ELB_502_Count", "Sum", True),
    ("alb.elb_503", "HTTPCode_ELB_503_Count", "Sum", True),
    ("alb.elb_504", "HTTPCode_ELB_504_Count", "Sum", True),
    ("alb.target_2xx", "HTTPCode_Target_2XX_Count", "Sum", False),
    ("alb.target_3xx", "HTTPCode_Target_3XX_Count", "Sum", False),
    ("alb.target_4xx", "HTTPCode_Target_4XX_Count", "Sum", True),
    ("alb.target_5xx", "HTTPCode_Target_5XX_Count", "Sum", True),
    ("alb.connection_errors", "TargetConnectionErrorCount", "Sum", True),
    ("alb.rejected", "RejectedConnectionCount", "Sum", True),
    ("alb.active", "ActiveConnectionCount", "Sum", True),
    ("alb.new", "NewConnectionCount", "Sum", True),
    ("alb.client_tls_errors", "ClientTLSNegotiationErrorCount", "Sum", True),
    ("alb.target_tls_errors", "TargetTLSNegotiationErrorCount", "Sum", False),
    ("alb.latency", "TargetResponseTime", "Average", True),
    ("alb.latency_p99", "TargetResponseTime", "p99", True),
)
OF_GROUP = (
    ("tg.requests", "RequestCount", "Sum", True),
    ("tg.target_2xx", "HTTPCode_Target_2XX_Count", "Sum", False),
    ("tg.target_4xx", "HTTPCode_Target_4XX_Count", "Sum", False),
    ("tg.target_5xx", "HTTPCode_Target_5XX_Count", "Sum", True),
    ("tg.connection_errors", "TargetConnectionErrorCount", "Sum", False),
    ("tg.latency", "TargetResponseTime", "Average", True),
    ("tg.latency_p99", "TargetResponseTime", "p99", True),
    ("tg.healthy", "HealthyHostCount", "Minimum", True),
    ("tg.unhealthy", "UnHealthyHostCount", "Maximum", True),
)
OF_ZONE = (
    ("az.healthy", "HealthyHostCount", "Minimum"),
    ("az.unhealthy", "UnHealthyHostCount", "Maximum"),
    ("az.requests", "RequestCount", "Sum"),
    ("az.target_5xx", "HTTPCode_Target_5XX_Count", "Sum"),
    ("az.latency", "TargetResponseTime", "Average"),
)
OF_NETWORK_BALANCER = (
    ("alb.new", "NewFlowCount", "Sum", True),
    ("alb.active", "ActiveFlowCount", "Average", True),
    ("alb.target_resets", "TCP_Target_Reset_Count", "Sum", True),
)


def wants(look: Look) -> Iterator[Want]:
    """Series of what was described; of what the alarm itself names where nothing could be described."""
    names = {b.dimension: (b.kind, tuple(b.zones)) for b in look.found.of(Balancer)}
    match look.target:
        case LoadBalancer(name) | TargetGroup(load_balancer=name) if name:
            names.setdefault(name, ("network" if name.startswith("net/") else "application", ()))
    groups = {g.dimension: g.load_balancer for g in look.found.of(Group)}
    if isinstance(look.target, TargetGroup):
        groups.setdefault(look.target.name, look.target.load_balancer)
    for name, (kind, _) in names.items():
        yield from _of_balancer(name, kind)
    for group, of in list(groups.items())[:ASKED]:
        balancer = of or next(iter(names), "")
        kind, zones = names.get(balancer, ("application", ()))
        yield from _of_group(group, balancer, kind)
        if kind == "application":
            yield from _of_zones(group, balancer, zones or _zones(look, group))
    instances = dict.fromkeys(t.target for t in look.found.of(TargetHealth) if t.target.startswith("i-"))
    for id_ in list(instances)[:INSTANCES]:
        yield Want("target.cpu", "AWS/EC2", "CPUUtilization", {"InstanceId": id_}, of=id_, baseline=False)


def _of_balancer(name: str, kind: str) -> Iterator[Want]:
    namespace, metrics = (NLB, OF_NETWORK_BALANCER) if kind == "network" else (ALB, OF_BALANCER)
    for role, metric, stat, baseline in metrics:
        yield Want(role, namespace, metric, {"LoadBalancer": name}, stat, of=name, baseline=baseline)


def _of_group(group: str, balancer: str, kind: str) -> Iterator[Want]:
    if not balancer:
        return
    namespace = NLB if kind == "network" else ALB
    both = {"TargetGroup": group, "LoadBalancer": balancer}
    for role, metric, stat, baseline in OF_GROUP:
        if kind == "application" or role in ("tg.healthy", "tg.unhealthy"):
            yield Want(role, namespace, metric, both, stat, of=group, baseline=baseline)
    if kind == "application":
        yield Want("tg.per_target", ALB, "RequestCountPerTarget", {"TargetGroup": group}, "Sum", of=group)


def _of_zones(group: str, balancer: str, zones: tuple[str, ...]) -> Iterator[Want]:
    for zone in zones:
        dimensions = {"TargetGroup": group, "LoadBalancer": balancer, "AvailabilityZone": zone}
        for role, metric, stat in OF_ZONE:
            yield Want(role, ALB, metric, dimensions, stat, of=f"{group}@{zone}", baseline=False)
    for zone in zones:
        dimensions = {"LoadBalancer": balancer, "AvailabilityZone": zone}
        yield Want(
            "az.elb_5xx", ALB, "HTTPCode_ELB_5XX_Count", dimensions, "Sum", of=f"{balancer}@{zone}", baseline=False
        )


def _zones(look: Look, group: str) -> tuple[str, ...]:
    """Zones of the targets, where the balancer's own are not known."""
    found = (t.zone for t in look.found.of(TargetHealth) if t.group_arn.endswith(group))
    return tuple(dict.fromkeys(zone for zone in found if zone and zone != "all"))


metric_checks(
    "elbv2.metrics",
    title="Request count, response time and response codes (2xx, 4xx, 5xx), by target group and zone",
    wants=wants,
    uses=(Balancer, Group, TargetHealth),
)
