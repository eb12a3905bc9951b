"""What is counted of what has gathered."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.incidents.model import Child
from lambdas.incidents.tally import TOP, place, tally

CHILDREN = st.builds(
    Child,
    id=st.uuids().map(str),
    severity=st.integers(1, 3),
    service=st.sampled_from("abc"),
    impact=st.just("i"),
    status=st.sampled_from(["OPEN", "RECOVERING", "RESOLVED", "SILENCED"]),
    ringing=st.booleans(),
    place=st.sampled_from(["p", "q"]),
    at=st.integers(0, 9),
)


@given(st.lists(CHILDREN, max_size=40))
def test_the_most_severe_come_first_and_all_are_counted(children: list[Child]) -> None:
    found = tally(children)
    assert found.total == len(children) == sum(found.severities.values()) == sum(found.places.values())
    assert len(found.top) == min(TOP, len(children))
    assert [child.severity for child in found.top] == sorted(child.severity for child in found.top)
    assert found.ringing == sum(child.ringing for child in children)


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("ecs:acme-production/checkout", "acme-production"),
        ("ecs:acme-production", "acme-production"),
        ("elb:app/acme-staging-web/50dc", "acme-staging"),
        ("elb:targetgroup/acme-staging-web/73e2", "acme-staging"),
        ("rds:acme-production-orders", "acme-production"),
        ("dynamodb:sessions", "sessions"),
    ],
)
def test_the_environment_of_a_resource(target: str, said: str) -> None:
    assert place(target) == said
