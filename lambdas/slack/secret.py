"""The Slack app's secret in Secrets Manager: `{"bot_token": "xoxb-…", "signing_secret": "…"}`."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from lambdas.errors import SettingsError

if TYPE_CHECKING:
    from lambdas.aws import Aws


@dataclass(frozen=True, slots=True)
class Secret:
    """What the secret holds; neither is ever shown."""

    bot_token: str = field(repr=False)
    signing_secret: str = field(repr=False, default="")


def read(aws: Aws, name: str) -> Secret:
    """Read it: JSON with the fields above, or the bot token itself.

    Raises:
        SettingsError: it cannot be read, or holds no bot token. Its content is never in the message.
    """
    try:
        text = aws.secretsmanager.get_secret_value(SecretId=name).get("SecretString", "").strip()
    except (ClientError, BotoCoreError) as error:
        why = error.response["Error"]["Code"] if isinstance(error, ClientError) else type(error).__name__
        raise SettingsError(f"the secret {name} cannot be read: {why}") from error
    held = {"bot_token": text}
    if text.startswith("{"):
        try:
            held = json.loads(text)
        except ValueError:
            held = {}
    token, signing = str(held.get("bot_token", "")), str(held.get("signing_secret", ""))
    if not token.startswith("xox"):
        raise SettingsError(f"the secret {name} must hold a Slack bot token (xoxb-…), or JSON with a field 'bot_token'")
    return Secret(token, signing)
