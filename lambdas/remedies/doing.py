"""Doing a remedy, looking whether it helped, and taking it back: the same for all of them.

Nothing is changed on an old view of the world. Before each write the resource is read again: where it is no longer what
the dry run showed, nothing is done, and people are told what it is now. The same comparison makes a second try
harmless: an attempt that died after its write finds the resource already as it was to be.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from lambdas.causes.wording import number
from lambdas.checks.base import load
from lambdas.errors import RemedyError, RemedyLater
from lambdas.incidents.model import Acted
from lambdas.remedies.base import KINDS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lambdas.aws import Aws
    from lambdas.incidents.model import Remedy
    from lambdas.remedies.base import Kind, State, Value, Values
    from lambdas.settings import Remedies

MINUTE = 60
LOOK = 5 * MINUTE  # after a change, and again until it can be told
GIVE_UP = 20 * MINUTE  # after a change: what has not helped by then has not helped
NEWEST = 3  # datapoints that all must be good
NAMES = {"desired": "desired count", "max": "maximum", "read": "read units", "write": "write units"}
# A metric of these counts events: CloudWatch has no datapoint where there was none.
EVENTS = ("Throttle", "5XX", "4XX", "Errors")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a metric says since the change. `good`: None where it says nothing yet."""

    good: bool | None
    told: str = ""
    values: tuple[float, ...] = field(default=())


def kind_of(remedy: Remedy) -> Kind:
    """Its file. Raises RemedyError where there is none: the proposal was made by another version."""
    load("lambdas.remedies")
    if found := KINDS.get(remedy.kind):
        return found
    raise RemedyError(f"this version knows no remedy called {remedy.kind}")


def prepared(remedy: Remedy, which: str) -> dict[str, Value]:
    """The values of the dry run, from the remedy's parameters: `now` or `then`."""
    start = f"{which}."
    return {name.removeprefix(start): value for name, value in remedy.params.items() if name.startswith(start)}


def apply(aws: Aws, remedy: Remedy, rules: Remedies, now: int, *, lost: bool = False) -> Acted:
    """Make the change, if the world still is what the dry run showed.

    Args:
        aws: clients of the function that may change things.
        remedy: approved.
        rules: the environment's, for the tag that the resource must carry.
        now: epoch seconds.
        lost: whether an earlier attempt ended without saying how: it may have made the change.

    Raises:
        RemedyLater: AWS takes no change of this resource at this moment; try again.
        ClientError, BotoCoreError: nobody knows what AWS did; try again, and look first.
    """
    try:
        kind, before, then = kind_of(remedy), prepared(remedy, "now"), prepared(remedy, "then")
        state = _look(aws, kind, remedy, rules)
        if holds(state.values, before):
            _write(aws, kind, remedy, state, then)
            note = "Done."
        else:
            note = _done_before(remedy, state, then, lost=lost)
    except RemedyError as error:
        return Acted(remedy=remedy.id, state="FAILED", note=f"Not done, and nothing was changed: {error}.")
    return Acted(remedy=remedy.id, state="APPLIED", note=note, before=before, verify_at=now + LOOK)


def _done_before(remedy: Remedy, state: State, then: Values, *, lost: bool) -> str:
    """The resource is not what the dry run showed. Raises RemedyError unless an attempt of ours made it so."""
    if not holds(state.values, then):
        raise RemedyError(f"it has changed since the dry run: it was {remedy.now}, and is {said(state.values)}")
    if not lost:
        raise RemedyError("somebody was faster: it already is what this would have made it")
    return "Done; an earlier attempt had made the change."


def undo(aws: Aws, remedy: Remedy, rules: Remedies) -> Acted:
    """Restore what was, if nobody has changed it since. Raises as `apply`."""
    try:
        kind, then = kind_of(remedy), prepared(remedy, "then")
        state = _look(aws, kind, remedy, rules)
        if not holds(state.values, remedy.before):
            _may_undo(kind, remedy, state, then)
            _write(aws, kind, remedy, state, remedy.before)
    except RemedyError as error:
        return Acted(remedy=remedy.id, state="FAILED", note=f"Not taken back: {error}.")
    return Acted(remedy=remedy.id, state="UNDONE", note=f"Taken back: {said(remedy.before)}.")


def _may_undo(kind: Kind, remedy: Remedy, state: State, then: Values) -> None:
    if not kind.undo or not remedy.before:
        raise RemedyError("there is nothing to take back")
    if not holds(state.values, then):
        raise RemedyError(f"somebody has changed it since: it is {said(state.values)}")


def verify(observe: Aws, remedy: Remedy, now: int) -> Acted:
    """Whether it helped, by the resource itself and by the metric that told of the trouble.

    Returns VERIFIED or NOT_VERIFIED, or APPLIED with the time of the next look while it cannot be told.
    """
    applied = remedy.applied_at or now
    try:
        kind = kind_of(remedy)
        state = kind.changes.read(observe, remedy)
    except RemedyError as error:
        return Acted(remedy=remedy.id, state="NOT_VERIFIED", note=f"It could not be verified: {error}.")
    seen = look(observe, remedy.metric, applied, now)
    told = "; ".join(text for text in (state.told, seen.told) if text)
    undone = not holds(state.values, prepared(remedy, "then"))
    if undone:
        return Acted(
            remedy=remedy.id, state="NOT_VERIFIED", note=f"Somebody has changed it since: {said(state.values)}; {told}."
        )
    if state.settled and seen.good:
        return Acted(remedy=remedy.id, state="VERIFIED", note=f"It helped: {told}.")
    if now - applied < GIVE_UP:
        note = f"Not yet: {told}."
        return Acted(remedy=remedy.id, state="APPLIED", note=note, before=remedy.before, verify_at=now + LOOK)
    return Acted(remedy=remedy.id, state="NOT_VERIFIED", note=f"It has not helped so far: {told}.")


def look(observe: Aws, metric: Mapping[str, Value], since: int, now: int) -> Seen:
    """The metric's newest datapoints after a change, against the level at which it told of trouble."""
    if not metric:
        return Seen(good=True)  # nothing but the resource itself tells
    period = max(int(metric["period"]), MINUTE)
    start = datetime.fromtimestamp(since - since % period + period, UTC)  # whole periods after the change
    end = datetime.fromtimestamp(now, UTC)
    name = f"{metric['name']} ({metric['stat']})"
    values: tuple[float, ...] = ()
    if end - start >= timedelta(seconds=period):
        values = tuple(_data(observe, metric, start, end, period))[-NEWEST:]
    limit, was = float(metric["threshold"]), metric.get("was")
    from_ = f" from {number(float(was))}" if was is not None else ""
    if not values:
        quiet = any(word in str(metric["name"]) for word in EVENTS) and (end - start) >= timedelta(seconds=2 * period)
        if quiet and _good(str(metric["comparison"]), 0.0, limit):
            return Seen(good=True, told=f"{name} went{from_} to nothing")
        return Seen(good=None, told=f"CloudWatch has no datapoint of {name} since the change")
    good = all(_good(str(metric["comparison"]), value, limit) for value in values)
    return Seen(
        good=good,
        told=f"{name} went{from_} to {number(values[-1])}, the alarm's level is {number(limit)}",
        values=values,
    )


def holds(values: Values, wanted: Values) -> bool:
    """Whether everything that is wanted is so."""
    return bool(wanted) and all(values.get(name) == value for name, value in wanted.items())


def said(values: Values) -> str:
    """Values for people: `desired count 4`."""
    return (
        ", ".join(f"{NAMES.get(name, name.replace('_', ' '))} {value}" for name, value in values.items()) or "unknown"
    )


def _look(aws: Aws, kind: Kind, remedy: Remedy, rules: Remedies) -> State:
    state = kind.changes.read(aws, remedy)
    if lacking := untagged(state.tags, rules):
        raise RemedyError(lacking)
    return state


def untagged(tags: Mapping[str, str], rules: Remedies) -> str:
    """Why a resource may not be changed; empty where it carries the tag."""
    if tags.get(rules.tag_key) == rules.tag_value:
        return ""
    return f"the resource does not carry the tag {rules.tag_key} = {rules.tag_value}"


def _write(aws: Aws, kind: Kind, remedy: Remedy, state: State, values: Values) -> None:
    """Set the values; a refusal is said plainly, and what AWS takes only later is tried later."""
    if state.busy:
        raise RemedyLater(state.busy)
    try:
        kind.changes.write(aws, remedy, values)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code in _LATER:
            raise RemedyLater(f"AWS takes no change of it now ({code})") from error
        if error.response["ResponseMetadata"]["HTTPStatusCode"] >= _SERVER:
            raise
        raise RemedyError(f"AWS refused it ({code}: {error.response['Error'].get('Message', '')[:200]})") from error


_LATER = frozenset(
    {
        "ResourceInUseException",
        "ConcurrentUpdateException",
        "ConflictException",
        "LimitExceededException",
        "ThrottlingException",
        "ThrottledException",
    }
)
_SERVER = 500


def _data(observe: Aws, metric: Mapping[str, Value], start: datetime, end: datetime, period: int) -> list[float]:
    dimensions: Any = [
        {"Name": name.removeprefix("dim."), "Value": str(value)}
        for name, value in metric.items()
        if name.startswith("dim.")
    ]
    one: Any = {"Namespace": metric["namespace"], "MetricName": metric["name"], "Dimensions": dimensions}
    answer = observe.cloudwatch.get_metric_data(
        MetricDataQueries=[{"Id": "m", "MetricStat": {"Metric": one, "Period": period, "Stat": str(metric["stat"])}}],
        StartTime=start,
        EndTime=end,
        ScanBy="TimestampAscending",
    )
    return [value for result in answer["MetricDataResults"] for value in result.get("Values", [])]


def _good(comparison: str, value: float, threshold: float) -> bool:
    """Whether a value is on the side where the alarm is quiet."""
    return {
        "GreaterThanThreshold": value <= threshold,
        "GreaterThanOrEqualToThreshold": value < threshold,
        "LessThanThreshold": value >= threshold,
        "LessThanOrEqualToThreshold": value > threshold,
    }.get(comparison, value <= threshold)
