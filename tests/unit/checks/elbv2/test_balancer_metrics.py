from __future__ import annotations

from lambdas.checks.elbv2.balancer_metrics import wants
from lambdas.checks.elbv2.balancers import read_balancer, read_group
from lambdas.checks.elbv2.target_groups import TargetHealth
from lambdas.targets import LoadBalancer, TargetGroup
from tests.unit.checks.elbv2.answers import BALANCER, GROUP, REGION, look

LB, TG = "app/web/50dc6c495c0c9188", "targetgroup/api/73e2d6bc24d8a067"
ZONES = [{"ZoneName": "eu-west-1a"}, {"ZoneName": "eu-west-1b"}]
WEB = read_balancer({"LoadBalancerArn": BALANCER, "AvailabilityZones": ZONES}, REGION)
API = read_group({"TargetGroupArn": GROUP, "LoadBalancerArns": [BALANCER]}, REGION)


def test_of_the_balancer_the_group_and_each_zone() -> None:
    found = list(wants(look(LoadBalancer(LB), [WEB, API])))
    by_role = {(w.role, w.of): w for w in found}
    assert by_role["alb.elb_502", LB].dimensions == {"LoadBalancer": LB}
    assert by_role["tg.latency_p99", TG].stat == "p99"
    assert by_role["az.requests", f"{TG}@eu-west-1b"].dimensions == {
        "TargetGroup": TG, "LoadBalancer": LB, "AvailabilityZone": "eu-west-1b",
    }  # fmt: skip
    assert len(by_role) == len(found)


def test_of_what_the_alarm_names_where_nothing_was_described() -> None:
    roles = {(w.role, w.of) for w in wants(look(TargetGroup(TG, LB)))}
    assert {("alb.requests", LB), ("tg.healthy", TG)} <= roles


def test_the_week_before_fits_one_page() -> None:
    groups = [API, *(read_group({"TargetGroupArn": f"{GROUP[:-1]}{i}", "LoadBalancerArns": [BALANCER]}, REGION)
                     for i in range(5))]  # fmt: skip
    kept = [w for w in wants(look(LoadBalancer(LB), [WEB, *groups])) if w.baseline]
    assert len(kept) * 7 * 288 <= 100_800  # datapoints of one page of GetMetricData


def test_network_balancers_have_their_own_metrics() -> None:
    name = "net/edge/1"
    found = list(wants(look(TargetGroup(TG, name))))
    assert {w.namespace for w in found} == {"AWS/NetworkELB"}
    assert "tg.latency" not in {w.role for w in found}


def test_cpu_of_instances() -> None:
    target = TargetHealth(group="api", group_arn=GROUP, target="i-1", state="healthy")
    assert "i-1" in {w.of for w in wants(look(LoadBalancer(LB), [WEB, API, target])) if w.role == "target.cpu"}
