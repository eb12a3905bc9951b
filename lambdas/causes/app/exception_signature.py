"""One kind of error dominates the log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdas.causes.app.scene import RUNBOOK, began, ended, news, share, unread
from lambdas.causes.app.symptom import symptom
from lambdas.causes.base import Action, Fact, Judgement, cause
from lambdas.causes.wording import at, count, quote

if TYPE_CHECKING:
    from lambdas.causes.base import Evidence

DOMINANT = 0.5
FEW = 5  # lines


@cause(
    "app.exception_signature",
    title="One error dominates the application's log",
    reads=("logs.errors", "logs.recent", "logs.errors_before"),
    effects=("app.client_errors",),
    depth=0,
    runbook=RUNBOOK,
)
def exception_signature(evidence: Evidence) -> Judgement:
    """The largest cluster of new, or much more frequent, error lines; what was always logged is no news."""
    if unseen := unread(evidence):
        return unseen
    found = news(evidence)
    felt = symptom(evidence)
    if not found:
        text = "the errors in its log are those that it always logs" if evidence.found else "no errors"
        return Judgement(verdict="ruled_out", evidence=(Fact(text=text), *((felt.fact(),) if felt else ())))
    top = found[0]
    part = share([top], found)
    since = began([top])
    name = top.cluster.exception or quote(top.cluster.signature, 100)
    summary = f"{name}: {count(top.cluster.count, 'line')} ({part:.0%} of the new errors)"
    summary += f", first at {at(since)}" if since else ""
    facts = (*(n.fact() for n in found[:3]), *((felt.fact(),) if felt else ()))
    if over := ended(evidence, [top]):
        return Judgement(verdict="possible", summary=f"until {at(over)}: {summary}", evidence=facts, since=since,
                         would_confirm="such errors coming back")  # fmt: skip
    if top.cluster.count < FEW:
        return Judgement(verdict="possible", summary=summary, evidence=facts, since=since, score=0.1,
                         would_confirm="more of them: these are few")  # fmt: skip
    together = felt is None or felt.onset is None or since is None or abs((since - felt.onset).total_seconds()) <= 600
    sure = part >= DOMINANT and together and felt is not None and felt.onset is not None and top.usual * 10 <= top.rate
    return Judgement(
        verdict="confirmed" if sure else "likely" if part >= DOMINANT else "possible",
        summary=summary,
        evidence=facts,
        actions=(
            Action(text=f"Find {name} in the code: {quote(top.cluster.example, 160)}", link=top.cluster.link),
            Action(text="Take the input that fails aside (a message, a record), if it is always the same"),
        ),
        since=since or (felt.onset if felt else None),
        would_confirm="" if sure else "the errors beginning with the alarm's metric",
        score=0.3,
    )
