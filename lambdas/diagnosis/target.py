"""What an alert is about, where only AWS knows.

A composite alarm names its children, and not their metrics. A custom metric, or metric math, has no dimensions of ours;
its description and name may still tell the database: a word counts as its name only if RDS knows one of that name.
"""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from lambdas.checks.cloudwatch.others import as_alert
from lambdas.targets import Database, Unrecognised, resolve

if TYPE_CHECKING:
    from lambdas.alerts.model import Alert
    from lambdas.aws import Aws
    from lambdas.targets import Target

CHILDREN = 20  # asked at most: the first one that is recognised decides
_ABOUT = re.compile(r"(?<![a-z])(rds|aurora|databases?|db|postgres(ql)?|pg|mysql|mariadb|sql|replicas?)(?![a-z])")
_WORD = re.compile(r"[a-z][a-z0-9-]*[a-z0-9]")
_NAMED = re.compile(r'ALARM\("?([^")]+)"?\)')

log = logging.getLogger("tocsin")


def find(alert: Alert, aws: Aws) -> Target:
    """The resource; a composite's is that of its first child in ALARM that has one.

    Needs cloudwatch:DescribeAlarms and rds:DescribeDBInstances; makes at most one call.
    """
    target = resolve(alert)
    if not isinstance(target, Unrecognised):
        return target
    names = _children(alert)
    if not names:
        return _database(alert, aws) or target
    try:
        answer: Any = aws.cloudwatch.describe_alarms(AlarmNames=names, AlarmTypes=["MetricAlarm"])
    except (ClientError, BotoCoreError) as error:
        log.warning(
            "the children of a composite alarm could not be read", extra={"alert": alert.name, "why": str(error)}
        )
        return target
    raw = sorted(answer.get("MetricAlarms") or (), key=lambda child: child.get("StateValue") != "ALARM")
    found = (resolve(as_alert(child, alert)) for child in raw)
    return next((child for child in found if not isinstance(child, Unrecognised)), target)


def _database(alert: Alert, aws: Aws) -> Database | None:
    """The database that a text names, the one named first; nobody is asked where no word speaks of databases."""
    values = [v for m in alert.metrics for v in m.dimensions.values()]
    text = " ".join((*values, alert.name, alert.description)).lower()
    about = f"{text} {' '.join(f'{m.namespace} {m.name} {" ".join(m.dimensions)}' for m in alert.metrics)}".lower()
    words = _WORD.findall(text)
    if alert.kind != "alarm" or not _ABOUT.search(about):
        return None
    try:
        answer: Any = aws.rds.describe_db_instances(MaxRecords=100)
    except (ClientError, BotoCoreError) as error:
        log.warning("the databases could not be listed", extra={"alert": alert.name, "why": str(error)})
        return None
    known = {str(raw.get("DBInstanceIdentifier", "")).lower() for raw in answer.get("DBInstances") or ()}
    named = next((word for word in words if word in known and not _ABOUT.fullmatch(word)), "")
    return Database(named) if named else None


def _children(alert: Alert) -> list[str]:
    """Names of the children: those that the state came from, else those of the rule."""
    names = [child.name for child in alert.children] or [
        name.rpartition(":alarm:")[2] or name for name in _NAMED.findall(alert.expression)
    ]
    return list(dict.fromkeys(names))[:CHILDREN] if not alert.metrics else []
