"""The reviews' rows in the incident table: the only place that knows their keys.

| pk                    | sk          | content                                                                        |
|-----------------------|-------------|--------------------------------------------------------------------------------|
| REV#<kind>            | HEAD        | the first slot that ever ran and the last one that was completed               |
| REV#<kind>            | TOLD#<key>  | a finding that was told, how bad it was, and in which slot (`news`)            |
| REV#<kind>#<slot>     | META        | RUNNING (lease, attempts) → DONE; when and where its documents are             |
| REV#<kind>#<slot>     | SEC#<part>  | a finished section, so that a crashed half is continued                        |
| REV#<kind>#<slot>     | POST#<name> | the summary: CLAIMED (lease) → SENT, attempts, Slack's timestamp               |

A slot is claimed by a conditional write: of two firings one runs. `ttl` cleans up.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lambdas.reviews.codec import pack, unpack

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_dynamodb import DynamoDBClient

    from lambdas.reviews.model import Section
    from lambdas.reviews.slots import Slot

DAY = 24 * 60 * 60
KEEP = 400 * DAY
LEASE = 16 * 60  # seconds: longer than the function may run
POST_LEASE = 120
LARGEST = 350_000  # bytes of a section's row; DynamoDB takes 400 KB


@dataclass(frozen=True, slots=True)
class Run:
    """A claimed slot."""

    attempt: int


@dataclass(frozen=True, slots=True)
class Head:
    """Which slots of a kind are known, by their times (epoch seconds)."""

    first: int
    last: int


class ReviewStore:
    """The rows, through one low-level client."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client, self._table = client, table

    # slots ------------------------------------------------------------------------------------------------------------

    def claim(self, slot: Slot, now: int) -> Run | None:
        """Take a slot; None where it is done, or somebody else is at it."""
        try:
            answer = self._client.update_item(
                TableName=self._table,
                Key=_key(slot, "META"),
                UpdateExpression="SET #s = :running, lease = :lease, slot_at = :at, #ttl = :ttl ADD tries :one",
                ConditionExpression="attribute_not_exists(pk) OR (#s = :running AND lease < :now)",
                ExpressionAttributeNames={"#s": "state", "#ttl": "ttl"},
                ExpressionAttributeValues={
                    ":running": {"S": "RUNNING"},
                    ":lease": {"N": str(now + LEASE)},
                    ":at": {"N": str(int(slot.at.timestamp()))},
                    ":ttl": {"N": str(now + KEEP)},
                    ":one": {"N": "1"},
                    ":now": {"N": str(now)},
                },
                ReturnValues="ALL_NEW",
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return None
        return Run(int(answer["Attributes"]["tries"]["N"]))

    def leave(self, slot: Slot) -> None:
        """Give an unfinished slot back, so that the next attempt need not wait for the lease."""
        self._client.update_item(
            TableName=self._table,
            Key=_key(slot, "META"),
            UpdateExpression="SET lease = :zero",
            ConditionExpression="#s = :running",
            ExpressionAttributeNames={"#s": "state"},
            ExpressionAttributeValues={":zero": {"N": "0"}, ":running": {"S": "RUNNING"}},
        )

    def done(self, slot: Slot) -> bool:
        """Whether a slot was completed."""
        return _text(self._get(_key(slot, "META")), "state") == "DONE"

    def finish(self, slot: Slot, now: int) -> None:
        """The slot is complete; the head moves on, never back."""
        at = {"N": str(int(slot.at.timestamp()))}
        self._client.update_item(
            TableName=self._table,
            Key=_key(slot, "META"),
            UpdateExpression="SET #s = :done, finished = :now REMOVE lease",
            ExpressionAttributeNames={"#s": "state"},
            ExpressionAttributeValues={":done": {"S": "DONE"}, ":now": {"N": str(now)}},
        )
        try:
            self._client.update_item(
                TableName=self._table,
                Key={"pk": {"S": f"REV#{slot.kind}"}, "sk": {"S": "HEAD"}},
                UpdateExpression="SET last_at = :at, first_at = if_not_exists(first_at, :at)",
                ConditionExpression="attribute_not_exists(pk) OR last_at < :at",
                ExpressionAttributeValues={":at": at},
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return  # a slot of the past, on demand

    def head(self, kind: str) -> Head | None:
        """What is known of a kind's slots; None before the first one."""
        item = self._get({"pk": {"S": f"REV#{kind}"}, "sk": {"S": "HEAD"}})
        return Head(int(item["first_at"]["N"]), int(item["last_at"]["N"])) if item else None

    # sections ---------------------------------------------------------------------------------------------------------

    def keep(self, slot: Slot, section: Section, now: int) -> None:
        """Keep a finished section. One that is too large for a row is not kept: a next attempt looks again."""
        raw = pack(section)
        if len(raw) > LARGEST:
            return
        item: Any = _key(slot, f"SEC#{section.id}") | {"body": {"B": raw}, "ttl": {"N": str(now + KEEP)}}
        self._client.put_item(TableName=self._table, Item=item)

    def sections(self, slot: Slot) -> dict[str, Section]:
        """The sections that are finished, by the part's id."""
        rows = self._query(f"REV#{slot.kind}#{slot.id}", "SEC#")
        return {row["sk"]["S"].removeprefix("SEC#"): unpack(row["body"]["B"]) for row in rows}

    # what was told ----------------------------------------------------------------------------------------------------

    def told(self, kind: str) -> dict[str, float]:
        """The findings that stand told, by their keys, each with how bad it was."""
        rows = self._query(f"REV#{kind}", "TOLD#")
        found = {row["sk"]["S"].removeprefix("TOLD#"): float(row["bad"]["N"]) for row in rows}
        return {key: bad for key, bad in found.items() if bad > 0}

    def tell(self, slot: Slot, findings: Mapping[str, float], gone: set[str], now: int) -> None:
        """Remember what is told now, and forget what is over."""
        pk = {"S": f"REV#{slot.kind}"}
        for key, level in findings.items():
            item: Any = {
                "pk": pk,
                "sk": {"S": f"TOLD#{key}"},
                "bad": {"N": f"{level:.6g}"},
                "slot": {"S": slot.id},
                "ttl": {"N": str(now + KEEP)},
            }
            self._client.put_item(TableName=self._table, Item=item)
        for key in gone:
            self._client.update_item(
                TableName=self._table,
                Key={"pk": pk, "sk": {"S": f"TOLD#{key}"}},
                UpdateExpression="SET bad = :none, #ttl = :now",
                ExpressionAttributeNames={"#ttl": "ttl"},
                ExpressionAttributeValues={":none": {"N": "0"}, ":now": {"N": str(now)}},
            )

    # the summary ------------------------------------------------------------------------------------------------------

    def claim_post(self, slot: Slot, name: str, now: int) -> int:
        """Take the summary to post. Returns the attempt's number; 0 where it is sent, or somebody else has it."""
        try:
            answer = self._client.update_item(
                TableName=self._table,
                Key=_key(slot, f"POST#{name}"),
                UpdateExpression="SET #s = :claimed, lease = :lease, #ttl = :ttl ADD tries :one",
                ConditionExpression="attribute_not_exists(pk) OR (#s = :claimed AND lease < :now)",
                ExpressionAttributeNames={"#s": "state", "#ttl": "ttl"},
                ExpressionAttributeValues={
                    ":claimed": {"S": "CLAIMED"},
                    ":lease": {"N": str(now + POST_LEASE)},
                    ":ttl": {"N": str(now + KEEP)},
                    ":one": {"N": "1"},
                    ":now": {"N": str(now)},
                },
                ReturnValues="ALL_NEW",
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return 0
        return int(answer["Attributes"]["tries"]["N"])

    def release_post(self, slot: Slot, name: str) -> None:
        """The post failed: the next attempt may come at once."""
        self._client.update_item(
            TableName=self._table,
            Key=_key(slot, f"POST#{name}"),
            UpdateExpression="SET lease = :zero",
            ExpressionAttributeValues={":zero": {"N": "0"}},
        )

    def sent(self, slot: Slot, name: str, ts: str) -> None:
        """The summary is posted."""
        self._client.update_item(
            TableName=self._table,
            Key=_key(slot, f"POST#{name}"),
            UpdateExpression="SET #s = :sent, ts = :ts REMOVE lease",
            ExpressionAttributeNames={"#s": "state"},
            ExpressionAttributeValues={":sent": {"S": "SENT"}, ":ts": {"S": ts}},
        )

    def is_sent(self, slot: Slot, name: str) -> bool:
        """Whether the summary was posted."""
        return _text(self._get(_key(slot, f"POST#{name}")), "state") == "SENT"

    # plumbing ---------------------------------------------------------------------------------------------------------

    def _get(self, key: Any) -> dict[str, Any]:
        return self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True).get("Item") or {}

    def _query(self, pk: str, prefix: str) -> list[dict[str, Any]]:
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="pk = :pk AND begins_with(sk, :prefix)",
            ExpressionAttributeValues={":pk": {"S": pk}, ":prefix": {"S": prefix}},
            ConsistentRead=True,
        )
        return [item for page in pages for item in page["Items"]]


def _key(slot: Slot, sk: str) -> dict[str, Any]:
    return {"pk": {"S": f"REV#{slot.kind}#{slot.id}"}, "sk": {"S": sk}}


def _text(item: dict[str, Any], name: str) -> str:
    return str(item.get(name, {}).get("S", ""))
