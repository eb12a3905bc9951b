"""A whole incident for the tests of post-mortems: diagnosed, acted on, resolved, with others before it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from lambdas.causes.base import Action, Fact, Judgement
from lambdas.diagnosis.model import CheckRun, Diagnosis, Ranked, StepRun
from lambdas.incidents.model import Headline, Incident, Notice, Remedy
from lambdas.incidents.past import Past
from lambdas.incidents.store import Timeline
from lambdas.postmortem.document import Case
from lambdas.postmortem.kept import keep
from lambdas.postmortem.people import People
from lambdas.postmortem.story import story
from tests.unit.notify.scene import ID, NOW, SETTINGS, incident, judged

CAUSE = "ecs.image_missing"
HEADLINE = Headline(
    cause=CAUSE,
    title="The container image does not exist",
    verdict="confirmed",
    summary="checkout cannot start: the image checkout:1.42.0 does not exist; the newest tag there is 1.41.3",
    action="Roll checkout back to revision 41, whose image exists",
)
DIAGNOSIS = Diagnosis(
    playbook="ecs",
    section="Scenario 1",
    causes=(
        Ranked(
            id=CAUSE,
            title=HEADLINE.title,
            judgement=Judgement(
                verdict="confirmed",
                summary=HEADLINE.summary,
                evidence=(
                    Fact(
                        text="CannotPullContainerError: manifest for checkout:1.42.0 not found",
                        source="ECS stopped tasks",
                        at=datetime.fromtimestamp(NOW - 120, UTC),
                        value="6 tasks",
                        baseline="0",
                        link="https://eu-west-1.console.aws.amazon.com/ecs/v2/clusters/prod",
                    ),
                ),
                actions=(
                    Action(
                        text=HEADLINE.action,
                        command="aws ecs update-service --service checkout --task-definition checkout:41",
                    ),
                    Action(text="Push the image checkout:1.42.0, then force a new deployment"),
                ),
            ),
        ),
        Ranked(
            id="ecs.bad_deployment",
            title="A deployment brought a revision that fails",
            judgement=Judgement(verdict="confirmed", summary="The failures begin with revision 42"),
            effect_of=CAUSE,
        ),
        Ranked(
            id="ecs.subnet_ip_exhausted",
            title="A subnet has no free addresses",
            judgement=Judgement(verdict="ruled_out", summary="subnet-1 has 231 free addresses"),
        ),
        Ranked(
            id="change.configuration",
            title="Somebody changed the configuration",
            judgement=Judgement(verdict="could_not_check", missing=("CloudTrail: AccessDenied",)),
        ),
    ),
    steps=(
        StepRun(
            id="s",
            title="s",
            checks=(
                CheckRun(
                    check="cloudtrail.changes",
                    title="Changes by people and pipelines",
                    outcome="could_not_look",
                    why="AccessDenied on cloudtrail:LookupEvents",
                ),
            ),
        ),
    ),
)
REMEDY = Remedy(
    id="roll_back",
    kind="roll_back",
    target="arn:aws:ecs:eu-west-1:123456789012:service/prod/checkout",
    title=HEADLINE.action,
    now="revision 42",
    then="revision 41",
    state="VERIFIED",
    approvals=("U0000001",),
    note="6 of 6 tasks run",
)


def over(**more: Any) -> Incident:
    """The incident, resolved 25 minutes after it began."""
    base = incident(
        status="RESOLVED",
        judged=judged(1, affected=31.4),
        headline=HEADLINE,
        level=2,
        acknowledged_by="U0000001",
        acknowledged_at=NOW + 182,
        cleared_at=NOW + 1500,
        resolved_at=NOW + 1800,
        remedies={"roll_back": REMEDY},
        notices={"customer": Notice(kind="customer", subject="s", text="t", state="SENT", by="U0000001", at=NOW + 300)},
    )
    return replace(base, **more)


ROWS = (
    Timeline(at=NOW * 1000, id="a", kind="alarm.ALARM", body='{"name": "checkout-5xx"}', changes=("opened",)),
    Timeline(
        at=(NOW + 20) * 1000,
        id="b",
        kind="diagnosed",
        body=json.dumps({"diagnosis": keep(DIAGNOSIS).document()}),
        changes=("diagnosed",),
    ),
    Timeline(
        at=(NOW + 182) * 1000, id="c", kind="person.acknowledge", body='{"by": "U0000001"}', changes=("acknowledged",)
    ),
    Timeline(at=(NOW + 902) * 1000, id="d", kind="tick", changes=("escalated=2",)),
    Timeline(at=(NOW + 902) * 1000, id="e", kind="tick"),
    Timeline(at=(NOW + 1500) * 1000, id="f", kind="alarm.OK", body='{"name": "checkout-5xx"}', changes=("recovering",)),
    Timeline(at=(NOW + 1800) * 1000, id="g", kind="tick", changes=("resolved",)),
)


def past(days: int, **more: Any) -> Past:
    """One earlier incident of the same cause."""
    base = Past(
        incident=f"INC-20261{days:03}-aaaaaaaa",
        opened_at=NOW - days * 86_400,
        over_at=NOW - days * 86_400 + 1200,
        severity=2,
        service="checkout",
        target="ecs:prod/checkout",
        cause=CAUSE,
        verdict="confirmed",
        said="the image checkout:1.40.0 does not exist",
        fixed="Push the image checkout:1.40.0",
    )
    return replace(base, **more)


def case(**more: Any) -> Case:
    base = Case(
        incident=over(),
        moments=story(ROWS, People(SETTINGS)),
        kept=keep(DIAGNOSIS),
        settings=replace(SETTINGS, documents="tocsin-documents"),
        now=NOW + 1830,
        same_cause=(past(12), past(40)),
        same_resource=(past(12), past(80, cause="ecs.container_oom", said="the task ran out of memory")),
        chart="chart.png",
        alt="5XX error rate over 3 hours, threshold 5 %",
    )
    return replace(base, **more)


__all__ = ["CAUSE", "DIAGNOSIS", "HEADLINE", "ID", "NOW", "ROWS", "SETTINGS", "case", "over", "past"]
