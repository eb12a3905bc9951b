from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from lambdas.checks.dynamodb.insights import InsightsState, TopKeys
from lambdas.checks.dynamodb.limits import Quotas
from lambdas.checks.dynamodb.scaling import TableScaling, TableScalingActivity, TableScalingPolicy
from lambdas.checks.dynamodb.tables import Capacity, Index
from tests.unit.causes.ddb.build import AT, evidence, judge, series, table

if TYPE_CHECKING:
    from lambdas.checks.base import Finding

DDB = [
    "provisioned_too_low", "autoscaling_off", "autoscaling_at_max", "autoscaling_lagging", "hot_partition",
    "gsi_backpressure", "scan_heavy", "on_demand_ramp", "table_limit", "account_quota", "system_errors",
]  # fmt: skip
FULL: tuple[Finding, ...] = (
    table(read=100, write=50),
    series("ddb.write.consumed", 49 * 60),
    series("ddb.write.provisioned", 50),
    series("ddb.write.throttles", 900, ago=15),
    series("ddb.write.by_provisioned", 900, ago=15),
)
TARGET = TableScaling(subject="orders", kind="write", lowest=10, highest=200)
POLICY = TableScalingPolicy(subject="orders", kind="write", name="p", target=70)


@pytest.mark.parametrize("cause", DDB)
def test_denied_metrics_are_evidence_of_nothing(cause: str) -> None:
    judged = judge(f"ddb.{cause}", evidence(*FULL[:1], gaps=("dynamodb.metrics",)))
    assert judged.verdict == "could_not_check"
    assert any("access denied" in why for why in judged.missing)


@pytest.mark.parametrize("cause", DDB)
def test_a_table_without_any_data_is_not_called_healthy(cause: str) -> None:
    assert judge(f"ddb.{cause}", evidence(table(read=5, write=5))).verdict == "could_not_check"


def test_capacity_in_full_use_is_too_low() -> None:
    judged = judge("ddb.provisioned_too_low", evidence(*FULL))
    assert judged.verdict == "confirmed"
    assert "50" in judged.summary
    assert "update-table --table-name orders" in judged.actions[0].command
    assert judge("ddb.hot_partition", evidence(*FULL)).verdict == "ruled_out"


def test_it_claims_less_where_scaling_cannot_be_read() -> None:
    assert judge("ddb.provisioned_too_low", evidence(*FULL, gaps=("dynamodb.scaling",))).verdict == "likely"
    assert judge("ddb.autoscaling_off", evidence(*FULL, gaps=("dynamodb.scaling",))).verdict == "could_not_check"


@pytest.mark.parametrize(
    ("extra", "expected"),
    [
        ((), {"autoscaling_off": "likely", "autoscaling_at_max": "ruled_out", "autoscaling_lagging": "ruled_out"}),
        (
            (TARGET, POLICY),
            {"autoscaling_off": "ruled_out", "autoscaling_at_max": "ruled_out", "autoscaling_lagging": "likely"},
        ),
        (
            (TableScaling(subject="orders", kind="write", lowest=10, highest=50), POLICY),
            {"autoscaling_off": "ruled_out", "autoscaling_at_max": "confirmed", "autoscaling_lagging": "ruled_out"},
        ),
        (
            (TableScaling(subject="orders", kind="write", lowest=1, highest=200, suspended=("scale out",)), POLICY),
            {"autoscaling_off": "confirmed", "autoscaling_at_max": "ruled_out", "autoscaling_lagging": "ruled_out"},
        ),
        ((TARGET,), {"autoscaling_off": "likely"}),  # registered, but no policy moves it
    ],
)
def test_scaling_is_told_apart(extra: tuple[Finding, ...], expected: dict[str, str]) -> None:
    given = evidence(*FULL, *extra)
    assert {name: judge(f"ddb.{name}", given).verdict for name in expected} == expected


def test_a_failed_scaling_activity_is_quoted() -> None:
    failed = TableScalingActivity(
        at=AT, subject="orders", kind="write", status="Failed", message="Unable to assume IAM role"
    )
    assert (
        "Unable to assume IAM role" in judge("ddb.autoscaling_lagging", evidence(*FULL, TARGET, POLICY, failed)).summary
    )


IDLE: tuple[Finding, ...] = (
    table(read=100, write=100),
    series("ddb.write.consumed", 40 * 60),
    series("ddb.write.provisioned", 100),
    series("ddb.write.throttles", 900, ago=15),
)
KEYS = TopKeys(subject="orders", what="throttled", keys=(("p-0…", 800.0), ("p-1…", 50.0)), total=900.0)


@pytest.mark.parametrize(
    ("extra", "verdict"),
    [
        ((), "likely"),
        ((InsightsState(subject="orders", enabled=False),), "likely"),
        ((series("ddb.write.by_key_range", 900, ago=15),), "likely"),
        ((series("ddb.write.by_key_range", 900, ago=15), KEYS), "confirmed"),
        ((series("ddb.write.by_account", 900, ago=15),), "ruled_out"),
    ],
)
def test_throttles_with_room_are_of_a_partition(extra: tuple[Finding, ...], verdict: str) -> None:
    given = evidence(*IDLE, *extra)
    assert judge("ddb.hot_partition", given).verdict == verdict
    assert judge("ddb.provisioned_too_low", given).verdict == "ruled_out"


def test_an_index_holds_the_writes_of_its_table_back() -> None:
    index = Index(name="byDay", capacity=Capacity(write=20))
    given = evidence(
        table(index, read=100, write=500),
        series("ddb.write.consumed", 20 * 60),
        series("ddb.write.consumed", 20 * 60, of="orders/byDay"),
        series("ddb.write.provisioned", 20, of="orders/byDay"),
        series("ddb.write.throttles", 700, of="orders/byDay", ago=15),
        series("ddb.write.by_provisioned", 700, of="orders/byDay", ago=15),
        series("ddb.throttled", 700, of="orders#PutItem", ago=15),
    )
    assert judge("ddb.gsi_backpressure", given).verdict == "confirmed"
    assert judge("ddb.hot_partition", given).verdict == "ruled_out"
    assert judge("ddb.provisioned_too_low", given).verdict == "ruled_out"


QUOTAS = Quotas(account_write=80000, table_write=40000)


@pytest.mark.parametrize(
    ("used", "limit", "reason", "expected"),
    [
        (500, 500, "maximum", ("confirmed", "ruled_out")),
        (500, 500, "", ("likely", "could_not_check")),
        (500, 0, "account", ("ruled_out", "confirmed")),
        (39900, 0, "account", ("confirmed", "possible")),
        (500, 0, "key_range", ("ruled_out", "ruled_out")),
    ],
)
def test_limits_of_the_table_and_of_the_account(
    used: float, limit: float, reason: str, expected: tuple[str, str]
) -> None:
    given = evidence(
        table(on_demand=True, write_limit=limit or None),  # type: ignore[arg-type] # None: no maximum
        QUOTAS,
        series("ddb.write.consumed", used * 60),
        series("ddb.write.throttles", 90000, ago=15),
        *([series(f"ddb.write.by_{reason}", 90000, ago=15)] if reason else []),
    )
    assert (judge("ddb.table_limit", given).verdict, judge("ddb.account_quota", given).verdict) == expected


def test_a_ramp_past_twice_the_peak() -> None:
    steep = evidence(
        table(on_demand=True),
        series("ddb.write.consumed", 300 * 60, until=16),
        series("ddb.write.throttles", 300000, ago=15),
    )
    assert judge("ddb.on_demand_ramp", steep).verdict == "likely"
    flat = evidence(
        table(on_demand=True), series("ddb.write.consumed", 3000 * 60), series("ddb.write.throttles", 6000, ago=15)
    )
    assert judge("ddb.on_demand_ramp", flat).verdict == "ruled_out"
    assert judge("ddb.on_demand_ramp", evidence(*FULL)).verdict == "ruled_out"


def test_a_handful_that_retries_absorb_accuses_nothing() -> None:
    given = evidence(
        table(read=100, write=100), series("ddb.write.consumed", 40 * 60), series("ddb.write.throttles", 1, ago=3)
    )
    assert {judge(f"ddb.{cause}", given).verdict for cause in DDB} == {"ruled_out"}


def test_throttles_that_ended_lead_nothing() -> None:
    given = evidence(
        table(read=100, write=50),
        series("ddb.write.consumed", 49 * 60),
        series("ddb.write.provisioned", 50),
        series("ddb.write.throttles", 900, ago=15, until=8),
    )
    assert judge("ddb.provisioned_too_low", given).verdict == "possible"
    assert judge("ddb.autoscaling_off", given).verdict == "possible"


def scanned(*extra: Finding) -> tuple[Finding, ...]:
    """60 scans a minute of 180 items of 4 KiB: 90 of the 100 units that are consumed since they began."""
    quiet = tuple((AT - timedelta(minutes=m), 5.0 * 60) for m in range(180, 20, -1))
    busy = tuple((AT - timedelta(minutes=m), 99.0 * 60) for m in range(20, -3, -1))
    consumed = replace(series("ddb.read.consumed", 1), points=quiet + busy)
    big = replace(table(read=100, write=50), items=1000, size=1000 * 4096)
    return (
        big,
        consumed,
        series("ddb.read.provisioned", 100),
        series("ddb.requests", 600, of="orders#Query"),
        series("ddb.returned", 5, of="orders#Query"),
        series("ddb.requests", 60, of="orders#Scan", ago=20),
        series("ddb.returned", 180, of="orders#Scan", ago=20),
        *extra,
    )


def test_scans_that_use_the_capacity_up() -> None:
    refused = (series("ddb.read.throttles", 900, ago=18), series("ddb.read.by_provisioned", 900, ago=18))
    judged = judge("ddb.scan_heavy", evidence(*scanned(*refused), metric="ReadThrottleEvents"))
    assert judged.verdict in ("confirmed", "likely")
    assert "10,800 items a minute" in judged.summary
    assert judge("ddb.scan_heavy", evidence(*scanned())).verdict == "possible"  # it scans, and nobody suffers
    assert judge("ddb.scan_heavy", evidence(*FULL)).verdict == "ruled_out"


def test_internal_errors_are_dynamodbs_own() -> None:
    given = evidence(table(read=5, write=5), series("ddb.requests", 1000, of="orders#GetItem"),
                     series("ddb.system_errors", 50, of="orders#GetItem", ago=10))  # fmt: skip
    assert judge("ddb.system_errors", given).verdict == "confirmed"
    few = evidence(table(read=5, write=5), series("ddb.requests", 100000, of="orders#GetItem"),
                   series("ddb.system_errors", 1, of="orders#GetItem", ago=10))  # fmt: skip
    assert judge("ddb.system_errors", few).verdict == "ruled_out"


def test_throttles_are_no_trifle_beside_units_that_are_no_requests() -> None:
    told = evidence(
        table(read=8000, write=5),
        series("ddb.read.consumed", 195_000),
        series("ddb.read.provisioned", 8000),
        series("ddb.read.throttles", 400, ago=15),
        metric="ReadThrottleEvents",
    )
    assert judge("ddb.hot_partition", told).verdict == "likely"
