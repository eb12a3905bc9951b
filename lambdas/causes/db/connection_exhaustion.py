"""The database takes no more connections."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdas.causes import log_lines
from lambdas.causes.base import Evidence, Fact, Judgement, cause
from lambdas.causes.db import actions, scene, words
from lambdas.causes.db.connections import sessions
from lambdas.causes.wording import quote
from lambdas.checks.logs.lines import ErrorLine
from lambdas.checks.rds.logs import LogSign, sign

if TYPE_CHECKING:
    from lambdas.checks.base import Finding


@cause(
    "db.connection_exhaustion",
    title="The connections of the database are used up",
    reads=("rds.metrics", "rds.parameters", "pi.sessions", "rds.logs", "pi.load"),
    effects=actions.FELT,
    depth=3,
    runbook=actions.RUNBOOK,
)
def connection_exhaustion(evidence: Evidence) -> Judgement:
    """Against the real maximum: what the parameter, or its formula over the class's memory, gives."""
    found = sessions(evidence)
    refused = _refused(evidence, held=bool(found and found.plateau))
    said = refused[:2]
    if found is None:
        if refused:
            return _yes(evidence, "The database refused connections", said, "confirmed")
        return scene.unseen(evidence, scene.metrics_gap(evidence, "DatabaseConnections"))
    lines = (found.fact(), *found.limit_fact(), *said, *found.activity())
    used = found.used
    name = scene.name(evidence)
    if refused:
        return _yes(evidence, f"{name} refuses connections: {found.text()}", lines, "confirmed")
    if used is None:
        if found.plateau:
            return _yes(evidence, f"{name} holds at {found.text()}", lines, "possible")
        if found.level and found.level.flat():
            return Judgement(verdict="ruled_out", evidence=lines)
        return scene.unseen(evidence, evidence.gap("rds.parameters") or "the instance's maximum is not known")
    exact = bool(found.limit and found.limit.exact)
    if used >= 0.95:
        return _yes(evidence, f"{name} uses {found.text()}", lines, "confirmed")
    if used >= 0.9 or (used >= 0.8 and found.plateau and not exact):
        return _yes(evidence, f"{name} uses {found.text()}", lines, "likely")
    if used >= 0.8 and found.level and found.level.up(1.3):
        return _yes(evidence, f"{name} uses {found.text()}", lines, "possible")
    usual = found.level.usual if found.level else None
    if usual and usual.within(found.now):
        text = f"as usual at this hour ({words.number(usual.typical)})"
        lines = (*lines, Fact(text=f"The number of connections is {text}", source="cloudwatch:GetMetricData"))
    return Judgement(verdict="ruled_out", evidence=lines)


def _refused(evidence: Evidence, *, held: bool) -> tuple[Fact, ...]:
    """Connections that were refused for their number: by the database's log, by its clients' that name it.

    Also by clients' that name nobody, where the number has climbed and something holds it at its highest.
    """
    lines: list[tuple[str, Finding]] = [(s.line, s) for s in evidence.of(LogSign) if s.kind == "connections"]
    if subject := scene.subject(evidence):
        told = [e for e in evidence.of(ErrorLine) if sign(e.text) == "connections"]
        told = [e for e in told if subject.id in e.text or (held and not log_lines.endpoint(e.text))]
        lines += [(quote(e.text), e) for e in told]
    once = {text: Fact(text=text, source=one.source, at=one.at, link=one.link) for text, one in reversed(lines)}
    return tuple(reversed(once.values()))


def _yes(evidence: Evidence, summary: str, lines: tuple[Fact, ...], verdict: str) -> Judgement:
    found = sessions(evidence)
    idle = ""
    if found and found.active is not None and found.now > 10:
        idle = (
            "most sessions are idle: smaller pools, an idle timeout, or RDS Proxy"
            if found.active < 0.3 * found.now
            else "most sessions work: find what keeps them, then limit the pools"
        )
    return Judgement(
        verdict="confirmed" if verdict == "confirmed" else "likely" if verdict == "likely" else "possible",
        summary=summary,
        evidence=lines,
        actions=(
            actions.pool(evidence, idle or "the sum of all pools must stay below the maximum"),
            actions.scale(evidence, "a larger class raises max_connections; or set it in the parameter group"),
        ),
        would_confirm="" if verdict == "confirmed" else "'too many connections' in the database's or the clients' log",
        since=scene.onset(evidence),
        score=0.9 if verdict == "confirmed" else 0.6,
    )
