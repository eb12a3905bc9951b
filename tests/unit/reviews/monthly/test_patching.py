"""The next maintenance window, and which images can be looked at."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from lambdas.reviews.monthly.patching import _IMAGE, stale, window


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2026, 12, 1), date(2026, 12, 5)),
        (date(2026, 12, 5), date(2026, 12, 5)),
        (date(2026, 12, 6), date(2027, 1, 2)),
        (date(2026, 8, 1), date(2026, 8, 1)),  # the first is a Saturday itself
    ],
)
def test_window(day: date, expected: date) -> None:
    assert window(day) == expected


@pytest.mark.parametrize(
    ("image", "parts"),
    [
        ("123456789012.dkr.ecr.eu-west-1.amazonaws.com/web:1.4", ("web", "1.4", None)),
        ("123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn/team/web", ("team/web", None, None)),
        ("123456789012.dkr.ecr.eu-west-1.amazonaws.com/web@sha256:ab12", ("web", None, "sha256:ab12")),
        ("public.ecr.aws/nginx/nginx:1.27", None),
        ("nginx", None),
    ],
)
def test_images(image: str, parts: tuple[str | None, ...] | None) -> None:
    match = _IMAGE.match(image)
    assert (match and match.groups()[2:]) == parts


NOW = datetime(2026, 12, 4, 8, 0, tzinfo=UTC)
FRESH, OLD = NOW - timedelta(minutes=5), NOW - timedelta(hours=26)


@pytest.mark.parametrize(
    ("raw", "is_stale"),
    [
        ({"BackupRetentionPeriod": 7, "DBInstanceStatus": "available", "LatestRestorableTime": FRESH}, False),
        ({"BackupRetentionPeriod": 7, "DBInstanceStatus": "available", "LatestRestorableTime": OLD}, True),
        ({"BackupRetentionPeriod": 7, "DBInstanceStatus": "stopped", "LatestRestorableTime": OLD}, False),
        ({"BackupRetentionPeriod": 7, "Status": "available", "LatestRestorableTime": OLD}, True),
        ({"BackupRetentionPeriod": 0, "DBInstanceStatus": "available"}, True),
        ({"BackupRetentionPeriod": 0, "ReadReplicaSourceDBInstanceIdentifier": "orders"}, False),
        ({}, False),
    ],
)
def test_stale_backups(raw: dict[str, object], *, is_stale: bool) -> None:
    assert stale(raw, NOW) is is_stale
