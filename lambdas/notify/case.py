"""A case with AWS Support, by the runbook's mapping (Vendor Escalation): drafted, opened once approved, followed.

It runs in `act`: `respond` stays read-only, and opening a case is something done in the customer's name that only an
approved row may bring about. The API has one endpoint for each partition, needs a Business plan or a higher one
(SubscriptionRequiredException without), and has no token that would make CreateCase happen once: before a second try
the account's cases are searched for the incident's id, which stands in the subject.
"""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from lambdas.incidents.model import OUTWARD, Drafted, Notice, NoticeSent
from lambdas.incidents.store import Timeline
from lambdas.slack.text import clean

if TYPE_CHECKING:
    from lambdas.house import House
    from lambdas.incidents.model import Incident
    from lambdas.incidents.store import Claim
    from lambdas.settings import Settings

ID = "case"  # the notice's id in the incident
ACTIONS = {
    "support:CreateCase": "open it",
    "support:DescribeCases": "its id and status; whether an attempt that died had opened it",
    "support:DescribeServices": "the codes that AWS Support gives its services and their categories",
    "support:DescribeSeverityLevels": "which severities the account's plan has",
}
# AWS Support's severity codes, the highest first, in its own words (Support User Guide, "Choosing a severity").
CODES = {
    "critical": "Business-critical system down",
    "urgent": "Production system down",
    "high": "Production system impaired",
    "normal": "System impaired",
    "low": "General guidance",
}
# What AWS Support calls what an incident is about, in the names of DescribeServices, by the target's own prefix.
SERVICES = {
    "ecs": "elastic container service",
    "rds": "relational database service",
    "elb": "elastic load balancing",
    "dynamodb": "dynamodb",
    "lambda": "lambda",
}
GENERAL = ("general-info", "other")
SUBJECT, BODY = 200, 7_500  # characters
OUTAGE = 100.0  # per cent of the requests
WAIT = 60  # seconds to the next try
CENTER = "https://support.console.aws.amazon.com/support/home#/case/create"

log = logging.getLogger("tocsin")


# pure -----------------------------------------------------------------------------------------------------------------


def grade(incident: Incident) -> str:
    """The severity code: Severity 1 business critical; a complete outage production down; Severity 2 impaired."""
    judged = incident.judged
    if judged.severity == 1:
        return "critical"
    return "urgent" if judged.affected is not None and judged.affected >= OUTAGE else "high"


def draft(incident: Incident, settings: Settings) -> Notice:
    """The case as it would be opened, to the letter. What is in it comes from AWS's own answers: names, numbers."""
    judged, head, code = incident.judged, incident.headline, grade(incident)
    began = datetime.fromtimestamp(incident.opened_at, UTC)
    lines = [
        f"Severity: {CODES[code]} ({code})",
        f"Account {settings.account}, region {settings.region}",
        f"Service: {judged.service}; resource: {judged.target}",
        f"Since: {began:%Y-%m-%d %H:%M} UTC",
        f"Impact: {judged.impact}",
    ]
    lines += [f"Alarm: {alarm.name}{f' ({alarm.arn})' if alarm.arn else ''}" for alarm in _alarms(incident)]
    if head:
        lines += ["", f"Our diagnosis ({head.verdict}): {head.summary}"]
        lines += [f"Also: {other}" for other in head.also]
    lines += ["", "Please look whether the service itself contributes to this, and what you see on your side."]
    subject = f"[{incident.id}] {judged.service}: {judged.impact}"
    return Notice(
        kind=ID,
        subject=clean(" ".join(subject.split()), SUBJECT),
        text=clean("\n".join(lines), BODY),
        grade=code,
    )


def _alarms(incident: Incident) -> list[Any]:
    return sorted(incident.alarms.values(), key=lambda alarm: alarm.at)[:5]


def offered(wanted: str, levels: list[str]) -> str:
    """The wanted code, or the next lower one that the account's plan has."""
    order = list(CODES)
    fallen = order[order.index(wanted) :] if wanted in order else order
    return next((code for code in fallen if code in levels), "low")


def named(target: str, services: list[dict[str, Any]]) -> tuple[str, str]:
    """(service code, category code) for what an incident is about, from DescribeServices; else the general ones."""
    name = SERVICES.get(target.partition(":")[0], "")
    for service in services if name else ():
        if name in str(service.get("name", "")).lower() and (category := _category(service)):
            return str(service["code"]), category
    return GENERAL


def _category(service: dict[str, Any]) -> str:
    codes = [str(category.get("code", "")) for category in service.get("categories", ())]
    return next((code for code in codes if "other" in code), codes[0] if codes else "")


# with AWS Support -----------------------------------------------------------------------------------------------------


def act(house: House, claim: Claim, *, last: bool) -> None:
    """Do one row: draft the case, open the approved one, or see how it stands. `last`: no more tries."""
    incident = house.store.incident(claim.incident)
    do = json.loads(claim.post.body or "{}").get("do", "open")
    event: Drafted | NoticeSent | None = None
    if incident is not None:
        notice = incident.notices.get(ID)
        try:
            if do == "draft":
                event = None if notice else Drafted(notice=draft(incident, house.settings))
            elif do == "open" and notice is not None and notice.state == "APPROVED":
                event = _open(house.aws.support, incident, notice, again=claim.attempt > 1)
            elif do == "follow" and notice is not None and notice.state == "SENT":
                event = _follow(house.aws.support, notice)
        except (ClientError, BotoCoreError) as error:
            event = _failed(error, do, last=last)
            if event is None:
                log.warning("not done yet", extra={"incident": claim.incident, "case": do, "why": str(error)})
                house.store.release(claim, house.desk.now, WAIT)
                return
    if event is not None:
        row = Timeline(at=house.desk.now * 1000, id=f"case-{claim.post.key}", kind=f"case.{do}", body=_body(event))
        house.deliver(claim.incident, house.desk.record(claim.incident, event, row), mine=OUTWARD)
    house.store.sent(claim, "")


def _open(support: Any, incident: Incident, notice: Notice, *, again: bool) -> NoticeSent:
    """Open it. Raises ClientError or BotoCoreError."""
    if again and (found := _search(support, incident)):
        return NoticeSent(kind=ID, state="SENT", reference=found["displayId"], status=found["status"])
    levels = support.describe_severity_levels(language="en").get("severityLevels", [])
    code = offered(notice.grade or grade(incident), [level.get("code", "") for level in levels])
    services = support.describe_services(language="en").get("services", [])
    service, category = named(incident.judged.target, services)
    id_ = support.create_case(
        subject=notice.subject,
        communicationBody=notice.text,
        serviceCode=service,
        categoryCode=category,
        severityCode=code,
        language="en",
        issueType="technical",
    )["caseId"]
    try:
        case = support.describe_cases(caseIdList=[id_], includeResolvedCases=True)["cases"][0]
    except (ClientError, BotoCoreError, LookupError):  # it is open: that its number is not known yet is no failure
        log.warning("the case is open; its number could not be read", extra={"incident": incident.id})
        case = {"displayId": id_, "status": "opened"}
    lower = f" as '{CODES[code]}', the highest that the account's plan has" if code != notice.grade else ""
    return NoticeSent(kind=ID, state="SENT", reference=case["displayId"], status=f"{case['status']}{lower}")


def _follow(support: Any, notice: Notice) -> NoticeSent:
    """How it stands. A case that is not found stays as it was."""
    cases = support.describe_cases(displayId=notice.reference, includeResolvedCases=True).get("cases", [])
    return NoticeSent(kind=ID, state="SENT", status=str(cases[0]["status"]) if cases else notice.status)


def _search(support: Any, incident: Incident) -> dict[str, Any] | None:
    """The case that an earlier attempt opened, by the incident's id in its subject."""
    after = datetime.fromtimestamp(incident.opened_at - 60, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    pages = support.get_paginator("describe_cases").paginate(
        afterTime=after, includeResolvedCases=True, includeCommunications=False
    )
    cases = (case for page in pages for case in page.get("cases", ()))
    return next((case for case in cases if f"[{incident.id}]" in case.get("subject", "")), None)


def _failed(error: ClientError | BotoCoreError, do: str, *, last: bool) -> NoticeSent | None:
    """What people are told of an error; None where it is worth another try."""
    code = error.response["Error"]["Code"] if isinstance(error, ClientError) else type(error).__name__
    if do != "open":
        return None if not last else NoticeSent(kind=ID, state="SENT")  # the next look comes anyway
    why = {
        "SubscriptionRequiredException": "the account's AWS Support plan has no API: it takes a Business plan or a "
        "higher one",
        "CaseCreationLimitExceeded": "the account has opened as many cases as AWS Support allows",
        "AccessDeniedException": "act may not call AWS Support",
    }.get(code, f"AWS Support did not take it ({code})" if last else "")
    if not why:
        return None
    return NoticeSent(kind=ID, state="FAILED", status=f"{why}. Open it by hand: {CENTER}")


def _body(event: Drafted | NoticeSent) -> str:
    """For the timeline."""
    if isinstance(event, Drafted):
        return json.dumps({"subject": event.notice.subject, "grade": event.notice.grade})
    return json.dumps({"state": event.state, "reference": event.reference, "status": event.status})
