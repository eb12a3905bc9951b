"""Elastic Load Balancing: balancers, target groups with their targets, listeners, rules."""

from typing import Any

from local.world.answer import Call, one_of, short
from local.world.errors import AwsError
from local.world.service import Filler, Item, Section, Service
from local.world.tags import tag_list


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


@service.answers("DescribeLoadBalancers")
def describe_load_balancers(call: Call) -> Item:
    """Load balancers by ARN or name."""
    kept = _found(call, "loadBalancers", "LoadBalancerArns", "LoadBalancerArn", "LoadBalancerNotFound")
    kept = _found(call, "loadBalancers", "Names", "LoadBalancerName", "LoadBalancerNotFound", items=kept)
    page, more = _page(call, call.public("loadBalancers", kept))
    return {"LoadBalancers": page, **more}


@service.answers("DescribeTargetGroups")
def describe_target_groups(call: Call) -> Item:
    """Target groups by ARN, name, or the load balancer that sends to them."""
    kept = _found(call, "targetGroups", "TargetGroupArns", "TargetGroupArn", "TargetGroupNotFound")
    kept = _found(call, "targetGroups", "Names", "TargetGroupName", "TargetGroupNotFound", items=kept)
    wanted = call.params.get("LoadBalancerArn")
    whole = [item | {"LoadBalancerArns": _balancers(call, item)} for item in kept]
    whole = [item for item in whole if wanted is None or wanted in item["LoadBalancerArns"]]
    page, more = _page(call, call.public("targetGroups", whole))
    return {"TargetGroups": page, **more}


def _balancers(call: Call, group: Item) -> list[str]:
    """The balancers of a target group: as the world says, else through listeners and rules."""
    if group["LoadBalancerArns"]:
        return list(group["LoadBalancerArns"])
    arn = group["TargetGroupArn"]
    listeners = {one["ListenerArn"]: one for one in call.items("listeners")}
    using = [one for one in listeners.values() if _sends_to(one.get("DefaultActions", []), arn)]
    ruled = [rule["ListenerArn"] for rule in call.items("rules") if _sends_to(rule.get("Actions", []), arn)]
    using.extend(listeners[one] for one in ruled if one in listeners)
    return list(dict.fromkeys(one["LoadBalancerArn"] for one in using))


def _sends_to(actions: list[Item], arn: str) -> bool:
    for action in actions:
        groups = action.get("ForwardConfig", {}).get("TargetGroups", [])
        if action.get("TargetGroupArn") == arn or any(group.get("TargetGroupArn") == arn for group in groups):
            return True
    return False


@service.answers("DescribeTargetHealth")
def describe_target_health(call: Call) -> Item:
    """Health of a group's targets, or of those asked for; a target that is not registered is `unused`."""
    targets = _one(call, "targetGroups", "TargetGroupArn", "TargetGroupNotFound")["targets"]
    wanted = call.params.get("Targets")
    if not wanted:
        return {"TargetHealthDescriptions": targets}
    known = {target["Target"]["Id"]: target for target in targets}
    unused = {"State": "unused", "Reason": "Target.NotRegistered", "Description": "Target is not registered"}
    return {
        "TargetHealthDescriptions": [
            known.get(target["Id"], {"Target": target, "TargetHealth": unused}) for target in wanted
        ]
    }


_GROUP_ATTRIBUTES = {
    "deregistration_delay.timeout_seconds": "300",
    "slow_start.duration_seconds": "0",
    "stickiness.enabled": "false",
    "stickiness.type": "lb_cookie",
    "stickiness.lb_cookie.duration_seconds": "86400",
    "load_balancing.algorithm.type": "round_robin",
    "load_balancing.cross_zone.enabled": "use_load_balancer_configuration",
}
_BALANCER_ATTRIBUTES = {
    "idle_timeout.timeout_seconds": "60",
    "load_balancing.cross_zone.enabled": "true",
    "deletion_protection.enabled": "false",
    "access_logs.s3.enabled": "false",
    "routing.http2.enabled": "true",
    "routing.http.desync_mitigation_mode": "defensive",
}


@service.answers("DescribeTargetGroupAttributes")
def describe_target_group_attributes(call: Call) -> Item:
    """A group's attributes, AWS's defaults below the world's."""
    group = _one(call, "targetGroups", "TargetGroupArn", "TargetGroupNotFound")
    return {"Attributes": _attributes(_GROUP_ATTRIBUTES, group["attributes"])}


@service.answers("DescribeLoadBalancerAttributes")
def describe_load_balancer_attributes(call: Call) -> Item:
    """A balancer's attributes, AWS's defaults below the world's."""
    balancer = _one(call, "loadBalancers", "LoadBalancerArn", "LoadBalancerNotFound")
    return {"Attributes": _attributes(_BALANCER_ATTRIBUTES, balancer.get("attributes", {}))}


def _attributes(defaults: dict[str, str], given: Any) -> list[Item]:
    if isinstance(given, list):
        given = {one["Key"]: one["Value"] for one in given}
    texts = {key: str(value).lower() if isinstance(value, bool) else str(value) for key, value in given.items()}
    return [{"Key": key, "Value": value} for key, value in (defaults | texts).items()]


@service.answers("DescribeListeners")
def describe_listeners(call: Call) -> Item:
    """Listeners of a balancer, or by ARN."""
    kept = _found(call, "listeners", "ListenerArns", "ListenerArn", "ListenerNotFound")
    if balancer := call.params.get("LoadBalancerArn"):
        _one(call, "loadBalancers", "LoadBalancerArn", "LoadBalancerNotFound")
        kept = [item for item in kept if item["LoadBalancerArn"] == balancer]
    page, more = _page(call, call.public("listeners", kept))
    return {"Listeners": page, **more}


@service.answers("DescribeRules")
def describe_rules(call: Call) -> Item:
    """Rules of a listener, its default action as the last one."""
    if "RuleArns" in call.params:
        kept = _found(call, "rules", "RuleArns", "RuleArn", "RuleNotFound")
        return {"Rules": call.public("rules", kept)}
    if "ListenerArn" not in call.params:
        raise AwsError("ValidationError", "You must specify either listener ARN or rule ARNs")
    listener = _one(call, "listeners", "ListenerArn", "ListenerNotFound")
    kept = call.public("rules", one_of(call.items("rules"), "ListenerArn", [listener["ListenerArn"]]))
    if not any(rule["IsDefault"] for rule in kept):
        arn = listener["ListenerArn"].replace(":listener/", ":listener-rule/") + "/default"
        actions = listener.get("DefaultActions", [])
        kept.append({"RuleArn": arn, "Priority": "default", "Conditions": [], "Actions": actions, "IsDefault": True})
    page, more = _page(call, kept)
    return {"Rules": page, **more}


@service.answers("DescribeListenerCertificates")
def describe_listener_certificates(call: Call) -> Item:
    """Certificates of a listener."""
    listener = _one(call, "listeners", "ListenerArn", "ListenerNotFound")
    given = listener.get("Certificates", [])
    return {"Certificates": [{"IsDefault": number == 0} | one for number, one in enumerate(given)]}


@service.answers("DescribeTags")
def describe_tags(call: Call) -> Item:
    """Tags of balancers, groups, listeners and rules."""
    keys = {
        "loadBalancers": "LoadBalancerArn",
        "targetGroups": "TargetGroupArn",
        "listeners": "ListenerArn",
        "rules": "RuleArn",
    }
    known = {item[key]: item.get("tags", {}) for section, key in keys.items() for item in call.items(section)}
    missing = [arn for arn in call.params["ResourceArns"] if arn not in known]
    if missing:
        raise AwsError("LoadBalancerNotFound", f"One or more resources not found: {', '.join(missing)}")
    return {
        "TagDescriptions": [
            {"ResourceArn": arn, "Tags": tag_list(known[arn], "Key", "Value")} for arn in call.params["ResourceArns"]
        ]
    }


def _found(
    call: Call, section: str, param: str, key: str, error: str, *, items: list[Item] | None = None
) -> list[Item]:
    """The items that a list parameter names; naming one that is not there is the service's own error."""
    items = call.items(section) if items is None else items
    wanted = call.params.get(param)
    if not wanted:
        return items
    missing = set(wanted) - {item[key] for item in items}
    if missing:
        raise AwsError(error, f"One or more {section} not found: {', '.join(sorted(missing))}")
    return one_of(items, key, wanted)


def _one(call: Call, section: str, key: str, error: str) -> Item:
    wanted = call.params[key]
    for item in call.items(section):
        if item[key] == wanted:
            return item
    raise AwsError(error, f"One or more {section} not found: {wanted}")


def _page(call: Call, items: list[Item]) -> tuple[list[Item], dict[str, str]]:
    return call.page_as(items, size=400, limit="PageSize", marker="Marker", answer="NextMarker")
