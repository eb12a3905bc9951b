"""What several tests share: no real credentials anywhere, and a house (table in moto, embedded Slack) with a clock."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from moto import mock_aws

from lambdas import house
from lambdas.aws import Aws
from lambdas.settings import Settings
from lambdas.slack.client import Slack
from local.plane import create_table
from local.slack.server import EmbeddedSlack

# A busy machine is no defect of the code: no property is judged by the time that its examples take.
hypothesis.settings.register_profile(
    "tocsin", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow], print_blob=True
)
hypothesis.settings.load_profile("tocsin")

ROOT = Path(__file__).parent
STAGED = ("e2e", "infra")  # folders whose tests share what takes long to make: a deployed stack, a synthesised template
NOW = 1_795_489_560  # 2026-11-24T03:06:00Z
REGION = "eu-west-1"


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What shares a stage runs on one worker, so that it is set up once."""
    for item in items:
        folder = item.path.relative_to(ROOT).parts[0]
        if folder in STAGED and item.get_closest_marker("xdist_group") is None:
            item.add_marker(pytest.mark.xdist_group(folder))


@pytest.fixture(autouse=True)
def _no_real_account(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "SLACK_API_URL", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")


@pytest.fixture
def settings() -> Settings:
    return Settings(
        customer="acme",
        environment="production",
        account="123456789012",
        region=REGION,
        slack_channel="#alerts",
        table="incidents",
        slack_secret="acme/slack",
        dashboard="acme-production-technical-dashboard",
    )


@dataclass
class Clock:
    """A clock that stands where a test puts it."""

    now: float = NOW

    def __call__(self) -> float:
        return self.now


@dataclass
class Rooms:
    """A house with what a test may look at and turn."""

    house: house.House
    slack: EmbeddedSlack
    clock: Clock

    def posts(self, channel: str = "#alerts") -> list[dict[str, object]]:
        return self.slack.messages(channel)


@pytest.fixture
def rooms(settings: Settings) -> Iterator[Rooms]:
    clock = Clock()
    with mock_aws(), EmbeddedSlack(channels=("#alerts",)) as slack:
        aws = Aws(REGION)
        create_table(aws, settings.table)
        _one_at_a_time(aws.dynamodb)
        aws.secretsmanager.create_secret(Name=settings.slack_secret, SecretString=slack.workspace.token)
        client = Slack(lambda: house.token(aws, settings.slack_secret), slack.url)
        yield Rooms(house=house.build(settings, aws=aws, slack=client, clock=clock), slack=slack, clock=clock)
        client.close()


def _one_at_a_time(client: Any) -> None:
    """DynamoDB's writes are atomic; moto's are not when threads meet, so they take turns."""
    turn, call = threading.Lock(), client._make_api_call

    def atomic(operation: str, parameters: dict[str, Any]) -> Any:
        with turn:
            return call(operation, parameters)

    client._make_api_call = atomic
