"""Whether the SSM parameters that the task definition names exist. Never a value."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lambdas.checks import links
from lambdas.checks.base import Allow, Finding, Look, check
from lambdas.checks.ecs.task_definitions import TaskDefinition
from lambdas.checks.secretsmanager.secrets import PARAMETERS, SecretState, wanted


@check(
    "ssm.parameters",
    title="Parameters of the task definition",
    yields=(SecretState,),
    needs=(TaskDefinition,),
    # DescribeParameters takes no resource (Service Authorization Reference, AWS Systems Manager).
    allow=(Allow("ssm:DescribeParameters"),),
    calls=1,
)
def parameters(look: Look) -> Iterator[Finding]:
    """One call for all of them."""
    names = {name: (variable, service) for kind, name, variable, service in wanted(look) if kind == "parameter"}
    asked = list(names)[:PARAMETERS]
    if not asked:
        return
    answer: Any = look.aws.ssm.describe_parameters(
        ParameterFilters=[{"Key": "Name", "Option": "Equals", "Values": asked}], MaxResults=50
    )
    there = {p.get("Name", "").lstrip("/") for p in answer.get("Parameters") or ()}
    for name in asked:
        variable, service = names[name]
        exists = name.lstrip("/") in there
        yield SecretState(
            kind="parameter",
            name=name,
            variable=variable,
            service=service,
            exists=exists,
            why="" if exists else "Parameter Store has no such parameter",
            source="ssm:DescribeParameters",
            link=links.parameter(look.aws.region, name),
        )
