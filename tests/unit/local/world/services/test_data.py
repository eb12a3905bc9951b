"""Databases, tables, registries, trails, quotas: one call or two of each service."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.unit.local.world.conftest import NOW

if TYPE_CHECKING:
    from collections.abc import Callable

BODY = """
rds:
  dbInstances: [{DBInstanceIdentifier: main, DbiResourceId: db-ABC}]
  events: [{SourceIdentifier: main, Message: Multi-AZ failover started, Date: -10m, EventCategories: [failover]},
           {SourceIdentifier: main, Message: old, Date: -3h}]
  parameters: {pg: {max_connections: "100"}}
pi:
  - identifier: db-ABC
    load:
      - {dimensions: {db.sql_tokenized.statement: UPDATE x, db.wait_event.name: Lock}, series: {base: 8}}
      - {dimensions: {db.sql_tokenized.statement: SELECT y, db.wait_event.name: CPU}, series: {base: 1}}
    counters: {os.memory.free.avg: {base: 5}}
dynamodb:
  tables: [{TableName: orders, ProvisionedThroughput: {ReadCapacityUnits: 0, WriteCapacityUnits: 0}}]
  contributorInsights: [{TableName: orders, ContributorInsightsStatus: ENABLED}]
ecr: {repositories: [{repositoryName: web, images: [{imageTags: ["1.0"]}]}]}
cloudtrail:
  events:
    - {EventTime: -5m, EventName: UpdateService, Username: bob, CloudTrailEvent: {sourceIPAddress: 1.2.3.4}}
    - {EventTime: -9m, EventName: PutRolePolicy}
application-autoscaling:
  scalableTargets: [{ResourceId: service/prod/web, MinCapacity: 1, MaxCapacity: 4}]
  scalingActivities: [{ResourceId: service/prod/web, StatusCode: Failed, StartTime: -5m}]
health: {events: [{service: ECS, startTime: -1h, description: Trouble}]}
secretsmanager: {secrets: [{Name: prod/db}]}
ssm: {parameters: [{Name: /prod/key}]}
iam: {roles: [{RoleName: exec, policies: {pull: {Version: "2012-10-17", Statement: []}}}]}
efs: {fileSystems: [{FileSystemId: fs-1}], mountTargets: [{FileSystemId: fs-1, SubnetId: subnet-1}]}
acm: {certificates: [{DomainName: example.com, NotAfter: +5d}]}
service-quotas: {quotas: [{ServiceCode: fargate, QuotaCode: L-1, Value: 6}]}
autoscaling: {autoScalingGroups: [{AutoScalingGroupName: g, MinSize: 1, MaxSize: 2, DesiredCapacity: 2}]}
resourcegroupstaggingapi: {resources: [{ResourceARN: service/prod/web, Tags: [{Key: team, Value: a}]}]}
lambda: {functions: [{FunctionName: worker, Timeout: 3}]}
"""
HOUR = {"StartTime": NOW - timedelta(hours=1), "EndTime": NOW}
PI = {"ServiceType": "RDS", "Identifier": "db-ABC", **HOUR}
SQL = {"Group": "db.sql_tokenized"}
ECS = {"ServiceNamespace": "ecs"}


@pytest.mark.parametrize(
    ("request_", "path", "expected"),
    [
        (
            ("rds", "describe_db_instances", {"DBInstanceIdentifier": "main"}),
            "DBInstances.0.DBInstanceStatus",
            "available",
        ),
        (("rds", "describe_events", {}), "Events.0.Message", "Multi-AZ failover started"),
        (("rds", "describe_db_parameters", {"DBParameterGroupName": "pg"}), "Parameters.0.ParameterValue", "100"),
        (("pi", "describe_dimension_keys", {"Metric": "db.load.avg", "GroupBy": SQL, **PI}), "Keys.0.Total", 8.0),
        (
            (
                "pi",
                "describe_dimension_keys",
                {"Metric": "db.load.avg", "GroupBy": SQL, "Filter": {"db.wait_event.name": "CPU"}, **PI},
            ),
            "Keys.0.Dimensions.db_sql_tokenized_statement",
            "SELECT y",
        ),
        (
            ("pi", "get_resource_metrics", {"MetricQueries": [{"Metric": "db.load.avg"}], **PI}),
            "MetricList.0.DataPoints.0.Value",
            9.0,
        ),
        (("dynamodb", "describe_table", {"TableName": "orders"}), "Table.ProvisionedThroughput.ReadCapacityUnits", 0),
        (
            ("dynamodb", "describe_contributor_insights", {"TableName": "orders"}),
            "ContributorInsightsStatus",
            "ENABLED",
        ),
        (
            ("ecr", "describe_images", {"repositoryName": "web", "imageIds": [{"imageTag": "1.0"}]}),
            "imageDetails.0.imageTags.0",
            "1.0",
        ),
        (("cloudtrail", "lookup_events", HOUR), "Events.0.Username", "bob"),
        (
            ("application-autoscaling", "describe_scalable_targets", ECS),
            "ScalableTargets.0.SuspendedState.DynamicScalingOutSuspended",
            False,
        ),
        (("application-autoscaling", "describe_scaling_activities", ECS), "ScalingActivities.0.StatusCode", "Failed"),
        (("health", "describe_events", {"filter": {"services": ["ECS"]}}), "events.0.statusCode", "open"),
        (("secretsmanager", "describe_secret", {"SecretId": "prod/db"}), "Name", "prod/db"),
        (("ssm", "get_parameters", {"Names": ["/prod/key", "/prod/no"]}), "InvalidParameters.0", "/prod/no"),
        (
            ("iam", "get_role_policy", {"RoleName": "exec", "PolicyName": "pull"}),
            "PolicyDocument.Version",
            "2012-10-17",
        ),
        (("efs", "describe_mount_targets", {"FileSystemId": "fs-1"}), "MountTargets.0.SubnetId", "subnet-1"),
        (("acm", "list_certificates", {}), "CertificateSummaryList.0.DomainName", "example.com"),
        (("service-quotas", "get_service_quota", {"ServiceCode": "fargate", "QuotaCode": "L-1"}), "Quota.Value", 6.0),
        (("autoscaling", "describe_auto_scaling_groups", {}), "AutoScalingGroups.0.DesiredCapacity", 2),
        (
            ("resourcegroupstaggingapi", "get_resources", {"TagFilters": [{"Key": "team"}]}),
            "ResourceTagMappingList.0.Tags.0.Value",
            "a",
        ),
        (("lambda", "get_function_configuration", {"FunctionName": "worker"}), "Timeout", 3),
        (("sts", "get_caller_identity", {}), "Account", "123456789012"),
    ],
)
def test_answers(
    ask: Callable[..., Any], request_: tuple[str, str, dict[str, Any]], path: str, expected: object
) -> None:
    service, method, params = request_
    found = ask(BODY, service, method, **params)
    for part in path.split("."):
        found = found[int(part)] if part.isdigit() else {k.replace(".", "_"): v for k, v in found.items()}[part]
    assert found == pytest.approx(expected) if isinstance(expected, float) else found == expected


@pytest.mark.parametrize(
    ("service", "method", "params", "code"),
    [
        ("rds", "describe_db_instances", {"DBInstanceIdentifier": "x"}, "DBInstanceNotFound"),
        ("rds", "describe_db_parameters", {"DBParameterGroupName": "x"}, "DBParameterGroupNotFound"),
        ("pi", "describe_dimension_keys", {"Metric": "db.x", "GroupBy": SQL, **PI}, "InvalidArgumentException"),
        (
            "ecr",
            "describe_images",
            {"repositoryName": "web", "imageIds": [{"imageTag": "2"}]},
            "ImageNotFoundException",
        ),
        ("ecr", "describe_repositories", {"repositoryNames": ["nope"]}, "RepositoryNotFoundException"),
        ("iam", "get_role", {"RoleName": "x"}, "NoSuchEntity"),
        ("efs", "describe_file_systems", {"FileSystemId": "fs-9"}, "FileSystemNotFound"),
        ("service-quotas", "get_service_quota", {"ServiceCode": "a", "QuotaCode": "b"}, "NoSuchResourceException"),
        ("logs", "describe_log_streams", {"logGroupName": "x"}, "ResourceNotFoundException"),
    ],
)
def test_errors(ask: Callable[..., Any], service: str, method: str, params: dict[str, Any], code: str) -> None:
    with pytest.raises(ClientError) as error:
        ask(BODY, service, method, **params)
    assert error.value.response["Error"]["Code"] == code


def test_a_trail_is_looked_up_by_attribute(ask: Callable[..., Any]) -> None:
    by_name = [{"AttributeKey": "EventName", "AttributeValue": "PutRolePolicy"}]
    events = ask(BODY, "cloudtrail", "lookup_events", LookupAttributes=by_name)["Events"]
    assert [event["EventName"] for event in events] == ["PutRolePolicy"]
    assert '"eventName": "PutRolePolicy"' in events[0]["CloudTrailEvent"]
