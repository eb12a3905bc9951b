"""The metrics of a world: finding them, and answering metric queries."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from local.world import metric_math
from local.world.errors import AwsError
from local.world.metric_math import Line, Scope, Value
from local.world.series import Metric

if TYPE_CHECKING:
    from local.world.answer import Call
    from local.world.arns import Arns
    from local.world.world import World

_STATISTICS = re.compile(r"Average|Sum|Minimum|Maximum|SampleCount|p(\d{1,2}(\.\d+)?|100)")
_SEARCH = re.compile(
    r"^\s*SEARCH\(\s*(['\"])(?P<query>.*)\1\s*,\s*(['\"])(?P<stat>\w[\w.]*)\3\s*(?:,\s*(?P<period>\d+)\s*)?\)\s*$"
)
_SCHEMA = re.compile(r"\{([^}]*)\}")


def dimension(arns: Arns, name: str, value: str) -> str:
    """A dimension's value: `lb/prod` and `tg/checkout` become what the load balancer's metrics carry."""
    prefix, slash, rest = value.partition("/")
    if slash and name == "LoadBalancer" and prefix in {"lb", "alb", "nlb"}:
        return f"{'net' if prefix == 'nlb' else 'app'}/{arns.lb_suffix(rest)}"
    if slash and name == "TargetGroup" and prefix == "tg":
        return f"targetgroup/{arns.lb_suffix(rest)}"
    return value


def metrics_of(world: World) -> dict[tuple[str, str, frozenset[tuple[str, str]]], Metric]:
    """Every metric by namespace, name and dimensions."""
    with world.lock:
        known: dict[Any, Metric] | None = world.memory.get("metrics")
        if known is None:
            known = {}
            for spec in world.body.get("cloudwatch", {}).get("metrics", []):
                dims = frozenset((k, dimension(world.arns, k, v)) for k, v in spec.dimensions.items())
                known[spec.namespace, spec.metric, dims] = Metric(
                    spec.namespace, spec.metric, dims, spec.unit, spec.series
                )
            world.memory["metrics"] = known
    return known


def pairs(dimensions: list[dict[str, str]] | None) -> frozenset[tuple[str, str]]:
    """API dimensions → a set."""
    return frozenset((one["Name"], one["Value"]) for one in dimensions or [])


def check_statistic(name: str) -> None:
    """Raises ValidationError for a statistic that the World does not compute."""
    if not _STATISTICS.fullmatch(name):
        raise AwsError("ValidationError", f"The statistic {name} is not supported")


def check_period(period: int) -> None:
    """Raises ValidationError for a period that CloudWatch refuses for standard-resolution metrics."""
    if period not in {1, 5, 10, 20, 30} and (period < 60 or period % 60):
        raise AwsError("ValidationError", f"The period must be 1, 5, 10, 20, 30 or a multiple of 60, not {period}")


def line_of(metric: Metric | None, stat: str, period: int, *, start: datetime, end: datetime, now: datetime) -> Line:
    """A metric's datapoints as timestamp → value; an unknown metric has none."""
    check_statistic(stat)
    check_period(period)
    if metric is None:
        return {}
    return {at.timestamp(): value for at, value in metric.points(stat, max(period, 60), start, end, now)}


class Query:
    """One GetMetricData request: resolves ids in any order, each once."""

    def __init__(self, call: Call) -> None:
        self.world, self.now = call.world, call.now
        self.start, self.end = call.params["StartTime"], call.params["EndTime"]
        if self.start >= self.end:
            raise AwsError("ValidationError", "The parameter StartTime must be less than the parameter EndTime.")
        self.queries = {one["Id"]: one for one in call.params["MetricDataQueries"]}
        if len(self.queries) < len(call.params["MetricDataQueries"]):
            raise AwsError("ValidationError", "The values for parameter Id in MetricDataQueries are not unique.")
        self.lines: dict[str, Value] = {}
        self.labels: dict[str, list[str]] = {}
        self.periods: dict[str, int] = {}
        self.open: set[str] = set()

    def resolve(self, name: str) -> Value:
        """The value of an id."""
        if name in self.lines:
            return self.lines[name]
        if name in self.open:
            raise AwsError("ValidationError", f"Circular reference at id '{name}'")
        self.open.add(name)
        query = self.queries[name]
        if "MetricStat" in query:
            value: Value = self._metric(name, query["MetricStat"])
        elif "Expression" in query:
            value = self._expression(name, query["Expression"])
        else:
            raise AwsError("ValidationError", f"Either MetricStat or Expression is required for id '{name}'")
        self.lines[name] = value
        return value

    def _metric(self, name: str, stat: dict[str, Any]) -> Line:
        asked = stat["Metric"]
        key = (asked.get("Namespace", ""), asked.get("MetricName", ""), pairs(asked.get("Dimensions")))
        self.periods[name] = stat["Period"]
        self.labels[name] = [key[1]]
        found = metrics_of(self.world).get(key)
        return line_of(found, stat["Stat"], stat["Period"], start=self.start, end=self.end, now=self.now)

    def _expression(self, name: str, text: str) -> Value:
        if text.lstrip().upper().startswith("SELECT"):
            raise self.world.failed(f"cloudwatch:GetMetricData: the World does not read Metrics Insights ({text})")
        if search := _SEARCH.match(text):
            return self._search(name, search)
        used = set(re.findall(r"[a-z]\w*", re.sub(r"\"[^\"]*\"|'[^']*'", "", text)))
        everything = "METRICS" in text.upper()
        for other, query in self.queries.items():
            if other != name and (other in used or (everything and "MetricStat" in query)):
                self.resolve(other)
        self.periods[name] = max(
            [self.periods[one] for one in used if one in self.periods] or self.periods.values() or [60]
        )
        self.labels[name] = [name]
        scope = Scope(
            lines=self.lines,
            periods=self.periods,
            times=self._times(self.periods[name]),
            band=self._band,
            metrics=[one for one, query in self.queries.items() if "MetricStat" in query],
        )
        return metric_math.evaluate(text, scope)

    def _times(self, period: int) -> list[float]:
        first = int(self.start.timestamp() // period * period)
        return [float(at) for at in range(first, int(min(self.end, self.now).timestamp()), period)]

    def _search(self, name: str, search: re.Match[str]) -> list[Line]:
        query = search["query"]
        period = int(search["period"] or 300)
        schema = _SCHEMA.search(query)
        parts = [part.strip().strip("\"'") for part in schema[1].split(",")] if schema else []
        rest = _SCHEMA.sub("", query)
        exact = re.findall(r"(\w+)=[\"']?([\w./:-]+)[\"']?", rest)
        words = re.sub(r"\w+=[\"']?[\w./:-]+[\"']?", "", rest).replace('"', " ").split()
        found, labels = [], []
        for (namespace, metric_name, dims), metric in metrics_of(self.world).items():
            keys = dict(dims)
            if parts and (namespace != parts[0] or set(keys) != set(parts[1:])):
                continue
            if any((metric_name if key == "MetricName" else keys.get(key)) != value for key, value in exact):
                continue
            text = " ".join([namespace, metric_name, *keys.values()]).lower()
            if not all(word.lower() in text for word in words):
                continue
            found.append(line_of(metric, search["stat"], period, start=self.start, end=self.end, now=self.now))
            labels.append(" ".join([*keys.values(), metric_name]))
        self.periods[name] = period
        self.labels[name] = labels
        return found

    def _band(self, name: str, width: float) -> list[Line]:
        """The expected band: the same minutes of the week before ± the width times the spread of those values."""
        stat = self.queries[name].get("MetricStat")
        if stat is None:
            raise AwsError("ValidationError", "ANOMALY_DETECTION_BAND needs a metric")
        asked = stat["Metric"]
        key = (asked.get("Namespace", ""), asked.get("MetricName", ""), pairs(asked.get("Dimensions")))
        metric = metrics_of(self.world).get(key)
        given = self.world.memory.get("bands", {}).get(key)
        week = 7 * 86_400
        start, end = (datetime.fromtimestamp(at.timestamp() - week, UTC) for at in (self.start, self.end))
        before = line_of(metric, stat["Stat"], stat["Period"], start=start, end=end, now=self.now)
        spread = given or _spread(list(before.values()))
        upper = {at + week: value + width * spread for at, value in before.items()}
        lower = {at + week: value - width * spread for at, value in before.items()}
        return [lower, upper]

    def results(self, name: str) -> list[tuple[str, Line]]:
        """The lines to return for an id, each with its label."""
        value = self.resolve(name)
        label = self.queries[name].get("Label")
        if isinstance(value, float):
            value = dict.fromkeys(self._times(self.periods.get(name, 60)), value) if value == value else {}  # noqa: PLR0124 # NaN is no datapoint
        lines = value if isinstance(value, list) else [value]
        labels = self.labels.get(name, [name])
        many = len(lines) > 1
        return [
            ((f"{label} {labels[i % len(labels)]}" if label and many else label or labels[i % len(labels)]), line)
            for i, line in enumerate(lines)
        ]


def _spread(values: list[float]) -> float:
    if not values:
        return 0.0
    mean = sum(values) / len(values)
    deviation = (sum((value - mean) ** 2 for value in values) / len(values)) ** 0.5
    return max(float(deviation), abs(mean) * 0.05)
