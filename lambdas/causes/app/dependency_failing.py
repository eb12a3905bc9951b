"""Something that the application calls fails, and the application's own log names it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from lambdas.causes.app.dependency import Dependency, dependency
from lambdas.causes.app.scene import RUNBOOK, News, began, ended, news, share, unread
from lambdas.causes.app.symptom import symptom
from lambdas.causes.base import Action, Fact, Judgement, cause
from lambdas.causes.wording import at, count, some

if TYPE_CHECKING:
    from lambdas.causes.base import Evidence

MOST = 0.5  # of the new error lines
PART = 0.25


def failing(found: list[News]) -> list[tuple[News, Dependency]]:
    """The new errors that blame something else."""
    return [(n, d) for n in found if (d := dependency(n.cluster.example)) is not None]


@cause(
    "app.dependency_failing",
    title="A dependency of the application fails",
    reads=("logs.errors", "logs.recent", "logs.errors_before"),
    effects=("app.exception_signature", "ecs.dependency_unreachable", "alb.slow_targets", "alb.target_timeouts"),
    depth=2,
    runbook=RUNBOOK,
)
def dependency_failing(evidence: Evidence) -> Judgement:
    """Most new errors are refused, timed-out, throttled or failed calls; confirmed where they name to what."""
    if unseen := unread(evidence):
        return unseen
    found = news(evidence)
    blaming = failing(found)
    if not blaming:
        own = f"the dominant errors ({some(n.cluster.signature[:80] for n in found[:2])}) blame no dependency"
        return Judgement(verdict="ruled_out", evidence=(Fact(text=own if found else "no new errors in its log"),))
    mine = [n for n, _ in blaming]
    part = share(mine, found)
    names = Counter({d.name: 0 for _, d in blaming if d.name})
    for n, d in blaming:
        if d.name:
            names[d.name] += n.cluster.count
    named = names.most_common(1)[0][0] if names else ""
    how = next(d.how for _, d in blaming if d.name == named or not named)
    since = began(mine)
    felt = symptom(evidence)
    lines = sum(n.cluster.count for n in mine)
    summary = f"{named or 'a dependency'} {_says(how)}: {count(lines, 'error line')} ({part:.0%} of the new errors)"
    summary += f" since {at(since)}" if since else ""
    facts = (*(n.fact() for n in mine[:3]), *((felt.fact(),) if felt else ()))
    if part < PART:
        return Judgement(
            verdict="ruled_out", evidence=(Fact(text=f"only {part:.0%} of the new errors blame {named}"), *facts)
        )
    if over := ended(evidence, mine):
        return Judgement(verdict="possible", summary=f"until {at(over)}: {summary}", evidence=facts, since=since,
                         would_confirm="such errors coming back")  # fmt: skip
    actions = [
        Action(text=f"Check {named or 'what the log blames'}: its health, its own limits, the network path to it",
               link=mine[0].cluster.link),
        Action(text="Check its circuit breaker, timeouts and retries: fail fast, and serve without it where possible"),
    ]  # fmt: skip
    many = lines >= 5
    sure = bool(named) and part >= MOST and many
    return Judgement(
        verdict="confirmed" if sure else "likely" if (named or part >= MOST) and many else "possible",
        summary=summary,
        evidence=facts,
        actions=tuple(actions),
        since=since or (felt.onset if felt else None),
        would_confirm="" if sure else "the dependency's own metrics, or a line that names it",
        score=0.5,
    )


def _says(how: str) -> str:
    return {
        "refused": "refuses connections",
        "timed out": "does not answer in time",
        "not resolved": "cannot be resolved",
        "closed": "drops connections",
        "rejected": "rejects connections",
        "throttled": "throttles requests",
        "answers errors": "answers with errors",
        "refuses work": "refuses work",
        "TLS": "fails its TLS handshake",
        "circuit breaker open": "fails so often that its circuit breaker is open",
    }.get(how, f"fails ({how})")
