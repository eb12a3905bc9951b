"""Severity 1–3, by the runbook's definitions: complete outage, partial degradation, performance with a workaround."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lambdas.triage.thresholds import OUTAGE_SHARE
from lambdas.triage.wording import figure

if TYPE_CHECKING:
    from lambdas.alerts.model import Alert
    from lambdas.triage.measured import Measured
    from lambdas.triage.model import Severity, Tier

_TAGS = ("severity", "sev", "incident-severity", "priority")
_WORDS: Mapping[str, Severity] = {
    "1": 1,
    "2": 2,
    "3": 3,
    "critical": 1,
    "high": 2,
    "medium": 3,
    "moderate": 3,
    "4": 3,
    "5": 3,
    "low": 3,
}
_TAG = re.compile(r"^\s*(?:severity|sev|p|s)?[\s:_-]*([1-5]|critical|high|medium|moderate|low)\b", re.IGNORECASE)
_SAID = re.compile(
    r"\bseverity\s*[:=]?\s*([1-5]|critical|high|medium|moderate|low)\b|\bsev\s*[-:=_ ]?\s*([1-5])\b", re.IGNORECASE
)
_PRIORITY = re.compile(r"(?<![\w.])P([1-5])\b(?![\d.%])")


@dataclass(frozen=True, slots=True)
class Judged:
    """A severity and the sentences that say why."""

    severity: Severity
    why: tuple[str, ...]


def explicit(alert: Alert, tags: Mapping[str, str]) -> tuple[Severity | None, tuple[str, ...]]:
    """Read a severity that somebody wrote: the alarm's tag wins over its description."""
    by_name = {name.strip().lower(): value for name, value in tags.items()}
    ignored: tuple[str, ...] = ()
    for name in _TAGS:
        if name in by_name:
            if found := _TAG.match(by_name[name]):
                return _WORDS[found[1].lower()], (f"The alarm's tag '{name}' says '{by_name[name]}'.",)
            ignored = (f"The alarm's tag '{name}' says '{by_name[name][:50]}', which names no severity: ignored.",)
    if found := _SAID.search(alert.description) or _PRIORITY.search(alert.description):
        word = next(group for group in found.groups() if group)
        return _WORDS[word.lower()], (f"The alarm's description says '{found[0].strip()}'.",)
    return None, ignored


def severity(
    alert: Alert, tier: Tier, measured: Measured, *, unavailable: str = "", provisional: bool = False
) -> Judged:
    """Judge the severity. `unavailable` says what is completely out by the alert itself; empty if nothing is."""
    said, notes = explicit(alert, measured.tags)
    if said is not None:
        return Judged(said, notes)
    if outage := unavailable or _outage(measured):
        return Judged(1, (*notes, f"Severity 1: {outage}, a complete outage."))
    failing = measured.share_5xx
    if tier == "critical":
        limits = "provisional, until the impact is measured" if provisional else "no complete outage is seen"
        share = f"{figure(failing)} % of the requests fail" if failing else "a critical trigger"
        return Judged(2, (*notes, f"Severity 2: {share}; {limits}."))
    if measured.running_tasks is not None and measured.running_tasks < (measured.desired_tasks or 0):
        short = f"{measured.running_tasks} of {measured.desired_tasks} tasks run"
        return Judged(2, (*notes, f"Severity 2: {short}, a partial degradation."))
    if (measured.unhealthy_hosts or 0) > 0:
        return Judged(2, (*notes, f"Severity 2: {measured.unhealthy_hosts} targets are unhealthy."))
    return Judged(3, (*notes, f"Severity 3: a {tier} alert without a measured loss of service."))


def _outage(measured: Measured) -> str:
    failing = measured.share_5xx
    if measured.database_available is False:
        return "the database is not available"
    if measured.nothing_runs:
        return f"0 of {measured.desired_tasks} tasks run"
    if measured.nothing_healthy:
        return f"none of {measured.unhealthy_hosts} targets is healthy"
    if failing is not None and failing >= OUTAGE_SHARE:
        return f"{figure(failing)} % of the requests fail"
    return ""
