"""What an alarm watches: one metric, metric math, an anomaly band, or a Metrics Insights query.

EventBridge and the direct action write `metrics: [{id, metricStat: {metric: {namespace, name, dimensions: {…}}, period,
stat}, expression, label, returnData}]`; SNS writes the same in capitals with `MetricName` and a list of dimensions.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from lambdas.alerts.model import Metric
from lambdas.alerts.values import LIMIT, clip, mapping, sequence, text, whole

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_TRAFFIC = ("requestcount", "invocations", "samplecount", "numberofmessagessent", "count", "processedbytes")
_STATISTICS = {"average": "Average", "sum": "Sum", "minimum": "Minimum", "maximum": "Maximum"}
_STATISTICS |= {
    "samplecount": "SampleCount",
    "avg": "Average",
    "min": "Minimum",
    "max": "Maximum",
    "count": "SampleCount",
}
_SELECT = re.compile(r"^\s*SELECT\s+(\w+)\s*\(\s*\"?([^\")]+?)\"?\s*\)", re.IGNORECASE)
_SCHEMA = re.compile(r"\bFROM\s+(?:SCHEMA\s*\(\s*)?\"?([\w/.\-:]+)\"?", re.IGNORECASE)
_WHERE = re.compile(r"\"?([\w.\-]+)\"?\s*=\s*'([^']*)'")


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """The metrics, the one that matters first, and the compared expression written out (empty: a plain metric)."""

    metrics: tuple[Metric, ...] = ()
    expression: str = ""
    label: str = ""


def statistic(value: object) -> str:
    """Write a statistic as the API does: SNS writes AVERAGE."""
    name = text(value, 50)
    return _STATISTICS.get(name.lower(), name) or "Average"


def dimensions(value: object) -> dict[str, str]:
    """Read dimensions from a map, or from a list of name/value pairs in either spelling."""
    if isinstance(value, dict):
        return {text(name, 300): text(item, 1_100) for name, item in value.items() if text(name)}
    pairs = [{text(k).lower(): v for k, v in mapping(item).items()} for item in sequence(value)]
    return {text(pair.get("name"), 300): text(pair.get("value"), 1_100) for pair in pairs if text(pair.get("name"))}


def watched(queries: object, threshold_id: str = "") -> Watched:
    """Read metric queries in either spelling. `threshold_id` names the anomaly band's expression, if there is one."""
    items = [_lower(mapping(item)) for item in sequence(queries)]
    expressions = {text(i.get("id"), 300): text(i.get("expression")) for i in items if i.get("expression")}
    metrics = [metric for item in items if (metric := _metric(item))]
    shown = [i for i in items if i.get("expression") and i.get("returnData") is not False]
    band = [i for i in shown if text(i.get("id")) == threshold_id or "ANOMALY_DETECTION_BAND" in text(i["expression"])]
    main = next((i for i in shown if i not in band), band[0] if band else None)
    if main is None:
        returned = next((i for i in items if i.get("returnData") and not i.get("expression")), None)
        first = text(returned.get("id")) if returned else ""
        return Watched(metrics=tuple(sorted(metrics, key=lambda m: m.id != first)))
    expression = text(main.get("expression"))
    if selected := _insights(expression, whole(main.get("period"), 60)):
        return Watched(metrics=(selected, *metrics), expression=expression, label=text(main.get("label"), 300))
    expression = _inlined(expression, expressions)
    ordered = _headline_first(metrics, _WORD.findall(expression))
    return Watched(metrics=ordered, expression=expression, label=text(main.get("label"), 300))


def _lower(item: Mapping[str, Any]) -> dict[str, Any]:
    """`MetricStat` and `metricStat` are the same key."""
    return {key[:1].lower() + key[1:]: value for key, value in item.items() if isinstance(key, str)}


def _metric(item: Mapping[str, Any]) -> Metric | None:
    stat = _lower(mapping(item.get("metricStat")))
    inner = _lower(mapping(stat.get("metric")))
    name = text(inner.get("name"), 300) or text(inner.get("metricName"), 300)
    if not name:
        return None
    return Metric(
        namespace=text(inner.get("namespace"), 300),
        name=name,
        dimensions=dimensions(inner.get("dimensions")),
        statistic=statistic(stat.get("stat")),
        period=whole(stat.get("period"), 60),
        unit=text(stat.get("unit"), 50),
        id=text(item.get("id"), 300),
    )


def _insights(expression: str, period: int) -> Metric | None:
    """Read the metric that a Metrics Insights query selects; its WHERE equalities are its dimensions."""
    select, schema = _SELECT.match(expression), _SCHEMA.search(expression)
    if not select or not schema:
        return None
    where = expression.upper().find("WHERE")
    return Metric(
        namespace=schema[1],
        name=select[2].strip(),
        dimensions=dict(_WHERE.findall(expression[where:])) if where >= 0 else {},
        statistic=statistic(select[1]),
        period=period,
    )


def _inlined(expression: str, expressions: Mapping[str, str], depth: int = 4) -> str:
    """Write out the expressions that an expression names: `FILL(e1, 0)` says nothing, `FILL((m1 / m2), 0)` a rate."""
    parts: list[str] = []
    end = 0
    for word in _WORD.finditer(expression):
        inner = expressions.get(word[0])
        if inner and inner != expression and depth and sum(map(len, parts)) < LIMIT:
            parts += [expression[end : word.start()], f"({_inlined(inner, expressions, depth - 1)})"]
            end = word.end()
    return clip("".join((*parts, expression[end:])))


def _headline_first(metrics: Iterable[Metric], words: list[str]) -> tuple[Metric, ...]:
    """Put first the metric that says what is wrong: of `errors / requests` the errors, wherever they stand."""
    found = list(metrics)

    def order(metric: Metric) -> tuple[bool, bool, int]:
        unused = metric.id not in words
        return unused, metric.name.lower() in _TRAFFIC, 0 if unused else words.index(metric.id)

    return tuple(sorted(found, key=order))
