"""Alarms that share a cause are one incident: the way down from the balancer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from lambdas.causes.base import Judgement
from lambdas.checks.base import Found
from lambdas.checks.ecs.services import ServiceState
from lambdas.checks.elbv2.target_groups import TargetGroupState
from lambdas.checks.rds.instances import Instance
from lambdas.diagnosis.model import Diagnosis, Ranked
from lambdas.diagnosis.related import related
from lambdas.handlers import respond as responder
from lambdas.targets import EcsService
from local.world.hook import NoWorld, attached
from tests.flow.test_once import AT, message, roots, sqs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Rooms

GROUP = "targetgroup/checkout/943f017f100becff"
BALANCER = "app/acme-production/50dc6c495c0c9188"
ARN = f"arn:aws:elasticloadbalancing:eu-west-1:123456789012:{GROUP}"
TARGET = EcsService("acme-production", "checkout")


@pytest.fixture(autouse=True)
def _nobody_answers() -> Iterator[None]:
    with attached(NoWorld(own=frozenset({"incidents", "acme/slack"}))):
        yield


def service(name: str) -> ServiceState:
    return ServiceState(
        cluster="acme-production",
        name=name,
        desired=2,
        running=2,
        pending=0,
        task_definition="t:1",
        target_groups=(ARN,),
    )


def found(*names: str) -> Found:
    seen = Found()
    for name in names:
        seen.add(service(name))
    seen.add(TargetGroupState(arn=ARN, name="checkout", load_balancer=BALANCER))
    seen.add(Instance(id="orders", role="subject"))
    return seen


def diagnosis(cause: str) -> Diagnosis:
    head = Ranked(id=cause, title="", judgement=Judgement(verdict="confirmed"))
    return Diagnosis(playbook="p", section="s", causes=(head,))


@pytest.mark.parametrize(
    ("cause", "names", "expected"),
    [
        ("ecs.image_missing", ["checkout"], {str(TARGET), f"elb:{GROUP}"}),
        ("alb.targets_timeout", ["checkout"], {str(TARGET), f"elb:{GROUP}", f"elb:{BALANCER}"}),
        ("db.lock_contention", ["checkout"], {str(TARGET), f"elb:{GROUP}", "rds:orders"}),
        ("ecs.image_missing", ["checkout", "billing"], {str(TARGET)}),
    ],
)
def test_only_what_surely_belongs_together(cause: str, names: list[str], expected: set[str]) -> None:
    assert set(related(found(*names), TARGET, diagnosis(cause))) == expected


def balancer_alarm() -> dict[str, Any]:
    body = message(name="acme-production-5xx", at=AT.replace(minute=7))
    body["Trigger"] |= {"MetricName": "HTTPCode_Target_5XX_Count", "Namespace": "AWS/ApplicationELB"}
    body["Trigger"]["Dimensions"] = [
        {"name": "TargetGroup", "value": GROUP},
        {"name": "LoadBalancer", "value": BALANCER},
    ]
    return body


def test_an_alarm_on_the_target_group_joins_its_services_incident(rooms: Rooms) -> None:
    first = responder.respond(sqs(message()), rooms.house).taken[0].incident
    assert first is not None
    rooms.house.desk.relate(first.id, [str(TARGET), f"elb:{GROUP}"])
    outcome = responder.respond(sqs(balancer_alarm()), rooms.house)
    assert [taken.outcome for taken in outcome.taken] == ["joined"]
    assert len(roots(rooms)) == 1


def test_two_that_were_posted_already_are_linked_for_people(rooms: Rooms) -> None:
    first = responder.respond(sqs(message()), rooms.house).taken[0].incident
    second = responder.respond(sqs(balancer_alarm()), rooms.house).taken[0].incident
    assert first is not None
    assert second is not None
    rooms.house.poster.deliver(second.id, rooms.house.desk.relate(second.id, [str(TARGET)]))
    assert rooms.house.desk.relate(first.id, [f"elb:{GROUP}"]) == ()  # the older one points nowhere
    shown = next(post for post in roots(rooms) if second.id in str(post["blocks"]))
    assert f"`{first.id}` concerns too" in str(shown["blocks"])


def test_an_incident_that_is_gone_holds_nothing(rooms: Rooms) -> None:
    assert rooms.house.desk.relate("INC-none", [str(TARGET)]) == ()
