"""A bucket that is nobody else's: encrypted, TLS only, without public access, kept when the stack goes."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from aws_cdk import CfnElement, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3

from infra.nag import acknowledge

if TYPE_CHECKING:
    from collections.abc import Sequence

    from constructs import Construct


def private_bucket(scope: Construct, *, versioned: bool, rules: Sequence[s3.LifecycleRule]) -> s3.Bucket:
    """The bucket. CloudFormation cannot delete one that holds something: it stays, and its rules empty it."""
    bucket = s3.Bucket(
        scope,
        "Bucket",
        encryption=s3.BucketEncryption.S3_MANAGED,
        enforce_ssl=True,
        minimum_tls_version=1.2,
        block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
        object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
        versioned=versioned,
        lifecycle_rules=rules,
        removal_policy=RemovalPolicy.RETAIN,
    )
    acknowledge(
        bucket, {"S1": "who reads it is in CloudTrail's data events, where wanted; a log bucket would outlive it"}
    )
    return bucket


def allow_objects(
    role: iam.Role, bucket: s3.Bucket, *, sid: str, actions: Sequence[str], prefixes: Sequence[str], why: str
) -> None:
    """Allow a role something below prefixes of a bucket; `why` is the reason for the prefix's wildcard."""
    resources = [bucket.arn_for_objects(f"{prefix}*") for prefix in prefixes]
    role.add_to_policy(iam.PolicyStatement(sid=sid, actions=list(actions), resources=resources))
    logical = Stack.of(bucket).get_logical_id(cast("CfnElement", bucket.node.default_child))
    for prefix in prefixes:
        acknowledge(role, {f"IAM5[Resource::<{logical}.Arn>/{prefix}*]": f"{why}: {', '.join(actions)}"})
