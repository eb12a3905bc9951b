"""When Slack does not take a page: the operators' topic is told, by e-mail or whatever is subscribed to it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from lambdas.slack.text import clean

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lambdas.house import House
    from lambdas.incidents.model import Incident, Post

AGAIN = 60  # seconds

log = logging.getLogger("tocsin")


def deliver(house: House, id_: str, posts: Iterable[Post]) -> None:
    """Publish each row once; rather twice than never, where somebody dies in between."""
    for post in posts:
        claim = house.store.claim(id_, post, house.desk.now)
        incident = house.store.incident(id_) if claim else None
        if claim is None or incident is None:
            continue
        if not house.settings.operators:
            house.store.failed(claim, "the environment has no operators' topic")
            continue
        subject, text = say(incident, house.settings.slack_channel)
        try:
            house.aws.sns.publish(TopicArn=house.settings.operators, Subject=subject, Message=text)
        except (ClientError, BotoCoreError) as error:
            log.exception("the operators were not told", extra={"incident": id_, "why": str(error)})
            house.store.release(claim, house.desk.now, AGAIN)
            continue
        house.store.sent(claim, "")


def say(incident: Incident, channel: str) -> tuple[str, str]:
    """Subject (one line of ASCII, at most 100 characters) and text."""
    judged = incident.judged
    service = clean(judged.service, 60).encode("ascii", "replace").decode().replace("\n", " ")
    subject = f"Severity {judged.severity}: {service} - Slack does not answer"[:100]
    lines = [
        f"Slack has not taken a message to {channel} for some minutes, so you are told here.",
        "",
        f"Incident  {incident.id}",
        f"Severity  {judged.severity}",
        f"Service   {clean(judged.service, 300)}",
        f"Impact    {clean(judged.impact, 900)}",
        f"Level     {incident.level}",
    ]
    if incident.headline:
        lines.append(f"Finding   {clean(incident.headline.summary, 900)}")
    lines += ["", "It will be posted to Slack as soon as Slack takes it. Nothing was lost."]
    return subject, "\n".join(lines)
