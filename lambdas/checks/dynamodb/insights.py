"""CloudWatch Contributor Insights for DynamoDB: the partition keys that are used, and throttled, most.

Key values may be personal data, so none is kept in full: `shorten` keeps enough to recognise one's own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from lambdas.checks.base import Allow, Finding, Look, check
from lambdas.checks.dynamodb import links
from lambdas.checks.dynamodb.scope import NamedTable
from lambdas.checks.dynamodb.tables import TableState

SUBJECTS = 4  # tables and indexes that are asked
TOP = 10  # contributors of one report
SPAN = timedelta(minutes=30)  # before the alarm

type What = Literal["accessed", "throttled"]
# The second part of the rules' names ("How it works", Contributor Insights for DynamoDB): partition keys and, where a
# table has a sort key, both keys together; C: consumed, T: throttled.
_RULES: dict[str, tuple[What, bool]] = {
    "PKC": ("accessed", False),
    "PKT": ("throttled", False),
    "SKC": ("accessed", True),
    "SKT": ("throttled", True),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class InsightsState(Finding):
    """Whether Contributor Insights is on."""

    subject: str  # "table" or "table/index"
    enabled: bool
    status: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TopKeys(Finding):
    """The most used, or most throttled, keys. `keys`: (shortened value, events), most first."""

    subject: str
    what: What
    label: str = ""  # names of the key attributes
    keys: tuple[tuple[str, float], ...] = ()
    total: float = 0.0  # events of all keys
    unique: int = 0  # how many different keys, about

    @property
    def share(self) -> float:
        """The first key's share of all, 0–1."""
        return min(1.0, self.keys[0][1] / self.total) if self.keys and self.total > 0 else 0.0


@check(
    "dynamodb.contributor_insights",
    title="Hot partitions by CloudWatch Contributor Insights: key distribution",
    yields=(InsightsState, TopKeys),
    needs=(TableState,),
    uses=(NamedTable,),
    allow=(
        Allow("dynamodb:DescribeContributorInsights", "arn:{partition}:dynamodb:{region}:{account}:table/*"),
        Allow("cloudwatch:GetInsightRuleReport", "arn:{partition}:cloudwatch:{region}:{account}:insight-rule/*"),
    ),
    calls=8,
)
def contributor_insights(look: Look) -> Iterator[Finding]:
    """Of each table and index: is it on, and what do its rules for partition keys report."""
    asked = [
        (table, index)
        for table in look.found.of(TableState)
        for index in ("", *(index.name for index in table.indexes))
    ]
    for table, index in asked[:SUBJECTS]:
        named = {"TableName": table.name} | ({"IndexName": index} if index else {})
        answer: Any = look.aws.dynamodb.describe_contributor_insights(**named)
        status = answer.get("ContributorInsightsStatus", "")
        subject = f"{table.name}/{index}" if index else table.name
        link = links.table(look.aws.region, table.name)
        yield InsightsState(
            subject=subject,
            enabled=status in ("ENABLED", "ENABLING"),
            status=status,
            source="dynamodb:DescribeContributorInsights",
            link=link,
        )
        for rule in answer.get("ContributorInsightsRuleList") or ():
            what, both = _RULES.get(rule.split("-")[1] if rule.count("-") else "", (None, True))
            if what and not both and status == "ENABLED":
                yield _report(look, rule, subject, what, link)


def _report(look: Look, rule: str, subject: str, what: What, link: str) -> TopKeys:
    answer: Any = look.aws.cloudwatch.get_insight_rule_report(
        RuleName=rule,
        StartTime=_whole(look.window.at - SPAN),
        EndTime=_whole(look.window.end + timedelta(minutes=1)),
        Period=300,
        MaxContributorCount=TOP,
    )
    contributors = [
        ("/".join(shorten(key) for key in raw.get("Keys") or ()), float(raw.get("ApproximateAggregateValue") or 0.0))
        for raw in answer.get("Contributors") or ()
    ]
    contributors.sort(key=lambda one: -one[1])
    return TopKeys(
        at=look.window.end,
        subject=subject,
        what=what,
        label="/".join(answer.get("KeyLabels") or ()),
        keys=tuple(contributors),
        total=float(answer.get("AggregateValue") or sum(value for _, value in contributors)),
        unique=answer.get("ApproximateUniqueCount") or 0,
        source="cloudwatch:GetInsightRuleReport",
        link=link,
    )


def shorten(key: str) -> str:
    """A key's first characters and a short hash: recognised by who knows it, told to nobody else."""
    digest = hashlib.sha256(key.encode()).hexdigest()[:6]
    return f"{key[: min(4, len(key) // 2)]}… (#{digest})"


def _whole(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)
