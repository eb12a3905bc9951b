from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from local.world.check import main
from local.world.errors import WorldFileError
from local.world.model import load_world

from .conftest import HEAD, NOW, world_of

if TYPE_CHECKING:
    from pathlib import Path


def problems(body: str, head: str = HEAD) -> list[str]:
    with pytest.raises(WorldFileError) as error:
        world_of(body, head)
    return error.value.problems


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("ecss: {}", "file.ecss: unknown field; did you mean ecs?"),
        ("ecs: {service: []}", "ecs.service: unknown field; did you mean services"),
        (
            "ecs: {services: [{cluster: a, servceName: b}]}",
            "ecs.services[0].servceName: unknown field; did you mean serv",
        ),
        ("ecs: {services: [{cluster: a}]}", "ecs.services[0]: `serviceName` is missing"),
        (
            "ecs: {services: [{cluster: a, serviceName: b, launchType: FARGATTE}]}",
            "'FARGATTE' is not one that AWS sends",
        ),
        ("ecs: {services: [{cluster: a, serviceName: b, desiredCount: many}]}", "must be a number, is 'many'"),
        (
            "ecs: {tasks: [{cluster: a, createdAt: yesterday}]}",
            "ecs.tasks[0].createdAt: 'yesterday' is not a time; write",
        ),
        ("ecs: {taskDefinitions: [{family: a, revision: 1, cpu: 0.5}]}", "cpu: is a string in AWS: put 0.5 in quotes"),
        (
            "cloudwatch: {metrics: [{namespace: a, metric: b, series: {bse: 1}}]}",
            "metrics[0].series.bse: unknown field",
        ),
        ("cloudwatch: {metrics: [{namespace: a, metric: b, series: {steps: [{at: -1m}]}}]}", "exactly one of `to`"),
        (
            "logs: {groups: [{logGroupName: a, lines: [{message: x}]}]}",
            "a line has either `at`, or `every` with `from`",
        ),
        ("ecs: {taskDefinitions: [{family: a, revision: 1, taskRoleArn: x/y/z, executionRoleArn: oops}]}", ""),
        ("cloudtrail: {events: [{EventTime: -1m, EventName: A, Resources: {}}]}", "Resources: must be a list"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(body: str, said: str) -> None:
    if said:
        assert any(said in problem for problem in problems(body)), problems(body)
    else:
        assert world_of(body).body["ecs"]["taskDefinitions"][0]["executionRoleArn"].endswith(":role/oops")


def test_every_problem_is_listed_at_once() -> None:
    head = HEAD.replace("kind: simple", "kind: easy").replace("threshold: 75", "treshold: 75")
    found = "\n".join(problems("ecs: {tasks: [{}]}", head))
    assert "kind: Input should be 'simple'" in found
    assert "alarm.treshold: unknown field" in found
    assert "ecs.tasks[0]: `cluster` is missing" in found


def test_short_names_become_arns_with_the_ids_that_the_file_uses() -> None:
    world = world_of(
        """
ecs: {services: [{cluster: prod, serviceName: a, taskDefinition: a:7, loadBalancers: [{targetGroupArn: tg/web}]}]}
elbv2: {targetGroups: [{TargetGroupName: web}]}
cloudwatch:
  metrics: [{namespace: x, metric: y, dimensions: {TargetGroup: targetgroup/web/0123456789abcdef}, series: {}}]
"""
    )
    service = world.body["ecs"]["services"][0]
    arn = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/web/0123456789abcdef"
    assert service["loadBalancers"][0]["targetGroupArn"] == arn
    assert world.body["elbv2"]["targetGroups"][0]["TargetGroupArn"] == arn
    assert service["taskDefinition"] == "arn:aws:ecs:eu-west-1:123456789012:task-definition/a:7"


def test_partition_follows_the_region() -> None:
    head = HEAD.replace("region: eu-west-1", "region: us-gov-west-1")
    assert (
        world_of("ecs: {clusters: [{clusterName: a}]}", head)
        .body["ecs"]["clusters"][0]["clusterArn"]
        .startswith("arn:aws-us-gov:ecs:us-gov-west-1:")
    )


def test_another_now_moves_every_time(tmp_path: Path) -> None:
    file = tmp_path / "w.yaml"
    file.write_text(HEAD + "ecs: {tasks: [{cluster: a, createdAt: -5m, startedAt: 2026-11-24T03:04:00Z}]}")
    later = datetime(2027, 1, 1, tzinfo=UTC)
    task = load_world(file, later).body["ecs"]["tasks"][0]
    assert (task["createdAt"], task["startedAt"]) == (later - timedelta(minutes=5), later - timedelta(minutes=2))
    assert load_world(file).head.alarm is not None
    assert load_world(file).clock.now() == NOW


def test_check_prints_errors_and_says_so_in_its_status(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "good.yaml").write_text(HEAD)
    assert main([str(tmp_path)]) == 0
    (tmp_path / "bad.yaml").write_text("title: [")
    assert main([str(tmp_path)]) == 1
    out = capsys.readouterr()
    assert "good.yaml: fine" in out.out
    assert "bad.yaml: cannot be read" in out.err
