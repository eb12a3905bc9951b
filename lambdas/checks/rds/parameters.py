"""Parameters of the database, and what its real maximum of connections is."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from lambdas.checks.base import Allow, Finding, Look, check
from lambdas.checks.rds import links
from lambdas.checks.rds.formula import evaluate
from lambdas.checks.rds.instances import Cluster, Instance

if TYPE_CHECKING:
    from collections.abc import Callable

PAGES = 5  # where the filter is not honoured: a group has about 400 parameters, 100 on a page

NAMES = (
    "max_connections",
    "idle_in_transaction_session_timeout",
    "idle_session_timeout",
    "wait_timeout",
    "max_wal_size",
    "checkpoint_timeout",
    "checkpoint_completion_target",
    "autovacuum_freeze_max_age",
    "innodb_lock_wait_timeout",
    "innodb_log_file_size",
    "innodb_redo_log_capacity",
    "hot_standby_feedback",
    "max_standby_streaming_delay",
    "max_slot_wal_keep_size",
    "log_min_duration_statement",
)

# Of the default parameter groups (RDS User Guide, "Maximum number of database connections"; Aurora User Guide,
# "Maximum connections").
DEFAULT_MAXIMUM = {
    "postgres": "LEAST({DBInstanceClassMemory/9531392},5000)",
    "aurora-postgresql": "LEAST({DBInstanceClassMemory/9531392},5000)",
    "mysql": "{DBInstanceClassMemory/12582880}",
    "mariadb": "LEAST({DBInstanceClassMemory/25165760},12000)",
    "aurora-mysql": "GREATEST({log(DBInstanceClassMemory/805306368)*45},{log(DBInstanceClassMemory/8187281408)*1000})",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter(Finding):
    """One parameter as its group has it."""

    name: str
    value: str
    group: str
    origin: str = ""  # user | system | engine-default


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionLimit(Finding):
    """The most connections that an instance takes."""

    of: str
    value: float
    expression: str
    group: str = ""
    exact: bool = True  # False: from a formula over the class's memory, of which RDS keeps a few per cent to itself


@check(
    "rds.parameters",
    title="Parameters, and the maximum of connections",
    yields=(Parameter, ConnectionLimit),
    needs=(Instance,),
    uses=(Cluster,),
    allow=(
        Allow("rds:DescribeDBParameters", "arn:{partition}:rds:{region}:{account}:pg:*"),
        Allow("rds:DescribeDBClusterParameters", "arn:{partition}:rds:{region}:{account}:cluster-pg:*"),
    ),
    calls=6,
)
def parameters(look: Look) -> Iterator[Finding]:
    """Of the subject's own group first, then of its cluster's, which the own one overrides."""
    subject = look.found.first(Instance)
    if subject is None:
        return
    found: dict[str, Parameter] = {}
    try:
        for parameter in itertools.chain(_own(look, subject), _clusters(look)):
            kept = found.setdefault(parameter.name, parameter)
            # A cluster's own value beats the engine default that the instance's group repeats.
            if parameter.value and (not kept.value or (kept.origin != "user" and parameter.origin == "user")):
                found[parameter.name] = parameter
    finally:
        # The default formula holds where the group cannot be read; the gap is reported all the same.
        yield from found.values()
        if most := limit(subject, found.get("max_connections"), look.aws.region):
            yield most


def _own(look: Look, subject: Instance) -> Iterator[Parameter]:
    for group, _ in subject.groups[:1]:
        ask = partial(look.aws.rds.describe_db_parameters, DBParameterGroupName=group)
        yield from read(group, look.aws.region, ask, "rds:DescribeDBParameters")


def _clusters(look: Look) -> Iterator[Parameter]:
    cluster = look.found.first(Cluster)
    if cluster is None or not cluster.group:
        return
    ask = partial(look.aws.rds.describe_db_cluster_parameters, DBClusterParameterGroupName=cluster.group)
    yield from read(cluster.group, look.aws.region, ask, "rds:DescribeDBClusterParameters")


def read(group: str, region: str, ask: Callable[..., Any], source: str) -> Iterator[Parameter]:
    """The parameters of a group that matter here, through `ask`."""
    more: dict[str, Any] = {"Filters": [{"Name": "parameter-name", "Values": list(NAMES)}], "MaxRecords": 100}
    for _ in range(PAGES):
        answer = ask(**more)
        for raw in answer.get("Parameters") or ():
            if raw.get("ParameterName") in NAMES:
                yield Parameter(
                    name=raw["ParameterName"],
                    value=str(raw.get("ParameterValue") or ""),
                    group=group,
                    origin=raw.get("Source", ""),
                    source=source,
                    link=links.parameter_group(region, group),
                )
        if not answer.get("Marker"):
            return
        more = {**more, "Marker": answer["Marker"]}


def limit(subject: Instance, parameter: Parameter | None, region: str) -> ConnectionLimit | None:
    """The most connections of an instance: its parameter's value or formula, else the engine's default formula."""
    expression = parameter.value if parameter and parameter.value else DEFAULT_MAXIMUM.get(subject.engine, "")
    hardware = subject.hardware
    variables: Mapping[str, float] = {"DBInstanceClassMemory": hardware.memory} if hardware else {}
    value = evaluate(expression, variables)
    if value is None or value < 1:
        return None
    group = parameter.group if parameter else next((g for g, _ in subject.groups), "")
    return ConnectionLimit(
        of=subject.id,
        value=float(int(value)),
        expression=expression,
        group=group,
        exact=expression.strip().isdigit(),
        source=parameter.source if parameter else "the engine's default formula",
        link=links.parameter_group(region, group) if group else subject.link,
    )
