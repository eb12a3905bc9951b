"""4XX: one path, or one client."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from lambdas.causes.app.scene import unread
from lambdas.causes.app.symptom import symptom
from lambdas.causes.base import Action, Fact, Judgement, cause
from lambdas.causes.wording import at, count, some
from lambdas.checks.logs.clients import ClientFailure, EarlierClientFailure

if TYPE_CHECKING:
    from lambdas.causes.base import Evidence

RUNBOOK = "Warning Alert Response: Performance Degradation"
MOST = 0.5
GROWN = 2.0
FEW = 20  # lines


def of_now(evidence: Evidence) -> list[ClientFailure]:
    """Failures of the incident, without those from before it (which are a subclass)."""
    return [f for f in evidence.of(ClientFailure) if not isinstance(f, EarlierClientFailure)]


@cause(
    "app.client_errors",
    title="Requests that fail through their sender (4XX)",
    reads=("logs.clients", "logs.clients_before"),
    depth=0,
    runbook=RUNBOOK,
)
def client_errors(evidence: Evidence) -> Judgement:
    """4XX lines of the access log, by path and by client, against as long a time hours before."""
    felt = symptom(evidence)
    about = felt is not None and felt.what in ("client", "authentication")
    if unseen := unread(evidence, "logs.clients"):
        return unseen
    found = [f for f in of_now(evidence) if f.status is not None and 400 <= f.status < 500]
    before = [f for f in evidence.of(EarlierClientFailure) if f.status is not None and 400 <= f.status < 500]
    if not found:
        if about:
            return Judgement(verdict="could_not_check", missing=("its logs show no status codes",))
        return Judgement(verdict="ruled_out", evidence=(Fact(text="no 4XX in its log"),))
    known = evidence.looked("logs.clients_before")
    if known and len(found) < GROWN * max(1, len(before)):
        text = f"{count(len(found), '4XX line')} around the alarm, {len(before)} in as long a time hours before"
        return Judgement(verdict="ruled_out", evidence=(Fact(text=text, source=found[0].source),))
    codes = Counter(f.status for f in found)
    paths, clients = Counter(f.path for f in found if f.path), Counter(f.client for f in found if f.client)
    usual = Counter(f.path for f in before)
    facts = [
        Fact(text=f"{count(len(found), '4XX line')} around the alarm: "
             + ", ".join(f"{n} × {code}" for code, n in codes.most_common(3)),
             source=found[0].source, at=min((f.at for f in found if f.at), default=None), value=str(len(found)),
             baseline=str(len(before)) if known else "", link=found[0].link)
    ]  # fmt: skip
    path, on = paths.most_common(1)[0] if paths else ("", 0)
    client, by = clients.most_common(1)[0] if clients else ("", 0)
    if path:
        text = f"by path: {', '.join(f'{p} {n}' for p, n in paths.most_common(3))}; {len(paths)} different"
        facts.append(Fact(text=text, source=found[0].source, value=f"{on / len(found):.0%}", baseline=str(usual[path])))
    if client:
        text = f"by client: {', '.join(f'{c} {n}' for c, n in clients.most_common(3))}; {len(clients)} different"
        facts.append(Fact(text=text, source=found[0].source, value=f"{by / len(found):.0%}"))
    if felt:
        facts.append(felt.fact())
    agents = some((f.agent for f in found if f.agent and f.client == client), 1)
    told = by / len(found) >= MOST or on / len(found) >= MOST
    if by / len(found) >= MOST:
        summary = f"{client} sends {by / len(found):.0%} of the requests that fail ({codes.most_common(1)[0][0]})"
        summary += f", as {agents}" if agents else ""
        action = Action(text=f"Look who {client} is; block or limit it (AWS WAF rate-based rule) if it is no customer")
    else:
        summary = f"{on / len(found):.0%} of the 4XX are {codes.most_common(1)[0][0]} on {path}" if path else "4XX rise"
        action = Action(text=f"Look what changed about {path or 'the paths'}, and which clients still use it")
    since = felt.onset if felt and felt.onset else min((f.at for f in found if f.at), default=None)
    if felt and felt.over_since:
        return Judgement(verdict="possible", summary=f"until {at(felt.over_since)}: {summary}", evidence=tuple(facts))
    if not about or len(found) < FEW:
        return Judgement(
            verdict="possible", summary=summary, evidence=tuple(facts), since=since, score=0.2,
            would_confirm="4XX among what the alarm is about" if not about else "more such lines",
        )  # fmt: skip
    return Judgement(
        verdict="confirmed" if told and known else "likely" if told else "possible",
        summary=summary,
        evidence=tuple(facts),
        actions=(action,),
        since=since,
        would_confirm="" if told else "one path or one client among the failing requests",
        score=0.4,
    )
