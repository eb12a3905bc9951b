"""One customer environment's stack. It composes constructs; the resources are theirs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from aws_cdk import Duration, Stack, Tags
from aws_cdk import Environment as Target
from aws_cdk import aws_lambda as lambda_

from infra import actor
from infra.alarms import OwnAlarms
from infra.asset import Architecture, build
from infra.bus import created as created_bus
from infra.channels import CREATE
from infra.clock import Clock
from infra.documents import Documents
from infra.door import AT_ONCE, INTERACT_TIMEOUT, listen_to_people, open_door
from infra.events import WorkloadEvents, patterns
from infra.function import Function, Shared
from infra.permissions import (
    Place,
    acting,
    ask,
    observing,
    post,
    proposing,
    reconciling,
    reviewing,
    schedule,
    statements,
    store,
    supporting,
    tell,
    tell_operators,
    verifying,
)
from infra.queue import Inbox
from infra.recordings import Recordings
from infra.responder import listen
from infra.reviews import TIMEOUT as REVIEW_TIMEOUT
from infra.reviews import Reviews
from infra.table import IncidentTable
from infra.topics import created, feed, topic
from lambdas.postmortem.places import KNOWLEDGE, POSTMORTEMS
from lambdas.reviews.documents import PREFIX as REVIEWS

if TYPE_CHECKING:
    from constructs import Construct

    from infra.environment import Environment
    from lambdas.settings import Settings

RESPOND_TIMEOUT = Duration.seconds(120)  # a diagnosis has 45 s; shorter than its lease in handlers/respond.py
PULSE_TIMEOUT = Duration.seconds(55)  # the next run begins after 60
REVIEW_DAYS = 400  # how long reports are kept: as long as the incidents that they are about
SETTINGS_ROOM = 3_500  # bytes of the 4 KB that Lambda gives all variables of a function together


class TooLargeError(ValueError):
    """An environment's settings do not fit into a function's environment variables."""


class TocsinStack(Stack):
    """Tocsin for one customer environment. Synthesis needs neither credentials nor a network."""

    def __init__(self, scope: Construct, environment: Environment, *, architecture: Architecture | None = None) -> None:
        keep = environment.removal == "retain"
        super().__init__(
            scope,
            f"tocsin-{environment.name}",
            env=Target(account=environment.account, region=environment.region),
            description=f"Tocsin, the runbook that runs itself, for {environment.name}",
            termination_protection=keep,
        )
        Tags.of(self).add("tocsin:environment", environment.name)
        place = Place(partition=environment.partition, region=environment.region, account=environment.account)

        inbox = Inbox(self, "Inbox", function_timeout=RESPOND_TIMEOUT)
        errands = Inbox(self, "Errands", function_timeout=RESPOND_TIMEOUT)  # only our own functions may send to it
        incidents = IncidentTable(self, "Incidents", keep=keep)
        recordings = Recordings(self, "Recordings", days=days) if (days := environment.recording_days) else None
        documents = Documents(self, "Documents", days={REVIEWS: REVIEW_DAYS, POSTMORTEMS: environment.document_days})
        bus = created_bus(self, self.stack_name) if environment.channels.event_bus == CREATE else None
        orders = Inbox(self, "Orders", function_timeout=REVIEW_TIMEOUT)
        operators = created(self, "Operators", f"{self.stack_name}-operators")
        topics = [topic(self, source, name=f"{self.stack_name}-alarms") for source in environment.alarm_topics]
        for source in topics:
            feed(source, inbox.queue)
        WorkloadEvents(
            self, "Events", queue=inbox.queue, patterns=patterns(place, alarms=environment.alarm_state_changes)
        )

        remedies, case = environment.remedies, environment.support_case
        approved = Inbox(self, "Approved", function_timeout=actor.TIMEOUT) if remedies or case else None
        to_act = (approved.queue.queue_arn,) if approved else ()
        allowed = remedies.allow if remedies else ()

        architecture = architecture or environment.architecture
        shared = Shared(
            code=lambda_.Code.from_asset(str(build(architecture))),
            architecture=architecture,
            log_level=environment.log_level,
            log_retention_days=environment.log_retention_days,
            settings=_fitting(
                environment,
                replace(
                    environment.settings(
                        table=incidents.table.table_name,
                        slack_secret=environment.slack.secret,
                        bus=bus.event_bus_name if bus else "",
                    ),
                    queue=errands.queue.queue_url,
                    recordings=recordings.bucket.bucket_name if recordings else "",
                    documents=documents.bucket.bucket_name,
                    review_queue=orders.queue.queue_url,
                    operators=operators.topic_arn,
                    alarm_topics=tuple(source.topic_arn for source in topics),
                    act_queue=approved.queue.queue_url if approved else "",
                ),
            ),
        )
        own = [*store(incidents.table.table_arn), *post(place, environment.slack.secret)]
        on_call = environment.on_call.schedule
        own += schedule(place, on_call.secret if on_call else "")
        told = tell(place, environment.channels.settings(CREATE), bus.event_bus_arn if bus else "")
        respond = Function(
            self,
            "Respond",
            name=f"{self.stack_name}-respond",
            description="Takes alarms and events, posts them to Slack, then diagnoses them",
            handler="lambdas.handlers.respond.handler",
            memory_mb=1024,  # a first post is CPU: at 512 MB it takes twice as long
            timeout=RESPOND_TIMEOUT,
            shared=shared,
            statements=[
                *own,
                *told,
                *ask(errands.queue.queue_arn, orders.queue.queue_arn, *to_act),
                *statements([*observing(), *verifying(), *reconciling(), *proposing(allowed)], place),
            ],
        )
        listen(respond.function, inbox, place)
        listen_to_people(respond.function, errands)
        if recordings:
            recordings.written_by(respond.role)
        documents.kept_by(respond.role, POSTMORTEMS, KNOWLEDGE)
        pulse = Function(
            self,
            "Pulse",
            name=f"{self.stack_name}-pulse",
            description="The clock: recoveries, updates, unsent posts, diagnoses left undone",
            handler="lambdas.handlers.pulse.handler",
            memory_mb=512,
            timeout=PULSE_TIMEOUT,
            shared=shared,
            statements=[
                *own,
                *told,
                *ask(errands.queue.queue_arn, *to_act),
                *tell_operators(operators.topic_arn),
                *statements([*verifying(), *reconciling()], place),
            ],
        )
        act = (
            actor.Actor(
                self,
                "Actor",
                name=f"{self.stack_name}-act",
                shared=shared,
                inbox=approved,
                statements=[
                    *own,
                    *(acting(allowed, place, remedies.tag_pair) if remedies else ()),
                    *(supporting() if case else ()),
                ],
            )
            if approved
            else None
        )
        Clock(self, "Clock", function=pulse.function)
        review = Function(
            self,
            "Review",
            name=f"{self.stack_name}-review",
            description="The runbook's routines: morning health check, hourly, weekly, monthly and quarterly reviews",
            handler="lambdas.handlers.review.handler",
            memory_mb=1769,  # one whole vCPU: a large account's series are read and judged in one run
            timeout=REVIEW_TIMEOUT,
            shared=shared,
            statements=[*own, *statements(reviewing(), place)],
        )
        documents.kept_by(review.role, REVIEWS)
        Reviews(self, "Reviews", review=review, orders=orders, time_zone=environment.time_zone)
        interact = Function(
            self,
            "Interact",
            name=f"{self.stack_name}-interact",
            description="Verifies what Slack sends, and enqueues it",
            handler="lambdas.handlers.interact.handler",
            memory_mb=1024,  # a cold start must leave time to open a dialog: its trigger lives three seconds
            timeout=INTERACT_TIMEOUT,
            shared=shared,
            statements=[*post(place, environment.slack.secret), *ask(errands.queue.queue_arn)],
            at_once=AT_ONCE,
        )
        open_door(self, interact.function)
        watch = OwnAlarms(
            self,
            "OwnAlarms",
            name=self.stack_name,
            environment=environment.name,
            email=environment.operator_email,
            topic=operators,
            inbox=inbox,
            respond=respond,
            pulse=pulse,
        )
        if act:
            watch.function(act.function, "act")
            watch.dead_letters("act-dead-letters", "Something that was approved failed all its tries.", act.inbox)
        watch.function(review, "review")
        watch.function(interact, "interact")
        watch.dead_letters(
            "errands-dead-letters", "What a person decided, or work that was due, was not done.", errands
        )
        watch.age("errands-age", "What people decided in Slack waits more than a minute for respond.", errands, 60)
        watch.dead_letters("review-dead-letters", "A review, or an order for one, failed all its tries.", orders)


def _fitting(environment: Environment, settings: Settings) -> str:
    """What the handlers validate, if it fits; names and URLs are filled in at the deployment."""
    text = settings.to_json()
    if (size := len(text.encode())) > SETTINGS_ROOM:
        raise TooLargeError(
            f"environments/{environment.name}.yaml: its settings take {size} bytes and a function has room for "
            f"{SETTINGS_ROOM}: shorten contacts, thresholds or workload hints"
        )
    return text
