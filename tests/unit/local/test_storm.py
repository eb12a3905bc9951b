"""A small storm through the real handlers."""

from __future__ import annotations

from local.storm import Storm


def test_a_storm_is_told_in_few_messages_and_loses_nothing() -> None:
    said = Storm(700).run()
    assert (said["alarms"], said["lost"], said["sev1_first"]) == (700, 0, True)
    assert said["incidents"] == 200  # one for each service: what belongs together is one
    assert said["slack_calls"] <= 200
    assert said["posts"]["initial"] == 11  # ten before it is a storm, and the storm
    assert said["posts"]["digest"] >= 1


def test_a_few_alarms_are_no_storm() -> None:
    said = Storm(8).run()
    assert said["posts"]["initial"] == 8
    assert "digest" not in said["posts"]
