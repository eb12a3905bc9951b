"""The table in memory against moto, call by call: what it answers, what it refuses, what it then holds."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st
from moto import mock_aws

from lambdas.aws import Aws
from lambdas.errors import Contended, Duplicate
from lambdas.incidents.model import Child, Incident, Judged, Post
from lambdas.incidents.store import Claim, Move, Store, Timeline
from local.dynamo import MemoryDynamo
from local.plane import create_table

NOW = 1_795_489_560
JUDGED = Judged(severity=2, tier="critical", scope="unknown", service="s", target="ecs:c/s", impact="i")

STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            [
                "commit",
                "commit-again",
                "stale",
                "claim",
                "release",
                "sent",
                "root",
                "fail",
                "adopt",
                "count",
                "slot",
                "due",
            ]
        ),
        st.integers(0, 1),  # which incident
        st.integers(0, 2),  # which variant
        st.integers(1, 90),  # seconds that pass
    ),
    max_size=25,
)


def _play(store: Store, steps: list[tuple[str, int, int, int]]) -> list[object]:
    """What the store says to each step; exceptions by their names."""
    said: list[object] = []
    now, claims = NOW, list[Claim]()
    for what, which, variant, wait in steps:
        now += wait
        id_ = ("INC-1", "SIL-2")[which]
        try:
            said.append(_step(store, (what, id_, variant), now, claims))
        except (Duplicate, Contended) as error:
            said.append(type(error).__name__)
    return said


def _step(store: Store, step: tuple[str, str, int], now: int, claims: list[Claim]) -> object:
    what, id_, variant = step
    post = (Post("initial"), Post("update", 0, 3), Post("diagnosis"))[variant]
    if what in {"commit", "commit-again", "stale"}:
        known = store.incident(id_) or Incident(
            id=id_, status="OPEN", judged=JUDGED, alarms={}, opened_at=NOW, detected_at=NOW, clock_from=NOW
        )
        if what == "stale":
            known = Incident.from_json(known.to_json())  # its version is forgotten
        event = Timeline(at=NOW * 1000, id=f"e{variant}" if what == "commit-again" else f"e{now}", kind="k")
        head = store.head("k")
        child = Child(id=id_, severity=2, service="s", impact="i", status="OPEN", ringing=True, place="p", at=now)
        after = store.commit(
            known,
            event,
            [post] if not known.ver else [],
            now,
            move=Move(key="k", at=now * 1000, state="ALARM", before=head),
            groups={"ecs:c/s": store.group("ecs:c/s")},
            gathered=[("SIL-9", child)],
        )
        return after.ver
    if what == "claim":
        claim = store.claim(id_, post, now)
        claims += [claim] if claim else []
        return claim
    if what in {"release", "sent", "root", "fail"}:
        if not claims:
            return None
        claim = claims[-1]
        ends: dict[str, Callable[[], None]] = {
            "release": lambda: store.release(claim, now, 30),
            "sent": lambda: store.sent(claim, "1.0"),
            "fail": lambda: store.failed(claim, "why"),
            "root": lambda: store.sent_root(claim, "C1", "1.0"),
        }
        ends[what]()
        return what
    if what == "adopt":
        store.adopt("elb:x", id_, store.group("elb:x"), ("", "ecs:c/s")[variant % 2])
        return what
    if what == "count":
        return store.count(now)
    if what == "slot":
        return store.take_slot("s", variant, now)
    return [
        store.due(now + 40),
        store.open_incidents(),
        store.silences(),
        store.outbox(id_),
        store.timeline(id_),
        store.children("SIL-9"),
        store.kin("elb:x"),
        store.head("k"),
        store.incident(id_),
    ]


def test_it_says_what_moto_says() -> None:
    with mock_aws():
        aws, tables = Aws("eu-west-1"), itertools.count()

        @given(STEPS)
        @settings(max_examples=25)
        def same(steps: list[tuple[str, int, int, int]]) -> None:
            steps = [*steps, ("due", 0, 0, 60), ("due", 1, 0, 1)]
            memory, table = MemoryDynamo(), f"t{next(tables)}"
            create_table(aws, table)
            ours = _play(Store(memory, table), steps)  # type: ignore[arg-type] # what the store uses of a client
            theirs = _play(Store(aws.dynamodb, table), steps)
            assert ours == theirs
            held = aws.dynamodb.scan(TableName=table)["Items"]
            assert _sorted(list(memory.items())) == _sorted(held)
            aws.dynamodb.delete_table(TableName=table)

        same()


def _sorted(items: list[Any]) -> list[str]:
    return sorted(json.dumps(item, sort_keys=True) for item in items)


def test_what_it_does_not_know_it_refuses() -> None:
    memory = MemoryDynamo()
    key = {"pk": {"S": "a"}, "sk": {"S": "b"}}
    with pytest.raises(NotImplementedError):
        memory.put_item(TableName="t", Item=key, ConditionExpression="size(pk) > :x")
    with pytest.raises((NotImplementedError, KeyError)):
        memory.update_item(TableName="t", Key=key, UpdateExpression="DELETE a :x")
    with pytest.raises(NotImplementedError):
        memory.get_paginator("scan")


def test_limits_of_dynamodb_hold() -> None:
    memory = MemoryDynamo()
    with pytest.raises(ClientError, match="maximum allowed size"):
        memory.put_item(TableName="t", Item={"pk": {"S": "a"}, "sk": {"S": "b"}, "doc": {"S": "x" * 400_001}})
    put = {"Put": {"TableName": "t", "Item": {"pk": {"S": "a"}, "sk": {"S": "b"}}}}
    with pytest.raises(ClientError, match="two of one item"):
        memory.transact_write_items(TransactItems=[put, put])
