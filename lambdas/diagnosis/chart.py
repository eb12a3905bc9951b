"""A chart of the alarm's metric with its threshold and the change points, as CloudWatch draws metric widgets.

`chart` is pure: findings and judgements in, the widget's JSON and its words out. `draw` alone speaks to AWS.
GetMetricWidgetImage fails in GovCloud's regions (CloudWatch API Reference); there the thread goes without.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from lambdas.checks.base import Allow
from lambdas.checks.cloudwatch.alarm import AlarmState
from lambdas.checks.cloudwatch.alarm_metric import ROLE
from lambdas.checks.cloudwatch.metrics import Series
from lambdas.checks.ecs.deployments import Rollout
from lambdas.checks.ecs.services import ServiceState
from lambdas.errors import ChartError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from lambdas.alerts.model import Alert, Metric
    from lambdas.aws import Aws
    from lambdas.checks.base import Found, Window
    from lambdas.diagnosis.model import Ranked

# It takes no resource (Service Authorization Reference, Amazon CloudWatch).
ALLOW = (Allow("cloudwatch:GetMetricWidgetImage"),)
WATCHES = "cloudwatch.alarm_metric"  # the check that saw the metric; where it could not look, there is nothing to draw
MARKS = 4  # vertical lines: more hide the curve
NEAR = timedelta(seconds=90)  # marks closer than that are one
PERIODS = 24  # of the alarm, at least: an hourly metric over three hours is no curve
LABEL = 48  # characters of a mark
WIDTH, HEIGHT = 800, 400  # pixels
LONGEST = 50_000  # characters of the widget; CloudWatch takes 100 KB
LARGEST = 1_000_000  # bytes of the picture
PNG = b"\x89PNG\r\n\x1a\n"
SIGNS = {
    "GreaterThanThreshold": ">",
    "GreaterThanOrEqualToThreshold": "≥",
    "LessThanThreshold": "<",
    "LessThanOrEqualToThreshold": "≤",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """What is to be drawn, and what it shows in words, for who cannot see it."""

    widget: str  # JSON, "Metric Widget Structure and Syntax" of the CloudWatch API Reference
    title: str
    alt: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A moment worth a vertical line."""

    at: datetime
    label: str


def chart(found: Found, alert: Alert, window: Window, causes: Sequence[Ranked]) -> Chart | None:
    """The chart for an alarm; None where there is no metric, or nothing of it was seen."""
    rows = _rows(found, alert)
    seen = [series for series in found.of(Series) if series.role.startswith(ROLE) and series.points]
    if not rows or WATCHES not in found.looked or not (seen or alert.expression):
        return None
    period = timedelta(seconds=max((metric.period for metric in alert.metrics), default=60))
    start = min(window.start, window.at - PERIODS * period)
    chosen = marks(found, window, causes)
    title = _clean(alert.metrics[0].name if alert.metrics and not alert.expression else alert.name, 100)
    widget: dict[str, Any] = {
        "title": title,
        "view": "timeSeries",
        "metrics": rows,
        "start": _iso(start),
        "end": _iso(window.end),
        "timezone": "+0000",
        "width": WIDTH,
        "height": HEIGHT,
        "region": alert.region,
        "annotations": {"vertical": [{"value": _iso(mark.at), "label": mark.label} for mark in chosen]},
    }
    if alert.threshold is not None:
        widget["annotations"]["horizontal"] = [
            {"value": alert.threshold, "label": _threshold(alert), "color": "#d13212"}
        ]
    text = json.dumps(widget)
    if len(text) > LONGEST:
        return None
    day = "" if start.date() == window.end.date() else "%d %b "
    alt = _alt(alert, title, f"{start:%d %b %H:%M} to {window.end:{day}%H:%M} UTC", seen, chosen)
    return Chart(widget=text, title=title, alt=alt)


def marks(found: Found, window: Window, causes: Sequence[Ranked]) -> list[Mark]:
    """The change points, oldest first: the alarm, where the leading cause begins, deployments, suspicious changes."""
    rolled = list(_deployments(found))
    chosen = [Mark(window.at, "ALARM")]
    for mark in (*_causes(causes[:1]), *rolled, *_changes(causes)):
        if len(chosen) == MARKS:
            break
        if mark.at in window and not any(abs(mark.at - other.at) <= NEAR for other in chosen):
            by = next((r for r in rolled if abs(r.at - mark.at) <= NEAR and r.label != mark.label), None)
            chosen.append(Mark(mark.at, _clean(f"{by.label}: {mark.label}" if by else mark.label, LABEL)))
    return sorted(chosen, key=lambda mark: mark.at)


def draw(aws: Aws, widget: str) -> bytes:
    """CloudWatch's picture of a widget.

    Raises:
        ClientError, BotoCoreError: CloudWatch refused or did not answer.
        ChartError: what it sent is no PNG, or too large to be one of ours.
    """
    picture = aws.cloudwatch.get_metric_widget_image(MetricWidget=widget, OutputFormat="png")["MetricWidgetImage"]
    if not picture.startswith(PNG) or len(picture) > LARGEST:
        raise ChartError(f"GetMetricWidgetImage answered {len(picture)} bytes that begin with {picture[:8]!r}")
    return picture


# the curve ------------------------------------------------------------------------------------------------------------


def _rows(found: Found, alert: Alert) -> list[list[Any]]:
    """The alarm's own queries as CloudWatch keeps them; else what its notification says of them."""
    states = [state for state in found.of(AlarmState) if state.name == alert.name and state.queries]
    if states:
        return [_query(query) for query in states[0].queries][:100]
    if not alert.metrics:
        return []
    if not alert.expression:
        return [_metric(alert.metrics[0])]
    inputs = [] if alert.expression.lstrip().upper().startswith("SELECT") else alert.metrics
    shown = [[{"expression": alert.expression, "label": alert.name, "id": "shown"}]]
    return [*([*_metric(metric)[:-1], {**_metric(metric)[-1], "visible": False}] for metric in inputs), *shown]


def _metric(metric: Metric) -> list[Any]:
    options: dict[str, Any] = {"stat": metric.statistic, "period": metric.period}
    if metric.id:
        options["id"] = metric.id
    return [metric.namespace, metric.name, *(part for pair in metric.dimensions.items() for part in pair), options]


def _query(query: Mapping[str, Any]) -> list[Any]:
    """A MetricDataQuery of DescribeAlarms as a row of the widget."""
    options: dict[str, Any] = {"id": query["Id"], "visible": query.get("ReturnData", True)}
    if query.get("Label"):
        options["label"] = query["Label"]
    if query.get("AccountId"):
        options["accountId"] = query["AccountId"]
    if query.get("Expression"):
        return [
            options | {"expression": query["Expression"]} | ({"period": query["Period"]} if query.get("Period") else {})
        ]
    stat = query["MetricStat"]
    dimensions = (part for d in stat["Metric"].get("Dimensions", ()) for part in (d["Name"], d["Value"]))
    options |= {"stat": stat["Stat"], "period": stat["Period"]}
    return [stat["Metric"]["Namespace"], stat["Metric"]["MetricName"], *dimensions, options]


# the marks ------------------------------------------------------------------------------------------------------------


def _causes(causes: Iterable[Ranked]) -> Iterator[Mark]:
    for cause in causes:
        if cause.judgement.since and cause.judgement.verdict in {"confirmed", "likely"}:
            yield Mark(cause.judgement.since, cause.title)


def _deployments(found: Found) -> Iterator[Mark]:
    """Newest first: what was rolled out last is suspected first."""
    rolled = [Mark(r.at, f"deployment {r.task_definition or r.service}") for r in found.of(Rollout) if r.at]
    rolled += [
        Mark(deployment.created_at, f"deployment {deployment.task_definition}")
        for service in found.of(ServiceState)
        for deployment in service.deployments
        if deployment.created_at
    ]
    yield from sorted(rolled, key=lambda mark: mark.at, reverse=True)


def _changes(causes: Sequence[Ranked]) -> Iterator[Mark]:
    """What the diagnosis holds against somebody or something: further causes, then the changes it names as evidence."""
    suspects = [cause for cause in causes if cause.judgement.verdict in {"confirmed", "likely", "possible"}]
    yield from _causes(cause for cause in suspects[1:] if not cause.effect_of)
    for cause in suspects:
        for fact in cause.judgement.evidence:
            if fact.at and fact.source.lower().startswith("cloudtrail"):
                yield Mark(fact.at, fact.text)


# the words ------------------------------------------------------------------------------------------------------------


def _threshold(alert: Alert) -> str:
    return f"threshold {SIGNS.get(alert.comparison, '')} {alert.threshold:g}".replace("  ", " ")


def _alt(alert: Alert, title: str, when: str, seen: list[Series], chosen: list[Mark]) -> str:
    said = [f"{title} of alarm {_clean(alert.name, 200)}, {when}"]
    if seen and not alert.expression:
        values = [value for _, value in seen[0].points]
        said.append(f"between {min(values):.4g} and {max(values):.4g}, last {values[-1]:.4g}")
    if alert.threshold is not None:
        said.append(_threshold(alert))
    if chosen:
        said.append("marked: " + "; ".join(f"{mark.at:%H:%M} {mark.label}" for mark in chosen))
    return ". ".join(said)[:1000]


def _clean(text: str, limit: int) -> str:
    """One line, bounded visibly."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
