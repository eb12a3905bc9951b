"""The runbook's 'Scenario 3: Application Load Balancer Issues', and 'Verify load balancer health check status'."""

from __future__ import annotations

from lambdas.playbooks.app import LOGS, TABLES
from lambdas.playbooks.base import Playbook, Step, playbook
from lambdas.targets import Certificate, LoadBalancer, TargetGroup

playbook(
    Playbook(
        id="alb",
        title="Application Load Balancer issues",
        section="Scenario 3: Application Load Balancer Issues",
        targets=(TargetGroup, LoadBalancer, Certificate),
        families=("alb", "ecs", "app", "db", "ddb", "aws", "change", "none", "unknown"),
        steps=(
            Step(
                id="alb.assess",
                title="Initial Assessment: determine scope, compare with the baseline",
                checks=(
                    "cloudwatch.alarm",
                    "cloudwatch.alarm_history",
                    "cloudwatch.alarm_metric",
                    "cloudwatch.alarm_metric_baseline",
                    "elbv2.balancers",
                ),
            ),
            Step(
                id="alb.health.1",
                title="Review target group health in ALB console",
                checks=("elbv2.targets",),
            ),
            Step(
                id="alb.health.2",
                title="Check health check configuration and response codes",
                checks=("elbv2.group_attributes",),
            ),
            Step(
                id="alb.health.3",
                title="Verify target registration and deregistration patterns",
                checks=(
                    "ecs.services",
                    "ecs.stopped_tasks",
                    "ecs.running_tasks",
                    "application_autoscaling.targets",
                    "application_autoscaling.activities",
                ),
            ),
            Step(
                id="alb.traffic.1",
                title="Review request count distribution across targets",
                checks=("elbv2.metrics", "elbv2.metrics_baseline"),
            ),
            Step(
                id="alb.traffic.2",
                title="Check for sticky session configuration issues",
                checks=("ecs.metrics", "ecs.metrics_baseline"),
            ),
            Step(
                id="alb.traffic.3",
                title="Analyze response code distribution (2xx, 4xx, 5xx)",
                checks=("elbv2.balancer_attributes",),
            ),
            Step(
                id="alb.configuration.1",
                title="Verify listener rules and target group routing",
                checks=("elbv2.listeners",),
            ),
            Step(
                id="alb.configuration.2",
                title="Check security group configurations",
                checks=("ec2.subnets", "ec2.security_groups", "elbv2.path_acls", "elbv2.paths"),
            ),
            Step(
                id="alb.configuration.3",
                title="Review SSL certificate status and configuration",
                checks=("acm.alarm_certificate", "acm.certificates"),
            ),
            Step(
                id="alb.downstream",
                title="Check external service dependencies",
                checks=(
                    "ecs.task_definitions",
                    "logs.groups",
                    "logs.last_words",
                    *LOGS,
                    "logs.clients",
                    "logs.queries",
                    "elbv2.dependencies",
                ),
            ),
            Step(
                id="alb.downstream.table",
                title="Check external service dependencies: DynamoDB tables",
                checks=TABLES,
            ),
            Step(
                id="alb.downstream.database",
                title="Review database query performance",
                checks=(
                    "rds.instances",
                    "rds.metrics",
                    "rds.metrics_baseline",
                    "rds.events",
                    "pi.totals",
                    "pi.load",
                    "pi.statements",
                ),
            ),
            Step(
                id="alb.startup",
                title="Scenario 1 for the targets' service: image, secrets, roles, volumes",
                checks=(
                    "ecr.images",
                    "secretsmanager.secrets",
                    "ssm.parameters",
                ),
            ),
            Step(
                id="alb.changes",
                title="Check recent deployment history for correlation",
                checks=("ecs.rollouts", "cloudtrail.changes", "health.events"),
            ),
        ),
    )
)
