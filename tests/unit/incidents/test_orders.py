"""Orders travel whole or not at all; stamps tell what a person saw."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.errors import PayloadError
from lambdas.incidents.model import Incident, Judged, Notice, Remedy
from lambdas.incidents.orders import KEY, RIGHTS, Order, stamp

INCIDENT = Incident(
    id="INC-20261128-3f9a1c20",
    status="OPEN",
    judged=Judged(severity=2, tier="critical", scope="", service="checkout", target="t", impact="i"),
    alarms={},
    opened_at=1,
    detected_at=1,
    clock_from=1,
    remedies={
        "scale_out": Remedy(
            id="scale_out", kind="ecs", target="arn", title="2 to 4", now="2", then="4", params={"desired": 4}
        )
    },
    notices={"customer": Notice(kind="customer", subject="s", text="t")},
)


ORDERS = st.builds(
    Order,
    id=st.text(min_size=1),
    at=st.integers(),
    verb=st.sampled_from(sorted(RIGHTS)),
    by=st.just("U1"),
    incident=st.text(),
    root_cause=st.text(),
    text=st.text(),
)


@given(ORDERS)
def test_an_order_comes_back_as_it_was(order: Order) -> None:
    assert Order.from_json(order.to_json()) == order


@pytest.mark.parametrize(
    "body",
    [
        "",
        "not JSON",
        "[]",
        "null",
        "{}",
        {KEY: None},
        {KEY: {}},
        {KEY: {"id": "1", "at": 1, "verb": "acknowledge"}},
        {KEY: {"id": "1", "at": 1, "verb": "acknowledge", "by": ""}},
        {KEY: {"id": "1", "at": "1", "verb": "acknowledge", "by": "U1"}},
        {KEY: {"id": "1", "at": 1, "verb": "delete", "by": "U1"}},
        {KEY: {"id": "1", "at": 1, "verb": "acknowledge", "by": "U1", "sudo": "yes"}},
        {KEY: {"id": "1", "at": 1, "verb": "acknowledge", "by": ["U1"]}},
    ],
)
def test_what_is_no_whole_order_is_refused(body: Any) -> None:
    with pytest.raises(PayloadError):
        Order.from_json(body if isinstance(body, str) else json.dumps(body))


def test_a_stamp_changes_with_what_was_seen_and_with_nothing_else() -> None:
    later = replace(INCIDENT, ver=9, acknowledged_by="U2", status="RECOVERING")
    higher, again = replace(INCIDENT, level=2), replace(INCIDENT, reopen=1)
    other = replace(
        INCIDENT, remedies={"scale_out": replace(INCIDENT.remedies["scale_out"], title="2 to 6", params={"desired": 6})}
    )
    approved = replace(
        INCIDENT, remedies={"scale_out": replace(INCIDENT.remedies["scale_out"], state="APPLIED", approvals=("U1",))}
    )
    redrafted = replace(INCIDENT, notices={"customer": Notice(kind="customer", subject="s", text="another")})
    for verb in RIGHTS:
        argument = "scale_out" if verb.startswith("remedy") else "customer" if verb.startswith("notice") else ""
        seen = stamp(INCIDENT, verb, argument)
        assert seen == stamp(later, verb, argument)
        assert seen == stamp(approved, verb, argument)
        assert seen != stamp(again, verb, argument)
        assert (seen != stamp(higher, verb, argument)) is (verb == "escalate")
        assert (seen != stamp(other, verb, argument)) is verb.startswith("remedy")
        assert (seen != stamp(redrafted, verb, argument)) is verb.startswith("notice")
