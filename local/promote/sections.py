"""Recorded answers as the sections of a world: which answer belongs where, and by what key it is one item."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

type Item = dict[str, Any]
type Extra = Callable[[Item, Item], Item]  # (item, parameters) → keys of ours to add


def _cluster(item: Item, params: Item) -> Item:
    arn = item.get("clusterArn") or params.get("cluster", "default")
    return {"cluster": arn.rsplit("/", 1)[-1]}


def _task(item: Item, params: Item) -> Item:
    return _cluster(item, params) | {"taskId": item["taskArn"].rsplit("/", 1)[-1]}


def _deployment(item: Item, params: Item) -> Item:
    service = item.get("serviceArn") or params.get("service", "")
    parts = service.split("/")
    cluster = parts[-2] if len(parts) > 2 else _cluster(item, params)["cluster"]
    return {"cluster": cluster, "service": parts[-1]}


def _rule(_: Item, params: Item) -> Item:
    return {"ListenerArn": params["ListenerArn"]} if "ListenerArn" in params else {}


# service, operation → answer's key, section, an item's own key, what is added
_LISTS: dict[tuple[str, str], tuple[str, str, str, Extra | None]] = {
    ("acm", "DescribeCertificate"): ("Certificate", "certificates", "CertificateArn", None),
    ("application-autoscaling", "DescribeScalableTargets"): ("ScalableTargets", "scalableTargets", "", None),
    ("application-autoscaling", "DescribeScalingPolicies"): ("ScalingPolicies", "scalingPolicies", "PolicyARN", None),
    ("application-autoscaling", "DescribeScalingActivities"): (
        "ScalingActivities",
        "scalingActivities",
        "ActivityId",
        None,
    ),
    ("application-autoscaling", "DescribeScheduledActions"): ("ScheduledActions", "scheduledActions", "", None),
    ("autoscaling", "DescribeAutoScalingGroups"): (
        "AutoScalingGroups",
        "autoScalingGroups",
        "AutoScalingGroupARN",
        None,
    ),
    ("autoscaling", "DescribeScalingActivities"): ("Activities", "activities", "ActivityId", None),
    ("cloudtrail", "LookupEvents"): ("Events", "events", "EventId", None),
    ("cloudwatch", "DescribeAlarmHistory"): ("AlarmHistoryItems", "history", "", None),
    ("cloudwatch", "DescribeInsightRules"): ("InsightRules", "insightRules", "Name", None),
    ("dynamodb", "DescribeTable"): ("Table", "tables", "TableName", None),
    ("ec2", "DescribeVpcs"): ("Vpcs", "vpcs", "VpcId", None),
    ("ec2", "DescribeSubnets"): ("Subnets", "subnets", "SubnetId", None),
    ("ec2", "DescribeSecurityGroups"): ("SecurityGroups", "securityGroups", "GroupId", None),
    ("ec2", "DescribeNetworkAcls"): ("NetworkAcls", "networkAcls", "NetworkAclId", None),
    ("ec2", "DescribeRouteTables"): ("RouteTables", "routeTables", "RouteTableId", None),
    ("ec2", "DescribeNatGateways"): ("NatGateways", "natGateways", "NatGatewayId", None),
    ("ec2", "DescribeInternetGateways"): ("InternetGateways", "internetGateways", "InternetGatewayId", None),
    ("ec2", "DescribeVpcEndpoints"): ("VpcEndpoints", "vpcEndpoints", "VpcEndpointId", None),
    ("ec2", "DescribeNetworkInterfaces"): ("NetworkInterfaces", "networkInterfaces", "NetworkInterfaceId", None),
    ("ec2", "DescribeInstanceStatus"): ("InstanceStatuses", "instanceStatuses", "InstanceId", None),
    ("ec2", "DescribeInstanceTypes"): ("InstanceTypes", "instanceTypes", "InstanceType", None),
    ("ecs", "DescribeClusters"): ("clusters", "clusters", "clusterArn", None),
    ("ecs", "DescribeServices"): ("services", "services", "serviceArn", _cluster),
    ("ecs", "DescribeTasks"): ("tasks", "tasks", "taskArn", _task),
    ("ecs", "DescribeTaskDefinition"): ("taskDefinition", "taskDefinitions", "taskDefinitionArn", None),
    ("ecs", "DescribeContainerInstances"): (
        "containerInstances",
        "containerInstances",
        "containerInstanceArn",
        _cluster,
    ),
    ("ecs", "ListServiceDeployments"): (
        "serviceDeployments",
        "serviceDeployments",
        "serviceDeploymentArn",
        _deployment,
    ),
    ("ecs", "DescribeServiceDeployments"): (
        "serviceDeployments",
        "serviceDeployments",
        "serviceDeploymentArn",
        _deployment,
    ),
    ("ecs", "DescribeServiceRevisions"): ("serviceRevisions", "serviceRevisions", "serviceRevisionArn", None),
    ("ecs", "DescribeCapacityProviders"): ("capacityProviders", "capacityProviders", "name", None),
    ("efs", "DescribeFileSystems"): ("FileSystems", "fileSystems", "FileSystemId", None),
    ("efs", "DescribeMountTargets"): ("MountTargets", "mountTargets", "MountTargetId", None),
    ("efs", "DescribeAccessPoints"): ("AccessPoints", "accessPoints", "AccessPointId", None),
    ("elbv2", "DescribeLoadBalancers"): ("LoadBalancers", "loadBalancers", "LoadBalancerArn", None),
    ("elbv2", "DescribeTargetGroups"): ("TargetGroups", "targetGroups", "TargetGroupArn", None),
    ("elbv2", "DescribeListeners"): ("Listeners", "listeners", "ListenerArn", None),
    ("elbv2", "DescribeRules"): ("Rules", "rules", "RuleArn", _rule),
    ("health", "DescribeEvents"): ("events", "events", "arn", None),
    ("lambda", "GetFunctionConfiguration"): ("", "functions", "FunctionArn", None),
    ("rds", "DescribeDBInstances"): ("DBInstances", "dbInstances", "DBInstanceArn", None),
    ("rds", "DescribeDBClusters"): ("DBClusters", "dbClusters", "DBClusterArn", None),
    ("rds", "DescribeEvents"): ("Events", "events", "", None),
    ("rds", "DescribePendingMaintenanceActions"): (
        "PendingMaintenanceActions",
        "pendingMaintenanceActions",
        "ResourceIdentifier",
        None,
    ),
    ("rds", "DescribeDBSnapshots"): ("DBSnapshots", "dbSnapshots", "DBSnapshotIdentifier", None),
    ("secretsmanager", "DescribeSecret"): ("", "secrets", "ARN", None),
    ("service-quotas", "GetServiceQuota"): ("Quota", "quotas", "", None),
    ("ssm", "DescribeParameters"): ("Parameters", "parameters", "Name", None),
    ("iam", "GetRole"): ("Role", "roles", "RoleName", None),
    ("dynamodb", "DescribeContributorInsights"): ("", "contributorInsights", "", None),
}
# The World answers these from what the others say.
DERIVED = frozenset(
    {
        *(("ecs", name) for name in ("ListClusters", "ListServices", "ListTasks", "ListContainerInstances")),
        *(("dynamodb", "ListTables"), ("ecs", "ListTaskDefinitions"), ("cloudwatch", "ListMetrics")),
        *(("logs", "DescribeLogStreams"), ("logs", "StopQuery"), ("dynamodb", "ListContributorInsights")),
    }
)


@dataclass(slots=True)
class Body:
    """The body of a world as it grows: service → section → items by their key."""

    sections: dict[str, dict[str, dict[str, Item]]] = field(default_factory=dict)
    mappings: dict[str, dict[str, Item]] = field(default_factory=dict)  # service → section → mapping

    def put(self, service: str, section: str, key: str, item: Item) -> None:
        """Add an item, or more fields to the one with this key."""
        items = self.sections.setdefault(service, {}).setdefault(section, {})
        items[key] = items.get(key, {}) | item

    def document(self) -> dict[str, dict[str, Any]]:
        """Service → section → items, as a world file has them."""
        found: dict[str, dict[str, Any]] = {
            service: {name: list(items.values()) for name, items in sections.items()}
            for service, sections in self.sections.items()
        }
        for service, mappings in self.mappings.items():
            found.setdefault(service, {}).update(mappings)
        return found


def fill(body: Body, call: Item) -> bool:
    """Put one recorded answer into the body. False where no section of a world takes it."""
    service, operation, params = call["service"], call["operation"], call["params"]
    answer: Item = call["answer"]
    if (service, operation) in DERIVED:
        return True
    if known := _LISTS.get((service, operation)):
        name, section, own, extra = known
        held = answer.get(name, []) if name else answer
        for item in held if isinstance(held, list) else [held]:
            key = str(item[own]) if own and own in item else str(sorted(item.items(), key=str))
            body.put(service, section, key, item | (extra(item, params) if extra else {}))
        return True
    special = _SPECIAL.get((service, operation))
    if special:
        special(body, params, answer)
    return special is not None


def _alarms(body: Body, _: Item, answer: Item) -> None:
    for name, section in (("MetricAlarms", "alarms"), ("CompositeAlarms", "compositeAlarms")):
        for item in answer.get(name, []):
            body.put("cloudwatch", section, item["AlarmName"], item)


def _report(body: Body, params: Item, answer: Item) -> None:
    rule = {"Name": params["RuleName"], "State": "ENABLED", "Schema": "CloudWatchLogRule", "Definition": "{}"}
    body.put("cloudwatch", "insightRules", params["RuleName"], rule | {"report": answer})


def _images(body: Body, params: Item, answer: Item) -> None:
    name, registry = params["repositoryName"], params.get("registryId", "")
    items = body.sections.setdefault("ecr", {}).setdefault("repositories", {})
    item = items.setdefault(f"{registry}/{name}", {"repositoryName": name, "images": []})
    if registry:
        item["registryId"] = registry
    item["images"] += [image for image in answer.get("imageDetails", []) if image not in item["images"]]


def _instances(body: Body, _: Item, answer: Item) -> None:
    for reservation in answer.get("Reservations", []):
        for item in reservation.get("Instances", []):
            body.put("ec2", "instances", item["InstanceId"], item)


def _targets(body: Body, params: Item, answer: Item) -> None:
    body.put("elbv2", "targetGroups", params["TargetGroupArn"], {"targets": answer.get("TargetHealthDescriptions", [])})


def _attributes(section: str, key: str) -> Callable[[Body, Item, Item], None]:
    def put(body: Body, params: Item, answer: Item) -> None:
        given = {one["Key"]: one.get("Value", "") for one in answer.get("Attributes", [])}
        body.put("elbv2", section, params[key], {"attributes": given})

    return put


def _details(body: Body, _: Item, answer: Item) -> None:
    for one in answer.get("successfulSet", []):
        said = one.get("eventDescription", {}).get("latestDescription", "")
        body.put("health", "events", one["event"]["arn"], one["event"] | {"description": said})


def _entities(body: Body, _: Item, answer: Item) -> None:
    by_event: dict[str, list[Item]] = {}
    for one in answer.get("entities", []):
        by_event.setdefault(one["eventArn"], []).append(one)
    for arn, entities in by_event.items():
        body.put("health", "events", arn, {"arn": arn, "entities": entities})


def _parameters(key: str) -> Callable[[Body, Item, Item], None]:
    def put(body: Body, params: Item, answer: Item) -> None:
        groups = body.mappings.setdefault("rds", {}).setdefault("parameters", {})
        group = groups.setdefault(params[key], {})
        group |= {one["ParameterName"]: one for one in answer.get("Parameters", [])}

    return put


def _log_files(body: Body, params: Item, answer: Item) -> None:
    for one in answer.get("DescribeDBLogFiles", []):
        name = one["LogFileName"]
        body.put("rds", "logFiles", f"{params['DBInstanceIdentifier']} {name}", _log(params, name))


def _log(params: Item, name: str) -> Item:
    return {"instance": params["DBInstanceIdentifier"], "name": name}


def _log_text(body: Body, params: Item, answer: Item) -> None:
    name = params["LogFileName"]
    key, text = f"{params['DBInstanceIdentifier']} {name}", answer.get("LogFileData", "")
    before = body.sections.get("rds", {}).get("logFiles", {}).get(key, {}).get("text", "")
    body.put("rds", "logFiles", key, _log(params, name) | {"text": before + text})


def _limits(body: Body, _: Item, answer: Item) -> None:
    body.mappings.setdefault("dynamodb", {})["limits"] = answer


def _mount_groups(body: Body, params: Item, answer: Item) -> None:
    body.put("efs", "mountTargets", params["MountTargetId"], {"securityGroups": answer.get("SecurityGroups", [])})


def _attached(body: Body, params: Item, answer: Item) -> None:
    given = {"RoleName": params["RoleName"], "attachedPolicies": answer.get("AttachedPolicies", [])}
    body.put("iam", "roles", params["RoleName"], given)


def _inline(body: Body, params: Item, answer: Item) -> None:
    named: Item = {name: {} for name in answer.get("PolicyNames", [])}
    body.put("iam", "roles", params["RoleName"], {"RoleName": params["RoleName"], "policies": named})


def _tags(body: Body, _: Item, answer: Item) -> None:
    kinds = {"loadbalancer": "loadBalancers", "targetgroup": "targetGroups", "listener": "listeners"}
    for one in answer.get("TagDescriptions", []):
        section = kinds.get(one["ResourceArn"].split(":")[5].split("/")[0])
        if section:
            tags = {tag["Key"]: tag.get("Value", "") for tag in one.get("Tags", [])}
            body.put("elbv2", section, one["ResourceArn"], {"tags": tags})


def _nothing(_body: Body, _params: Item, _answer: Item) -> None:
    """The World knows it from the listener itself."""


_SPECIAL: dict[tuple[str, str], Callable[[Body, Item, Item], None]] = {
    ("cloudwatch", "DescribeAlarms"): _alarms,
    ("cloudwatch", "DescribeAlarmsForMetric"): _alarms,
    ("cloudwatch", "GetInsightRuleReport"): _report,
    ("dynamodb", "DescribeLimits"): _limits,
    ("ec2", "DescribeInstances"): _instances,
    ("ecr", "DescribeImages"): _images,
    ("efs", "DescribeMountTargetSecurityGroups"): _mount_groups,
    ("elbv2", "DescribeTargetHealth"): _targets,
    ("elbv2", "DescribeTargetGroupAttributes"): _attributes("targetGroups", "TargetGroupArn"),
    ("elbv2", "DescribeLoadBalancerAttributes"): _attributes("loadBalancers", "LoadBalancerArn"),
    ("elbv2", "DescribeListenerCertificates"): _nothing,
    ("elbv2", "DescribeTags"): _tags,
    ("health", "DescribeEventDetails"): _details,
    ("health", "DescribeAffectedEntities"): _entities,
    ("iam", "ListAttachedRolePolicies"): _attached,
    ("iam", "ListRolePolicies"): _inline,
    ("rds", "DescribeDBParameters"): _parameters("DBParameterGroupName"),
    ("rds", "DescribeDBClusterParameters"): _parameters("DBClusterParameterGroupName"),
    ("rds", "DescribeDBLogFiles"): _log_files,
    ("rds", "DownloadDBLogFilePortion"): _log_text,
}


def mount_targets_have_file_systems(body: Body) -> None:
    """A world wants the file system of each mount target; the checks only ask for the targets."""
    known = body.sections.get("efs", {})
    for item in list(known.get("mountTargets", {}).values()):
        system = item.get("FileSystemId")
        if system and system not in known.get("fileSystems", {}):
            body.put("efs", "fileSystems", system, {"FileSystemId": system})


def calls_of(calls: Iterable[Item], service: str, *operations: str) -> list[Item]:
    """The recorded calls of a service, of some operations or all."""
    return [c for c in calls if c["service"] == service and (not operations or c["operation"] in operations)]
