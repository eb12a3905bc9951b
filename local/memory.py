"""Planes in memory for programs that make millions of calls: our own AWS, what CloudWatch says of alarms, and Slack.

Each does what the product relies on, and can be made to fail: a process that dies, a Slack that is down or busy.
"""

from __future__ import annotations

import json
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from lambdas.errors import SlackBusy, SlackError
from local.dynamo import MemoryDynamo


@dataclass(slots=True)
class MemoryAlarms:
    """CloudWatch, as far as it knows alarms: DescribeAlarms and ListAlarmMuteRules, and how often it was asked."""

    alarms: dict[str, dict[str, Any]] = field(default_factory=dict)  # by name
    calls: Counter[str] = field(default_factory=Counter)

    def change(self, name: str, arn: str, state: str, at: float, **more: Any) -> None:
        """An alarm is in another state since `at` (epoch seconds)."""
        since = datetime.fromtimestamp(at, UTC)
        said = {"StateValue": state, "StateTransitionedTimestamp": since, "StateUpdatedTimestamp": since}
        self.alarms[name] = {"AlarmName": name, "AlarmArn": arn, "ActionsEnabled": True} | more | said

    def get_paginator(self, operation: str) -> _Pages:
        """Both operations have one page here."""
        return _Pages(self, operation)


@dataclass(slots=True)
class _Pages:
    of: MemoryAlarms
    operation: str

    def paginate(
        self,
        AlarmNames: list[str] | None = None,  # noqa: N803 — the client's own names
        StateValue: str = "",  # noqa: N803
        **_asked: Any,
    ) -> Iterator[dict[str, Any]]:
        self.of.calls[self.operation] += 1
        if self.operation == "list_alarm_mute_rules":
            yield {"AlarmMuteRuleSummaries": []}
            return
        found = (
            [self.of.alarms[name] for name in AlarmNames if name in self.of.alarms]
            if AlarmNames is not None
            else list(self.of.alarms.values())
        )
        yield {"MetricAlarms": [dict(alarm) for alarm in found if not StateValue or alarm["StateValue"] == StateValue]}


@dataclass(slots=True)
class MemoryQueue:
    """SQS, as far as somebody is asked to do work."""

    sent: deque[dict[str, Any]] = field(default_factory=deque)

    def send_message(self, *, QueueUrl: str, MessageBody: str) -> dict[str, Any]:  # noqa: N803 — the client's own names
        """Keep a message for whoever takes it."""
        del QueueUrl
        self.sent.append(json.loads(MessageBody))
        return {"MessageId": str(len(self.sent))}


@dataclass(slots=True)
class MemoryTopic:
    """SNS, as far as the operators are told."""

    published: list[dict[str, Any]] = field(default_factory=list)

    def publish(self, **message: Any) -> dict[str, Any]:
        """Keep a message."""
        self.published.append(message)
        return {"MessageId": str(len(self.published))}


@dataclass(slots=True)
class MemoryAws:
    """What `lambdas.aws.Aws` offers, for the services above."""

    dynamodb: MemoryDynamo = field(default_factory=MemoryDynamo)
    cloudwatch: MemoryAlarms = field(default_factory=MemoryAlarms)
    sqs: MemoryQueue = field(default_factory=MemoryQueue)
    sns: MemoryTopic = field(default_factory=MemoryTopic)


@dataclass(slots=True)
class MemorySlack:
    """Slack, as far as the poster uses it. `log`: the keys of what was posted, in order, one entry for each message.

    `trouble` is asked before each call and raises what Slack answers then; `before` and `after` stand around a message.
    """

    trouble: Callable[[str], None] = lambda _method: None
    before: Callable[[str], None] = lambda _key: None
    after: Callable[[str], None] = lambda _key: None
    calls: Counter[str] = field(default_factory=Counter)
    log: list[str] = field(default_factory=list)
    payloads: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    keep: bool = False  # whether payloads are kept
    _messages: dict[str, list[dict[str, Any]]] = field(default_factory=dict)  # by thread; "" is the channel

    def call(self, method: str, payload: Mapping[str, Any]) -> dict[str, Any]:
        """Answer one call, or raise SlackError."""
        self.calls[method] += 1
        self.trouble(method)
        if self.keep:
            self.payloads.append((method, dict(payload)))
        if method == "chat.postMessage":
            return self._post(payload)
        if method == "conversations.replies":
            return {"ok": True, "messages": self._messages.get(payload["ts"], [])}
        if method == "conversations.history":
            return {"ok": True, "messages": self._messages.get("", [])}
        if method == "conversations.list":
            return {"ok": True, "channels": [{"id": "C1", "name": "alerts"}]}
        if method in {"chat.update", "usergroups.users.list"}:
            return {"ok": True}
        raise SlackError(method, "unknown_method")

    def _post(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        key = payload["metadata"]["event_payload"]["key"]
        self.before(key)
        ts = f"{1_700_000_000 + len(self.log)}.000100"
        self.log.append(key)
        message = {"ts": ts, "metadata": payload["metadata"]}
        self._messages.setdefault(str(payload.get("thread_ts", "")), []).append(message)
        self.after(key)
        return {"ok": True, "channel": "C1", "ts": ts}

    def close(self) -> None:
        """There is no connection."""


def busy(method: str, seconds: float) -> SlackBusy:
    """What a 429 becomes."""
    return SlackBusy(method, seconds)


def unreachable(method: str) -> SlackError:
    """What a refused connection or a time-out becomes."""
    return SlackError(method, "unreachable", "ConnectionRefusedError")
