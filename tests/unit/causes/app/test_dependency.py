from __future__ import annotations

import pytest

from lambdas.causes.app.dependency import Dependency, dependency


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("connect ECONNREFUSED 10.0.3.12:5432", Dependency("10.0.3.12:5432", "refused")),
        (
            '{"level":"ERROR","message":"TimeoutException: no answer from https://gds.example.net/rates in 4000 ms"}',
            Dependency("gds.example.net", "timed out"),
        ),
        ("the pricing service did not respond", Dependency("", "timed out")),
        ("FooTimeoutError while asking tax.example.com", Dependency("tax.example.com", "timed out")),
        ("getaddrinfo ENOTFOUND db.internal.example.com", Dependency("db.internal.example.com", "not resolved")),
        (
            '{"level":"ERROR","message":"ConnectTimeoutError: gateway.acquirer.example.com:443 connect timed out"}',
            Dependency("gateway.acquirer.example.com:443", "timed out"),
        ),
        (
            "ProvisionedThroughputExceededException: arn:aws:dynamodb:eu-west-1:123456789012:table/carts",
            Dependency("DynamoDB table carts", "throttled"),
        ),
        ("partner api.rates.example.net returned 503", Dependency("api.rates.example.net", "answers errors")),
        ("circuit breaker acquirer is OPEN", Dependency("acquirer", "circuit breaker open")),
        ("psycopg.errors: cannot execute UPDATE in a read-only transaction", Dependency("psycopg", "refuses work")),
        (
            "certificate has expired: GET https://api.example.org/menus",
            Dependency("api.example.org", "TLS"),
        ),
        ("TypeError: Cannot read properties of undefined (reading 'id')", None),
        ("KeyError: 'total'", None),
        ("order placed", None),
    ],
)
def test_what_a_line_blames(line: str, expected: Dependency | None) -> None:
    assert dependency(line) == expected


@pytest.mark.parametrize(
    "line",
    ["java.lang.IllegalStateException: no card\n\tat com.shop.pay.Charge.run(Charge.java:10)", "error in view.js:10"],
)
def test_files_and_classes_are_no_hosts(line: str) -> None:
    assert dependency(line) is None


def test_a_timeout_that_names_nobody_blames_nobody() -> None:
    assert dependency("ReportTimeoutError: the nightly report took too long") is None
