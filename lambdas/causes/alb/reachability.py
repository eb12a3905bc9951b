"""A security group or network ACL between the balancer and its targets."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lambdas.causes.alb.judging import RUNBOOK, blind, gaps, health_fact, ruled_out
from lambdas.causes.alb.scene import Ward, wards
from lambdas.causes.alb.symptoms import errors
from lambdas.causes.base import Action, Fact, Judgement, cause
from lambdas.causes.ecs.related import concerns, fact
from lambdas.causes.wording import some
from lambdas.checks.cloudtrail.changes import Change
from lambdas.checks.elbv2.paths import Path

if TYPE_CHECKING:
    from lambdas.causes.base import Evidence

NETWORK = re.compile(
    r"^(Revoke|Authorize|Modify|Update)SecurityGroup\w*|^ModifyNetworkInterfaceAttribute$|^SetSecurityGroups$|"
    r"NetworkAcl\w*$"
)
SILENT = ("Target.Timeout", "Target.FailedHealthChecks")  # a packet that is dropped is a time-out


@cause(
    "alb.security_group_blocks",
    title="A security group or network ACL blocks the way to the targets",
    reads=("elbv2.paths", "elbv2.targets", "elbv2.path_acls", "elbv2.balancers", "cloudtrail.changes"),
    effects=(
        "alb.targets_timeout",
        "alb.no_healthy_targets",
        "alb.target_timeouts",
        "alb.target_resets",
        "alb.slow_targets",
        "alb.registration_flapping",
        "alb.uneven_zones",
        "alb.health_check_too_aggressive",
        "ecs.elb_health_check_failed",
        "change.configuration",
    ),
    depth=3,
    runbook=RUNBOOK,
)
def security_group_blocks(evidence: Evidence) -> Judgement:
    """A filter on the path of a target that times out. A path whose target answers is open, whatever a rule says."""
    paths = evidence.of(Path)
    silent = [p for p in paths if p.state == "unhealthy" and p.reason in SILENT]
    blocked = [p for p in silent if p.answer == "blocked"]
    if not blocked and _requests_fail(evidence):  # checks may go to another port than requests
        blocked = [p for p in paths if p.answer == "blocked" and p.state == "healthy" and p.purpose == "traffic"]
    if blocked:
        return _blocked(evidence, blocked)
    changed = _changes(evidence, paths)
    found = wards(evidence)
    asked = [w for w in found if w.asked]
    failing = [t for w in asked for t in w.unhealthy if t.reason in SILENT]
    if asked and not failing:
        return ruled_out(*(_answers(w) for w in asked))
    if not evidence.looked("elbv2.paths"):
        if changed and failing:
            return _suspected(evidence, changed)
        return blind(evidence, "elbv2.paths", "elbv2.targets", "elbv2.balancers")
    unknown = [p for p in silent if p.answer == "unknown"]
    if not silent or unknown:
        if changed:
            return _suspected(evidence, changed)
        why = f"the rules on the way to {some(p.target for p in unknown)} could not all be read" if unknown else ""
        return blind(evidence, "elbv2.path_acls", other=why or "no path to a failing target could be followed")
    if not evidence.looked("elbv2.path_acls"):
        return Judgement(
            verdict="could_not_check",
            evidence=tuple(_open(p) for p in silent[:2]),
            missing=gaps(evidence, "elbv2.path_acls"),
        )
    return ruled_out(*(_open(p) for p in silent[:2]))


def _blocked(evidence: Evidence, blocked: list[Path]) -> Judgement:
    first = blocked[0]
    ids = tuple(dict.fromkeys((first.filter, *first.from_groups, *first.to_groups)))
    changes = [c for c in _changes(evidence, blocked) if c.at and c.at in evidence.window]
    ward = next((w for w in wards(evidence) if w.name == first.group), None)
    level = ward.level(evidence, "tg.unhealthy") if ward else None
    facts = [
        Fact(
            text=f"{p.balancer} → {p.target}:{p.port} ({p.purpose}) is blocked by {p.where}",
            source=p.source,
            link=p.link,
        )
        for p in _distinct(blocked)
    ]
    if ward:
        facts.append(health_fact(ward))
    facts.extend(fact(evidence, c) for c in changes[:3])
    return Judgement(
        verdict="confirmed",
        summary=f"{first.where} does not let {first.balancer} reach {first.group} on port {first.port}"
        f" ({first.purpose})" + (f"; {changes[0].who} called {changes[0].event} before it began" if changes else ""),
        evidence=tuple(facts),
        actions=_actions(first),
        since=min((c.at for c in changes if c.at), default=level.since if level else None),
        score=0.9 if changes else 0.8,
        missing=gaps(evidence, "elbv2.path_acls", "cloudtrail.changes") if ids else (),
    )


def _requests_fail(evidence: Evidence) -> bool:
    """Whether connections for requests are not made: 504 after ten seconds, or counted as connection errors."""
    found = (errors(evidence, role) for role in ("alb.elb_504", "alb.connection_errors"))
    return any(e is not None and e.standing for e in found)


def _distinct(paths: list[Path]) -> list[Path]:
    """One path for each filter and port."""
    return list({(p.where, p.port): p for p in reversed(paths)}.values())[:3]


def _actions(path: Path) -> tuple[Action, ...]:
    if path.filter.startswith("acl-"):
        return (
            Action(text=f"Let TCP {path.port} through in {path.where} (network ACLs need both ways)", link=path.link),
        )
    inbound = path.where.endswith("inbound")
    to, peers = (path.to_groups, path.from_groups) if inbound else (path.from_groups, path.to_groups)
    verb = "authorize-security-group-ingress" if inbound else "authorize-security-group-egress"
    if not to or not peers:
        return (Action(text=f"Allow TCP {path.port} in {path.where}", link=path.link),)
    pair = f"IpProtocol=tcp,FromPort={path.port},ToPort={path.port},UserIdGroupPairs=[{{GroupId={peers[0]}}}]"
    command = f"aws ec2 {verb} --group-id {to[0]} --ip-permissions '{pair}'"
    way = f"from {peers[0]}" if inbound else f"to {peers[0]}"
    return (Action(text=f"Allow TCP {path.port} {way} in {to[0]}", command=command, link=path.link),)


def _changes(evidence: Evidence, paths: list[Path]) -> list[Change]:
    """Changes of rules on the way, before the alarm, newest first."""
    ids = list(dict.fromkeys(i for p in paths for i in (p.filter, *p.from_groups, *p.to_groups) if i))
    if not ids:
        ids = [g for w in wards(evidence) if w.balancer for g in w.balancer.security_groups]
        ids += [g for w in wards(evidence) for s in w.services for g in s.security_groups]
    fitting = [
        c
        for c in evidence.of(Change)
        if NETWORK.search(c.event) and not c.error and c.at and c.at <= evidence.window.at and concerns(c, ids)
    ]
    return sorted(fitting, key=lambda c: c.at or evidence.window.start, reverse=True)


def _suspected(evidence: Evidence, changes: list[Change]) -> Judgement:
    """The rules themselves could not be read, but somebody changed them before the targets went silent."""
    recent = [c for c in changes if c.at and c.at in evidence.window]
    if not recent:
        return blind(evidence, "elbv2.paths", "elbv2.path_acls", other="the rules on the way could not be read")
    return Judgement(
        verdict="likely",
        summary=f"{recent[0].who} called {recent[0].event} on the way to the targets before they went silent",
        evidence=tuple(fact(evidence, c) for c in recent[:3]),
        actions=(Action(text=f"Check security group configurations: {some(recent[0].names)}", link=recent[0].link),),
        since=recent[0].at,
        would_confirm="the security groups' rules as they are now",
        missing=gaps(evidence, "elbv2.paths", "elbv2.path_acls"),
        score=0.5,
    )


def _answers(ward: Ward) -> Fact:
    """Health checks get through, so the way is open."""
    base = health_fact(ward)
    return Fact(text=f"health checks get an answer — {base.text}", source=base.source, link=base.link)


def _open(path: Path) -> Fact:
    way = f"{path.balancer} → {path.target}:{path.port} ({path.purpose}) is open in the security groups"
    return Fact(text=way + (" and network ACLs" if path.acls else ""), source=path.source, link=path.link)
