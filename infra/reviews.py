"""`review`: the scheduled routines, each at its own local time, and people's orders through a queue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Duration, TimeZone
from aws_cdk import aws_lambda_destinations as destinations
from aws_cdk import aws_lambda_event_sources as sources
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_scheduler_targets as targets
from constructs import Construct

from infra.invoker import invoker
from lambdas.reviews.model import KINDS, TITLES
from lambdas.reviews.order import KEY
from lambdas.reviews.slots import expression

if TYPE_CHECKING:
    from infra.function import Function
    from infra.queue import Inbox

TIMEOUT = Duration.minutes(15)


class Reviews(Construct):
    """Five schedules in the environment's time zone, and the orders' queue, for one function.

    Attributes:
        schedules: by kind.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,  # noqa: A002 — CDK's name
        *,
        review: Function,
        orders: Inbox,
        time_zone: str,
    ) -> None:
        super().__init__(scope, id)
        function = review.function
        role = invoker(self, function, "Lets the schedules call review")
        self.schedules = {
            kind: scheduler.Schedule(
                self,
                kind.capitalize(),
                description=f"{TITLES[kind]}, by the runbook",
                schedule=scheduler.ScheduleExpression.expression(expression(kind), TimeZone.of(time_zone)),
                target=targets.LambdaInvoke(
                    function,
                    role=role,
                    retry_attempts=3,  # a slot runs once, however often it is asked for
                    max_event_age=Duration.hours(1),
                    input=scheduler.ScheduleTargetInput.from_object(
                        {KEY: {"kind": kind, "time": scheduler.ContextAttribute.scheduled_time}}
                    ),
                ),
            )
            for kind in KINDS
        }
        # A review that ran out of time fails; Lambda tries it twice again, and each attempt continues the one before.
        function.configure_async_invoke(
            on_failure=destinations.SqsDestination(orders.dead), retry_attempts=2, max_event_age=Duration.hours(2)
        )
        function.add_event_source(
            sources.SqsEventSource(orders.queue, batch_size=1, max_concurrency=2, report_batch_item_failures=True)
        )
