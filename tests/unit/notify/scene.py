"""Incidents and settings for the tests of other channels."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from lambdas.incidents.model import Alarm, Headline, Incident, Judged
from lambdas.settings import Channels, Contact, Settings

NOW = 1_795_489_560  # 2026-11-24T03:06:00Z
ID = "INC-20261124-3f9a1c22"
ARN = "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:checkout-5xx"

ALL = {"1": (1, 2, 3), "2": (1, 2, 3), "3": (1, 2, 3)}
CHANNELS = Channels(
    email_from="tocsin@example.com",
    call_url="https://pager.example.com/hook",
    call_secret="acme/pager",
    bus="acme-incidents",
    email=ALL,
    sms={"1": (1, 2, 3)},
    call={"1": (2, 3)},
    customers=("ops@customer.example",),
)
CONTACTS = {
    "1": (Contact(name="Ann", slack="U0000001", email="ann@example.com", phone="+41790000001"),),
    "2": (Contact(name="Bob", email="bob@example.com", phone="+41790000002"),),
    "3": (
        Contact(name="Eve", email="eve@example.com"),
        Contact(name="Cleo", email="cleo@example.com", customer_success=True),
    ),
}
SETTINGS = Settings(
    customer="acme",
    environment="production",
    account="123456789012",
    region="eu-west-1",
    slack_channel="#alerts",
    table="incidents",
    slack_secret="acme/slack",
    time_zone="Europe/Zurich",
    dashboard="acme-production-technical-dashboard",
    contacts=CONTACTS,
    channels=CHANNELS,
)
HEADLINE = Headline(
    cause="ecs.bad_deployment",
    title="A deployment brought it",
    verdict="confirmed",
    summary="checkout fails since revision 42 was deployed at 04:01",
    action="Roll back to revision 41",
)


def judged(severity: int = 1, **more: Any) -> Judged:
    base = Judged(
        severity=severity,
        tier="critical",
        scope="single service",
        service="checkout",
        target="ecs:prod/checkout",
        impact="5XX error rate 31 % (alarm at 5 %).",
        why=("Critical: 31 % against the runbook's 'Application 5XX error rate >5%'.",),
    )
    return replace(base, **more)


def incident(severity: int = 1, **more: Any) -> Incident:
    base = Incident(
        id=ID,
        status="OPEN",
        judged=judged(severity),
        alarms={ARN: Alarm(name="checkout-5xx", state="ALARM", at=NOW, arn=ARN, region="eu-west-1")},
        opened_at=NOW,
        detected_at=NOW + 2,
        clock_from=NOW + 2,
        next_update=NOW + 902,
        ver=3,
        channel="C0000001",
        ts="1795489562.000100",
    )
    return replace(base, **more)
