from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
import yaml

from local.world.hook import attached
from local.world.model import read_world

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.world.world import World

NOW = datetime(2026, 11, 24, 3, 6, tzinfo=UTC)

HEAD = """
title: A world for a test
story: Nothing happened
kind: simple
now: 2026-11-24T03:06:00Z
account: "123456789012"
region: eu-west-1
alarm:
  name: checkout-cpu
  namespace: AWS/ECS
  metric: CPUUtilization
  dimensions: {ClusterName: prod, ServiceName: checkout}
  evaluation_periods: 3
  threshold: 75
  value: 88.2
  at: -1m
expect: {headline: none.noise, verdict: likely}
"""


def world_of(body: str, head: str = HEAD) -> World:
    text = head + body
    return read_world(yaml.safe_load(text), text, Path("test.yaml"))


def aws(service: str, **options: Any) -> Any:
    """A client of a session of its own."""
    session: Any = boto3.session.Session()
    return session.client(service, **options)


@pytest.fixture(autouse=True)
def _credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")


@pytest.fixture
def ask() -> Callable[..., Any]:
    """`ask(body, "ecs", "describe_services", …)` → the answer through botocore, without ResponseMetadata."""

    def asked(body: str | World, service: str, method: str, /, **params: Any) -> Any:
        world = world_of(body) if isinstance(body, str) else body
        with attached(world):
            answer = getattr(aws(service), method)(**params)
        answer.pop("ResponseMetadata")
        return answer

    return asked
