"""The Slack app's manifest: what the product calls needs a scope, and the address is the deployed one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import boto3
import pytest
import yaml
from moto import mock_aws

from infra.slack_app import PLACE, main, manifest
from lambdas.slack.commands import RIGHTS

if TYPE_CHECKING:
    from collections.abc import Iterator

URL = "https://abc123.lambda-url.eu-west-1.on.aws/"


@pytest.fixture
def account() -> Iterator[None]:
    with mock_aws():
        yield


def test_the_address_stands_wherever_slack_asks_for_it() -> None:
    written = yaml.safe_load(manifest(URL))
    assert written["settings"]["interactivity"] == {"is_enabled": True, "request_url": URL}
    (command,) = written["features"]["slash_commands"]
    assert (command["command"], command["url"]) == ("/tocsin", URL)
    assert PLACE not in manifest(URL)
    assert all(word in command["usage_hint"] for word in RIGHTS)


def test_every_scope_that_the_methods_need_is_asked_for_and_no_other() -> None:
    scopes = set(yaml.safe_load(manifest(URL))["oauth_config"]["scopes"]["bot"])
    assert scopes == {
        *("chat:write", "files:write", "commands", "usergroups:read"),
        *("channels:history", "groups:history", "channels:read", "groups:read"),
    }


@pytest.mark.parametrize("url", ["http://x/", "https://x/ y", 'https://x/"', "https://x/#y", "x", ""])
def test_no_other_address_gets_in(url: str) -> None:
    with pytest.raises(ValueError, match="is no https address"):
        manifest(url)


def test_the_command_prints_the_deployed_address(account: None, capsys: pytest.CaptureFixture[str]) -> None:
    template = f"Resources: {{Topic: {{Type: 'AWS::SNS::Topic'}}}}\nOutputs: {{InteractUrl: {{Value: '{URL}'}}}}\n"
    client = boto3.client("cloudformation", region_name="eu-west-1")
    client.create_stack(StackName="tocsin-acme-production", TemplateBody=template)
    assert main(["acme-production"]) == 0
    assert yaml.safe_load(capsys.readouterr().out)["settings"]["interactivity"]["request_url"] == URL


def test_what_is_not_deployed_is_said(account: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["acme-production"]) == 1
    assert "tocsin-acme-production in eu-west-1 cannot be read" in capsys.readouterr().err
    assert main(["nobody-nowhere"]) == 1
    assert main(["acme-production", "--url", URL]) == 0
