"""Alarm hygiene: who acted on each alarm in four weeks, which flap, and what another threshold would have done.

One finding for each alarm, the first that holds: it flaps, nobody ever acknowledged it, nobody ever did anything about
it. With it stands what the same four weeks would have been with a better threshold or a longer evaluation, against the
incidents that people treated as real (`history/incidents.py`). A threshold is proposed, never changed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from lambdas import console
from lambdas.reviews import inventory, series
from lambdas.reviews.base import Piece, Tour, part
from lambdas.reviews.capacity.usage import hours
from lambdas.reviews.history.incidents import counted, length, real, spell, treated
from lambdas.reviews.hygiene.backtest import BREACHES, FINE, Rule, coarse, propose
from lambdas.reviews.hygiene.changes import Spells, changes, spells
from lambdas.reviews.model import Action, Fact, Item, Note, Table
from lambdas.reviews.series import Ask
from lambdas.reviews.words import many, number

if TYPE_CHECKING:
    from lambdas.diagnosis.timeseries import Points
    from lambdas.incidents.model import Incident
    from lambdas.reviews.hygiene.backtest import Proposal

BACK = timedelta(days=28)
LEAST = 3  # incidents of an alarm in four weeks: fewer prove no habit
TESTED = 40  # alarms that are played again, those with most incidents first: a month's minutes of each are read
ROWS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One alarm's four weeks. `incidents` are those that it was part of."""

    name: str
    spells: Spells
    incidents: tuple[Incident, ...]

    @property
    def acknowledged(self) -> int:
        """How many somebody acknowledged."""
        return sum(one.acknowledged_at is not None for one in self.incidents)

    @property
    def acted(self) -> int:
        """In how many somebody did something."""
        return sum(treated(one) for one in self.incidents)

    @property
    def fault(self) -> str:
        """The first that holds; empty for an alarm that does its work."""
        if self.spells.flapping and not self.acted:
            return "flapping"
        if len(self.incidents) < LEAST:
            return ""
        if not self.acknowledged and not self.acted:
            return "never_acknowledged"
        return "" if self.acted else "no_action"


@part(
    "weekly.alarms",
    title="Alarm hygiene: four weeks",
    runbook="Warning Alert Response, 3: Document findings for trend analysis; Runbook Maintenance: Update procedures "
    "based on recent incidents",
    place=110,
    allow=(*inventory.ALARMS, *inventory.HISTORY, *series.ALLOW),
)
def alarms(tour: Tour) -> Iterator[Piece]:
    """Flapping by CloudWatch's own history; who acted by the incident table."""
    start = tour.end - BACK
    history = changes(tour.inventory.history(start, tour.end))
    incidents = counted(tour.store.opened(int(start.timestamp()), int(tour.end.timestamp()))) if tour.store else []
    records = _records(history, incidents)
    faulty = sorted((r for r in records if r.fault), key=lambda r: (-len(r.incidents), -r.spells.count, r.name))
    proposals = _proposals(tour, faulty[:TESTED], {raw["AlarmName"]: raw for raw in tour.inventory.alarms()})
    for record in faulty:
        yield _item(record, proposals.get(record.name), tour.aws.region)
    if records:
        yield _table(records)
    if tour.store is None:
        yield Note(text="There is no incident table here: nobody knows who acknowledged what.")
    if len(faulty) > TESTED:
        yield Note(text=f"The {TESTED} alarms with most incidents were played again; {len(faulty) - TESTED} were not.")
    yield Note(
        text=f"{many(len(tour.inventory.alarms()), 'alarm')} looked at, {len(records)} of them rang in four weeks.",
        count=(("alarms", len(tour.inventory.alarms())),),
    )


def _records(history: Mapping[str, Any], incidents: Sequence[Incident]) -> list[Record]:
    of: dict[str, list[Incident]] = {}
    for incident in incidents:
        for name in dict.fromkeys(alarm.name for alarm in incident.alarms.values() if alarm.arn):
            of.setdefault(name, []).append(incident)
    found = []
    for name in sorted({*history, *of}):
        one = Record(name=name, spells=spells(history.get(name, ())), incidents=tuple(of.get(name, ())))
        if one.spells.count or one.incidents:
            found.append(one)
    return found


_TEXTS = {
    "flapping": "It flaps: {short} of {count} times in ALARM were over within ten minutes, and nobody did anything.",
    "never_acknowledged": "{incidents} in four weeks, and nobody acknowledged a single one.",
    "no_action": "{incidents} in four weeks, {acknowledged} acknowledged, and nobody ever did anything about one.",
}


def _item(record: Record, proposal: Proposal | None, region: str) -> Item:
    text = _TEXTS[record.fault].format(
        short=record.spells.short,
        count=record.spells.count,
        incidents=many(len(record.incidents), "incident"),
        acknowledged=record.acknowledged,
    )
    facts = [Fact(text=_facts(record), source="the incident table, cloudwatch:DescribeAlarmHistory")]
    if proposal:
        facts.append(
            Fact(text=_played(proposal), source=f"the metric of four weeks, played again at {FINE // 60} min or more")
        )
        advice = _advice(proposal)
        text += f" {advice}"
    else:
        advice = "Ask the team what it should do when this rings. If nothing: make it a dashboard line, not an alarm."
    return Item(
        id=f"weekly.alarms.{record.fault}",
        weight="advice",
        subject=record.name,
        text=text,
        facts=tuple(facts),
        actions=(Action(text=advice, link=console.alarm(region, record.name)),),
        risk="A looser alarm rings later in an incident of a kind that these four weeks did not have."
        if proposal
        else "",
        level=float(record.spells.count),
    )


def _facts(record: Record) -> str:
    return (
        f"{record.spells.count} times in ALARM, {many(len(record.incidents), 'incident')}, {record.acknowledged} "
        f"acknowledged, something done in {record.acted}"
    )


def _played(proposal: Proposal) -> str:
    now, then = proposal.now, proposal.then
    caught = (
        f"{then.caught} of {many(proposal.real, 'real incident')} caught (now {now.caught})"
        + (f", at most {length(then.late.total_seconds())} later" if then.late else "")
        if proposal.real
        else "there was no real incident to measure against"
    )
    return f"now {_rule(now.rule)}: {now.firings} times; then {_rule(then.rule)}: {then.firings} times; {caught}"


def _advice(proposal: Proposal) -> str:
    now, then = proposal.now, proposal.then
    if then.rule.threshold != now.rule.threshold:
        change = f"a threshold of {number(then.rule.threshold)} instead of {number(now.rule.threshold)}"
    else:
        minutes = then.rule.needed * then.rule.period // 60
        change = f"an evaluation of {minutes} min instead of {now.rule.needed * now.rule.period // 60}"
    kept = (
        f", and would have missed none of {many(proposal.real, 'real incident')}"
        if proposal.real
        else "; no incident was real in that time"
    )
    return f"With {change} it would have rung {then.firings} times instead of {now.firings}{kept}."


def _rule(rule: Rule) -> str:
    sign = {"GreaterThanThreshold": ">", "GreaterThanOrEqualToThreshold": "≥", "LessThanThreshold": "<"}
    points = f"{rule.needed} of {rule.of} × {rule.period // 60} min"
    return f"{sign.get(rule.comparison, '≤')} {number(rule.threshold)} for {points}"


def _proposals(tour: Tour, records: Sequence[Record], known: Mapping[str, Mapping[str, Any]]) -> dict[str, Proposal]:
    """Play each alarm again. Metric math, anomaly bands and alarms that are gone cannot be played."""
    tried: dict[int, list[tuple[Record, Rule, Ask]]] = {}
    for record in records:
        rule, ask = _rule_of(known.get(record.name, {}))
        if rule and ask:
            tried.setdefault(rule.period, []).append((record, rule, ask))
    end = hours(tour.end)
    found: dict[str, Proposal] = {}
    for period, group in tried.items():
        points = series.read(tour.aws, [ask for _, _, ask in group], end - BACK, end, period)
        for (record, rule, _), line in zip(group, points, strict=True):
            if proposal := _proposal(line, rule, record):
                found[record.name] = proposal
    return found


def _proposal(line: Points, rule: Rule, record: Record) -> Proposal | None:
    return propose(line, rule, [spell(one) for one in record.incidents if real(one)])


def _rule_of(raw: Mapping[str, Any]) -> tuple[Rule | None, Ask | None]:
    comparison, threshold = raw.get("ComparisonOperator", ""), raw.get("Threshold")
    if not raw.get("MetricName") or comparison not in BREACHES or threshold is None:
        return None, None
    of = raw.get("EvaluationPeriods", 1)
    rule = Rule(
        comparison=comparison,
        threshold=threshold,
        period=max(60, raw.get("Period", 60)),
        of=of,
        needed=raw.get("DatapointsToAlarm") or of,
        missing=raw.get("TreatMissingData", "missing"),
    )
    statistic = raw.get("Statistic") or raw.get("ExtendedStatistic") or "Average"
    named = {d["Name"]: d["Value"] for d in raw.get("Dimensions") or ()}
    return coarse(rule), Ask(raw["Namespace"], raw["MetricName"], named, statistic)


def _table(records: Sequence[Record]) -> Table:
    ranked = sorted(records, key=lambda r: (-r.spells.count, r.name))
    rows = [
        (
            one.name,
            str(one.spells.count),
            str(one.spells.short),
            str(len(one.incidents)),
            str(one.acknowledged),
            str(one.acted),
        )
        for one in ranked[:ROWS]
    ]
    return Table(
        title="What rang in four weeks",
        columns=("Alarm", "In ALARM", "Under 10 min", "Incidents", "Acknowledged", "Something done"),
        rows=tuple(rows),
        right=(1, 2, 3, 4, 5),
        more=max(0, len(ranked) - ROWS),
    )
