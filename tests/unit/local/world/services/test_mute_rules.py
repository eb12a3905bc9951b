"""CloudWatch's own mute rules, where a World has them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

RULE = "arn:aws:cloudwatch:eu-west-1:123456789012:alarm-mute-rule:nightly"
BODY = f"""
cloudwatch:
  muteRules:
    - {{AlarmMuteRuleArn: "{RULE}", Status: ACTIVE, alarms: [checkout-cpu]}}
    - {{AlarmMuteRuleArn: "{RULE}-old", Status: EXPIRED, alarms: [checkout-cpu]}}
"""


def test_rules_are_listed_by_alarm_and_status(ask: Callable[..., Any]) -> None:
    def names(**asked: Any) -> list[str]:
        answer = ask(BODY, "cloudwatch", "list_alarm_mute_rules", **asked)
        return [rule["AlarmMuteRuleArn"].rpartition(":")[2] for rule in answer["AlarmMuteRuleSummaries"]]

    assert names() == ["nightly", "nightly-old"]
    assert names(AlarmName="checkout-cpu", Statuses=["ACTIVE"]) == ["nightly"]
    assert names(AlarmName="another", Statuses=["ACTIVE"]) == []
