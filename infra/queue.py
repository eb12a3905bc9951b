"""Queues that wait for `respond`: the inbox, for every alarm and event; and one for what our own functions ask."""

from __future__ import annotations

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_sqs as sqs
from constructs import Construct


class Inbox(Construct):
    """A queue and its dead-letter queue, both encrypted and TLS only.

    Attributes:
        queue: what topics and rules, or our own functions, send to, and `respond` reads.
        dead: what failed five times; kept for 14 days and watched by an alarm.
    """

    def __init__(self, scope: Construct, id: str, *, function_timeout: Duration) -> None:  # noqa: A002 — CDK's name
        super().__init__(scope, id)
        self.dead = sqs.Queue(
            self,
            "Dead",
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=Duration.days(14),
            removal_policy=RemovalPolicy.RETAIN,
        )
        self.queue = sqs.Queue(
            self,
            "Queue",
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            # AWS's own advice for event sources: six times the function's timeout.
            visibility_timeout=Duration.seconds(6 * function_timeout.to_seconds()),
            retention_period=Duration.days(4),
            dead_letter_queue=sqs.DeadLetterQueue(queue=self.dead, max_receive_count=5),
        )
