"""`interact`: Slack's interactivity and slash commands, at a function URL, and what may come in that way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import CfnOutput, Duration
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_event_sources as sources

if TYPE_CHECKING:
    from constructs import Construct

    from infra.queue import Inbox

AT_ONCE = 10  # requests; whoever knows the address can keep no more of the account's concurrency busy
INTERACT_TIMEOUT = Duration.seconds(6)  # Slack waits three


def open_door(scope: Construct, function: lambda_.Function) -> lambda_.FunctionUrl:
    """Give the function its address, and say it as the stack's output `InteractUrl`."""
    # Slack signs with the app's secret, not with IAM: the signature is checked in the function, before all else.
    url = function.add_function_url(auth_type=lambda_.FunctionUrlAuthType.NONE)
    CfnOutput(scope, "InteractUrl", value=url.url, description="Where Slack sends clicks and slash commands")
    return url


def listen_to_people(function: lambda_.Function, errands: Inbox) -> None:
    """Let `respond` take people's orders, and work that is due."""
    function.add_event_source(
        sources.SqsEventSource(
            errands.queue,
            batch_size=5,
            max_batching_window=Duration.seconds(0),  # somebody waits for an answer
            max_concurrency=5,
            report_batch_item_failures=True,
        )
    )
