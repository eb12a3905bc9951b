"""Hypothesis plays with a whole house: alarms, people, the clock, crashes and a Slack that fails, in any order."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from lambdas.incidents.model import SCHEMA, Incident
from local.fuzz import METRICS, MINUTE, Life, _alert

SERVICES = ("checkout-0", "checkout-1", "batch-0")
STATES = ("ALARM", "OK", "INSUFFICIENT_DATA")


class House(RuleBasedStateMachine):
    """Its steps are `local.fuzz`'s, chosen and shrunk by hypothesis."""

    def __init__(self) -> None:
        super().__init__()
        self.life = Life(0)
        self.life.down = []
        self.life.faults = False

    @rule(
        service=st.sampled_from(SERVICES),
        state=st.sampled_from(STATES),
        seen=st.sampled_from(METRICS),
        late=st.sampled_from((0, 0, 1, 90)),
        times=st.sampled_from((0, 1, 1, 2)),
    )
    def change(self, service: str, state: str, seen: tuple[object, float], late: int, times: int) -> None:
        """An alarm changes; its message comes, comes twice, comes late, or never."""
        metric, value = seen
        name, at = f"acme-production-{service}-{value:.0f}", int(self.life.now) - late
        known = self.life.aws.cloudwatch.alarms.get(name)
        if known and known["StateTransitionedTimestamp"].timestamp() >= at:
            return
        alert = _alert(name, service, state, at, (metric, value))  # type: ignore[arg-type] # a test's shorthand
        self.life.aws.cloudwatch.change(name, alert.arn, state, at)
        for _ in range(times):
            if not self.life._survive(lambda: self.life._respond(alert)):
                self.life._survive(lambda: self.life._respond(alert))

    @rule(minutes=st.integers(1, 40))
    def wait(self, minutes: int) -> None:
        """The clock goes on, and comes by at the end of it."""
        self.life.now += minutes * MINUTE
        self.life._minute()

    @rule()
    def act(self) -> None:
        """A person does something."""
        self.life.now += 1
        self.life._survive(lambda: self.life._act(int(self.life.now)))

    @rule(failing=st.booleans())
    def weather(self, *, failing: bool) -> None:
        """Processes begin to die, or stop to."""
        self.life.faults = failing

    @rule(minutes=st.integers(1, 30), what=st.sampled_from(("down", "busy")))
    def outage(self, minutes: int, what: str) -> None:
        """Slack fails for a while."""
        self.life.down.append((self.life.now, self.life.now + minutes * MINUTE, what))

    @invariant()
    def nothing_is_posted_twice(self) -> None:
        """Whatever died in between."""
        assert [key for key, times in Counter(self.life.slack.log).items() if times > 1] == []

    @invariant()
    def every_document_can_be_read_and_has_a_way_on(self) -> None:
        """What is open has a clock; what is over has none, but for a last look at what it gathered."""
        for item in self.life.aws.dynamodb.items():
            if item["sk"]["S"] != "META":
                continue
            incident = Incident.from_json(item["doc"]["S"])
            assert f'"schema":{SCHEMA}' in incident.to_json()
            if incident.status in {"RESOLVED", "SILENCED"} and incident.gather_at is None:
                assert incident.due is None or incident.remedies
            if incident.status == "OPEN" and incident.kind == "incident" and not incident.parent:
                assert (
                    incident.next_update or incident.next_escalation or incident.level == 3 or incident.acknowledged_at
                )

    def teardown(self) -> None:
        """The faults stop; then nothing may be lost, doubled, out of order or overdue."""
        self.life.faults = False
        self.life._settle()
        self.life.found.why.clear()
        self.life._judge()
        assert self.life.found.why == []


House.TestCase.settings = settings(
    max_examples=25, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
)


@pytest.fixture(autouse=True, scope="module")
def _quiet() -> Iterator[None]:
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


TestHouse = House.TestCase
