"""CloudWatch: alarms, their history, metrics, dashboards, Contributor Insights."""

import importlib
import json
from datetime import UTC, datetime, timedelta

from local.world import alarms
from local.world.answer import Call, one_of
from local.world.errors import AwsError
from local.world.metrics import Query, line_of, metrics_of, pairs
from local.world.series import MetricSpec
from local.world.service import Filler, Item, Section, Service
from local.world.tags import tag_list


def _alarm(item: Item, fill: Filler) -> None:
    item.setdefault("AlarmArn", fill.arn(f"alarm/{item['AlarmName']}"))
    item.setdefault("ActionsEnabled", True)
    item.setdefault("StateValue", "OK")
    item.setdefault("StateUpdatedTimestamp", fill.now)
    for key in ("OKActions", "AlarmActions", "InsufficientDataActions"):
        item[key] = [fill.arn(action) for action in item.get(key, [])]
    if item.get("MetricName"):
        item.setdefault("Dimensions", [])


def _history(item: Item, fill: Filler) -> None:
    item.setdefault("Timestamp", fill.now)
    item.setdefault("HistoryItemType", "StateUpdate")
    item.setdefault("AlarmType", "MetricAlarm")


def _dashboard(item: Item, fill: Filler) -> None:
    item.setdefault("DashboardArn", fill.arns.arn("cloudwatch", f"dashboard/{item['DashboardName']}", region=False))
    item.setdefault("LastModified", fill.now)
    item.setdefault("Size", len(str(item.get("body", ""))))


service = Service(
    "cloudwatch",
    {
        "alarms": Section("MetricAlarm", {"tags": "any"}, _alarm, ("AlarmName",)),
        "compositeAlarms": Section("CompositeAlarm", {"tags": "any"}, _alarm, ("AlarmName",)),
        "history": Section("AlarmHistoryItem", fill=_history, required=("AlarmName",)),
        "metrics": Section(part=MetricSpec),
        "anomalyDetectors": Section("AnomalyDetector"),
        "insightRules": Section("InsightRule", {"report": ("cloudwatch", "GetInsightRuleReportOutput")}),
        "muteRules": Section("AlarmMuteRuleSummary", {"alarms": "any"}, required=("AlarmMuteRuleArn",)),
        "dashboards": Section("DashboardEntry", {"body": "any"}, _dashboard, ("DashboardName",)),
    },
    writes_pass=True,
)


def alarms_of(call: Call) -> list[Item]:
    """Every alarm: the head's own first, as it stands by the clock."""
    own = call.world.head.alarm
    first = [alarms.described(call.world, own) | {"tags": own.tags}] if own else []
    names = {item["AlarmName"] for item in first}
    rest = call.items("alarms") + call.items("compositeAlarms")
    return first + [item for item in rest if item["AlarmName"] not in names]


def _composite(item: Item) -> bool:
    return "AlarmRule" in item


@service.answers("DescribeAlarms")
def describe_alarms(call: Call) -> Item:
    """Alarms by name, prefix, state, type and action. Without `AlarmTypes` only metric alarms, as in CloudWatch."""
    params = call.params
    kinds = params.get("AlarmTypes", ["MetricAlarm"])
    if "AlarmNames" in params and "AlarmNamePrefix" in params:
        raise AwsError("ValidationError", "AlarmNames and AlarmNamePrefix are mutually exclusive.")
    kept = [a for a in alarms_of(call) if ("CompositeAlarm" if _composite(a) else "MetricAlarm") in kinds]
    kept = one_of(kept, "AlarmName", params.get("AlarmNames"))
    kept = [a for a in kept if a["AlarmName"].startswith(params.get("AlarmNamePrefix", ""))]
    if state := params.get("StateValue"):
        kept = [a for a in kept if a["StateValue"] == state]
    if prefix := params.get("ActionPrefix"):
        kept = [a for a in kept if any(action.startswith(prefix) for action in a.get("AlarmActions", []))]
    if parent := params.get("ParentsOfAlarmName"):
        kept = [a for a in alarms_of(call) if _composite(a) and parent in a["AlarmRule"]]
    if parent := params.get("ChildrenOfAlarmName"):
        rule = next((a["AlarmRule"] for a in alarms_of(call) if a["AlarmName"] == parent and _composite(a)), "")
        kept = [a for a in alarms_of(call) if a["AlarmName"] in rule]
    page, more = call.page(kept, size=100 if "MaxRecords" in params else 50, limit="MaxRecords", marker="NextToken")
    plain = [{key: value for key, value in item.items() if key != "tags"} for item in page]
    return {
        "MetricAlarms": [a for a in plain if not _composite(a)],
        "CompositeAlarms": [a for a in plain if _composite(a)],
        **more,
    }


@service.answers("ListAlarmMuteRules")
def list_alarm_mute_rules(call: Call) -> Item:
    """Mute rules by the alarm that they mute (`alarms`: names, the World's own field) and by status."""
    params = call.params
    kept = one_of(call.items("muteRules"), "Status", params.get("Statuses"))
    if alarm := params.get("AlarmName"):
        kept = [rule for rule in kept if alarm in rule.get("alarms", ())]
    return {"AlarmMuteRuleSummaries": [{key: v for key, v in rule.items() if key != "alarms"} for rule in kept]}


@service.answers("DescribeAlarmsForMetric")
def describe_alarms_for_metric(call: Call) -> Item:
    """Metric alarms on exactly this metric and these dimensions."""
    params = call.params
    asked = (params["Namespace"], params["MetricName"], pairs(params.get("Dimensions")))
    kept = [
        alarm
        for alarm in alarms_of(call)
        if (alarm.get("Namespace"), alarm.get("MetricName"), pairs(alarm.get("Dimensions"))) == asked
        and params.get("Period") in (None, alarm.get("Period"))
        and params.get("Statistic") in (None, alarm.get("Statistic"))
    ]
    return {"MetricAlarms": [{k: v for k, v in alarm.items() if k != "tags"} for alarm in kept]}


@service.answers("DescribeAlarmHistory")
def describe_alarm_history(call: Call) -> Item:
    """History by alarm, type and time, newest first unless `ScanBy` says otherwise."""
    params = call.params
    own = call.world.head.alarm
    items = call.items("history") + (alarms.history(call.world, own) if own else [])
    kept = [i for i in items if params.get("AlarmName") in (None, i["AlarmName"]) and i["Timestamp"] <= call.now]
    kept = [i for i in kept if i["AlarmType"] in params.get("AlarmTypes", ["MetricAlarm", "CompositeAlarm"])]
    kept = [i for i in kept if params.get("HistoryItemType") in (None, i["HistoryItemType"])]
    kept = [i for i in kept if params.get("StartDate", _EVER) <= i["Timestamp"] <= params.get("EndDate", call.now)]
    kept.sort(key=lambda i: i["Timestamp"], reverse=params.get("ScanBy") != "TimestampAscending")
    page, more = call.page(kept, size=100, limit="MaxRecords", marker="NextToken")
    return {"AlarmHistoryItems": page, **more}


@service.answers("GetMetricData")
def get_metric_data(call: Call) -> Item:
    """Metric queries and expressions; newest first unless `ScanBy` says otherwise."""
    params = call.params
    if len(params["MetricDataQueries"]) > 500:
        raise AwsError("ValidationError", "The collection MetricDataQueries must not have a size greater than 500.")
    query = Query(call)
    newest_first = params.get("ScanBy", "TimestampDescending") != "TimestampAscending"
    flat: list[tuple[str, str, list[tuple[float, float]]]] = []
    for one in params["MetricDataQueries"]:
        lines = query.results(one["Id"])
        if one.get("ReturnData", True):
            flat.extend((one["Id"], label, sorted(line.items(), reverse=newest_first)) for label, line in lines)
    limit = min(params.get("MaxDatapoints", _MAX_DATAPOINTS), _MAX_DATAPOINTS)
    start = int(params.get("NextToken") or 0)
    results, seen, more = [], 0, False
    for name, label, points in flat:
        first, last = max(0, start - seen), max(0, start + limit - seen)
        part = points[first:last]
        more = more or last < len(points)
        seen += len(points)
        if part or start == 0:
            results.append(
                {
                    "Id": name,
                    "Label": label,
                    "Timestamps": [datetime.fromtimestamp(at, UTC) for at, _ in part],
                    "Values": [value for _, value in part],
                    "StatusCode": "PartialData" if last < len(points) else "Complete",
                }
            )
    return {"MetricDataResults": results, "Messages": []} | ({"NextToken": str(start + limit)} if more else {})


@service.answers("GetMetricStatistics")
def get_metric_statistics(call: Call) -> Item:
    """Datapoints of one metric, oldest first (CloudWatch promises no order), at most 1,440."""
    params = call.params
    key = (params["Namespace"], params["MetricName"], pairs(params.get("Dimensions")))
    metric = metrics_of(call.world).get(key)
    named = [*params.get("Statistics", []), *params.get("ExtendedStatistics", [])]
    if not named:
        raise AwsError("InvalidParameterCombination", "Must specify either Statistics or ExtendedStatistics")
    span = (params["EndTime"] - params["StartTime"]).total_seconds()
    if span <= 0:
        raise AwsError(
            "InvalidParameterCombination", "The parameter StartTime must be less than the parameter EndTime."
        )
    if span / params["Period"] > 1440:
        raise AwsError(
            "InvalidParameterCombination",
            f"You have requested up to {int(span / params['Period'])} datapoints, which exceeds the limit of 1,440.",
        )
    merged: dict[float, Item] = {}
    for name in named:
        line = line_of(metric, name, params["Period"], start=params["StartTime"], end=params["EndTime"], now=call.now)
        for at, value in line.items():
            point = merged.setdefault(at, {"Timestamp": datetime.fromtimestamp(at, UTC)})
            if name in params.get("Statistics", []):
                point[name] = value
            else:
                point.setdefault("ExtendedStatistics", {})[name] = value
    for point in merged.values():
        point["Unit"] = metric.unit if metric else "None"
    return {"Label": params["MetricName"], "Datapoints": [merged[at] for at in sorted(merged)]}


@service.answers("ListMetrics")
def list_metrics(call: Call) -> Item:
    """Metrics by namespace, name and dimensions; `PT3H` keeps those with data in the last three hours."""
    params = call.params
    wanted = [(one["Name"], one.get("Value")) for one in params.get("Dimensions", [])]
    kept = []
    for (namespace, name, dims), metric in metrics_of(call.world).items():
        if params.get("Namespace") not in (None, namespace) or params.get("MetricName") not in (None, name):
            continue
        keys = dict(dims)
        if any(key not in keys or value not in (None, keys[key]) for key, value in wanted):
            continue
        back = timedelta(hours=3) if params.get("RecentlyActive") == "PT3H" else timedelta(days=14)
        if next(metric.minutes("Average", call.now - back, call.now), None) is None:
            continue
        listed = [{"Name": key, "Value": value} for key, value in sorted(dims)]
        kept.append({"Namespace": namespace, "MetricName": name, "Dimensions": listed})
    page, more = call.page(kept, size=500, limit="", marker="NextToken")
    return {"Metrics": page, **more}


@service.answers("DescribeAnomalyDetectors")
def describe_anomaly_detectors(call: Call) -> Item:
    """Anomaly detectors of the world."""
    return {"AnomalyDetectors": call.items("anomalyDetectors")}


@service.answers("DescribeInsightRules")
def describe_insight_rules(call: Call) -> Item:
    """Contributor Insights rules."""
    page, more = call.page(
        call.public("insightRules", call.items("insightRules")), size=500, limit="MaxResults", marker="NextToken"
    )
    return {"InsightRules": page, **more}


@service.answers("GetInsightRuleReport")
def get_insight_rule_report(call: Call) -> Item:
    """The report that the world gives for a rule."""
    for rule in call.items("insightRules"):
        if rule.get("Name") == call.params["RuleName"]:
            report: Item = dict(rule.get("report", {}))
            most = call.params.get("MaxContributorCount", 10)
            return report | {"Contributors": report.get("Contributors", [])[:most]}
    raise AwsError("ResourceNotFoundException", f"Rule {call.params['RuleName']} does not exist.")


@service.answers("ListDashboards")
def list_dashboards(call: Call) -> Item:
    """Dashboards by prefix."""
    prefix = call.params.get("DashboardNamePrefix", "")
    kept = [d for d in call.items("dashboards") if d["DashboardName"].startswith(prefix)]
    return {"DashboardEntries": call.public("dashboards", kept)}


@service.answers("GetDashboard")
def get_dashboard(call: Call) -> Item:
    """A dashboard's body."""
    name = call.params["DashboardName"]
    for board in call.items("dashboards"):
        if board["DashboardName"] == name:
            body = board.get("body", {"widgets": []})
            text = body if isinstance(body, str) else json.dumps(body)
            return {"DashboardArn": board["DashboardArn"], "DashboardBody": text, "DashboardName": name}
    raise AwsError("ResourceNotFound", f"Dashboard {name} does not exist")


@service.answers("ListTagsForResource")
def list_tags_for_resource(call: Call) -> Item:
    """Tags of an alarm."""
    for alarm in alarms_of(call):
        if alarm["AlarmArn"] == call.params["ResourceARN"]:
            return {"Tags": tag_list(alarm.get("tags"))}
    raise AwsError("ResourceNotFoundException", "The specified resource does not exist.")


@service.answers("GetMetricWidgetImage")
def get_metric_widget_image(call: Call) -> Item:
    """The widget as a PNG, drawn from the world's series."""
    try:
        widget = json.loads(call.params["MetricWidget"])
    except ValueError:
        raise AwsError("ValidationError", "The MetricWidget parameter is not valid JSON.") from None
    return {"MetricWidgetImage": importlib.import_module("local.world.widget").draw(call, widget)}


_EVER = datetime(1970, 1, 1, tzinfo=UTC)
_MAX_DATAPOINTS = 100_800
