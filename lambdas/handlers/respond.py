"""Alarms and events in, posts out: from SQS (SNS and EventBridge behind it), or straight from an alarm's Lambda action.

People's orders, and work that is due, come through a queue of our own (`lambdas.errands`).

Of a batch, every record is stored and posted before the first is diagnosed. What only diagnosis needs is imported after
that: the first post does not wait for it.
"""

from __future__ import annotations

import functools
import importlib
import json
import logging
import time
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from lambdas.alerts.encode import decode
from lambdas.alerts.parse import parse
from lambdas.alerts.unwrap import unwrap
from lambdas.desk import judged
from lambdas.errands import is_ours, read
from lambdas.errors import TocsinError
from lambdas.house import House, build
from lambdas.incidents.model import OUTWARD, Diagnosed, Proposed
from lambdas.incidents.store import Timeline
from lambdas.settings import Settings, log_level

if TYPE_CHECKING:
    from lambdas.alerts.model import Alert
    from lambdas.alerts.unwrap import Delivery
    from lambdas.desk import Taken
    from lambdas.diagnosis.examine import Examined
    from lambdas.diagnosis.model import Diagnosis
    from lambdas.errands import Errand
    from lambdas.incidents.model import Incident, Post
    from lambdas.recorder.flight import Flight

DEADLINE = 45.0  # seconds for one diagnosis
MARGIN = 20.0  # seconds that must be left of the function's time to begin one
DIAGNOSES = 3  # how often a failing diagnosis is tried before people are told
CHART = 40.0  # seconds that must be left to begin with a chart, which comes last
KEEP = 15.0  # seconds that must be left to record: S3 may need all its tries
MINE = frozenset({"diagnosis", "chart"})  # work that is done here, in this order
WORKERS = {  # other work by its kind: a module with `deliver(house, incident id)`, imported after the first post
    "verify": "lambdas.remedies.verify",
    "postmortem": "lambdas.notify.postmortem",
}
LEASE = 180  # seconds that a diagnosis is ours; longer than the function may run

log = logging.getLogger("tocsin")
log.setLevel(log_level())


@dataclass(slots=True)
class Outcome:
    """What became of one Lambda event."""

    taken: list[Taken] = field(default_factory=list)
    examined: dict[str, Examined] = field(default_factory=dict)  # by incident
    flights: list[Flight] = field(default_factory=list)  # what to record, where the environment records
    failed: list[str] = field(default_factory=list)  # record ids that SQS must bring again
    posted: float = 0.0  # seconds from the start to the last first post
    done: float = 0.0


def handler(event: Any, context: Any) -> dict[str, Any]:
    """AWS calls this. A failed record of a batch is reported to SQS; any other failed event raises, so Lambda retries.

    Returns:
        `{"batchItemFailures": [{"itemIdentifier": message id}]}` (Lambda Developer Guide, "Reporting batch failures").
    """
    house = _house()
    left = context.get_remaining_time_in_millis() / 1000 if context else None
    outcome = respond(event, house, left)
    if left is None or context.get_remaining_time_in_millis() / 1000 > KEEP:
        _keep(outcome.flights, house)
    if outcome.failed and not (isinstance(event, dict) and "Records" in event):
        raise TocsinError("the alert could not be stored: see the log; Lambda tries again")
    return {"batchItemFailures": [{"itemIdentifier": record} for record in outcome.failed]}


@functools.cache
def _house() -> House:
    return build(Settings.from_environ())


def respond(event: Any, house: House, left: float | None = None) -> Outcome:
    """Take, post, then diagnose. `left`: seconds that the function has."""
    started = time.perf_counter()
    outcome = Outcome()
    due: dict[str, tuple[Alert, Delivery] | None] = {}  # incidents to diagnose, and what raised them
    work: list[tuple[str, str]] = []  # other work that was asked for: incident, kind
    ours = is_ours(event, house.settings)
    for errand in _errands(event, house, outcome) if ours else ():
        if errand.kind in MINE:
            due[errand.incident] = None
        else:
            work.append((errand.incident, errand.kind))
    for delivery in () if ours else unwrap(event):
        try:
            taken = _take(delivery, house)
        except Exception:  # a record must not take the others of its batch with it
            log.exception("not stored or not posted; it comes again", extra={"record": delivery.record_id})
            outcome.failed.append(delivery.record_id)
            continue
        outcome.taken.append(taken)
        if taken.incident and any(post.kind == "diagnosis" for post in taken.posts):
            due[taken.incident.id] = (taken.alert, delivery)
    outcome.posted = time.perf_counter() - started
    for taken in outcome.taken:
        if left is None or left - (time.perf_counter() - started) > MARGIN:  # else the rows stay due
            _elsewhere(taken, house)
    for id_, kind in work:
        _work(id_, kind, house)
    for id_, raised in due.items():
        spent = time.perf_counter() - started
        deadline = DEADLINE if left is None else min(DEADLINE, left - spent - MARGIN)
        if deadline > 0:  # else the row stays due, and pulse brings it again
            try:
                _diagnose(id_, raised, house, outcome, deadline)
            except Exception:  # the row stays due, and pulse brings it again
                log.exception("not diagnosed; it comes again", extra={"incident": id_})
    outcome.done = time.perf_counter() - started
    for id_ in due:
        if left is None or left - (time.perf_counter() - started) > CHART:
            _chart(id_, house)
    return outcome


def _take(delivery: Delivery, house: House) -> Taken:
    """Store one alert and post what follows from it."""
    taken = house.desk.take(parse(delivery))
    incident = taken.incident
    log.info("taken", extra={"alert": taken.alert.name, "outcome": taken.outcome, "incident": incident and incident.id})
    if incident:
        house.deliver(incident.id, taken.posts, mine=MINE | OUTWARD, fresh=taken.outcome in {"opened", "noted"})
    for id_, posts in taken.also:
        house.deliver(id_, posts)
    return taken


def _elsewhere(taken: Taken, house: House) -> None:
    """Page people and tell systems outside Slack: after the batch's first posts, for a webhook may take its time."""
    posts = [post for post in taken.posts if post.kind in OUTWARD]
    if taken.incident and posts:
        try:
            house.deliver(taken.incident.id, posts)
        except Exception:
            log.exception("not told elsewhere; the rows stay due", extra={"incident": taken.incident.id})


def _work(id_: str, kind: str, house: House) -> None:
    """Do what is due of one kind of work. It claims its rows itself; what fails stays due, and pulse asks again."""
    if kind not in WORKERS:
        log.error("nobody does this work", extra={"incident": id_, "kind": kind})
        return
    try:
        importlib.import_module(WORKERS[kind]).deliver(house, id_)
    except Exception:
        log.exception("not done; it comes again", extra={"incident": id_, "kind": kind})


def _diagnose(id_: str, raised: tuple[Alert, Delivery] | None, house: House, outcome: Outcome, deadline: float) -> None:
    """Do the incident's due diagnosis, if it is nobody else's."""
    from lambdas.diagnosis.examine import examine  # noqa: PLC0415 — after the first post, on purpose
    from lambdas.postmortem.kept import keep  # noqa: PLC0415 — the same
    from lambdas.recorder.flight import Flight  # noqa: PLC0415 — the same
    from lambdas.recorder.tape import listening  # noqa: PLC0415 — the same
    from lambdas.slack.report import failed, report  # noqa: PLC0415 — the same

    alert, delivery = raised or (None, None)
    for post in [post for post in house.store.unsent(id_) if post.kind == "diagnosis"]:
        claim = house.store.claim(id_, post, house.desk.now, LEASE)
        alert = alert or _last_alert(id_, house)
        incident = house.store.incident(id_)
        if claim is None or alert is None or incident is None:
            continue
        try:
            observe, now = house.observe(), house.clock()
            with listening(observe) as tape:
                examined = examine(alert, house.settings, observe, now, deadline)
        except Exception as error:  # a defect of ours must not leave people waiting for a diagnosis in silence
            log.exception("the diagnosis failed", extra={"incident": id_, "attempt": claim.attempt})
            if claim.attempt < DIAGNOSES:
                house.store.release(claim, house.desk.now, 60)
            else:
                house.poster.attempt(claim, failed(incident, error))
            continue
        outcome.examined[id_] = examined
        chart = examined.chart
        event = Diagnosed(headline=examined.headline, judged=judged(examined.classification), charted=chart is not None)
        row = Timeline(
            at=house.desk.now * 1000,
            id=f"diagnosed-{post.reopen}",
            kind="diagnosed",
            # so that it can be drawn again, and told in the post-mortem
            body=json.dumps(
                {"diagnosis": keep(examined.diagnosis).document()} | ({"chart": asdict(chart)} if chart else {})
            ),
        )
        house.deliver(id_, house.desk.record(id_, event, row), mine=MINE)
        offer = _offer(id_, post, examined, house)  # before the row ends: what dies here is delivered by the clock
        house.poster.attempt(claim, report(incident, examined.diagnosis, _seen_before(incident, examined, house)))
        _count(examined.diagnosis, house)
        house.deliver(id_, house.desk.relate(id_, examined.related))
        house.deliver(id_, offer)
        if house.settings.recordings:
            flight = Flight(
                incident=id_,
                reopen=post.reopen,
                alert=alert,
                delivery=delivery,
                settings=house.settings,
                clock=now,
                tape=tape,
                examined=examined,
            )
            outcome.flights.append(flight)


def _seen_before(incident: Incident, examined: Examined, house: House) -> str:
    """What is known of the cause from earlier incidents. That it cannot be read costs nobody the report."""
    from lambdas.incidents.past import recurs  # noqa: PLC0415 — after the first post, on purpose
    from lambdas.postmortem.knowledge import recurrence  # noqa: PLC0415 — the same

    head = examined.headline
    if head.verdict not in {"confirmed", "likely"} or not recurs(head.cause):
        return ""
    try:
        found = house.store.past(cause=head.cause)
    except Exception:
        log.exception("earlier incidents could not be read", extra={"incident": incident.id})
        return ""
    others = [past for past in found if past.incident != incident.id]
    return recurrence(others, house.settings, house.desk.now)


def _offer(id_: str, post: Post, examined: Examined, house: House) -> tuple[Post, ...]:
    """Propose the changes that the diagnosis makes specific; also an empty offer counts: it withdraws an older one."""
    if house.settings.remedies is None:
        return ()
    row = Timeline(
        at=house.desk.now * 1000,
        id=f"proposed-{post.reopen}",
        kind="remedy.proposed",
        body=json.dumps({"remedies": [remedy.title for remedy in examined.remedies]}),
    )
    return house.desk.record(id_, Proposed(remedies=examined.remedies), row)


def _count(diagnosis: Diagnosis, house: House) -> None:
    """Count which runbook steps looked, for the monthly report. A failure costs only the counting."""
    from lambdas.diagnosis.model import looked  # noqa: PLC0415 — after the first post, on purpose

    try:
        house.store.count_steps(looked(diagnosis), house.desk.now)
    except Exception:
        log.exception("steps not counted")


def _chart(id_: str, house: House) -> None:
    """Take the incident's due chart into its thread. What fails here is logged, and costs nobody anything else."""
    from lambdas.diagnosis.chart import Chart, draw  # noqa: PLC0415 — after the first post, on purpose
    from lambdas.slack.chart import Charts  # noqa: PLC0415 — the same

    def find(reopen: int) -> Chart | None:
        rows = [row for row in house.store.timeline(id_) if row.id == f"diagnosed-{reopen}"]
        kept = [json.loads(row.body).get("chart") for row in rows]
        return next((Chart(**chart) for chart in reversed(kept) if chart), None)

    try:
        Charts(house.store, house.slack, house.clock).deliver(id_, find, lambda widget: draw(house.observe(), widget))
    except Exception:
        log.exception("no chart; its row stays due", extra={"incident": id_})


def _keep(flights: list[Flight], house: House) -> None:
    """Record what was diagnosed, last of all: everything is posted. A failure costs only the recording."""
    if flights:
        from lambdas.recorder.keep import keep  # noqa: PLC0415 — after the first post, on purpose

        keep(flights, house.aws, house.settings.recordings)


def _last_alert(id_: str, house: House) -> Alert | None:
    """The alert that raised an incident last, from its timeline."""
    rows = [row for row in house.store.timeline(id_) if row.kind.endswith((".ALARM", ".INSUFFICIENT_DATA"))]
    return decode(rows[-1].body) if rows else None


def _errands(event: Any, house: House, outcome: Outcome) -> list[Errand]:
    """Obey the people's orders of a batch from our own queue. Returns the work that it asks for."""
    from lambdas.people import obey  # noqa: PLC0415 — no first post comes this way

    work = []
    for record in event["Records"]:
        try:
            errand = read(record)
            if errand.order:
                obey(errand.order, house)
            else:
                work.append(errand)
        except Exception:  # a record must not take the others of its batch with it
            log.exception("not obeyed; it comes again", extra={"record": str(record.get("messageId"))})
            outcome.failed.append(str(record.get("messageId", "")))
    return work
