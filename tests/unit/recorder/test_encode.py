"""Values of boto3 as JSON and back."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.recorder.encode import canonical, decode, encode

MOMENT = datetime(2026, 11, 24, 3, 6, 0, 250_000, tzinfo=UTC)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text()
    | st.sampled_from(["t!", "b!x", "s!t!now", "d!"])
    | st.binary(max_size=20)
    | st.decimals(allow_nan=False, allow_infinity=False)
    | st.datetimes(timezones=st.just(UTC)),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)


@given(VALUES)
def test_what_went_in_comes_out_of_json(value: Any) -> None:
    assert decode(json.loads(json.dumps(encode(value)))) == value


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (MOMENT, "t!2026-11-24T03:06:00.250000+00:00"),
        (MOMENT.astimezone(timezone(timedelta(hours=5))), "t!2026-11-24T03:06:00.250000+00:00"),
        (MOMENT.replace(tzinfo=None), "t!2026-11-24T03:06:00.250000+00:00"),
        (b"png", "b!cG5n"),
        (Decimal("1.50"), "d!1.50"),
        ({"b", "a"}, ["a", "b"]),
        (("x", 1), ["x", 1]),
        ("t!x", "s!t!x"),
        (object(), "(object)"),
    ],
)
def test_each_type_has_its_mark(value: Any, expected: Any) -> None:
    assert encode(value) == expected


def test_equal_parameters_are_one_text() -> None:
    assert canonical({"b": [1], "a": "ü"}) == canonical({"a": "ü", "b": [1]}) == '{"a":"ü","b":[1]}'
