"""Sustained CPU and memory of every service, and those near the runbook's 70 %."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from lambdas.reviews.base import Piece, Tour, part
from lambdas.reviews.capacity import usage
from lambdas.reviews.capacity.scaling import Scaled, by_design, judge
from lambdas.reviews.capacity.sustained import LIMIT, NEAR, Level, level, tasks_for, weeks_until
from lambdas.reviews.model import Action, Curve, Fact, Item, Line, Mark, Note, Table
from lambdas.reviews.series import shifted
from lambdas.reviews.words import many
from lambdas.triage.thresholds import BY_ID

if TYPE_CHECKING:
    from lambdas.reviews.capacity.usage import ServiceWeek

AIM = 55.0  # % sustained: leaves room for a release and a surge
HIGH_MEMORY = 85.0  # %: memory that does not grow is a matter of taste below it
ROWS, CURVES = 60, 3


@part(
    "weekly.services",
    title="ECS services: sustained utilisation",
    runbook="Weekly Capacity Planning Review, 1 and 2: ECS CPU/Memory utilization patterns; services approaching 70% "
    "sustained utilization",
    place=10,
    allow=(*usage.ALLOW, *usage.SCALING),
)
def services(tour: Tour) -> Iterator[Piece]:
    """Not those whose target tracking keeps them there, nor those whose maximum is the matter (`weekly.scaling`)."""
    weeks = usage.weeks(tour)
    readable = usage.scaled_if_readable(tour)
    scaled = readable or {}
    limit = BY_ID["ecs.cpu.warning"].limit_of(tour.settings.thresholds)
    for week in weeks:
        yield from _judged(week, scaled.get(week.resource), limit)
    ranked = sorted(weeks, key=lambda week: -_top(week))
    yield _table(ranked)
    for week in ranked[:CURVES]:
        if _top(week) >= NEAR:
            yield _curve(week, limit)
    if readable is None:
        yield Note(text="Auto scaling could not be read: a service that is kept where it is on purpose is named, too.")
    quiet = [week.subject for week in weeks if not week.cpu]
    yield Note(
        text="Sustained is what a fifth of the week's hours reached or exceeded (hourly averages): a nightly job does "
        "not count, a working day does."
    )
    yield Note(text=f"{many(len(weeks), 'service')} looked at.", count=(("services", len(weeks)),))
    if quiet:
        some = ", ".join(quiet[:8]) + (f" and {len(quiet) - 8} more" if len(quiet) > 8 else "")
        yield Note(text=f"Without any CPU data this week: {some}.")


def _top(week: ServiceWeek) -> float:
    return max((found.sustained for found in week.levels if found), default=-1.0)


def _judged(week: ServiceWeek, scaled: Scaled | None, limit: float) -> Iterator[Item]:
    cpu, memory = week.levels
    if cpu and not by_design(scaled, cpu.sustained) and not (scaled and _at_max(scaled)):
        before = level(week.cpu_before)
        ahead = weeks_until(before, cpu, limit)
        if cpu.sustained >= limit or (cpu.sustained >= limit - (LIMIT - NEAR) and (before is None or ahead)):
            yield _item(week, "cpu", "CPU", cpu, before, limit, ahead, scaled)
    if memory:
        before = level(week.memory_before)
        ahead = weeks_until(before, memory, LIMIT)
        growing = before is not None and memory.sustained - before.sustained > 2
        if (
            memory.sustained >= HIGH_MEMORY
            or (memory.sustained >= LIMIT and growing)
            or (memory.sustained >= NEAR and ahead)
        ):
            yield _item(week, "memory", "Memory", memory, before, LIMIT, ahead, scaled)


def _at_max(scaled: Scaled) -> bool:
    return any(verdict.fault == "at_max" for verdict in judge(scaled))


def _item(  # noqa: PLR0917 — one call, from above
    week: ServiceWeek,
    what: str,
    name: str,
    now: Level,
    before: Level | None,
    limit: float,
    ahead: int | None,
    scaled: Scaled | None,
) -> Item:
    past = f", {before.sustained:.0f} % the week before" if before else ""
    later = f"; at this pace {limit:.0f} % in about {many(ahead, 'week')}" if ahead else ""
    return Item(
        id=f"weekly.services.{what}",
        weight="warning" if now.sustained >= limit else "advice",
        subject=week.subject,
        text=f"{name} is sustained at {now.sustained:.0f} %{past} (median {now.usual:.0f} %, highest hour "
        f"{now.peak:.0f} %){later}.",
        facts=(
            Fact(
                text=f"{now.sustained:.1f} % or more in a fifth of {now.hours} hours",
                source=f"AWS/ECS {name if name == 'CPU' else 'Memory'}Utilization, hourly averages",
            ),
        ),
        actions=(_advice(week, what, now, scaled),),
        level=now.sustained,
    )


def _advice(week: ServiceWeek, what: str, now: Level, scaled: Scaled | None) -> Action:
    link = week.state.link
    if what == "memory":
        return Action(text="Give the tasks more memory, or look for what grows: more tasks seldom help.", link=link)
    tasks = week.mean_tasks
    needed = tasks_for(tasks, now.sustained, AIM)
    if scaled and not scaled.suspended and scaled.lowest != scaled.highest:
        return Action(
            text=f"Let the scaling policy aim lower, or start from {needed} tasks (about {AIM:.0f} %).", link=link
        )
    alone = "" if scaled else "It has no auto scaling. "
    command = (
        f"aws ecs update-service --cluster {week.state.cluster} --service {week.state.name} --desired-count {needed}"
    )
    return Action(
        text=f"{alone}Plan for {needed} tasks instead of {tasks:.0f} (about {AIM:.0f} %).", command=command, link=link
    )


def _table(ranked: list[ServiceWeek]) -> Table:
    def shown(value: Level | None) -> tuple[str, str]:
        return (f"{value.sustained:.0f} %", f"{value.peak:.0f} %") if value else ("too little data", "")

    rows = []
    for week in ranked[:ROWS]:
        (cpu, cpu_peak), (memory, memory_peak) = (shown(found) for found in week.levels)
        rows.append((week.subject, f"{week.mean_tasks:.1f}", cpu, cpu_peak, memory, memory_peak))
    return Table(
        title="Utilisation of the week",
        columns=(
            "Service",
            "Tasks (mean)",
            "CPU sustained",
            "CPU highest hour",
            "Memory sustained",
            "Memory highest hour",
        ),
        rows=tuple(rows),
        right=(1, 2, 3, 4, 5),
        more=max(0, len(ranked) - ROWS),
    )


def _curve(week: ServiceWeek, limit: float) -> Curve:
    cpu, memory = week.levels
    by_memory = (memory.sustained if memory else 0) > (cpu.sustained if cpu else 0)
    now, before = (week.memory, week.memory_before) if by_memory else (week.cpu, week.cpu_before)
    name = "Memory" if by_memory else "CPU"
    primary = week.state.primary
    released = primary.created_at if primary else None
    seen = released is not None and bool(now) and now[0][0] <= released <= now[-1][0]
    return Curve(
        title=f"{week.subject}: {name}",
        unit="%",
        lines=(
            Line(label="this week", points=now),
            Line(label="the week before", points=shifted(before, usage.WEEK), faint=True),
        ),
        threshold=LIMIT if by_memory else limit,
        marks=(Mark(at=released, label="release"),) if seen and released else (),
        about=f"Hourly averages of {name} over the week, over those of the week before.",
    )
