"""Saturation: what makes it, told apart by requests, deployments, age, scaling and the week before."""

from __future__ import annotations

import pytest

from lambdas.causes.base import CAUSES, Evidence, Verdict
from lambdas.checks.application_autoscaling.scaling import ScalableTarget, ScalingActivity, ScalingPolicy
from lambdas.diagnosis.catalogue import loaded
from tests.unit.causes.ecs.scenes import ago, deployment, evidence, metric, service

loaded()
POLICY = ScalingPolicy(
    service="web", name="cpu", kind="TargetTrackingScaling", metric="ECSServiceAverageCPUUtilization"
)
ROOM = ScalableTarget(service="web", lowest=2, highest=10)
SURGE = (*metric("ecs.cpu", 35, 90), *metric("elb.requests", 1000, 2600))
CALM = (*metric("ecs.cpu", 35), *metric("elb.requests", 1000))
RELEASED = service(task_definition="web:9", deployments=(deployment(9, minutes=60),))
DEARER = (*metric("ecs.cpu", 40, 88, since=60), *metric("elb.requests", 1000))
FAILED = ScalingActivity(
    at=ago(10), service="web", status="Failed", description="Setting desired count to 4", message="denied"
)
FULL = ScalingActivity(at=ago(5), service="web", status="Unfulfilled", not_scaled=("AlreadyAtMaxCapacity",))

CASES: dict[str, tuple[str, Evidence, Verdict]] = {
    "more requests, each as dear as ever": ("ecs.traffic_surge", evidence(service(), *SURGE), "likely"),
    "a surge is no regression": ("ecs.regression_after_deploy", evidence(service(), *SURGE), "ruled_out"),
    "the usual requests": ("ecs.traffic_surge", evidence(RELEASED, *DEARER), "ruled_out"),
    "dearer since a release": ("ecs.regression_after_deploy", evidence(RELEASED, *DEARER), "likely"),
    "no requests known": ("ecs.traffic_surge", evidence(service(), *metric("ecs.cpu", 35, 90)), "could_not_check"),
    "no metrics at all": ("ecs.undersized", evidence(service()), "could_not_check"),
    "high as every day": (
        "ecs.undersized",
        evidence(service(), *metric("ecs.cpu", 88), *metric("elb.requests", 1000)),
        "likely",
    ),
    "high only today": ("ecs.undersized", evidence(service(), *SURGE), "ruled_out"),
    "no scaling, and a surge": ("ecs.autoscaling_off", evidence(service(), *SURGE), "likely"),
    "no scaling, and no need of it": ("ecs.autoscaling_off", evidence(service(), *CALM), "ruled_out"),
    "scaling is there": ("ecs.autoscaling_off", evidence(service(), ROOM, POLICY, *SURGE), "ruled_out"),
    "at its maximum": (
        "ecs.autoscaling_at_max",
        evidence(service(desired=10, running=10), ROOM, POLICY, *SURGE),
        "confirmed",
    ),
    "at its maximum, and at ease": (
        "ecs.autoscaling_at_max",
        evidence(service(desired=10, running=10), ROOM, POLICY, *CALM),
        "ruled_out",
    ),
    "room left": ("ecs.autoscaling_at_max", evidence(service(), ROOM, POLICY, *SURGE), "ruled_out"),
    "activities fail": ("ecs.autoscaling_failing", evidence(service(), ROOM, POLICY, FAILED, *SURGE), "confirmed"),
    "at the maximum is no failure": (
        "ecs.autoscaling_failing",
        evidence(service(), ROOM, POLICY, FULL, *SURGE),
        "ruled_out",
    ),
    "suspended": (
        "ecs.autoscaling_failing",
        evidence(
            service(), ScalableTarget(service="web", lowest=2, highest=10, suspended=("scale out",)), POLICY, *SURGE
        ),
        "confirmed",
    ),
    "one hot task": (
        "ecs.uneven_load",
        evidence(service(), *metric("ecs.cpu", 30), *metric("ecs.cpu_max", 35, 98)),
        "likely",
    ),
    "all alike": (
        "ecs.uneven_load",
        evidence(service(), *metric("ecs.cpu", 80), *metric("ecs.cpu_max", 85)),
        "ruled_out",
    ),
    "flat memory": ("ecs.memory_leak", evidence(service(), *metric("ecs.memory", 60)), "ruled_out"),
    "scaling out of reach": (
        "ecs.autoscaling_at_max",
        evidence(service(), *SURGE, gaps={"application_autoscaling.targets": "throttled"}),
        "could_not_check",
    ),
    "an oscillation around the threshold": (
        "none.noise",
        evidence(service(), *metric("ecs.cpu", 74), *metric("alarm", 70, 78, since=4, past=74), threshold=76.0),
        "likely",
    ),
    "a surge is no noise": ("none.noise", evidence(service(), *SURGE, *metric("alarm", 35, 90)), "ruled_out"),
}


@pytest.mark.parametrize(("id_", "given", "verdict"), CASES.values(), ids=CASES.keys())
def test_verdicts(id_: str, given: Evidence, verdict: Verdict) -> None:
    judgement = CAUSES[id_].judge(given)
    assert judgement.verdict == verdict, judgement
    if verdict in ("confirmed", "likely"):
        assert judgement.summary
        assert judgement.evidence
        assert judgement.actions
