"""502 and 504: the balancer's own words for targets that hang up, or that do not answer in time."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lambdas.causes.alb.judging import RUNBOOK, blind, healed, health_fact, level_fact, ruled_out, seconds
from lambdas.causes.alb.levels import level
from lambdas.causes.alb.scene import balancer_name, wards
from lambdas.causes.alb.symptoms import Errors, errors
from lambdas.causes.alb.waiting import deeper
from lambdas.causes.base import Action, Fact, Judgement, cause
from lambdas.causes.wording import number, percent, quote
from lambdas.checks.elbv2.attributes import BalancerAttributes
from lambdas.checks.logs.lines import ErrorLine

if TYPE_CHECKING:
    from lambdas.causes.base import Evidence

NEAR = 0.8  # of the idle timeout
HANG_UP = re.compile(
    r"connection reset|ECONNRESET|broken pipe|EPIPE|keep-?alive|closed the connection|socket hang up|"
    r"upstream prematurely closed|malformed",
    re.IGNORECASE,
)


@cause(
    "alb.target_resets",
    title="Targets close connections that the balancer is using (502)",
    reads=("elbv2.metrics", "elbv2.balancer_attributes", "elbv2.targets"),
    effects=(),
    depth=0,
    runbook=RUNBOOK,
)
def target_resets(evidence: Evidence) -> Judgement:
    """HTTPCode_ELB_502_Count: a reset, a close or an answer that is no HTTP, from a target that was reached."""
    found = errors(evidence, "alb.elb_502")
    if found is None:
        return blind(evidence, "elbv2.metrics", other="the balancer's metrics have no data")
    if not found.standing:
        return ruled_out(_few(found, "502"))
    facts = [_told(found, "502")]
    refused = errors(evidence, "alb.connection_errors")
    if refused and refused.standing:
        facts.append(level_fact(refused.level, "TargetConnectionErrorCount", " a minute"))
    handshakes = errors(evidence, "alb.target_tls_errors")
    if handshakes and handshakes.standing:
        facts.append(level_fact(handshakes.level, "TargetTLSNegotiationErrorCount", " a minute"))
    healthy = [w for w in wards(evidence) if w.asked]
    facts += [health_fact(w) for w in healthy[:2]]
    facts += _lines(evidence)
    idle = _idle(evidence)
    if idle:
        text = f"idle timeout of {balancer_name(evidence)}: {number(idle)} s; a target's keep-alive must be longer"
        facts.append(Fact(text=text, source="elasticloadbalancing:DescribeLoadBalancerAttributes"))
    rate = f"{number(found.level.peak)} a minute{_share(found)}"
    passing = ", while they pass their health checks" if _pass(evidence) else ""
    name = balancer_name(evidence)
    summary = f"{name} answers 502 ({rate}): targets close connections or answer no HTTP{passing}"
    if found.level.over:
        return healed(summary, facts, found.level.since, found.level.points[-1][0])
    return Judgement(
        verdict="confirmed" if _most(evidence, found) and _pass(evidence) and not deeper(evidence) else "likely",
        summary=summary,
        evidence=tuple(facts),
        actions=(
            Action(
                text=f"Set the targets' keep-alive above the balancer's idle timeout ({number(idle or 60)} s), and"
                " check that they finish requests before they stop (deregistration delay, SIGTERM)",
            ),
            Action(text="Look at error_reason and target_status_code in the balancer's access log"),
        ),
        since=found.level.since,
        would_confirm="the access log: no target status, the connection was closed",
        score=0.6,
    )


@cause(
    "alb.target_timeouts",
    title="Targets do not answer before the balancer gives up (504)",
    reads=("elbv2.metrics", "elbv2.balancer_attributes", "elbv2.targets"),
    effects=("alb.slow_targets",),
    depth=0,
    runbook=RUNBOOK,
)
def target_timeouts(evidence: Evidence) -> Judgement:
    """HTTPCode_ELB_504_Count: no connection within ten seconds, or no answer within the idle timeout."""
    found = errors(evidence, "alb.elb_504")
    if found is None:
        return blind(evidence, "elbv2.metrics", other="the balancer's metrics have no data")
    if not found.standing:
        return ruled_out(_few(found, "504"))
    idle = _idle(evidence)
    facts = [_told(found, "504")]
    refused = errors(evidence, "alb.connection_errors")
    unconnected = refused is not None and refused.standing
    if refused and unconnected:
        facts.append(level_fact(refused.level, "TargetConnectionErrorCount: connections are not made", " a minute"))
    tail = level(evidence, "alb.latency_p99") or level(evidence, "tg.latency_p99")
    if tail:
        facts.append(level_fact(tail, f"response time (p99) {seconds(tail.peak)}", " s"))
    if idle:
        text = f"idle timeout of {balancer_name(evidence)}: {number(idle)} s"
        facts.append(Fact(text=text, source="elasticloadbalancing:DescribeLoadBalancerAttributes", value=number(idle)))
    facts += [health_fact(w) for w in wards(evidence)[:2] if w.asked]
    how = "cannot be connected to" if unconnected else "answer later than the balancer waits"
    wait = f" ({number(idle)} s)" if idle and not unconnected else ""
    rate = f"{number(found.level.peak)} a minute{_share(found)}"
    summary = f"{balancer_name(evidence)} answers 504 ({rate}): targets {how}{wait}"
    if found.level.over:
        return healed(summary, facts, found.level.since, found.level.points[-1][0])
    near = bool(tail and idle and tail.peak >= NEAR * idle)
    return Judgement(
        verdict="confirmed" if _most(evidence, found) and not deeper(evidence) else "likely",
        summary=summary,
        evidence=tuple(facts),
        actions=(
            Action(
                text="Find what the slow requests wait for; work that must take longer than"
                f" {number(idle or 60)} s should answer at once and go on in the background",
            ),
            Action(text="Raise the idle timeout only if clients are willing to wait as long"),
        ),
        since=found.level.since,
        would_confirm="the access log: target_processing_time of the requests with 504",
        score=0.65 if near or unconnected else 0.55,
    )


def _most(evidence: Evidence, found: Errors) -> bool:
    """Whether it is most of what the balancer itself answers with: then nothing else hides behind it."""
    every = errors(evidence, "alb.elb_5xx")
    return every is None or not every.count or found.count >= 0.5 * every.count


def _told(found: Errors, code: str) -> Fact:
    return level_fact(found.level, f"{number(found.count)} × {code}{_share(found)}", " a minute")


def _few(found: Errors, code: str) -> Fact:
    return level_fact(found.level, f"{number(found.count)} × {code} around the alarm", " a minute")


def _share(found: Errors) -> str:
    return f", {percent(100 * found.share)} of the requests" if found.share is not None else ""


def _idle(evidence: Evidence) -> float | None:
    return next((a.idle_timeout for a in evidence.of(BalancerAttributes) if a.idle_timeout), None)


def _pass(evidence: Evidence) -> bool:
    found = [w for w in wards(evidence) if w.asked]
    return bool(found) and all(w.healthy and not w.unhealthy for w in found)


def _lines(evidence: Evidence) -> list[Fact]:
    lines = [line for line in evidence.of(ErrorLine) if HANG_UP.search(line.text)]
    return [Fact(text=quote(x.text), source=x.source, at=x.at, link=x.link) for x in lines[-1:]]
