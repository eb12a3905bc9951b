"""A recording as a world file: head, faults and body."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import yaml

from lambdas.recorder.encode import decode
from local.promote import insights, logs, metrics
from local.promote.pseudonyms import pseudonymised
from local.promote.relative import relative, timed
from local.promote.sections import Body, calls_of, fill, mount_targets_have_file_systems
from local.recording import AFTERWARDS

if TYPE_CHECKING:
    from lambdas.alerts.model import Alert
    from local.recording import Recording

type Item = dict[str, Any]

_LOGS = ("DescribeLogGroups", "FilterLogEvents", "GetLogEvents", "StartQuery", "GetQueryResults")
_PI = ("DescribeDimensionKeys", "GetResourceMetrics")
_PLAIN = ("GreaterThanThreshold", "GreaterThanOrEqualToThreshold", "LessThanThreshold", "LessThanOrEqualToThreshold")
_CUT = " … (cut)"


class PromoteError(Exception):
    """A recording cannot become a world: says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """What an engineer concluded."""

    headline: str
    verdict: str
    title: str
    story: str
    kind: str = "simple"


def promote(recording: Recording, label: Label) -> tuple[Item, list[str]]:
    """The world as a document, and what of the recording it could not take, as sentences.

    Raises:
        PromoteError: neither the alarm nor its event can be written into a world.
    """
    now = datetime.fromtimestamp(int(recording.clock), UTC)
    calls = [_decoded(call) for call in recording.raw["answers"]]
    answered = [call for call in calls if "answer" in call]
    notes = [
        f"{call['service']}:{call['operation']}: the answer is cut in the recording" for call in calls if "cut" in call
    ]
    body = Body()
    for call in answered:
        taken_elsewhere = _elsewhere(call["service"], call["operation"])
        if not taken_elsewhere and not fill(body, call):
            notes.append(f"{call['service']}:{call['operation']}: no section of a world takes its answers")
    mount_targets_have_file_systems(body)
    document = timed(body.document(), now)
    series, expressions = metrics.series(calls_of(answered, "cloudwatch", "GetMetricData"), now)
    notes += [f"cloudwatch:GetMetricData: the points of an expression belong to no metric: {e}" for e in expressions]
    groups, queries = logs.groups(calls_of(answered, "logs"), now)
    notes += [f"logs:GetQueryResults: statistics are no lines: {query}" for query in queries]
    databases = insights.databases(calls_of(answered, "pi"), now)
    if series:
        document.setdefault("cloudwatch", {})["metrics"] = series
    if groups:
        document["logs"] = {"groups": timed(groups, now)}
    if databases:
        document["pi"] = databases
    faults, mixed = _faults(calls)
    notes += mixed
    alert = recording.alert
    raised = _alarm(alert, document, now) or _event(recording)
    world = {
        "title": label.title,
        "story": label.story,
        "kind": label.kind,
        "now": now.isoformat().replace("+00:00", "Z"),
        "account": alert.account or "111122223333",
        "region": alert.region or recording.settings.region,
        **raised,
        "expect": {"headline": label.headline, "verdict": label.verdict},
        **({"faults": faults} if faults else {}),
        **{service: sections for service, sections in sorted(document.items()) if sections},
    }
    return pseudonymised(world, alert.account), sorted(set(notes))


def text(world: Item, notes: Iterable[str]) -> str:
    """The YAML file. What was lost stands as comments on top, for whoever reviews it."""
    head = "".join(f"# not taken from the recording: {note}\n" for note in notes)
    return head + yaml.dump(
        world, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=150, default_flow_style=False
    )


def _elsewhere(service: str, operation: str) -> bool:
    """Whether a module of its own reads these answers."""
    return (
        (service == "logs" and operation in _LOGS)
        or (service == "pi" and operation in _PI)
        or (service, operation) == ("cloudwatch", "GetMetricData")
        or operation in AFTERWARDS
    )


def _decoded(call: Item) -> Item:
    return {**call, **{key: decode(call[key]) for key in ("params", "answer", "error") if key in call}}


def _faults(calls: Iterable[Item]) -> tuple[list[Item], list[str]]:
    """An operation that never succeeded fails in the world too; one that failed only sometimes does so by its data."""
    by_operation: dict[tuple[str, str], list[Item]] = defaultdict(list)
    for call in calls:
        if call["operation"] not in AFTERWARDS:
            by_operation[call["service"], call["operation"]].append(call)
    faults, notes = [], []
    for (service, operation), made in by_operation.items():
        failed = [_error(call) for call in made if "answer" not in call and "cut" not in call]
        if not failed:
            continue
        if len(failed) == len(made):
            faults.append({"service": service, "operation": operation} | failed[0])
        else:
            codes = ", ".join(sorted({one["error"] for one in failed}))
            notes.append(f"{service}:{operation}: answered {len(made) - len(failed)} times and failed with {codes}")
    return faults, notes


def _error(call: Item) -> Item:
    if said := call.get("error"):
        error = said.get("Error", {})
        status = {"status": call["status"]} if call.get("status", 400) >= 500 else {}
        return {"error": error.get("Code", "Error"), "message": error.get("Message", "")} | status
    return {"error": "ServiceUnavailable", "message": "AWS did not answer in time", "status": 503}


def _alarm(alert: Alert, document: Item, now: datetime) -> Item | None:
    """The head's `alarm`, for a plain alarm on one metric; it then stands in no section again."""
    plain = alert.kind == "alarm" and len(alert.metrics) == 1 and not alert.expression and alert.threshold is not None
    if not plain or alert.comparison not in _PLAIN or alert.state != "ALARM" or alert.previous == "ALARM":
        return None
    metric, seen = alert.metrics[0], document.get("cloudwatch", {})
    at = relative(alert.at, now)
    described: Item = next((a for a in seen.get("alarms", []) if a["AlarmName"] == alert.name), {})
    recent = alert.recent or ((alert.observed,) if alert.observed is not None else ())
    alarm: Item = {
        "name": alert.name,
        "namespace": metric.namespace,
        "metric": metric.name,
        "dimensions": dict(metric.dimensions),
        "statistic": metric.statistic,
        "period": metric.period,
        "evaluation_periods": described.get("EvaluationPeriods", max(1, len(recent))),
        "datapoints_to_alarm": described.get("DatapointsToAlarm"),
        "comparison": alert.comparison,
        "threshold": alert.threshold,
        "treat_missing_data": described.get("TreatMissingData")
        or ("breaching" if alert.missing_data_breaches else None),
        "values": list(recent),
        "at": at,
        "description": alert.description or None,
        "previous": alert.previous or None,
        "recovers": described["StateUpdatedTimestamp"] if described.get("StateValue") == "OK" else None,
    }
    own = {at, alarm["recovers"]}
    if "alarms" in seen:
        seen["alarms"] = [a for a in seen["alarms"] if a["AlarmName"] != alert.name]
    if "history" in seen:  # the World adds the alarm's own changes
        seen["history"] = [
            item
            for item in seen["history"]
            if not (
                item["AlarmName"] == alert.name
                and item["HistoryItemType"] == "StateUpdate"
                and (item["Timestamp"] in own or not _before(item["Timestamp"], at))
            )
        ]
    return {"alarm": {key: value for key, value in alarm.items() if value not in (None, [])}}


def _before(one: str, other: str) -> bool:
    """Whether a time is more than a second before another, both relative: -1h is before -5m."""
    from local.world.times import span  # noqa: PLC0415 — reading what `relative` wrote

    ago = [
        0.0 if t == "now" else -span(t[1:]).total_seconds() if t[0] == "-" else span(t[1:]).total_seconds()
        for t in (one, other)
    ]
    return ago[0] < ago[1] - 1


def _event(recording: Recording) -> Item:
    kept = recording.raw["event"]
    body = decode(kept["body"]) if kept else None
    if not isinstance(body, dict):
        raise PromoteError(
            "this alert is no plain alarm, and its event was not kept: write `alarm` or `event` by hand into a world"
        )
    return {"event": body}


_DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)  # many times as fast where PyYAML has libyaml


class _Dumper(_DUMPER):  # type: ignore[misc, valid-type] # whichever there is
    """Points, dimensions and everything flat on one line."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 — PyYAML's own signature
        """Write everything out."""
        return True


def _flat(value: Any) -> bool:
    held = value.values() if isinstance(value, dict) else value
    return all(not isinstance(one, dict | list) for one in held)


def _points(value: Any) -> bool:
    return bool(value) and all(isinstance(one, list) and len(one) == 2 and _flat(one) for one in value)


_Dumper.add_representer(
    dict,
    lambda dumper, value: dumper.represent_mapping(
        "tag:yaml.org,2002:map", value.items(), flow_style=_flat(value) and len(str(value)) < 140
    ),
)
_Dumper.add_representer(
    list,
    lambda dumper, value: dumper.represent_sequence(
        "tag:yaml.org,2002:seq", value, flow_style=_flat(value) or _points(value)
    ),
)
