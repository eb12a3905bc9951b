"""The parts of a promoted world: times, points, loads, lines, stand-ins."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.promote import insights, logs, metrics
from local.promote.pseudonyms import pseudonymised
from local.promote.relative import relative, timed
from local.promote.sections import Body, fill
from local.world.times import moment

NOW = datetime(2026, 11, 24, 3, 6, tzinfo=UTC)
MINUTE = int(NOW.timestamp())


@given(st.integers(-(10**9), 10**9))
def test_a_relative_time_reads_back_to_the_millisecond(milliseconds: int) -> None:
    at = NOW + timedelta(milliseconds=milliseconds)
    assert abs(moment(relative(at, NOW), NOW) - at) < timedelta(milliseconds=1)


def test_times_are_relative_wherever_they_stand() -> None:
    given = {"a": NOW, "b": [NOW - timedelta(days=1, hours=2), {"c": NOW + timedelta(seconds=90)}], "d": 1}
    assert timed(given, NOW) == {"a": "now", "b": ["-1d2h", {"c": "+1m30s"}], "d": 1}


@pytest.mark.parametrize(
    ("periods", "expected"),
    [
        ({60: {0: 1.0, 60: 2.0}}, {0: 1.0, 60: 2.0}),
        ({300: {0: 9.0, 300: 8.0}, 60: {60: 1.0}}, {60: 1.0, 300: 8.0}),
        ({3600: {0: 7.0, 3600: 6.0}, 300: {300: 8.0}}, {300: 8.0, 3600: 6.0}),
    ],
)
def test_the_finest_points_win_where_periods_overlap(
    periods: dict[int, metrics.Points], expected: metrics.Points
) -> None:
    assert metrics.merge(periods) == expected


def test_what_is_old_is_thinned_but_at_the_same_hours() -> None:
    every = {MINUTE - n * 300: float(n) for n in range(7 * 288)}
    kept = metrics.thin(every, NOW)
    ages = {(MINUTE - at) // 300 for at in kept}
    assert set(range(289)) <= ages, "the last day is whole"
    assert {288 * 3 + n for n in range(-48, 49)} <= ages, "and so are the same hours three days ago"
    elsewhere = [age for age in ages if 288 * 3 + 48 < age < 288 * 4 - 48]
    assert len(elsewhere) <= 191 // 6 + 1
    assert len({at // 1_800 for at in kept}) == len({at // 1_800 for at in every})


def metric_call(stat: str, values: list[float]) -> dict[str, Any]:
    watched = {"Namespace": "AWS/ECS", "MetricName": "CPU", "Dimensions": [{"Name": "ServiceName", "Value": "a"}]}
    queries = [
        {"Id": "m", "MetricStat": {"Metric": watched, "Period": 60, "Stat": stat}},
        {"Id": "e", "Expression": "m*2"},
    ]
    at = [NOW - timedelta(minutes=n) for n in range(len(values))]
    results = [{"Id": id_, "Timestamps": at, "Values": values} for id_ in ("m", "e")]
    return {"params": {"MetricDataQueries": queries}, "answer": {"MetricDataResults": results}}


def test_each_statistic_is_a_series_and_an_expression_is_lost_aloud() -> None:
    found, lost = metrics.series([metric_call("Average", [2.0, 1.0]), metric_call("Maximum", [20.0, 10.0])], NOW)
    assert found == [
        {
            "namespace": "AWS/ECS",
            "metric": "CPU",
            "dimensions": {"ServiceName": "a"},
            "series": {
                "values": [["-1m", 1.0], ["now", 2.0]],
                "stats": {"Maximum": {"values": [["-1m", 10.0], ["now", 20.0]]}},
            },
        }
    ]
    assert lost == ["m*2"]


def pi_keys(group: str, totals: dict[str, float], parts: dict[str, dict[str, float]] | None = None) -> dict[str, Any]:
    waits = sorted({wait for split in (parts or {}).values() for wait in split})
    keys = [
        {
            "Dimensions": {f"{group}.{'statement' if 'sql' in group else 'name'}": name},
            "Total": load,
            **({"Partitions": [parts[name].get(wait, 0.0) for wait in waits]} if parts else {}),
        }
        for name, load in totals.items()
    ]
    answer = {"Keys": keys, "PartitionKeys": [{"Dimensions": {"db.wait_event.name": wait}} for wait in waits]}
    params = {"Identifier": "db-X", "StartTime": NOW - timedelta(minutes=10), "EndTime": NOW}
    return {"operation": "DescribeDimensionKeys", "params": params, "answer": answer}


def test_every_dimensions_totals_come_out_of_the_loads_again() -> None:
    calls = [
        pi_keys(
            "db.sql_tokenized",
            {"UPDATE": 6.0, "SELECT": 2.0},
            {"UPDATE": {"lock": 5.0, "CPU": 1.0}, "SELECT": {"CPU": 2.0}},
        ),
        pi_keys("db.wait_event", {"lock": 5.0, "CPU": 4.0}),
        pi_keys("db.user", {"app": 7.0, "batch": 2.0}),
    ]
    [database] = insights.databases(calls, NOW)
    totals: dict[str, float] = {}
    for load in database["load"]:
        mean = sum(value for _, value in load["series"]["values"]) / 10
        for name in load["dimensions"].values():
            totals[name] = round(totals.get(name, 0.0) + mean, 3)
    assert totals == {"UPDATE": 6.0, "SELECT": 2.0, "lock": 5.0, "CPU": 4.0, "app": 7.0, "batch": 2.0}


def test_lines_are_taken_once_and_statistics_are_lost_aloud() -> None:
    event = {"timestamp": MINUTE * 1000, "message": "boom", "logStreamName": "s"}
    row = [{"field": "@timestamp", "value": "2026-11-24 03:06:00.000"}, {"field": "@message", "value": "boom"}]
    calls = [
        {"operation": "FilterLogEvents", "params": {"logGroupName": "/a"}, "answer": {"events": [event]}},
        {"operation": "FilterLogEvents", "params": {"logGroupName": "/a"}, "answer": {"events": [event]}},
        {
            "operation": "StartQuery",
            "params": {"logGroupNames": ["/a"], "queryString": "q"},
            "answer": {"queryId": "1"},
        },
        {"operation": "GetQueryResults", "params": {"queryId": "1"}, "answer": {"results": [row]}},
        {
            "operation": "StartQuery",
            "params": {"logGroupNames": ["/a"], "queryString": "c"},
            "answer": {"queryId": "2"},
        },
        {
            "operation": "GetQueryResults",
            "params": {"queryId": "2"},
            "answer": {"results": [[{"field": "n", "value": "9"}]]},
        },
    ]
    groups, lost = logs.groups(calls, NOW)
    assert groups == [{"logGroupName": "/a", "lines": [{"at": "now", "stream": "s", "message": "boom"}]}]
    assert lost == ["c"]


def test_answers_about_one_thing_are_one_item() -> None:
    arn, body = "arn:aws:elasticloadbalancing:eu-west-1:1:targetgroup/a/1", Body()
    group = {"TargetGroupArn": arn, "TargetGroupName": "a"}
    health = [{"Target": {"Id": "10.0.0.1"}, "TargetHealth": {"State": "unhealthy"}}]
    for operation, answer in (
        ("DescribeTargetGroups", {"TargetGroups": [group]}),
        ("DescribeTargetGroups", {"TargetGroups": [group]}),
        ("DescribeTargetHealth", {"TargetHealthDescriptions": health}),
        ("DescribeTargetGroupAttributes", {"Attributes": [{"Key": "stickiness.enabled", "Value": "true"}]}),
    ):
        assert fill(
            body, {"service": "elbv2", "operation": operation, "params": {"TargetGroupArn": arn}, "answer": answer}
        )
    assert body.document() == {
        "elbv2": {"targetGroups": [group | {"targets": health, "attributes": {"stickiness.enabled": "true"}}]}
    }
    assert not fill(body, {"service": "elbv2", "operation": "DescribeSSLPolicies", "params": {}, "answer": {}})


def test_stand_ins_are_the_same_everywhere_and_numbers_that_are_no_account_stay() -> None:
    given = {
        "arn": "arn:aws:iam::555566667777:user/maria.keller",
        "Username": "maria.keller",
        "text": "maria.keller called 10.0.1.4 and 8.8.8.8 at db.acme-corp.com, 123456789999 bytes",
        "image": "999988887777.dkr.ecr.eu-west-1.amazonaws.com/checkout:1.2.3.4/x",
        "endpoint": "orders.c9akciq32.eu-west-1.rds.amazonaws.com",
        "role": "arn:aws:sts::555566667777:assumed-role/AWSServiceRoleForECS/ecs-service",
        "mail": "[redacted:email:3]",
    }
    said = pseudonymised(given, "555566667777")
    assert said == {
        "arn": "arn:aws:iam::111122223333:user/person-1",
        "Username": "person-1",
        "text": "person-1 called 10.0.1.4 and 203.0.113.1 at host-1.example.com, 123456789999 bytes",
        "image": "222233334444.dkr.ecr.eu-west-1.amazonaws.com/checkout:1.2.3.4/x",
        "endpoint": "orders.c0example000.eu-west-1.rds.amazonaws.com",
        "role": "arn:aws:sts::111122223333:assumed-role/AWSServiceRoleForECS/ecs-service",
        "mail": "person-3@example.com",
    }
