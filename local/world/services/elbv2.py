"""Elastic Load Balancing: balancers, target groups with their targets, listeners, rules."""

from local.world.answer import short
from local.world.service import Filler, Item, Section, Service


def _balancer(item: Item, fill: Filler) -> None:
    name = item["LoadBalancerName"]
    kind = item.setdefault("Type", "application")
    item.setdefault("LoadBalancerArn", fill.arn(f"{'nlb' if kind == 'network' else 'lb'}/{name}"))
    item.setdefault("DNSName", f"{name}-{short(item['LoadBalancerArn'])[:10]}.{fill.arns.region}.elb.amazonaws.com")
    item.setdefault("Scheme", "internet-facing")
    item.setdefault("State", {"Code": "active"})


_HEALTH = {
    "HealthCheckProtocol": "HTTP",
    "HealthCheckPort": "traffic-port",
    "HealthCheckEnabled": True,
    "HealthCheckIntervalSeconds": 30,
    "HealthCheckTimeoutSeconds": 5,
    "HealthyThresholdCount": 5,
    "UnhealthyThresholdCount": 2,
    "HealthCheckPath": "/",
}


def _group(item: Item, fill: Filler) -> None:
    item.setdefault("TargetGroupArn", fill.arn(f"tg/{item['TargetGroupName']}"))
    item.setdefault("TargetType", "ip")
    item.setdefault("Protocol", "HTTP")
    item.setdefault("LoadBalancerArns", [])
    for key, value in _HEALTH.items():
        item.setdefault(key, value)
    item.setdefault("Matcher", {"HttpCode": "200"})
    item.setdefault("targets", [])
    item.setdefault("attributes", {})
    for target in item["targets"]:
        target.setdefault("HealthCheckPort", str(target.get("Target", {}).get("Port", item.get("Port", 80))))


def _listener(item: Item, fill: Filler) -> None:
    item.setdefault("Protocol", "HTTPS" if item.get("Certificates") else "HTTP")
    item.setdefault("Port", 443 if item["Protocol"] == "HTTPS" else 80)
    balancer = item["LoadBalancerArn"].split(":loadbalancer/")[-1].split("/")[1]
    item.setdefault("ListenerArn", fill.arn(f"listener/{balancer}/{item['Port']}"))


def _rule(item: Item, fill: Filler) -> None:
    listener = item["ListenerArn"] = fill.arn(item["ListenerArn"])
    item.setdefault("Priority", "1")
    item.setdefault("IsDefault", item["Priority"] == "default")
    path = listener.split(":listener/")[-1]
    item.setdefault("RuleArn", fill.arns.arn("elasticloadbalancing", f"listener-rule/{path}/{item['Priority']:0>16}"))


_TARGET = ("elbv2", "TargetHealthDescription")
_TAGS = {"tags": "any"}
service = Service(
    "elbv2",
    {
        "loadBalancers": Section("LoadBalancer", {"attributes": "any", **_TAGS}, _balancer, ("LoadBalancerName",)),
        "targetGroups": Section(
            "TargetGroup", {"targets": [_TARGET], "attributes": "any", **_TAGS}, _group, ("TargetGroupName",)
        ),
        "listeners": Section("Listener", _TAGS, _listener, required=("LoadBalancerArn",)),
        "rules": Section("Rule", {"ListenerArn": "string", **_TAGS}, _rule, ("ListenerArn",)),
    },
)
