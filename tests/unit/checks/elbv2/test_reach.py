from __future__ import annotations

import pytest

from lambdas.checks.ec2.network import AclRule, NetworkAcl, Rule, SecurityGroup
from lambdas.checks.elbv2.reach import Side, reach


def rule(first: int | None, last: int | None, *peers: str, protocol: str = "tcp") -> Rule:
    return Rule(protocol=protocol, first=first, last=last, peers=peers)


ALL = rule(None, None, "0.0.0.0/0", protocol="-1")
LB = SecurityGroup(id="sg-lb", outbound=(ALL,))
ANY_ACL = (
    AclRule(number=100, egress=False, allow=True, cidr="0.0.0.0/0", protocol="-1"),
    AclRule(number=100, egress=True, allow=True, cidr="0.0.0.0/0", protocol="-1"),
    AclRule(number=32767, egress=False, allow=False, cidr="0.0.0.0/0", protocol="-1"),
    AclRule(number=32767, egress=True, allow=False, cidr="0.0.0.0/0", protocol="-1"),
)


def acl(id_: str, *rules: AclRule) -> NetworkAcl:
    return NetworkAcl(id=id_, subnets=(), rules=rules)


def source(*groups: SecurityGroup, network_acl: NetworkAcl | None = None) -> Side:
    known = groups or (LB,)
    return Side(
        cidr="10.0.0.0/24", subnet="subnet-lb", groups=known, group_ids=frozenset(g.id for g in known), acl=network_acl
    )


def target(*rules: Rule, network_acl: NetworkAcl | None = None, subnet: str = "subnet-app") -> Side:
    group = SecurityGroup(id="sg-app", inbound=rules, outbound=(ALL,))
    return Side(
        address="10.0.8.7", cidr="10.0.8.0/24", subnet=subnet, groups=(group,), group_ids=frozenset({"sg-app"}),
        acl=network_acl,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ((rule(8080, 8080, "sg-lb"),), "open"),
        ((rule(80, 80, "sg-lb"),), "blocked"),
        ((rule(1024, 65535, "sg-lb"),), "open"),
        ((rule(None, None, "sg-lb", protocol="-1"),), "open"),
        ((rule(8080, 8080, "sg-other"),), "blocked"),
        ((rule(8080, 8080, "10.0.0.0/16"),), "open"),
        ((rule(8080, 8080, "10.0.0.0/25"),), "unknown"),  # some nodes of the balancer, not all
        ((rule(8080, 8080, "10.9.0.0/16"),), "blocked"),
        ((rule(8080, 8080, "pl-12345678"),), "unknown"),
        ((rule(8080, 8080, "::/0"),), "blocked"),
        ((rule(8080, 8080, "sg-lb", protocol="udp"),), "blocked"),
        ((rule(80, 80, "sg-other"), rule(8080, 8090, "sg-lb")), "open"),
        ((), "blocked"),
    ],
)
def test_inbound_rules_of_the_target_decide(rules: tuple[Rule, ...], expected: str) -> None:
    hop = reach(source(), target(*rules), 8080)
    assert hop.answer == expected
    assert hop.where == ("" if expected == "open" else "sg-app inbound")


@pytest.mark.parametrize(
    ("rules", "port", "expected"),
    [
        ((rule(8080, 8080, "sg-app"),), 8080, "open"),
        ((rule(8080, 8080, "sg-app"),), 9090, "blocked"),
        ((rule(8080, 8080, "10.0.8.0/24"),), 8080, "open"),
        ((rule(8080, 8080, "10.0.7.0/24"),), 8080, "blocked"),
        ((), 8080, "blocked"),
    ],
)
def test_outbound_rules_of_the_balancer_decide(rules: tuple[Rule, ...], port: int, expected: str) -> None:
    narrow = SecurityGroup(id="sg-lb", outbound=rules)
    assert reach(source(narrow), target(ALL), port).answer == expected


def test_several_groups_count_as_one_list() -> None:
    side = source(SecurityGroup(id="sg-none"), LB)
    assert reach(side, target(rule(8080, 8080, "sg-lb")), 8080).answer == "open"


def test_groups_that_were_not_read_leave_the_answer_unknown() -> None:
    blind = Side(address="10.0.8.7", cidr="10.0.8.0/24", subnet="subnet-app", groups=None)
    assert reach(source(), blind, 8080).answer == "unknown"


def test_an_interface_without_groups_filters_nothing() -> None:
    bare = Side(address="10.0.8.7", cidr="10.0.8.0/24", subnet="subnet-app", groups=())
    assert reach(source(), bare, 8080).answer == "open"


DENY_8080 = AclRule(number=50, egress=False, allow=False, cidr="10.0.0.0/24", protocol="6", first=8080, last=8080)
LATE_DENY = AclRule(number=200, egress=False, allow=False, cidr="10.0.0.0/24", protocol="6", first=8080, last=8080)
ONLY_443_BACK = AclRule(number=90, egress=True, allow=True, cidr="0.0.0.0/0", protocol="6", first=443, last=443)
SOME_BACK = AclRule(number=90, egress=True, allow=True, cidr="0.0.0.0/0", protocol="6", first=32768, last=65535)
FIRST_HALF = AclRule(number=91, egress=True, allow=True, cidr="0.0.0.0/0", protocol="6", first=1024, last=32767)
DENY_BACK = AclRule(number=95, egress=True, allow=False, cidr="0.0.0.0/0", protocol="-1")


@pytest.mark.parametrize(
    ("rules", "expected", "where"),
    [
        (ANY_ACL, "open", ""),
        ((DENY_8080, *ANY_ACL), "blocked", "acl-app inbound"),
        ((LATE_DENY, *ANY_ACL), "open", ""),  # rule 100 matched first
        ((ONLY_443_BACK, DENY_BACK, *ANY_ACL), "blocked", "acl-app outbound (return traffic to ports 1024–65535)"),
        ((SOME_BACK, DENY_BACK, *ANY_ACL), "unknown", "acl-app outbound (return traffic to ports 1024–65535)"),
        ((SOME_BACK, FIRST_HALF, DENY_BACK, *ANY_ACL), "open", ""),
        ((), "open", ""),  # not seen
    ],
)
def test_network_acls_are_read_in_order_and_both_ways(rules: tuple[AclRule, ...], expected: str, where: str) -> None:
    hop = reach(source(), target(ALL, network_acl=acl("acl-app", *rules)), 8080)
    assert (hop.answer, hop.where if hop.answer != "open" else "") == (expected, where)


def test_network_acls_do_not_apply_within_a_subnet() -> None:
    closed = acl("acl-app", DENY_8080, *ANY_ACL)
    assert reach(source(), target(ALL, network_acl=closed, subnet="subnet-lb"), 8080).answer == "open"


def test_the_balancers_own_acl_counts() -> None:
    closed = acl("acl-lb", AclRule(number=1, egress=True, allow=False, cidr="10.0.8.0/24", protocol="-1"), *ANY_ACL)
    hop = reach(source(network_acl=closed), target(ALL), 8080)
    assert (hop.answer, hop.id) == ("blocked", "acl-lb")
