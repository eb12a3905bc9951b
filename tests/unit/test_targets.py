from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from lambdas.alerts.model import Alert, Child, Metric
from lambdas.settings import Hint
from lambdas.targets import (
    Database,
    EcsCluster,
    EcsService,
    Function,
    LoadBalancer,
    Table,
    Target,
    TargetGroup,
    Unrecognised,
    of_arn,
    of_metrics,
    of_text,
    resolve,
    service_name,
)

LB, TG = "app/acme/50dc6c495c0c9188", "targetgroup/checkout/943f017f100becff"


def alert(**values: Any) -> Alert:
    base: dict[str, Any] = {
        "kind": "alarm",
        "source": "sns",
        "name": "some-alarm",
        "state": "ALARM",
        "at": datetime(2026, 11, 24, 3, tzinfo=UTC),
        "account": "123456789012",
        "region": "eu-west-1",
    }
    return Alert(**base | values)


def metric(namespace: str, name: str = "X", **dimensions: str) -> Metric:
    return Metric(namespace=namespace, name=name, dimensions=dimensions)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (metric("AWS/ECS", ClusterName="c", ServiceName="s"), EcsService("c", "s")),
        (
            metric("ECS/ContainerInsights", ClusterName="c", ServiceName="s", TaskDefinitionFamily="f"),
            EcsService("c", "s"),
        ),
        (metric("Acme/Checkout", ClusterName="c", ServiceName="s"), EcsService("c", "s")),
        (metric("AWS/ECS", ClusterName="c"), EcsCluster("c")),
        (metric("AWS/ECS/ManagedScaling", ClusterName="c", CapacityProviderName="p"), EcsCluster("c")),
        (metric("ContainerInsights", ClusterName="an-eks-cluster"), None),
        (metric("AWS/ApplicationELB", LoadBalancer=LB, TargetGroup=TG), TargetGroup(TG, LB)),
        (metric("AWS/ApplicationELB", LoadBalancer=LB, AvailabilityZone="eu-west-1a"), LoadBalancer(LB)),
        (metric("AWS/NetworkELB", LoadBalancer="net/a/1"), LoadBalancer("net/a/1")),
        (metric("AWS/ApplicationELB"), None),
        (metric("AWS/RDS", DBInstanceIdentifier="orders"), Database("orders")),
        (metric("AWS/RDS", DBClusterIdentifier="catalog", Role="WRITER"), Database("catalog", cluster=True)),
        (metric("AWS/DocDB", DBInstanceIdentifier="docs"), None),
        (metric("AWS/DynamoDB", TableName="t", Operation="Query"), Table("t")),
        (metric("AWS/DynamoDB", TableName="t", GlobalSecondaryIndexName="i"), Table("t", "i")),
        (metric("AWS/Lambda", FunctionName="f"), Function("f")),
        (metric("AWS/SQS", QueueName="q"), None),
    ],
)
def test_dimensions_name_a_resource(found: Metric, expected: Target | None) -> None:
    assert of_metrics([found]) == expected


def test_of_several_metrics_the_first_telling_one_decides() -> None:
    found = [metric("AWS/SQS", QueueName="q"), metric("AWS/RDS", DBInstanceIdentifier="orders")]
    assert resolve(alert(metrics=tuple(found))) == Database("orders")


def test_the_unknown_is_described() -> None:
    assert resolve(alert(metrics=(metric("AWS/SQS", "Age", QueueName="q"),))) == Unrecognised(
        "AWS/SQS Age (QueueName=q)"
    )
    assert resolve(alert(metrics=(metric("Custom", "Age"),))) == Unrecognised("Custom Age")
    children = (Child(name="a", arn="arn:a", state="ALARM"), Child(name="b", arn="arn:b", state="OK"))
    assert resolve(alert(children=children)) == Unrecognised("composite of a, b")
    assert resolve(alert()) == Unrecognised("some-alarm")
    assert resolve(alert(kind="unknown")) == Unrecognised("some-alarm")


ARN = "arn:aws-cn:{}:cn-north-1:123456789012:{}"


@pytest.mark.parametrize(
    ("service", "resource", "expected"),
    [
        ("ecs", "service/c/s", EcsService("c", "s")),
        ("ecs", "cluster/c", EcsCluster("c")),
        ("ecs", "task/c/0f", EcsCluster("c")),
        ("ecs", "container-instance/c/b5", EcsCluster("c")),
        ("ecs", "service/without-cluster", None),
        ("rds", "db:orders", Database("orders")),
        ("rds", "cluster:catalog", Database("catalog", cluster=True)),
        ("rds", "snapshot:rds:orders-1", None),
        ("elasticloadbalancing", f"loadbalancer/{LB}", LoadBalancer(LB)),
        ("elasticloadbalancing", TG, TargetGroup(TG)),
        ("dynamodb", "table/t", Table("t")),
        ("dynamodb", "table/t/index/i", Table("t", "i")),
        ("lambda", "function:f:live", Function("f")),
        ("s3", "bucket", None),
    ],
)
def test_arn_names_a_resource(service: str, resource: str, expected: Target | None) -> None:
    assert of_arn(ARN.format(service, resource)) == expected


@pytest.mark.parametrize("text", ["", "arn", "arn:aws:ecs", "i-0123", "arn:aws:ecs:::"])
def test_what_is_no_arn_names_nothing(text: str) -> None:
    assert of_arn(text) is None


@pytest.mark.parametrize(
    ("description", "expected"),
    [
        ("ECS service claims/claims-worker does not keep up", EcsService("claims", "claims-worker")),
        ("consumer: arn:aws:ecs:eu-west-1:1:service/c/s.", EcsService("c", "s")),
        ("see https://wiki/x; database arn:aws:rds:eu-west-1:1:db:orders", Database("orders")),
        ("a topic arn:aws:sns:eu-west-1:1:topic, then arn:aws-cn:ecs:cn-north-1:1:cluster/c", EcsCluster("c")),
        ("the ECS service is slow", None),
        ("", None),
    ],
)
def test_a_description_may_say_what_a_queue_s_alarm_is_about(description: str, expected: Target | None) -> None:
    queue = metric("AWS/SQS", QueueName="inbound")
    assert of_text(description) == expected
    found = resolve(alert(metrics=(queue,), description=description))
    assert found == (expected or Unrecognised("AWS/SQS X (QueueName=inbound)"))


def test_the_metric_s_own_resource_comes_before_what_the_description_names() -> None:
    described = "arn:aws:ecs:eu-west-1:1:service/c/s"
    assert resolve(alert(metrics=(metric("AWS/RDS", DBInstanceIdentifier="d"),), description=described)) == Database(
        "d"
    )


CLUSTER = "arn:aws:ecs:eu-west-1:123456789012:cluster/c"


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"arn": "arn:aws:ecs:eu-west-1:1:service/c/s"}, EcsService("c", "s")),
        ({"detail": {"clusterArn": CLUSTER, "group": "service:s"}}, EcsService("c", "s")),
        (
            {"detail": {"clusterArn": CLUSTER}, "resources": ("arn:aws:ecs:eu-west-1:1:service/s",)},
            EcsService("c", "s"),
        ),
        ({"detail": {"clusterArn": CLUSTER, "group": "family:job"}}, EcsCluster("c")),
        ({"detail": {"clusterArn": 3, "group": ["service:s"]}}, Unrecognised("some-alarm")),
    ],
)
def test_ecs_event_names_its_service_or_cluster(values: dict[str, Any], expected: Target) -> None:
    assert resolve(alert(kind="ecs", **values)) == expected


@pytest.mark.parametrize(
    ("detail", "expected"),
    [
        ({"SourceType": "DB_INSTANCE", "SourceIdentifier": "orders"}, Database("orders")),
        ({"SourceType": "CLUSTER", "SourceIdentifier": "catalog"}, Database("catalog", cluster=True)),
        ({"SourceType": "SNAPSHOT", "SourceIdentifier": "rds:orders-1"}, Unrecognised("some-alarm")),
    ],
)
def test_rds_event_names_its_database(detail: dict[str, Any], expected: Target) -> None:
    assert resolve(alert(kind="rds", detail=detail)) == expected


HINTS = (
    Hint(
        service="shop",
        cluster="c",
        ecs_service="checkout-web",
        load_balancer=LB,
        target_groups=("checkout",),
        databases=("orders",),
        tables=("t",),
    ),
    Hint(service="mail"),
)


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        (EcsService("c", "checkout-web"), "shop"),
        (EcsService("other", "checkout-web"), "checkout-web"),
        (EcsService("any", "mail"), "mail"),
        (TargetGroup(TG), "shop"),
        (TargetGroup("targetgroup/other/1"), "other"),
        (LoadBalancer(LB), "shop"),
        (LoadBalancer("app/other/1"), "other"),
        (Database("orders"), "shop"),
        (Database("catalog", cluster=True), "catalog"),
        (Table("t", "i"), "shop"),
        (Table("u"), "u"),
        (EcsCluster("c"), "c"),
        (Function("f"), "f"),
        (Unrecognised("AWS/SQS"), "acme-mail-queue-age"),
    ],
)
def test_service_is_named_as_people_do(target: Target, expected: str) -> None:
    name = "acme-mail-queue-age" if isinstance(target, Unrecognised) else "x"
    wanted = "mail" if isinstance(target, Unrecognised) else expected
    assert service_name(alert(name=name), target, HINTS) == wanted
    if isinstance(target, Unrecognised):
        assert service_name(alert(name=name), target) == expected


def test_targets_read_well() -> None:
    assert str(Table("t", "i")) == "dynamodb:t/i"
    assert str(Unrecognised()) == "unrecognised"
    assert str(EcsService("c", "s")) == "ecs:c/s"
