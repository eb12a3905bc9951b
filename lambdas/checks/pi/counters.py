"""Counters of Performance Insights: sessions by state, blocked transactions, history lists.

Sources: Amazon RDS User Guide, "Performance Insights native counters for Amazon RDS for PostgreSQL" and "… for MariaDB
and MySQL". Each family is asked for on its own: one unknown name refuses the whole call.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lambdas.checks.base import Finding, Look, check
from lambdas.checks.pi.load import ALLOW_METRICS, metrics, observed, points, refused
from lambdas.checks.rds import links
from lambdas.checks.rds.instances import Instance

if TYPE_CHECKING:
    from lambdas.diagnosis.timeseries import Point

SESSIONS = {
    "postgres": (
        "db.User.numbackends.avg",
        "db.state.active_count.avg",
        "db.state.idle_count.avg",
        "db.state.idle_in_transaction_count.avg",
    ),
    "mysql": ("db.Users.Threads_connected.avg", "db.Users.Threads_running.avg"),
}
TRANSACTIONS = {
    "postgres": (
        "db.Transactions.blocked_transactions.avg",
        "db.Transactions.xact_commit.avg",
        "db.Concurrency.deadlocks.avg",
        "db.Checkpoint.checkpoints_req.avg",
        "db.Checkpoint.checkpoints_timed.avg",
    ),
    "mysql": ("db.Transactions.trx_rseg_history_len.avg", "db.Locks.innodb_row_lock_waits.avg", "db.SQL.Queries.avg"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Counter(Finding):
    """One counter over the window, oldest first. `name` without its statistic, e.g. "db.state.idle_count"."""

    of: str
    name: str
    points: tuple[Point, ...] = field(default=(), repr=False)


@check(
    "pi.sessions",
    title="Performance Insights: sessions by state",
    yields=(Counter,),
    needs=(Instance,),
    allow=(ALLOW_METRICS,),
    optional=True,
)
def sessions(look: Look) -> Iterator[Finding]:
    """Of the subject: active, idle, idle in transaction."""
    yield from _counters(look, SESSIONS)


@check(
    "pi.transactions",
    title="Performance Insights: blocked transactions, checkpoints, history lists",
    yields=(Counter,),
    needs=(Instance,),
    allow=(ALLOW_METRICS,),
    optional=True,
)
def transactions(look: Look) -> Iterator[Finding]:
    """Of the subject."""
    yield from _counters(look, TRANSACTIONS)


def _counters(look: Look, wanted: Mapping[str, tuple[str, ...]]) -> Iterator[Counter]:
    for database in observed(look)[:1]:
        if refused(database) or database.family not in wanted:
            continue
        queries = [{"Metric": name} for name in wanted[database.family]]
        for raw in metrics(look, database, queries, look.window.start, look.window.end, 60):
            name = str((raw.get("Key") or {}).get("Metric", ""))
            if found := points(raw):
                yield Counter(
                    of=database.id,
                    name=name.rpartition(".")[0],
                    points=found,
                    source="pi:GetResourceMetrics",
                    link=links.insights(look.aws.region, database.resource_id, database.id),
                )
