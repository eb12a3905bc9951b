"""`act`: the one function that may change something. It exists only where the environment switches that on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Duration
from aws_cdk import aws_lambda_event_sources as sources
from constructs import Construct

from infra.function import Function

if TYPE_CHECKING:
    from collections.abc import Iterable

    from infra.function import Shared
    from infra.permissions import Statement
    from infra.queue import Inbox

TIMEOUT = Duration.seconds(60)


class Actor(Construct):
    """A queue of its own, its dead-letter queue, and the function with its own role.

    Attributes:
        inbox: only our own functions' roles may send to it: it has no policy that lets anybody else.
        function: reads it, one order at a time.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,  # noqa: A002 — CDK's name
        *,
        name: str,
        shared: Shared,
        inbox: Inbox,
        statements: Iterable[Statement],
    ) -> None:
        super().__init__(scope, id)
        self.inbox = inbox
        self.function = Function(
            self,
            "Act",
            name=name,
            description="Does what an authorised person approved: remedies, cases with AWS Support",
            handler="lambdas.handlers.act.handler",
            memory_mb=512,
            timeout=TIMEOUT,
            shared=shared,
            statements=statements,
        )
        self.function.function.add_event_source(
            sources.SqsEventSource(inbox.queue, batch_size=1, max_concurrency=2, report_batch_item_failures=True)
        )
