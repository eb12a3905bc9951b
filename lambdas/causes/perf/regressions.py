"""What any cause says of a regression: one line of evidence for each metric that was compared with last week. Pure.

for found in regressions(evidence): ...      # Regression(metric, since, before, after, factor)
facts = (*facts, *week_facts(evidence))      # also where nothing got worse
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdas.causes.base import Fact
from lambdas.causes.wording import day, number, times
from lambdas.checks.performance.regression import LikeLastWeek, Regression

if TYPE_CHECKING:
    from datetime import datetime

    from lambdas.causes.base import Evidence


def regressions(evidence: Evidence) -> list[Regression]:
    """The metrics that got worse, the worst first."""
    return sorted(evidence.of(Regression), key=lambda r: -r.factor)


def regressed_since(evidence: Evidence) -> datetime | None:
    """The change point of the worst; None where there is none, or it lies more than a day back."""
    found = regressions(evidence)
    return found[0].since if found else None


def week_facts(evidence: Evidence) -> list[Fact]:
    """Lines of evidence: value, last week's, change point and size."""
    facts = [
        Fact(
            text=f"{r.metric} is {number(r.after)}, {times(r.factor)} the same hours of last week,"
            f" {f'since {day(r.since)}' if r.since else 'for more than a day'}",
            source=r.source,
            at=r.since,
            value=number(r.after),
            baseline=number(r.before),
            link=r.link,
        )
        for r in regressions(evidence)
    ]
    for same in evidence.of(LikeLastWeek):
        text = f"{same.metric} is {number(same.now)}, in the same hour of last week it was {number(same.before)}"
        facts.append(
            Fact(text=text, source=same.source, value=number(same.now), baseline=number(same.before), link=same.link)
        )
    return facts
