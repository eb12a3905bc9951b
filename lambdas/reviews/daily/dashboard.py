"""Every widget of the technical dashboard has current data; what has none, and the likely reason."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from difflib import get_close_matches
from functools import partial
from itertools import groupby, pairwise
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from lambdas import console
from lambdas.alerts.regions import partition
from lambdas.checks.base import Allow
from lambdas.reviews import absent, dashboards, inventory, series
from lambdas.reviews.base import Piece, Tour, part
from lambdas.reviews.dashboards import Formula, Shown, Widget
from lambdas.reviews.model import Action, Fact, Item, Note, Weight
from lambdas.reviews.words import listed, many, when

if TYPE_CHECKING:
    from datetime import datetime

CURRENT = timedelta(hours=3)
BACK = timedelta(days=14)
CADENCES = 3  # times the usual distance of two points: then a metric has stopped
TYPES = {  # of a metrics explorer → the namespace of their metrics, and the tagging API's name of the type
    "AWS::EC2::Instance": ("AWS/EC2", "ec2:instance"),
    "AWS::ECS::Service": ("AWS/ECS", "ecs:service"),
    "AWS::ECS::Cluster": ("AWS/ECS", "ecs:cluster"),
    "AWS::RDS::DBInstance": ("AWS/RDS", "rds:db"),
    "AWS::RDS::DBCluster": ("AWS/RDS", "rds:cluster"),
    "AWS::DynamoDB::Table": ("AWS/DynamoDB", "dynamodb:table"),
    "AWS::Lambda::Function": ("AWS/Lambda", "lambda:function"),
    "AWS::ElasticLoadBalancingV2::LoadBalancer": ("AWS/ApplicationELB", "elasticloadbalancing:loadbalancer"),
    "AWS::ElasticLoadBalancingV2::TargetGroup": ("AWS/ApplicationELB", "elasticloadbalancing:targetgroup"),
    "AWS::SQS::Queue": ("AWS/SQS", "sqs"),
    "AWS::SNS::Topic": ("AWS/SNS", "sns"),
    "AWS::S3::Bucket": ("AWS/S3", "s3"),
}


@part(
    "daily.dashboard",
    title="The dashboard shows current data",
    runbook="Morning Health Check, 1: Review CloudWatch Dashboard",
    place=10,
    allow=(
        *series.ALLOW,
        *inventory.METRICS,
        *inventory.ALARMS,
        Allow("cloudwatch:ListDashboards"),
        Allow("cloudwatch:GetDashboard", "arn:{partition}:cloudwatch::{account}:dashboard/*"),
        Allow("logs:DescribeLogGroups", "arn:{partition}:logs:{region}:{account}:log-group:*"),
        Allow("tag:GetResources"),
    ),
    present=True,
)
def dashboard(tour: Tour) -> Iterator[Piece]:
    """The technical dashboard by its name."""
    name = tour.settings.dashboard
    pages: Any = tour.aws.cloudwatch.get_paginator("list_dashboards").paginate()
    names = [one["DashboardName"] for page in pages for one in page.get("DashboardEntries") or ()]
    if name not in names:
        near = get_close_matches(name, names, 2, 0.6)
        hint = f" The nearest names are {listed(near)}." if near else f" There are {many(len(names), 'dashboard')}."
        yield _item(tour, "missing", name, f"There is no dashboard of this name.{hint if names else ''}")
        return
    board = dashboards.read(tour.aws.cloudwatch.get_dashboard(DashboardName=name).get("DashboardBody", ""))
    if board.problem:
        yield _item(tour, "unreadable", name, f"It cannot be read: {board.problem}.")
        return
    if not board.widgets:
        yield _item(tour, "empty", name, "It has no widgets.")
        return
    for widget in board.widgets:
        for problem in widget.problems:
            what = "unknown_widget" if widget.kind not in dashboards.KNOWN else "malformed_widget"
            text = f"The widget shows nothing, or less than it should: {problem}."
            yield _item(tour, what, widget.name, text, weight="advice")
    yield from _series(tour, board.widgets)
    for widget in board.widgets:
        yield from _formulas(tour, widget)
        yield from _explorer(tour, widget)
    yield from _alarms(tour, board.widgets)
    yield from _logs(tour, board.widgets)
    plotted = sum(len(widget.series) for widget in board.widgets)
    yield Note(
        text=f"{many(len(board.widgets), 'widget')} with {many(plotted, 'series', 'series')} on {name}.",
        count=(("widgets", len(board.widgets)),),
    )


# metric widgets -------------------------------------------------------------------------------------------------------


def _series(tour: Tour, widgets: Sequence[Widget]) -> Iterator[Item]:
    """Each series once, however many widgets show it: by region, since each region has its own CloudWatch."""
    where: dict[Shown, list[str]] = {}
    for widget in widgets:
        for one in widget.series:
            key = Shown(
                namespace=one.namespace,
                name=one.name,
                dimensions=tuple(sorted(one.dimensions)),
                region="" if one.region == tour.settings.region else one.region,
                account="" if one.account == tour.settings.account else one.account,
            )
            where.setdefault(key, []).append(widget.name)
    ordered = sorted(where, key=lambda one: one.region)
    for region, group in groupby(ordered, key=lambda one: one.region):
        for one, last in _without_current_data(tour, list(group), region):
            yield from _silent(tour, one, last, where[one])


def _without_current_data(tour: Tour, shown: list[Shown], region: str) -> Iterator[tuple[Shown, datetime | None]]:
    """The series that show no current data, each with its last point, or None if it never had any."""
    recent = series.read(tour.aws, _asks(shown), tour.now - CURRENT, tour.now, 300, region=region)
    silent = [one for one, points in zip(shown, recent, strict=True) if not points]
    longer = series.read(tour.aws, _asks(silent), tour.now - BACK, tour.now, 3600, region=region)
    for one, points in zip(silent, longer, strict=True):
        if not points:
            yield one, None
            continue
        moments = [at for at, _ in points]
        gaps = sorted(b - a for a, b in pairwise(moments))
        usual = gaps[len(gaps) // 2] if gaps else timedelta(hours=1)
        if tour.now - moments[-1] > max(CURRENT, CADENCES * usual):
            yield one, moments[-1]


def _asks(shown: list[Shown]) -> list[series.Ask]:
    return [series.Ask(one.namespace, one.name, dict(one.dimensions), "SampleCount", one.account) for one in shown]


def _silent(tour: Tour, one: Shown, last: datetime | None, widgets: list[str]) -> Iterator[Item]:
    if absent.eventful(one.name):
        return
    on = f"On {listed([f'“{name}”' for name in dict.fromkeys(widgets)], 2)}."
    subject = one.subject + (f" in {one.region}" if one.region else "") + (f" of {one.account}" if one.account else "")
    if last:
        text = f"No data since {when(last, tour.slot.zone)}. {on}"
        yield _item(tour, "stopped", subject, text)
        return
    if one.region or one.account:
        text = f"No data in two weeks{', or no access to that account' if one.account else ''}. {on}"
        yield _item(tour, "never_had_data", subject, text)
        return
    why = absent.reason(
        one.namespace,
        one.name,
        dict(one.dimensions),
        tour.inventory.named(one.name),
        tour.inventory.metrics(one.namespace) if not tour.inventory.named(one.name) else (),
    )
    fix = (Action(text=f"Write {why.fix} in the widget instead, if that is what is meant."),) if why.fix else ()
    yield _item(tour, "never_had_data", subject, f"No data in two weeks. {why.text} {on}", *fix)


def _formulas(tour: Tour, widget: Widget) -> Iterator[Item]:
    """A widget's expressions with the series that they are over: one call each, since a wrong one fails its call."""
    for region, group in groupby(sorted(widget.formulas, key=lambda f: f.region), key=lambda f: f.region):
        formulas = list(group)
        queries, names = _queries(widget, formulas)
        try:
            answers = series.data(tour.aws, queries, tour.now - CURRENT, tour.now, region=region)
        except ClientError as error:
            if error.response["Error"]["Code"] not in {"ValidationError", "InvalidParameterValue"}:
                raise
            said = error.response["Error"].get("Message", "")[:200]
            yield _item(tour, "invalid_expression", widget.name, f"CloudWatch refuses its expression: {said}")
            continue
        alive = {answer["Id"] for answer in answers if answer.get("Values")}
        for id_, formula in names.items():
            if id_ not in alive and not _over_eventful(widget, formula):
                text = f"The expression {formula.expression[:120]} has no data in the last three hours."
                yield _item(tour, "expression_without_data", widget.name, text)


def _queries(widget: Widget, formulas: list[Formula]) -> tuple[list[dict[str, Any]], dict[str, Formula]]:
    queries: list[dict[str, Any]] = []
    for one in widget.series:
        if one.id:
            metric = {
                "Namespace": one.namespace,
                "MetricName": one.name,
                "Dimensions": [{"Name": name, "Value": value} for name, value in one.dimensions],
            }
            stat = {"Metric": metric, "Period": one.period, "Stat": one.stat}
            account = {"AccountId": one.account} if one.account else {}
            queries.append({"Id": one.id, "MetricStat": stat, "ReturnData": False} | account)
    names: dict[str, Formula] = {}
    for number, formula in enumerate(formulas):
        id_ = formula.id or f"expression{number}"
        names[id_] = formula
        queries.append({"Id": id_, "Expression": formula.expression, "Period": formula.period, "ReturnData": True})
    return queries, names


def _over_eventful(widget: Widget, formula: Formula) -> bool:
    """Whether an expression is over metrics that have data only where something happened."""
    return any(one.id and one.id in formula.expression and absent.eventful(one.name) for one in widget.series)


# other widgets --------------------------------------------------------------------------------------------------------


def _explorer(tour: Tour, widget: Widget) -> Iterator[Item]:
    if widget.explorer is None:
        return
    if not widget.explorer.metrics:
        yield _item(tour, "malformed_widget", widget.name, "The explorer names no metric.", weight="advice")
    for kind, name in widget.explorer.metrics:
        namespace, tagged = TYPES.get(kind, ("", ""))
        if not namespace:
            continue
        if not any(one.get("MetricName") == name for one in tour.inventory.metrics(namespace)):
            text = f"Its metric {name} of {kind} has no data: {namespace} published no such metric in two weeks."
            yield _item(tour, "explorer_without_data", widget.name, text)
        elif widget.explorer.labels and not _any_tagged(tour, tagged, widget.explorer.labels):
            said = listed([f"{key}={value or '*'}" for key, value in widget.explorer.labels])
            text = f"No {kind} carries the tags that it asks for ({said}), so it shows nothing."
            yield _item(tour, "explorer_without_data", widget.name, text)


def _any_tagged(tour: Tour, kind: str, labels: Sequence[tuple[str, str]]) -> bool:
    """Whether a resource of a type carries one of the tags; an explorer shows those that carry any of them."""
    for key, value in labels:
        filters: Any = [{"Key": key} | ({"Values": [value]} if value else {})]
        answer = tour.aws.resourcegroupstaggingapi.get_resources(
            TagFilters=filters, ResourceTypeFilters=[kind], ResourcesPerPage=1
        )
        if answer.get("ResourceTagMappingList"):
            return True
    return False


def _alarms(tour: Tour, widgets: Sequence[Widget]) -> Iterator[Item]:
    wanted = [(widget, arn) for widget in widgets for arn in widget.alarms]
    here = f"arn:{partition(tour.settings.region)}:cloudwatch:{tour.settings.region}:{tour.settings.account}:"
    if not any(arn.startswith(here) for _, arn in wanted):
        return
    known = {one["AlarmArn"] for one in (*tour.inventory.alarms(), *tour.inventory.composites())}
    for widget, arn in wanted:
        if arn.startswith(here) and arn not in known:
            name = arn.partition(":alarm:")[2] or arn
            yield _item(tour, "alarm_gone", name, f"“{widget.name}” shows an alarm that does not exist.")


def _logs(tour: Tour, widgets: Sequence[Widget]) -> Iterator[Item]:
    """Log widgets whose group does not exist."""
    for widget in widgets:
        for group in widget.groups if widget.region in {"", tour.settings.region} else ():
            if not tour.inventory.once(("log group", group), partial(_exists, tour, group)):
                text = f"“{widget.name}” queries a log group that does not exist."
                yield _item(tour, "log_group_gone", group, text)


def _exists(tour: Tour, group: str) -> bool:
    answer = tour.aws.logs.describe_log_groups(logGroupNamePrefix=group)
    return any(one.get("logGroupName") == group for one in answer.get("logGroups") or ())


def _item(tour: Tour, what: str, subject: str, text: str, *actions: Action, weight: Weight = "warning") -> Item:
    link = console.dashboard(tour.settings.region, tour.settings.dashboard)
    return Item(
        id=f"daily.dashboard.{what}",
        weight=weight,
        subject=subject,
        text=text,
        facts=(Fact(text="Dashboard", source=tour.settings.dashboard, link=link),),
        actions=actions,
    )
