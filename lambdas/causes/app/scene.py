"""The errors of an incident: which signatures are new or have grown, since when, and of which tasks. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from lambdas.causes.app.symptom import kind, symptom
from lambdas.causes.base import Fact, Judgement
from lambdas.causes.wording import at, count, quote
from lambdas.checks.ecs.tasks import Task
from lambdas.checks.logs.access import access
from lambdas.checks.logs.groups import LogGroup
from lambdas.checks.logs.lines import EarlierErrorLine, ErrorLine
from lambdas.checks.logs.recent import SPAN, RecentErrorLine, SignaturePast, is_error
from lambdas.checks.logs.signatures import Cluster, clusters, signature

if TYPE_CHECKING:
    from lambdas.causes.base import Evidence
    from lambdas.checks.logs.lines import LogLine

RUNBOOK = "Critical Alert Response: Application Errors"
BEFORE = timedelta(minutes=30)  # what `logs.errors_before` reads
GROWN = 3.0  # times as many a minute
DAY = timedelta(hours=23, minutes=30)  # what `logs.signatures_before` searches
LATE = timedelta(minutes=4)


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """A signature that is new, or much more frequent than it was."""

    cluster: Cluster
    new: bool  # never seen in the day before
    searched: bool  # whether the day before was searched for it
    rate: float  # a minute, at least
    usual: float  # a minute, before
    since: datetime | None  # its first line, if that lies inside what was read

    def fact(self) -> Fact:
        """One line of evidence, with an example."""
        ago = "never in the day before" if self.new and self.searched else "not before" if self.new else ""
        return Fact(
            text=f"{count(self.cluster.count, 'line')}, first at {at(self.cluster.first)}, last at"
            f" {at(self.cluster.last)}{', ' + ago if ago else ''}: {quote(self.cluster.example)}",
            source=f"logs:{self.cluster.groups[0]}" if self.cluster.groups else "",
            at=self.cluster.first,
            value=f"{self.rate:.1f} a minute" if self.rate else "",
            baseline=f"{self.usual:.2f} a minute",
            link=self.cluster.link,
        )


def lines(evidence: Evidence) -> list[LogLine]:
    """Error lines of the incident, whichever check read them."""
    found = [line for line in (*evidence.of(ErrorLine), *evidence.of(RecentErrorLine)) if is_error(line.text)]
    if kind(evidence) != "server":
        return found
    # Where the server's errors are the matter, requests that it rightly refused are another.
    return [line for line in found if not ((told := access(line.text)) and told.client_error)]


def news(evidence: Evidence) -> list[News]:
    """Signatures that are no routine, the most frequent first."""
    before = Counter(signature(line.text) for line in evidence.of(EarlierErrorLine) if is_error(line.text))
    past = {p.signature: p for p in evidence.of(SignaturePast)}
    recent = Counter(signature(line.text) for line in evidence.of(RecentErrorLine))
    found = []
    for cluster in clusters(lines(evidence)):
        earlier = past.get(cluster.signature)
        usual = before[cluster.signature] / (BEFORE.total_seconds() / 60)
        rate = _rate(cluster, recent[cluster.signature])
        if earlier and earlier.at and earlier.at >= evidence.window.start + BEFORE and not before[cluster.signature]:
            found.append(_young(cluster, earlier, rate))
            continue
        if earlier and earlier.count and not earlier.capped:
            usual = max(usual, earlier.count / (DAY.total_seconds() / 60))
        elif earlier and earlier.capped and earlier.at and earlier.last and earlier.last > earlier.at:
            usual = max(usual, earlier.count / ((earlier.last - earlier.at).total_seconds() / 60))
        known = before[cluster.signature] or (earlier is not None and earlier.count)
        if known and rate < GROWN * usual:
            continue
        if known and cluster.count < 3:
            continue
        edge = evidence.window.at - BEFORE + timedelta(minutes=1)
        found.append(
            News(
                cluster=cluster,
                new=not known,
                searched=earlier is not None,
                rate=rate,
                usual=usual,
                since=cluster.first if cluster.first and cluster.first > edge else None,
            )
        )
    return found


def _young(cluster: Cluster, earlier: SignaturePast, rate: float) -> News:
    """First seen in the window, before what `logs.errors` reads: the incident is older than its alarm."""
    return News(cluster=cluster, new=True, searched=True, rate=rate, usual=0.0, since=earlier.at)


def _rate(cluster: Cluster, recent: int) -> float:
    """Lines a minute: of the last minutes, or while they were logged."""
    now = recent / (SPAN.total_seconds() / 60)
    if not cluster.first or not cluster.last:
        return now
    minutes = max(1.0, (cluster.last - cluster.first).total_seconds() / 60)
    return max(now, cluster.count / minutes) if cluster.count > 2 else now or cluster.count / 30


def share(of: list[News], among: list[News]) -> float:
    """Share of lines, 0–1."""
    total = sum(n.cluster.count for n in among)
    return sum(n.cluster.count for n in of) / total if total else 0.0


def ended(evidence: Evidence, found: list[News]) -> datetime | None:
    """When the last of these errors was logged, if that is over.

    While requests go on failing, only other errors that were logged since say that these are over: a page of a log, or
    a log that came late, ends before its errors do.
    """
    last = max((n.cluster.last for n in found if n.cluster.last), default=None)
    read = evidence.looked("logs.recent")
    end, felt = evidence.window.end, symptom(evidence)
    if felt and felt.what == "server" and felt.onset and felt.over_since is None:
        end = max((line.at for line in lines(evidence) if line.at), default=end)
    return last if last and read and end - last > LATE else None


def began(found: list[News]) -> datetime | None:
    """When the errors began, if that was seen."""
    return min((n.since for n in found if n.since), default=None)


def revisions(evidence: Evidence, found: list[News]) -> set[str]:
    """Task definitions of the tasks that logged these errors; "" for streams of unknown tasks."""
    tasks = {task.id: task.task_definition for task in evidence.of(Task)}
    return {tasks.get(stream.rpartition("/")[2], "") for n in found for stream in n.cluster.streams}


def unread(evidence: Evidence, *checks: str) -> Judgement | None:
    """Why the logs say nothing, if they could not be read; where some other page was read, that counts."""
    asked = checks or ("logs.errors", "logs.recent")
    if any(evidence.looked(check) for check in asked) and any(g.exists for g in evidence.of(LogGroup)):
        return None
    gaps = [f"{check}: {gap}" for check in asked if (gap := evidence.gap(check))]
    return Judgement(verdict="could_not_check", missing=tuple(gaps) or ("no log group of it is known",))
