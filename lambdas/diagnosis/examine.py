"""From an incident's alert to its examination: the window, the playbook, and triage again on what was measured."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from lambdas.causes.base import Evidence
from lambdas.checks.base import Look, Window
from lambdas.diagnosis.budget import CALLS
from lambdas.diagnosis.chart import Chart, chart
from lambdas.diagnosis.measure import measured
from lambdas.diagnosis.related import related
from lambdas.diagnosis.runner import diagnose
from lambdas.diagnosis.target import find
from lambdas.incidents.model import Headline
from lambdas.playbooks import playbook_for
from lambdas.playbooks.assessment import assessed
from lambdas.remedies.proposing import eligible, propose
from lambdas.triage.classify import classify

if TYPE_CHECKING:
    from lambdas.alerts.model import Alert
    from lambdas.aws import Aws
    from lambdas.diagnosis.model import Diagnosis
    from lambdas.incidents.model import Remedy
    from lambdas.settings import Settings
    from lambdas.triage.model import Classification

log = logging.getLogger("tocsin")

FIND = 1  # of the calls: what a composite alarm is about
BEFORE = timedelta(hours=3)  # well before the state change: most alarms look at less than an hour
AFTER = timedelta(hours=1)  # an alarm that is replayed days later is looked at as it was, not as it is today


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """What the playbook made of an alert."""

    diagnosis: Diagnosis
    classification: Classification
    chart: Chart | None = None
    related: tuple[str, ...] = ()  # targets whose alarms tell of the same incident
    remedies: tuple[Remedy, ...] = ()  # changes that may be proposed

    @property
    def headline(self) -> Headline:
        """What the incident keeps of it."""
        head = self.diagnosis.headline
        actions = head.judgement.actions
        also = tuple(
            cause.judgement.summary or cause.title
            for cause in self.diagnosis.causes[1:]
            if cause.judgement.verdict in {"confirmed", "likely"} and not cause.effect_of
        )
        return Headline(
            cause=head.id,
            title=head.title,
            verdict=head.judgement.verdict,
            summary=head.judgement.summary or head.title,
            action=actions[0].text if actions else "",
            also=also[:3],
        )


def window(alert: Alert, now: float) -> Window:
    """The time that is looked at: from well before the state change to now, or to an hour after it."""
    moment = max(datetime.fromtimestamp(now, UTC), alert.at)
    return Window(start=alert.at - BEFORE, at=alert.at, end=min(moment, alert.at + AFTER), now=moment)


def examine(alert: Alert, settings: Settings, aws: Aws, now: float, deadline: float) -> Examined:
    """Run the playbook for what the alert is about. `deadline`: seconds that it may take."""
    target = find(alert, aws)
    look = Look(aws=aws, alert=alert, target=target, window=window(alert, now), settings=settings)
    diagnosis = diagnose(look, assessed(playbook_for(target, alert)), deadline=deadline, calls=CALLS - FIND)
    classification = classify(alert, settings, measured(look.found, alert), target)
    drawn = _chart(look, diagnosis)
    return Examined(
        diagnosis=diagnosis,
        classification=classification,
        chart=drawn,
        related=related(look.found, target, diagnosis),
        remedies=_remedies(look, diagnosis),
    )


def _remedies(look: Look, diagnosis: Diagnosis) -> tuple[Remedy, ...]:
    """What may be proposed, where the environment allows any; a defect in it costs the proposal, not the diagnosis."""
    rules = look.settings.remedies
    if rules is None:
        return ()
    evidence = Evidence(alert=look.alert, target=look.target, window=look.window, found=look.found)
    try:
        return eligible(look.aws, propose(diagnosis, evidence, rules, look.aws.region), rules)
    except Exception:
        log.exception("no remedy could be proposed", extra={"alert": look.alert.name})
        return ()


def _chart(look: Look, diagnosis: Diagnosis) -> Chart | None:
    """The chart that goes with it; a defect in it costs the chart, never the diagnosis."""
    try:
        return chart(look.found, look.alert, look.window, diagnosis.causes)
    except Exception:
        log.exception("no chart could be composed", extra={"alert": look.alert.name})
        return None
