"""Where recordings of diagnoses are kept (`docs/recordings.md`): one bucket, from which they expire by themselves."""

from __future__ import annotations

from typing import cast

from aws_cdk import CfnElement, Duration, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.nag import acknowledge

PREFIX = "recordings/"  # `lambdas.recorder.flight.Flight.key`


class Recordings(Construct):
    """A private bucket: encrypted, TLS only, without versions, so that what has expired is gone.

    Attributes:
        bucket: `respond` may add to it; nobody of ours may read it.
    """

    def __init__(self, scope: Construct, id: str, *, days: int) -> None:  # noqa: A002 — CDK's name
        super().__init__(scope, id)
        self.bucket = s3.Bucket(
            self,
            "Bucket",
            encryption=s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            versioned=False,
            lifecycle_rules=[
                s3.LifecycleRule(
                    expiration=Duration.days(days), abort_incomplete_multipart_upload_after=Duration.days(1)
                )
            ],
            # CloudFormation cannot delete a bucket that holds something; these empty themselves.
            removal_policy=RemovalPolicy.RETAIN,
        )
        acknowledge(
            self.bucket,
            {"S1": "who reads it is in CloudTrail's data events, where wanted; a log bucket would outlive it"},
        )

    def written_by(self, role: iam.Role) -> None:
        """Let a role add recordings; it can neither read nor list nor delete any."""
        role.add_to_policy(
            iam.PolicyStatement(
                sid="Recordings",
                actions=["s3:PutObject"],
                resources=[self.bucket.arn_for_objects(f"{PREFIX}*")],
            )
        )
        logical = Stack.of(self).get_logical_id(cast("CfnElement", self.bucket.node.default_child))
        why = "each recording is a new key below this prefix: s3:PutObject"
        acknowledge(role, {f"IAM5[Resource::<{logical}.Arn>/{PREFIX}*]": why})
