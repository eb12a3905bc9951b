"""Raise the provisioned capacity of a table or an index that asks for more than it may have."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from lambdas.checks.dynamodb.scaling import TableScaling
from lambdas.remedies import dynamodb
from lambdas.remedies.base import Plan, State, remedy
from lambdas.remedies.prices import capacity

if TYPE_CHECKING:
    from lambdas.aws import Aws
    from lambdas.causes.base import Fix
    from lambdas.incidents.model import Remedy
    from lambdas.remedies.base import Case, Values


@remedy(
    "raise_provisioned_capacity",
    title="Raise the provisioned capacity of a DynamoDB table or index",
    causes=("ddb.provisioned_too_low", "ddb.autoscaling_off", "ddb.autoscaling_lagging", "ddb.gsi_backpressure"),
    undo="sets the capacity back; DynamoDB allows a limited number of decreases a day",
    reads=dynamodb.READS,
    writes=dynamodb.WRITES,
)
class RaiseProvisionedCapacity:
    """Reads and writes of one table or one index; what does not lack stays as it is."""

    @staticmethod
    def propose(fix: Fix, case: Case) -> Plan | None:
        """From the diagnosis' own numbers, within the environment's limit and within what auto scaling may hold."""
        table, subject = dynamodb.table_of(fix.resource, case), dynamodb.subject(fix.resource)
        if table is None or not case.evidence.looked("dynamodb.scaling"):
            return None
        has = table.capacity_of(subject.partition("/")[2])
        if not has.read or not has.write:
            return None
        now = {"read": int(has.read), "write": int(has.write)}
        then = {kind: _most(subject, kind, int(fix.to[kind]), now[kind], case) for kind in now}
        if then == now:
            return None
        name = dynamodb.called(subject)
        grown = [kind for kind in now if then[kind] != now[kind]]
        units = " and ".join(f"{kind} units of {name} from {now[kind]:,} to {then[kind]:,}" for kind in grown)
        return Plan(
            name=name,
            arn=table.arn,
            title=f"Raise the provisioned {units}",
            shown=(_said(now), _said(then)),
            now=now,
            then=then,
            at=dynamodb.at(fix.resource, table),
            cost_a_day=None
            if table.replicas or table.table_class != "STANDARD"
            else capacity(case.region, then["read"] - now["read"], then["write"] - now["write"]),
        )

    @staticmethod
    def read(aws: Aws, remedy: Remedy) -> State:
        """Both capacities: UpdateTable sets them together."""
        table, state = dynamodb.live(aws, remedy)
        has = table.capacity_of(str(remedy.params.get("index", "")))
        return replace(state, values={"read": int(has.read or 0), "write": int(has.write or 0)})

    @staticmethod
    def write(aws: Aws, remedy: Remedy, values: Values) -> None:
        """`dynamodb:UpdateTable` with nothing but the throughput of the table, or of its index."""
        units: Any = {"ReadCapacityUnits": int(values["read"]), "WriteCapacityUnits": int(values["write"])}
        index = remedy.params.get("index")
        change: Any = (
            {"GlobalSecondaryIndexUpdates": [{"Update": {"IndexName": index, "ProvisionedThroughput": units}}]}
            if index
            else {"ProvisionedThroughput": units}
        )
        aws.dynamodb.update_table(TableName=str(remedy.params["table"]), **change)


def _most(subject: str, kind: str, wanted: int, now: int, case: Case) -> int:
    """What may be set: never less than now, never more than the limit or than auto scaling would take back."""
    allowed = [wanted, case.rules.max_capacity_units]
    scaled = [s for s in case.evidence.of(TableScaling) if (s.subject, s.kind) == (subject, kind)]
    allowed += [round(s.highest) for s in scaled if "scale in" not in s.suspended]
    return max(now, min(allowed))


def _said(units: Values) -> str:
    return f"{units['read']:,} RCU/s, {units['write']:,} WCU/s"
