"""From a diagnosis to the changes that may be made: what its sure causes make specific, within the environment's rules.

Pure but for one thing: `eligible` reads the tags of what would be changed, so that nobody is offered a button that
would be refused.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from lambdas.checks.base import load
from lambdas.errors import TocsinError
from lambdas.incidents.model import Remedy
from lambdas.remedies.base import KINDS, Case
from lambdas.remedies.doing import kind_of, untagged

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lambdas.alerts.model import Alert
    from lambdas.aws import Aws
    from lambdas.causes.base import Evidence
    from lambdas.diagnosis.model import Diagnosis, Ranked
    from lambdas.remedies.base import Kind, Plan, Value
    from lambdas.settings import Remedies

SURE = ("confirmed", "likely")
MOST = 3  # proposals of one diagnosis: more is no proposal but a menu

log = logging.getLogger("tocsin")


def propose(diagnosis: Diagnosis, evidence: Evidence, rules: Remedies, region: str) -> tuple[Remedy, ...]:
    """The remedies of the causes that are confirmed or likely, best first; each resource and kind once."""
    load("lambdas.remedies")
    case = Case(evidence=evidence, rules=rules, region=region)
    found: dict[str, Remedy] = {}
    for cause in diagnosis.causes:
        for kind, plan in _plans(cause, case):
            made = _remedy(kind, plan, evidence.alert, rules)
            found.setdefault(made.id, made)
    return tuple(found.values())[:MOST]


def _plans(cause: Ranked, case: Case) -> Iterator[tuple[Kind, Plan]]:
    if cause.judgement.verdict not in SURE:
        return
    for action in cause.judgement.actions:
        kind = KINDS.get(action.fix.remedy) if action.fix else None
        if action.fix is None or kind is None or kind.id not in case.rules.allowed or cause.id not in kind.causes:
            continue
        if cause.effect_of and not kind.by_effect:
            continue  # it would treat a symptom
        if plan := kind.changes.propose(action.fix, case):
            yield kind, plan


def _remedy(kind: Kind, plan: Plan, alert: Alert, rules: Remedies) -> Remedy:
    params: dict[str, Value] = dict(plan.at)
    params |= {f"now.{name}": value for name, value in plan.now.items()}
    params |= {f"then.{name}": value for name, value in plan.then.items()}
    return Remedy(
        id=f"{kind.id}:{plan.name}",
        kind=kind.id,
        target=plan.arn,
        title=plan.title,
        now=plan.shown[0],
        then=plan.shown[1],
        params=params,
        cost_a_day=None if plan.cost_a_day is None else round(plan.cost_a_day, 2),
        cost_most=kind.id == "raise_max_capacity",
        metric=metric_of(alert),
        needed=rules.approvals_sev1,
        undo=kind.undo,
    )


def metric_of(alert: Alert) -> dict[str, Value]:
    """What tells whether it helped: the alarm's own metric and level. Nothing for events and for metric math."""
    if alert.kind != "alarm" or len(alert.metrics) != 1 or alert.expression or alert.threshold is None:
        return {}
    metric = alert.metrics[0]
    if not metric.namespace or not metric.name or not alert.comparison.endswith("Threshold"):
        return {}
    held: dict[str, Value] = {
        "namespace": metric.namespace,
        "name": metric.name,
        "stat": metric.statistic or "Average",
        "period": metric.period,
        "comparison": alert.comparison,
        "threshold": alert.threshold,
    }
    if alert.observed is not None:
        held["was"] = alert.observed
    return held | {f"dim.{name}": value for name, value in metric.dimensions.items()}


def eligible(aws: Aws, remedies: Iterable[Remedy], rules: Remedies) -> tuple[Remedy, ...]:
    """Those whose resource carries the tag. Where it cannot be read, nothing is offered: the text action stays."""
    return tuple(remedy for remedy in remedies if _carries(aws, remedy, rules))


def _carries(aws: Aws, remedy: Remedy, rules: Remedies) -> bool:
    try:
        why = untagged(kind_of(remedy).changes.read(aws, remedy).tags, rules)
    except (ClientError, BotoCoreError, TocsinError) as error:
        why = f"its tags could not be read: {error}"
    if why:
        log.info("not proposed", extra={"remedy": remedy.id, "why": why})
    return not why
