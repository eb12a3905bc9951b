"""The role by which EventBridge Scheduler calls one function, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import aws_iam as iam

if TYPE_CHECKING:
    from aws_cdk import aws_lambda as lambda_
    from constructs import Construct


def invoker(scope: Construct, function: lambda_.IFunction, description: str) -> iam.IRole:
    """Return the role, closed: CDK would add every version of the function."""
    invoke = iam.PolicyStatement(actions=["lambda:InvokeFunction"], resources=[function.function_arn])
    return iam.Role(
        scope,
        "Role",
        assumed_by=iam.ServicePrincipal("scheduler.amazonaws.com"),
        description=description,
        inline_policies={"Invoke": iam.PolicyDocument(statements=[invoke])},
    ).without_policy_updates()
