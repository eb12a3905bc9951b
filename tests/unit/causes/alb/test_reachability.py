from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from lambdas.causes.alb.reachability import security_group_blocks
from lambdas.checks.cloudtrail.changes import Change
from lambdas.checks.elbv2.paths import Path
from tests.unit.causes.alb.scenes import AT, evidence, health, scene, series

SILENT = health("a", "unhealthy", "Target.Timeout")
REVOKED = Change(
    at=AT - timedelta(minutes=12), id="1", event="RevokeSecurityGroupIngress", service="ec2.amazonaws.com", who="kim",
    names=("sg-app",),
)  # fmt: skip


def path(answer: Any = "blocked", **fields: Any) -> Path:
    given: dict[str, Any] = {
        "state": "unhealthy", "reason": "Target.Timeout", "purpose": "traffic and health checks", "port": 8080,
        "where": "sg-app inbound", "filter": "sg-app",
    } | fields  # fmt: skip
    return Path(
        balancer="web", group="api", target="a", answer=answer, from_groups=("sg-lb",), to_groups=("sg-app",), **given
    )


def test_a_filter_on_the_path_of_a_silent_target() -> None:
    judged = security_group_blocks(evidence(scene(targets=[SILENT]), path(), REVOKED))
    assert (judged.verdict, judged.since) == ("confirmed", REVOKED.at)
    assert "kim called RevokeSecurityGroupIngress" in judged.summary
    assert "--group-id sg-app" in judged.actions[0].command


def test_a_target_that_answers_has_an_open_path_whatever_changed() -> None:
    judged = security_group_blocks(evidence(scene(), path(state="healthy", reason="", answer="open"), REVOKED))
    assert judged.verdict == "ruled_out"


def test_a_silent_target_on_an_open_path_is_ruled_out() -> None:
    judged = security_group_blocks(evidence(scene(targets=[SILENT]), path(answer="open", where="", filter="")))
    assert judged.verdict == "ruled_out"
    assert "open in the security groups and network ACLs" in judged.evidence[0].text


def test_network_acls_that_could_not_be_read_leave_doubt() -> None:
    open_ = path(answer="open", where="", filter="", acls=False)
    judged = security_group_blocks(evidence(scene(targets=[SILENT]), open_, gaps=("elbv2.path_acls",)))
    assert judged.verdict == "could_not_check"


@pytest.mark.parametrize(("changes", "expected"), [([REVOKED], "likely"), ([], "could_not_check")])
def test_without_the_rules_a_change_is_all_there_is(changes: list[Change], expected: str) -> None:
    found = [*scene(targets=[SILENT]), *changes, path(answer="unknown")]
    assert security_group_blocks(evidence(found)).verdict == expected


def test_a_change_of_another_group_is_no_reason() -> None:
    other = Change(at=AT, id="2", event="RevokeSecurityGroupIngress", service="ec2", who="kim", names=("sg-other",))
    found = [*scene(targets=[SILENT]), other, path(answer="open", where="", filter="")]
    assert security_group_blocks(evidence(found)).verdict == "ruled_out"


def test_a_blocked_traffic_port_matters_only_with_failing_requests() -> None:
    blocked = path(state="healthy", reason="", purpose="traffic")
    quiet = [*scene(), blocked, *series("alb.requests", 600, 600), *series("alb.elb_504", None, None)]
    loud = [*scene(), blocked, *series("alb.requests", 600, 600), *series("alb.elb_504", 0, 200)]
    assert security_group_blocks(evidence(quiet)).verdict == "ruled_out"
    assert security_group_blocks(evidence(loud)).verdict == "confirmed"
