"""Puts one function's parts together from its environment. On the path to the first post."""

from __future__ import annotations

import functools
import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from lambdas.aws import Aws
from lambdas.desk import Desk
from lambdas.errors import SettingsError
from lambdas.incidents.store import Store
from lambdas.slack.client import Slack
from lambdas.slack.poster import Poster

if TYPE_CHECKING:
    from collections.abc import Callable

    from lambdas.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """What a handler works with. `aws` is our own plane; `observe` reads the customer's workload."""

    settings: Settings
    aws: Aws
    observe: Callable[[], Aws]
    store: Store
    desk: Desk
    slack: Slack
    poster: Poster
    clock: Callable[[], float]


def build(
    settings: Settings,
    *,
    aws: Aws | None = None,
    observe: Callable[[], Aws] | None = None,
    slack: Slack | None = None,
    clock: Callable[[], float] = time.time,
) -> House:
    """Build the parts; nothing is called yet."""
    own = aws or Aws(settings.region)
    observe = functools.cache(observe or (lambda: own))
    store = Store(own.dynamodb, settings.table)
    channel = slack or Slack(lambda: token(own, settings.slack_secret))
    return House(
        settings=settings,
        aws=own,
        observe=observe,
        store=store,
        desk=Desk(settings, store, observe, clock),
        slack=channel,
        poster=Poster(settings, store, channel, clock),
        clock=clock,
    )


def token(aws: Aws, secret: str) -> str:
    """The bot token from Secrets Manager: the secret is the token itself, or JSON with a field `bot_token`.

    Raises:
        SettingsError: it cannot be read, is empty or has no such field. Its content is never in the message.
    """
    try:
        text = aws.secretsmanager.get_secret_value(SecretId=secret).get("SecretString", "").strip()
    except (ClientError, BotoCoreError) as error:
        why = error.response["Error"]["Code"] if isinstance(error, ClientError) else type(error).__name__
        raise SettingsError(f"the secret {secret} cannot be read: {why}") from error
    if text.startswith("{"):
        try:
            text = str(json.loads(text).get("bot_token", ""))
        except ValueError:
            text = ""
    if not text.startswith("xox"):
        raise SettingsError(
            f"the secret {secret} must hold a Slack bot token (xoxb-…), or JSON with a field 'bot_token'"
        )
    return text
