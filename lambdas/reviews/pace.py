"""Keeps a review within AWS's request rates, and counts what it asks. Hears every call through `Aws.listener`."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

# Requests a second, half of what AWS allows an account (service quotas; Logs Insights by its own limits): an incident's
# diagnosis may need the other half at the same time.
RATES: Mapping[str, float] = {
    "cloudwatch:DescribeAlarms": 4.5,
    "cloudwatch:DescribeAlarmHistory": 1.5,
    "cloudwatch:GetMetricData": 10.0,  # 180,000 datapoints a second count, too
    "cloudwatch:ListMetrics": 12.0,
    "cloudwatch:GetDashboard": 5.0,
    "logs:StartQuery": 2.5,
    "ecs:DescribeServices": 10.0,
    "ecs:ListServices": 10.0,
    "dynamodb:DescribeTable": 10.0,
    "dynamodb:DescribeContinuousBackups": 5.0,  # "at a maximum rate of 10 times per second" (API Reference)
    "ecs:DescribeTaskDefinition": 10.0,
    "ecr:DescribeImages": 10.0,
    "ce:GetCostAndUsage": 1.0,
    "sns:ListSubscriptionsByTopic": 15.0,
    "application-autoscaling:DescribeScalableTargets": 5.0,
    "application-autoscaling:DescribeScalingPolicies": 5.0,
    "application-autoscaling:DescribeScalingActivities": 5.0,
}
BURST = 5  # calls that may be made at once


class Pace:
    """A token bucket for each operation. Threads wait in `asked`, before their request is built."""

    def __init__(
        self,
        rates: Mapping[str, float] = RATES,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.calls: Counter[str] = Counter()
        self._rates, self._clock, self._sleep = rates, clock, sleep
        self._free: dict[str, float] = {}  # when the next call of an operation has its turn
        self._lock = threading.Lock()

    def asked(self, key: int, service: str, operation: str, params: dict[str, Any]) -> None:
        """Wait for this operation's turn."""
        del key, params
        name = f"{service}:{operation}"
        with self._lock:
            self.calls[name] += 1
            rate = self._rates.get(name)
            if rate is None:
                return
            now = self._clock()
            turn = max(self._free.get(name, 0.0), now - BURST / rate)
            self._free[name] = turn + 1 / rate
            wait = turn - now
        if wait > 0:
            self._sleep(wait)

    def answered(self, key: int, answer: dict[str, Any] | Exception) -> None:
        """Nothing to do: a throttled answer is botocore's to repeat."""
