"""Writes an incident's post-mortem: into the bucket of documents, and as a file into the thread; then its cause's page.

It is work for `respond`: the chart is drawn again for it. What is written is written again where it was written
before; the thread is looked at for the file before it gets one.
"""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING

from lambdas.diagnosis.chart import Chart, draw
from lambdas.errors import SlackBusy, SlackError
from lambdas.postmortem.document import Case, document, summary
from lambdas.postmortem.kept import Kept
from lambdas.postmortem.knowledge import RECURS, article
from lambdas.postmortem.people import People
from lambdas.postmortem.places import address, folder, page, postmortem
from lambdas.postmortem.story import story
from lambdas.slack import files
from lambdas.slack.text import code, escape, link

if TYPE_CHECKING:
    from lambdas.house import House
    from lambdas.incidents.model import Incident
    from lambdas.incidents.past import Past
    from lambdas.incidents.store import Claim, Timeline

LEASE = 180  # seconds that it is ours; longer than the function may run
WAIT = 60  # seconds to the next try, times the attempts so far
TRIES = 5
PICTURE = "chart.png"
MARKDOWN = "text/markdown; charset=utf-8"

log = logging.getLogger("tocsin")


def deliver(house: House, id_: str) -> None:
    """Write what is due of one incident."""
    for post in [post for post in house.store.unsent(id_) if post.kind == "postmortem"]:
        claim = house.store.claim(id_, post, int(house.clock()), LEASE)
        incident = house.store.incident(id_)
        if claim is None or incident is None:
            continue
        try:
            reference = write(house, claim, incident)
        except SlackBusy as error:
            house.store.release(claim, int(house.clock()), int(error.retry_after) + 1)
        except Exception as error:
            log.exception("no post-mortem yet", extra={"incident": id_, "attempt": claim.attempt})
            if claim.attempt < TRIES:
                house.store.release(claim, int(house.clock()), WAIT * claim.attempt)
            else:
                _give_up(house, claim, incident, type(error).__name__)
        else:
            house.store.sent(claim, reference)


def write(house: House, claim: Claim, incident: Incident) -> str:
    """Write the documents and show them. Returns the post-mortem's key, where there is a bucket.

    Raises:
        SlackError: the thread could not be told.
        ClientError, BotoCoreError: the bucket refused.
    """
    rows = house.store.timeline(incident.id)
    picture, chart = _picture(house, rows)
    case = _case(house, incident, rows, chart if picture else None)
    text = document(case)
    bucket = house.settings.documents
    key = postmortem(incident.id, incident.opened_at) if bucket else ""
    if bucket:
        put = house.aws.s3.put_object
        if picture:
            place = folder(incident.id, incident.opened_at) + PICTURE
            put(Bucket=bucket, Key=place, Body=picture, ContentType="image/png")
        put(Bucket=bucket, Key=key, Body=text.encode(), ContentType=MARKDOWN)
        _learn(house, incident, case)
    _show(house, claim, case, text, key)
    return key


def _case(house: House, incident: Incident, rows: list[Timeline], chart: Chart | None) -> Case:
    def others(found: list[Past]) -> list[Past]:
        return [past for past in found if past.incident != incident.id]

    head = incident.headline
    return Case(
        incident=incident,
        moments=story(rows, People(house.settings)),
        kept=_kept(rows),
        settings=house.settings,
        now=int(house.clock()),
        same_cause=others(house.store.past(cause=head.cause)) if head else (),
        same_resource=others(house.store.past(target=incident.judged.target)),
        chart=PICTURE if chart else "",
        alt=chart.alt if chart else "",
        parts=house.store.children(incident.id) if incident.kind == "storm" else (),
    )


def _kept(rows: list[Timeline]) -> Kept | None:
    """The last diagnosis that the timeline holds."""
    bodies = (json.loads(row.body).get("diagnosis") for row in reversed(rows) if row.kind == "diagnosed")
    return next((Kept.of(body) for body in bodies if body), None)


def _picture(house: House, rows: list[Timeline]) -> tuple[bytes, Chart | None]:
    """The chart, drawn again; none where it cannot be: a document goes without rather than not at all."""
    bodies = (json.loads(row.body).get("chart") for row in reversed(rows) if row.kind == "diagnosed")
    kept = next((Chart(**body) for body in bodies if body), None)
    if kept is None:
        return b"", None
    try:
        return draw(house.observe(), kept.widget), kept
    except Exception:
        log.exception("no chart in the post-mortem")
        return b"", None


def _learn(house: House, incident: Incident, case: Case) -> None:
    """Write the cause's page anew, once it has come more than once."""
    head = incident.headline
    occurrences = house.store.past(cause=head.cause) if head else []
    if head and len(occurrences) >= RECURS:
        text = article(head.cause, head.title, occurrences, house.settings, case.now)
        house.aws.s3.put_object(
            Bucket=house.settings.documents, Key=page(head.cause), Body=text.encode(), ContentType=MARKDOWN
        )


def _show(house: House, claim: Claim, case: Case, text: str, key: str) -> None:
    """The few lines and the file, in the thread; only the lines where Slack takes no file."""
    incident = case.incident
    if not incident.ts:
        raise SlackError("files.completeUploadExternal", "no_root_message", "the root message is not posted yet")
    name = f"{incident.id}-postmortem-{claim.post.reopen}.md"
    if claim.attempt > 1 and files.find(house.slack, incident, name):
        return
    lead, *lines = [escape(line, 600) for line in summary(case)]
    said = "\n".join((f"📄 *Post-mortem:* {lead}", *lines, *_links(house, incident, key)))
    try:
        files.share(house.slack, incident, name, text.encode(), title=f"Post-mortem {incident.id}", comment=said)
    except SlackBusy:
        raise
    except SlackError as error:
        if error.code in {"unreachable", "ratelimited"} and claim.attempt < TRIES:
            raise
        log.warning(
            "Slack takes no file: only its summary is posted", extra={"incident": incident.id, "why": str(error)}
        )
        why = f"\nThe file itself could not be uploaded ({code(error.code, 80)})."
        payload = {"channel": incident.channel, "thread_ts": incident.ts, "text": said + why, "unfurl_links": False}
        house.slack.call("chat.postMessage", payload)


def _links(house: House, incident: Incident, key: str) -> list[str]:
    if not key:
        return []
    region, bucket = house.settings.region, house.settings.documents
    parts = [link(address(region, bucket, key), "in S3 (sign in)")]
    if incident.headline and len(house.store.past(cause=incident.headline.cause)) >= RECURS:
        parts.append(link(address(region, bucket, page(incident.headline.cause)), "knowledge base"))
    return [" · ".join(parts)]


def _give_up(house: House, claim: Claim, incident: Incident, why: str) -> None:
    """Say that there is none: somebody must write it."""
    text = (
        f"⚠️ The post-mortem could not be written: {code(why)}. The runbook asks for one after a Severity "
        f"{incident.judged.severity}; please write it by hand. The error is in the function's log."
    )
    house.store.failed(claim, why)
    house.slack.call("chat.postMessage", {"channel": incident.channel, "thread_ts": incident.ts, "text": text})
