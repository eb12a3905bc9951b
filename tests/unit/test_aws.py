from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from lambdas.aws import SPEND, Aws, Call, moment
from lambdas.errors import BudgetSpent
from local.world.hook import NoWorld, attached

AT = datetime(2026, 11, 24, 3, 6, tzinfo=UTC)


@pytest.mark.parametrize(
    "value",
    [
        1_795_489_560,
        1_795_489_560.0,
        "1795489560",
        "2026-11-24T03:06:00Z",
        "2026-11-24T03:06:00.000Z",
        "2026-11-24T05:06:00+02:00",
        "2026-11-24T03:06:00",
        "Tue, 24 Nov 2026 03:06:00 GMT",
        AT.astimezone(timezone(timedelta(hours=5))),
    ],
)
def test_a_timestamp_of_an_answer_is_utc(value: object) -> None:
    read = moment(value)
    assert read == AT
    assert read.tzinfo is UTC


def test_an_unknown_client_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="nosuch"):
        _ = Aws("eu-west-1").nosuch


def test_every_call_is_heard_with_its_error() -> None:
    heard: list[Call] = []
    with attached(NoWorld()):
        aws = Aws("eu-west-1", on_call=heard.append)
        with pytest.raises(aws.ecs.exceptions.ClientError):
            aws.ecs.list_clusters()
    assert [(call.service, call.operation, call.error) for call in heard] == [("ecs", "ListClusters", "NoWorld")]


def test_health_is_asked_where_it_lives() -> None:
    assert Aws("eu-west-1").health.meta.endpoint_url == Aws("ap-south-1").health.meta.endpoint_url
    assert Aws("cn-north-1").health.meta.endpoint_url.endswith(".amazonaws.com.cn")


@pytest.mark.parametrize(
    ("client", "attempts"), [("sesv2", 1), ("sns", 1), ("pinpoint_sms_voice_v2", 1), ("events", 3)]
)
def test_botocore_repeats_nothing_that_a_person_would_get_twice(client: str, attempts: int) -> None:
    assert getattr(Aws("eu-west-1"), client).meta.config.retries["total_max_attempts"] == attempts


def test_calls_outside_a_diagnosis_are_never_refused_for_what_one_has_spent() -> None:
    """Our own plane works through the same clients."""

    def refuse() -> None:
        raise BudgetSpent

    with attached(NoWorld()):
        aws = Aws("eu-west-1")
        token = SPEND.set(refuse)
        with pytest.raises(BudgetSpent):
            aws.ecs.list_clusters()
        SPEND.reset(token)
        with pytest.raises(aws.ecs.exceptions.ClientError, match="no world"):
            aws.ecs.list_clusters()
