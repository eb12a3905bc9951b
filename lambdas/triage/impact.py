"""The impact sentence of the initial notification: what was observed, with numbers and units, and for whom."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdas.triage.quantity import is_band, is_math
from lambdas.triage.wording import amount, figure, metric_name, metric_unit

if TYPE_CHECKING:
    from lambdas.alerts.model import Alert
    from lambdas.triage.measured import Measured
    from lambdas.triage.quantity import Quantity

_LIMIT = 300  # characters of somebody else's text in one sentence


def impact(alert: Alert, judged: Quantity | None, measured: Measured) -> str:
    """Say what was observed and whom it touches, e.g. 'CPU 88 % (alarm at 75 %). 3 of 4 tasks run.'."""
    seen = _observed(alert, judged) if alert.kind == "alarm" else _cut(alert.reason or alert.description or alert.name)
    return " ".join((f"{seen[:1].upper()}{seen[1:].rstrip('.')}.", *_touched(measured)))


def _observed(alert: Alert, judged: Quantity | None) -> str:
    if not alert.metrics:
        children = [child.name for child in alert.children if child.state == alert.state]
        if children:
            return _cut(f"composite alarm {alert.name} is in {alert.state} because of {', '.join(children[:5])}")
        return _cut(alert.reason or alert.name)
    metric = alert.metrics[0]
    computed = is_math(alert)
    name = (computed and _cut(str(alert.detail.get("label") or ""))) or metric_name(metric.name)
    if alert.observed is None:
        return f"{name} reported no value ({alert.state}{_missing(alert)})"
    unit, scale = ("", 1.0) if computed else (metric_unit(metric.name, metric.unit), 1.0)
    if judged and judged.unit:
        unit, scale = judged.unit, judged.scale
    limit = ""
    if alert.threshold is not None:
        how = "outside the expected band, limit" if is_band(alert) else "alarm at"
        limit = f" ({how} {amount(alert.threshold * scale, unit)})"
    if judged and judged.shown and judged.family in {"5xx", "4xx", "connections"}:
        return f"{judged.shown}{limit}"
    return f"{name} {amount(alert.observed * scale, unit)}{limit}"


def _missing(alert: Alert) -> str:
    return ", missing data counts as breaching" if alert.missing_data_breaches else ""


def _touched(measured: Measured) -> list[str]:
    said: list[str] = []
    if measured.database_available is False:
        said.append("The database is not available.")
    if measured.running_tasks is not None and measured.desired_tasks is not None:
        said.append(f"{measured.running_tasks} of {measured.desired_tasks} tasks run.")
    if measured.unhealthy_hosts:
        healthy = measured.healthy_hosts or 0
        said.append(f"{healthy} of {healthy + measured.unhealthy_hosts} targets are healthy.")
    if measured.share_5xx:
        said.append(f"{figure(measured.share_5xx)} % of the requests fail.")
    return said


def _cut(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LIMIT else f"{line[:_LIMIT]} …"
