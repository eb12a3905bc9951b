"""Where recordings of diagnoses are kept (`docs/recordings.md`): one bucket, from which they expire by themselves."""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.private import allow_objects, private_bucket

PREFIX = "recordings/"  # `lambdas.recorder.flight.Flight.key`


class Recordings(Construct):
    """A private bucket without versions, so that what has expired is gone.

    Attributes:
        bucket: `respond` may add to it; nobody of ours may read it.
    """

    def __init__(self, scope: Construct, id: str, *, days: int) -> None:  # noqa: A002 — CDK's name
        super().__init__(scope, id)
        expiring = s3.LifecycleRule(
            expiration=Duration.days(days), abort_incomplete_multipart_upload_after=Duration.days(1)
        )
        self.bucket = private_bucket(self, versioned=False, rules=[expiring])

    def written_by(self, role: iam.Role) -> None:
        """Let a role add recordings; it can neither read nor list nor delete any."""
        allow_objects(
            role,
            self.bucket,
            sid="Recordings",
            actions=("s3:PutObject",),
            prefixes=(PREFIX,),
            why="each recording is a new key below this prefix",
        )
