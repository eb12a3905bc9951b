"""The post-mortem of one incident, as Markdown. Pure: what is known → the document, and its few lines for the thread.

The runbook asks for one after each Severity 1 and 2: 'Document incident details and resolution steps'. It is written by
the product; what only people know (why it could happen, what they will change) is asked for by name, not made up.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lambdas.incidents.cadence import CADENCE
from lambdas.incidents.past import fixed
from lambdas.notify.moments import local
from lambdas.postmortem.markdown import code, link, safe, table
from lambdas.postmortem.people import People
from lambdas.postmortem.places import address, postmortem
from lambdas.postmortem.words import times
from lambdas.slack.text import duration

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lambdas.incidents.model import Child, Incident, Remedy
    from lambdas.incidents.past import Past
    from lambdas.postmortem.kept import Evidence, FollowUp, Found, Kept
    from lambdas.postmortem.story import Moment
    from lambdas.settings import Settings

PARTS = 50  # of a storm, listed at most
VERDICTS = {
    "confirmed": "Confirmed",
    "likely": "Likely, not confirmed",
    "possible": "Possible, one of several that fit",
}
MONTH = 30 * 24 * 60 * 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """All that a post-mortem is written from."""

    incident: Incident
    moments: Sequence[Moment]
    kept: Kept | None  # the last diagnosis; None: there was none
    settings: Settings
    now: int
    same_cause: Sequence[Past] = ()
    same_resource: Sequence[Past] = ()
    chart: str = ""  # the picture's file name beside the document
    alt: str = ""  # what it shows
    parts: Sequence[Child] = ()  # the incidents that a storm has gathered

    @property
    def over(self) -> int:
        """When the trouble ended."""
        return self.incident.cleared_at or self.incident.resolved_at or self.now

    @property
    def people(self) -> People:
        """Who is who."""
        return People(self.settings)


def document(case: Case) -> str:
    """The whole document."""
    parts = (_head, _summary, _impact, _targets, _timeline, _causes, _actions, _follow_ups, _similar, _open_questions)
    return "\n\n".join("\n".join(part(case)) for part in parts) + "\n"


def summary(case: Case) -> list[str]:
    """Its few lines for the thread, plain."""
    incident = case.incident
    length = duration(case.over - incident.opened_at)
    began = local(incident.opened_at, case.settings.time_zone)
    lines = [
        f"{incident.judged.service}, Severity {incident.judged.severity}: {length} from {began}.",
        f"Root cause: {_root_cause(case)}",
    ]
    for what, took, target, good in _times(case):
        lines.append(f"{what}: {took or 'never'} ({'within' if good else 'beyond'} the target of {target})")
    if count := len(case.same_cause):
        last = case.same_cause[0].incident
        lines.append(f"The same cause was there {times(count)} before in the last 400 days, last in {last}.")
    return lines


# parts ----------------------------------------------------------------------------------------------------------------


def _head(case: Case) -> Iterator[str]:
    incident, settings = case.incident, case.settings
    yield f"# Post-mortem: {safe(incident.judged.service, 120)}, Severity {incident.judged.severity}"
    yield ""
    yield from table(
        ("", ""),
        [
            ("Incident", code(incident.id)),
            ("Environment", safe(f"{settings.customer} {settings.environment}, {settings.account}, {settings.region}")),
            ("Began", local(incident.opened_at, settings.time_zone)),
            ("Over", f"{local(case.over, settings.time_zone)}, after {duration(case.over - incident.opened_at)}"),
            ("Reopened", times(incident.reopen) if incident.reopen else "no"),
            ("Written", f"{local(case.now, settings.time_zone)}, by Tocsin from its own records"),
        ],
    )


def _summary(case: Case) -> Iterator[str]:
    yield "## Summary"
    yield ""
    yield f"**Root cause:** {safe(_root_cause(case))}"
    yield ""
    yield f"**What ended it:** {safe(fixed(case.incident))}"
    yield ""
    yield f"**Prevention:** {safe(case.incident.prevention) or 'not said yet'}"


def _impact(case: Case) -> Iterator[str]:
    judged = case.incident.judged
    yield "## Impact"
    yield ""
    yield f"- {safe(judged.impact)}"
    share = judged.affected
    yield (
        f"- Requests that failed: {share:.1f} % when it was measured."
        if share is not None
        else "- How many users were affected was not measured."
    )
    yield f"- Scope: {safe(judged.scope)}. Alert tier: {safe(judged.tier)}."
    told = [n for id_, n in case.incident.notices.items() if id_.startswith("customer") and n.state == "SENT"]
    yield f"- The customer was told {times(len(told))}." if told else "- The customer was not told by this product."
    yield from (f"- {safe(reason)}" for reason in judged.why)
    if case.parts:
        yield ""
        yield f"A storm of {len(case.parts)} incidents:"
        yield ""
        worst = sorted(case.parts, key=lambda part: (part.severity, part.at))
        yield from (
            f"- {code(part.id)} Severity {part.severity}, {safe(part.service, 100)}: {safe(part.impact, 200)}"
            for part in worst[:PARTS]
        )
        if len(worst) > PARTS:
            yield f"- … and {len(worst) - PARTS} more"
    if case.chart:
        yield ""
        yield f"![{safe(case.alt or 'The metric of the alarm', 500)}]({case.chart})"


def _targets(case: Case) -> Iterator[str]:
    yield "## Against the runbook's targets"
    yield ""
    rows = [
        (what, took or "never", target, "met" if good else "**missed**") for what, took, target, good in _times(case)
    ]
    yield from table(("", "took", "target", ""), rows)
    incident = case.incident
    yield ""
    who = case.people.name(incident.acknowledged_by) if incident.acknowledged_at else "nobody"
    yield f"Acknowledged by {safe(who)}. Highest escalation level: {incident.level}."


def _times(case: Case) -> list[tuple[str, str, str, bool]]:
    """What, how long it took (empty: it never happened), the target, whether that was met."""
    incident, promised = case.incident, CADENCE[case.incident.judged.severity]
    seen = incident.acknowledged_at
    to_see = None if seen is None else max(0, seen - incident.detected_at)
    to_end = case.over - incident.opened_at
    return [
        (
            "Time to acknowledge",
            duration(to_see) if to_see is not None else "",
            duration(promised.response),
            to_see is not None and to_see <= promised.response,
        ),
        ("Time to resolve", duration(to_end), duration(promised.target), to_end <= promised.target),
    ]


def _timeline(case: Case) -> Iterator[str]:
    zone = case.settings.time_zone
    yield "## Timeline"
    yield ""
    yield from table(
        ("when", "what"), [(local(moment.at, zone), safe(moment.text, 600)) for moment in case.moments] or [("", "")]
    )


def _causes(case: Case) -> Iterator[str]:
    yield "## Causes and evidence"
    kept = case.kept
    if kept is None or not (kept.causes or kept.ruled_out or kept.gaps):
        yield ""
        yield "It was over before anything was diagnosed, or the diagnosis failed. Nothing was ruled out."
        return
    zone = case.settings.time_zone
    for found in kept.causes:
        yield ""
        yield f"### {safe(found.title)} ({VERDICTS.get(found.verdict, found.verdict)})"
        yield ""
        yield f"{code(found.id)} {safe(found.summary)}"
        if found.effect_of:
            yield ""
            yield f"An effect of {code(found.effect_of)}, no cause of its own."
        if found.evidence:
            yield ""
            yield from (f"- {_fact(fact, zone)}" for fact in found.evidence)
        if found.would_confirm:
            yield ""
            yield f"What would confirm it: {safe(found.would_confirm)}"
    if kept.ruled_out:
        yield ""
        yield "### Ruled out"
        yield ""
        yield from (f"- {safe(what)}: {safe(why)}" for what, why in kept.ruled_out)
    if kept.gaps:
        yield ""
        yield "### Could not be checked"
        yield ""
        yield from (f"- {safe(what)}: {safe(why) or 'no reason was given'}" for what, why in kept.gaps)


def _fact(fact: Evidence, zone: str) -> str:
    parts = [safe(fact.text)]
    if fact.value:
        parts.append(f"**{safe(fact.value)}**")
    if fact.baseline:
        parts.append(f"(usually {safe(fact.baseline)})")
    if fact.at is not None:
        parts.append(f"at {local(fact.at, zone)}")
    if fact.source:
        parts.append(f"- {link(fact.source, fact.link) if fact.link else safe(fact.source)}")
    return " ".join(parts)


def _actions(case: Case) -> Iterator[str]:
    yield "## Actions taken"
    yield ""
    remedies = list(case.incident.remedies.values())
    done = [remedy for remedy in remedies if remedy.state not in {"PROPOSED", "APPROVED", "DECLINED"}]
    if not done:
        yield "None by this product. What people changed by hand is in the timeline only where they said so."
    for remedy in done:
        yield f"- {_remedy(remedy, case.people)}"
    for remedy in remedies:
        if remedy.state in {"PROPOSED", "DECLINED"}:
            said = "proposed and not decided" if remedy.state == "PROPOSED" else "declined"
            yield f"- Not done ({said}): {safe(remedy.title)}"


def _remedy(remedy: Remedy, people: People) -> str:
    by = ", ".join(safe(people.name(user)) for user in remedy.approvals) or "nobody on record"
    state = {
        "APPLIED": "done, not verified yet",
        "VERIFIED": "done, and it helped",
        "NOT_VERIFIED": "done, and the metric did not follow",
        "FAILED": "failed",
        "UNDO_APPROVED": "done, to be undone",
        "UNDONE": "done and undone",
    }.get(remedy.state, remedy.state.lower())
    note = f" {safe(remedy.note)}" if remedy.note else ""
    return f"{safe(remedy.title)} (from {safe(remedy.now)} to {safe(remedy.then)}), approved by {by}: {state}.{note}"


def _follow_ups(case: Case) -> Iterator[str]:
    yield "## Follow-ups"
    yield ""
    rows = follow_ups(case)
    yield from table(("what", "owner", "how"), rows)


def follow_ups(case: Case) -> list[tuple[str, str, str]]:
    """What is left to do, who owns it, and how; cells of a table.

    The diagnosis' own actions belong to the senior engineer, the paper to operations: whoever the configuration names
    at these levels of the runbook's path, 'unassigned' where that is nobody.
    """
    severity, people = case.incident.judged.severity, case.people
    senior, operations = (safe(people.owner(level, severity, case.now)) for level in (2, 1))
    done = {remedy.title for remedy in case.incident.remedies.values() if remedy.state == "VERIFIED"}
    causes = case.kept.causes if case.kept else ()
    actions = [action for found in causes if not found.effect_of for action in found.actions]
    rows = [(safe(action.text), senior, _how(action)) for action in actions if action.text not in done]
    if case.incident.prevention:
        rows.append((safe(case.incident.prevention), senior, "as said at the resolution"))
    rows.append(("Review this post-mortem with the team, and correct what a machine got wrong", operations, ""))
    if case.kept and case.kept.gaps:
        rows.append(("Close the gaps above: what could not be checked now will not be next time", operations, ""))
    return list(dict.fromkeys(rows))


def _how(action: FollowUp) -> str:
    if action.command and not {"`", "|"} & set(action.command):
        return code(action.command)
    return link("open", action.link) if action.link else ""


def _similar(case: Case) -> Iterator[str]:
    yield "## Similar incidents"
    yield ""
    seen = {past.incident for past in case.same_cause}
    others = [past for past in case.same_resource if past.incident not in seen]
    if not case.same_cause and not others:
        yield "None of the last 400 days had this cause or was about this resource."
        return
    rows = [("cause", past) for past in case.same_cause[:10]] + [("resource", past) for past in others[:10]]
    yield from table(
        ("when", "incident", "same", "lasted", "cause", "what ended it"),
        [
            (
                local(past.opened_at, case.settings.time_zone),
                past_link(past, case.settings),
                same,
                duration(past.over_at - past.opened_at),
                safe(past.said, 300),
                safe(past.fixed, 300),
            )
            for same, past in rows
        ],
    )


def _open_questions(case: Case) -> Iterator[str]:  # noqa: ARG001 — one signature for all parts
    yield "## For people to add"
    yield ""
    yield "- Why could it happen, and why was it not noticed earlier?"
    yield "- What went well, what did not, where were we lucky?"
    yield "- Which follow-up is due when?"


# words ----------------------------------------------------------------------------------------------------------------


def past_link(past: Past, settings: Settings) -> str:
    """An earlier incident, linked to its post-mortem where it has one."""
    if past.severity > 2 or not settings.documents:
        return code(past.incident)
    return link(past.incident, address(settings.region, settings.documents, postmortem(past.incident, past.opened_at)))


def _root_cause(case: Case) -> str:
    if case.incident.root_cause:
        return case.incident.root_cause
    causes: tuple[Found, ...] = case.kept.causes if case.kept else ()
    leading = next((found for found in causes if found.id != "unknown" and not found.effect_of), None)
    if leading is None:
        return "not found; what was looked at is below"
    return f"{leading.summary} ({VERDICTS.get(leading.verdict, leading.verdict).lower()})"
