"""Puts one function's parts together from its environment. On the path to the first post."""

from __future__ import annotations

import functools
import importlib
import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from lambdas.authority import Authority
from lambdas.aws import Aws
from lambdas.desk import Desk
from lambdas.incidents.model import ACT, OPERATORS, OUTWARD, WORK
from lambdas.incidents.store import Store
from lambdas.notify.outward import outward
from lambdas.oncall import as_said
from lambdas.slack.client import Slack
from lambdas.slack.poster import Poster
from lambdas.slack.secret import read

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from lambdas.desk import Outward
    from lambdas.incidents.model import Post
    from lambdas.oncall import Schedule
    from lambdas.settings import Settings

ELSEWHERE = WORK | ACT | OUTWARD | OPERATORS  # what is not for Slack


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
    authority: Authority
    schedule: Schedule | None  # the external on-call schedule
    clock: Callable[[], float]

    def deliver(
        self, id_: str, posts: Iterable[Post], *, mine: frozenset[str] = frozenset(), fresh: bool = False
    ) -> None:
        """Bring outbox rows on their way, each to whoever delivers its kind.

        Whoever delivers claims the row: asking twice does no harm, and what fails stays due for the clock. Slack's are
        posted, other channels' are sent. For what needs a look at the workload `respond` is asked through its queue,
        for changes `act` through its own. `mine`: kinds that the caller does itself. `fresh`: the incident has only
        just been opened with these rows, and has no others.
        """
        wanted = [post for post in posts if post.kind not in mine]
        self.poster.deliver(id_, [post for post in wanted if post.kind not in ELSEWHERE], fresh=fresh)
        if elsewhere := [post for post in wanted if post.kind in OUTWARD]:
            outbox = importlib.import_module("lambdas.notify.outbox")  # after the first post, on purpose
            outbox.deliver(self, id_, elsewhere)
        if unheard := [post for post in wanted if post.kind in OPERATORS]:
            importlib.import_module("lambdas.fallback").deliver(self, id_, unheard)
        if not self.settings.remedies and not self.settings.support_case:  # there is no `act` here any more
            if orphans := [post for post in wanted if post.kind in ACT]:
                importlib.import_module("lambdas.remedies.abandoned").deliver(self, id_, orphans)
            wanted = [post for post in wanted if post.kind not in ACT]
        for kind in dict.fromkeys(post.kind for post in wanted if post.kind in WORK | ACT):
            self.ask(id_, kind)

    def ask(self, id_: str, kind: str) -> None:
        """Ask whoever does work of this kind to do what is due of it for one incident."""
        queue = self.settings.queue if kind in WORK else self.settings.act_queue
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
    schedule = _schedule(settings, own, clock)
    desk = Desk(settings, store, observe, clock, _outward(schedule))
    return House(
        settings=settings,
        aws=own,
        observe=observe,
        store=store,
        desk=desk,
        slack=channel,
        poster=Poster(settings, store, channel, clock, schedule=schedule, unheard=desk.unheard),
        authority=Authority(settings, channel, clock),
        schedule=schedule,
        clock=clock,
    )


def _outward(schedule: Schedule | None) -> Outward:
    """What other channels are told of each commit, told to whom the external schedule names."""
    if schedule is None:
        return outward
    return lambda before, after, posts, settings, now: outward(before, after, posts, as_said(settings, schedule), now)


def _schedule(settings: Settings, aws: Aws, clock: Callable[[], float]) -> Schedule | None:
    """The external on-call schedule, where the environment has one."""
    if not settings.schedule:
        return None
    module = importlib.import_module("lambdas.schedule")
    return cast("Schedule", module.External(settings, aws, clock))


def token(aws: Aws, secret: str) -> str:
    """The bot token from Secrets Manager: the secret is the token itself, or JSON with a field `bot_token`.

    Raises:
        SettingsError: it cannot be read, is empty or has no such field. Its content is never in the message.
    """
    return read(aws, secret).bot_token
