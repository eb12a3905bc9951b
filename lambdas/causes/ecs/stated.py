"""The judgement that causes share which AWS states in so many words: a stop reason or a service event. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from lambdas.causes.base import Action, Fact, Judgement
from lambdas.causes.ecs.failures import Failure, failures, over_since, stale
from lambdas.causes.wording import at, count, quote, some
from lambdas.checks.ecs.services import ServiceState

if TYPE_CHECKING:
    from lambdas.causes.base import Evidence

SOURCES = ("ecs.stopped_tasks", "ecs.services")


def stated(
    evidence: Evidence,
    id_: str,
    *,
    summary: str,
    support: Iterable[Fact] = (),
    against: Iterable[Fact] = (),
    actions: Iterable[Action] = (),
    would_confirm: str = "a stopped task or a service event that says so",
) -> Judgement:
    """Judge a cause by what AWS says of the tasks that failed.

    Args:
        evidence: what the checks found.
        id_: the cause.
        summary: one sentence for the case that it is stated.
        support: facts from other sources that fit.
        against: facts that exclude it where AWS states nothing.
        actions: the runbook's, made specific.
        would_confirm: what would confirm it where it is only possible.
    """
    everything = failures(evidence)
    mine = [f for f in everything if f.kind == id_]
    if not mine:
        return absent(evidence, everything, against=against)
    facts = (*facts_of(mine), *short_of(evidence), *support)
    since = mine[0].at
    missing = tuple(f"{check}: {why}" for check in SOURCES if (why := evidence.gap(check)))
    if ended := over_since(evidence, mine):
        return Judgement(
            verdict="possible",
            summary=f"{summary}; over since {at(ended)}",
            since=since,
            score=0.3,
            missing=missing,
            evidence=(
                *facts,
                Fact(text=f"the service has run in full since {at(ended)}", source="ecs:DescribeServices"),
            ),
            would_confirm="the same failure again",
        )
    if reason := overtaken(evidence, mine, everything):
        return Judgement(
            verdict="possible",
            summary=summary,
            since=since,
            score=0.2,
            missing=missing,
            evidence=(*facts, Fact(text=reason)),
            would_confirm=would_confirm,
        )
    return Judgement(
        verdict="confirmed",
        summary=summary,
        evidence=facts,
        actions=tuple(actions),
        since=since,
        score=min(1.0, 0.5 + 0.1 * len(mine)),
        missing=missing,
    )


def absent(evidence: Evidence, everything: list[Failure], *, against: Iterable[Fact] = ()) -> Judgement:
    """Nothing states the cause: excluded by what was seen instead, unless we could not look."""
    others = [f for f in everything if f.kind]
    if others:
        kinds = some(dict.fromkeys(f.kind for f in reversed(others)))
        text = f"none of {count(len(everything), 'failure')} in the window says so: {quote(others[-1].text)} ({kinds})"
        return Judgement(verdict="ruled_out", evidence=(Fact(text=text, source=others[-1].source), *against))
    if not evidence.looked("ecs.services"):
        return Judgement(verdict="could_not_check", missing=(f"ecs.services: {evidence.gap('ecs.services')}",))
    if gap := evidence.gap("ecs.stopped_tasks"):
        services = evidence.of(ServiceState)
        if not services or not all(s.settled for s in services):
            return Judgement(verdict="could_not_check", missing=(f"ecs.stopped_tasks: {gap}",))
    events = sum(len(s.events) for s in evidence.of(ServiceState))
    text = f"no stopped task and none of {count(events, 'service event')} says so"
    return Judgement(verdict="ruled_out", evidence=(Fact(text=text, source="ecs:DescribeTasks"), *against))


def overtaken(evidence: Evidence, mine: list[Failure], everything: list[Failure]) -> str:
    """Why what is stated is not what is going on now: it is old, or another failure has kept tasks down since."""
    last = mine[-1]
    later = [f for f in everything if f.at > last.at and f.kind and f.kind != last.kind]
    same = {f.task for f in mine if f.task}
    later = [f for f in later if not f.task or f.task not in same]
    if len({f.task or f.at for f in mine}) <= 2 and len(later) >= 2:
        return f"later failures are of another kind, {later[-1].kind}: {quote(later[-1].text)} at {at(later[-1].at)}"
    services = evidence.of(ServiceState)
    whole = services and all(s.settled for s in services)
    if evidence.window.at - last.at > stale(evidence) and whole:
        return f"the last one was at {at(last.at)}, well before the alarm at {at(evidence.window.at)}"
    return ""


def facts_of(mine: list[Failure], most: int = 3) -> tuple[Fact, ...]:
    """The newest failures in AWS's words, one line for each distinct sentence, with how often it was said."""
    by_text: dict[str, list[Failure]] = {}
    for failure in reversed(mine):
        by_text.setdefault(failure.text, []).append(failure)
    facts = []
    for text, group in list(by_text.items())[:most]:
        tasks = len({f.task for f in group if f.task})
        who = f"task {group[0].task[:8]}" + (f" and {tasks - 1} more" if tasks > 1 else "") if tasks else "ECS"
        facts.append(Fact(text=f"{who}: {quote(text)}", source=group[0].source, at=group[0].at, link=group[0].link))
    return tuple(facts)


def short_of(evidence: Evidence) -> tuple[Fact, ...]:
    """How many tasks run of those wanted."""
    return tuple(
        Fact(
            text=f"{s.name} runs {s.running} of {count(s.desired, 'task')}, {s.pending} pending",
            source=s.source,
            value=str(s.running),
            baseline=str(s.desired),
            link=s.link,
        )
        for s in evidence.of(ServiceState)
        if s.short
    )


def who(evidence: Evidence, mine: list[Failure]) -> str:
    """The service that fails, by name, for summaries."""
    named = some(dict.fromkeys(f.service for f in mine if f.service), 2)
    return named or some((s.name for s in evidence.of(ServiceState)), 2) or str(evidence.target)
