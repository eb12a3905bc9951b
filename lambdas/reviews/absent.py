"""Why a metric that somebody asks for has no data: what CloudWatch does have that is like it. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from lambdas.reviews.words import listed

type Doc = dict[str, Any]

# Metrics that CloudWatch has data for only where something happened ("Reporting criteria: there is a nonzero value" in
# the Elastic Load Balancing guides; DynamoDB Developer Guide, "DynamoDB metrics and dimensions"): none is good news.
EVENTFUL = re.compile(
    r"HTTPCode_\w+_Count|\w*ConnectionErrorCount|RejectedConnectionCount|\w*TLSNegotiationErrorCount|Dropped\w+Count"
    r"|\w*Throttle(d)?(Requests|Events|Count)|UserErrors|SystemErrors|ConditionalCheckFailedRequests|Transaction\w+"
    r"|ELBAuth\w+|\w*Rejected\w*|DeadLetterErrors|NumberOfNotificationsFailed\w*|\w*_(Reset|Timeout)_Count"
    r"|LambdaInternalError|LambdaUserError|ForwardedInvalidHeaderRequestCount|\w*5[Xx][Xx]\w*|\w*4[Xx][Xx]\w*"
)


@dataclass(frozen=True, slots=True)
class Reason:
    """A likely reason, as a sentence; `fix` is what to write instead, where that is plain."""

    text: str
    fix: str = ""


def eventful(name: str) -> bool:
    """Whether no data at all is how this metric says that nothing happened."""
    return EVENTFUL.fullmatch(name) is not None


def reason(
    namespace: str,
    name: str,
    dimensions: Mapping[str, str],
    named: Sequence[Doc],
    inside: Iterable[Doc],
) -> Reason:
    """The likeliest reason.

    Args:
        namespace: the metric's.
        name: the metric's.
        dimensions: the metric's.
        named: ListMetrics of that metric name, in all namespaces.
        inside: ListMetrics of that namespace.
    """
    same = [_dimensions(one) for one in named if one.get("Namespace") == namespace]
    if same:
        return _dimensions_differ(name, dimensions, same)
    elsewhere = Counter(one.get("Namespace", "") for one in named)
    if elsewhere:
        found = [place for place, _ in elsewhere.most_common(3)]
        return Reason(
            f"{name} exists only under {'another namespace' if len(found) == 1 else 'other namespaces'}: "
            f"{listed(found)}.",
            found[0],
        )
    names = sorted({one.get("MetricName", "") for one in inside})
    if not names:
        return Reason(f"Nothing at all was published under {namespace} in the last two weeks{_hint(namespace)}.")
    folded = {one.lower(): one for one in names}
    if near := folded.get(name.lower()) or next(iter(get_close_matches(name, names, 1, 0.8)), ""):
        return Reason(f"{namespace} has no {name}, but {near}.", near)
    return Reason(f"{namespace} publishes {listed(names, 5)}, and no {name}.")


def _dimensions_differ(name: str, asked: Mapping[str, str], same: list[dict[str, str]]) -> Reason:
    keys = set(asked)
    shapes = [found for found in same if set(found) == keys]
    if dict(asked) in shapes:
        return Reason("It had data within the last two weeks, and has none now.")
    if not shapes:
        sets = Counter(tuple(sorted(found)) for found in same)
        usual = sets.most_common(1)[0][0]
        wanted = ", ".join(usual) or "no dimension"
        given = ", ".join(sorted(asked)) or "none"
        return Reason(f"{name} is published by {wanted}; the widget asks by {given}.", wanted)
    closest = max(shapes, key=lambda found: sum(found[key] == asked[key] for key in keys))
    wrong = sorted(key for key in keys if closest[key] != asked[key])
    for key in wrong:
        values = sorted({found[key] for found in shapes})
        folded = {value.lower(): value for value in values}
        near = folded.get(asked[key].lower()) or next(iter(get_close_matches(asked[key], values, 1, 0.6)), "")
        if near:
            return Reason(f"There is no {key} {asked[key]}; the nearest is {near}.", near)
    gone = wrong[0] if wrong else next(iter(keys), "")
    return Reason(f"The {gone} {asked.get(gone, '')} published nothing for two weeks: it is probably gone.")


def _dimensions(one: Doc) -> dict[str, str]:
    return {found["Name"]: found["Value"] for found in one.get("Dimensions") or ()}


def _hint(namespace: str) -> str:
    if namespace.startswith("ECS/ContainerInsights"):
        return ": Container Insights is probably off on these clusters"
    if namespace == "CWAgent":
        return ": no CloudWatch agent reports"
    return "" if namespace.startswith("AWS/") else ": whatever published it has stopped, or uses another name"
