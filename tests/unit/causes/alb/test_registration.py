from __future__ import annotations

from datetime import datetime, timedelta

from lambdas.causes.alb.registration import registration_flapping
from lambdas.checks.cloudwatch.metrics import Series
from lambdas.checks.ecs.services import ServiceEvent
from lambdas.checks.ecs.tasks import Container, StoppedTask
from tests.unit.causes.alb.scenes import AT, TG, TG_ARN, evidence, scene, series, service


def event(minutes: int, word: str) -> ServiceEvent:
    message = f"(service api) {word} 2 targets in (target-group {TG_ARN})"
    return ServiceEvent(at=AT - timedelta(minutes=minutes), message=message)


def hosts(high: int, low: int, every: int = 8) -> list[Series]:
    def value(moment: datetime) -> float:
        return high if int((moment - AT).total_seconds() // 60 // every) % 2 else low

    moments = [AT - timedelta(minutes=i) for i in range(80, -1, -1)]
    points = tuple((m, value(m)) for m in moments)
    zero = tuple((m, 0.0) for m in moments)
    return [
        Series(role=role, of=TG, namespace="", name=role, stat="Average", period=60, points=p)
        for role, p in (("tg.healthy", points), ("tg.unhealthy", zero))
    ]


TURNS = [
    event(m, word) for m, word in ((60, "registered"), (50, "deregistered"), (40, "registered"), (30, "deregistered"))
]


def test_events_and_hosts_go_back_and_forth() -> None:
    judged = registration_flapping(evidence(scene(), hosts(10, 4), service(events=tuple(TURNS))))
    assert judged.verdict == "confirmed"
    assert "targets of api come and go" in judged.summary


def test_events_alone_or_hosts_alone_are_likely() -> None:
    assert registration_flapping(evidence(scene(), service(events=tuple(TURNS)))).verdict == "likely"
    assert registration_flapping(evidence(scene(), hosts(10, 4))).verdict == "likely"


def test_a_rolling_deployment_goes_up_once_and_down_once() -> None:
    rolling = service(events=(event(20, "registered"), event(15, "registered"), event(10, "deregistered")))
    found = [*scene(), *series("tg.healthy", 4, 8), *series("tg.unhealthy", 0, 0), rolling]
    assert registration_flapping(evidence(found)).verdict == "ruled_out"


def test_targets_that_turn_unhealthy_are_still_registered() -> None:
    ill = [
        Series(role="tg.unhealthy", of=TG, namespace="", name="", stat="Average", period=60,
               points=tuple((m, 10 - v) for m, v in one.points))
        for one in hosts(10, 4) if one.role == "tg.healthy"
    ]  # fmt: skip
    well = [one for one in hosts(10, 4) if one.role == "tg.healthy"]
    assert registration_flapping(evidence(scene(), well, ill)).verdict == "ruled_out"


def test_tasks_that_die_take_their_targets_with_them() -> None:
    dead = StoppedTask(
        at=AT, id="1", service="api", cluster="prod", task_definition="api:7",
        containers=(Container(name="app", exit_code=137),),
    )  # fmt: skip
    assert registration_flapping(evidence(scene(), hosts(10, 4), service(), dead)).verdict == "possible"


def test_nothing_seen() -> None:
    assert registration_flapping(evidence(scene(), gaps=("elbv2.metrics",))).verdict == "could_not_check"
