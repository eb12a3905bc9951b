"""The runbook's 'ECS high utilisation' (Critical Alert Response) and 'Scenario 1: ECS Service Startup Failures'."""

from __future__ import annotations

from lambdas.playbooks.base import Playbook, Step, playbook
from lambdas.targets import EcsCluster, EcsService

playbook(
    Playbook(
        id="ecs",
        title="ECS high utilization and service startup failures",
        section="Critical Alert Response: ECS High Utilization; Scenario 1: ECS Service Startup Failures",
        targets=(EcsService, EcsCluster),
        families=("ecs", "aws", "change", "none", "unknown"),
        steps=(
            Step(
                id="ecs.assess",
                title="Initial Assessment: determine scope, compare with the baseline",
                checks=(
                    "cloudwatch.alarm",
                    "cloudwatch.alarm_history",
                    "cloudwatch.alarm_metric",
                    "cloudwatch.alarm_metric_baseline",
                    "ecs.metrics",
                    "ecs.metrics_baseline",
                ),
            ),
            Step(
                id="ecs.utilization.1",
                title="Check ECS service auto-scaling status",
                checks=(
                    "application_autoscaling.targets",
                    "application_autoscaling.activities",
                    "application_autoscaling.scheduled",
                ),
            ),
            Step(
                id="ecs.utilization.2",
                title="Verify load balancer health check status",
                checks=("elbv2.target_groups", "elbv2.target_health"),
            ),
            Step(
                id="ecs.startup.1",
                title="Task Definition Review: resource allocation, image availability and tags, environment",
                checks=(
                    "ecs.task_definitions",
                    "ecr.images",
                    "secretsmanager.secrets",
                    "ssm.parameters",
                    "iam.roles",
                    "efs.mount_targets",
                ),
            ),
            Step(
                id="ecs.startup.2",
                title="Service Event Analysis: placement failures, insufficient resources in the cluster",
                checks=("ecs.services", "ecs.stopped_tasks", "ecs.running_tasks", "ecs.cluster"),
            ),
            Step(
                id="ecs.startup.3",
                title="CloudWatch Logs Investigation: startup errors, dependency connection failures",
                checks=("logs.groups", "logs.last_words", "logs.errors", "logs.errors_before", "logs.insights"),
            ),
            Step(
                id="ecs.network",
                title="Verify security group and network ACL configurations",
                checks=("ec2.subnets", "ec2.security_groups", "ec2.network_acls", "ec2.routes"),
            ),
            Step(
                id="ecs.changes",
                title="Check recent deployment history for correlation",
                checks=("ecs.rollouts", "cloudtrail.changes", "cloudtrail.by_name", "health.events"),
            ),
        ),
    )
)
