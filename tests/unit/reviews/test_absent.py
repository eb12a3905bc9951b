from __future__ import annotations

from typing import Any

import pytest

from lambdas.reviews.absent import eventful, reason


def listed(namespace: str, name: str, **dimensions: str) -> dict[str, Any]:
    at = [{"Name": key, "Value": value} for key, value in dimensions.items()]
    return {"Namespace": namespace, "MetricName": name, "Dimensions": at}


@pytest.mark.parametrize(
    ("dimensions", "named", "inside", "said"),
    [
        ({"S": "web"}, [listed("Other", "CPU", S="web")], [], "only under another namespace: Other"),
        ({"S": "web"}, [listed("NS", "CPU", S="api"), listed("NS", "CPU", S="Web")], [], "the nearest is Web"),
        ({"S": "wbe"}, [listed("NS", "CPU", S="web")], [], "the nearest is web"),
        ({"S": "zzz"}, [listed("NS", "CPU", S="web")], [], "probably gone"),
        ({"S": "web"}, [listed("NS", "CPU", S="web", C="prod")], [], "published by C, S; the widget asks by S"),
        ({}, [listed("NS", "CPU", S="web")], [], "asks by none"),
        ({"S": "web"}, [], [listed("NS", "Cpu", S="web")], "has no CPU, but Cpu"),
        ({"S": "web"}, [], [listed("NS", "Requests")], "publishes Requests, and no CPU"),
        ({"S": "web"}, [], [], "Nothing at all was published under NS"),
    ],
)
def test_the_likely_reason(dimensions: dict[str, str], named: list[Any], inside: list[Any], said: str) -> None:
    assert said in reason("NS", "CPU", dimensions, named, inside).text


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("HTTPCode_Target_5XX_Count", True),
        ("ThrottledRequests", True),
        ("ReadThrottleEvents", True),
        ("RejectedConnectionCount", True),
        ("CPUUtilization", False),
        ("RequestCount", False),
        ("Errors", False),
    ],
)
def test_counts_of_trouble_are_silent_while_there_is_none(name: str, expected: bool) -> None:  # noqa: FBT001 — a table
    assert eventful(name) is expected
