"""A dashboard's body, read as the console reads it. Pure: text in, widgets out, whatever the text is.

Source: Amazon CloudWatch API Reference, "Dashboard Body Structure and Syntax": the array of each metric is namespace,
name, dimension names and values, and last an object of options; `.` repeats the element at the same place of the metric
before, `...` all elements that are not given after it. People write bodies by hand: what is not understood is said.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

PERIODS = (1, 5, 10, 20, 30)  # beside the multiples of 60
STATISTIC = re.compile(
    r"Average|Sum|Minimum|Maximum|SampleCount|IQM|p(\d{1,2}(\.\d{1,10})?|100)|(tm|tc|ts|wm)\d{1,2}(\.\d{1,10})?"
    r"|(PR|TM|TC|TS|WM)\([\d.:%]+\)"
)
SOURCE = re.compile(r"SOURCE\s+((?:'[^']*'\s*(?:\||,)?\s*(?:SOURCE\s+)?)+)", re.IGNORECASE)
KNOWN = frozenset({"metric", "log", "alarm", "text", "explorer", "custom", "chart", "trace"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One series of a metric widget. `region` and `account` are empty where they are the dashboard's own."""

    namespace: str
    name: str
    dimensions: tuple[tuple[str, str], ...] = ()
    stat: str = "Average"
    period: int = 300
    region: str = ""
    account: str = ""
    id: str = ""

    @property
    def subject(self) -> str:
        """For people: `AWS/ECS CPUUtilization (ClusterName prod, ServiceName web)`."""
        of = ", ".join(f"{name} {value}" for name, value in self.dimensions)
        return f"{self.namespace} {self.name}" + (f" ({of})" if of else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Formula:
    """One expression of a metric widget."""

    expression: str
    id: str = ""
    period: int = 300
    region: str = ""
    account: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Explorer:
    """A metrics explorer widget: metrics of all resources of some types that carry some tags."""

    metrics: tuple[tuple[str, str], ...] = ()  # (resource type, metric name)
    labels: tuple[tuple[str, str], ...] = ()  # (tag key, value; empty: any)


@dataclass(frozen=True, slots=True, kw_only=True)
class Widget:
    """One widget. `number` counts from 1; `problems` are sentences on what is not understood in it."""

    number: int
    kind: str
    title: str = ""
    series: tuple[Shown, ...] = ()
    formulas: tuple[Formula, ...] = ()
    alarms: tuple[str, ...] = ()  # ARNs
    groups: tuple[str, ...] = ()  # log groups of its query
    region: str = ""
    explorer: Explorer | None = None
    problems: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """What people call it."""
        return self.title or f"{self.kind} widget {self.number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """A dashboard. `problem`: why nothing of it could be read."""

    widgets: tuple[Widget, ...] = ()
    problem: str = ""


def read(body: str) -> Board:
    """Read a dashboard's body. Never raises."""
    try:
        raw = json.loads(body)
    except (ValueError, RecursionError) as error:
        return Board(problem=f"its body is no JSON: {error}"[:200])
    widgets = raw.get("widgets") if isinstance(raw, dict) else None
    if not isinstance(widgets, list):
        return Board(problem="its body holds no list of widgets")
    return Board(widgets=tuple(_widget(n, one) for n, one in enumerate(widgets, 1)))


def _widget(number: int, raw: Any) -> Widget:
    if not isinstance(raw, dict):
        return Widget(number=number, kind="unknown", problems=("it is no object",))
    kind = raw.get("type")
    properties = raw.get("properties")
    if not isinstance(kind, str) or not kind:
        return Widget(number=number, kind="unknown", problems=("it has no type",))
    if not isinstance(properties, dict):
        return Widget(number=number, kind=kind, problems=("it has no properties",))
    title, region = _text(properties.get("title")), _text(properties.get("region"))
    if kind == "metric":
        return _metric(number, title, properties)
    if kind == "log":
        groups = tuple(found for part in SOURCE.findall(_text(properties.get("query"))) for found in _quoted(part))
        return Widget(number=number, kind=kind, title=title, region=region, groups=tuple(dict.fromkeys(groups)))
    if kind == "alarm":
        arns = _arns(properties.get("alarms"))
        problems = () if arns else ("it shows no alarm",)
        return Widget(number=number, kind=kind, title=title, region=region, alarms=arns, problems=problems)
    if kind == "explorer":
        return Widget(number=number, kind=kind, title=title, region=region, explorer=_explorer(properties))
    problems = () if kind in KNOWN else (f"its type {kind[:40]!r} is not known here",)
    return Widget(number=number, kind=kind, title=title, region=region, problems=problems)


def _metric(number: int, title: str, properties: dict[str, Any]) -> Widget:
    series: list[Shown] = []
    formulas: list[Formula] = []
    problems: list[str] = []
    before: list[Any] = []
    rows = properties.get("metrics")
    for place, row in enumerate(rows if isinstance(rows, list) else [], 1):
        if not isinstance(row, list) or not row:
            problems.append(f"its metric {place} is no list")
            continue
        options = row[-1] if isinstance(row[-1], dict) else {}
        words = row[:-1] if isinstance(row[-1], dict) else row
        settings = properties | options
        if isinstance(options.get("expression"), str):
            formulas.append(
                Formula(
                    expression=options["expression"],
                    id=_text(options.get("id")),
                    period=_period(settings.get("period")),
                    region=_text(settings.get("region")),
                    account=_text(settings.get("accountId")),
                )
            )
            continue
        words = expand(words, before)
        before = words
        if why := _wrong(words):
            problems.append(f"its metric {place} {why}")
            continue
        stat = _text(settings.get("stat")) or "Average"
        if not STATISTIC.fullmatch(stat):
            problems.append(f"its metric {place} asks for the statistic {stat[:40]!r}, which there is not")
            continue
        series.append(
            Shown(
                namespace=words[0],
                name=words[1],
                dimensions=tuple(zip(words[2::2], words[3::2], strict=True)),
                stat=stat,
                period=_period(settings.get("period")),
                region=_text(settings.get("region")),
                account=_text(settings.get("accountId")),
                id=_text(options.get("id")),
            )
        )
    annotations = properties.get("annotations")
    alarms = _arns(annotations.get("alarms")) if isinstance(annotations, dict) else ()
    if not rows and not alarms:
        problems.append("it shows no metric")
    return Widget(
        number=number,
        kind="metric",
        title=title,
        series=tuple(series),
        formulas=tuple(formulas),
        alarms=alarms,
        region=_text(properties.get("region")),
        problems=tuple(problems),
    )


def expand(words: list[Any], before: list[Any]) -> list[Any]:
    """`.` and `...` filled in from the metric before."""
    if words and words[0] == "...":
        given = words[1:]
        words = [*before[: max(0, len(before) - len(given))], *given]
    return [before[n] if word == "." and n < len(before) else word for n, word in enumerate(words)]


def _wrong(words: list[Any]) -> str:
    """What is wrong with a metric's array; empty if nothing is."""
    if not all(isinstance(word, str) and word for word in words):
        return "holds something that is no text"
    if "." in words or "..." in words:
        return "repeats what the metric before it does not have"
    if len(words) < 2:
        return "names no metric"
    if len(words) % 2:
        return "has a dimension without a value"
    if len(words) > 62 or len(words[0]) > 255 or len(words[1]) > 255:
        return "is longer than a metric can be"
    return ""


def _explorer(properties: dict[str, Any]) -> Explorer:
    metrics, labels = properties.get("metrics"), properties.get("labels")
    return Explorer(
        metrics=tuple(
            (_text(one.get("resourceType")), _text(one.get("metricName")))
            for one in (metrics if isinstance(metrics, list) else ())
            if isinstance(one, dict) and one.get("metricName")
        ),
        labels=tuple(
            (_text(one.get("key")), _text(one.get("value")))
            for one in (labels if isinstance(labels, list) else ())
            if isinstance(one, dict) and one.get("key")
        ),
    )


def _arns(raw: Any) -> tuple[str, ...]:
    return tuple(one for one in raw if isinstance(one, str) and one) if isinstance(raw, list) else ()


def _quoted(text: str) -> list[str]:
    return re.findall(r"'([^']*)'", text)


def _period(raw: Any) -> int:
    """A period that CloudWatch takes."""
    if not isinstance(raw, int) or isinstance(raw, bool) or raw <= 0 or raw > 30 * 86400:
        return 300
    return raw if raw in PERIODS or raw % 60 == 0 else -(-raw // 60) * 60


def _text(raw: Any) -> str:
    return raw if isinstance(raw, str) else ""
