"""Deployment history: what was rolled out when, and how it ended, also after ECS dropped it from the service."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lambdas.checks import links
from lambdas.checks.base import Allow, Finding, Look, check
from lambdas.checks.ecs.services import ServiceState, short

SERVICES = 3
NEWEST = 10  # of DescribeServiceDeployments, which takes 20
_REVISIONS = "arn:{partition}:ecs:{region}:{account}:service-revision/*"
_DEPLOYMENTS = "arn:{partition}:ecs:{region}:{account}:service-deployment/*"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollout(Finding):
    """One service deployment. `at` is when it was created."""

    id: str
    service: str
    status: str  # PENDING | IN_PROGRESS | SUCCESSFUL | STOPPED | ROLLBACK_…
    reason: str = ""
    finished_at: datetime | None = None
    task_definition: str = ""  # "family:revision" of the target revision, where known
    former: str = ""  # of the source revision
    failures: int = 0  # the circuit breaker's count
    breaker: str = ""  # TRIGGERED | MONITORING_COMPLETE | …
    rolled_back: bool = False


@check(
    "ecs.rollouts",
    title="Deployment history of the service",
    yields=(Rollout,),
    needs=(ServiceState,),
    allow=(
        Allow("ecs:ListServiceDeployments", "arn:{partition}:ecs:{region}:{account}:service/*"),
        Allow("ecs:DescribeServiceDeployments", _DEPLOYMENTS),
        Allow("ecs:DescribeServiceRevisions", _REVISIONS),
    ),
    optional=True,  # newer than many stand-ins and some regions; `deployments` of the service carry the case
    calls=6,
)
def rollouts(look: Look) -> Iterator[Finding]:
    """The newest deployments of each service, with the task definitions they went from and to."""
    for service in look.found.of(ServiceState)[:SERVICES]:
        listed = look.aws.ecs.list_service_deployments(service=service.arn or service.name, cluster=service.cluster)
        arns = [
            d["serviceDeploymentArn"] for d in listed.get("serviceDeployments") or () if d.get("serviceDeploymentArn")
        ]
        if not arns:
            continue
        answer: Any = look.aws.ecs.describe_service_deployments(serviceDeploymentArns=arns[:NEWEST])
        raws = answer.get("serviceDeployments") or []
        definitions = _definitions(look, raws)
        for raw in raws:
            yield _rollout(raw, service, definitions, look.aws.region)


def _definitions(look: Look, raws: list[dict[str, Any]]) -> dict[str, str]:
    """Task definitions by the ARN of the service revision."""
    wanted = dict.fromkeys(arn for raw in raws for arn in (_target(raw), *_sources(raw)) if arn)
    if not wanted:
        return {}
    answer: Any = look.aws.ecs.describe_service_revisions(serviceRevisionArns=list(wanted)[:20])
    return {
        r.get("serviceRevisionArn", ""): short(r.get("taskDefinition", ""))
        for r in answer.get("serviceRevisions") or ()
    }


def _target(raw: dict[str, Any]) -> str:
    return str((raw.get("targetServiceRevision") or {}).get("arn", ""))


def _sources(raw: dict[str, Any]) -> list[str]:
    return [s.get("arn", "") for s in raw.get("sourceServiceRevisions") or ()]


def _rollout(raw: dict[str, Any], service: ServiceState, definitions: dict[str, str], region: str) -> Rollout:
    breaker = raw.get("deploymentCircuitBreaker") or {}
    return Rollout(
        at=raw.get("createdAt") or raw.get("startedAt"),
        id=short(raw.get("serviceDeploymentArn", "")),
        service=service.name,
        status=raw.get("status", ""),
        reason=raw.get("statusReason", ""),
        finished_at=raw.get("finishedAt") or raw.get("stoppedAt"),
        task_definition=definitions.get(_target(raw), ""),
        former=next((definitions[s] for s in _sources(raw) if s in definitions), ""),
        failures=breaker.get("failureCount") or 0,
        breaker=breaker.get("status", ""),
        rolled_back=bool(raw.get("rollback")),
        source="ecs:DescribeServiceDeployments",
        link=links.service(region, service.cluster, service.name, "deployments"),
    )
