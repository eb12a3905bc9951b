"""Which resources a call reads, as ARNs, where its parameters say so: for the least-privilege test."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from local.world.answer import Call

# service → parameter → short name with `{}` for the value.
_NAMES = {
    "ecs": {"taskDefinition": "task-definition/{}", "clusters": "cluster/{}"},
    "logs": {"logGroupName": "log-group/{}", "logGroupNames": "log-group/{}", "logGroupIdentifier": "log-group/{}"},
    "cloudwatch": {"AlarmNames": "alarm/{}", "AlarmName": "alarm/{}"},
    "ecr": {"repositoryName": "repository/{}", "repositoryNames": "repository/{}"},
    "rds": {"DBInstanceIdentifier": "db/{}", "DBClusterIdentifier": "dbcluster/{}"},
    "dynamodb": {"TableName": "table/{}"},
    "secretsmanager": {"SecretId": "secret/{}"},
    "iam": {"RoleName": "role/{}"},
    "efs": {"FileSystemId": "fs/{}"},
    "autoscaling": {"AutoScalingGroupNames": "asg/{}"},
}


def resources_of(call: Call) -> tuple[str, ...]:
    """The ARNs that a call names, or `("*",)` when it names none."""
    found = set(_arns(_subject(call)))
    for name, form in _NAMES.get(call.service, {}).items():
        given = call.params.get(name)
        for value in given if isinstance(given, list) else [given]:
            if value and not str(value).startswith("arn:"):
                found.add(call.arn(form.format(value)))
    if call.operation == "GetLogEvents":  # IAM checks the stream, not its group
        found = {f"{group}:log-stream:{call.params.get('logStreamName', '*')}" for group in found}
    if call.service == "ecs":
        cluster = str(call.params.get("cluster", "default")).rsplit("/", 1)[-1]
        for key, kind in (("services", "service"), ("tasks", "task"), ("service", "service")):
            given = call.params.get(key)
            for value in given if isinstance(given, list) else [given]:
                if value and not str(value).startswith("arn:"):
                    found.add(call.arn(f"{kind}/{cluster}/{value}"))
    return tuple(sorted(found)) or ("*",)


def _subject(call: Call) -> dict[str, Any]:
    """The parameters that IAM takes for the resource: of ECS the services or tasks, not the cluster they are in."""
    inside = call.service == "ecs" and {"services", "tasks", "service", "task"} & set(call.params)
    return {key: value for key, value in call.params.items() if not (inside and key == "cluster")}


def _arns(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value] if value.startswith("arn:") else []
    if isinstance(value, dict):
        return [arn for one in value.values() for arn in _arns(one)]
    if isinstance(value, list):
        return [arn for one in value for arn in _arns(one)]
    return []
