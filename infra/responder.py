"""`respond`: takes alarms and events from the inbox, and alarms that invoke it directly."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_destinations as destinations
from aws_cdk import aws_lambda_event_sources as sources

if TYPE_CHECKING:
    from infra.permissions import Place
    from infra.queue import Inbox


def listen(function: lambda_.Function, inbox: Inbox, place: Place) -> None:
    """Wire the inbox and CloudWatch's direct Lambda action to the function."""
    function.add_event_source(
        sources.SqsEventSource(
            inbox.queue,
            batch_size=10,
            max_batching_window=Duration.seconds(0),  # a first post does not wait for company
            max_concurrency=5,  # Slack takes about one message a second; a storm waits in the queue
            report_batch_item_failures=True,
        )
    )
    function.add_permission(
        "AlarmAction",
        principal=iam.ServicePrincipal("lambda.alarms.cloudwatch.amazonaws.com"),
        source_account=place.account,
        source_arn=place.fill("arn:{partition}:cloudwatch:{region}:{account}:alarm:*"),
    )
    # A direct invocation is asynchronous: what fails all its tries is kept where every other lost alarm is.
    function.configure_async_invoke(on_failure=destinations.SqsDestination(inbox.dead), retry_attempts=2)
