"""The alarm topics of a customer's environment: theirs, by ARN or by the SSM parameter that publishes it, or ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_ssm as ssm

if TYPE_CHECKING:
    from constructs import Construct


def by_arn(scope: Construct, id: str, arn: str) -> sns.ITopic:  # noqa: A002 — CDK's name
    """A topic that exists."""
    return sns.Topic.from_topic_arn(scope, id, arn)


def by_parameter(scope: Construct, id: str, name: str) -> sns.ITopic:  # noqa: A002
    """A topic whose ARN another stack publishes; CloudFormation reads the parameter at each deployment."""
    arn = ssm.StringParameter.value_for_typed_string_parameter_v2(scope, name, ssm.ParameterValueType.STRING)
    return sns.Topic.from_topic_arn(scope, id, arn)


def created(scope: Construct, id: str, name: str) -> sns.Topic:  # noqa: A002
    """A topic of our own that CloudWatch alarms and RDS events of this account may publish to, over TLS."""
    topic = sns.Topic(scope, id, topic_name=name, enforce_ssl=True)
    for service in ("cloudwatch.amazonaws.com", "events.rds.amazonaws.com"):
        topic.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal(service)],
                actions=["sns:Publish"],
                resources=[topic.topic_arn],
                conditions={"StringEquals": {"aws:SourceAccount": topic.env.account}},
            )
        )
    return topic


def feed(topic: sns.ITopic, queue: sqs.Queue) -> None:
    """Send everything that a topic says to the queue, in SNS's envelope (its message id tells duplicates apart)."""
    topic.add_subscription(subscriptions.SqsSubscription(queue, raw_message_delivery=False))
