"""Dashboards as people write them: shorthands, odd shapes, five hundred metrics. Nothing raises."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.reviews.dashboards import Board, expand, read


def board(*widgets: Any) -> Board:
    return read(json.dumps({"widgets": widgets}))


def metric(*rows: Any, **properties: Any) -> dict[str, Any]:
    return {"type": "metric", "properties": {"metrics": list(rows), **properties}}


@pytest.mark.parametrize(
    ("before", "row", "expected"),
    [
        (["AWS/ECS", "CPU", "A", "1"], [".", "Memory", ".", "."], ["AWS/ECS", "Memory", "A", "1"]),
        (["AWS/ECS", "CPU", "A", "1", "B", "2"], ["...", "3"], ["AWS/ECS", "CPU", "A", "1", "B", "3"]),
        (["AWS/ECS", "CPU", "A", "1", "B", "2"], ["...", "4", ".", "3"], ["AWS/ECS", "CPU", "A", "4", "B", "3"]),
        (["AWS/ECS", "CPU", "A", "1"], ["..."], ["AWS/ECS", "CPU", "A", "1"]),
        ([], [".", "CPU"], [".", "CPU"]),
    ],
)
def test_shorthands_repeat_the_metric_before(before: list[str], row: list[str], expected: list[str]) -> None:
    assert expand(row, before) == expected


def test_an_expression_between_two_metrics_does_not_break_the_shorthands() -> None:
    rows = [["AWS/ECS", "CPU", "S", "web"], [{"expression": "m1 * 2", "id": "e1"}], ["...", "api", {"id": "m2"}]]
    [widget] = board(metric(*rows)).widgets
    assert [one.dimensions for one in widget.series] == [(("S", "web"),), (("S", "api"),)]
    assert [one.expression for one in widget.formulas] == ["m1 * 2"]


def test_a_series_has_its_own_region_account_and_statistic_before_the_widgets() -> None:
    rows = [["N", "M", {"region": "us-east-1", "accountId": "210987654321", "stat": "p99", "period": 3600}], ["N", "O"]]
    [widget] = board(metric(*rows, region="eu-west-1", stat="Sum", period=60)).widgets
    first, second = widget.series
    assert (first.region, first.account, first.stat, first.period) == ("us-east-1", "210987654321", "p99", 3600)
    assert (second.region, second.account, second.stat, second.period) == ("eu-west-1", "", "Sum", 60)


@pytest.mark.parametrize("stat", ["Average", "p99", "p99.9", "tm95", "TM(10%:90%)", "PR(:300)", "IQM", "wm99", "p100"])
def test_statistics_that_cloudwatch_knows(stat: str) -> None:
    [widget] = board(metric(["N", "M", {"stat": stat}])).widgets
    assert widget.problems == ()


@pytest.mark.parametrize(
    ("widget", "problem"),
    [
        (metric(["N"]), "names no metric"),
        (metric(["N", "M", "D"]), "dimension without a value"),
        (metric(["N", 7]), "no text"),
        (metric([".", "M"]), "does not have"),
        (metric("CPU"), "no list"),
        (metric(["N", "M", {"stat": "p"}]), "statistic"),
        (metric(), "shows no metric"),
        ({"type": "metric", "properties": []}, "no properties"),
        ({"properties": {}}, "no type"),
        ({"type": "alarm", "properties": {"alarms": "x"}}, "no alarm"),
        ({"type": "xyz", "properties": {}}, "not known"),
        (None, "no object"),
        (["metric"], "no object"),
    ],
)
def test_what_is_odd_is_said(widget: Any, problem: str) -> None:
    found = board(widget, metric(["N", "M"])).widgets
    assert problem in " ".join(found[0].problems)
    assert found[1].series


@pytest.mark.parametrize("body", ["", "{", "[]", "null", '{"widgets": {}}', '"x"', "[" * 100_000])
def test_a_body_that_is_none(body: str) -> None:
    assert read(body).problem


def test_log_groups_of_a_query() -> None:
    query = "SOURCE '/ecs/web' | SOURCE '/ecs/api' | fields @message | filter @message like 'SOURCE'"
    [widget] = board({"type": "log", "properties": {"query": query}}).widgets
    assert widget.groups == ("/ecs/web", "/ecs/api")


def test_five_hundred_metrics_in_one_widget() -> None:
    rows: list[list[Any]] = [["AWS/ECS", "CPUUtilization", "ClusterName", "prod", "ServiceName", "s0"]]
    rows += [["...", f"s{n}"] for n in range(1, 500)]
    [widget] = board(metric(*rows)).widgets
    assert len({one.dimensions for one in widget.series}) == 500
    assert widget.problems == ()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from(["...", ".", "metric", "log"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["type", "properties", "metrics", "widgets", "alarms", "query", "stat", "expression"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(JSON)
def test_nothing_raises_and_every_series_is_one_that_botocore_takes(raw: Any) -> None:
    for body in (json.dumps(raw), json.dumps({"widgets": [raw, {"type": "metric", "properties": raw}]})):
        for widget in read(body).widgets:
            for one in widget.series:
                assert one.namespace
                assert one.name
                assert all(name and value for name, value in one.dimensions)
                assert one.period > 0
