"""Somebody guesses passwords, or tries stolen ones (the runbook's 'Security Event Monitoring')."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from lambdas.causes.app.client_errors import of_now
from lambdas.causes.app.scene import unread
from lambdas.causes.app.symptom import symptom
from lambdas.causes.base import Action, Fact, Judgement, cause
from lambdas.causes.wording import at, count
from lambdas.checks.logs.clients import ClientFailure, EarlierClientFailure
from lambdas.checks.logs.queries import QueryResult

if TYPE_CHECKING:
    from lambdas.causes.base import Evidence

FEW = 20  # failures around the alarm
GROWN = 4.0
ONE = 0.5  # of the failures from one address
HEAD = 0.8  # of the failures from the first five addresses
TOKENS = 0.6  # of what was refused: then a key or a clock is wrong, not a password
_SCRIPT = re.compile(r"python|curl|wget|go-http|okhttp|java|node|axios|scrapy|hydra|libwww|httpclient", re.IGNORECASE)


@cause(
    "app.auth_attack",
    title="An attack on authentication",
    reads=("logs.clients", "logs.clients_before", "logs.queries"),
    effects=("app.client_errors", "app.exception_signature"),
    depth=0,
    runbook="Appendix: Security Event Monitoring",
)
def auth_attack(evidence: Evidence) -> Judgement:
    """Refused passwords, far more than before, from few addresses, or for many accounts by the same program."""
    if unseen := unread(evidence, "logs.clients"):
        return unseen
    found = [f for f in of_now(evidence) if f.authentication]
    before = [f for f in evidence.of(EarlierClientFailure) if f.authentication]
    counted = f"{count(len(found), 'authentication failure')} around the alarm, {len(before)} as long before"
    first = Fact(
        text=counted,
        source=found[0].source if found else "logs",
        value=str(len(found)),
        baseline=str(len(before)),
        link=found[0].link if found else "",
    )
    if len(found) < FEW or len(found) < GROWN * max(1, len(before)):
        return Judgement(verdict="ruled_out", evidence=(first,))
    clients = Counter(f.client for f in found if f.client)
    users = {f.user for f in found if f.user}
    tokens = sum(f.refused == "token" for f in found) / len(found)
    top = clients.most_common(5)
    lead = top[0][1] / len(found) if top else 0.0
    head = sum(n for _, n in top) / len(found)
    felt = symptom(evidence)
    facts = [first, *_by_source(evidence, found, clients), *([felt.fact()] if felt else [])]
    if tokens >= TOKENS and lead < ONE:
        text = f"{tokens:.0%} of what is refused are tokens or signatures, of {count(len(clients), 'client')}"
        return Judgement(
            verdict="ruled_out", evidence=(Fact(text=f"{text}: a key or a clock, not an attacker"), *facts)
        )
    if not clients:
        return Judgement(verdict="possible", summary=counted, evidence=tuple(facts), score=0.2,
                         would_confirm="the source addresses: its log does not have them")  # fmt: skip
    since = felt.onset if felt and felt.onset else min((f.at for f in found if f.at), default=None)
    if felt and felt.over_since:
        return Judgement(verdict="possible", summary=f"until {at(felt.over_since)}: {counted}", evidence=tuple(facts))
    few = lead >= ONE or (head >= HEAD and len(clients) <= 20)
    agents = Counter(f.agent for f in found if f.agent)
    same = bool(agents) and agents.most_common(1)[0][1] >= HEAD * len(found)
    script = same and bool(_SCRIPT.search(agents.most_common(1)[0][0]))
    many = len(users) >= 5 and len(users) >= 0.2 * min(len(found), 200)
    if not few and not (many and (same or len(clients) <= len(users))) and not script:
        return Judgement(
            verdict="possible", summary=f"{counted}, from {len(clients)} addresses", evidence=tuple(facts), since=since,
            would_confirm="few addresses, or one program that tries many accounts", score=0.3,
        )  # fmt: skip
    if lead >= ONE:
        summary = f"{top[0][0]} makes {lead:.0%} of {len(found)} authentication failures since {at(since)}"
    else:
        summary = f"{len(found)} authentication failures from {len(clients)} addresses since {at(since)}"
    summary += f", for {len(users)} accounts" if len(users) > 1 else ""
    summary += f", as {agents.most_common(1)[0][0]}" if script else ""
    addresses = ", ".join(f"{c}/32" for c, _ in top if ":" not in c)
    elsewhere = felt is not None and felt.what == "server"  # an attack is refused; it is not what answers 5XX
    sure = lead >= ONE and top[0][1] >= 50 and tokens < TOKENS and not elsewhere
    return Judgement(
        verdict="confirmed" if sure else "likely",
        summary=summary,
        evidence=tuple(facts),
        actions=(
            Action(text=f"Block the sources with an AWS WAF IP set ({addresses}), and rate-limit the login path"),
            Action(text="Look for successful logins from these addresses, and reset those accounts; tell security"),
        ),
        since=since,
        would_confirm="" if sure else "that none of these addresses are a customer's own proxy",
        score=0.2 if elsewhere else 0.7,
    )


def _by_source(evidence: Evidence, found: list[ClientFailure], clients: Counter[str]) -> list[Fact]:
    """Exact counts by the runbook's query where it ran, else of the sample."""
    query = next((q for q in evidence.of(QueryResult) if q.name.startswith("security") and q.rows), None)
    if query:
        rows = ", ".join(f"{row.get('src') or 'unknown'} {row.get('failures', '')}" for row in query.rows[:5])
        return [Fact(text=f"by source in the last hour: {rows}", source=query.source, link=query.link)]
    rows = ", ".join(f"{c} {n}" for c, n in clients.most_common(5))
    return [Fact(text=f"by source: {rows}; {len(clients)} different", source=found[0].source, link=found[0].link)]
