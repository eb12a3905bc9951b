from __future__ import annotations

from lambdas.alerts.model import Metric
from lambdas.checks.acm.alarm_certificate import CertificateUse, alarm_certificate
from lambdas.checks.acm.reading import Certificate
from lambdas.checks.elbv2.balancers import Balancer, balancers
from lambdas.targets import LoadBalancer, Unrecognised
from tests.unit.checks.elbv2.answers import BALANCER, Client, look

ARN = "arn:aws:acm:eu-west-1:123456789012:certificate/1"
EXPIRY = Metric(namespace="AWS/CertificateManager", name="DaysToExpiry", dimensions={"CertificateArn": ARN})


def test_the_alarms_certificate_leads_to_its_balancers() -> None:
    user = "arn:aws:cloudfront::123456789012:distribution/E1"
    acm = Client(describe_certificate={"Certificate": {"DomainName": "www.example.com", "InUseBy": [BALANCER, user]}})
    found = list(alarm_certificate(look(Unrecognised(), metrics=(EXPIRY,), acm=acm)))
    assert [f.domain for f in found if isinstance(f, Certificate)] == ["www.example.com"]
    assert [f.balancer for f in found if isinstance(f, CertificateUse)] == [BALANCER]
    elbv2 = Client(
        describe_load_balancers={"LoadBalancers": [{"LoadBalancerArn": BALANCER}]}, describe_target_groups={}
    )
    [balancer] = list(balancers(look(Unrecognised(), found, elbv2=elbv2)))
    assert isinstance(balancer, Balancer)
    assert elbv2.asked[0] == ("describe_load_balancers", {"LoadBalancerArns": [BALANCER]})


def test_other_alarms_name_none() -> None:
    metric = Metric(namespace="AWS/ApplicationELB", name="RequestCount", dimensions={"LoadBalancer": "app/web/1"})
    assert list(alarm_certificate(look(LoadBalancer("app/web/1"), metrics=(metric,), acm=Client()))) == []
