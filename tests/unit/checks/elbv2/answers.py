"""A stand-in for AWS clients that answers from a table and remembers what it was asked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from lambdas.alerts.model import Alert, Metric
from lambdas.checks.base import Found, Look, Window

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from lambdas.checks.base import Body, Finding
    from lambdas.targets import Target

NOW = datetime(2026, 11, 24, 3, 6, tzinfo=UTC)
REGION = "eu-west-1"
ELB = "arn:aws:elasticloadbalancing:eu-west-1:123456789012"
BALANCER = f"{ELB}:loadbalancer/app/web/50dc6c495c0c9188"
GROUP = f"{ELB}:targetgroup/api/73e2d6bc24d8a067"
OTHER = f"{ELB}:targetgroup/admin/1111111111111111"


class Client:
    """Answers each operation with a value, or with a function of its parameters."""

    def __init__(self, **answers: Any) -> None:
        self.answers = answers
        self.asked: list[tuple[str, dict[str, Any]]] = []

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        def call(**params: Any) -> Any:
            self.asked.append((operation, params))
            answer = self.answers[operation]
            return answer(params) if callable(answer) else answer

        return call


def look(target: Target, found: Iterable[Finding] = (), metrics: tuple[Metric, ...] = (), **clients: Client) -> Look:
    """A look at a target with the findings that other checks made."""
    kept = Found()
    for finding in found:
        kept.add(finding)
    alert = Alert(
        kind="alarm", source="sns", name="web-5xx", state="ALARM", at=NOW, account="123456789012", region=REGION,
        metrics=metrics,
    )  # fmt: skip
    window = Window(start=NOW - timedelta(hours=3), at=NOW, end=NOW + timedelta(minutes=2), now=NOW)
    aws: Any = SimpleNamespace(region=REGION, **clients)
    settings: Any = SimpleNamespace(workloads=())
    return Look(aws=aws, alert=alert, target=target, window=window, settings=settings, found=kept)


def run[T: Finding](check: Body, at: Look, kind: type[T]) -> list[T]:
    """All findings of a type that a check yields."""
    return [f for f in check(at) if isinstance(f, kind)]
