"""Where incidents live. Keys and indexes are those of `lambdas.incidents`; nothing else knows them."""

from __future__ import annotations

from aws_cdk import RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from constructs import Construct

# `Table`, not `TableV2`: the embedded AWS does not know a global table's TTL, and one region needs none.


class IncidentTable(Construct):
    """One on-demand table, encrypted, with point-in-time recovery.

    Two sparse indexes hold keys only: `due` (what the clock must look at next) and `open` (unresolved incidents).
    `ttl` cleans up; it is never a timer.
    """

    def __init__(self, scope: Construct, id: str, *, keep: bool) -> None:  # noqa: A002 — CDK's name
        super().__init__(scope, id)
        self.table = dynamodb.Table(
            self,
            "Table",
            partition_key=_string("pk"),
            sort_key=_string("sk"),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            encryption=dynamodb.TableEncryption.AWS_MANAGED,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            time_to_live_attribute="ttl",
            deletion_protection=keep,
            removal_policy=RemovalPolicy.RETAIN if keep else RemovalPolicy.DESTROY,
        )
        for index in ("due", "open"):
            self.table.add_global_secondary_index(
                index_name=index,
                partition_key=_string(f"{index}_pk"),
                sort_key=_string(f"{index}_sk"),
                projection_type=dynamodb.ProjectionType.KEYS_ONLY,
            )


def _string(name: str) -> dynamodb.Attribute:
    return dynamodb.Attribute(name=name, type=dynamodb.AttributeType.STRING)
