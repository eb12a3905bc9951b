"""The incident table: the only place that knows its keys (`lifecycle.md`).

One TransactWriteItems for each event holds the state, the timeline row (which is also the event's deduplication), the
outbox rows, the alarm's head and the group's head. There is no second mechanism for idempotency.

| pk            | sk                    | content                                                        |
|---------------|-----------------------|----------------------------------------------------------------|
| INC#<id>      | META                  | the incident's document, `ver`, status, severity, Slack thread |
| INC#<id>      | EV#<ts>#<event id>    | timeline, append-only                                          |
| INC#<id>      | OUT#<kind>#<reopen>#<n> | outbox: PENDING → CLAIMED (lease) → SENT or FAILED (given up)|
| ALARM#<key>   | HEAD                  | last timestamp, last state, active incident                    |
| ALARM#<key>   | STALE#<ts>#<event id> | late and duplicate events, 14 days                             |
| GROUP#<target>| HEAD                  | the incident that is open for one resource                     |
| MONTH#<yyyy-mm>| <opened at>#<id>     | every incident, by the month (UTC) in which it opened          |
| STEPS#<yyyy-mm>| COUNT               | how often each runbook step ran and could not look, in that month |
| CONTACTS      | <key>                 | when a contact was asked to confirm, and who confirmed when    |
| SIL#<id>      | as INC#               | a silence or maintenance window, with its timeline and outbox  |
| MON#<id>      | as INC#               | the validation after maintenance                               |
| INC, SIL      | CH#<id>               | what a storm or a silence has gathered, one row for each        |
| STORM         | HEAD                  | the storm that is open                                         |
| RATE#<minute> | OPENED                | how many incidents opened in one minute                        |
| SLOT#<name>   | <number>              | a routine's run, so that it happens once                       |
| CAUSE#<cause> | <opened at>#<id>      | every resolved incident, by the cause that was found           |
| RES#<target>  | <opened at>#<id>      | every resolved incident, by the resource that it was about     |
"""

from __future__ import annotations

import json
import zlib
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from lambdas.errors import Contended, Duplicate
from lambdas.incidents.clocks import LIVE
from lambdas.incidents.model import POST_ORDER, Child, Incident, Post
from lambdas.incidents.past import Past, past

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mypy_boto3_dynamodb import DynamoDBClient

DAY = 24 * 60 * 60
KEEP_STALE = 14 * DAY
KEEP_INCIDENT = 400 * DAY
SHARDS = 4
NO_GROUPS: Mapping[str, str] = {}
LEASE = 60  # seconds that a post may take before another worker may try it


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What is known of one alarm's history."""

    at: int  # milliseconds: CloudWatch's own resolution
    state: str
    incident: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """One event's row. `at` in milliseconds, by the event's own clock; `body` is bounded JSON.

    `changes`: what it changed, as `lambdas.notify.changes.marks` says it.
    """

    at: int
    id: str
    kind: str
    body: str = "{}"
    changes: tuple[str, ...] = ()

    @property
    def sk(self) -> str:
        """Sorts by time."""
        return f"EV#{self.at:015d}#{self.id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """How an alarm's head moves with an event."""

    key: str
    at: int  # milliseconds
    state: str
    before: Head | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One outbox row, ours to deliver until the lease ends. `attempt` > 1: look for the post before posting again.

    `lost`: how many earlier attempts ended without saying how: they may have delivered, and died before they wrote it.
    """

    incident: str
    post: Post
    attempt: int
    lost: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One outbox row as it stands. `said`: where it went (SENT), or why it did not (FAILED)."""

    post: Post
    state: str
    said: str = ""


@dataclass(frozen=True, slots=True)
class Unsent:
    """One outbox row that is still to be delivered."""

    post: Post
    at: int  # when it was written


@dataclass(frozen=True, slots=True)
class Due:
    """One row that the clock must look at: an incident, or an unsent post of it."""

    incident: str
    post: Post | None
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StepCount:
    """How often a runbook step looked, and could not; `why`: the last reason."""

    ran: int = 0
    failed: int = 0
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """When a contact was asked and confirmed (epoch seconds, 0: never), and by whom."""

    asked: int = 0
    confirmed: int = 0
    by: str = ""


class Store:
    """The table, through one low-level client."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client, self._table = client, table

    # reading ----------------------------------------------------------------------------------------------------------

    def incident(self, id_: str) -> Incident | None:
        """Read one incident, strongly consistent."""
        item = self._get(_pk(id_), "META")
        return _incident(item) if item else None

    def head(self, key: str) -> Head | None:
        """Read an alarm's head, strongly consistent."""
        item = self._get(f"ALARM#{key}", "HEAD")
        if not item:
            return None
        return Head(at=int(item["last_ts"]["N"]), state=item["last_state"]["S"], incident=_text(item, "incident"))

    def group(self, target: str) -> str:
        """The incident that was last open for one resource; empty if there was none."""
        return self.kin(target)[0]

    def kin(self, target: str) -> tuple[str, str]:
        """The incident that was last open for one resource, and the resource that a diagnosis found it to belong to."""
        item = self._get(f"GROUP#{target}", "HEAD") or {}
        return _text(item, "incident"), _text(item, "belongs_to")

    def unsent(self, id_: str) -> list[Post]:
        """The outbox rows of an incident that are still to be delivered, in the order they must appear."""
        return [row.post for row in self.outbox(id_)]

    def outbox(self, id_: str) -> list[Unsent]:
        """The same with the time at which each was written. What was written first comes first."""
        found = [row for row in self._query(id_, "OUT#") if row["state"]["S"] in {"PENDING", "CLAIMED"}]
        rows = [(int(row.get("seq", {}).get("N", "0")), Unsent(_post(row), _number(row, "at"))) for row in found]

        def place(numbered: tuple[int, Unsent]) -> tuple[int, int, int, int]:
            seq, row = numbered
            return row.post.reopen, seq, POST_ORDER.index(row.post.kind), row.post.n

        return [row for _, row in sorted(rows, key=place)]

    def children(self, id_: str) -> list[Child]:
        """What a storm or a silence has gathered."""
        return [Child(**json.loads(row["doc"]["S"])) for row in self._query(id_, "CH#")]

    def storm(self) -> str:
        """The storm that was opened last; empty if there never was one."""
        return _text(self._get("STORM", "HEAD") or {}, "incident")

    def rows(self, id_: str, kind: str) -> list[Row]:
        """All outbox rows of one kind, delivered or not, in the order in which they were written."""
        found = [
            Row(post=_post(row), state=row["state"]["S"], said=_text(row, "why") or _text(row, "ts"))
            for row in self._query(id_, f"OUT#{kind}#")
        ]
        return sorted(found, key=lambda row: (row.post.reopen, row.post.n))

    def place(self, id_: str, post: Post) -> str | None:
        """The Slack timestamp of a row that was posted; empty where nobody could tell it; None while it is unsent."""
        row = self._get(f"INC#{id_}", f"OUT#{post.key}")
        return _text(row, "ts") if row and row["state"]["S"] == "SENT" else None

    def timeline(self, id_: str) -> list[Timeline]:
        """The incident's events, oldest first."""
        found = []
        for row in self._query(id_, "EV#"):
            _, at, event_id = row["sk"]["S"].split("#", 2)
            changes = tuple(_text(row, "changes").split())
            found.append(
                Timeline(at=int(at), id=event_id, kind=row["kind"]["S"], body=row["body"]["S"], changes=changes)
            )
        return found

    def due(self, now: int) -> list[Due]:
        """Everything whose time has come, oldest first; eventually consistent, so read again before acting."""
        found: list[Due] = []
        for shard in range(SHARDS):
            pages = self._client.get_paginator("query").paginate(
                TableName=self._table,
                IndexName="due",
                KeyConditionExpression="due_pk = :shard AND due_sk <= :now",
                ExpressionAttributeValues={":shard": {"S": f"DUE#{shard}"}, ":now": {"S": f"{now:012d}~"}},
            )
            for page in pages:
                for item in page["Items"]:
                    sk = item["sk"]["S"]
                    post = Post.of(sk.removeprefix("OUT#")) if sk.startswith("OUT#") else None
                    at = int(item["due_sk"]["S"].split("#", 1)[0])
                    found.append(Due(_id(item), post, at))
        return sorted(found, key=lambda due: due.at)

    def open_incidents(self) -> list[str]:
        """Ids of the open incidents, most severe first (from the sparse index); not those that a storm gathers."""
        return [id_ for id_, _ in self._indexed("OPEN")]

    def ranks(self) -> dict[str, int]:
        """The severity of each open incident, by its id (from the sparse index)."""
        return {id_: int(sk.partition("#")[0]) for id_, sk in self._indexed("OPEN")}

    def gathered_incidents(self) -> list[str]:
        """Ids of the open incidents that a storm gathers."""
        return [id_ for id_, _ in self._indexed("GATHERED")]

    def silences(self) -> list[str]:
        """Ids of the silences that have not ended, the next to end first (from the sparse index)."""
        return [id_ for id_, _ in self._indexed("SILENCES")]

    def _indexed(self, pk: str) -> list[tuple[str, str]]:
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            IndexName="open",
            KeyConditionExpression="open_pk = :open",
            ExpressionAttributeValues={":open": {"S": pk}},
        )
        return [(_id(item), item["open_sk"]["S"]) for page in pages for item in page["Items"]]

    def opened(self, start: int, end: int) -> list[Incident]:
        """The incidents that opened in [start, end), oldest first: closed and noted ones too. Epoch seconds."""
        ids: list[str] = []
        for month in _months(start, end):
            pages = self._client.get_paginator("query").paginate(
                TableName=self._table,
                KeyConditionExpression="pk = :pk AND sk BETWEEN :start AND :end",
                ExpressionAttributeValues={
                    ":pk": {"S": f"MONTH#{month}"},
                    ":start": {"S": f"{start:012d}"},
                    ":end": {"S": f"{end - 1:012d}~"},
                },
            )
            ids += [item["sk"]["S"].partition("#")[2] for page in pages for item in page["Items"]]
        found = (self.incident(id_) for id_ in ids)
        return [incident for incident in found if incident]

    def past(self, *, cause: str = "", target: str = "", since: int = 0, limit: int = 200) -> list[Past]:
        """Resolved incidents of one cause or about one resource that opened after `since`, newest first."""
        answer = self._client.query(
            TableName=self._table,
            KeyConditionExpression="pk = :pk AND sk > :since",
            ExpressionAttributeValues={
                ":pk": {"S": f"CAUSE#{cause}" if cause else f"RES#{target}"},
                ":since": {"S": f"{since:012d}"},
            },
            ScanIndexForward=False,
            Limit=limit,
        )
        return [Past.from_json(item["doc"]["S"]) for item in answer["Items"]]

    # writing ----------------------------------------------------------------------------------------------------------

    def commit(
        self,
        incident: Incident,
        event: Timeline,
        posts: Iterable[Post],
        now: int,
        *,
        move: Move | None = None,
        groups: Mapping[str, str] = NO_GROUPS,
        gathered: Iterable[tuple[str, Child]] = (),
    ) -> Incident:
        """Write one event's whole consequence in one transaction. Returns the incident with its new version.

        Args:
            incident: the new state; its `ver` is the version that was read (0 for a new incident).
            event: the timeline row.
            posts: outbox rows to add.
            now: epoch seconds.
            move: the alarm's head, where the event came from an alarm.
            groups: by each target whose open incident this becomes, the incident that its head named before.
            gathered: (id of a storm or a silence, how the incident looks to it now).

        Raises:
            Duplicate: the event is on the timeline already.
            Contended: somebody else moved the incident, the alarm or the group in between.
        """
        after = replace(incident, ver=incident.ver + 1)
        pk = _pk(incident.id)
        meta: dict[str, Any] = {
            "Item": _meta(after, now),
            "ConditionExpression": "ver = :ver" if incident.ver else "attribute_not_exists(pk)",
        }
        if incident.ver:
            meta["ExpressionAttributeValues"] = {":ver": {"N": str(incident.ver)}}
        row = {
            "pk": {"S": pk},
            "sk": {"S": event.sk},
            "kind": {"S": event.kind},
            "body": {"S": event.body},
            "ttl": {"N": str(now + KEEP_INCIDENT)},
        }
        if event.changes:
            row["changes"] = {"S": " ".join(event.changes)}
        writes = [meta, {"Item": row, "ConditionExpression": "attribute_not_exists(pk)"}]
        writes += [
            {
                "Item": {
                    "pk": {"S": pk},
                    "sk": {"S": f"OUT#{post.key}"},
                    "state": {"S": "PENDING"},
                    "tries": {"N": "0"},
                    "at": {"N": str(now)},
                    "seq": {"N": str(after.ver)},
                }
                | ({"body": {"S": post.body}} if post.body else {})
                | {"ttl": {"N": str(now + KEEP_INCIDENT)}}
                | _due(incident.id, now),
                "ConditionExpression": "attribute_not_exists(pk)",
            }
            for post in posts
        ]
        if not incident.ver and incident.kind == "incident":
            writes.append(_month(incident, now))
        writes += [{"Item": _child(parent, child, now)} for parent, child in gathered]
        if incident.status == "RESOLVED" and incident.kind == "incident":
            writes += _resolved(after, now)
        if move:
            writes.append(_head(move, incident.id))
        items: Any = [{"Put": {"TableName": self._table, **write}} for write in writes]
        items += [{"Update": {"TableName": self._table, **_group(*group, incident.id)}} for group in groups.items()]
        try:
            self._client.transact_write_items(TransactItems=items)
        except self._client.exceptions.TransactionCanceledException as error:
            codes = [reason.get("Code", "None") for reason in error.response.get("CancellationReasons", [])]
            # A new incident's META and its event exist together: the same delivery won elsewhere.
            if len(codes) > 1 and codes[1] == "ConditionalCheckFailed":
                raise Duplicate(f"{incident.id}: {event.sk} is on the timeline") from error
            raise Contended(f"{incident.id}: {', '.join(codes)}") from error
        return after

    def move_head(self, move: Move) -> None:
        """Move an alarm's head where no incident follows (an OK before any ALARM)."""
        try:
            self._client.put_item(TableName=self._table, **_head(move, move.before.incident if move.before else ""))
        except self._client.exceptions.ConditionalCheckFailedException as error:
            raise Contended(f"{move.key} moved") from error

    def adopt(self, target: str, incident: str, before: str, belongs_to: str = "") -> None:
        """Let a resource's alarms join an incident; `before` is the incident that its head named when it was read.

        `belongs_to`: the resource that a diagnosis was about when it met this one; later alarms of the two are kin.
        """
        try:
            self._client.update_item(TableName=self._table, **_group(target, before, incident, belongs_to))
        except self._client.exceptions.ConditionalCheckFailedException as error:
            raise Contended(f"{target} has an incident of its own by now") from error

    def open_storm(self, id_: str) -> None:
        """Name the storm that takes new incidents from now on."""
        item = {"pk": {"S": "STORM"}, "sk": {"S": "HEAD"}, "incident": {"S": id_}}
        self._client.put_item(TableName=self._table, Item=item)

    def count(self, now: int) -> int:
        """Count one more incident that opens in this minute. Returns how many there are now."""
        answer = self._client.update_item(
            TableName=self._table,
            Key={"pk": {"S": f"RATE#{now // 60}"}, "sk": {"S": "OPENED"}},
            UpdateExpression="SET #ttl = :ttl ADD opened :one",
            ExpressionAttributeNames={"#ttl": "ttl"},
            ExpressionAttributeValues={":ttl": {"N": str(now + DAY)}, ":one": {"N": "1"}},
            ReturnValues="ALL_NEW",
        )
        return int(answer["Attributes"]["opened"]["N"])

    def take_slot(self, name: str, number: int, now: int) -> bool:
        """Take one run of a routine. False: somebody else has it."""
        item = {
            "pk": {"S": f"SLOT#{name}"},
            "sk": {"S": f"{number:012d}"},
            "ttl": {"N": str(now + DAY)},
        }
        try:
            self._client.put_item(TableName=self._table, Item=item, ConditionExpression="attribute_not_exists(pk)")
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def keep_stale(self, key: str, event: Timeline, now: int) -> None:
        """Keep a late or duplicate event for 14 days, for people to look at."""
        item = {
            "pk": {"S": f"ALARM#{key}"},
            "sk": {"S": f"STALE#{event.at:015d}#{event.id}"},
            "kind": {"S": event.kind},
            "body": {"S": event.body},
            "ttl": {"N": str(now + KEEP_STALE)},
        }
        self._client.put_item(TableName=self._table, Item=item)

    # what the monthly report counts -----------------------------------------------------------------------------------

    def count_steps(self, steps: Mapping[str, str], now: int) -> None:
        """Count one diagnosis' steps in the month's row, in one write.

        `steps`: id → "" where it looked, else why it could not. A diagnosis that is done again counts
        again: these are habits, not accounts.
        """
        names: dict[str, str] = {"#ttl": "ttl"}
        values: dict[str, Any] = {":one": {"N": "1"}, ":ttl": {"N": str(now + KEEP_INCIDENT)}}
        adds, sets = [], ["#ttl = :ttl"]
        for n, (id_, why) in enumerate(sorted(steps.items())):
            names[f"#c{n}"] = f"{'failed' if why else 'ran'}:{id_}"
            adds.append(f"#c{n} :one")
            if why:
                names[f"#w{n}"], values[f":w{n}"] = f"why:{id_}", {"S": why[:150]}
                sets.append(f"#w{n} = :w{n}")
        if not adds:
            return
        self._client.update_item(
            TableName=self._table,
            Key={"pk": {"S": f"STEPS#{datetime.fromtimestamp(now, UTC):%Y-%m}"}, "sk": {"S": "COUNT"}},
            UpdateExpression=f"SET {', '.join(sets)} ADD {', '.join(adds)}",
            ExpressionAttributeNames=names,
            ExpressionAttributeValues=values,
        )

    def steps(self, start: int, end: int) -> dict[str, StepCount]:
        """The counts of the months (UTC) that [start, end) touches, by the step's id."""
        found: dict[str, StepCount] = {}
        for month in _months(start, end):
            for name, value in (self._get(f"STEPS#{month}", "COUNT") or {}).items():
                what, _, id_ = name.partition(":")
                if what not in {"ran", "failed", "why"}:
                    continue
                one = found.get(id_, StepCount())
                changed: Any = {what: value["S"] if what == "why" else int(value["N"]) + getattr(one, what)}
                found[id_] = replace(one, **changed)
        return found

    def ask_contact(self, key: str, now: int) -> None:
        """A contact is asked to confirm; what was confirmed before stays, and grows old."""
        self._contact(key, "SET asked = :now", {":now": {"N": str(now)}})

    def confirm_contact(self, key: str, by: str, now: int) -> None:
        """A contact is confirmed by a person (a Slack user id)."""
        self._contact(key, "SET confirmed = :now, confirmed_by = :by", {":now": {"N": str(now)}, ":by": {"S": by}})

    def contacts(self) -> dict[str, Confirmation]:
        """What is known of the contacts, by their keys."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": "CONTACTS"}},
            ConsistentRead=True,
        )
        return {
            item["sk"]["S"]: Confirmation(
                asked=int(item.get("asked", {}).get("N", "0")),
                confirmed=int(item.get("confirmed", {}).get("N", "0")),
                by=_text(item, "confirmed_by"),
            )
            for page in pages
            for item in page["Items"]
        }

    def _contact(self, key: str, update: str, values: Any) -> None:
        self._client.update_item(
            TableName=self._table,
            Key={"pk": {"S": "CONTACTS"}, "sk": {"S": key}},
            UpdateExpression=update,
            ExpressionAttributeValues=values,
        )

    # outbox -----------------------------------------------------------------------------------------------------------

    def claim(self, id_: str, post: Post, now: int, lease: int = LEASE) -> Claim | None:
        """Take one row to deliver; None if it is sent, or somebody else holds it."""
        try:
            answer = self._client.update_item(
                TableName=self._table,
                Key=_out(id_, post),
                UpdateExpression="SET #s = :claimed, lease = :lease, tries = tries + :one, due_sk = :due",
                ConditionExpression="#s = :pending OR (#s = :claimed AND lease < :now)",
                ExpressionAttributeNames={"#s": "state"},
                ExpressionAttributeValues={
                    ":claimed": {"S": "CLAIMED"},
                    ":pending": {"S": "PENDING"},
                    ":lease": {"N": str(now + lease)},
                    ":one": {"N": "1"},
                    ":now": {"N": str(now)},
                    ":due": _due(id_, now + lease + 1)["due_sk"],
                },
                ReturnValues="ALL_NEW",
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return None
        row = answer["Attributes"]
        attempt, failures = int(row["tries"]["N"]), int(row.get("failures", {}).get("N", "0"))
        return Claim(incident=id_, post=_post(row), attempt=attempt, lost=attempt - 1 - failures)

    def release(self, claim: Claim, now: int, wait: int) -> None:
        """Give a row back: it is due again after `wait` seconds."""
        self._client.update_item(
            TableName=self._table,
            Key=_out(claim.incident, claim.post),
            UpdateExpression="SET lease = :lease, due_sk = :due ADD failures :one",
            ExpressionAttributeValues={
                ":one": {"N": "1"},
                ":lease": {"N": str(now + wait - 1)},
                ":due": _due(claim.incident, now + wait)["due_sk"],
            },
        )

    def sent(self, claim: Claim, ts: str) -> None:
        """The row is delivered."""
        self._client.update_item(**_ended(self._table, claim, "SENT", ts=ts))

    def failed(self, claim: Claim, why: str) -> None:
        """The row is given up; whoever does so has told people."""
        self._client.update_item(**_ended(self._table, claim, "FAILED", why=why))

    def sent_root(self, claim: Claim, channel: str, ts: str) -> None:
        """The root message is delivered: its place is kept with the incident, in one transaction."""
        place = {
            "TableName": self._table,
            "Key": {"pk": {"S": _pk(claim.incident)}, "sk": {"S": "META"}},
            # The version moves on, so that a reducer that read the document without the place must read again.
            "UpdateExpression": "SET slack_channel = :channel, slack_ts = :ts, ver = ver + :one",
            "ExpressionAttributeValues": {":channel": {"S": channel}, ":ts": {"S": ts}, ":one": {"N": "1"}},
        }
        row = _ended(self._table, claim, "SENT", ts=ts)
        items: Any = [{"Update": place}, {"Update": row}]
        self._client.transact_write_items(TransactItems=items)

    # plumbing ---------------------------------------------------------------------------------------------------------

    def _get(self, pk: str, sk: str) -> dict[str, Any] | None:
        key = {"pk": {"S": pk}, "sk": {"S": sk}}
        return self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True).get("Item")

    def _query(self, id_: str, prefix: str) -> list[dict[str, Any]]:
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="pk = :pk AND begins_with(sk, :prefix)",
            ExpressionAttributeValues={":pk": {"S": _pk(id_)}, ":prefix": {"S": prefix}},
            ConsistentRead=True,
        )
        return [item for page in pages for item in page["Items"]]


def _meta(incident: Incident, now: int) -> dict[str, Any]:
    item: dict[str, Any] = {
        "pk": {"S": _pk(incident.id)},
        "sk": {"S": "META"},
        "ver": {"N": str(incident.ver)},
        "doc": {"S": incident.to_json()},
        "status": {"S": incident.status},
    }
    if incident.ts:
        item |= {"slack_channel": {"S": incident.channel}, "slack_ts": {"S": incident.ts}}
    if incident.due is not None:
        item |= _due(incident.id, incident.due)
    if incident.status in {"RESOLVED", "NOTED"}:
        item["ttl"] = {"N": str(now + KEEP_INCIDENT)}
    if incident.status in LIVE and incident.kind != "monitor":
        rank = f"{incident.judged.severity}#{incident.opened_at:012d}#{incident.id}"
        item |= {"open_pk": {"S": "GATHERED" if incident.parent else "OPEN"}, "open_sk": {"S": rank}}
        if incident.kind == "silence":
            end = incident.quiet.end if incident.quiet else 0
            item |= {"open_pk": {"S": "SILENCES"}, "open_sk": {"S": f"{end:012d}#{incident.id}"}}
    return item


def _pk(id_: str) -> str:
    """A document's partition: what its id begins with tells the kind."""
    return f"{id_[:3]}#{id_}" if id_.startswith(("SIL-", "MON-")) else f"INC#{id_}"


def _id(item: dict[str, Any]) -> str:
    return str(item["pk"]["S"].partition("#")[2])


def _child(parent: str, child: Child, now: int) -> dict[str, Any]:
    return {
        "pk": {"S": _pk(parent)},
        "sk": {"S": f"CH#{child.id}"},
        "doc": {"S": json.dumps(asdict(child), separators=(",", ":"))},
        "ttl": {"N": str(now + KEEP_INCIDENT)},
    }


def _incident(item: dict[str, Any]) -> Incident:
    stored = Incident.from_json(item["doc"]["S"])
    return replace(stored, ver=int(item["ver"]["N"]), channel=_text(item, "slack_channel"), ts=_text(item, "slack_ts"))


def _month(incident: Incident, now: int) -> dict[str, Any]:
    return {
        "Item": {
            "pk": {"S": f"MONTH#{datetime.fromtimestamp(incident.opened_at, UTC):%Y-%m}"},
            "sk": {"S": f"{incident.opened_at:012d}#{incident.id}"},
            "ttl": {"N": str(now + KEEP_INCIDENT)},
        }
    }


def _resolved(incident: Incident, now: int) -> list[dict[str, Any]]:
    """Where others look for what was learnt. A later resolution of the same incident takes the row's place."""
    found = past(incident)
    row = {
        "sk": {"S": f"{incident.opened_at:012d}#{incident.id}"},
        "doc": {"S": found.to_json()},
        "ttl": {"N": str(now + KEEP_INCIDENT)},
    }
    places = [f"CAUSE#{found.cause}" if found.cause else "", f"RES#{found.target}" if found.target else ""]
    return [{"Item": {"pk": {"S": place}} | row} for place in places if place]


def _months(start: int, end: int) -> list[str]:
    """The months (UTC) that [start, end) touches, e.g. "2026-11"."""
    first, last = (datetime.fromtimestamp(at, UTC) for at in (start, end - 1))
    count = (last.year - first.year) * 12 + last.month - first.month + 1
    return [f"{first.year + (first.month - 1 + n) // 12}-{(first.month - 1 + n) % 12 + 1:02d}" for n in range(count)]


def _head(move: Move, incident: str) -> dict[str, Any]:
    put: dict[str, Any] = {
        "Item": {
            "pk": {"S": f"ALARM#{move.key}"},
            "sk": {"S": "HEAD"},
            "last_ts": {"N": str(move.at)},
            "last_state": {"S": move.state},
            "incident": {"S": incident},
        },
        "ConditionExpression": "last_ts = :before" if move.before else "attribute_not_exists(pk)",
    }
    if move.before:
        put["ExpressionAttributeValues"] = {":before": {"N": str(move.before.at)}}
    return put


def _group(target: str, before: str, incident: str, belongs_to: str = "") -> dict[str, Any]:
    update: dict[str, Any] = {
        "Key": {"pk": {"S": f"GROUP#{target}"}, "sk": {"S": "HEAD"}},
        "UpdateExpression": "SET incident = :incident" + (", belongs_to = :kin" if belongs_to else ""),
        "ConditionExpression": "incident = :before" if before else "attribute_not_exists(pk)",
        "ExpressionAttributeValues": {":incident": {"S": incident}},
    }
    if before:
        update["ExpressionAttributeValues"][":before"] = {"S": before}
    if belongs_to:
        update["ExpressionAttributeValues"][":kin"] = {"S": belongs_to}
    return update


def _due(id_: str, at: int) -> dict[str, Any]:
    return {
        "due_pk": {"S": f"DUE#{zlib.crc32(id_.encode()) % SHARDS}"},
        "due_sk": {"S": f"{max(at, 0):012d}#{id_}"},
    }


def _out(id_: str, post: Post) -> dict[str, Any]:
    return {"pk": {"S": _pk(id_)}, "sk": {"S": f"OUT#{post.key}"}}


def _post(row: dict[str, Any]) -> Post:
    return replace(Post.of(row["sk"]["S"].removeprefix("OUT#")), body=_text(row, "body"))


def _ended(table: str, claim: Claim, state: str, **said: str) -> dict[str, Any]:
    """How a row ends. `said`: one attribute about it, `ts` or `why`."""
    ((name, value),) = said.items()
    return {
        "TableName": table,
        "Key": _out(claim.incident, claim.post),
        "UpdateExpression": f"SET #s = :state, {name} = :said REMOVE due_pk, due_sk, lease",
        "ExpressionAttributeNames": {"#s": "state"},
        "ExpressionAttributeValues": {":state": {"S": state}, ":said": {"S": value}},
    }


def _text(item: dict[str, Any], name: str) -> str:
    return str(item.get(name, {}).get("S", ""))


def _number(item: dict[str, Any], name: str) -> int:
    return int(item.get(name, {}).get("N", "0"))
