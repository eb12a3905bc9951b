"""What an alert is about, where only CloudWatch knows: a composite alarm names its children, and not their metrics."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from lambdas.checks.cloudwatch.others import as_alert
from lambdas.targets import Unrecognised, resolve

if TYPE_CHECKING:
    from lambdas.alerts.model import Alert
    from lambdas.aws import Aws
    from lambdas.targets import Target

CHILDREN = 20  # asked at most: the first one that is recognised decides
_NAMED = re.compile(r'ALARM\("?([^")]+)"?\)')

log = logging.getLogger("tocsin")


def find(alert: Alert, aws: Aws) -> Target:
    """The resource; a composite's is that of its first child in ALARM that has one. Needs cloudwatch:DescribeAlarms."""
    target = resolve(alert)
    names = _children(alert)
    if not isinstance(target, Unrecognised) or not names:
        return target
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


def _children(alert: Alert) -> list[str]:
    """Names of the children: those that the state came from, else those of the rule."""
    names = [child.name for child in alert.children] or [
        name.rpartition(":alarm:")[2] or name for name in _NAMED.findall(alert.expression)
    ]
    return list(dict.fromkeys(names))[:CHILDREN] if not alert.metrics else []
