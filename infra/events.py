"""What AWS says on the event bus about the workload, filtered in the rules so that a busy cluster does not flood us."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_sqs as sqs
from constructs import Construct

if TYPE_CHECKING:
    from collections.abc import Mapping

    from infra.permissions import Place

OWN_PREFIX = "tocsin-"  # our own alarms and stacks; they never go through the application


def patterns(place: Place, *, alarms: bool) -> Mapping[str, events.EventPattern]:
    """Rule id → pattern. `alarms` adds every alarm of the account, also those without a topic of ours.

    The incident store makes one incident of an alarm, whatever roads it came by.
    """
    found = {
        "EcsTask": _pattern(
            "aws.ecs",
            "ECS Task State Change",
            lastStatus=["STOPPED"],
            # A scale-in, a deployment or a person stopping a task is no fault; neither is a job that ends with 0.
            **{
                "$or": [
                    {"stopCode": ["TaskFailedToStart"]},
                    {"stopCode": ["EssentialContainerExited"], "group": [{"prefix": "service:"}]},
                    {"stopCode": ["EssentialContainerExited"], "containers": {"exitCode": [{"anything-but": 0}]}},
                    {"stoppedReason": [{"prefix": "Task failed"}]},
                ]
            },
        ),
        "EcsContainerInstance": _pattern(
            "aws.ecs", "ECS Container Instance State Change", agentConnected=[False], status=["ACTIVE"]
        ),
        "EcsDeployment": _pattern("aws.ecs", "ECS Deployment State Change", eventType=["ERROR"]),
        "EcsService": _pattern("aws.ecs", "ECS Service Action", eventType=["WARN", "ERROR"]),
        "Rds": events.EventPattern(
            source=["aws.rds"],
            detail_type=["RDS DB Instance Event", "RDS DB Cluster Event"],
            # Backups, notices and configuration changes are read when something is wrong; they are no alarm.
            detail={
                "EventCategories": [
                    "availability",
                    "failover",
                    "failure",
                    "low storage",
                    "read replica",
                    "recovery",
                ]
            },
        ),
        "Health": _pattern("aws.health", "AWS Health Event", eventTypeCategory=["issue", "investigation"]),
    }
    if alarms:
        found["Alarm"] = events.EventPattern(
            source=["aws.cloudwatch"],
            detail_type=["CloudWatch Alarm State Change"],
            # Target-tracking alarms are auto-scaling's own controls: they are in ALARM whenever it may scale in.
            detail={"alarmName": [{"anything-but": {"prefix": "TargetTracking-"}}]},
            resources=events.Match.anything_but_prefix(
                place.fill("arn:{partition}:cloudwatch:{region}:{account}:alarm:") + OWN_PREFIX
            ),
        )
    return found


def _pattern(source: str, detail_type: str, **detail: Any) -> events.EventPattern:
    return events.EventPattern(source=[source], detail_type=[detail_type], detail=detail)


class WorkloadEvents(Construct):
    """One rule for each kind of event, all to the same queue."""

    def __init__(
        self,
        scope: Construct,
        id: str,  # noqa: A002 — CDK's name
        *,
        queue: sqs.Queue,
        patterns: Mapping[str, events.EventPattern],
    ) -> None:
        super().__init__(scope, id)
        for name, pattern in patterns.items():
            events.Rule(self, name, event_pattern=pattern, targets=[targets.SqsQueue(queue)])
