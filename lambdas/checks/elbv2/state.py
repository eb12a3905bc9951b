"""What target groups and targets are, apart from the checks that read them: those need services, which need these."""

from __future__ import annotations

from dataclasses import dataclass

from lambdas.checks.base import Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetGroupState(Finding):
    """A target group and its health check."""

    arn: str
    name: str
    load_balancer: str = ""  # in the dimension's form, "app/<name>/<id>"
    protocol: str = ""
    port: int | None = None
    target_type: str = ""
    path: str = ""
    check_port: str = ""
    interval: int | None = None  # seconds
    timeout: int | None = None
    healthy_after: int | None = None
    unhealthy_after: int | None = None
    codes: str = ""  # accepted HTTP codes


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetHealth(Finding):
    """One target's health."""

    group: str  # the target group's name
    group_arn: str
    target: str
    port: int | None = None
    zone: str = ""
    state: str  # healthy | unhealthy | initial | draining | unused | unavailable
    reason: str = ""  # e.g. Target.ResponseCodeMismatch
    description: str = ""
