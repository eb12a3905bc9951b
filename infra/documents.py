"""Where reports and post-mortems are kept for people: one private bucket, a prefix for each kind of document."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.private import allow_objects, private_bucket

if TYPE_CHECKING:
    from collections.abc import Mapping


class Documents(Construct):
    """A private bucket with versions, so that a document that is written anew is not lost.

    Attributes:
        bucket: functions add and read below their own prefix; people read by links that expire, or in the console.
    """

    def __init__(self, scope: Construct, id: str, *, days: Mapping[str, int]) -> None:  # noqa: A002 — CDK's name
        """`days`: prefix → after how many days its documents expire; one that is not named keeps them."""
        super().__init__(scope, id)
        self.bucket = private_bucket(
            self,
            versioned=True,
            rules=[
                s3.LifecycleRule(
                    noncurrent_version_expiration=Duration.days(90),
                    abort_incomplete_multipart_upload_after=Duration.days(1),
                ),
                *(s3.LifecycleRule(prefix=prefix, expiration=Duration.days(kept)) for prefix, kept in days.items()),
            ],
        )

    def kept_by(self, role: iam.Role, *prefixes: str) -> None:
        """Let a role add documents below prefixes, and read them: a link is signed with what the role itself may do."""
        allow_objects(
            role,
            self.bucket,
            sid="Documents",
            actions=("s3:GetObject", "s3:PutObject"),
            prefixes=prefixes,
            why="each document is a key of its own below this prefix",
        )
