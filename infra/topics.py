"""The alarm topics of a customer's environment: theirs, by ARN or by the SSM parameter that publishes it, or ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_ssm as ssm

from infra.environment import TopicArn

if TYPE_CHECKING:
    from constructs import Construct

    from infra.environment import Topic


def topic(scope: Construct, source: Topic, *, name: str) -> sns.ITopic:
    """The topic that an environment names. `name` is what a created one is called.

    A topic behind an SSM parameter is looked up by CloudFormation at each deployment, not by us at synthesis.
    """
    if source == "create":
        return created(scope, "AlarmTopic", name)
    if isinstance(source, TopicArn):
        return sns.Topic.from_topic_arn(scope, f"AlarmTopic-{source.arn}".replace(":", "-"), source.arn)
    where = source.parameter
    arn = ssm.StringParameter.value_for_typed_string_parameter_v2(scope, where, ssm.ParameterValueType.STRING)
    return sns.Topic.from_topic_arn(scope, f"AlarmTopic{where}".replace("/", "-"), arn)


def created(scope: Construct, id: str, name: str) -> sns.Topic:  # noqa: A002 — CDK's name
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


def feed(source: sns.ITopic, queue: sqs.Queue) -> None:
    """Send everything that a topic says to the queue, in SNS's envelope (its message id tells duplicates apart)."""
    source.add_subscription(subscriptions.SqsSubscription(queue, raw_message_delivery=False))
