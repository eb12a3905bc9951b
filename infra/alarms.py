"""Who watches the watcher: alarms on Tocsin itself, straight to an operator topic, never through the application."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

if TYPE_CHECKING:
    from aws_cdk import aws_sns as sns

    from infra.function import Function
    from infra.queue import Inbox

METRICS = "Tocsin"  # the namespace of our own metrics
LAG = "PulseLag"  # seconds by which the oldest due row is overdue, put by `pulse` on each run; dimension `environment`


class OwnAlarms(Construct):
    """The operator topic, its e-mail subscription and the alarms.

    Attributes:
        topic: where a person hears that Tocsin itself is ill.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,  # noqa: A002 — CDK's name
        *,
        name: str,
        environment: str,
        email: str,
        topic: sns.Topic,
        inbox: Inbox,
        respond: Function,
        pulse: Function,
    ) -> None:
        super().__init__(scope, id)
        self._name = name
        self.topic = topic
        if email:
            self.topic.add_subscription(subscriptions.EmailSubscription(email))
        self._tell = actions.SnsAction(self.topic)

        minute = Duration.minutes(1)
        self.dead_letters(
            "dead-letters",
            "An alarm or event could not be handled after five tries and waits in the dead-letter queue.",
            inbox,
        )
        self.age("queue-age", "Alarms wait more than five minutes before respond takes them.", inbox, 300)
        for function, short in ((respond, "respond"), (pulse, "pulse")):
            self.function(function, short)
        self._alarm(
            "pulse-silent",
            "The clock has not run for three minutes: no updates, no escalations, no resolutions.",
            pulse.function.metric_invocations(period=minute, statistic="Sum"),
            threshold=1,
            comparison=cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
            periods=3,
            missing=cloudwatch.TreatMissingData.BREACHING,
        )
        self._alarm(
            "pulse-lag",
            "The clock is more than three minutes behind, or does not say how far.",
            cloudwatch.Metric(
                namespace=METRICS,
                metric_name=LAG,
                dimensions_map={"environment": environment},
                period=minute,
                statistic="Maximum",
            ),
            threshold=180,
            periods=3,
            missing=cloudwatch.TreatMissingData.BREACHING,
        )

    def function(self, function: Function, short: str) -> None:
        """Watch one function for errors and throttling."""
        minute = Duration.minutes(1)
        self._alarm(
            f"{short}-errors",
            f"{short} failed; its log group says why.",
            function.function.metric_errors(period=minute, statistic="Sum"),
            threshold=0,
        )
        self._alarm(
            f"{short}-throttles",
            f"{short} was throttled: the account's concurrency is used up.",
            function.function.metric_throttles(period=minute, statistic="Sum"),
            threshold=0,
        )

    def dead_letters(self, short: str, description: str, inbox: Inbox) -> None:
        """Watch a queue for what failed all its tries."""
        self._alarm(
            short,
            description,
            inbox.dead.metric_approximate_number_of_messages_visible(period=Duration.minutes(1), statistic="Maximum"),
            threshold=0,
        )

    def age(self, short: str, description: str, inbox: Inbox, seconds: float) -> None:
        """Watch how long the oldest message waits in a queue."""
        self._alarm(
            short,
            description,
            inbox.queue.metric_approximate_age_of_oldest_message(period=Duration.minutes(1), statistic="Maximum"),
            threshold=seconds,
        )

    def _alarm(
        self,
        short: str,
        description: str,
        metric: cloudwatch.Metric,
        *,
        threshold: float,
        comparison: cloudwatch.ComparisonOperator = cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
        periods: int = 1,
        missing: cloudwatch.TreatMissingData = cloudwatch.TreatMissingData.NOT_BREACHING,
    ) -> None:
        alarm = cloudwatch.Alarm(
            self,
            short,
            alarm_name=f"{self._name}-{short}",
            alarm_description=description,
            metric=metric,
            threshold=threshold,
            comparison_operator=comparison,
            evaluation_periods=periods,
            treat_missing_data=missing,
        )
        alarm.add_alarm_action(self._tell)
        alarm.add_ok_action(self._tell)
