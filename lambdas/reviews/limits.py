"""How many connections a database takes: from its own parameter group, else by the engine's default formula."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from lambdas.checks.base import Allow
from lambdas.checks.rds.classes import hardware
from lambdas.checks.rds.formula import evaluate
from lambdas.checks.rds.parameters import DEFAULT_MAXIMUM

if TYPE_CHECKING:
    from lambdas.reviews.base import Tour

ALLOW = (Allow("rds:DescribeDBParameters", "arn:{partition}:rds:{region}:{account}:pg:*"),)


def connections(tour: Tour, document: Mapping[str, Any]) -> float | None:
    """The real maximum; None where the class is not known. A group that is not the default one is read once."""
    groups = [one["DBParameterGroupName"] for one in document.get("DBParameterGroups") or ()]
    expression = ""
    for name in (one for one in groups if not one.startswith("default.")):
        expression = tour.inventory.once(("max_connections", name), partial(_own, tour, name))
    return value(document, expression)


def value(document: Mapping[str, Any], expression: str = "") -> float | None:
    """A maximum from its expression, by default the engine's own."""
    found = hardware(str(document.get("DBInstanceClass", "")))
    memory = {"DBInstanceClassMemory": found.memory} if found else {}
    known = evaluate(expression or DEFAULT_MAXIMUM.get(str(document.get("Engine", "")), ""), memory)
    return float(int(known)) if known and known >= 1 else None


def _own(tour: Tour, group: str) -> str:
    filters: Any = [{"Name": "parameter-name", "Values": ["max_connections"]}]
    pages: Any = tour.aws.rds.get_paginator("describe_db_parameters").paginate(
        DBParameterGroupName=group, Filters=filters
    )
    for page in pages:
        for one in page.get("Parameters") or ():
            if one.get("ParameterName") == "max_connections":
                return str(one.get("ParameterValue") or "")
    return ""
