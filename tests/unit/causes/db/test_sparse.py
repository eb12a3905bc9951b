"""Cases with little data: a quarter of an hour of metrics, totals only, a source missing, no days before."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from lambdas.causes.db.loads import Load
from lambdas.checks.logs.lines import ErrorLine
from tests.unit.causes.db.build import (
    AT,
    counter,
    event,
    evidence,
    instance,
    judged,
    limit,
    metric,
    minutes,
    over_time,
    standing,
    step,
    total,
    usual,
)

HEAVY = "SELECT * FROM orders o JOIN items i ON i.order_id = o.id WHERE o.note LIKE ?"


def test_totals_alone_carry_a_bad_query() -> None:
    told = evidence(
        instance(),
        metric("CPUUtilization", minutes([38, 41, 40, 39, 55, 78, 92, 95, 96, 95, 97, 96, 95, 96, 97])),
        metric("DatabaseConnections", minutes([60] * 15)),
        total("wait", "CPU", 9.1),
        total("wait", "IO:DataFileRead", 1.2),
        total("statement", HEAVY, 8.8),
        total("statement", "SELECT 1", 0.2),
    )
    assert next(iter(standing(told))) == "db.slow_query"
    assert judged("db.slow_query", told).would_confirm


def test_a_series_that_holds_only_the_trouble_is_not_called_habitual() -> None:
    told = evidence(
        instance(),
        metric("CPUUtilization", minutes([94.0, 95.0, 96.0] * 5)),
        over_time("total", "", minutes([8.0] * 15)),
        over_time("statement", HEAVY, minutes([7.0] * 15)),
        total("statement", HEAVY, 7.0, waits=(("CPU", 7.0),)),
    )
    assert judged("db.slow_query", told).verdict in {"likely", "possible"}


def test_storage_by_events_when_the_metric_is_absent() -> None:
    told = evidence(
        instance(),
        event("The free storage capacity for DB instance orders is low at 4% of the provisioned storage", 20),
        event("DB instance orders has exhausted its allocated storage: storage exhausted", 3),
        metric("WriteLatency", step(0.002, 0.09)),
        total("wait", "IO:DataFileExtend", 3.0),
        watched="WriteLatency",
        threshold=0.05,
    )
    assert next(iter(standing(told).items())) == ("db.storage_full", "confirmed")
    assert judged("db.storage_full", told).missing


def test_storage_that_autoscaling_healed_is_not_full() -> None:
    points = minutes([30e9 - i * 0.4e9 for i in range(60)] + [55e9] * 8)
    told = evidence(
        instance(allocated=240, max_allocated=500),
        metric("FreeStorageSpace", points),
        event("Finished applying autoscaling-initiated modification to allocated storage.", 7),
        watched="FreeStorageSpace",
        threshold=20e9,
        comparison="LessThanThreshold",
    )
    found = judged("db.storage_full", told)
    assert found.verdict == "ruled_out"
    assert "grown" in found.summary
    assert "db.configuration_change" not in standing(told)


def test_lag_by_writes_with_the_lag_metric_absent_and_a_red_herring_reader() -> None:
    report = "SELECT region, sum(total) FROM sales GROUP BY region"
    told = evidence(
        instance("orders-ro", follows="orders", role="subject"),
        instance("orders", role="source", replicas=("orders-ro",)),
        metric("CPUUtilization", minutes([88.0 + i % 3 for i in range(90)]), of="orders-ro"),
        usual("CPUUtilization", 88.0, of="orders-ro"),
        metric("WriteIOPS", step(300, 4200, ago=14), of="orders"),
        metric("TransactionLogsGeneration", step(1e6, 3e7, ago=14), of="orders"),
        over_time("total", "", step(2, 9, ago=14), of="orders"),
        over_time("statement", "INSERT INTO events SELECT * FROM staging", step(0.1, 6, ago=14), of="orders"),
        over_time("total", "", minutes([5.0] * 90), of="orders-ro"),
        over_time("statement", report, minutes([4.0] * 90), of="orders-ro"),
        over_time("statement", report, minutes([4.0] * 60), of="orders-ro", days=1),
        watched="ReplicaLag",
        threshold=60,
        target="orders-ro",
    )
    assert next(iter(standing(told))) == "db.replica_lag_writes"
    writes, reads = judged("db.replica_lag_writes", told), judged("db.replica_lag_reads", told)
    assert writes.verdict == "likely"  # the lag itself is not measured
    assert reads.verdict == "ruled_out"
    assert any("Not the cause" in f.text and report in f.text for f in writes.evidence)


def test_lag_measured_on_an_instance_of_which_nothing_else_is_known() -> None:
    told = evidence(
        instance("orders"),
        metric("ReplicaLag", step(1, 400, ago=15)),
        metric("WriteIOPS", step(250, 5000, ago=18)),
        total("statement", "INSERT INTO readings VALUES (?)", 4.0),
        total("wait", "IO:WALWrite", 3.0),
        watched="ReplicaLag",
        threshold=60,
    )
    assert next(iter(standing(told))) == "db.replica_lag_writes"


def test_a_checkpoint_storm_that_drives_the_cpu() -> None:
    told = evidence(
        instance(),
        metric("CPUUtilization", step(35, 93)),
        metric("WriteIOPS", step(400, 6000)),
        metric("WriteLatency", step(0.002, 0.06)),
        total("wait", "Timeout:CheckpointWriteDelay", 1.5),
        total("wait", "IO:DataFileSync", 2.5),
        total("wait", "LWLock:WALWrite", 3.0),
        total("wait", "CPU", 2.0),
        total("statement", "CHECKPOINT", 3.0),
        total("statement", "UPDATE accounts SET balance = balance + ?", 2.5),
    )
    found = standing(told)
    assert next(iter(found)) == "db.maintenance_storm"
    assert "db.slow_query" not in found


def test_a_failover_stated_by_rds() -> None:
    told = evidence(
        instance(multi_az=True),
        metric("DatabaseConnections", minutes([120.0] * 60 + [2.0, 0.0, 0.0, 35.0, 90.0, 118.0])),
        event("Multi-AZ instance failover started.", 5),
        event("DB instance restarted", 4),
        event("Multi-AZ instance failover completed", 3),
        watched="DatabaseConnections",
        threshold=10,
        comparison="LessThanThreshold",
    )
    assert next(iter(standing(told).items())) == ("db.failover", "confirmed")


def test_an_old_failover_is_dismissed_by_name() -> None:
    told = evidence(
        instance(), metric("CPUUtilization", step(30, 95)), event("Multi-AZ instance failover completed", 600)
    )
    found = judged("db.failover", told)
    assert found.verdict == "ruled_out"
    assert "outside" in found.evidence[0].text


def test_connections_against_the_real_maximum() -> None:
    told = evidence(
        instance(),
        limit(200),
        metric("DatabaseConnections", minutes([60, 62, 61, 63, 62, 90, 140, 185, 196, 198, 199, 199, 199, 199, 199])),
        watched="DatabaseConnections",
        threshold=180,
    )
    assert next(iter(standing(told).items())) == ("db.connection_exhaustion", "confirmed")


def test_connections_that_are_high_but_always_so_exhaust_nothing() -> None:
    told = evidence(
        instance(),
        limit(200),
        metric("DatabaseConnections", minutes([160.0 + i % 6 for i in range(120)])),
        usual("DatabaseConnections", 160),
        watched="DatabaseConnections",
        threshold=160,
    )
    assert standing(told) == {}


def test_two_faults_are_both_told() -> None:
    told = evidence(
        instance(),
        limit(300),
        metric("DatabaseConnections", step(80, 298, ago=11)),
        metric("CPUUtilization", step(30, 96)),
        over_time("total", "", step(1.5, 10)),
        over_time("statement", HEAVY, step(0.1, 8)),
        total("statement", HEAVY, 8.0, waits=(("CPU", 8.0),)),
        total("wait", "CPU", 8.0),
    )
    found = standing(told)
    assert found["db.slow_query"] == "confirmed"
    assert "db.connection_exhaustion" in found
    assert judged("db.connection_exhaustion", told).verdict == "confirmed"


def test_idle_sessions_that_climb_are_a_leak() -> None:
    told = evidence(
        instance(),
        limit(400),
        metric("DatabaseConnections", minutes([80 + 1.5 * i for i in range(180)])),
        counter("db.state.idle_count", minutes([70 + 1.5 * i for i in range(180)])),
        metric("CPUUtilization", minutes([22.0 + i % 2 for i in range(180)])),
        over_time("total", "", minutes([1.2] * 180)),
        watched="DatabaseConnections",
        threshold=330,
    )
    assert next(iter(standing(told).items())) == ("db.connection_leak", "confirmed")


@pytest.mark.parametrize("cause", ["db.slow_query", "db.lock_contention", "db.maintenance_storm"])
def test_without_performance_insights_nothing_is_made_up(cause: str) -> None:
    told = evidence(
        instance(insights=False),
        gaps=dict.fromkeys(("pi.totals", "pi.load", "pi.statements"), "access denied: pi:GetResourceMetrics"),
    )
    found = judged(cause, told)
    assert found.verdict == "could_not_check"
    assert any("access denied" in m or "Insights" in m for m in found.missing)


def test_nothing_at_all_stands_for_nothing() -> None:
    gaps = dict.fromkeys(
        ("rds.instances", "rds.metrics", "rds.events", "pi.totals", "pi.load", "pi.statements"), "throttled"
    )
    told = evidence(gaps=gaps)
    assert standing(told) == {}
    assert judged("db.failover", told).verdict == "could_not_check"
    assert judged("db.storage_full", told).verdict == "could_not_check"


LOW = "DB instance orders low storage space: 99.0 GB remaining of 200 GB."


@pytest.mark.parametrize(
    ("message", "free", "allocated", "verdict"),
    [
        (LOW, 85e9, None, "possible"),
        (LOW, None, None, "possible"),
        ("Free storage is low at 4% of the provisioned storage", None, None, "confirmed"),
        ("Low storage [Provisioned Storage: 97.87 GB, Free Storage: 9.02 GB]", None, None, "confirmed"),
        ("Low free storage space", None, None, "confirmed"),
        ("Low free storage space", 85e9, None, "possible"),
        ("", 208e9, 4000, "possible"),
        ("", 500e9, 4000, "ruled_out"),
    ],
)
def test_storage_that_will_last_causes_nothing_now(
    message: str, free: float | None, allocated: int | None, verdict: str
) -> None:
    told = evidence(
        instance(allocated=allocated),
        *((event(message, 5),) if message else ()),
        *((metric("FreeStorageSpace", minutes([free] * 20)),) if free else ()),
        metric("CPUUtilization", step(20, 92)),
    )
    assert judged("db.storage_full", told).verdict == verdict


def test_a_write_that_waits_for_a_full_disk_is_no_slow_query() -> None:
    told = evidence(
        instance(),
        event("DB instance is in storage-full state", 3),
        over_time("total", "", step(1.0, 6.6)),
        over_time("wait", "IO:DataFileExtend", step(0.1, 6.0)),
        over_time("statement", "INSERT INTO audit_log VALUES (?)", step(0.4, 5.8)),
        metric("WriteLatency", step(0.001, 0.3)),
        watched="WriteLatency",
        threshold=0.1,
    )
    assert next(iter(standing(told).items())) == ("db.storage_full", "confirmed")
    assert judged("db.slow_query", told).verdict == "ruled_out"


def test_checkpoints_that_an_event_complains_of_are_heard() -> None:
    told = evidence(
        instance(),
        event("checkpoints are occurring too frequently (8 seconds apart)", 5),
        over_time("total", "", step(2.0, 10.0)),
        over_time("wait", "IO:DataFileFlush", step(0.2, 3.0)),
        metric("WriteIOPS", step(900, 9000)),
    )
    assert judged("db.maintenance_storm", told).verdict == "confirmed"


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        (
            'FATAL: connection to "orders.abc.eu-west-1.rds.amazonaws.com" failed: sorry, too many clients already',
            "confirmed",
        ),
        ('FATAL: connection to "other.abc.eu-west-1.rds.amazonaws.com" failed: too many clients', "ruled_out"),
        ("ERROR orders answered in 1040 ms", "ruled_out"),
    ],
    ids=["names it", "names another", "a number is no error code"],
)
def test_a_client_that_was_refused_says_so(text: str, verdict: str) -> None:
    told = evidence(
        instance(),
        ErrorLine(at=AT, group="/ecs/shop", stream="s", text=text, service="shop"),
        metric("DatabaseConnections", minutes([100] * 60)),
        limit(500),
    )
    assert judged("db.connection_exhaustion", told).verdict == verdict


def refusal(ago: int) -> ErrorLine:
    text = '{"level":"error","err":"FATAL: remaining connection slots are reserved for roles with the SUPERUSER"}'
    return ErrorLine(at=AT - timedelta(minutes=ago), group="/ecs/shop", stream="s", text=text)


def test_refused_clients_that_name_nobody_count_where_the_number_is_held() -> None:
    climbing = metric("DatabaseConnections", minutes([190.0] * 60 + [260, 330, 398, 398, 398, 398, 398, 398]))
    assert judged("db.connection_exhaustion", evidence(instance(), climbing)).verdict == "possible"
    told = judged("db.connection_exhaustion", evidence(instance(), climbing, refusal(4), refusal(2)))
    assert told.verdict == "confirmed"
    assert any("connection slots" in fact.text for fact in told.evidence)


def test_refused_clients_of_a_database_that_stands_as_ever_exhaust_nothing_here() -> None:
    level = metric("DatabaseConnections", minutes([60.0 + i % 3 for i in range(120)]))
    told = evidence(instance(), level, usual("DatabaseConnections", 60), refusal(2))
    assert judged("db.connection_exhaustion", told).verdict == "ruled_out"


@pytest.mark.parametrize(
    ("days", "creeping"),
    [
        (((1, 8.1), (6, 3.0)), True),
        (((1, 0.82), (6, 0.81)), False),  # it jumped today
        (((1, 9.4), (6, 9.3)), False),  # it was always so
        (((1, 9.0),), False),
    ],
)
def test_what_grows_day_by_day_was_nearly_as_heavy_yesterday(
    days: tuple[tuple[int, float], ...], *, creeping: bool
) -> None:
    load = Load(key="SELECT ?", now=9.5, days=days)
    assert load.creeping is creeping


@pytest.mark.parametrize(("last", "verdict"), [(0.0, "possible"), (20.0, "confirmed")], ids=["over", "goes on"])
def test_locks_that_nobody_waits_for_any_more_lead_nothing(last: float, verdict: str) -> None:
    end = AT + timedelta(minutes=12)
    whole = minutes([*[1.0] * 60, *[21.0] * 15, *[1.0 + last] * 10], end=end)
    told = evidence(
        instance(),
        metric("DBLoad", whole, role="alarm"),
        over_time("total", "", whole),
        over_time("wait", "Lock:relation", minutes([*[0.0] * 60, *[20.0] * 15, *[last] * 10], end=end)),
        watched="DBLoad",
        threshold=8.0,
    )
    told = replace(told, window=replace(told.window, end=end, now=end))
    assert judged("db.lock_contention", told).verdict == verdict


def test_parts_that_exceed_the_whole_are_the_whole() -> None:
    told = evidence(
        instance(),
        over_time("total", "", step(0.1, 0.3)),
        over_time("wait", "Lock:relation", step(0.0, 20.0)),
        metric("CPUUtilization", step(20, 30)),
    )
    found = judged("db.lock_contention", told)
    assert found.verdict == "confirmed"
    assert "20.2 of 20.2" in found.evidence[0].text
