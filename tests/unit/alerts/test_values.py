from __future__ import annotations

from datetime import UTC, datetime

import pytest

from lambdas.alerts import values

AT = datetime(2026, 11, 24, 3, 1, 12, 345_000, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2026-11-24T03:01:12.345+0000", AT),
        ("2026-11-24T03:01:12.345Z", AT),
        ("2026-11-24T05:01:12.345+02:00", AT),
        ("2026-11-24 03:01:12.345", AT),
        ("Tue, 24 Nov 2026 03:01:12 GMT", AT.replace(microsecond=0)),
        ("1795489272345", AT),
        (1795489272.345, AT),
        ("yesterday", None),
        ("2026-13-44T99:99:99Z", None),
        ("0001-01-01T00:00:00+23:59", None),
        ("9" * 40, None),
        (float("inf"), None),
        (None, None),
        (True, None),
    ],
)
def test_moment(written: object, expected: datetime | None) -> None:
    assert values.moment(written) == expected


def test_text_is_cut_visibly_and_can_be_encoded() -> None:
    assert values.text("abc", 2) == "ab … (cut: 3 characters in all)"
    assert values.text("a\ud800b") == "a?b"
    assert (values.text(7), values.text(None), values.text(["x"]), values.text(True)) == ("7", "", "", "")


@pytest.mark.parametrize("written", ["x", None, True, "nan", "inf", 10**400, [], {}])
def test_what_is_no_finite_number(written: object) -> None:
    assert values.number(written) is None
