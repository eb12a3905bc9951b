"""Prints the Slack app's manifest for one deployed environment: `slack-app.yaml` with the stack's own address.

    python -m infra.slack_app <customer>-<environment> [--url URL]

The address is the stack's output `InteractUrl`, read with your credentials, unless it is given.
"""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from infra.asset import ROOT
from infra.environment import load_environment
from infra.problems import EnvironmentFileError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from infra.environment import Environment

PLACE = "https://interact.invalid/"  # what stands in the template


class NotDeployedError(Exception):
    """The stack, or its output, is not there: the message says what to do."""


def manifest(url: str) -> str:
    """The manifest with the function URL in place. Raise ValueError for what Slack would not take."""
    if not url.startswith("https://") or any(character.isspace() or character in "\"'#{}" for character in url):
        raise ValueError(f"{url!r} is no https address")
    return (ROOT / "slack-app.yaml").read_text(encoding="utf-8").replace(PLACE, url)


def address(environment: Environment) -> str:
    """The deployed stack's function URL. Raise NotDeployedError where there is none to be read."""
    stack = f"tocsin-{environment.name}"
    try:
        client = boto3.client("cloudformation", region_name=environment.region)
        (found,) = client.describe_stacks(StackName=stack)["Stacks"]
    except (ClientError, BotoCoreError) as error:
        raise NotDeployedError(f"{stack} in {environment.region} cannot be read: {error}") from error
    outputs = {output["OutputKey"]: output["OutputValue"] for output in found.get("Outputs", ())}
    if "InteractUrl" not in outputs:
        raise NotDeployedError(f"{stack} has no output InteractUrl: deploy this version first (make deploy)")
    return outputs["InteractUrl"]


def main(arguments: Sequence[str] | None = None) -> int:
    """The command. Returns its exit code."""
    parser = argparse.ArgumentParser(prog="make slack-app", description=__doc__)
    parser.add_argument("environment", help="<customer>-<environment>, as its file is called")
    parser.add_argument("--url", help="the function URL, where the stack cannot be read")
    asked = parser.parse_args(arguments)
    try:
        environment = load_environment(ROOT / "environments" / f"{asked.environment}.yaml")
        sys.stdout.write(manifest(asked.url or address(environment)))
    except (EnvironmentFileError, NotDeployedError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
