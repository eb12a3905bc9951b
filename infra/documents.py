"""Where reports and post-mortems are kept for people: one private bucket, a prefix for each kind of document."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from aws_cdk import CfnElement, Duration, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.nag import acknowledge

if TYPE_CHECKING:
    from collections.abc import Mapping


class Documents(Construct):
    """A private bucket: encrypted, TLS only, with versions, so that a document that is written anew is not lost.

    Attributes:
        bucket: functions add and read below their own prefix; people read by links that expire, or in the console.
    """

    def __init__(self, scope: Construct, id: str, *, days: Mapping[str, int]) -> None:  # noqa: A002 — CDK's name
        """`days`: prefix → after how many days its documents expire; one that is not named keeps them."""
        super().__init__(scope, id)
        self.bucket = s3.Bucket(
            self,
            "Bucket",
            encryption=s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            versioned=True,
            lifecycle_rules=[
                s3.LifecycleRule(
                    noncurrent_version_expiration=Duration.days(90),
                    abort_incomplete_multipart_upload_after=Duration.days(1),
                ),
                *(s3.LifecycleRule(prefix=prefix, expiration=Duration.days(kept)) for prefix, kept in days.items()),
            ],
            # CloudFormation cannot delete a bucket that holds something, and these are a customer's records.
            removal_policy=RemovalPolicy.RETAIN,
        )
        acknowledge(
            self.bucket,
            {"S1": "who reads it is in CloudTrail's data events, where wanted; a log bucket would outlive it"},
        )

    def kept_by(self, role: iam.Role, *prefixes: str) -> None:
        """Let a role add documents below prefixes, and read them: a link is signed with what the role itself may do."""
        role.add_to_policy(
            iam.PolicyStatement(
                sid="Documents",
                actions=["s3:GetObject", "s3:PutObject"],
                resources=[self.bucket.arn_for_objects(f"{prefix}*") for prefix in prefixes],
            )
        )
        logical = Stack.of(self).get_logical_id(cast("CfnElement", self.bucket.node.default_child))
        why = "each document is a key of its own below this prefix: s3:GetObject, s3:PutObject"
        for prefix in prefixes:
            acknowledge(role, {f"IAM5[Resource::<{logical}.Arn>/{prefix}*]": why})
