"""An incident's timeline, as sentences for people. Pure: rows of the table → moments."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lambdas.incidents.store import Timeline
    from lambdas.postmortem.people import People


@dataclass(frozen=True, slots=True)
class Moment:
    """One thing that happened. `at`: epoch seconds."""

    at: int
    text: str


STATES = {
    "ALARM": "{name} went to ALARM",
    "OK": "{name} went back to OK",
    "INSUFFICIENT_DATA": "{name} had insufficient data",
}
CHANGES = {
    "opened": "the incident opened",
    "reopened": "the incident reopened",
    "escalated": "escalated to level {value}",
    "severity_changed": "the severity became {value}",
    "recovering": "recovery is held before it counts",
    "relapsed": "the recovery did not hold",
    "attached": "it became part of a storm",
    "resolved": "resolved",
}
DECISIONS = {
    "acknowledge": "{by} acknowledged it",
    "escalate": "{by} asked for the next level",
    "severity": "{by} set the severity to {argument}",
    "resolve": "{by} resolved it",
    "snooze": "{by} asked for no updates for {argument} minutes",
    "remedy.approve": "{by} approved the action '{argument}'",
    "remedy.decline": "{by} declined the action '{argument}'",
    "remedy.undo": "{by} asked to undo the action '{argument}'",
    "notice.approve": "{by} approved a notice ({argument})",
    "notice.decline": "{by} declined a notice ({argument})",
}
# What these changed says enough, or nothing that anybody would miss.
SILENT = frozenset(
    {"tick", "worse", "freed", "storm", "silence", "monitor", "notice.drafted", "notice.withdrawn", "case.draft"}
)
CHATTER = frozenset({"diagnosed", "snoozed", "acknowledged", "remedied", "noted", "silenced"})  # said by the row itself


def story(rows: Iterable[Timeline], people: People) -> tuple[Moment, ...]:
    """What happened, oldest first. Of rows that nobody would miss, such as the clock's own, there is no moment."""
    found = [moment for row in rows for moment in _moments(row, people)]
    return tuple(sorted(found, key=lambda moment: moment.at))


def _moments(row: Timeline, people: People) -> Iterator[Moment]:
    said = _said(row, _read(row.body), people)
    changed = [_change(mark) for mark in row.changes if mark.partition("=")[0] not in CHATTER]
    if row.kind.startswith("person."):
        changed = [change for change in changed if change.startswith("escalated")]  # the decision says the rest
    if said and changed:
        yield Moment(row.at // 1000, f"{said}: {', '.join(changed)}")
    elif said or changed:
        yield Moment(row.at // 1000, said or _upper(", ".join(changed)))


def _said(row: Timeline, body: dict[str, Any], people: People) -> str:
    if row.kind.startswith("person."):
        sentence = DECISIONS.get(row.kind.removeprefix("person."), "{by} decided something (" + row.kind + ")")
        return sentence.format(by=people.name(str(body.get("by", ""))), argument=str(body.get("argument", ""))[:80])
    state = row.kind.rpartition(".")[2]
    if state in STATES and "." in row.kind:
        return STATES[state].format(name=str(body.get("name") or "An event")[:120])
    match row.kind:
        case "diagnosed":
            causes = (body.get("diagnosis") or {}).get("causes") or ()
            if not causes:
                return "Diagnosed; no cause stood out"
            return f"Diagnosed. {_upper(str(causes[0]['verdict']))}: {causes[0]['summary']}"
        case "linked":
            return "Linked to an older incident that concerns the same resources"
        case "undelivered":
            return f"A message could not be delivered ({body.get('row', '')}): {body.get('why', '')}"
        case "notice.sent":
            return "A notice to the customer was sent"
        case "unheard":
            return "Slack did not take a page: the operators were told"
        case "remedy.proposed":
            return f"Proposed: {'; '.join(map(str, body.get('remedies') or ()))}"[:400]
        case kind if kind.startswith("remedy."):
            state = str(body.get("state") or kind.partition(".")[2]).lower().replace("_", " ")
            return f"The action '{body.get('remedy', '')}' is {state}{_note(body)}"[:400]
        case "case.open" | "case.follow":
            named = f"{body.get('reference') or ''} {body.get('status') or body.get('state') or ''}".strip()
            return f"AWS Support case: {named}"[:400]
        case kind if kind in SILENT:
            return ""
        case kind:
            return f"{_upper(kind.replace('.', ' ').replace('_', ' '))}{_note(body)}"[:400]


def _note(body: dict[str, Any]) -> str:
    note = body.get("note") or body.get("text") or ""
    return f": {note}" if note else ""


def _change(mark: str) -> str:
    name, _, value = mark.partition("=")
    return CHANGES.get(name, name.replace("_", " ")).format(value=value)


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def _read(body: str) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
