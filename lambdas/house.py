"""Puts one function's parts together from its environment. On the path to the first post."""

from __future__ import annotations

import functools
import importlib
import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from lambdas.aws import Aws
from lambdas.desk import Desk
from lambdas.errors import SettingsError
from lambdas.incidents.model import ACT, OUTWARD, WORK
from lambdas.incidents.store import Store
from lambdas.notify.outward import outward
from lambdas.slack.client import Slack
from lambdas.slack.poster import Poster

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from lambdas.incidents.model import Post
    from lambdas.settings import Settings

ELSEWHERE = WORK | ACT | OUTWARD  # what is not for Slack


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

    def deliver(self, id_: str, posts: Iterable[Post], *, mine: frozenset[str] = frozenset()) -> None:
        """Bring outbox rows on their way, each to whoever delivers its kind.

        Whoever delivers claims the row: asking twice does no harm, and what fails stays due for the clock. Slack's are
        posted, other channels' are sent. For what needs a look at the workload `respond` is asked through its queue,
        for changes `act` through its own. `mine`: kinds that the caller does itself.
        """
        wanted = [post for post in posts if post.kind not in mine]
        self.poster.deliver(id_, [post for post in wanted if post.kind not in ELSEWHERE])
        if elsewhere := [post for post in wanted if post.kind in OUTWARD]:
            outbox = importlib.import_module("lambdas.notify.outbox")  # after the first post, on purpose
            outbox.deliver(self, id_, elsewhere)
        for kind in dict.fromkeys(post.kind for post in wanted if post.kind in WORK | ACT):
            self.ask(id_, kind)

    def ask(self, id_: str, kind: str) -> None:
        """Ask whoever does work of this kind to do what is due of it for one incident."""
        queue = self.settings.queue if kind in WORK else getattr(self.settings, "act_queue", "")
        if queue:  # without one (a replay) the row stays due
            order = json.dumps({"tocsin.work": {"incident": id_, "kind": kind}})
            self.aws.sqs.send_message(QueueUrl=queue, MessageBody=order)


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
        desk=Desk(settings, store, observe, clock, outward),
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
