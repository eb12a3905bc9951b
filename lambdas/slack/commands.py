"""What people type after `/tocsin`, and what they read then. Pure: text in, `Command` or text out.

status · oncall · ack <id> · silence <service or alarm> <duration> [reason] · silences · unsilence <id>
review <kind> [date] · help
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from lambdas.incidents.orders import RESPOND
from lambdas.slack.messages import LEVELS, contact
from lambdas.slack.text import clean, clock, code, duration, escape, person

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from lambdas.incidents.model import Incident, Quiet
    from lambdas.settings import Contact

SHOWN = 25  # incidents; the rest is counted
HELP = """*What `/tocsin` understands*
`/tocsin` or `/tocsin status`: open incidents, the most severe first, and who holds them
`/tocsin oncall`: who is on call at each level
`/tocsin ack &lt;id&gt;`: acknowledge; the end of an id is enough, e.g. `ack 3f9a1c20`
`/tocsin silence &lt;service or alarm&gt; &lt;duration&gt; [sev1] [reason]`: \
e.g. `silence checkout 2h load test`; `*` stands for any text; Severity 1 breaks through unless `sev1` is said
`/tocsin silences`: what is silenced, by whom, until when
`/tocsin unsilence &lt;id&gt;`: end a silence
`/tocsin review &lt;kind&gt; [date]`: a routine review now: daily, hourly, weekly, monthly or quarterly, e.g. \
`review weekly 2026-11-27`
`/tocsin help`: this"""
RIGHTS: Mapping[str, str] = {  # word → the right that it needs
    "help": "",
    "status": RESPOND,
    "oncall": RESPOND,
    "ack": RESPOND,
    "silence": RESPOND,
    "silences": RESPOND,
    "unsilence": RESPOND,
    "review": RESPOND,
}
REVIEWS = {"morning": "daily", "performance": "hourly", "capacity": "weekly"}  # as people call them
SYNONYMS = {"": "status", "on-call": "oncall", "acknowledge": "ack", "?": "help"}
LONGEST = 7 * 24 * 60  # minutes that a silence may last
_DURATION = re.compile(r"(\d{1,5})\s?(m|min|minutes?|h|hours?|d|days?)?", re.ASCII)
_MINUTES = {"m": 1, "h": 60, "d": 24 * 60}


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One understood command.

    Attributes:
        word: one of RIGHTS.
        name: what it is about: an id, a service, an alarm, a kind of review.
        minutes: for `silence`.
        rest: the reason, or the review's date.
        severity_1: whether a silence keeps Severity 1 quiet, too.
    """

    word: str
    name: str = ""
    minutes: int = 0
    rest: str = ""
    severity_1: bool = False


def parse(text: str) -> Command | str:
    """Read what was typed. A string is what to tell the person who typed something else."""
    words = clean(text, 1000).split()
    first = words[0].lower() if words else ""
    word, rest = SYNONYMS.get(first, first), words[1:]
    if word not in RIGHTS:
        return f"I do not know {code(first, 60)}.\n{HELP}"
    if word in {"ack", "unsilence"}:
        if len(rest) != 1:
            return f"Please name one: `/tocsin {word} &lt;id&gt;`."
        return Command(word=word, name=rest[0].strip("`"))
    if word == "silence":
        return _silence(rest)
    if word == "review":
        if not 1 <= len(rest) <= 2:
            return "Please name one: `/tocsin review &lt;kind&gt; [date]`, e.g. `/tocsin review morning`."
        kind = rest[0].lower()
        return Command(word=word, name=REVIEWS.get(kind, kind), rest=rest[1] if len(rest) > 1 else "")
    return Command(word=word)


def _silence(words: list[str]) -> Command | str:
    """`<name, may have spaces> <duration> [reason]`: the first word that is a duration parts them."""
    for at, word in enumerate(words[1:], 1):
        if (minutes := minutes_of(word)) is not None:
            if not 1 <= minutes <= LONGEST:
                return f"A silence may last from one minute to {LONGEST // (24 * 60)} days."
            name, reason = " ".join(words[:at]).strip('`"'), words[at + 1 :]
            severity_1 = bool(reason) and reason[0].lower() == "sev1"
            rest = " ".join(reason[1:] if severity_1 else reason)
            return Command(word="silence", name=name, minutes=minutes, rest=rest[:300], severity_1=severity_1)
    return "Please say what, and for how long, e.g. `/tocsin silence checkout 2h load test`."


def minutes_of(word: str) -> int | None:
    """`30m`, `2h`, `1d`; None for anything else. A bare number is none: of what would it be?"""
    found = _DURATION.fullmatch(word.lower())
    return int(found[1]) * _MINUTES[found[2][0]] if found and found[2] else None


def status(incidents: Iterable[Incident], gathered: int, now: int) -> str:
    """The open incidents, as they were given: most severe first. `gathered`: how many more a storm holds."""
    found = list(incidents)
    if not found:
        return "✅ No open incident."
    lines = [f"*{len(found)} open incident{'s' if len(found) > 1 else ''}*"]
    for incident in found[:SHOWN]:
        held = f"👀 {person(incident.acknowledged_by)}" if incident.acknowledged_by else "⚠️ nobody has acknowledged it"
        state = " · recovering" if incident.status == "RECOVERING" else ""
        level = f" · level {incident.level}" if incident.level > 1 else ""
        lines.append(
            f"*Sev {incident.judged.severity}* {code(incident.id, 60)} {escape(incident.judged.service, 120)}: "
            f"{escape(incident.judged.impact, 200)} · {duration(now - incident.opened_at)}{state}{level} · {held}"
        )
    if len(found) > SHOWN:
        lines.append(f"… and {len(found) - SHOWN} more")
    if gathered:
        lines.append(f"🌩️ {gathered} more are gathered by a storm; its thread lists them")
    return "\n".join(lines)


def silences(found: Iterable[Incident], now: int, rules: Iterable[Mapping[str, Any]] = ()) -> str:
    """What is kept quiet, the next to end first; then what CloudWatch's own mute rules (ListAlarmMuteRules) keep so."""
    lines = [f"• {code(silence.id, 90)} {_quiet(silence.quiet, now)}" for silence in found if silence.quiet]
    for rule in rules:
        name = str(rule.get("AlarmMuteRuleArn", "")).rpartition(":alarm-mute-rule:")[2]
        until = (
            f", until {clock(rule['ExpireDate'].timestamp(), '{date_short_pretty} {time}')}"
            if rule.get("ExpireDate")
            else ""
        )
        lines.append(f"• CloudWatch's own mute rule {code(name, 90)}{until}: its alarms send nothing now")
    return "\n".join(["*Silenced*", *lines]) if lines else "🔔 Nothing is silenced."


def silenced(silence: Incident, now: int) -> str:
    """What was begun, for the person who did."""
    return f"🔕 {code(silence.id, 90)} {_quiet(silence.quiet, now)}" if silence.quiet else "Nothing was silenced."


def _quiet(quiet: Quiet, now: int) -> str:
    what = ", ".join(code(pattern, 120) for pattern in dict.fromkeys((*quiet.services, *quiet.alarms))) or "everything"
    left = f"until {clock(quiet.end, '{date_short_pretty} {time}')} ({duration(quiet.end - now)})"
    who = f"maintenance window {code(quiet.window, 80)}" if quiet.window else f"by {person(quiet.by)}"
    breaks = "Severity 1 too" if quiet.severity_1 else "Severity 1 breaks through"
    why = f": {escape(quiet.reason, 300)}" if quiet.reason else ""
    return f"{what} {left}, {who}; {breaks}{why}"


def on_call(people: Mapping[int, tuple[Contact, ...]], now: int, time_zone: str, trouble: str = "") -> str:
    """Who is on call, by level. Names, not mentions alone: nobody is paged by a question."""
    at = datetime.fromtimestamp(now, ZoneInfo(time_zone))
    lines = [f"*On call* ({at:%Y-%m-%d %H:%M} {escape(time_zone, 60)})"]
    for level, those in people.items():
        names = ", ".join(_named(each) for each in those) or "nobody is configured"
        lines.append(f"Level {level}, {LEVELS[level]}: {names}")
    if trouble:
        lines.append(f"⚠️ {escape(trouble, 200)}")
    return "\n".join(lines)


def _named(known: Contact) -> str:
    reach = [escape(way, 100) for way in (known.phone, known.email) if way]
    name = escape(known.name, 100)
    shown = f"{name} ({contact(known)})" if known.slack else name
    return f"{shown} {' '.join(reach)}".strip()
