"""The judgement that causes share which tasks state in their own last log lines. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdas.causes.base import Action, Fact, Judgement
from lambdas.causes.ecs.exits import Death, died_of
from lambdas.causes.ecs.failures import EXIT, failures, over_since
from lambdas.causes.ecs.stated import SOURCES, absent, facts_of, overtaken, short_of
from lambdas.causes.wording import at, quote

if TYPE_CHECKING:
    from lambdas.causes.base import Evidence


HEALTH_KINDS = ("ecs.elb_health_check_failed", "ecs.container_health_check_failed")
# What the load balancer and the logs show of tasks that fail.
SEEN_OUTSIDE = (
    "alb.no_healthy_targets",
    "alb.targets_wrong_code",
    "alb.targets_timeout",
    "alb.target_resets",
    "alb.registration_flapping",
    "alb.empty_target_group",
    "app.errors_after_deploy",
    "app.exception_signature",
)
SYMPTOMS = (
    *SEEN_OUTSIDE,
    "app.dependency_failing",
    "ecs.app_crash",
    "ecs.elb_health_check_failed",
    "ecs.container_health_check_failed",
    "ecs.bad_deployment",
    "ecs.autoscaling_at_max",
    "ecs.uneven_load",
    "change.configuration",
)


def by_log(
    evidence: Evidence, deaths: list[Death], summary: str, actions: tuple[Action, ...], support: list[Fact]
) -> Judgement:
    """What several tasks said in their last lines is a direct statement, unless it is over or not what goes on now."""
    mine = [d.failure for d in deaths]
    everything = failures(evidence)
    facts = (
        *(
            Fact(text=f"{d.label}: {quote(d.line)}", source=d.source, at=d.at, link=d.link)
            for d in reversed(deaths[-2:])
        ),
        *facts_of(mine, 1),
        *short_of(evidence),
        *support,
    )
    missing = tuple(f"{check}: {why}" for check in SOURCES if (why := evidence.gap(check)))
    since = mine[0].at
    if ended := over_since(evidence, mine):
        return Judgement(
            verdict="possible",
            summary=f"{summary}; over since {at(ended)}",
            evidence=facts,
            since=since,
            score=0.3,
            would_confirm="the same failure again",
        )
    same = {f.task for f in mine}
    others = [f for f in everything if f.kind and f.task not in same]
    if reason := overtaken(evidence, mine, [*mine, *others]):
        return Judgement(
            verdict="possible",
            summary=summary,
            evidence=(*facts, Fact(text=reason)),
            since=since,
            score=0.2,
            missing=missing,
        )
    return Judgement(
        verdict="confirmed",
        summary=summary,
        evidence=facts,
        actions=actions,
        since=since,
        missing=missing,
        score=min(1.0, 0.5 + 0.1 * len(deaths)),
    )


def not_logged(evidence: Evidence, kind: str) -> Judgement:
    """No line says it: excluded if failed tasks said something else, or none failed; else it depends on the logs."""
    deaths = died_of(evidence)
    spoke = [d for d in deaths if d.line]
    if spoke:
        text = f"{spoke[-1].label} says something else: {quote(spoke[-1].line)}"
        return Judgement(verdict="ruled_out", evidence=(Fact(text=text, source=spoke[-1].source, at=spoke[-1].at),))
    silent = [d for d in deaths if d.failure.kind in (EXIT, *HEALTH_KINDS)]
    if silent:
        gap = evidence.gap("logs.last_words") or evidence.gap("logs.errors")
        if gap:
            return Judgement(verdict="could_not_check", missing=(f"logs.last_words: {gap}",))
        return Judgement(
            verdict="ruled_out", evidence=(Fact(text=f"no log line names a {kind} problem", source="logs"),)
        )
    return absent(evidence, failures(evidence))
