from __future__ import annotations

from datetime import UTC, datetime

from lambdas.checks.acm.certificates import certificates
from lambdas.checks.acm.reading import Certificate
from lambdas.checks.elbv2.listeners import Listener
from lambdas.targets import LoadBalancer
from tests.unit.checks.elbv2.answers import Client, look, run

ACM = "arn:aws:acm:eu-west-1:123456789012:certificate"
END = datetime(2026, 11, 30, tzinfo=UTC)


def listener(*arns: str, port: int = 443) -> Listener:
    return Listener(arn=f"listener-{port}", balancer="web", port=port, protocol="HTTPS", certificates=arns)


def test_default_certificates_and_those_chosen_by_name() -> None:
    acm = Client(
        describe_certificate=lambda params: {
            "Certificate": {"DomainName": params["CertificateArn"][-1], "NotAfter": END, "Status": "ISSUED"}
        }
    )
    elbv2 = Client(
        describe_listener_certificates={
            "Certificates": [{"CertificateArn": f"{ACM}/1", "IsDefault": True}, {"CertificateArn": f"{ACM}/2"}]
        }
    )
    at = look(LoadBalancer("app/web/1"), [listener(f"{ACM}/1"), listener(f"{ACM}/1", port=8443)], acm=acm, elbv2=elbv2)
    found = run(certificates, at, Certificate)
    assert [(c.domain, c.ports, c.default, c.expires_at) for c in found] == [
        ("1", (443, 8443), True, END),
        ("2", (443,), False, END),
    ]


def test_certificates_of_iam_are_not_in_acm() -> None:
    iam = listener("arn:aws:iam::123456789012:server-certificate/old")
    at = look(LoadBalancer("app/web/1"), [iam], acm=Client(), elbv2=Client(describe_listener_certificates={}))
    assert run(certificates, at, Certificate) == []


def test_everything_may_be_absent() -> None:
    acm, elbv2 = Client(describe_certificate={}), Client(describe_listener_certificates={})
    at = look(LoadBalancer("app/web/1"), [listener(f"{ACM}/1")], acm=acm, elbv2=elbv2)
    [found] = run(certificates, at, Certificate)
    assert (found.expires_at, found.eligible, found.renewal) == (None, None, "")
