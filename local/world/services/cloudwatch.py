"""CloudWatch: alarms, their history, metrics, dashboards, Contributor Insights."""

from local.world.arns import identifier
from local.world.series import MetricSpec
from local.world.service import Filler, Item, Section, Service


def _alarm(item: Item, fill: Filler) -> None:
    item.setdefault("AlarmArn", fill.arn(f"alarm/{item['AlarmName']}"))
    item.setdefault("ActionsEnabled", True)
    item.setdefault("StateValue", "OK")
    item.setdefault("StateUpdatedTimestamp", fill.now)
    for key in ("OKActions", "AlarmActions", "InsufficientDataActions"):
        item.setdefault(key, [])
    if item.get("MetricName"):
        item.setdefault("Dimensions", [])


def _history(item: Item, fill: Filler) -> None:
    item.setdefault("Timestamp", fill.now)
    item.setdefault("HistoryItemType", "StateUpdate")
    item.setdefault("AlarmType", "MetricAlarm")


def _dashboard(item: Item, fill: Filler) -> None:
    item.setdefault("DashboardArn", fill.arns.arn("cloudwatch", f"dashboard/{item['DashboardName']}", region=False))
    item.setdefault("LastModified", fill.now)
    item.setdefault("Size", len(str(item.get("body", identifier("")))))


service = Service(
    "cloudwatch",
    {
        "alarms": Section("MetricAlarm", {"tags": "any"}, _alarm, ("AlarmName",)),
        "compositeAlarms": Section("CompositeAlarm", {"tags": "any"}, _alarm, ("AlarmName",)),
        "history": Section("AlarmHistoryItem", fill=_history, required=("AlarmName",)),
        "metrics": Section(part=MetricSpec),
        "anomalyDetectors": Section("AnomalyDetector"),
        "insightRules": Section("InsightRule", {"report": ("cloudwatch", "GetInsightRuleReportOutput")}),
        "dashboards": Section("DashboardEntry", {"body": "any"}, _dashboard, ("DashboardName",)),
    },
    writes_pass=True,
)
