"""Alarm wiring audit: whether each alarm could reach anybody, and whether it could ever tell anything."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from lambdas.checks import links
from lambdas.checks.base import Allow
from lambdas.reviews import alarms as reading
from lambdas.reviews import inventory, series
from lambdas.reviews.base import Piece, Tour, part
from lambdas.reviews.existing import Existing
from lambdas.reviews.model import Action, Fact, Item, Note, Weight
from lambdas.reviews.words import listed, many, number, when
from lambdas.slack.text import duration

if TYPE_CHECKING:
    from lambdas.diagnosis.timeseries import Points
    from lambdas.reviews.inventory import Doc

STUCK = timedelta(hours=24)
BACK = timedelta(days=14)
HOURS = 7 * 24  # of data at least, to say that a threshold never or always fires
ALWAYS = 0.95  # of the hours beyond the threshold with every sample
FAR = 4.0  # times the highest value of two weeks: then a looser threshold than the runbook's never fires
SECONDS = frozenset({"TargetResponseTime", "ReadLatency", "WriteLatency"})  # nobody waits for a minute for these
LEVELS = frozenset({"cpu", "memory", "query", "response", "rw", "target_response"})
OF_TOPICS = frozenset({"topic_gone", "no_subscriber", "no_confirmed_subscriber"})


@part(
    "daily.wiring",
    title="Alarm wiring audit",
    runbook="Prerequisites: SNS alert notifications configured; Morning Health Check, 2: Alert Status Review",
    place=90,
    allow=(
        *inventory.ALARMS,
        *inventory.SERVICES,
        *inventory.DATABASES,
        *inventory.DB_CLUSTERS,
        *inventory.BALANCERS,
        *inventory.TARGET_GROUPS,
        *inventory.TABLES,
        *series.ALLOW,
        Allow("sns:ListSubscriptionsByTopic", "arn:{partition}:sns:{region}:{account}:*"),
    ),
    present=True,
)
def wiring(tour: Tour) -> Iterator[Piece]:
    """Each alarm by itself, each topic once, and the thresholds against two weeks of data."""
    metric, composite = tour.inventory.alarms(), tour.inventory.composites()
    known = [one for one in (*metric, *composite) if not reading.for_scaling(one)]
    heard = {name for name, parent in reading.children(composite) if reading.actions_of(parent)}
    for alarm in known:
        yield from _actions(tour, alarm, heard)
        yield from _stuck(tour, alarm)
    topics: dict[str, list[str]] = {}
    for alarm in known:
        for topic in reading.topics(alarm):
            topics.setdefault(topic, []).append(alarm["AlarmName"])
    for topic, names in sorted(topics.items()):
        yield from _topic(tour, topic, names)
    yield from _gone(tour, [one for one in metric if not reading.for_scaling(one)])
    yield from _thresholds(tour, [one for one in metric if not reading.for_scaling(one)])
    yield Note(text=f"{many(len(known), 'alarm')} on {many(len(topics), 'topic')} looked at.")


def _actions(tour: Tour, alarm: Doc, heard: set[str]) -> Iterator[Item]:
    name = alarm["AlarmName"]
    if name in heard:
        return  # its composite alarm speaks for it
    if not reading.actions_of(alarm):
        text = "It has no action for ALARM: when it goes off, nobody hears of it."
        yield _item(tour, "no_action", name, text, _enable(alarm, "--alarm-actions <topic>"))
    elif not alarm.get("ActionsEnabled", True):
        command = f"aws cloudwatch enable-alarm-actions --alarm-names {_quoted(name)}"
        text = "Its actions are disabled: when it goes off, nobody hears of it."
        yield _item(tour, "actions_disabled", name, text, Action(text="Enable its actions.", command=command))
    elif not alarm.get("OKActions"):
        text = "It has no action for OK: an incident that it opened is never told that it is over."
        yield _item(tour, "no_ok_action", name, text, _enable(alarm, "--ok-actions <topic>"), weight="advice")


def _enable(alarm: Doc, option: str) -> Action:
    topic = next(iter(reading.topics(alarm)), "")
    words = option.replace("<topic>", topic or "<the alarm topic's ARN>")
    return Action(text=f"Set {words} in the code that makes it, so that the next deployment keeps it.")


def _stuck(tour: Tour, alarm: Doc) -> Iterator[Item]:
    at = reading.since(alarm)
    if alarm.get("StateValue") == "INSUFFICIENT_DATA" and at and tour.now - at > STUCK:
        lasted = duration((tour.now - at).total_seconds())
        text = f"Without data for {lasted}, since {when(at, tour.slot.zone)}: it watches nothing."
        yield _item(
            tour, "insufficient_data", alarm["AlarmName"], text, Action(text="Correct its metric, or delete it.")
        )


def _topic(tour: Tour, topic: str, names: Sequence[str]) -> Iterator[Item]:
    """Another account's topic tells only its own account who listens."""
    if topic.split(":")[4:5] != [tour.settings.account]:
        return
    whose = f"{many(len(names), 'alarm')} ({listed(list(names), 2)})"
    subject = topic.rpartition(":")[2]
    try:
        pages: Any = tour.aws.sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic)
        found = [one["SubscriptionArn"] for page in pages for one in page.get("Subscriptions") or ()]
    except ClientError as error:
        if error.response["Error"]["Code"] not in {"NotFound", "NotFoundException"}:
            raise
        fix = Action(text="Wire these alarms to a topic that exists.")
        text = f"The topic does not exist; {whose} would tell it."
        yield _item(tour, "topic_gone", subject, text, fix, weight="critical")
        return
    confirmed = [arn for arn in found if arn.startswith("arn:")]  # else "PendingConfirmation", "Deleted"
    if not found:
        fix = Action(text="Subscribe the responder's queue.")
        text = f"The topic has no subscriber: {whose} would reach nobody."
        yield _item(tour, "no_subscriber", subject, text, fix, weight="critical")
    elif not confirmed:
        fix = Action(text="Confirm the subscription from its e-mail or endpoint, or subscribe anew.")
        text = f"None of the topic's {many(len(found), 'subscription')} is confirmed: {whose} would reach nobody."
        yield _item(tour, "no_confirmed_subscriber", subject, text, fix, weight="critical")


# resources ------------------------------------------------------------------------------------------------------------


def _gone(tour: Tour, alarms: Sequence[Doc]) -> Iterator[Item]:
    """Alarms on resources that no longer exist, by the dimensions that name one."""
    existing = Existing(tour.inventory)
    fix = Action(text="Delete it, or let it watch the successor.")
    for alarm in alarms:
        here = (one for one in reading.metrics(alarm) if one.account in {"", tour.settings.account})
        lost = next((found for one in here if (found := existing.lost(one.namespace, dict(one.dimensions)))), "")
        if lost:
            yield _item(tour, "resource_gone", alarm["AlarmName"], f"It watches {lost}, which does not exist.", fix)


# thresholds -----------------------------------------------------------------------------------------------------------


def _thresholds(tour: Tour, alarms: Sequence[Doc]) -> Iterator[Item]:
    """Thresholds that never or always fire. An hour's highest and lowest sample bound every statistic within it."""
    rest = []
    for alarm in alarms:
        if not reading.plain(alarm) or not _direction(alarm):
            continue
        if why := _unreachable(alarm):
            fix = Action(text="Correct the threshold's unit.")
            yield _item(tour, "never_fires", alarm["AlarmName"], why, fix)
        else:
            rest.append(alarm)
    data = series.read(tour.aws, [ask for one in rest for ask in _asks(one)], tour.now - BACK, tour.now, 3600)
    for alarm, highest, lowest in zip(rest, data[::2], data[1::2], strict=True):
        if min(len(highest), len(lowest)) >= HOURS:
            yield from _fires(tour, alarm, highest, lowest)


def _asks(alarm: Doc) -> tuple[series.Ask, series.Ask]:
    [one] = reading.metrics(alarm)
    stats = ("Sum", "Sum") if one.stat in {"Sum", "SampleCount"} else ("Maximum", "Minimum")
    high, low = (series.Ask(one.namespace, one.name, dict(one.dimensions), stat) for stat in stats)
    return high, low


def _fires(tour: Tour, alarm: Doc, highest: Points, lowest: Points) -> Iterator[Item]:
    threshold, name = float(alarm["Threshold"]), alarm["AlarmName"]
    [one] = reading.metrics(alarm)
    up = _direction(alarm) == "up"
    # an hour's sum is the sum of its periods: what none of them can exceed, and what they have on average
    periods = 3600 / max(one.period, 60) if one.stat in {"Sum", "SampleCount"} else 1.0
    bound = sorted(value / periods for _, value in (lowest if up else highest))
    if sum((value > threshold) if up else (value < threshold) for value in bound) >= ALWAYS * len(bound):
        usual = number(bound[len(bound) // 2])
        text = f"Its threshold of {number(threshold)} is always crossed: {usual} is usual ({one.name}, 14 days)."
        fix = Action(text="Move the threshold to where trouble begins, or delete it.")
        yield _item(tour, "always_fires", name, text, fix)
        return
    trigger = reading.gravest(alarm)
    if not up or trigger is None or trigger.family not in LEVELS:
        return  # an error that never happened needs its alarm all the same
    limit = trigger.limit_of(tour.settings.thresholds) / (1000.0 if one.name in SECONDS else 1.0)
    peak = max(value for _, value in highest)
    if peak > 0 and threshold > limit and threshold > FAR * peak:
        text = (
            f"Its threshold of {number(threshold)} has never been near: the highest of 14 days is {number(peak)} "
            f"({one.name}), and the runbook's limit is {number(limit)}."
        )
        yield _item(tour, "never_fires", name, text, Action(text=f"Lower it to {number(limit)}."), weight="advice")


def _unreachable(alarm: Doc) -> str:
    """Why a threshold cannot ever be reached; empty if it can."""
    [one] = reading.metrics(alarm)
    threshold = float(alarm["Threshold"])
    if _direction(alarm) != "up":
        return ""
    if one.name == "CPUUtilization" and one.namespace == "AWS/RDS" and threshold >= 100:
        return f"{one.name} cannot exceed 100 %, and its threshold is {number(threshold)}."
    if reading.family(alarm) in {"cpu", "memory"} and one.name.endswith("Utilization") and threshold > 200:
        return f"{one.name} is in per cent, and its threshold is {number(threshold)}."
    if one.name in SECONDS and threshold >= 60:
        return f"{one.name} is in seconds, and its threshold is {number(threshold)}: probably milliseconds were meant."
    return ""


def _direction(alarm: Doc) -> str:
    comparison = alarm.get("ComparisonOperator", "")
    if comparison.startswith("GreaterThan") and "Upper" not in comparison:
        return "up"
    return "down" if comparison.startswith("LessThan") and "Lower" not in comparison else ""


def _item(tour: Tour, what: str, subject: str, text: str, *actions: Action, weight: Weight = "warning") -> Item:
    link = "" if what in OF_TOPICS else links.alarm(tour.aws.region, subject)
    facts = (Fact(text="Alarm", source="cloudwatch:DescribeAlarms", link=link),) if link else ()
    return Item(id=f"daily.wiring.{what}", weight=weight, subject=subject, text=text, facts=facts, actions=actions)


def _quoted(name: str) -> str:
    """A name as one word of a shell's command."""
    return "'" + name.replace("'", "'\\''") + "'"
