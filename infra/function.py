"""One function: its code, its own role, its own log group."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, cast

from aws_cdk import CfnResource, Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.nag import acknowledge

if TYPE_CHECKING:
    from collections.abc import Iterable

    from infra.asset import Architecture
    from infra.permissions import Statement

type LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR"]

_LEVELS = {
    "DEBUG": lambda_.ApplicationLogLevel.DEBUG,
    "INFO": lambda_.ApplicationLogLevel.INFO,
    "WARNING": lambda_.ApplicationLogLevel.WARN,
    "ERROR": lambda_.ApplicationLogLevel.ERROR,
}
_ARCHITECTURE = {"arm64": lambda_.Architecture.ARM_64, "x86_64": lambda_.Architecture.X86_64}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """What all functions of a stack have in common."""

    code: lambda_.Code
    architecture: Architecture
    settings: str  # `lambdas.settings.Settings` as JSON
    log_level: LogLevel = "INFO"
    log_retention_days: int = 90  # one of those that CloudWatch Logs keeps; the environment's model has checked it


class Function(Construct):
    """A Python function with exactly the permissions it is given.

    Attributes:
        function: the Lambda function.
        role: its own role; only `statements` and writing to its own log group.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,  # noqa: A002 — CDK's name
        *,
        name: str,
        description: str,
        handler: str,
        memory_mb: int,
        timeout: Duration,
        shared: Shared,
        statements: Iterable[Statement],
        at_once: int | None = None,
    ) -> None:
        super().__init__(scope, id)
        self.logs = logs.LogGroup(
            self,
            "Logs",
            log_group_name=f"/aws/lambda/{name}",
            removal_policy=RemovalPolicy.DESTROY,
        )
        cast("logs.CfnLogGroup", self.logs.node.default_child).retention_in_days = shared.log_retention_days
        self.role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            description=f"What {name} may do",
        )
        self.logs.grant(self.role, "logs:CreateLogStream", "logs:PutLogEvents")
        for statement in statements:
            self._allow(statement)
        self.function = lambda_.Function(
            self,
            "Function",
            function_name=name,
            description=description,
            code=shared.code,
            handler=handler,
            runtime=lambda_.Runtime.PYTHON_3_13,
            architecture=_ARCHITECTURE[shared.architecture],
            memory_size=memory_mb,
            timeout=timeout,
            reserved_concurrent_executions=at_once,
            environment={"TOCSIN_SETTINGS": shared.settings},
            logging_format=lambda_.LoggingFormat.JSON,  # the runtime's own formatter writes `extra=` as fields
            application_log_level_v2=_LEVELS[shared.log_level],
            role=self.role,
            log_group=self.logs,
        )
        # CDK makes the function wait for its role and its policy; cfn-lint finds half of that said twice.
        cast("CfnResource", self.function.node.default_child).add_metadata(
            "cfn-lint", {"config": {"ignore_checks": ["W3005"]}}
        )
        acknowledge(self.function, {"L1": "Python 3.13 is the version that everything here is tested with"})

    def _allow(self, statement: Statement) -> None:
        """Add a statement to the role; what is wide in it is read-only or as narrow as its service allows."""
        key, value = statement.tag or ("", "")
        self.role.add_to_policy(
            iam.PolicyStatement(
                sid=statement.sid or None,
                actions=list(statement.actions),
                resources=list(statement.resources),
                conditions={"StringEquals": {f"aws:ResourceTag/{key}": value}} if statement.tag else None,
            )
        )
        for resource in statement.resources:
            if "*" in resource:
                why = statement.why or (
                    f"only resources that carry the tag {key}={value}"
                    if statement.tag
                    else "these actions cannot be scoped to resources"
                    if resource == "*"
                    else "the workload is discovered: any resource of this kind in this account and region"
                )
                names = ", ".join(statement.actions)
                acknowledge(self.role, {f"IAM5[Resource::{resource}]": f"{why}: {names}"})
