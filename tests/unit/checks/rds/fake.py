"""AWS as a check sees it: each method answers what a test gives, and every call is kept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from lambdas.alerts.model import Alert, Metric
from lambdas.checks.base import CHECKS, Found, Look, Window
from lambdas.diagnosis.catalogue import loaded
from lambdas.settings import Settings
from lambdas.targets import Database, Target

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lambdas.checks.base import Finding

AT = datetime(2026, 5, 12, 10, 0, tzinfo=UTC)


class Service:
    """A client whose methods are answers, errors or functions of the request."""

    def __init__(self, answers: Mapping[str, Any]) -> None:
        self.answers = dict(answers)
        self.calls: list[tuple[str, dict[str, Any]]] = []

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(**request: Any) -> Any:
            self.calls.append((name, request))
            answer = self.answers[name]
            if isinstance(answer, Exception):
                raise answer
            return answer(request) if callable(answer) else answer

        return call


def refused(code: str, operation: str = "Operation") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": code}}, operation)


def look(
    *findings: Finding, target: Target | None = None, metrics: tuple[Metric, ...] = (), **services: Service
) -> Look:
    found = Found()
    for finding in findings:
        found.add(finding)
    aws: Any = SimpleNamespace(region="eu-west-1", **services)
    return Look(
        aws=aws,
        alert=Alert(
            kind="alarm",
            source="sns",
            name="orders-cpu",
            state="ALARM",
            at=AT,
            account="123456789012",
            region="eu-west-1",
            metrics=metrics,
        ),
        target=target or Database("orders"),
        window=Window(start=AT - timedelta(hours=3), at=AT, end=AT, now=AT),
        settings=Settings(
            customer="acme",
            environment="test",
            account="123456789012",
            region="eu-west-1",
            slack_channel="#alerts",
            slack_secret="slack",
            table="tocsin",
        ),
        found=found,
    )


def run(check: str, told: Look) -> list[Finding]:
    loaded()
    return list(CHECKS[check].run(told))
