"""Console deep links, in the partition's own console. Pure.

The forms were taken from the console itself; AWS documents none. A link that AWS moves still opens the service.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

if TYPE_CHECKING:
    from datetime import datetime

_HOSTS = {"cn": "console.amazonaws.cn", "us-gov": "console.amazonaws-us-gov.com"}


def console(region: str) -> str:
    """The console's address for a region, without a trailing slash."""
    host = next((h for prefix, h in _HOSTS.items() if region.startswith(f"{prefix}-")), "console.aws.amazon.com")
    return f"https://{region}.{host}"


def partition(region: str) -> str:
    """The ARN partition of a region."""
    return {"cn": "aws-cn", "us-gov": "aws-us-gov"}.get(region.rpartition("-")[0].rpartition("-")[0], "aws")


def service(region: str, cluster: str, name: str, tab: str = "health") -> str:
    """An ECS service; tabs: health, tasks, deployments, events, configuration, logs."""
    return f"{console(region)}/ecs/v2/clusters/{_q(cluster)}/services/{_q(name)}/{tab}?region={region}"


def task(region: str, cluster: str, id_: str) -> str:
    """An ECS task."""
    return f"{console(region)}/ecs/v2/clusters/{_q(cluster)}/tasks/{_q(id_)}/configuration?region={region}"


def cluster(region: str, name: str) -> str:
    """An ECS cluster's infrastructure."""
    return f"{console(region)}/ecs/v2/clusters/{_q(name)}/infrastructure?region={region}"


def task_definition(region: str, family: str, revision: int) -> str:
    """A task definition's revision."""
    return f"{console(region)}/ecs/v2/task-definitions/{_q(family)}/{revision}/containers?region={region}"


def repository(region: str, account: str, name: str) -> str:
    """An ECR repository."""
    return f"{console(region)}/ecr/repositories/private/{account}/{_q(name)}?region={region}"


def role(region: str, name: str) -> str:
    """An IAM role."""
    return f"{console(region)}/iam/home#/roles/details/{_q(name)}"


def log_group(region: str, name: str) -> str:
    """A log group."""
    return f"{console(region)}/cloudwatch/home?region={region}#logsV2:log-groups/log-group/{_twice(name)}"


def log_stream(region: str, group: str, stream: str) -> str:
    """One stream of a log group."""
    return f"{log_group(region, group)}/log-events/{_twice(stream)}"


def alarm(region: str, name: str) -> str:
    """A CloudWatch alarm."""
    return f"{console(region)}/cloudwatch/home?region={region}#alarmsV2:alarm/{_q(name)}"


def metrics(region: str, namespace: str) -> str:
    """CloudWatch metrics of a namespace."""
    return f"{console(region)}/cloudwatch/home?region={region}#metricsV2?{urlencode({'namespace': namespace})}"


def target_group(region: str, arn: str) -> str:
    """An ELB target group."""
    return f"{console(region)}/ec2/home?region={region}#TargetGroup:targetGroupArn={arn}"


def security_group(region: str, id_: str) -> str:
    """An EC2 security group."""
    return f"{console(region)}/ec2/home?region={region}#SecurityGroup:groupId={id_}"


def subnet(region: str, id_: str) -> str:
    """A subnet."""
    return f"{console(region)}/vpcconsole/home?region={region}#SubnetDetails:subnetId={id_}"


def vpc(region: str, what: str, id_: str) -> str:
    """Something in the VPC console; `what` is its page, e.g. "NatGatewayDetails:natGatewayId"."""
    return f"{console(region)}/vpcconsole/home?region={region}#{what}={id_}"


def secret(region: str, name: str) -> str:
    """A secret (its settings, never its value)."""
    return f"{console(region)}/secretsmanager/secret?{urlencode({'name': name, 'region': region})}"


def parameter(region: str, name: str) -> str:
    """An SSM parameter."""
    return f"{console(region)}/systems-manager/parameters/{_q(name)}/description?region={region}"


def quotas(region: str, service_code: str) -> str:
    """The quotas of a service."""
    return f"{console(region)}/servicequotas/home/services/{service_code}/quotas?region={region}"


def trail(region: str, name: str) -> str:
    """CloudTrail's event history of one resource."""
    return f"{console(region)}/cloudtrailv2/home?region={region}#/events?ResourceName={_q(name)}"


def health(region: str) -> str:
    """The AWS Health dashboard."""
    host = next((h for prefix, h in _HOSTS.items() if region.startswith(f"{prefix}-")), "")
    return f"https://{'phd.' + host if host else 'health.console.aws.amazon.com/health/home'}"


def iso(at: datetime) -> str:
    """A time as commands take it."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def _q(text: str) -> str:
    return quote(text, safe="")


def _twice(text: str) -> str:
    """CloudWatch Logs wants its names encoded twice, with `$` for `%`."""
    return quote(quote(text, safe=""), safe="").replace("%", "$")
