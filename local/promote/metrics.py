"""GetMetricData's answers as series of a world: explicit points, one list for each statistic."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from local.promote.relative import relative

type Points = dict[int, float]  # epoch seconds → value
type Item = dict[str, Any]

SAME_HOURS = 4 * 3600  # seconds either side of `now`: a diagnosis looks three hours back


@dataclass(slots=True)
class Seen:
    """What was seen of one metric: statistic → period in seconds → points."""

    stats: dict[str, dict[int, Points]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(dict)))


def series(calls: Iterable[Item], now: datetime) -> tuple[list[Item], list[str]]:
    """The `cloudwatch.metrics` of a world, and the expressions whose points belong to no metric.

    Args:
        calls: recorded calls of GetMetricData: `params` and `answer`.
        now: the world's `now`.
    """
    seen: dict[tuple[str, str, tuple[tuple[str, str], ...]], Seen] = {}
    lost: list[str] = []
    for call in calls:
        queries = {query["Id"]: query for query in call["params"]["MetricDataQueries"]}
        for result in call["answer"].get("MetricDataResults", []):
            query = queries[result["Id"]]
            if "MetricStat" not in query:
                if result.get("Values"):
                    lost.append(str(query.get("Expression", "")))
                continue
            stat = query["MetricStat"]
            dimensions = tuple((one["Name"], one["Value"]) for one in stat["Metric"].get("Dimensions", []))
            key = (stat["Metric"]["Namespace"], stat["Metric"]["MetricName"], dimensions)
            points = seen.setdefault(key, Seen()).stats[stat["Stat"]][int(stat["Period"])]
            for at, value in zip(result.get("Timestamps", []), result.get("Values", []), strict=False):
                points[int(at.timestamp())] = value
    return [_metric(key, found, now) for key, found in seen.items()], sorted(set(lost))


def _metric(key: tuple[str, str, tuple[tuple[str, str], ...]], found: Seen, now: datetime) -> Item:
    namespace, name, dimensions = key
    merged = {stat: thin(merge(periods), now) for stat, periods in found.stats.items()}
    lead = "Average" if "Average" in merged else next(iter(merged))
    # An average of one minute is that minute's value. Any other statistic is a series of its own.
    written: Item = {"values": values(merged[lead], now)}
    written["stats"] = {
        stat: {"values": values(points, now)}
        for stat, points in merged.items()
        if stat != "Average" and (stat == lead or points != merged[lead])  # else it follows from the lead's points
    }
    return {
        "namespace": namespace,
        "metric": name,
        "dimensions": dict(dimensions),
        "series": {key: value for key, value in written.items() if value or key == "values"},
    }


def merge(periods: Mapping[int, Points]) -> Points:
    """One line of points from several periods: the finest wins where they overlap.

    A coarse point stands at the first minute of its period. Read back with that period it is itself again.
    """
    kept: Points = {}
    for period in sorted(periods):
        finer = {at // period * period for at in kept}
        kept |= {at: value for at, value in periods[period].items() if at // period * period not in finer}
    return kept


def thin(points: Points, now: datetime) -> Points:
    """All of the last day, and of the days before all of these same hours; of the rest one point in half an hour.

    Baselines are read at these same hours; a week of five-minute points would take a minute to load.
    """
    end, kept, taken = int(now.timestamp()), {}, set()
    for at, value in sorted(points.items()):
        away = abs((end - at + 43_200) % 86_400 - 43_200)  # seconds between the two times of day
        if end - at <= 86_400 or away <= SAME_HOURS or at // 1_800 not in taken:
            kept[at] = value
            taken.add(at // 1_800)
    return kept


def values(points: Points, now: datetime) -> list[list[Any]]:
    """`[[-10m, 3.2], …]`, oldest first, to six digits."""
    return [
        [relative(datetime.fromtimestamp(at, UTC), now), float(f"{value:.6g}")] for at, value in sorted(points.items())
    ]
