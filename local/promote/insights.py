"""Performance Insights' answers as loads of a world.

PI answers load by one dimension at a time (and statements split by wait). A world holds combinations. They are put
together so that each dimension's own totals come out again: statements carry their waits as PI split them; users and
hosts are spread over them, the largest on the largest. Which user ran which statement is therefore a guess.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from local.promote.metrics import Points, merge, values

type Item = dict[str, Any]
type Key = tuple[tuple[str, str], ...]  # dimensions of one combination

STATEMENT, WAIT = "db.sql_tokenized", "db.wait_event"
SPREAD = ("db.user", "db.host")


@dataclass(slots=True)
class _Database:
    series: dict[Key, dict[int, Points]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(dict)))
    totals: dict[Key, float] = field(default_factory=dict)
    parts: dict[tuple[Key, Key], float] = field(default_factory=dict)  # (statement, wait) → load
    counters: dict[str, dict[int, Points]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(dict)))
    start: float = 0.0  # of the totals' time
    end: float = 0.0


def databases(calls: Iterable[Item], now: datetime) -> list[Item]:
    """The `pi` of a world from recorded calls of DescribeDimensionKeys and GetResourceMetrics."""
    found: dict[str, _Database] = defaultdict(_Database)
    for call in calls:
        database = found[call["params"]["Identifier"]]
        if call["operation"] == "DescribeDimensionKeys":
            _keys(database, call)
        elif call["operation"] == "GetResourceMetrics":
            _metrics(database, call)
    return [
        {
            "identifier": name,
            "load": [
                {"dimensions": dict(key), "series": {"values": values(points, now)}} for key, points in _loads(database)
            ],
            "counters": {
                name: {"values": values(merge(periods), now)} for name, periods in sorted(database.counters.items())
            },
        }
        for name, database in found.items()
    ]


def _key(dimensions: dict[str, str]) -> Key:
    """Without the ids: a world makes them from the names."""
    named = {key: value for key, value in dimensions.items() if not key.endswith((".id", ".tokenized_id", ".db_id"))}
    return tuple(sorted((named or dimensions).items()))


def _keys(database: _Database, call: Item) -> None:
    answer = call["answer"]
    waits = [_key(part["Dimensions"]) for part in answer.get("PartitionKeys", [])]
    database.start = call["params"]["StartTime"].timestamp()
    database.end = call["params"]["EndTime"].timestamp()
    for raw in answer.get("Keys", []):
        key = _key(raw["Dimensions"])
        database.totals[key] = raw.get("Total", 0.0)
        for wait, load in zip(waits, raw.get("Partitions", []), strict=False):
            if load:
                database.parts[key, wait] = load


def _metrics(database: _Database, call: Item) -> None:
    period = int(call["params"].get("PeriodInSeconds", 60))
    for metric in call["answer"].get("MetricList", []):
        points = {
            int(p["Timestamp"].timestamp()): p["Value"]
            for p in metric.get("DataPoints", [])
            if p.get("Value") is not None
        }
        dimensions = metric["Key"].get("Dimensions")
        if dimensions:
            database.series[_key(dimensions)][period] |= points
        elif metric["Key"]["Metric"].startswith("db.load"):
            database.series[()][period] |= points
        else:
            database.counters[metric["Key"]["Metric"]][period] |= points


def _loads(database: _Database) -> list[tuple[Key, Points]]:
    lines = {key: merge(periods) for key, periods in database.series.items()}
    totals = {key: _mean(database, points) for key, points in lines.items() if key} | database.totals

    def of(group: str) -> dict[Key, float]:
        return {key: load for key, load in totals.items() if load > 0 and key[0][0].startswith(f"{group}.")}

    pairs: list[tuple[Key, Key, float]] = [(s, w, load) for (s, w), load in database.parts.items()]
    if not pairs:
        pairs = _spread(of(STATEMENT), of(WAIT))
    split = {wait: sum(load for _, w, load in pairs if w == wait) for wait in of(WAIT)}
    # load of a wait that no statement explains: background work
    pairs += [((), wait, load - split[wait]) for wait, load in of(WAIT).items() if load - split[wait] > 0.01]
    parts = {tuple(sorted(s + w)): (s or w, load) for s, w, load in pairs}
    for group in SPREAD:
        joined = _spread({key: load for key, (_, load) in parts.items()}, of(group))
        parts = {tuple(sorted(key + more)): (parts[key][0], load) for key, more, load in joined if load > 0}
    shapes = {key: lines.get(key) or _flat(database, totals.get(key, 0.0)) for key, _ in parts.values()}
    level = {key: _mean(database, shape) or 1.0 for key, shape in shapes.items()}
    loads = [
        (key, {at: value * load / level[shape] for at, value in shapes[shape].items()})
        for key, (shape, load) in parts.items()
    ]
    return loads or (
        [((("db.wait_event.name", "CPU"), ("db.wait_event.type", "CPU")), lines[()])] if () in lines else []
    )


def _spread(one: dict[Key, float], other: dict[Key, float]) -> list[tuple[Key, Key, float]]:
    """Combine two splits of the same load, the largest with the largest; what is over stands alone."""
    left = sorted(one, key=lambda key: -one[key])
    right = sorted(other, key=lambda key: -other[key])
    over = {**{(0, key): load for key, load in one.items()}, **{(1, key): load for key, load in other.items()}}
    joined: list[tuple[Key, Key, float]] = []
    while left and right:
        load = min(over[0, left[0]], over[1, right[0]])
        joined.append((left[0], right[0], load))
        for side, keys in ((0, left), (1, right)):
            over[side, keys[0]] -= load
            if over[side, keys[0]] < 1e-6:
                keys.pop(0)
    return joined + [(key, (), over[0, key]) for key in left]


def _mean(database: _Database, points: Points) -> float:
    """Over the totals' time where there is one, else over all."""
    inside = [value for at, value in points.items() if database.start <= at < database.end] or list(points.values())
    minutes = (database.end - database.start) / 60 if database.end else len(inside)
    return sum(inside) / max(minutes, 1.0, len(inside) if not database.end else 1.0)


def _flat(database: _Database, load: float) -> Points:
    """Where only a total was answered: the same load all the time."""
    first = int(database.start // 60 * 60)
    return dict.fromkeys(range(first, int(database.end), 60), load)
