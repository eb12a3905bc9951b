"""Healthy, noisy: the metric comes and goes around its threshold, or is what it always is at this hour."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from lambdas.causes.alarm import HOUR, Watched, rings, watched
from lambdas.causes.base import Action, Fact, Judgement, cause
from lambdas.causes.ecs import reasons
from lambdas.causes.ecs.failures import failures
from lambdas.causes.measured import every
from lambdas.causes.wording import at, count, number, quote, times
from lambdas.checks.ecs.services import ServiceState
from lambdas.checks.elbv2.target_groups import TargetHealth
from lambdas.checks.rds.instances import DatabaseMissing, Instance
from lambdas.diagnosis import timeseries as ts

if TYPE_CHECKING:
    from lambdas.causes.base import Evidence

HARD = 80.0  # percent
HABIT, DAYS = 6, 4  # spells in a week, and days that had one
OFTEN = 4  # rings in three days: an alarm that cries wolf
HEALTH = (
    "ecs.services",
    "ecs.stopped_tasks",
    "elbv2.targets",
    "elbv2.target_health",
    "rds.instances",
)
MANY = 10.0  # errors a minute that nobody ever saw before
HARM = (("elb.errors", 3.0), ("elb.latency", 1.6))  # roles of metrics that users feel, and how much more is harm


@cause("none.noise", title="Healthy, but noisy", reads=("cloudwatch.alarm_metric", "cloudwatch.alarm_history"))
def noise(evidence: Evidence) -> Judgement:
    """It oscillates below harm, or is within its baseline for this hour; nobody feels it, and nothing fails."""
    if meant := _meant(evidence):
        return meant
    watch = watched(evidence)
    if watch is None:
        why = evidence.gap("cloudwatch.alarm_metric") or "the alarm's metric has no data, or is metric math"
        return Judgement(verdict="could_not_check", missing=(why,))
    if harm := _harm(evidence):
        return Judgement(verdict="ruled_out", evidence=(harm,))
    if watch.period > HOUR.total_seconds():
        return _slow(evidence, watch)
    name = watch.metric.series.name
    level = watch.metric.around_alarm()
    start = max(watch.metric.window.start, watch.metric.window.at - HOUR)
    usual = watch.metric.usual(start, watch.metric.window.end)
    facts = [
        Fact(
            text=f"{name} crossed {number(watch.threshold)} {count(watch.crossings, 'time')} since"
            f" {at(watch.metric.window.start)}, and was beyond it for {watch.share:.0%} of the last hour",
            source="cloudwatch:GetMetricData",
        )
    ]
    if habit := watch.habit:
        facts.append(
            Fact(
                text=f"it was beyond {number(watch.threshold)} {count(habit.times, 'time')} in the week before, on"
                f" {count(habit.days, 'day')}, and now is no longer and no worse than then",
                source="cloudwatch:GetMetricData",
            )
        )
    within = usual is not None and level is not None and (usual.within(level) or _as_a_week_ago(watch, level))
    # What stands high for most of every day at this hour is no noise, it is too small.
    high = (
        level is not None and level >= HARD and watch.share >= 0.5 and name in ("CPUUtilization", "MemoryUtilization")
    )
    before = ts.share(
        ts.same_hours(watch.metric.past, start, watch.metric.window.end), watch.threshold, above=watch.above
    )
    if usual:
        facts.append(
            Fact(
                text=(
                    f"at this hour it usually is {number(usual.low)} to"
                    f" {number(usual.high)}, over {count(usual.days, 'day')}"
                ),
                source="cloudwatch:GetMetricData",
                value=number(level or 0.0),
                baseline=number(usual.typical),
            )
        )
    rang = rings(evidence, timedelta(days=3))
    last = watch.points[-1][1]
    new = watch.bad(last) and not before and not (usual and usual.within(last))
    if new and watch.crossings <= 1 and rang <= 1 and not habit:
        text = f"{name} crossed {number(watch.threshold)} once, stays beyond it, and never was at this hour before"
        return Judgement(verdict="ruled_out", evidence=(Fact(text=text, source="cloudwatch:GetMetricData"),))
    if rang > 1:
        facts.append(
            Fact(text=f"the alarm rang {count(rang, 'time')} in three days", source="cloudwatch:DescribeAlarmHistory")
        )
    facts.append(
        Fact(text="nothing that was looked at fails; errors and response time are as usual", source="all checks")
    )
    known = (before is not None and before > 0.02) or _as_a_week_ago(watch, level or 0.0)
    actions = (
        Action(text=f"Adjust the threshold or the evaluation periods of {evidence.alert.name}; it reports no harm"),
    )
    if blind := [f"{check}: {gap}" for check in HEALTH if (gap := evidence.gap(check)) not in ("", "not run")]:
        # what could not be looked at may well be sick
        return Judgement(verdict="could_not_check", missing=tuple(blind))
    summary = f"{name} moves around the threshold of {number(watch.threshold)} without harm"
    if habit and habit.times >= HABIT and habit.days >= DAYS and not high:
        return Judgement(
            verdict="likely",
            summary=f"{name} passes {number(watch.threshold)} like this on most days, without harm",
            evidence=tuple(facts),
            actions=actions,
            score=0.6,
            would_confirm="users and dependencies unaffected over the next hour",
        )
    if within and (known or rang >= OFTEN) and (watch.share < 0.9 or watch.crossings) and not high:
        return Judgement(
            verdict="likely",
            summary=summary,
            evidence=tuple(facts),
            actions=actions,
            score=0.6,
            would_confirm="users and dependencies unaffected over the next hour",
        )
    if (watch.crossings >= 4 and watch.share < 0.6 and (within or rang >= OFTEN)) or (within and watch.share < 0.3):
        return Judgement(
            verdict="likely",
            summary=summary,
            evidence=tuple(facts),
            actions=actions,
            score=0.5,
            would_confirm="users and dependencies unaffected over the next hour",
        )
    if within or rang >= OFTEN:
        return Judgement(verdict="possible", summary=summary, evidence=tuple(facts), score=0.2)
    text = f"{name} is {number(level or 0.0)}"
    text += f", outside its usual {number(usual.low)} to {number(usual.high)}" if usual else ", and has no baseline"
    return Judgement(verdict="ruled_out", evidence=(Fact(text=text, source="cloudwatch:GetMetricData"),))


def _meant(evidence: Evidence) -> Judgement | None:
    """An ECS event of a task that was stopped on purpose, of a service that is whole."""
    detail = evidence.alert.detail
    reason = str(detail.get("stoppedReason", ""))
    services = evidence.of(ServiceState)
    if evidence.alert.kind != "ecs" or not reasons.wanted(reason) or failures(evidence):
        return None
    if not services or not all(s.settled for s in services):
        return None
    facts = (
        Fact(text=f"the task was stopped on purpose: {quote(reason)}", source="ECS task event", at=evidence.alert.at),
        *(
            Fact(text=f"{s.name} runs {s.running} of {count(s.desired, 'task')}", source=s.source, link=s.link)
            for s in services
        ),
    )
    return Judgement(
        verdict="likely",
        summary=f"a task was stopped on purpose, and {services[0].name} runs in full",
        evidence=facts,
        score=0.6,
        would_confirm="no failing task over the next minutes",
        actions=(Action(text="Nothing to do"),),
    )


def _slow(evidence: Evidence, watch: Watched) -> Judgement:
    """An alarm that counts over hours: whether anything has failed says more than its few points."""
    services = evidence.of(ServiceState)
    if not services or not evidence.looked("ecs.stopped_tasks") or not all(s.settled for s in services):
        return Judgement(verdict="could_not_check", missing=("the alarm looks at hours: too few points to tell noise",))
    if seen := failures(evidence):
        fact = Fact(text=f"a task failed at {at(seen[-1].at)}", source=seen[-1].source, at=seen[-1].at)
        return Judgement(verdict="ruled_out", evidence=(fact,))
    name = watch.metric.series.name
    facts = tuple(
        Fact(
            text=f"{s.name} runs {s.running} of {count(s.desired, 'task')}, nothing failed",
            source=s.source,
            link=s.link,
        )
        for s in services
    )
    return Judgement(
        verdict="likely",
        summary=f"{name} passed {number(watch.threshold)} though nothing failed: every stop was meant",
        evidence=facts,
        score=0.4,
        would_confirm="no failing task over the next hours",
        actions=(Action(text=f"Let {evidence.alert.name} leave out stops by deployments and scaling"),),
    )


def _as_a_week_ago(watch: Watched, level: float) -> bool:
    """A habit of the weekday: unlike yesterday, like the same minutes a week ago, when it was beyond as well."""
    then = watch.metric.window.at - timedelta(days=7)
    around = ts.between(watch.metric.past, then - timedelta(minutes=15), then + timedelta(minutes=15))
    week_ago = ts.middle(around)
    return week_ago is not None and watch.bad(week_ago) and abs(level - week_ago) <= 0.15 * abs(week_ago)


def _harm(evidence: Evidence) -> Fact | None:
    """What users or ECS feel; None where nothing does."""
    for service in evidence.of(ServiceState):
        if service.short:
            return Fact(text=f"{service.name} runs {service.running} of {service.desired} tasks", source=service.source)
    for gone in evidence.of(DatabaseMissing):
        return Fact(text=f"the database {gone.id} does not exist", source=gone.source)
    for database in evidence.of(Instance):
        if database.role == "subject" and database.status not in ("", "available"):
            return Fact(text=f"{database.id} is {database.status}", source=database.source, link=database.link)
    if evidence.alert.metrics and evidence.alert.metrics[0].name == "HealthyHostCount" and evidence.alert.observed == 0:
        return Fact(text="no target is healthy", source="the alarm")
    sick = [t for t in evidence.of(TargetHealth) if t.state == "unhealthy"]
    if sick:
        return Fact(text=f"{count(len(sick), 'target')} unhealthy", source=sick[0].source)
    failed = [f for f in failures(evidence) if evidence.window.at - f.at < HOUR]
    if failed:
        return Fact(text=f"a task failed at {at(failed[-1].at)}", source=failed[-1].source, at=failed[-1].at)
    for role, much in HARM:
        for metric in every(evidence, role):
            now, usual = metric.around_alarm(), metric.baseline
            if now is None:
                continue
            if usual is None:  # of a count that AWS publishes only where there is something to count
                if role == "elb.errors" and not metric.past and now >= MANY:
                    text = f"{metric.series.name} is {number(now)} a minute, and was not there in the week before"
                    return Fact(text=text, source="cloudwatch:GetMetricData")
                continue
            if now > max(usual.high * 1.2, usual.typical * much) and now - usual.typical > 0.02:
                ratio = times(now / usual.typical) if usual.typical else "new"
                text = f"{metric.series.name} is {number(now)}, {ratio} of its usual {number(usual.typical)}"
                return Fact(text=text, source="cloudwatch:GetMetricData")
    return None
