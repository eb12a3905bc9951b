from __future__ import annotations

from datetime import UTC, datetime

import pytest

from lambdas.alerts import parse
from lambdas.alerts.base import SOURCES, Origin, source

NOW = datetime(2026, 11, 24, tzinfo=UTC)


def test_sources_are_found_by_their_folder() -> None:
    assert parse.parse({}).kind == "unknown"  # importing it loads every source
    assert {name.rpartition(".")[2] for name in SOURCES} == {
        "ecs",
        "eventbridge_alarm",
        "health",
        "lambda_alarm",
        "rds",
        "rds_sns",
        "sns_alarm",
    }


def test_two_sources_in_one_module_fail() -> None:
    with pytest.raises(ValueError, match="two sources"):
        source(next(iter(SOURCES.values())))


def test_origin_reads_the_topic() -> None:
    origin = Origin(at=NOW, topic="arn:aws-cn:sns:cn-north-1:123456789012:t")
    assert (origin.region, origin.account, origin.partition) == ("cn-north-1", "123456789012", "aws-cn")
    assert (Origin(at=NOW).region, Origin(at=NOW).account) == ("", "")
