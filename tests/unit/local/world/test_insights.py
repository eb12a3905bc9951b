from __future__ import annotations

import json

import pytest

from local.world.errors import AwsError
from local.world.events_log import Event
from local.world.insights import run

LINES = [
    '{"level":"ERROR","service":"pay","ms":120,"http":{"status":500},"message":"timeout to db"}',
    '{"level":"ERROR","service":"cart","ms":80,"http":{"status":502},"message":"refused"}',
    '{"level":"INFO","service":"pay","ms":7,"http":{"status":200},"tags":["a","b"]}',
    '{"@level":"ERROR","@service":"legacy"}',
    "plain text: authentication failed for 10.0.0.9 (user bob)",
]
EVENTS = [Event(1_795_489_560_000 + 60_000 * i, f"s{i % 2}", line, "1:/ecs/x", i) for i, line in enumerate(LINES)]


def rows(query: str) -> list[dict[str, str]]:
    return [{name: value for name, value in row if name != "@ptr"} for row in run(query, EVENTS).rows]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ('filter level = "ERROR" | stats count() by service | sort service', [("pay", "1"), ("cart", "1")][::-1]),
        ('fields @message | filter @level = "ERROR" | stats count() by @service | sort count desc', [("legacy", "1")]),
        ("filter http.status >= 500 | stats avg(ms), max(ms), min(ms), sum(ms)", [("100", "120", "80", "200")]),
        (
            "stats count(*) as n by bin(5m) | sort n desc",
            [("2026-11-24 03:05:00.000", "4"), ("2026-11-24 03:10:00.000", "1")],
        ),
        ("filter ispresent(level) | stats count_distinct(service)", [("2",)]),
        ("filter service in ['pay', \"x\"] and not level = 'INFO' | display service, ms", [("pay", "120")]),
        (
            "filter @message like /FAILED/i | parse @message 'for * (user *)' as ip, who | display ip, who",
            [("10.0.0.9", "bob")],
        ),
        (r"parse @message /for (?<ip>\d+\.\S+)/ | filter ispresent(ip) | stats count() by ip", [("10.0.0.9", "1")]),
        ('filter message like "timeout" or message like "refused" | stats count() as c', [("2",)]),
        (
            "filter ispresent(service) | stats latest(service), earliest(service) by level | sort level",
            [("ERROR", "cart", "pay"), ("INFO", "pay", "pay")],
        ),
        ("filter tags.0 = 'a' | display service", [("pay",)]),
        ('filter @timestamp > "2026-11-24T03:09:30" | display @logStream, @log', [("s0", "1:/ecs/x")]),
        ("fields ms * 2 as double, strlen(service) | filter ms = 80", [("160", "4")]),
        ("stats pct(ms, 50) by level | sort level desc | limit 1", [("INFO", "7")]),
    ],
)
def test_queries(query: str, expected: list[tuple[str, ...]]) -> None:
    assert [tuple(row.values()) for row in rows(query)] == expected


def test_a_key_named_level_is_not_at_level() -> None:
    assert rows('filter @level = "INFO"') == []
    assert len(rows('filter level = "INFO"')) == 1


def test_without_a_sort_events_come_newest_first_and_say_their_time() -> None:
    found = rows("fields @timestamp, @message")
    assert found[0]["@timestamp"] == "2026-11-24 03:10:00.000"
    assert found[0]["@message"] == LINES[-1]


def test_statistics_count_what_was_read() -> None:
    result = run("filter level = 'ERROR'", EVENTS)
    assert (result.matched, result.scanned) == (2, 5)
    assert result.bytes_scanned == sum(len(line) for line in LINES)


@pytest.mark.parametrize(
    "query",
    [
        "",
        "nonsense",
        "fields @message | explode",
        "filter level ~ 'x'",
        "filter level =",
        "stats nope() by x",
        "filter level",
        "parse @message 'a * b *' as one",
        "limit many",
        "filter @message like /(/",
        "fields nope(level)",
        "sort",
    ],
)
def test_unknown_syntax_is_malformed(query: str) -> None:
    with pytest.raises(AwsError) as error:
        run(query, EVENTS)
    assert error.value.code == "MalformedQueryException"


def test_nested_json_inside_a_prefix_is_discovered() -> None:
    event = Event(0, "s", f"2026 app {json.dumps({'a': {'b': [1, {'c': 2}]}})}", "g", 0)
    assert event.fields == {"a.b.0": 1, "a.b.1.c": 2}
