"""What the customer is told (runbook, Customer Communication): drafted, decided in the thread, sent to each address.

The words are for people outside the team: what they notice, since when, and what happens next. No internals, no blame,
no resource names beyond the service.
"""

from __future__ import annotations

import json
from html import escape
from typing import TYPE_CHECKING

from lambdas.errors import ChannelError, Unsettled
from lambdas.incidents.model import Drafted, Notice, NoticeSent
from lambdas.incidents.store import Timeline
from lambdas.notify import email
from lambdas.notify.moments import local
from lambdas.notify.rows import Errand
from lambdas.notify.words import Mail
from lambdas.slack.text import clean, duration

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lambdas.house import House
    from lambdas.incidents.model import Event, Incident
    from lambdas.incidents.store import Claim, Row
    from lambdas.settings import Settings

WITHDRAWN = "withdrawn: it was over before anybody decided"


def send(house: House, claim: Claim, incident: Incident) -> str:
    """Do one step on a notice's way. Returns SES's message id where something was sent."""
    errand = Errand.of(claim.post)
    notice = incident.notices.get(errand.notice)
    if errand.do == "draft":
        drafted = draft(incident, errand, house.settings)
        _record(house, incident, Drafted(notice=drafted), f"drafted-{errand.notice}", "notice.drafted")
    elif errand.do == "withdraw":
        if notice and notice.state == "DRAFTED":
            event = NoticeSent(kind=errand.notice, state="DECLINED", status=WITHDRAWN)
            _record(house, incident, event, f"withdrawn-{errand.notice}", "notice.withdrawn")
    elif errand.do == "settle":
        event = settled(errand.notice, house.store.rows(incident.id, "customer"))
        _record(house, incident, event, f"sent-{errand.notice}", "notice.sent")
    elif notice is None or notice.state != "APPROVED":
        raise ChannelError("the notice is not approved", again=False)
    else:
        return email.post(house, errand.to, mail(notice), incident.id)
    return ""


def draft(incident: Incident, errand: Errand, settings: Settings) -> Notice:
    """Write the notice as things stand. It waits for approval, unless the environment says otherwise."""
    subject, text = WORDS[errand.reason](incident, settings)
    state = "APPROVED" if settings.channels.automatic else "DRAFTED"
    by = "automatic" if settings.channels.automatic else ""
    return Notice(kind=errand.notice, subject=subject, text=text, state=state, by=by)  # type: ignore[arg-type] # one of two


def settled(notice: str, rows: Iterable[Row]) -> NoticeSent:
    """What became of all addresses. Raises Unsettled while one of them is still to be tried."""
    ours = [(Errand.of(row.post), row) for row in rows if row.post.body]
    sent = [(errand.to, row) for errand, row in ours if errand.do == "send" and errand.notice == notice]
    if any(row.state in {"PENDING", "CLAIMED"} for _, row in sent):
        raise Unsettled(notice)
    failed = [f"{to}: {row.said}" for to, row in sent if row.state == "FAILED"]
    good = [row.said for _, row in sent if row.state == "SENT"]
    status = f"sent to {len(good)} of {len(sent)} addresses" + (f"; not to {'; '.join(failed)}" if failed else "")
    return NoticeSent(
        kind=notice,
        state="FAILED" if failed or not sent else "SENT",
        reference=" ".join(good)[:500],
        status=status[:900],
    )


def mail(notice: Notice) -> Mail:
    """The notice as an e-mail; what was approved, to the letter."""
    paragraphs = "".join(
        f'<p style="margin:0 0 14px">{escape(part).replace(chr(10), "<br>")}</p>' for part in notice.text.split("\n\n")
    )
    html = (
        '<!doctype html><html><body style="margin:0;padding:24px;font-family:-apple-system,Segoe UI,Roboto,Helvetica,'
        f'Arial,sans-serif;font-size:15px;line-height:1.5;color:#222"><div style="max-width:640px">{paragraphs}</div>'
        "</body></html>"
    )
    return Mail(subject=notice.subject, text=notice.text + "\n", html=html)


# words ----------------------------------------------------------------------------------------------------------------


def _opened(incident: Incident, settings: Settings) -> tuple[str, str]:
    name = _name(incident)
    return (
        f"{name}: we are investigating a {_kind(incident)}",
        _letter(
            incident,
            f"Since {_since(incident, settings)} {_felt(incident)}",
            "Our team was alerted and is working on it. We will write to you again when there is news, and when it is "
            "resolved.",
            "We apologise for the trouble that this causes you.",
        ),
    )


def _update(incident: Incident, settings: Settings) -> tuple[str, str]:
    doing = "We know the cause and are working on the repair." if _known(incident) else "We are still investigating."
    if incident.status == "RECOVERING":
        doing = f"{_name(incident)} is responding normally again; we are watching it before we call this resolved."
    return (
        f"{_name(incident)}: update on the {_kind(incident)}",
        _letter(
            incident,
            f"This is an update on the {_kind(incident)} of {_name(incident)}, which began at "
            f"{_since(incident, settings)}.",
            f"At the moment {_felt(incident)} {doing}" if incident.status != "RECOVERING" else doing,
            "We will write to you again when there is news, and when it is resolved.",
        ),
    )


def _reopened(incident: Incident, settings: Settings) -> tuple[str, str]:  # noqa: ARG001 — as all of them
    return (
        f"{_name(incident)}: the {_kind(incident)} has come back",
        _letter(
            incident,
            f"We told you that {_name(incident)} was working again. The {_kind(incident)} has come back: "
            f"{_felt(incident)}",
            "Our team is working on it. We will write to you again when there is news, and when it is resolved.",
            "We apologise for the trouble that this causes you.",
        ),
    )


def _resolved(incident: Incident, settings: Settings) -> tuple[str, str]:
    over = incident.cleared_at or incident.resolved_at or incident.opened_at
    length = duration(over - incident.opened_at)
    return (
        f"{_name(incident)}: the {_kind(incident)} is resolved",
        _letter(
            incident,
            f"{_name(incident)} has been working normally again since {local(over, settings.time_zone)}. The "
            f"{_kind(incident)} began at {_since(incident, settings)} and lasted {length}.",
            "We are now looking into what has to change so that it does not happen again.",
            "We apologise for the trouble that this caused you, and thank you for your patience.",
        ),
    )


def _maintenance(incident: Incident, settings: Settings) -> tuple[str, str]:
    return (
        f"{_name(incident)}: planned maintenance takes longer than announced",
        _letter(
            incident,
            f"The planned maintenance of {_name(incident)} has not ended in its announced window. Since "
            f"{_since(incident, settings)} {_felt(incident)}",
            "Our team is completing the work. We will write to you again when there is news, and when it is done.",
            "We apologise for the trouble that this causes you.",
        ),
    )


WORDS = {
    "opened": _opened,
    "update": _update,
    "reopened": _reopened,
    "resolved": _resolved,
    "maintenance": _maintenance,
}
"""By reason: how the notice is written."""


def _letter(incident: Incident, *paragraphs: str) -> str:
    return "\n\n".join(("Hello,", *paragraphs, f"Your operations team\nReference: {incident.id}"))


def _name(incident: Incident) -> str:
    return clean(" ".join(incident.judged.service.split()), 80)


def _kind(incident: Incident) -> str:
    return "service outage" if incident.judged.severity == 1 else "service degradation"


def _felt(incident: Incident) -> str:
    """What users notice, and how many of them as far as it was measured."""
    name = _name(incident)
    if incident.judged.severity == 1:
        return f"{name} is not available, or only in part."
    share = incident.judged.affected
    if share is None:
        return f"some users of {name} see errors or slow responses."
    return f"about {share:.0f} % of the requests to {name} fail; the users behind them see errors."


def _since(incident: Incident, settings: Settings) -> str:
    return local(incident.opened_at, settings.time_zone)


def _known(incident: Incident) -> bool:
    return incident.headline is not None and incident.headline.verdict in {"confirmed", "likely"}


def _record(house: House, incident: Incident, event: Event, id_: str, kind: str) -> None:
    """Put it on the timeline, once, and bring on their way the rows that follow."""
    row = Timeline(at=int(house.clock()) * 1000, id=id_, kind=kind, body=json.dumps({"notice": id_}))
    house.deliver(incident.id, house.desk.record(incident.id, event, row))
