"""Every check with every source refused, throttled or hanging: a gap that names it, never a crash, never 'healthy'."""

from __future__ import annotations

import threading
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from lambdas.alerts.parse import parse
from lambdas.alerts.unwrap import unwrap
from lambdas.checks.base import CHECKS, Look
from lambdas.diagnosis.examine import window
from lambdas.diagnosis.runner import diagnose
from lambdas.playbooks import playbook_for
from lambdas.targets import resolve
from local.world.hook import NoWorld, attached
from local.world.model import FaultSpec, load_world
from local.world.world import World
from tests.flow.worlds import ROOT, clients

if TYPE_CHECKING:
    from lambdas.diagnosis.model import Diagnosis
    from lambdas.diagnosis.runner import Clock
    from lambdas.settings import Settings

FILE = ROOT / "ecs" / "secret-access-denied-after-policy-edit.yaml"
ECS = "ecs.services"


def world(*faults: dict[str, Any]) -> World:
    loaded = load_world(FILE)
    specs = [FaultSpec.model_construct(**fault) for fault in faults]
    loaded.head = loaded.head.model_copy(update={"faults": specs})
    return loaded


def examine[W: (World, NoWorld)](
    answers: W, source: World, settings: Settings, *, deadline: float = 600.0, clock: Clock = time.monotonic
) -> Diagnosis:
    alert = parse(unwrap(source.sns_event())[0])
    target = resolve(alert)
    with attached(answers):
        seen = window(alert, source.clock.now().timestamp())
        look = Look(aws=clients(alert.region), alert=alert, target=target, window=seen, settings=settings)
        return diagnose(look, playbook_for(target), deadline=deadline, clock=clock)


def whys(diagnosis: Diagnosis) -> dict[str, str]:
    return {c.check: c.why for s in diagnosis.steps for c in s.checks}


SERVICES = (
    "ecs", "ecr", "ec2", "iam", "logs", "cloudwatch", "cloudtrail", "health", "elbv2", "application-autoscaling",
    "secretsmanager", "ssm",
)  # fmt: skip


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("code", ["AccessDeniedException", "ThrottlingException"])
def test_a_refused_service_is_a_gap_and_the_others_look(service: str, code: str, settings: Settings) -> None:
    source = world({"service": service, "error": code})
    diagnosis = examine(source, source, settings)
    gaps = {check: why for check, why in whys(diagnosis).items() if why}
    assert not [why for why in gaps.values() if "check failed" in why]
    word = "access denied" if code.startswith("Access") else "throttled"
    assert all(word in why for why in gaps.values()), gaps
    if service == "ecs":
        assert gaps[ECS].startswith(f"{word}: ecs:")
        assert diagnosis.headline.id == "unknown"
    else:
        assert ECS not in gaps
        assert diagnosis.headline.id == "ecs.secret_unavailable"


def test_without_a_world_every_check_says_so(settings: Settings) -> None:
    diagnosis = examine(NoWorld(), load_world(FILE), settings)
    told = whys(diagnosis)
    assert all("no world given" in why for why in told.values()), told
    assert diagnosis.headline.id == "unknown"
    assert diagnosis.headline.judgement.verdict == "could_not_check"
    assert not [c.id for c in diagnosis.causes if c.judgement.verdict in ("confirmed", "likely", "ruled_out")]


def test_a_source_that_hangs_costs_its_own_check_only(settings: Settings) -> None:
    """Time stands still while any other check is at work, so a busy machine cuts off nothing that does not hang."""
    hangs = "cloudtrail.changes"
    source = world({"service": "cloudtrail", "hang": timedelta(seconds=60)})

    def clock() -> float:
        at_work = {thread.name for thread in threading.enumerate()} & CHECKS.keys()
        return 0.3 if at_work == {hangs} else 0.0  # its patience: 0.6 of the deadline

    diagnosis = examine(source, source, settings, deadline=0.5, clock=clock)
    told = whys(diagnosis)
    assert told[hangs] == "no end within 0.3 s"
    assert told[ECS] == ""
    assert diagnosis.headline.id == "ecs.secret_unavailable"
