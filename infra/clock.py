"""What makes `pulse` run: a schedule each minute, and a second, independent rule in case the first one fails."""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as events_targets
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_scheduler_targets as scheduler_targets
from constructs import Construct

from infra.invoker import invoker


class Clock(Construct):
    """EventBridge Scheduler every minute, an EventBridge rule every five. Both call the same idempotent function."""

    def __init__(self, scope: Construct, id: str, *, function: lambda_.Function) -> None:  # noqa: A002 — CDK's name
        super().__init__(scope, id)
        role = invoker(self, function, "Lets the schedule call pulse")
        self.schedule = scheduler.Schedule(
            self,
            "Minute",
            description="Tocsin's clock: due updates, recoveries and unsent posts",
            schedule=scheduler.ScheduleExpression.rate(Duration.minutes(1)),
            target=scheduler_targets.LambdaInvoke(
                function,
                role=role,
                retry_attempts=0,  # the next minute is the retry
                max_event_age=Duration.minutes(1),
                input=scheduler.ScheduleTargetInput.from_object({"time": scheduler.ContextAttribute.scheduled_time}),
            ),
        )
        self.rule = events.Rule(
            self,
            "FiveMinutes",
            description="Tocsin's second clock, independent of the schedule",
            schedule=events.Schedule.rate(Duration.minutes(5)),
            targets=[events_targets.LambdaFunction(function, retry_attempts=0)],
        )
